"""What a solver has learnt while it worked: answers of sub-questions, documents, results of tools."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

Kind = Literal["answer", "document", "call"]
KINDS = ("answer", "document", "call")
Similarity = Callable[[str, Sequence[str]], Sequence[float]]
"""How near texts are to a question, higher being nearer."""


@dataclass(frozen=True)
class Verdict:
    """What a verifier says of an answer."""

    passed: bool
    score: float = 0.0
    """Ranks answers of equal `passed`."""
    reason: str = ""
    """Is told to who tries again."""

    def __post_init__(self) -> None:
        if not isfinite(self.score):
            raise ValueError(f"the score of a verdict is {self.score}: give a finite number")


@dataclass(frozen=True)
class Entry:
    """One thing that was found, or could not be."""

    key: str
    """The question, the query or the call that it belongs to."""
    kind: Kind
    value: str
    """The answer, the document or the result; of a failed one, why it failed."""
    verdict: Verdict
    trial: int = 0
    depth: int = 0

    @property
    def text(self) -> str:
        """As a prompt shows it."""
        mark = "" if self.verdict.passed else " (failed)" if self.kind == "call" else " (unsure)"
        return f"{self.key}: {self.value}{mark}"


class Memory:
    """Entries that are only ever added to, read a few at a time.

    Args:
        entries: To begin with.
        similarity: Ranks entries by how near their text is to a question; the share of the question's words that they
            have, if not given.
        shown: Entries that are read at once, at most.
        characters: Of these together, at most: a prompt is not to grow with the memory.
        same_at: With a similarity of so much, an earlier sub-question is taken for the same. Only the same words are,
            if not given.

    Raises:
        ValueError: `shown` or `characters` is below 1.
    """

    def __init__(
        self,
        entries: Iterable[Entry] = (),
        *,
        similarity: Similarity | None = None,
        shown: int = 8,
        characters: int = 2_000,
        same_at: float | None = None,
    ) -> None:
        if shown < 1 or characters < 1:
            raise ValueError(f"a reading shows {shown} entries of {characters} characters: give 1 or more of both")
        self._entries = list(entries)
        self._similarity = similarity or share_of_words
        self.shown, self.characters, self.same_at = shown, characters, same_at

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries))

    def store(self, entry: Entry) -> None:
        """Put an entry at the end."""
        self._entries.append(entry)

    def fork(self) -> "Memory":
        """Another memory that begins with the same entries."""
        return Memory(
            self._entries,
            similarity=self._similarity,
            shown=self.shown,
            characters=self.characters,
            same_at=self.same_at,
        )

    def read(self, question: str) -> list[Entry]:
        """The entries nearest to a question, best first: of equally near ones those that passed, then the latest.

        Failed calls are not read. One that would make the reading too long is left out, and shorter ones behind it are
        taken.
        """
        usable = [entry for entry in self._entries if entry.verdict.passed or entry.kind == "answer"]
        near = self._nearness(question, [entry.text for entry in usable])
        order = sorted(range(len(usable)), key=lambda at: (-near[at], not usable[at].verdict.passed, -at))
        chosen: list[Entry] = []
        left = self.characters
        for at in order:
            if len(chosen) == self.shown or near[at] <= 0:
                break
            if len(usable[at].text) <= left:
                chosen.append(usable[at])
                left -= len(usable[at].text)
        return chosen

    def find(self, question: str) -> Entry | None:
        """The latest answer to a question that passed, if there is one."""
        answers = [entry for entry in self._entries if entry.kind == "answer" and entry.verdict.passed]
        for entry in reversed(answers):
            if normalised(entry.key) == normalised(question):
                return entry
        if self.same_at is None or not answers:
            return None
        near = self._nearness(question, [entry.key for entry in answers])
        best = max(range(len(answers)), key=lambda at: (near[at], at))
        return answers[best] if near[best] >= self.same_at else None

    def _nearness(self, question: str, texts: Sequence[str]) -> list[float]:
        scores = [float(score) for score in self._similarity(question, texts)] if texts else []
        if len(scores) != len(texts) or not all(map(isfinite, scores)):
            raise ValueError(
                f"the similarity gives {len(scores)} scores for {len(texts)} texts: give a number for each"
            )
        return scores


def share_of_words(question: str, texts: Sequence[str]) -> list[float]:
    """The share of the question's words that each text has."""
    wanted = set(_words(question))
    return [len(wanted & set(_words(text))) / len(wanted) if wanted else 0.0 for text in texts]


def normalised(question: str) -> str:
    """A question without case, and without spaces and marks at its ends: two that are alike then are the same."""
    return " ".join(question.casefold().split()).strip(" .?!")


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
