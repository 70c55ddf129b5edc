"""WiCkeD on a pretrained model: questions with four options out of dictionaries and a gazetteer.

Which word has this gloss (WordNet), which term is described (FOLDOC), what is the capital, what is the currency
(GeoNames): see `assay.testbed.tasks.real_choices`. As many questions of each, as the paper takes a mean over
benchmarks. Questions are ranked by the likelihood of each option, unseen, as lm-evaluation-harness does for ARC and its
like (its ``acc``), since so small a model knows answers that it cannot find by letter; letters, which the paper takes,
are shown beside it with what guessing gets. What the plain model gets right by ranking is a condition of the
measurement. So is nothing else: that by ranking "none of the above" is chosen for being a set phrase is shown, not
judged.

Budget on two quiet cores: about 37,000 tokens read by ranking (five options of 240 questions, of 60 by the token as
well) and 11,000 by letter; about
two minutes, for which the questions and their WiCkeD are read at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from assay.methods._choices import (
    Choice,
    ChoiceItem,
    choose_by_letter,
    choose_by_likelihood,
    lettered_prompt,
)
from assay.methods.evaluation import TransformersModel
from assay.methods.evaluation.wicked import Wicked, WickedItem, WickedReport, compare, make_wicked
from assay.testbed.tasks.real_choices import SOURCES, ChoiceQuestion, draw_choice_questions
from assay.trials import Bench, trial
from assay.trials.evaluation.wicked import ORIGINAL, WICKED

_GROUPS = 10
"""Into which the questions are dealt, of all sources alike: what differs between them is luck, and gives intervals."""


@dataclass(frozen=True)
class _Size:
    ranked: int
    """Questions of each source."""
    lettered: int
    """Of these, asked by letter as well."""


@trial("2502.18316", claim="mean-accuracy-drop", pretrained=True)
def real_questions(bench: Bench) -> None:
    """Accuracy on real questions and on their WiCkeD."""
    size = bench.pick(quick=_Size(5, 2), cpu=_Size(60, 15), cuda=_Size(120, 120))
    lm = bench.on_pretrained(
        f"{size.ranked} questions with four options from each of {len(SOURCES)} sources ({', '.join(SOURCES)}) instead "
        "of six benchmarks; options ranked by their likelihood without being shown, and without examples, instead of "
        "letters behind five examples"
    )
    model = TransformersModel(lm.model, lm.tokenizer, lm.name, chat=False)
    items = make_wicked([each.as_record() for each in _questions(size.ranked)])
    few = make_wicked([each.as_record() for each in _questions(size.lettered)])
    added = make_wicked([each.original.record for each in items], Wicked(remove=False))
    ranked = bench.once("options ranked", partial(_rank, model, items, added, per_token=False))
    by_token = bench.once("options ranked by the token", partial(_rank, model, few, [], per_token=True))
    lettered = bench.once("letters", partial(_letters, model, few))
    report = _compare(items, ranked)
    _claim(bench, items, ranked, report)
    _show_ranked(bench, items, added, ranked, report)
    _show_lettered(bench, few, lettered)
    others = {"letters": _compare(few, lettered), "options ranked by the token": _compare(few, by_token)}
    none = {
        how: 100 * each.picks_none.value
        for how, each in ({"options ranked": report} | others).items()
        if each.picks_none
    }
    none["where it is right"] = 100 * report.none_is_right
    bench.score("none of the above chosen", none, candidate="options ranked", unit="%", better="higher")


def _questions(number: int) -> list[ChoiceQuestion]:
    """As many of each source, one of each in turn."""
    drawn = [draw_choice_questions(source, number) for source in SOURCES]
    return [each for row in zip(*drawn, strict=True) for each in row]


def _sides(items: Sequence[WickedItem], added: Sequence[WickedItem] = ()) -> list[ChoiceItem]:
    return [each.original for each in items] + [each.item for each in items] + [each.item for each in added]


def _rank(
    model: TransformersModel, items: Sequence[WickedItem], added: Sequence[WickedItem], *, per_token: bool
) -> list[int | None]:
    """The options chosen: of the questions, their WiCkeD, and those with "none" added. All at once, read once."""
    return [each.chosen for each in choose_by_likelihood(model, _sides(items, added), per_token=per_token)]


def _letters(model: TransformersModel, items: Sequence[WickedItem]) -> list[int | None]:
    prompt = partial(lettered_prompt, ending="Answer:")
    return [each.chosen for each in choose_by_letter(model, _sides(items), prompt=prompt)]


def _compare(items: Sequence[WickedItem], chosen: Sequence[int | None]) -> WickedReport:
    """The report of what was chosen; questions about one country are no draws of their own."""
    choices = [Choice(item, each) for item, each in zip(_sides(items), chosen, strict=False)]
    about = [str(each.original.record["about"]) for each in items]
    return compare(items, choices[: len(items)], choices[len(items) :], clusters=about)


def _claim(bench: Bench, items: Sequence[WickedItem], chosen: Sequence[int | None], report: WickedReport) -> None:
    """Accuracy before and after by groups of questions, which are pairs."""
    right = [choice == item.answer for item, choice in zip(_sides(items), chosen, strict=False)]
    before, after = right[: len(items)], right[len(items) :]
    places = range(len(items))
    dealt = [[i for i in places if i // len(SOURCES) % _GROUPS == group] for group in range(_GROUPS)]
    figures = {
        arm: [100 * sum(values[i] for i in group) / len(group) for group in dealt if group]
        for arm, values in ((ORIGINAL, before), (WICKED, after))
    }
    bench.claim(bench.compare("accuracy", figures, candidate=WICKED, baseline=ORIGINAL, unit="%", better="higher"))
    name = "accuracy on the questions as they are; guessing gets 25 %"
    bench.score(name, 100 * report.original.value, unit="%", better="higher", at_least=40.0, binds="measurement")


def _show_ranked(
    bench: Bench,
    items: Sequence[WickedItem],
    added: Sequence[WickedItem],
    chosen: Sequence[int | None],
    report: WickedReport,
) -> None:
    drop = report.drop.scaled(100)
    ends = {"all questions": drop.value, "low end of its 95 % interval": drop.low, "high end": drop.high}
    by_source = {}
    for place, source in enumerate(SOURCES):
        those = range(place, len(items), len(SOURCES))
        picked = [chosen[i] for i in those] + [chosen[len(items) + i] for i in those]
        by_source[source] = 100 * _compare([items[i] for i in those], picked).drop.value
    bench.score("fall of accuracy", ends | by_source, candidate="all questions", unit="points", better="lower")
    for kind in ("none is right", "wrong one removed"):
        if kind in report.by_kind:
            before, after = report.by_kind[kind]
            figures = {ORIGINAL: 100 * before.value, WICKED: 100 * after.value}
            bench.score(f"accuracy where {kind}", figures, candidate=WICKED, unit="%", better="higher")
    bench.score("questions that were changed", 100 * report.changed, unit="%", better="higher")
    with_none = chosen[2 * len(items) :]
    kept = [pick == each.item.answer for pick, each in zip(with_none, added, strict=True)]
    name = "accuracy with none of the above added and nothing removed"
    bench.score(name, 100 * sum(kept) / len(kept), unit="%", better="higher")


def _show_lettered(bench: Bench, few: Sequence[WickedItem], lettered: Sequence[int | None]) -> None:
    report = _compare(few, lettered)
    figures = {ORIGINAL: report.original.value, WICKED: report.wicked.value, "guessing": 0.25}
    percent = {arm: 100 * value for arm, value in figures.items()}
    bench.score("accuracy by letter", percent, candidate=WICKED, unit="%", better="higher")
    name = "last option chosen by letter, of the questions as they are"
    bench.score(name, 100 * report.picks_last_before.value, unit="%", better="lower")
