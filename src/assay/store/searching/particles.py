"""Takes the particles off a Korean word: 벤치마크의 and 벤치마크에서는 are 벤치마크 to a search.

There is no dictionary here; the rules keep nouns whole. A stem has two syllables or more: 언어, 평가 and 효과 end as
words with a particle do, and have none. A particle that has two forms counts only in the one that the sound before it
asks for: in 전문가 there is no particle, since 전문 takes 이.
"""

from collections.abc import Iterator
from typing import NamedTuple

from assay.store.searching.lexicon import NOUN_ENDS, PARTICLES, STACKED_ON

_SHORTEST_STEM = 2
_FIRST_SYLLABLE, _LAST_SYLLABLE = "가", "힣"
_ENDINGS, _ENDING_IN_L = 28, 8


class Writing(NamedTuple):
    """A way to write a word."""

    text: str
    is_whole: bool = False
    """Whether it is looked for as a whole word only, not as the beginning of others."""


def stems_of(word: str) -> Iterator[Writing]:
    """A word without the particles at its end; nothing if it has none.

    A particle right behind another script counts too: ``GPT-4의`` is ``GPT-4``. Of 모델도, which may be a noun as well
    as 정확도, come 모델 and that with each particle, but not what else begins so.
    """
    start = len(word)
    while start and _FIRST_SYLLABLE <= word[start - 1] <= _LAST_SYLLABLE:
        start -= 1
    before, run = word[:start], word[start:]
    innermost = ""
    particle = _particle(before, run)
    while particle:
        innermost, run = particle, run.removesuffix(particle)
        inner = _particle(before, run)
        particle = inner if inner in STACKED_ON else ""
    if innermost in NOUN_ENDS and len(run) == _SHORTEST_STEM:
        yield Writing(before + run, is_whole=True)
        yield from (Writing(before + run + other) for other in PARTICLES if _last_sound(run) in PARTICLES[other])
    elif innermost:
        yield Writing(before + run)


def _particle(before: str, run: str) -> str:
    """The particle that a run of Hangul ends in; empty if it has none."""
    for particle, sounds in PARTICLES.items():
        stem = run.removesuffix(particle)
        if stem == run:
            continue
        if stem:
            fits = len(stem) >= _SHORTEST_STEM and _last_sound(stem) in sounds
        else:
            fits = before[-1:].isalnum() and not (before[-1].isdigit() and particle in NOUN_ENDS)
        if fits:
            return particle
    return ""


def _last_sound(run: str) -> str:
    """Whether a run of Hangul ends in a vowel (``v``), in ㄹ (``l``) or in another consonant (``c``)."""
    ending = (ord(run[-1]) - ord(_FIRST_SYLLABLE)) % _ENDINGS
    return "v" if ending == 0 else "l" if ending == _ENDING_IN_L else "c"
