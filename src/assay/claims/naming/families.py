"""Finds slips in the names of makers' families of models: ``GTP 5.4`` for ``GPT 5.4``, ``Qwne2.5`` for ``Qwen2.5``."""

import re
from collections.abc import Iterator
from typing import Final

from assay.claims.naming.known import FAMILIES, is_known
from assay.claims.naming.slips import is_letter_off_inside, is_swapped

_VERSIONED: Final = re.compile(
    r"(?<![A-Za-z0-9./_-])(?P<word>[A-Za-z]{3,9})(?P<rest>[- ]?[KRV]?\d(?:[A-Za-z0-9.-]*[A-Za-z0-9])?)"
    r"(?P<more>\s(?:Pro|Flash|Mini|Sonnet|Opus|Haiku)(?![A-Za-z]))?"
)
_SHORTEST: Final = 5
_WORDS: Final = frozenset({"clause", "gamma"})
"""Words of English that are one letter from a family's name."""


def family_slips(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where a family's name with a version has a slip, and the name that was meant."""
    for match in _VERSIONED.finditer(text):
        word = match["word"]
        if word[0].isupper() and not is_known(word) and word.lower() not in _WORDS:
            meant = next((family for family in FAMILIES if _is_slip(word, family)), "")
            if meant:
                yield match.start(), match.end(), f"{meant}{match['rest']}{match['more'] or ''}"


def _is_slip(word: str, family: str) -> bool:
    if is_swapped(word, family):
        return True
    shorter = min(len(word), len(family))
    is_doubled = len(word) != len(family) and _undouble(word) == _undouble(family)
    return is_doubled or (shorter >= _SHORTEST and is_letter_off_inside(word, family))


def _undouble(word: str) -> str:
    return re.sub(r"(.)\1", r"\1", word.lower())
