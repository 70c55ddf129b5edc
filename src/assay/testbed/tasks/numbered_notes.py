"""Several short notes of real prose with a number in each, and a question for one of the numbers.

The notes are entries of a dictionary, cut to a few sentences; behind one of them stands the entry's catalogue number,
which is drawn and hence nowhere else. Every note has such a sentence, so an answer takes the right note, and not only
something that looks like a number. It is easier where each note has a number of another kind. A question is
put together with the words that its answer begins with, so that what is left is the number: whether the model would
write it can be told from one pass over it.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from assay.testbed.prose import Prose

REQUEST = "Read these notes, then answer the question."
_NAME = re.compile(r"[A-Za-z][A-Za-z -]{2,24}")
_SENTENCES = re.compile(r"(?<=[.!?]) (?=[A-Z])")
_TAG = re.compile(r"<[^<>]*> *")
"""``<programming>``: the field that a sense of a word belongs to."""
_KINDS = "catalogue shelf page order room ticket licence account".split()
_FACT, _QUESTION = "The {} number of {} is", "Question: What is the {} number of {}?"
_NUMBERS = range(1_000, 10_000)


@dataclass(frozen=True)
class NoteQuestion:
    """A question for the number in one note."""

    text: str
    """The question."""
    begun: str
    """How its answer begins, up to the space before the number."""
    number: str
    """The right answer: four digits."""


@dataclass(frozen=True)
class Notes:
    """Notes to be read together."""

    documents: tuple[str, ...]
    """Each ends with an empty line."""
    questions: tuple[NoteQuestion, ...]
    """One for each document, in their order."""


def numbered_notes(
    prose: Prose, *, documents: int, characters: int, count: int, alike: bool = True, seed: int = 0
) -> list[Notes]:
    """So many sets of notes, of which no two share an entry, and in which no two notes have the same number.

    Args:
        prose: Where the entries come from; those are taken that have two sentences or more and fill the note.
        documents: Notes of a set.
        characters: The most of a note, without its number and its name; each has more than half of that.
        count: Number of sets.
        alike: All numbers are catalogue numbers; otherwise each of a set is of another kind.
        seed: Of the order of the entries, the numbers and where they stand.

    Raises:
        ValueError: The prose has fewer entries that are long enough, or there are fewer kinds of numbers.
    """
    if not alike and documents > len(_KINDS):
        raise ValueError(f"there are {len(_KINDS)} kinds of numbers, not {documents}")
    chance = random.Random(seed)  # noqa: S311 - a draw, not a secret
    entries = list(_entries(prose, characters))
    if len(entries) < documents * count:
        raise ValueError(
            f"{prose.name} has {len(entries)} entries for notes of {characters} characters, not {documents * count}"
        )
    chosen = iter(chance.sample(entries, documents * count))
    sets = ([next(chosen) for _ in range(documents)] for _ in range(count))
    kinds = _KINDS[:1] * documents if alike else _KINDS[:documents]
    return [_number(each, kinds, chance) for each in sets]


def _entries(prose: Prose, characters: int) -> Iterator[tuple[str, list[str]]]:
    """Names and first sentences of entries."""
    names = set()
    for entry in prose.entries:
        name = entry.headword
        if not _NAME.fullmatch(name) or name.lower() in names:
            continue
        # Lines that do not end a sentence are headings and other spellings of the name.
        lines = [line for line in entry.text.split("\n") if line.endswith((".", "!", "?"))]
        sentences, length = [], 0
        for sentence in _SENTENCES.split(_TAG.sub("", " ".join(lines))):
            length += len(sentence) + 1
            if length > characters:
                length -= len(sentence) + 1
                break
            sentences.append(sentence)
        if len(sentences) > 1 and length > characters / 2:
            names.add(name.lower())
            yield name, sentences


def _number(entries: list[tuple[str, list[str]]], kinds: list[str], chance: random.Random) -> Notes:
    documents, questions = [], []
    for (name, sentences), kind, number in zip(entries, kinds, chance.sample(_NUMBERS, len(entries)), strict=True):
        fact, at = _FACT.format(kind, name), chance.randrange(1, len(sentences) + 1)
        text = " ".join([*sentences[:at], f"{fact} {number}.", *sentences[at:]])
        documents.append(f"{name[0].upper()}{name[1:]}: {text}\n\n")
        questions.append(NoteQuestion(_QUESTION.format(kind, name), fact, str(number)))
    return Notes(tuple(documents), tuple(questions))
