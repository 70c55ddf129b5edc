"""Compares two figures: do they agree when rounded, in another unit, as a range, or as a change between two ends?

Only values and units count here; what the figures are about is the concern of `assay.claims.check`.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from enum import IntEnum
from typing import NamedTuple

from assay.claims.quantities import Quantity
from assay.claims.sorts import Sort
from assay.papers.models import Bound


class Agreement(IntEnum):
    """How well two figures agree."""

    NONE = 0
    CONVERTED = 1
    """Only by arithmetic between ``x`` and ``%``: the words next to them must be the same too."""
    WEAK = 2
    """In value, but one of them lacks its unit, or is finer than the other: they need to be about the same thing."""
    ROUNDED = 3
    """In value after rounding or a change of units, or as one end of a range."""
    SAME = 4


class Amount(NamedTuple):
    """A figure without sign, and how finely it is written."""

    low: Decimal
    high: Decimal
    grain: Decimal
    """The value of one step of its last digit: 0.1 for ``12.5``, 1000 for ``205K``; 0 for a count in words."""
    unit: str
    bound: Bound
    sort: Sort

    def times(self, factor: Decimal) -> "Amount":
        """The same in a unit of which ``factor`` make up the old one."""
        return self._replace(low=self.low * factor, high=self.high * factor, grain=self.grain * factor)


def amount(text: str, quantity: Quantity) -> Amount:
    """The amount that ``quantity`` gives in ``text``."""
    low, high = sorted((abs(quantity.low), abs(quantity.high)))
    digits = _DIGITS.findall(text[quantity.start : quantity.end])
    grain = Decimal(1 if quantity.unit else 0)
    if digits:
        whole, fraction = digits[-1]
        number = Decimal(f"{whole.replace(',', '')}.{fraction or 0}")
        grain = Decimal(1).scaleb(-len(fraction)) * (high / number if number else 1)
    return Amount(low, high, grain, quantity.unit, quantity.bound, quantity.sort)


def agreement(figure: Amount, reference: Amount) -> Agreement:
    """How well a summary's ``figure`` agrees with the paper's ``reference``.

    The summary may round what the paper gives; the other way round they agree weakly. A range agrees with a range if
    both ends do, and a single figure with either end of one. ``%`` and ``points`` are taken for each other, since
    prose rarely tells them apart; ``x`` and ``%`` are not, except where one is the other's arithmetic: 1.5x faster is
    50 % faster.
    """
    if figure.unit == reference.unit:
        return _same_unit_agreement(figure, reference)
    best = Agreement.NONE
    for conversion, limit in _conversions(figure, reference):
        best = max(best, min(limit, _same_unit_agreement(conversion, reference)))
    return best if best or {figure.unit, reference.unit} != {"x", "%"} else _ratio_agreement(figure, reference)


def change(start: Amount, end: Amount, figure: Amount) -> bool:
    """Whether ``figure`` is the change from ``start`` to ``end``: relative, in points, or as a ratio."""
    first, last = start.high, end.high
    changes: list[Decimal] = []
    if figure.unit in {"%", "points", ""} and start.unit in {"%", "points", ""}:
        changes.append(abs(last - first))
        if figure.unit and not start.unit and max(first, last) <= 1:
            changes.append(abs(last - first) * 100)
    if figure.unit == "%" and first:
        changes.append(abs(last - first) / first * 100)
    if figure.unit == "x" and first and last:
        changes.append(max(last / first, first / last))
    return any(_rounds_to(figure.high, figure.grain, value) for value in changes) and figure.low == figure.high


_DIGITS = re.compile(r"(\d[\d,]*)(?:\.(\d+))?")
_DIMENSIONS = (
    {"ms": "0.001", "s": "1", "min": "60", "h": "3600", "days": "86400", "weeks": "604800"},
    {"KB": "1e3", "MB": "1e6", "GB": "1e9", "TB": "1e12"},
    {"GFLOPS": "1e9", "TFLOPS": "1e12", "PFLOPS": "1e15", "TOPS": "1e12"},
    {"GPU hours": "1", "GPU days": "24"},
    {"Hz": "1", "kHz": "1e3"},
    {"mm": "1", "cm": "10", "km": "1e6"},
)
_FACTORS = {unit: (n, Decimal(size)) for n, units in enumerate(_DIMENSIONS) for unit, size in units.items()}
_BYTES = 1


def _conversions(figure: Amount, reference: Amount) -> Iterator[tuple[Amount, Agreement]]:
    """``figure`` in the unit of ``reference``, in every possible way, and the best agreement that each way allows."""
    ours, theirs = figure.unit, reference.unit
    if {ours, theirs} == {"%", "points"}:
        yield figure, Agreement.SAME
    elif ours in _FACTORS and theirs in _FACTORS:
        (dimension, size), (other, other_size) = _FACTORS[ours], _FACTORS[theirs]
        if dimension == other:
            yield figure.times(size / other_size), Agreement.ROUNDED
            if dimension == _BYTES:
                steps = ("KB", "MB", "GB", "TB").index(ours) - ("KB", "MB", "GB", "TB").index(theirs)
                yield figure.times(Decimal(1024) ** steps), Agreement.ROUNDED
    elif "" in {ours, theirs} and reference.grain:  # "five" things are no 5%
        yield figure, Agreement.WEAK
        if {ours, theirs} == {"", "%"}:
            # 0.708 and 70.8%
            if not ours and figure.high <= 1 and figure.grain <= Decimal("0.01"):
                yield figure.times(Decimal(100)), Agreement.ROUNDED
            elif ours and reference.high <= 1 and reference.grain <= Decimal("0.01"):
                yield figure.times(Decimal("0.01")), Agreement.ROUNDED


def _same_unit_agreement(figure: Amount, reference: Amount) -> Agreement:
    """How well two amounts in one unit agree."""
    ranges = figure.low != figure.high, reference.low != reference.high
    if ranges == (True, True):
        return min(
            _end_agreement(figure, figure.low, reference, reference.low),
            _end_agreement(figure, figure.high, reference, reference.high),
        )
    if ranges == (False, True):
        ends = max(
            _end_agreement(figure, figure.high, reference, reference.low),
            _end_agreement(figure, figure.high, reference, reference.high),
        )
        return min(ends, Agreement.ROUNDED)
    if ranges == (True, False):
        return Agreement.NONE
    return _end_agreement(figure, figure.high, reference, reference.high)


def _end_agreement(figure: Amount, ours: Decimal, reference: Amount, theirs: Decimal) -> Agreement:
    if ours == theirs:
        return Agreement.SAME
    if figure.grain > reference.grain and _rounds_to(ours, figure.grain, theirs):
        return Agreement.ROUNDED
    if figure.bound and ours and _significant(ours) < _significant(theirs):
        fits = {"about": True, "at least": theirs > ours, "at most": theirs < ours}[figure.bound]
        if fits and abs(theirs - ours) <= _LOOSE * ours:
            return Agreement.ROUNDED
    if figure.grain < reference.grain and _significant(theirs) >= 3 and _rounds_to(theirs, reference.grain, ours):
        return Agreement.WEAK
    return Agreement.NONE


_LOOSE = Decimal("0.06")


def _rounds_to(rounded: Decimal, grain: Decimal, value: Decimal) -> bool:
    """Whether ``value`` rounds to ``rounded``; a loss of more than a tenth is no rounding."""
    return abs(rounded - value) * 2 <= grain and abs(rounded - value) * 10 <= value


def _significant(value: Decimal) -> int:
    return len(value.normalize().as_tuple().digits)


def _ratio_agreement(figure: Amount, reference: Amount) -> Agreement:
    """1.5x as fast is 50 % faster, 4x fewer is 75 % less, and 130 % of something is 1.3x of it."""
    if figure.low != figure.high or reference.low != reference.high:
        return Agreement.NONE
    ratio, percent = (figure, reference) if figure.unit == "x" else (reference, figure)
    for value in (1 + percent.high / 100, 1 / (1 - percent.high / 100) if percent.high < 100 else Decimal(0)):
        if value == ratio.high or (ratio.grain <= Decimal("0.1") and _rounds_to(ratio.high, ratio.grain, value)):
            return Agreement.CONVERTED
    for value in ((ratio.high - 1) * 100, (1 - 1 / ratio.high) * 100 if ratio.high else Decimal(0)):
        if value > 0 and ratio.grain <= Decimal(1) and _rounds_to(percent.high, percent.grain, value):
            return Agreement.CONVERTED
    return Agreement.NONE
