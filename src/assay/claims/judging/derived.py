"""Figures that follow from the paper's by arithmetic: a share as a fraction, what a share leaves, the distance of two.

Such a figure stands nowhere in the paper, so that it must be told as what it is (*remains*, *a third*, *points above*)
and have something in common with the figure that it follows from.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import combinations, pairwise
from typing import NamedTuple

from assay.claims.context import Figure, Text, content_stems
from assay.claims.judging.disagreement import disagreements
from assay.claims.meanings.meaning import Reading
from assay.claims.naming.named import OWN, same
from assay.claims.numbers.agreement import are_of_one_unit
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
    ours = figure.amount
    is_share = ours.unit == "x" and ours.low == ours.high < 1 and (figure.is_word or _FRACTION.search(figure.text))
    if not is_share:
        return None
    for other, (text, reference) in supported.items():
        for base in reference.sentence.figures if other.sentence is figure.sentence else ():
            part, whole = sorted((reference, base), key=lambda each: each.amount.high)
            is_part = are_of_one_unit(part.amount, whole.amount) and 0 < part.amount.high < whole.amount.high
            if is_part and _fits(ours.high, figure, part.amount.high / whole.amount.high):
                return Derived(text, part, f"{part.text} of {whole.text}")
    for text, reference in source.abstract():
        fits = (_fits(ours.high, figure, value) for value in _parts(figure, reference))
        if any(fits) and _go_together(figure, reference, source, supported):
            return Derived(text, reference, f"about {reference.text}")
    return None


def _parts(figure: Figure, reference: Figure) -> Iterator[Decimal]:
    """The parts of one that a figure of the paper may be told as."""
    theirs = reference.amount
    value = theirs.high
    is_turned = _is_rest(figure) != _is_rest(reference) or {figure.amount.role, theirs.role} == {"saved", "remains"}
    if theirs.unit == "%" and 0 < value < _WHOLE:
        yield 1 - value / _WHOLE if is_turned else value / _WHOLE
    elif theirs.unit == "x" and value > 1 and figure.amount.role == "saved":
        yield 1 - 1 / value
    elif theirs.unit == "x" and value > 1 and (figure.amount.role == "remains" or _IS_LEFT.search(_around(figure))):
        yield 1 / value


def _fits(told: Decimal, figure: Figure, value: Decimal) -> bool:
    """Whether a part of one may be called this fraction; words such as *more than* say on which side of it it lies."""
    scale = min(told, 1 - told)
    off = (value - told) / scale
    if _SHORT_OF.search(figure.before) or figure.amount.bound == "at most":
        return -_LOOSE <= off <= _EXACT
    if figure.amount.bound == "at least":
        return -_EXACT <= off <= _LOOSE
    return abs(off) <= (_LOOSE if figure.amount.bound == "about" else _CLOSE)


_LOOSE, _CLOSE, _EXACT = Decimal("0.13"), Decimal("0.065"), Decimal("0.015")
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
        follows = is_rare or _is_rest(figure) or _is_rest(other) or _FOLLOWS.search(figure.sentence.text, *between)
        is_rest = other.amount.unit == "%" and other.amount.low == other.amount.high == rest
        if is_rest and follows and other in supported:
            text, reference = supported[other]
            return Derived(text, reference, f"what {other.text} leaves")
    for text, reference in source.abstract():
        theirs = reference.amount
        is_whole = theirs.unit == "%" and theirs.low == theirs.high == rest != ours.high
        is_rest = _is_rest(reference)
        is_turned = _is_told_only(figure, reference) != is_rest or _is_rest(figure) != is_rest
        if not is_whole or not (is_turned or is_rare):
            continue
        is_failure = _FAILS.search(_around(figure)) and not is_rest
        is_told = is_failure or (is_rare and is_turned and _REST.search(_around(figure)))
        if is_told or _go_together(figure, reference, source, supported):
            return Derived(text, reference, f"what {reference.text} leaves")
    return None


def _remaining_range(figure: Figure, source: Source) -> Derived | None:
    """What a range of shares of the abstract leaves: only 5 to 74 % for 26 to 95 % less."""
    ours = figure.amount
    for text, reference in source.abstract():
        theirs = reference.amount
        is_rest = (theirs.low, theirs.high) == (_WHOLE - ours.high, _WHOLE - ours.low)
        if theirs.unit == "%" and is_rest and theirs.low < theirs.high:
            return Derived(text, reference, f"what {reference.text} leaves")
    return None


def distance(figure: Figure, supported: Supported, source: Source) -> Derived | None:
    """The distance between two figures of the paper, of which the summary gives one too.

    It may be coarse where both stand in one sentence of the paper, and the other one in that of the summary. What is no
    distance may still be where something stood before a change that the paper gives.
    """
    ours = figure.amount
    is_told = is_told_as_change(figure) or _APART.match(figure.after) or _GAP.search(figure.before)
    if ours.unit == "x" or ours.low != ours.high or not ours.high:
        return None
    is_rare = len(ours.high.normalize().as_tuple().digits) >= _MANY
    for other, (text, first) in supported.items():
        if other is figure or not (is_rare or other.sentence is figure.sentence):
            continue
        seconds = [each for _, each in source.abstract()] if is_rare and is_told else first.sentence.figures
        for second in seconds:
            units = {ours.unit, first.amount.unit}
            is_alike = are_of_one_unit(first.amount, second.amount) and first.amount.grain == second.amount.grain
            is_alike = is_alike and (len(units) == 1 or units <= {"", "%", "points"})
            is_fine = first.amount.grain < 1 or (first.amount.unit == "%" and ours.unit == "points")
            is_told_so = is_told or (is_rare and second.is_change)
            if is_alike and is_fine and is_told_so and abs(first.amount.high - second.amount.high) == ours.high:
                return Derived(text, first, f"between {first.text} and {second.text}")
    if not is_told or ours.unit not in {"", "%", "points"}:
        return None
    return _distance_of_named(figure, source) or _distance_of_neighbours(figure, source, supported, is_rare=is_rare)


def _distance_of_neighbours(figure: Figure, source: Source, supported: Supported, *, is_rare: bool) -> Derived | None:
    """The distance between two levels of one sentence of the abstract; of neighbours if it is a short one."""
    for text, first in source.abstract():
        levels = [each for each in first.sentence.figures if each.amount.grain < 1 or each.amount.unit == "%"]
        for one, other in combinations(levels, 2) if is_rare else pairwise(levels):
            is_told = one.amount.unit == other.amount.unit
            is_told = is_told and abs(one.amount.high - other.amount.high) == figure.amount.high
            if one is not first or not is_told or one.is_change or other.is_change:
                continue
            if is_rare or any(_go_together(figure, each, source, supported) for each in (one, other)):
                return Derived(text, one, f"between {one.text} and {other.text}")
    return None


def _distance_of_named(figure: Figure, source: Source) -> Derived | None:
    """The distance between the figures of two names, where the summary names both and gives neither figure."""
    words = figure.sentence.words
    for text, first in source.abstract():
        for second in first.sentence.figures if first.amount.grain < 1 else ():
            is_alike = are_of_one_unit(first.amount, second.amount) and first.amount.grain == second.amount.grain
            if not is_alike or first.amount.high - second.amount.high != figure.amount.high:
                continue
            named = [_names(source.reader.read(each)) for each in (first, second)]
            if all(any(name in same(words) for name in names) for names in named) and named[0] != named[1]:
                return Derived(text, first, f"between {first.text} and {second.text}")
    return None


def _names(reading: Reading) -> frozenset[str]:
    return (reading.method.own | reading.other.own) - {OWN}


def total(figure: Figure, source: Source) -> Derived | None:
    """The sum of two counts of one sentence of the abstract, told as such: ``155 tasks between them``."""
    ours = figure.amount
    if not figure.is_number or not _IN_ALL.search(figure.before[-20:] + " # " + figure.after[:40]):
        return None
    for text, first in source.abstract():
        for second in first.sentence.figures if first.is_number else ():
            is_alike = second is not first and second.is_number and first.amount.sort == second.amount.sort
            if is_alike and first.amount.high + second.amount.high == ours.high:
                return Derived(text, first, f"{first.text} and {second.text}")
    return None


_IN_ALL = re.compile(r"\b(?:between\sthem|together|in\s(?:all|total)|altogether|a\stotal\sof)\b|모두|합쳐|합하|총\s")


def is_told_as_change(figure: Figure) -> bool:
    """Whether a figure is told as what something changed by, or is apart by."""
    return figure.is_change or _BY.search(figure.before) is not None


_BY = re.compile(
    r"\b(?:is|are|go|goes|went)\s(?:up|down)\s$|\b(?:up|down|lower|higher|ahead|behind|better|worse|apart)\sby\s(?:about\s|some\s)?$"
)


def _is_rest(figure: Figure) -> bool:
    """Whether it is told as what is left, or as what goes wrong."""
    if figure.amount.role == "saved":
        return False  # what is cut may be errors
    return figure.amount.role in {"remains", "missed"} or _REST.search(_around(figure)) is not None


def _is_told_only(figure: Figure, reference: Figure) -> bool:
    """Whether the summary tells it as what is left: it may call that little where the paper does not."""
    is_little = _ONLY.search(_around(figure)) is not None and _ONLY.search(_around(reference)) is None
    return is_little or _is_rest(figure)


def _around(figure: Figure) -> str:
    """The words of its clause near it, up to the figures on either side."""
    figures = figure.sentence.figures
    at = figures.index(figure)
    start = figures[at - 1].quantity.end if at else figure.sentence.start
    end = figures[at + 1].quantity.start if at + 1 < len(figures) else figure.sentence.end
    before = figure.sentence.text[max(start, figure.quantity.start - 50) : figure.quantity.start]
    after = figure.sentence.text[figure.quantity.end : min(end, figure.quantity.end + 40)]
    return f"{re.split(_CLAUSE, before)[-1]} # {re.split(_CLAUSE, after)[0]}"


def _go_together(figure: Figure, reference: Figure, source: Source, supported: Supported) -> bool:
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
    ):
        return True
    own = {stem for name in source.own_names[-1:] for _, stem in content_stems(name, 0, len(name))}
    return bool((figure.around & reference.around) - own)


_OF_ANOTHER = frozenset({"data set", "method", "name", "size", "context", "count", "end"})
"""Disagreements that a figure told the other way round does not explain."""
_MANY = 3
_WHOLE = 100
_FRACTION = re.compile(r"분의|/")
_CLAUSE = re.compile(r"[,;:.]\s|\b(?:and|while|whereas|but)\b|[가-힣](?:고|며|지만)\s")
_SHORT_OF = re.compile(r"\b(?:almost|nearly|close\sto|under|less\sthan|fewer\sthan)\s(?:an?\s)?$|거의\s$")
_FOLLOWS = re.compile(r"\b(?:so|thus|i\.e\.|that is|leaving|leaves|the rest|remain\w*|others?)\b|나머지|즉|따라서|남은")
_FAILS = re.compile(
    r"\b(?:fail\w*|wrong\w*|miss(?:es|ed)|mis[a-z]+(?:es|ed|s)|errors?|los(?:es?|t)|un(?:solved|resolved|answered)|violat\w+|disagree\w*)\b"
    r"|실패|위반|불일치|오답|오류|놓[치친]|틀[리린]|못하|못한|못했|잃"
)
_REST = re.compile(
    _FAILS.pattern
    + r"|\b(?:leav(?:es?|ing)|left|remain\w*|the\srest|keep(?:s|ing)?|kept|retain\w*|instead\sof|is\snot|are\snot"
    r"|as\slittle\sas)(?!\w)|#[^#]{0,6}(?:만\s|만으로|만을|에\s그[치친]|뿐)|남[는은기긴고아]|나머지|없[었는다을이]|않[았는은]|뺀|제외"
)
_IS_LEFT = re.compile(
    r"\b(?:remain\w*|leav(?:es?|ing)|left)\b|남[는은기긴고아]"
    r"|#\s(?:of\s)?(?:the\s|its\s)?(?:time|cost|bill|price)\b|#\s?(?:의\s)?(?:시간|비용)"
)
_ONLY = re.compile(r"\b(?:only|just|merely)\s+#")
_APART = re.compile(r"\s(?:above|below|ahead|behind|over|under|apart|more|less|fewer|lower|higher|better|worse)\b")
_GAP = re.compile(
    r"(?:차이|격차)[는가도]?\s(?:[가-힣]+\s)?$|\b(?:a|by\sa)\s(?:fall|rise|drop|gap|difference|lead)\sof\s$"
)
