"""The safety budget of an answer: what its tokens cost, what is left, and the record that shows it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

from assay.methods._scorers import ScoreError, Scorer, as_scorer, check_scores

ROUNDING = 1e-9
"""A sum of costs may pass the budget by this much: it is rounding."""


@dataclass(frozen=True)
class Answer:
    """What was written behind a prompt so far, and what it has cost."""

    prompt: str = ""
    """Empty where there is no tokenizer."""
    tokens: tuple[int, ...] = ()
    log_probs: tuple[float, ...] = ()
    """Of each token, in nats, by the model itself."""
    costs: tuple[float, ...] = ()
    """Of each token that was charged already."""
    text: str = ""
    """Without special tokens; empty where there is no tokenizer."""
    ended: bool = False

    @property
    def uncharged(self) -> int:
        """How many costs are to come; a text without tokens, such as an endpoint's, is charged as one."""
        return max(len(self.tokens), bool(self.text)) - len(self.costs)


class Cost(Protocol):
    """What charges tokens to the budget."""

    @property
    def name(self) -> str:
        """What refusals and certificates call it."""
        ...

    def __call__(self, answers: Sequence[Answer]) -> list[list[float]]:
        """Costs of the tokens of each answer that were not charged yet; 0 or more each.

        Raises:
            ScoreError: One is negative or no finite number.
        """
        ...


Reward = Callable[[Sequence[Answer]], list[float]]
"""How good each answer is so far; of one that has not ended, 0 where nothing can be told yet."""


@dataclass(frozen=True)
class TokenCost:
    """Costs that a function gives for each token: of a table, an automaton over ids, a token classifier."""

    function: Callable[[Sequence[int]], Sequence[float]]
    """Of all tokens of an answer, the cost of each. What a token costs may not depend on those behind it."""
    name: str = "the cost"

    def __call__(self, answers: Sequence[Answer]) -> list[list[float]]:
        """Costs of the new tokens of each answer.

        Raises:
            ScoreError: Besides what `Cost` says, a token that was charged costs something else now: then the whole
                text is what is scored, and `TextCost` is the form for it.
        """
        new = []
        for answer in answers:
            costs = check_scores(
                list(self.function(answer.tokens)), [str(each) for each in answer.tokens], name=self.name
            )
            charged = len(answer.costs)
            for place, (before, now) in enumerate(zip(answer.costs, costs, strict=False)):
                if abs(before - now) > ROUNDING:
                    raise ScoreError(
                        f"{self.name} gave token {place} a cost of {before:g} and later {now:g}: a cost that changes "
                        "with what follows belongs in a TextCost"
                    )
            new.append(_not_negative(costs[charged:], self.name))
        return new


@dataclass(frozen=True)
class TextCost:
    """Costs of a text as a whole, charged by how much the highest so far has risen.

    What was charged is never given back, so that no later sentence makes up for an earlier one.
    """

    scorer: Any
    """A function of texts, or a sequence classifier of transformers."""
    tokenizer: Any = None
    """Of the classifier."""
    label: str | int | None = None
    """The classifier's class whose probability is the cost: see `assay.methods._scorers.as_scorer`."""
    upto: Literal["text", "word", "sentence"] = "word"
    """How much of an answer that has not ended is scored: all, or only words or sentences that are complete (ours).

    Half a word may read as another one, and a classifier of texts is not calibrated on half a sentence.
    """
    with_prompt: bool = False
    """Whether the prompt stands before the text that is scored. What it costs alone is not charged."""
    name: str = "the cost"

    def __post_init__(self) -> None:
        if self.upto not in _COMPLETE:
            raise ValueError(f"upto is {self.upto!r}: give {', '.join(_COMPLETE)}")
        _ = self._score  # what scores nothing is refused at once

    @cached_property
    def _score(self) -> Scorer:
        return as_scorer(self.scorer, self.tokenizer, label=self.label, name=self.name)

    def __call__(self, answers: Sequence[Answer]) -> list[list[float]]:
        """The rise of each answer's cost, at its last token."""
        parts = [answer.text if answer.ended else _COMPLETE[self.upto](answer.text) for answer in answers]
        if self.with_prompt:
            prompts = [answer.prompt for answer in answers]
            both = self._totals([prompt + part if part else "" for prompt, part in zip(prompts, parts, strict=True)])
            totals = [max(0.0, one - other) for one, other in zip(both, self._totals(prompts), strict=True)]
        else:
            totals = self._totals(parts)
        new = []
        for answer, total in zip(answers, totals, strict=True):
            rise = max(0.0, total - sum(answer.costs))
            new.append([0.0] * (answer.uncharged - 1) + [rise] * (answer.uncharged > 0))
        return new

    def _totals(self, texts: Sequence[str]) -> list[float]:
        """The cost of each text, 0 of an empty one; the same text is scored once."""
        known = sorted({text for text in texts if text.strip()})
        costs = dict(zip(known, _not_negative(self._score(known), self.name), strict=True))
        return [costs.get(text, 0.0) for text in texts]


