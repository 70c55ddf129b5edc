"""Tells by what a word of a sentence goes with one of its figures: where it stands, and what is between."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from assay.claims.context import Sentence
from assay.claims.numbers.quantities import Quantity
from assay.claims.span import Span

_STEPS: Final = (1, 3, 6, 11, 19, 31, 51, 91)
"""Letters between a word and a figure from which it is farther away than before."""
_MOST_BETWEEN: Final = 3
_PREPOSITIONS: Final = frozenset((
    "on", "for", "of", "with", "by", "to", "from", "in", "over", "than", "vs", "at", "as", "and", "against", "per",
    "across", "is", "was", "while", "but", "versus", "respectively", "(",
))  # fmt: skip
_JOINERS: Final = (
    "and", "while", "but", "than", "against", "to", "from", "compared", "with", "whereas", "respectively", "versus",
    "on", "for",
)  # fmt: skip
_TIGHT: Final = frozenset("( ) : = of on with to for in at by from and ~ about".split())
"""What may be all that stands between a word and its figure."""
_PARTICLES: Final = (
    "에서는", "보다는", "에서", "으로", "보다", "대비", "까지", "에는", "라는", "이고", "지만",
    "은", "는", "이", "가", "을", "를", "로", "의", "와", "과", "만", "에", "도", "며", "고",
)  # fmt: skip
"""Longer ones first."""
_KOREAN_JOINERS: Final = (
    "보다", "대비", "각각", "에서", "대신", "인데", "지만", "이고", "하고", " 때", "며",
)  # fmt: skip
_HANGUL: Final = re.compile("[가-힣]+")
_HANGUL_NEXT: Final = re.compile(r"\s*([가-힣]+)")
_WORD_BEFORE: Final = re.compile(r"(?<![a-z])([a-z]+|\()[^a-z(]*$")
_WORD: Final = re.compile("[a-z]+")
_ONE_EACH: Final = re.compile("respectively|각각")
_BEFORE, _AFTER = 14, 8
"""Letters beside a word or a figure in which the word next to it is looked for."""


def cues(sentence: Sentence, word: Span, number: int) -> Iterator[str]:
    """What says that a word goes with the figure of that number of its sentence, or that it does not.

    Each is a phrase of its own: `Attachment` adds up what it has learnt of them.

    Args:
        sentence: with its figures.
        word: of it; its key begins with the letter of its kind.
        number: of the figure, from 0.
    """
    text, quantity = sentence.text, sentence.figures[number].quantity
    side = "before" if word.end <= quantity.start else "after" if word.start >= quantity.end else "in"
    low, high = (quantity.end, word.start) if side == "after" else (word.end, quantity.start)
    gap = text[low:high]
    between = _count_between(sentence, low, high) if gap else 0
    beyond = "beyond" if between else "next"
    is_korean = _HANGUL.search(text, sentence.start, sentence.end) is not None
    language = "ko" if is_korean else "en"
    step = bisect_left(_STEPS, len(gap) + 1)
    order = " each" if _ONE_EACH.search(text, sentence.start, sentence.end) else ""
    yield f"{language} {side} {min(between, _MOST_BETWEEN)}{order}"
    yield f"{language} step {step}"
    yield f"{language} step {step} {beyond}"
    yield f"{language} {side} {_mark(gap)} {beyond}"
    yield f"{language} {side} kind {word.key[0]}"
    if (bare := gap.strip()) in _TIGHT:
        yield f"{language} {side} all {bare}"
    beside = _beside_in_korean if is_korean else _beside_in_english
    for each in beside(sentence, word, quantity, gap):
        yield f"{language} {side} {each} {beyond}"


def _count_between(sentence: Sentence, low: int, high: int) -> int:
    return sum(low <= each.quantity.start < high for each in sentence.figures)


def _mark(gap: str) -> str:
    """The mark that parts most of those in a gap."""
    return next((marks for marks in (";:", ",", "()") if any(mark in gap for mark in marks)), "none")


def _beside_in_english(sentence: Sentence, word: Span, quantity: Quantity, gap: str) -> Iterator[str]:
    """The words before a word and before a figure, and those between that join or part."""
    for name, at in (("word", word.start), ("figure", quantity.start)):
        before = _WORD_BEFORE.search(sentence.text[max(sentence.start, at - _BEFORE - 1) : at].lower())
        if before is not None and before[1] in _PREPOSITIONS:
            yield f"{name} {before[1]}"
    inside = set(_WORD.findall(gap.lower()))
    yield from (f"through {each}" for each in _JOINERS if each in inside)


def _beside_in_korean(sentence: Sentence, word: Span, quantity: Quantity, gap: str) -> Iterator[str]:
    """The particles behind a word and behind a figure, and what stands between that joins or parts."""
    behind = _HANGUL.match(sentence.text, word.end, min(word.end + _AFTER, sentence.end))
    yield f"word {_particle(behind[0]) or 'other' if behind else 'none'}"
    behind = _HANGUL_NEXT.match(sentence.text, quantity.end, min(quantity.end + _AFTER, sentence.end))
    yield f"figure {_particle(behind[1]) or 'none' if behind else 'none'}"
    yield from (f"through {each.strip()}" for each in _KOREAN_JOINERS if each in gap)


def _particle(ending: str) -> str:
    return next((each for each in _PARTICLES if ending.startswith(each)), "")
