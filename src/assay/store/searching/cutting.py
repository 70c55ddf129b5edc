"""Cuts texts into the tokens that the search compares: words without case and accents, and pairs of syllables.

Latin and other spaced scripts are cut into words. ``C++``, ``C#`` and ``.NET`` are words; an acronym that ends in S,
such as CLIPS, is marked, so that it is not taken for a plural. In Hangul, Han and kana a word boundary says little: a
Korean noun carries its particle, and a search for 벤치마크 must find 벤치마크에서. A run of these is therefore cut
into overlapping pairs, and its last syllable stands alone: 벤치마크 becomes 벤치, 치마, 마크, 크. Each syllable starts
exactly one token, so that any piece of a run, inside it too and however short, is found as a phrase of tokens, and
nothing is found across the end of a run.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from assay.papers.mathematics import as_typed
from assay.store.searching.forms import singulars
from assay.store.searching.lexicon import MARKS, PAIR_SCRIPTS, plain_letters

ACRONYM = "^"
"""Ends the token of an acronym that ends in S."""

PAIR_RUN = re.compile(rf"[{PAIR_SCRIPTS}]+")
_LETTER = rf"[^\W_{PAIR_SCRIPTS}]"
_RUN = re.compile(
    rf"(?P<pairs>{PAIR_RUN.pattern})"
    rf"|(?<![^\W_])\.[Nn][Ee][Tt](?![^\W_])"
    rf"|(?<![^\W_])[A-Za-z](?:\+\+|[#♯])(?![^\W\d_])"
    rf"|{_LETTER}(?:{_LETTER}|[{MARKS}])*"
    r"|(?<=[^\W_])\+\+"
)
_ACRONYM_IN_S = re.compile(r"[A-Z]{2,4}[A-RT-Z]S")
_ACRONYM_WITHIN = re.compile(rf"\b{_ACRONYM_IN_S.pattern}\b")
_SPACES = str.maketrans({chr(code): " " for code in range(128) if not chr(code).isalnum()})
_PLAIN = re.compile(rf"[\x00-\x7f{PAIR_SCRIPTS}]*")
_SIGNS = ("++", "#", ".net")
_MARK = re.compile(f"[{MARKS}]")


class Run(NamedTuple):
    """A word, or a run of syllables, where it stands in a text."""

    text: str
    """As it stands there."""
    tokens: tuple[str, ...]
    start: int
    end: int


def tokens(text: str) -> str:
    """The tokens of a text, LaTeX read, with a space between two."""
    text = as_typed(text)
    lower = text.lower()
    if not _PLAIN.fullmatch(text) or any(sign in lower for sign in _SIGNS) or _ACRONYM_WITHIN.search(text):
        return " ".join(token for run in cut(text) for token in run.tokens)
    # Nearly all text is plain, and needs no looking at each word.
    lower = lower.translate(_SPACES)
    if not lower.isascii():
        lower = PAIR_RUN.sub(lambda run: f" {' '.join(pairs(run[0]))} ", lower)
    return " ".join(lower.split())


def cut(text: str) -> Iterator[Run]:
    """The words and runs of syllables of a text, in its order."""
    shouted = text.isupper()
    for run in _RUN.finditer(text):
        word = run[0]
        if run["pairs"]:
            yield Run(word, tuple(pairs(word)), *run.span())
        else:
            token = fold(word)
            marked = not shouted and _ACRONYM_IN_S.fullmatch(word) and singulars(token)
            yield Run(word, (token + ACRONYM if marked else token,), *run.span())


def pairs(run: str) -> list[str]:
    """The overlapping pairs of a run of syllables, and its last syllable."""
    return [*map("".join, pairwise(run)), run[-1]]


@lru_cache(maxsize=65536)
def fold(word: str) -> str:
    """A word without case and accents, in plain letters: ``Łukasz`` is ``lukasz``, ``Gauß`` is ``gauss``."""
    if word.isascii():
        return word.lower()
    letters = plain_letters()
    bare = _without_marks(word.lower().replace("♯", "#"))
    bare = _without_marks("".join(letters.get(letter, letter) for letter in bare))
    return unicodedata.normalize("NFC", bare) or word


def _without_marks(word: str) -> str:
    return _MARK.sub("", unicodedata.normalize("NFKD", word))
