"""Words with what two dictionaries say of them, GCIDE's Webster of 1913 and FOLDOC of computing: two ways of writing.

What is not prose is taken out: the headword, the kind of word, topics in angle brackets, numbers of senses. What is
left is a sentence or two in plain English that differ by how their authors wrote.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from assay.testbed.prose import Entry, Prose, foldoc, gcide

_MARKS = re.compile(
    r"<[^<>]*>|\([^()]*\)|\b(?:n|v|a|adv|adj|imp|p|pl|t|i|pr|vb|prep|obs)\.(?=[\s,])|\b\d+\.\s|^[\s.,;:&-]+"
)
_WORD = re.compile(r"[A-Za-z]{3,12}")
_SHORTEST, _LONGEST = 50, 160


@dataclass(frozen=True)
class Definition:
    """A word and what a dictionary says that it means."""

    word: str
    meaning: str
    """A sentence or two."""


def question_about(word: str) -> str:
    """What is asked of a word; a model goes on with the meaning behind a space."""
    return f"Word: {word}\nMeaning:"


@cache
def dictionaries() -> dict[str, tuple[Definition, ...]]:
    """By name, the definitions of two dictionaries, in an order of their own.

    Raises:
        ValueError: The dictionaries are not here and not to be fetched.
    """
    works = foldoc(), gcide()
    if works[0].name == works[1].name:
        raise ValueError("the two dictionaries are neither here nor to be fetched")
    return {work.name: _definitions(work) for work in works}


@cache
def two_halves() -> dict[str, tuple[Definition, ...]]:
    """The definitions of the smaller dictionary in two halves, which share every tenth: read in a second."""
    every = _definitions(foldoc())
    name = foldoc().name
    return {f"{name}, {half}": (*every[::10], *every[at::2]) for at, half in enumerate(("one half", "other half"))}


def words_in_both(works: Mapping[str, Sequence[Definition]]) -> list[str]:
    """Words that both of two dictionaries define, in alphabetical order."""
    first, second = works.values()
    return sorted({each.word for each in first} & {each.word for each in second})


def _definitions(work: Prose) -> tuple[Definition, ...]:
    pairs = {entry.headword.lower(): _meaning(entry) for entry in work.entries if _WORD.fullmatch(entry.headword)}
    return tuple(Definition(word, meaning) for word, meaning in pairs.items() if meaning)


def _meaning(entry: Entry) -> str:
    """The first sentences of an entry that are long enough together; none if they are not."""
    lines = [line for line in entry.text.split("\n") if len(line) >= _SHORTEST]
    text = lines[0] if lines else ""
    while (plain := " ".join(_MARKS.sub(" ", text).split())) != text:
        text = plain
    sentences = re.split(r"(?<=[.;]) ", text.split(" --")[0])
    meaning = ""
    for sentence in sentences:
        if len(meaning) >= _SHORTEST:
            break
        meaning = f"{meaning} {sentence}".strip()
    meaning = meaning.rstrip(" ;,.:") + "."
    return meaning[0].upper() + meaning[1:] if _SHORTEST <= len(meaning) <= _LONGEST else ""
