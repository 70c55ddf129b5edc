"""Finds slips in the names that a paper has coined: for its method, its model, its benchmark.

Nobody else has such a name, and a summary hardly does without it. So what differs from one by a single slip, stands
nowhere in the paper and is no name that many papers have, is that slip, however it is spelt and whatever family it
looks like: a letter at the end (``FactIQ`` for ``FactIP``), a sound (``Morfeus`` for ``Morpheus``), letters that have
moved (``SPRGO`` for ``SRGPO``), another number (``Robo2VLM-2`` for ``Robo2VLM-1``).
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from assay.claims.naming.known import is_known
from assay.claims.naming.slips import FULL_WIDTH, OPENING, closest, has_plural_moved, is_own_misspelt, is_swapped, same
from assay.claims.naming.sounds import sound


class Token(NamedTuple):
    """A word of Latin letters that may be a name: ``text[start:end]``."""

    start: int
    end: int
    text: str
    opens: bool
    """Whether it is spelt like any word and opens an English sentence."""
    in_hangul: bool
    """Whether a particle is attached to it."""


def presented(text: str) -> Iterator[str]:
    """Yield the names that a text presents as something new, or gives for a long one in brackets."""
    for match in _PRESENTED.finditer(text):
        yield match["name"]
    for match in _BRACKETS.finditer(text):
        letters = [ch for ch in match["name"].lower() if ch.isalpha()]
        initials = iter("".join(re.findall(r"(?<![A-Za-z])[A-Za-z]|(?<=[a-z])[A-Z]", match["words"])).lower())
        if len(letters) > _SHORTEST and all(letter in initials for letter in letters):
            yield match["name"]


_SPELT: Final = r"(?P<name>[A-Za-z]*[A-Z][\w-]*[A-Z0-9][\w-]*)"
_PRESENTED: Final = re.compile(
    rf"\b(?:(?i:propos|introduc|present|develop|releas|creat|build|curat|construct)\w*\s(?:an?|the|our)\s(?:[a-z][\w-]*,?\s){{0,6}}?|"
    rf"(?:new|novel|our)\s(?:[a-z][\w-]*\s){{0,3}}?(?:[a-z]+),?\s){_SPELT}"
)
_BRACKETS: Final = re.compile(r"(?<![\w/-])(?P<words>(?:[\w/-]+\s){2,8})\((?P<name>[A-Z][A-Za-z]*[A-Z])\)")


def tokens(text: str) -> Iterator[Token]:
    """Yield the words of a text that have a capital."""
    plain = text.translate(FULL_WIDTH)
    for match in _TOKEN.finditer(plain):
        word = match[0]
        before = plain[max(0, match.start() - _BEFORE) : match.start()]
        if len(word) >= _SHORTEST and any(map(str.isupper, word)) and "://" not in before.split(" ")[-1]:
            opens = word[1:].islower() and OPENING.search(before) is not None
            yield Token(match.start(), match.end(), word, opens, _HANGUL.match(plain, match.end()) is not None)


_TOKEN: Final = re.compile(r"(?<![A-Za-z0-9\\/.@_-])[A-Za-z][A-Za-z0-9]*(?:[-.][A-Za-z0-9]+)*(?![A-Za-z0-9]|://)")
_HANGUL: Final = re.compile(r"[가-힣]")
_BEFORE: Final = 80
_SHORTEST: Final = 4
_LONG: Final = 7


def coined_slip(token: Token, coined: Iterable[str]) -> str:
    """The one of the coined names that a word was probably meant to be; empty if there is none."""
    word = token.text
    return closest(word, [each for each in coined if not _may_be_another(token, each) and _is_slip(token, each)])


def _may_be_another(token: Token, own: str) -> bool:
    """Whether a word is a variant of the name, has a name that many papers have, or is any word before a sentence."""
    word = token.text
    ours, theirs = (re.split(r"[-.]", each)[0].lower() for each in (word, own))
    is_short = len(word) < _LONG and (own[1:].islower() or len(own) < _LONG - 1)
    is_longer = word.lower().startswith(f"{own.lower()}-")  # a variant
    return is_longer or (is_known(word) and ours != theirs) or (token.opens and is_short)


def _is_slip(token: Token, own: str) -> bool:
    word = token.text
    if _plain(word) == _plain(own) or min(len(same(word)), len(same(own))) < _SHORTEST:
        return False
    return (
        is_own_misspelt(word, own)
        or _is_written_by_ear(word, own)
        or _has_like_letter(word, own)
        or is_swapped(same(word), same(own))
        or _has_other_number(word, own)
        or has_plural_moved(word, own)
        or (token.in_hangul and _has_plural(word, own))
    )


def _is_written_by_ear(word: str, own: str) -> bool:
    """Whether two longer names sound alike, and neither is the other with an ending."""
    shorter = min(len(same(word)), len(same(own)))
    sounds_alike = sound(word) == sound(own) or _sounds(word) == _sounds(own)
    return shorter > _SHORTEST and sounds_alike and not same(word).startswith(same(own))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _sounds(name: str) -> list[str]:
    return [sound(piece) for piece in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


_LIKE: Final = ({"m", "n"}, {"b", "d"}, {"p", "q"}, {"u", "v"}, {"l", "r"}, {"b", "v"}, {"f", "p"}, {"g", "q"})


def _has_like_letter(word: str, own: str) -> bool:
    """Whether one letter behind the first of two names of four signs or more is one that looks or sounds like it."""
    ours, theirs = same(word), same(own)
    if len(ours) != len(theirs) or ours[0] != theirs[0]:
        return False
    odd = [{a, b} for a, b in zip(ours, theirs, strict=True) if a != b]
    return len(odd) == 1 and odd[0] in _LIKE


_NUMBER: Final = re.compile(r"\d+")


def _has_other_number(word: str, own: str) -> bool:
    """Whether the paper's size of data has a nought too many or too few, or its version is a later one.

    ``TideSet-100k`` for ``TideSet-10k``, ``TideScore-v4`` for ``TideScore-v3``.
    """
    if _NUMBER.sub("#", same(word)) != _NUMBER.sub("#", same(own)):
        return False
    pairs = zip(_NUMBER.findall(same(word)), _NUMBER.findall(same(own)), strict=True)
    odd = [pair for pair in pairs if pair[0] != pair[1]]
    if len(odd) != 1:
        return False
    if re.search(r"[a-z\d-]v\d+$", own) and own.endswith(odd[0][1]):
        return int(odd[0][0]) > int(odd[0][1])
    if min(map(len, odd[0])) < len("10"):
        return False
    is_nought = abs(len(odd[0][0]) - len(odd[0][1])) == 1 and odd[0][0].rstrip("0") == odd[0][1].rstrip("0")
    return is_nought and re.search(r"\d[kKmM]?$", own) is not None


def _has_plural(word: str, own: str) -> bool:
    """Whether a longer name ends in an ``s`` that it has not: no ending of Korean."""
    return len(own) >= _LONG and own[-1:].islower() and same(word) == same(own) + "s"
