"""A dictionary of the words of abstracts, English to Korean, so that sentences of both can be compared.

It holds what is neither a metric nor counted nor a topic (`assay.claims.meanings.terms` has those): what systems do,
what they are made of, where and on whom they were tried. Words that are one another's paraphrase share a row.
`lexicon.txt` has a row a line: English words, each in every form that counts, then Korean stems.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

from assay.claims.span import Span

_WORD: Final = re.compile(r"(?<![\w-])[A-Za-z][A-Za-z-]*(?![0-9_])|(?<![가-힣])[가-힣]+")
_PARTS: Final = 4
"""Parts that hyphens join in a word that the dictionary has, at most."""
_LONGEST: Final = 8
"""Syllables that a Korean stem has at most."""


def concepts(text: str, start: int, end: int) -> Iterator[Span]:
    """The words of a sentence that the dictionary has, each by one key for all that may stand for one another."""
    for word in _WORD.finditer(text, start, end):
        yield from (_in_parts if word[0].isascii() else _by_stem)(word[0].lower(), word.start())


def _by_stem(word: str, at: int) -> Iterator[Span]:
    """What a Korean word begins with, the longest stem first."""
    keys = _read()
    for length in range(min(len(word), _LONGEST), 0, -1):
        if (key := keys.get(word[:length])) is not None:
            yield Span(at, at + length, key)
            return


def _in_parts(word: str, at: int) -> Iterator[Span]:
    """An English word, or else the longest runs of its parts that hyphens join."""
    keys, parts = _read(), word.split("-")
    first = 0
    while first < len(parts):
        runs = ("-".join(parts[first:last]) for last in range(min(len(parts), first + _PARTS), first, -1))
        known = next((run for run in runs if run in keys), None)
        if known is not None:
            yield Span(at, at + len(known), keys[known])
        passed = parts[first] if known is None else known
        first += passed.count("-") + 1
        at += len(passed) + 1


def read_rows() -> list[str]:
    """The rows of the dictionary: English words with commas between them, a bar, and Korean stems."""
    return files("assay.claims.meanings").joinpath("lexicon.txt").read_text(encoding="utf-8").splitlines()


@cache
def _read() -> dict[str, str]:
    """The key of each word.

    Rows that have a word in common are one: 사고 is reasoning and thinking, so both have one key.
    """
    key_of: dict[str, str] = {}
    words_of: dict[str, list[str]] = {}
    for row in read_rows():
        english, _, korean = row.lower().partition(" | ")
        words = english.split(", ")
        words += [f"{word}s" for word in words] + korean.split()
        members = words_of[words[0]] = words_of.get(words[0], [])
        for key in {key_of[word] for word in words if word in key_of} - {words[0]}:
            members += words_of.pop(key)
        members += words
        key_of |= dict.fromkeys(members, words[0])
    return key_of
