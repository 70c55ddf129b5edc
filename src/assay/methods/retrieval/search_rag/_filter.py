"""Keeps the snippets that make a model less uncertain of its answer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Literal

from assay.methods._choices import find_letter
from assay.methods._models import LikelihoodModel, Model, ModelError, can_tell_likelihoods, likelihoods_of
from assay.methods.retrieval._search import Snippet

_SAYS_NOTHING = "No information."
"""Stands where a snippet does, for the entropy from which a snippet's is taken when calibrated."""


@dataclass(frozen=True)
class Weighed:
    """What a snippet did to the answer."""

    snippet: Snippet
    probabilities: tuple[float, ...]
    """Of each option behind it."""
    gain: float
    """ΔH in nats: by how much the entropy fell; below zero where it rose."""

    @property
    def option(self) -> int:
        """The number of the likeliest option behind it, from 0."""
        return max(range(len(self.probabilities)), key=self.probabilities.__getitem__)


def entropy(probabilities: Sequence[float]) -> float:
    """The Shannon entropy in nats."""
    return -sum(each * math.log(each) for each in probabilities if each > 0)


@dataclass(frozen=True)
class EntropyFilter:
    """Keeps the snippets behind which a model is less uncertain among the options of a question."""

    model: Model
    epsilon: float = 0.0
    """Kept is what lowers the entropy by more than so many nats (ours: 0)."""
    most: int = 6
    """Snippets that are kept (ours)."""
    by: Literal["letter", "text"] = "letter"
    """Whether options are shown behind letters and told by these, as in the paper, or told by their own words."""
    calibrate: bool = True
    """Whether ΔH is taken from the entropy behind a snippet that says nothing, rather than behind none (ours)."""
    rotations: int = 1
    """By letter: over so many rotations of the options their probabilities are averaged, against a love of letters."""
    agreeing: int = 1
    """Kept is only what so many of the kept snippets say alike, by the option that each makes the likeliest."""
    samples: int = 0
    """Answers by which probabilities are estimated, of a model that tells no likelihoods; 0 refuses such a model."""
    characters: int = 2_000
    """Of a snippet, at most: more is cut at the end of a sentence, or of a word."""
    seed: int = 0
    """Of the sampling."""

    def __post_init__(self) -> None:
        for name, least in (("most", 1), ("rotations", 1), ("agreeing", 1), ("samples", 0), ("characters", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}: give {least} or more")
        if self.by not in ("letter", "text"):
            raise ValueError(f"by is {self.by!r}: options are told by 'letter' or by 'text'")
        if math.isnan(self.epsilon):
            raise ValueError("epsilon is no number")
        if self.by == "text" and (self.rotations > 1 or self.samples):
            raise ValueError("rotations and samples go with by='letter': options told by their text have no order")
        if not can_tell_likelihoods(self.model) and not self.samples:
            likelihoods_of(self.model)  # says what is wrong with it

    def __call__(self, question: str, options: Sequence[str], snippets: Sequence[Snippet]) -> list[Weighed]:
        """The snippets to keep, those that tell most first; none where none tells anything."""
        return self.choose(self.weigh(question, options, snippets))

    def choose(self, weighed: Sequence[Weighed]) -> list[Weighed]:
        """The snippets to keep among those that were weighed."""
        telling = sorted((each for each in weighed if each.gain > self.epsilon), key=lambda each: -each.gain)
        said = [each.option for each in telling]
        return [each for each in telling if said.count(each.option) >= self.agreeing][: self.most]

    def weigh(self, question: str, options: Sequence[str], snippets: Sequence[Snippet]) -> list[Weighed]:
        """What each snippet does to the answer, in the order in which they came.

        Raises:
            ValueError: There are fewer than two options, more than letters, or two that are the same.
            ModelError: The model gives no answer.
        """
        contexts = [[each] for each in snippets]
        base = [Snippet(_SAYS_NOTHING)] if self.calibrate else []
        first, *rest = self.probabilities(question, options, [base, *contexts])
        before = entropy(first)
        return [
            Weighed(snippet, behind, before - entropy(behind)) for snippet, behind in zip(snippets, rest, strict=True)
        ]

    def probabilities(
        self, question: str, options: Sequence[str], contexts: Sequence[Sequence[Snippet]]
    ) -> list[tuple[float, ...]]:
        """Of each option behind each context and the question, among the options alone; they sum to 1.

        Raises:
            ValueError: See `weigh`.
            ModelError: The model gives no answer.
        """
        _check(options)
        if self.by == "text":
            prompts = [self.prompt(question, (), context) for context in contexts]
            return _likely(likelihoods_of(self.model), prompts, [f" {option}" for option in options])
        count = len(options)
        sums = [[0.0] * count for _ in contexts]
        for turn in range(self.rotations):
            order = [(place + turn) % count for place in range(count)]
            shown = [options[place] for place in order]
            prompts = [self.prompt(question, shown, context) for context in contexts]
            for total, behind in zip(sums, self._told_by_letter(prompts, shown), strict=True):
                for place, value in zip(order, behind, strict=True):
                    total[place] += value / self.rotations
        return [tuple(total) for total in sums]

    def prompt(self, question: str, shown: Sequence[str], context: Sequence[Snippet]) -> str:
        """The prompt that ends where an answer begins; `shown` are the options behind letters, if they are shown."""
        lines = [f"Context: {self._cut(str(each))}" for each in context]
        lines += [f"Question: {question}"]
        lines += [f"{letter}. {option}" for letter, option in zip(ascii_uppercase, shown, strict=False)]
        return "\n".join([*lines, "Answer:"])

    def _told_by_letter(self, prompts: Sequence[str], shown: Sequence[str]) -> list[tuple[float, ...]]:
        letters = ascii_uppercase[: len(shown)]
        if can_tell_likelihoods(self.model):
            return _likely(likelihoods_of(self.model), prompts, [f" {letter}" for letter in letters])
        asked = [f"{prompt[: -len('Answer:')]}Answer with the letter alone.\nAnswer:" for prompt in prompts]
        many = [prompt for prompt in asked for _ in range(self.samples)]
        answers = iter(self.model.answer(many, tokens=8, temperature=1.0, seed=self.seed))
        found = []
        for _ in prompts:
            chosen = [find_letter(next(answers), len(shown), choices=shown) for _ in range(self.samples)]
            # One vote more for each, so that a few equal samples are no certainty.
            counts = [chosen.count(place) + 1 for place in range(len(shown))]
            found.append(tuple(count / sum(counts) for count in counts))
        return found

    def _cut(self, text: str) -> str:
        line = " ".join(text.split())
        if len(line) <= self.characters:
            return line
        kept = line[: self.characters]
        end = max(kept.rfind(mark) for mark in (". ", "? ", "! "))
        return kept[: end + 1] if end > 0 else kept.rpartition(" ")[0] or kept


def _check(options: Sequence[str]) -> None:
    if not 2 <= len(options) <= len(ascii_uppercase):
        raise ValueError(f"{len(options)} options: uncertainty among options needs 2 to {len(ascii_uppercase)}")
    if empty := [place for place, each in enumerate(options) if not each.strip()]:
        raise ValueError(f"option {empty[0]} has nothing in it")
    if len({each.strip() for each in options}) < len(options):
        raise ValueError("two options are the same")


def _likely(model: LikelihoodModel, prompts: Sequence[str], continuations: Sequence[str]) -> list[tuple[float, ...]]:
    """The likelihood of each continuation of each prompt, among them alone."""
    pairs = [(prompt, each) for prompt in prompts for each in continuations]
    told = iter(model.log_likelihoods([prompt for prompt, _ in pairs], [each for _, each in pairs]))
    found = []
    for _ in prompts:
        logs = [next(told)[0] for _ in continuations]
        if any(map(math.isnan, logs)) or max(logs) == -math.inf:
            raise ModelError(f"the model tells likelihoods of options that cannot be compared: {logs}")
        parts = [math.exp(each - max(logs)) for each in logs]
        found.append(tuple(part / sum(parts) for part in parts))
    return found
