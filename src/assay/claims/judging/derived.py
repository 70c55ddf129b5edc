"""Figures that follow from one of the paper's by arithmetic: a share as a fraction, and what a share leaves.

Such a figure stands nowhere in the paper, so that it must be told as what it is (*remains*, *a third*) and have
something in common with the figure that it follows from. What follows from two is in `assay.claims.judging.compared`.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from assay.claims.context import Figure, Text, content_stems
from assay.claims.judging.disagreement import disagreements
from assay.claims.judging.telling import are_opposed, is_failure, is_left_of_cost, is_named_rest, is_rest, is_told_only
from assay.claims.source import Source

Supported = Mapping[Figure, tuple[Text | None, Figure]]
"""The figures of a summary that are supported, each with the paper's."""


class Derived(NamedTuple):
    """The paper's figure that one follows from, and how."""

    text: Text | None
    reference: Figure
    why: str


def fraction(figure: Figure, source: Source, supported: Supported) -> Derived | None:
    """The percentage or multiple of the abstract that a fraction tells in round words: *a fifth* for 19.6%."""
    if not is_fraction(figure):
        return None
    for text, reference in source.abstract():
        fits = (fits_told(figure, value) for value in _parts(figure, reference))
        if any(fits) and go_together(figure, reference, source, supported):
            return Derived(text, reference, f"about {reference.text}")
    return None


def is_fraction(figure: Figure) -> bool:
    """Whether it is a part of one, told as such: ``a third``, ``1/24``."""
    ours = figure.amount
    is_part = ours.unit == "x" and ours.low == ours.high < 1
    return is_part and (figure.is_word or _FRACTION.search(figure.text) is not None)


def _parts(figure: Figure, reference: Figure) -> Iterator[Decimal]:
    """The parts of one that a figure of the paper may be told as."""
    theirs = reference.amount
    value = theirs.high
    is_turned = is_rest(figure) != is_rest(reference) or {figure.amount.role, theirs.role} == {"saved", "remains"}
    if theirs.unit == "%" and 0 < value < _WHOLE:
        yield 1 - value / _WHOLE if is_turned else value / _WHOLE
    elif _IS_MORE.match(reference.after) and not is_left_of_cost(figure):
        return  # five times as high is no fifth
    elif theirs.unit == "x" and value > 1 and figure.amount.role == "saved":
        yield 1 - 1 / value
    elif theirs.unit == "x" and value > 1 and (figure.amount.role == "remains" or is_left_of_cost(figure)):
        yield 1 / value


def fits_told(figure: Figure, value: Decimal) -> bool:
    """Whether a ratio may be called what the summary calls it, a fraction or a multiple in round words.

    Words such as *more than* say on which side of it it lies.
    """
    told = figure.amount.high
    scale = told if told > 1 else min(told, 1 - told)
    if scale <= 0:
        return value == told  # nothing, or all of it: "1:0"
    off = (value - told) / scale
    if _SHORT_OF.search(figure.before) or figure.amount.bound == "at most":
        return -_LOOSE <= off <= _EXACT
    if figure.amount.bound == "at least":
        return -_EXACT <= off <= _LOOSE
    return abs(off) <= (_LOOSE if figure.amount.bound == "about" else _CLOSE)


_LOOSE, _CLOSE, _EXACT = Decimal("0.13"), Decimal("0.065"), Decimal("0.02")
"""How far from a fraction what it tells may be: beyond a bound, by itself, and on the wrong side of a bound."""


