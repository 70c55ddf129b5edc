"""The other ways to write a word: singular and plural, together, with a hyphen, or apart.

Every way of writing leads to the same others: ``multimodal``, ``multi-modal`` and ``multi modals`` find the same texts.
Forms that nobody uses do no harm, since the index is asked which of them it has.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product

from assay.store.searching.lexicon import COMBINING_FORMS, FUNCTION_WORDS, IRREGULAR, NO_PLURALS, PLURALS_IN_US_AND_IS

Phrase = tuple[str, ...]
"""Tokens that follow one another."""

_PLURALS = {singular: plural for plural, singular in IRREGULAR.items()}
_MOST_JOINTS = 4
_WORD = re.compile(r"[a-z]{2,30}")
_HISSING = ("s", "x", "z", "ch", "sh")
_SHORTEST_HALF = 3
_LONE_LETTERS = frozenset("ekqvx")
"""Letters that stand before a word, as in e-commerce, k-means, x-ray."""


@lru_cache(maxsize=65536)
def singulars(word: str) -> tuple[str, ...]:
    """What a folded word may be the plural of; nothing for a singular."""
    if word in IRREGULAR:
        return (IRREGULAR[word],)
    stem = word[:-1]
    if not _is_plural(word):
        return ()
    if word.endswith("ies") and len(word) > 4:
        return (word[:-3] + "y", stem)
    if word.endswith("es") and _takes_es(word[:-2]):
        return (word[:-2], stem)
    return (stem,)


@lru_cache(maxsize=65536)
def forms(word: str) -> tuple[str, ...]:
    """A folded word and its other forms in number; the word itself comes first."""
    bases = singulars(word)
    candidates = [word, *bases]
    for base in bases or (word,):
        candidates += [plural for plural in _plurals(base) if base in singulars(plural)]
    return tuple(dict.fromkeys(candidates))


def spellings(atoms: Sequence[str], joints: Sequence[str]) -> tuple[Phrase, ...]:
    """The ways to write a compound; as it was typed comes first.

    Args:
        atoms: its smallest parts, such as ``gpt``, ``4`` and ``o``.
        joints: what stands between them: ``-``, a space or nothing where they may be joined or not, else ``.``.
    """
    typed = tuple(joint != "" for joint in joints)
    free = [place for place, joint in enumerate(joints) if joint != "."]
    ways = [typed]
    if len(free) <= _MOST_JOINTS:
        for choice in product((False, True), repeat=len(free)):
            way = list(typed)
            for place, is_apart in zip(free, choice, strict=True):
                way[place] = is_apart
            ways.append(tuple(way))
    else:
        ways += [tuple(joint == "." for joint in joints), (True,) * len(joints)]
    phrases = [_written(atoms, way) for way in ways]
    if len(atoms) == 1:
        phrases += [half for form in forms(atoms[0]) for half in halves(form)]
    return tuple(dict.fromkeys(in_number for phrase in phrases for in_number in _in_number(phrase)))


def halves(word: str) -> Iterator[Phrase]:
    """The ways to write a solid word as two: ``finetuning`` as ``fine tuning``."""
    if not _WORD.fullmatch(word):
        return
    for place in range(1, len(word) - _SHORTEST_HALF + 1):
        first, second = word[:place], word[place:]
        is_first_half = place >= _SHORTEST_HALF or first in COMBINING_FORMS or first in _LONE_LETTERS
        if is_first_half and first not in FUNCTION_WORDS and second not in FUNCTION_WORDS:
            yield first, second


def _is_plural(word: str) -> bool:
    if not _WORD.fullmatch(word) or not word.endswith("s") or word.endswith("ss") or word in NO_PLURALS:
        return False
    if word.endswith(("us", "is")):
        return word in PLURALS_IN_US_AND_IS
    return len(word) > 3 or (len(word) == 3 and not re.search("[aeiouy]", word))


def _takes_es(stem: str) -> bool:
    """Whether a word ends so that its plural has ``-es``. After one s that is so for few: bias, virus, not ``cas``."""
    if stem.endswith("s") and not stem.endswith("ss"):
        return (stem in NO_PLURALS and len(stem) > 2) or (stem.endswith("us") and len(stem) > 4)
    return stem.endswith(_HISSING)


def _plurals(word: str) -> tuple[str, ...]:
    irregular = (_PLURALS[word],) if word in _PLURALS else ()
    if not _WORD.fullmatch(word):
        return irregular
    if word.endswith("y") and word[-2] not in "aeiou":
        return (*irregular, word[:-1] + "ies", word + "s")
    return (*irregular, word + ("es" if word.endswith(_HISSING) else "s"))


def _in_number(phrase: Phrase) -> Iterator[Phrase]:
    for last in forms(phrase[-1]):
        yield (*phrase[:-1], last)


def _written(atoms: Sequence[str], is_apart: Sequence[bool]) -> Phrase:
    words = [atoms[0]]
    for atom, apart in zip(atoms[1:], is_apart, strict=True):
        if apart:
            words.append(atom)
        else:
            words[-1] += atom
    return tuple(words)
