"""Figures that follow from two of the paper's: their distance, ratio, change or sum, or so many of one to each other.

Which two are meant must be plain: the summary gives both, or one of them and the paper the other beside it, or the
paper compares the two and the figure goes with them.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations, pairwise
from typing import NamedTuple

from assay.claims.context import Figure, Text
from assay.claims.judging.derived import Derived, Supported, fits_told, go_together, is_fraction
from assay.claims.judging.telling import is_told_as_distance, is_told_as_gap, is_told_of_each
from assay.claims.meanings.meaning import Reading
from assay.claims.naming.named import OWN, same
from assay.claims.numbers.agreement import are_of_one_unit
from assay.claims.numbers.sorts import Sort
from assay.claims.source import ABSTRACT, Source


class Pair(NamedTuple):
    """Two figures of the paper that a figure of the summary may follow from."""

    text: Text | None
    first: Figure
    second: Figure
    is_given: bool
    """Whether the summary gives both of them beside it."""


def _given_pairs(figure: Figure, supported: Supported) -> list[Pair]:
    """The pairs of which the summary's sentence gives both figures; else one, and the paper's sentence the other."""
    references = [supported[each] for each in _near(figure) if each in supported]
    pairs = [
        Pair(text, first, second, is_given=True)
        for (text, first), (_, second) in combinations(references, 2)
        if first is not second and _are_alike(first, second)
    ]
    pairs += [
        Pair(text, first, second, is_given=False)
        for text, first in references
        for second in _near(first)
        if all(second is not other for _, other in references) and _are_alike(first, second)
    ]
    return pairs


def _near(figure: Figure) -> list[Figure]:
    """The figures of its sentence that stand within a few of it."""
    figures = figure.sentence.figures
    at = figures.index(figure)
    return [*figures[max(0, at - _REACH) : at], *figures[at + 1 : at + 1 + _REACH]]


_REACH = 6


def _compared_pairs(source: Source) -> Iterator[Pair]:
    """The pairs that the abstract compares, or gives one after the other."""
    for text in source.texts:
        for sentence in text.sentences if text.name in ABSTRACT else ():
            neighbours = [pair for pair in pairwise(sentence.figures) if _are_alike(*pair)]
            for first, second in dict.fromkeys([*sentence.changes, *neighbours]):
                yield Pair(text, first, second, is_given=False)


def _are_alike(first: Figure, second: Figure) -> bool:
    """Whether two figures may be set in relation: of one unit and sort, and written alike."""
    is_one = are_of_one_unit(first.amount, second.amount) or {first.amount.unit, second.amount.unit} == {"", "points"}
    is_level = all(each.amount.low == each.amount.high > 0 for each in (first, second))
    is_level = is_level and Sort.SETTING not in {first.amount.sort, second.amount.sort}
    return is_one and is_level and first.is_number == second.is_number


def ratio(figure: Figure, source: Source, supported: Supported) -> Derived | None:
    """The ratio of two figures of the paper, as a multiple or a fraction: *ten times* for 1,140 and 114."""
    ours = figure.amount
    if ours.unit not in {"x", "%"} or ours.low != ours.high or not ours.high or ours.high == 1:
        return None
    given = _given_pairs(figure, supported)
    is_round = figure.is_word or is_fraction(figure)
    is_settled = any(pair.is_given and pair.first.amount.unit != "x" and not pair.first.is_number for pair in given)
    is_likely = is_round and not is_settled
    is_fine = _digits(ours.high) >= _FINE
    likely = [
        pair
        for pair in given
        if is_likely or pair.is_given or _is_compared(pair) or _are_sizes(pair) or (is_fine and _are_levels(pair))
    ]
    for pair in sorted(likely, key=lambda pair: not _is_compared(pair)):
        if _is_ratio(figure, pair):
            return Derived(pair.text, pair.first, f"{pair.first.text} to {pair.second.text}")
    if ours.unit == "x" and not is_settled:
        for pair in _compared_pairs(source):
            is_doubtful = pair.first.is_number and not _is_compared(pair) and _is_rough(figure, pair)
            if _is_ratio(figure, pair) and not is_doubtful and _go_with(figure, pair, source, supported):
                return Derived(pair.text, pair.first, f"{pair.first.text} to {pair.second.text}")
    return None


def _go_with(figure: Figure, pair: Pair, source: Source, supported: Supported) -> bool:
    return any(go_together(figure, each, source, supported) for each in (pair.first, pair.second))


def _are_sizes(pair: Pair) -> bool:
    return {pair.first.amount.sort, pair.second.amount.sort} == {Sort.SIZE}


def _are_levels(pair: Pair) -> bool:
    """Whether both are levels in one unit: two scores, two latencies."""
    units = {pair.first.amount.unit, pair.second.amount.unit}
    return len(units) == 1 and not units & {"", "x", "points"} and not (pair.first.is_change or pair.second.is_change)


_FINE = 2
"""Digits of a multiple from which on two levels of one sentence are hardly it by chance."""


def _is_compared(pair: Pair) -> bool:
    """Whether the paper compares the two with each other."""
    return any({pair.first, pair.second} == set(ends) for ends in pair.first.sentence.changes)


def _is_ratio(figure: Figure, pair: Pair) -> bool:
    ours = figure.amount
    small, large = sorted((pair.first.amount.high, pair.second.amount.high))
    is_mixed = pair.first.is_change != pair.second.is_change and not _are_sizes(pair)
    if not small or small == large or is_mixed:
        return False
    if ours.unit == "%":
        # A share of what is counted, as "3B of 30B": what changes by so many per cent is read elsewhere.
        is_part = not figure.is_change and not pair.first.amount.unit and pair.first.amount.grain >= 1
        return is_part and abs(small / large * 100 - ours.high) * 2 <= min(ours.grain, Decimal(1))
    if ours.high > 1:
        value = large / small
        return fits_told(figure, value) if figure.is_word else abs(value - ours.high) * 2 <= min(ours.grain, Decimal(1))
    is_cut = ours.role == "saved" or _BY.search(figure.before) is not None
    part = small / large
    return is_fraction(figure) and fits_told(figure, 1 - part if is_cut else part)


_BY = re.compile(r"\bby\s(?:about\s|almost\s|nearly\s)?$")


def _is_rough(figure: Figure, pair: Pair) -> bool:
    """Whether the ratio of two counts is only about what the figure says."""
    small, large = sorted((pair.first.amount.high, pair.second.amount.high))
    told = figure.amount.high if figure.amount.high > 1 else 1 / figure.amount.high
    return abs(large / small - told) > told / 100


def quotient(figure: Figure, source: Source, supported: Supported) -> Derived | None:
    """So many of what the paper counts to each of another thing that it counts: ``3.7 questions per video``."""
    ours = figure.amount
    if ours.unit or ours.low != ours.high or not ours.high or not is_told_of_each(figure):
        return None
    thing = source.reader.read(figure).counted
    known = list(supported.values())
    if thing:
        known += [(text, each) for text, each in source.abstract() if source.reader.read(each).counted == thing]
    for text, first in known:
        for second in _near(first) if first.is_number else ():
            small, large = sorted((first, second), key=lambda each: each.amount.high)
            is_count = second.is_number and small.amount.high > 1
            if is_count and abs(large.amount.high / small.amount.high - ours.high) * 2 <= _step(figure):
                return Derived(text, large, f"{large.text} to {small.text}")
    return None


def _step(figure: Figure) -> Decimal:
    """How finely a quotient is told: one in words, and a round one of several digits, to a twentieth of it."""
    ours = figure.amount
    if figure.is_word:
        return Decimal("0.05") * ours.high
    is_round = ours.high >= _HUNDRED and ours.high % 10 == 0
    return max(ours.grain, Decimal("0.05") * ours.high) if is_round else ours.grain


_HUNDRED = 100


def distance(figure: Figure, source: Source, supported: Supported, elsewhere: Supported) -> Derived | None:
    """The distance between two figures of the paper, or where something stood before a change that the paper gives.

    Args:
        figure: the summary's.
        source: the paper.
        supported: the figures of its sentence that are supported.
        elsewhere: those of the whole summary.
    """
    ours = figure.amount
    if ours.unit == "x" or ours.low != ours.high or not ours.high:
        return None
    is_told = is_told_as_distance(figure)
    is_rare = _digits(ours.high) >= _MANY
    given = _given_pairs(figure, supported)
    for pair in given:
        is_fine = pair.is_given or _is_fine(figure, pair.first)
        is_told_so = is_told or (is_rare and pair.second.is_change)
        if is_fine and is_told_so and _are_apart_by(figure, pair.first, pair.second):
            return _between(pair)
    if any(pair.is_given and _is_fine(figure, pair.first) and not pair.first.is_change for pair in given):
        return None  # it is told between these two
    if is_rare or (is_told and ours.unit == "points" and _digits(ours.high) > 1):
        for text, first in elsewhere.values():
            seconds = [each for _, each in source.abstract()] if is_told and is_rare else first.sentence.figures
            for second in seconds:
                is_told_so = is_told or second.is_change
                if is_told_so and _is_fine(figure, first) and _are_apart_by(figure, first, second):
                    return _between(Pair(text, first, second, is_given=False))
    if not is_told or ours.unit not in {"", "%", "points"}:
        return None
    return _distance_of_named(figure, source) or _distance_in_sentence(figure, source, supported, is_rare=is_rare)


def is_turned(figure: Figure, source: Source) -> bool:
    """Whether a figure is told above another where the abstract has that much below it, or the reverse.

    What is told of stands before it in its clause: ``88.4%, 4.2 points above the best baseline``.
    """
    sign = (_HIGHER.match(figure.after) is not None) - (_LOWER.match(figure.after) is not None)
    figures = figure.sentence.figures
    earlier = [
        each
        for each in figures[: figures.index(figure)]
        if each.amount.unit in _OF_ONE and not _THAN.match(each.after) and each.amount.low == each.amount.high
    ]
    if (
        not sign
        or not earlier
        or _OTHER_CLAUSE.search(earlier[-1].after[: figure.quantity.start - earlier[-1].quantity.end])
    ):
        return False
    level, step = earlier[-1].amount.high, figure.amount.high
    values = {each.amount.high for _, each in source.abstract() if each.amount.unit in _OF_ONE}
    return level + sign * step in values and level - sign * step not in values


_OF_ONE = frozenset({"%", "points", ""})
_HIGHER = re.compile(r"\s(?:above|over|higher)\b|\s?(?:만큼\s|정도\s)?(?:높[은다고아았]|올랐|오른|상승|뛰었)")
_LOWER = re.compile(r"\s(?:below|under|lower)\b|\s?(?:만큼\s|정도\s)?(?:낮[은다고아았]|떨어[졌진]|내려|하락)")
_THAN = re.compile(r"\)?\s?(?:점|포인트)?(?:보다|\s?대비|에\s?비해|에서(?![가-힣]))")
_OTHER_CLAUSE = re.compile(r"[;:]|\b(?:while|whereas|but|and)\b|[가-힣](?:고|며|지만),?\s")


def _between(pair: Pair) -> Derived:
    return Derived(pair.text, pair.first, f"between {pair.first.text} and {pair.second.text}")


def _is_fine(figure: Figure, first: Figure) -> bool:
    is_measured = first.amount.unit == figure.amount.unit not in {"", "%", "points", "x"}
    return first.amount.grain < 1 or is_measured or (first.amount.unit == "%" and figure.amount.unit == "points")


def _are_apart_by(figure: Figure, first: Figure, second: Figure) -> bool:
    units = {figure.amount.unit, first.amount.unit}
    is_alike = len(units) == 1 or units <= {"", "%", "points"} or "" in units
    is_alike = is_alike and _are_alike(first, second) and first.amount.grain == second.amount.grain
    return is_alike and abs(first.amount.high - second.amount.high) == figure.amount.high


def _distance_in_sentence(figure: Figure, source: Source, supported: Supported, *, is_rare: bool) -> Derived | None:
    """The distance between two levels of one sentence of the abstract; of neighbours if it is a short one."""
    for text, first in source.abstract():
        levels = [each for each in first.sentence.figures if each.amount.grain < 1 or each.amount.unit == "%"]
        for one, other in combinations(levels, 2) if is_rare else pairwise(levels):
            is_told = one.amount.unit == other.amount.unit
            is_told = is_told and abs(one.amount.high - other.amount.high) == figure.amount.high
            are_changes = one.is_change and other.is_change and is_told_as_gap(figure)
            if one is not first or not is_told or ((one.is_change or other.is_change) and not are_changes):
                continue
            if are_changes:
                return _between(Pair(text, one, other, is_given=False))
            if is_rare or any(go_together(figure, each, source, supported) for each in (one, other)):
                return _between(Pair(text, one, other, is_given=False))
    return None


def distance_of_beside(figure: Figure, source: Source, supported: Supported) -> Derived | None:
    """The distance of a figure that the summary gives to that of a name which it sets beside it."""
    if not is_told_as_distance(figure) or figure.amount.unit == "x" or figure.amount.low != figure.amount.high:
        return None
    words = same(figure.sentence.words)
    for text, first in supported.values():
        for _, second in source.abstract():
            if first.is_number or first.is_change or second.is_change or not _are_apart_by(figure, first, second):
                continue
            way = source.reader.read(figure).way.direction
            if way * (first.amount.high - second.amount.high) < 0:
                continue  # it is not higher but lower
            others = _names(source.reader.read(second)) - _names(source.reader.read(first))
            if any(name in words for name in others):
                return _between(Pair(text, first, second, is_given=False))
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
                return _between(Pair(text, first, second, is_given=False))
    return None


def _names(reading: Reading) -> frozenset[str]:
    return (reading.method.own | reading.other.own) - {OWN}


def _digits(value: Decimal) -> int:
    return len(value.normalize().as_tuple().digits)


_MANY = 3
"""Digits from which on a figure is hardly what it is by chance."""
