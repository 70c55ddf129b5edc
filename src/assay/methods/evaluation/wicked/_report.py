"""A model on questions and on their WiCkeD: how far it falls, where, and how often it says that none is right."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assay.methods._choices import (
    Choice,
    ChoiceItem,
    Record,
    choose_by_letter,
    choose_by_likelihood,
    lettered_prompt,
)
from assay.methods._intervals import Estimate, mean_interval, paired_interval
from assay.methods._models import Model, as_model
from assay.methods.evaluation.wicked._items import Wicked, WickedItem, make_wicked

Scoring = Literal["letter", "likelihood"]
_OUTCOMES = {(True, True): "right, right", (True, False): "right, wrong", (False, True): "wrong, right",
             (False, False): "wrong, wrong"}  # fmt: skip


@dataclass(frozen=True)
class WickedReport:
    """What came of a model on questions and on their WiCkeD. Figures are shares, of 1; so are their intervals."""

    model: str
    scoring: str
    original: Estimate
    """Accuracy on the questions as they were."""
    wicked: Estimate
    """The same of their WiCkeD."""
    drop: Estimate
    """By how much it fell, question by question: above 0 is a fall."""
    by_kind: dict[str, tuple[Estimate, Estimate]]
    """Accuracy before and after, by what became of a question."""
    picks_last_before: Estimate
    """How often the last option was chosen of the questions as they were: a preference for the place alone."""
    picks_none: Estimate | None
    """How often "None of the above" was chosen where it stood; ``None`` where it never did."""
    none_is_right: float
    """How often it was right where it stood."""
    changed: float
    """Share of the questions that were changed."""
    outcomes: dict[str, int]
    """Questions by what was right before and after: ``right, wrong`` and so on."""
    p_value: float
    """Of McNemar's exact test that right answers are lost as often as won. It takes every question for a draw of its
    own; where questions hang together go by the interval of `drop`."""
    unanswered: float
    """Share of all answers, before and after, that named no option; they count as wrong."""
    why_unchanged: dict[str, int]
    """How many questions stayed, by the reason."""

    def table(self) -> list[dict[str, Any]]:
        """One row for each figure, with its interval."""
        rows: list[tuple[str, Estimate]] = [
            ("accuracy, original", self.original),
            ("accuracy, WiCkeD", self.wicked),
            ("drop", self.drop),
        ]
        for kind, (before, after) in self.by_kind.items():
            rows += [(f"accuracy, original, {kind}", before), (f"accuracy, WiCkeD, {kind}", after)]
        rows.append(("last option chosen, original", self.picks_last_before))
        if self.picks_none:
            rows.append(("none of the above chosen", self.picks_none))
        return [{"model": self.model, "figure": name} | estimate.as_record() for name, estimate in rows]


def evaluate(  # noqa: PLR0913 - all but two are keywords
    model: Any,
    records: Iterable[Record],
    *,
    scoring: Scoring = "letter",
    settings: Wicked | None = None,
    cluster: str | None = None,
    question: str = "question",
    choices: str = "choices",
    answer: str = "answer",
    prompt: Callable[[ChoiceItem], str] | None = None,
    progress: Callable[[str], None] | None = None,
) -> WickedReport:
    """Ask a model questions and their WiCkeD, and compare.

    Args:
        model: A callable, an `Endpoint`, a transformers model; see `as_model`.
        records: Questions with options, of any set; see `make_wicked`.
        scoring: ``letter`` shows the options and takes a letter, of any model; ``likelihood`` ranks the options without
            showing them, of models that tell likelihoods.
        settings: Of the transform.
        cluster: The field that says what a question is about, where several are about one thing.
        question: The field of the question.
        choices: The field of the options.
        answer: The field of the right one.
        prompt: Makes the question out of an item; see `choose_by_letter` and `choose_by_likelihood`.
        progress: Told what is asked.

    Raises:
        ValueError: A record cannot be turned; or there is none.
        ModelError: The model gives no answer, or no likelihoods.
    """
    asked = as_model(model)
    items = make_wicked(records, settings, question=question, choices=choices, answer=answer)
    if progress:
        progress(f"{len(items)} questions and their WiCkeD")
    # Both at once: what stands in both is read once.
    both = [each.original for each in items] + [each.item for each in items]
    chosen = choose(asked, both, scoring=scoring, prompt=prompt)
    clusters = None if cluster is None else [_cluster(each, cluster) for each in items]
    before, after = chosen[: len(items)], chosen[len(items) :]
    return compare(items, before, after, clusters=clusters, model=asked.name, scoring=scoring)


def choose(
    model: Model, items: Sequence[ChoiceItem], *, scoring: Scoring, prompt: Callable[[ChoiceItem], str] | None = None
) -> list[Choice]:
    """What a model chooses, by letter or by likelihood.

    The likelihood is that of the whole option, the harness's ``acc``. Taken by the token, "None of the above" wins
    whatever is asked: once it has begun, its end is certain.

    Raises:
        ValueError: There is no such scoring.
    """
    if scoring not in {"letter", "likelihood"}:
        raise ValueError(f"scoring is {scoring!r}: choose letter or likelihood")
    if scoring == "letter":
        return choose_by_letter(model, items, prompt=prompt or lettered_prompt)
    return choose_by_likelihood(model, items, prompt=prompt, per_token=False)


def compare(
    items: Sequence[WickedItem],
    original: Sequence[Choice],
    wicked: Sequence[Choice],
    *,
    clusters: Sequence[Hashable] | None = None,
    model: str = "",
    scoring: str = "",
) -> WickedReport:
    """Compare what was chosen of questions with what was chosen of their WiCkeD.

    Args:
        items: The questions, as `make_wicked` gave them.
        original: One choice for each question as it was.
        wicked: One for each WiCkeD.
        clusters: What each question belongs to; each is its own if left out.
        model: What the report calls the model.
        scoring: How the choices were made.

    Raises:
        ValueError: There are no questions, or not a choice of each.
    """
    if not items:
        raise ValueError("there are no questions to compare")
    if not len(items) == len(original) == len(wicked):
        raise ValueError(
            f"there are {len(items)} questions, {len(original)} choices before and {len(wicked)} after: "
            "give one of each"
        )
    for item, first, second in zip(items, original, wicked, strict=True):
        if first.item != item.original or second.item != item.item:
            raise ValueError(f"a choice for question {item.original.id!r} is of another one: give them in their order")
    before, after = [each.right for each in original], [each.right for each in wicked]
    stands = [index for index, each in enumerate(items) if each.new_option is not None]

    def over(indices: Sequence[int], values: Sequence[float]) -> Estimate:
        return mean_interval([values[i] for i in indices], clusters and [clusters[i] for i in indices])

    every = range(len(items))
    kinds = Counter(each.kind for each in items)
    outcomes = Counter(_OUTCOMES[pair] for pair in zip(before, after, strict=True))
    return WickedReport(
        model=model,
        scoring=scoring,
        original=over(every, before),
        wicked=over(every, after),
        drop=paired_interval(before, after, clusters),
        by_kind={
            kind: (over(those, before), over(those, after))
            for kind in sorted(kinds)
            if (those := [index for index, each in enumerate(items) if each.kind == kind])
        },
        picks_last_before=over(every, [each.chosen == len(each.item.choices) - 1 for each in original]),
        picks_none=over(stands, [items[i].new_option == each.chosen for i, each in enumerate(wicked)])
        if stands
        else None,
        none_is_right=kinds["none is right"] / len(stands) if stands else 0.0,
        changed=len(stands) / len(items),
        outcomes={name: outcomes[name] for name in _OUTCOMES.values()},
        p_value=mcnemar(outcomes["right, wrong"], outcomes["wrong, right"]),
        unanswered=sum(each.chosen is None for each in (*original, *wicked)) / (2 * len(items)),
        why_unchanged=dict(Counter(each.why for each in items if each.why)),
    )


def mcnemar(lost: int, won: int) -> float:
    """The two-sided p-value of McNemar's exact test: that of as uneven a split by fair coins."""
    from scipy.stats import binomtest  # type: ignore[import-untyped] # noqa: PLC0415 - slow to load

    return float(binomtest(lost, lost + won).pvalue) if lost + won else 1.0


def _cluster(item: WickedItem, field: str) -> Hashable:
    if field not in item.original.record:
        raise ValueError(f"question {item.original.id!r} has no {field!r}, which was to say what it is about")
    value: Hashable = item.original.record[field]
    return value