def remainder(figure: Figure, source: Source, supported: Supported) -> Derived | None:
    """What is left of a share that the summary gives too, or that the paper gives of what did not fail."""
    ours = figure.amount
    if ours.unit == "%" and 0 < ours.low < ours.high < _WHOLE:
        return _remaining_range(figure, source)
    if ours.unit != "%" or ours.low != ours.high or not 0 < ours.high < _WHOLE:
        return None
    rest = _WHOLE - ours.high
    is_rare = min(len(each.normalize().as_tuple().digits) for each in (rest, ours.high)) >= _MANY
    for other in figure.sentence.figures:
        between = sorted((other.quantity.end, figure.quantity.end))
        follows = is_rare or is_rest(figure) or is_rest(other) or _FOLLOWS.search(figure.sentence.text, *between)
        is_whole = other.amount.unit == "%" and other.amount.low == other.amount.high == rest
        if is_whole and follows and other in supported:
            text, reference = supported[other]
            return Derived(text, reference, f"what {other.text} leaves")
    for text, reference in source.abstract():
        theirs = reference.amount
        is_end = theirs.low < theirs.high and is_rest(figure)
        is_whole = theirs.unit == "%" and rest != ours.high and rest in {theirs.low, theirs.high}
        is_turned = is_told_only(figure, reference) != is_rest(reference) or is_rest(figure) != is_rest(reference)
        is_opposed = is_whole and are_opposed(figure, reference) and not _is_bounded_alike(figure, reference)
        if not is_whole or not (is_turned or is_rare or is_opposed) or (theirs.low < theirs.high and not is_end):
            continue
        is_told = is_failure(figure) and not is_rest(reference)
        is_told = is_told or is_opposed or (is_rare and is_turned and is_named_rest(figure))
        if is_told or go_together(figure, reference, source, supported):
            return Derived(text, reference, f"what {reference.text} leaves")
    return None


def _is_bounded_alike(figure: Figure, reference: Figure) -> bool:
    """Whether both are at most or both at least so much: what is lost of at most 90 % is at least 10 %."""
    return figure.amount.bound == reference.amount.bound in {"at least", "at most"}


def _remaining_range(figure: Figure, source: Source) -> Derived | None:
    """What a range of shares of the abstract leaves: only 5 to 74 % for 26 to 95 % less."""
    ours = figure.amount
    for text, reference in source.abstract():
        theirs = reference.amount
        is_what_is_left = (theirs.low, theirs.high) == (_WHOLE - ours.high, _WHOLE - ours.low)
        if theirs.unit == "%" and is_what_is_left and theirs.low < theirs.high:
            return Derived(text, reference, f"what {reference.text} leaves")
    return None


def go_together(figure: Figure, reference: Figure, source: Source, supported: Supported) -> bool:
    """Whether two figures have a thing, a word or a sentence in common, and nothing tells them apart."""
    fields = {each.field for each in disagreements(figure, reference, source)}
    if fields & _OF_ANOTHER:
        return False
    for other in figure.sentence.figures:
        if other is not figure and other in supported and supported[other][1].sentence is reference.sentence:
            return True
    ours, theirs = source.reader.read(figure), source.reader.read(reference)
    if (
        ours.metric.own & theirs.metric.any
        or ours.topic.own & theirs.topic.any
        or ours.dataset.own & theirs.dataset.any
        or ours.concepts.own & theirs.concepts.any
    ):
        return True
    own = {stem for name in source.own_names[-1:] for _, stem in content_stems(name, 0, len(name))}
    return bool((figure.around & reference.around) - own)


_OF_ANOTHER = frozenset({"data set", "method", "name", "size", "context", "count", "end"})
"""Disagreements that a figure told the other way round does not explain."""
_MANY = 3
_WHOLE = 100
_IS_MORE = re.compile(r"\s(?:higher|more|larger|greater|longer|as\s(?:high|many|much|large|long))\b")
_FRACTION = re.compile(r"분의|[/:]")
_SHORT_OF = re.compile(r"\b(?:almost|nearly|close\sto|under|less\sthan|fewer\sthan)\s(?:an?\s)?$|거의\s$")
_FOLLOWS = re.compile(r"\b(?:so|thus|i\.e\.|that is|leaving|leaves|the rest|remain\w*|others?)\b|나머지|즉|따라서|남은")
