"""Finds in a sentence the names that a table's rows, columns and sections have, in full or clearly abbreviated."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from assay.claims.tables.spellings import spellings
from assay.claims.tables.table import Cell, Table
from assay.claims.tables.words import FUNCTION_WORDS, GENERIC, MOST_WORDS, key, tokens


@dataclass(frozen=True)
class Mention:
    """Words of a sentence that name one row or column of a table, or several: ``BoC`` in two rows."""

    start: int
    end: int
    dimension: str
    labels: frozenset[str]
    boldness: int
    """0 where the whole name stands there, 1 where a telling part of it does, 2 where an ordinary word of it does."""

    def fits(self, cell: Cell) -> bool:
        """Whether a cell stands under one of the names."""
        return cell.labels.get(self.dimension) in self.labels


@dataclass(frozen=True)
class _Name:
    """What some words may mean: a name of the table, and how bold it is to take them for it."""

    dimension: str
    label: str
    boldness: int


_LONG = 6


class Names:
    """All names of a table, to be found in sentences."""

    def __init__(self, table: Table) -> None:
        self._table = table

    @cached_property
    def _index(self) -> dict[tuple[str, ...], list[_Name]]:
        index: dict[tuple[str, ...], list[_Name]] = defaultdict(list)
        for dimension, labels in self._table.dimensions.items():
            heading = self._table.headings.get(dimension, "")
            for label in labels:
                if label.lower() in _TICKS:
                    for words in _runs(heading):
                        index[words].append(_Name(dimension, label, 1))
                elif len(labels) > 1 or len(self._table.cells) == 1:
                    for words, boldness in spellings(label, heading, self._table.caption):
                        index[words].append(_Name(dimension, label, boldness))
        return index

    @cached_property
    def _joined(self) -> dict[str, tuple[str, ...]]:
        """The whole names without gaps, to find them where a sentence joins or parts their words: ``BiLSTMCRF``."""
        whole = [
            words for words, names in self._index.items() if len(words) > 1 and any(not name.boldness for name in names)
        ]
        single = [words for words in self._index if len(words) == 1 and len(words[0]) >= _LONG]
        return {"".join(words): words for words in (*whole, *single) if len("".join(words)) >= _LONG}

    @cached_property
    def _short(self) -> list[tuple[str, str]]:
        """Abbreviated words of the names: ``hier`` of ``Hier.`` and ``psg``, which has no vowels; with its sign."""
        text = "\n".join(label for labels in self._table.dimensions.values() for label in labels)
        words = [(match[1].lower(), ".") for match in re.finditer(r"\b([A-Za-z]{3,})\.(?![\w])", text)]
        return words + [(match[0].lower(), "") for match in re.finditer(r"\b[b-df-hj-np-tv-z]{3,5}\b", text)]

    @cached_property
    def _acronyms(self) -> frozenset[str]:
        """The words of the names that may be initials."""
        text = "\n".join(label for labels in self._table.dimensions.values() for label in labels)
        return frozenset(word.lower() for word in re.findall(r"\b[A-Z]{2,5}\b", text))

    @staticmethod
    def _is_unbroken(words: Sequence[tuple[str, int, int]], text: str) -> bool:
        """Whether nothing but a space or a hyphen stands between words, so that their initials may be one name."""
        return all(re.fullmatch(r"[\s-]?", text[one[2] : other[1]]) for one, other in pairwise(words))

    def _written_out(self, words: list[tuple[str, int, int]], text: str) -> list[tuple[str, int, int]]:
        """The words of a sentence with those that the table abbreviates in its spelling."""
        result: list[tuple[str, int, int]] = []
        at = 0
        while at < len(words):
            for size in range(5, 2, -1):
                run = words[at : at + size]
                initials = "".join(word[:1] for word, _, _ in run)
                if len(run) == size and initials in self._acronyms and self._is_unbroken(run, text):
                    result.append((initials, run[0][1], run[-1][2]))
                    at += size
                    break
            else:
                word, start, end = words[at]
                short = next((short for short, sign in self._short if _abbreviates(short, sign, word)), word)
                result.append((short, start, end))
                at += 1
        return result

    def find(self, text: str) -> list[Mention]:
        """The mentions of names in ``text``; of words that may name two things, the things are as many mentions."""
        words = self._written_out(tokens(text), text)
        found: list[Mention] = []
        at = 0
        while at < len(words):
            size = next(
                (
                    size
                    for size in range(min(MOST_WORDS, len(words) - at), 0, -1)
                    if self._means(words[at : at + size], text)
                ),
                0,
            )
            if size:
                found += self._means(words[at : at + size], text)
            at += size or 1
        return found

    def _means(self, words: Sequence[tuple[str, int, int]], text: str) -> list[Mention]:
        run = tuple(word for word, _, _ in words)
        if run not in self._index and self._is_unbroken(words, text):
            run = self._joined.get("".join(run), ())
        names = self._index.get(run, ())
        start, end = words[0][1], words[-1][2]
        written = text[start:end]
        by_dimension: dict[str, list[_Name]] = defaultdict(list)
        for name in names:
            if len(written) <= 2 and not _is_written_so(written, name.label, text, start, end):
                continue
            by_dimension[name.dimension].append(name)
        best = min((name.boldness for each in by_dimension.values() for name in each), default=0)
        near = text[max(0, start - 40) : end + 20].lower()
        headed = [dimension for dimension in by_dimension if self._is_headed(dimension, near)]
        return [
            Mention(start, end, dimension, frozenset(name.label for name in each if name.boldness == best), best)
            for dimension, each in by_dimension.items()
            if (len(headed) != 1 or dimension in headed) and any(name.boldness == best for name in each)
        ]

    def _is_headed(self, dimension: str, near: str) -> bool:
        """Whether a word of the heading of a dimension stands near."""
        return any(len(word) > 3 and word[:5] in near for word in key(self._table.headings.get(dimension, "")))


@lru_cache(maxsize=256)
def names_of(table: Table) -> Names:
    """The names of a table, read once."""
    return Names(table)


_TICKS = frozenset("✓ ✔ √ yes y x + •".split())


def _runs(heading: str) -> Iterator[tuple[str, ...]]:
    """The last words of a heading over ticks: ``bounding boxes`` of *Att. to bounding boxes*."""
    words = key(heading)
    for start in range(len(words)):
        if not set(words[start:]) <= GENERIC | FUNCTION_WORDS:
            yield words[start:]


def _abbreviates(short: str, sign: str, word: str) -> bool:
    """Whether a word of a name is short for a word of a sentence."""
    if len(word) <= len(short) + 1 or word[0] != short[0]:
        return False
    if sign:
        return word.startswith(short)
    letters = iter(word)
    return len(word) <= 3 * len(short) and all(letter in letters for letter in short)


_SMALL_WORDS = frozenset("a i is in on it an as at or so to be we no by of us".split())


def _is_written_so(written: str, label: str, text: str, start: int, end: int) -> bool:
    """Whether one or two signs in a sentence are a name: in the same letters, and neither a word nor a piece of one."""
    if written.lower() in _SMALL_WORDS or written.isdigit():
        return False
    inside = re.search(r"[\w-]$", text[:start][-1:]) or re.match(r"[-'’]?\w", text[end : end + 2])
    return written in re.findall(r"\w+", label) and not inside