def _words(text: str) -> str:
    """Up to where the last word begins, unless it is complete."""
    return re.sub(r"\w+$", "", text)


def _sentences(text: str) -> str:
    """Up to the end of the last complete sentence."""
    ends = [match.end() for match in re.finditer(r"[.!?。！？\n]", text)]
    return text[: ends[-1]] if ends else ""


_COMPLETE: dict[str, Callable[[str], str]] = {"text": str, "word": _words, "sentence": _sentences}


class Keywords:
    """How often words or phrases occur in each text, as whole words, whatever their case.

    Args:
        phrases: None of them empty.
        each: The cost of one.
    """

    def __init__(self, phrases: Sequence[str], *, each: float = 1.0) -> None:
        if isinstance(phrases, str) or not phrases or not all(phrase.strip() for phrase in phrases):
            raise ValueError(f"keywords are {phrases!r}: give a list of one or more, none of them empty")
        longest_first = sorted((re.escape(phrase.strip()) for phrase in phrases), key=len, reverse=True)
        spaced = (phrase.replace(r"\ ", r"\s+") for phrase in longest_first)
        self.pattern = re.compile(rf"(?<!\w)(?:{'|'.join(spaced)})(?!\w)", re.IGNORECASE)
        self.each = each

    def __call__(self, texts: Sequence[str]) -> list[float]:
        """The cost of each text."""
        return [self.each * sum(1 for _ in self.pattern.finditer(text)) for text in texts]


def text_reward(
    scorer: Any,
    tokenizer: Any = None,
    *,
    label: str | int | None = None,
    with_prompt: bool = True,
    unfinished: bool = False,
) -> Reward:
    """A reward of answers by a function of texts or a sequence classifier (a reward model).

    Args:
        scorer: See `assay.methods._scorers.as_scorer`.
        tokenizer: Of the classifier.
        label: As there.
        with_prompt: Whether the prompt stands before the answer that is scored.
        unfinished: Whether answers that have not ended are scored as well. Otherwise they have 0 so far, and what is to
            come is the critic's to say; without a critic, beams would then be chosen by the budget alone.
    """
    score = as_scorer(scorer, tokenizer, label=label, name="the reward")

    def reward(answers: Sequence[Answer]) -> list[float]:
        scored = [b for b, answer in enumerate(answers) if answer.ended or unfinished]
        values = [0.0] * len(answers)
        texts = [(answers[b].prompt if with_prompt else "") + answers[b].text for b in scored]
        for b, value in zip(scored, score(texts), strict=True):
            values[b] = value
        return values

    return reward


def mean_log_likelihood(answers: Sequence[Answer]) -> list[float]:
    """A reward: nats a token by the model itself, so that length does not count."""
    return [sum(each.log_probs) / max(len(each.log_probs), 1) for each in answers]


def budget_left(budget: float, costs: Sequence[float], discount: float = 1.0) -> float:
    """What is left of a budget d after these costs: d - sum of discount^t * cost_t.

    The paper carries z_t = left / discount^t, which has the same sign and, below 1, grows beyond bounds; this does not.
    """
    return budget - sum(discount**t * cost for t, cost in enumerate(costs))


def within(left: float) -> bool:
    """Whether a budget is not overdrawn."""
    return left >= -ROUNDING


@dataclass(frozen=True)
class Certificate:
    """What was charged for an answer or a refusal, by what, and what was left: to be checked, not believed."""

    cost: str
    """What charged."""
    budget: float
    """What there was to spend; less than the settings' where the prompt was charged."""
    discount: float
    costs: tuple[float, ...]
    """Of each token of the answer; of a refusal, of the cheapest candidate that the search came to."""
    left: float
    """Of the budget, after them."""
    reason: str = ""
    """Of a refusal; empty for an answer."""

    @property
    def holds(self) -> bool:
        """Whether the recorded costs keep within the budget, by plain sums."""
        left = budget_left(self.budget, self.costs, self.discount)
        return abs(left - self.left) <= 1e-6 * max(1.0, abs(left)) and within(left) and min(self.costs, default=0) >= 0

    def check(self, cost: Cost, answer: Answer) -> bool:
        """Whether the answer keeps within the budget when it is charged anew from its first token."""
        (costs,) = cost([Answer(answer.prompt, answer.tokens, answer.log_probs, (), answer.text, ended=True)])
        return self.holds and within(budget_left(self.budget, costs, self.discount))

    def as_dict(self) -> dict[str, Any]:
        """What JSON holds of it."""
        return asdict(self) | {"costs": list(self.costs), "holds": self.holds}


def _not_negative(costs: Sequence[float], name: str) -> list[float]:
    if min(costs, default=0.0) < 0:
        raise ScoreError(f"{name} gave {min(costs):g}: a cost below 0 would refill the budget; clamp it at 0")
    return list(costs)
