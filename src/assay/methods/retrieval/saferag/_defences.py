"""Filters that stand between retriever and model: two by rule, one by source, and the paper's two, by a model."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assay.methods._models import Model
from assay.methods.retrieval._search import Snippet

_SENTENCE = re.compile(r"(?<=[.?!])\s+")
_INSTRUCTION = re.compile(
    r"(?:^|[,;:]\s*|\b(?:please|and|then|only|must|should|you)\s+)"
    r"(?:answer|reply|respond|say|output|print|repeat|write|state|refuse)\b"
    r"|\b(?:ignore|disregard|forget|do not|don['’]t|never)\b.*\b(?:instruct|question|answer|above|previous|texts?)"
    r"|\b(?:correct|right|only|safe|best) (?:answer|reply|response)\b",
    re.IGNORECASE,
)
"""Orders to answer, and orders to leave something out of account."""
Asked = tuple[str, Sequence[Snippet]]
"""A question with the texts for it."""


@dataclass(frozen=True)
class DropRepeats:
    """Leaves out a text that says what one before it says: good against noise, for which it was made."""

    alike: float = 0.5
    """Left out is what shares more than so many of the words of the shorter of both (ours)."""

    def __post_init__(self) -> None:
        if not 0 <= self.alike <= 1:
            raise ValueError(f"alike is {self.alike}: give a share between 0 and 1")

    def __call__(self, _question: str, snippets: Sequence[Snippet]) -> list[Snippet]:
        """What is left, in its order."""
        kept: list[tuple[Snippet, frozenset[str]]] = []
        for snippet in snippets:
            words = frozenset(re.findall(r"\w+", snippet.text.casefold()))
            if all(len(words & other) <= self.alike * min(len(words), len(other)) for _, other in kept):
                kept.append((snippet, words))
        return [snippet for snippet, _ in kept]


@dataclass(frozen=True)
class DropInstructions:
    """Leaves out sentences that tell the reader what to answer or what to ignore, and a text that is left with none.

    A rule of words, in English: it takes harmless sentences too, and who knows it writes around it.
    """

    def __call__(self, _question: str, snippets: Sequence[Snippet]) -> list[Snippet]:
        """What is left, in its order."""
        kept = []
        for snippet in snippets:
            sentences = _SENTENCE.split(snippet.text)
            harmless = [each for each in sentences if not _INSTRUCTION.search(each)]
            if harmless:
                kept.append(snippet if len(harmless) == len(sentences) else replace(snippet, text=" ".join(harmless)))
        return kept


@dataclass(frozen=True)
class FromSources:
    """Leaves out what is not from an allowed source: the surest filter, where nobody else can write to these."""

    allowed: tuple[str, ...]
    """What the address of a text may begin with."""

    def __post_init__(self) -> None:
        if not self.allowed or not all(self.allowed):
            raise ValueError("give one or more beginnings of addresses, none of them empty")

    def __call__(self, _question: str, snippets: Sequence[Snippet]) -> list[Snippet]:
        """What is left, in its order."""
        return [each for each in snippets if each.url.startswith(self.allowed)]


@dataclass(frozen=True)
class KeepSupporting:
    """The paper's filter (NLI): a model says of each text whether it helps to answer the question."""

    model: Model

    def __call__(self, question: str, snippets: Sequence[Snippet]) -> list[Snippet]:
        """What is left, in its order.

        Raises:
            ModelError: The model gives no answer.
        """
        return self.for_all([(question, snippets)])[0]

    def for_all(self, asked: Sequence[Asked]) -> list[list[Snippet]]:
        """The same for many questions, which the model is asked at once."""
        prompts = [
            f"Text: {each}\n\nQuestion: {question}\n\nDoes the text help to answer the question? Reply yes or no."
            for question, snippets in asked
            for each in snippets
        ]
        told = iter(self.model.answer(prompts, tokens=4))
        return [[each for each in snippets if not _is_no(next(told))] for _, snippets in asked]


@dataclass(frozen=True)
class Summarise:
    """The paper's compressor (SKR): a model sums up what the texts say on the question; that alone is read."""

    model: Model
    tokens: int = 100
    """Of a summary, at most."""

    def __call__(self, question: str, snippets: Sequence[Snippet]) -> list[Snippet]:
        """One text, or none where there was none.

        Raises:
            ModelError: The model gives no answer.
        """
        return self.for_all([(question, snippets)])[0]

    def for_all(self, asked: Sequence[Asked]) -> list[list[Snippet]]:
        """The same for many questions, which the model is asked at once."""
        some = [each for each in asked if each[1]]
        prompts = [
            "\n".join(map(str, snippets)) + f"\n\nSum up what these texts say on the question “{question}”, and leave "
            "out what does not help to answer it. Reply with the summary alone."
            for question, snippets in some
        ]
        summaries = iter(self.model.answer(prompts, tokens=self.tokens) if prompts else [])
        return [[Snippet(text)] if snippets and (text := next(summaries).strip()) else [] for _, snippets in asked]


def _is_no(answer: str) -> bool:
    return re.match(r"\W*no\b", answer, re.IGNORECASE) is not None
