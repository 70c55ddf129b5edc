"""Finds words of a summary that are a word of its paper but for a slip of the key or of the eye.

Three slips leave hardly a doubt, whether the word is spelt like a name or not: signs that look alike (``Gull 3.l`` for
``Gull 3.1``), two neighbouring letters swapped (``Gullwnig``), a double letter left single (``Gulwing``).
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from assay.claims.naming.slips import DOUBLE, FULL_WIDTH, OPENING, is_letter_off_inside, looks_like, same


class Spellings:
    """The words of a paper, to find those of a summary that are one of them misspelt."""

    def __init__(self, text: str) -> None:
        self._spelt = {same(run): run for _, run in _runs(text)}
        self._looks = {looks_like(spelt): run for spelt, run in self._spelt.items() if _is_telling(spelt)}
        self._small = frozenset(re.findall(r"\b[a-z]{4,}\b", text))
        self._lower = {word.lower() for _, _, word in _words(text)}
        self._letters = {
            form: (whole, word) for _, whole, word in _words(text) if word[0].isupper() for form in _forms(word)
        }
        _, _, body = text.rpartition("\n") if text.count("\n") == 1 else ("", "", text)
        self._proper = list(dict.fromkeys(_PROPER.findall(body)))
        self._numbered = {_digits_sorted(run): run for _, run in _runs(text) if _NUMBERED.fullmatch(run)}

    def misspelt(self, text: str) -> Iterator[tuple[int, str, str]]:
        """Yield where a misspelt word or two of ``text`` begin, how they stand there, and what the paper has."""
        for start, run in _runs(text):
            spelt = same(run)
            meant = self._looks.get(looks_like(spelt), "")
            is_amount = _AMOUNT.search(run) is not None and not _has_digit(meant)  # over 10k
            if (
                meant
                and not is_amount
                and spelt not in self._spelt
                and _is_telling(spelt)
                and _has_digit(spelt + same(meant))
            ):
                yield start, run, meant
            meant = self._numbered.get(_digits_sorted(run), "") if _NUMBERED.fullmatch(run) else ""
            if meant and spelt not in self._spelt and meant not in text:
                yield start, run, meant
        for start, whole, word in _words(text):
            if word[0].isupper() and word.lower() not in self._lower:
                meant, right = next((self._letters[form] for form in _forms(word) if form in self._letters), ("", ""))
                mended = whole.replace(word, right) if right else ""
                if meant:
                    yield start, whole, mended if same(mended) in self._spelt else meant
                elif proper := self._proper_noun(text, start, whole, word):
                    yield start, whole, proper

    def _proper_noun(self, text: str, start: int, whole: str, word: str) -> str:
        """The paper's proper noun that a long word is but for one letter inside; not for the first of a sentence."""
        if len(word) < _LONG_WORD or word != whole or not word[1:].islower() or OPENING.search(text[:start]):
            return ""
        nouns = (noun for noun in self._proper if noun not in text and len(noun) >= _LONG_WORD)
        return next((noun for noun in nouns if is_letter_off_inside(word, noun) and not self._is_word(noun)), "")

    def _is_word(self, noun: str) -> bool:
        return noun.lower() in self._small


_TOKEN: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*")


def _runs(text: str) -> Iterator[tuple[int, str]]:
    """Every word, and every two that a space parts, with the place where they begin."""
    plain = text.translate(FULL_WIDTH)
    tokens = list(_TOKEN.finditer(plain))
    for token in tokens:
        yield token.start(), token[0]
    for one, other in pairwise(tokens):
        if plain[one.end() : other.start()] == " ":
            yield one.start(), plain[one.start() : other.end()]


def _is_telling(spelt: str) -> bool:
    return len(spelt) >= _SHORTEST_RUN and sum(map(str.isalpha, spelt)) > 1


def _has_digit(spelt: str) -> bool:
    return any(map(str.isdigit, spelt))


def _words(text: str) -> Iterator[tuple[int, str, str]]:
    """Every longer word of letters, as a part of the token that it stands in, with the place where that begins."""
    for token in _TOKEN.finditer(text.translate(FULL_WIDTH)):
        for word in re.split(r"[.-]", token[0]):
            if len(word) >= _SHORTEST_WORD and word.isalpha():
                yield token.start(), token[0], word


def _forms(word: str) -> Iterator[str]:
    """What a word and its misspellings have in common: it with two neighbours sorted, and with no letter doubled."""
    small = word.lower()
    for at in range(1, len(small) - 1):
        if small[at] != small[at + 1]:
            yield f"{small[:at]}{''.join(sorted(small[at : at + 2])).upper()}{small[at + 2 :]}"
    yield DOUBLE.sub(r"\1", word).lower() + "."


def _digits_sorted(run: str) -> str:
    """A word and a number, whatever the order of its digits."""
    return same("".join(filter(str.isalpha, run))) + "".join(sorted(filter(str.isdigit, run)))


_AMOUNT: Final = re.compile(r" \d+[A-Za-z]?$")
_NUMBERED: Final = re.compile(r"[A-Z][a-z]{3,} (?!19\d\d|20\d\d)\d{3,4}")
"""``Tidal 360``: no table or step, of which few have a number of three digits."""
_PROPER: Final = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{6,}(?![\w-])")
_LONG_WORD: Final = 7
_SHORTEST_RUN: Final = 4
_SHORTEST_WORD: Final = 5
