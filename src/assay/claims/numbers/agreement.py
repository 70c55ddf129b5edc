"""Compares two figures: do they agree when rounded, in another unit, as a range, or as a change between two ends?

Only values and units count here; what the figures are about is the concern of `assay.claims.check`.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from enum import IntEnum
from typing import Final, NamedTuple

from assay.claims.numbers.quantities import Quantity
from assay.claims.numbers.roles import Role, role_of
from assay.claims.numbers.sorts import Sort, counts_things
from assay.papers.models import Bound


class Agreement(IntEnum):
    """How well two figures agree."""

    NONE = 0
    CONVERTED = 1
    """Only by arithmetic (2x as fast and 50% less time, 60% saved and 40% taken, 30 of 45 and 67%), or between a
    model's size and another number: the words next to them must be the same too."""
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
    role: Role = ""
    """Of a share: whether it is what remains, or what is saved."""
    whole: Decimal = Decimal(0)
    """What it is counted out of; 0 where the text does not say so."""
    deviation: Decimal | None = None
    """How far it varies."""
    is_count: bool = False
    """Whether what it counts follows it."""
    implied: str = ""
    """The unit that the list which it stands in has said already: the 5.2 of ``10 points, then 5.2``."""

    def times(self, factor: Decimal, divisor: Decimal = Decimal(1)) -> "Amount":
        """The same in a unit of which ``factor`` make up ``divisor`` of the old one."""
        low, high, grain = (each * factor / divisor for each in (self.low, self.high, self.grain))
        return self._replace(low=low, high=high, grain=grain)


def amount(text: str, quantity: Quantity) -> Amount:
    """The amount that ``quantity`` gives in ``text``."""
    low, high = sorted((abs(quantity.low), abs(quantity.high)))
    role: Role = "saved" if quantity.unit == "%" and quantity.sign == "-" else ""
    if quantity.unit in {"%", "x"} and not role:
        role = role_of(text, quantity.start, quantity.end)
    unit = quantity.unit or _unit_behind(text, quantity.end)
    whole, deviation = quantity.whole or Decimal(0), quantity.deviation
    is_count = (
        quantity.sort is Sort.FIGURE
        and not quantity.unit
        and counts_things(text[quantity.end : quantity.end + 60])
        and not _OF_PARAMETERS.search(text[max(0, quantity.start - 20) : quantity.start])
    )
    return Amount(low, high, quantity.grain, unit, quantity.bound, quantity.sort, role, whole, deviation, is_count)


def _unit_behind(text: str, end: int) -> str:
    """The unit that words part from its number: ``24 active days``; empty where there is none."""
    time = _TIME.match(text, end)
    return _TIMES[time["unit"]] if time else "points" if _POINTS.match(text, end) else ""


_TIME = re.compile(
    r"\s(?:active|additional|business|calendar|consecutive|full|more|whole|working)\s(?P<unit>seconds|minutes|hours|days|weeks)\b"
)
_TIMES: Final = {"seconds": "s", "minutes": "min", "hours": "h", "days": "days", "weeks": "weeks"}
_OF_PARAMETERS = re.compile(r"(?:파라미터|매개\s?변수)[가-힣]{0,2}\s(?:약\s|총\s|모두\s)?$")
_POINTS = re.compile(
    r"\s(?:(?:[A-Z][\w@]*|accuracy|score|success|absolute|average|mean|overall|percentage)\s){1,3}points?\b|점\s?(?:만큼\s)?(?:더\s)?(?:앞|뒤|높|낮|오르|올|오른|상승|하락|떨어|향상|개선|증가|감소|차이?로)"
)
"""Points of difference; what stands alone may be a score."""


def agreement(figure: Amount, reference: Amount) -> Agreement:
    """How well a summary's ``figure`` agrees with the paper's ``reference``.

    The summary may round what the paper gives; the other way round they agree weakly. A range agrees with a range if
    both ends do, and a single figure with either end of one. ``%`` and ``points`` are taken for each other, since
    prose rarely tells them apart; ``x`` and ``%`` are not, except where one is the other's arithmetic: 1.5x faster is
    50 % faster, 60 % less is 40 % of it, 30 of 45 is 67 %. A share that remains is not one that is saved, and a
    figure with another deviation, or out of another number, is another figure.
    """
    if figure.deviation is not None and reference.deviation is not None and not _deviate_alike(figure, reference):
        return Agreement.NONE
    if figure.whole and reference.whole and figure.whole != reference.whole:
        return Agreement.NONE
    best = _agreement(figure, reference)
    return best if best > Agreement.CONVERTED else max(best, _agreement_by_arithmetic(figure, reference))


def are_of_one_unit(one: Amount, other: Amount) -> bool:
    """Whether two amounts are of one sort and unit; per cent and points are taken for each other."""
    units = {each.unit or each.implied for each in (one, other)}
    is_one = one.unit == other.unit or len(units) == 1
    return one.sort == other.sort and (is_one or units == {"%", "points"})


def _deviate_alike(figure: Amount, reference: Amount) -> bool:
    ours, theirs = (Decimal(each.deviation or 0) for each in (figure, reference))
    return abs(ours - theirs) * 2 <= max(figure.grain, Decimal("0.1") * theirs)


def _agreement(figure: Amount, reference: Amount) -> Agreement:
    """How well they agree as they stand, or in another unit of the same kind."""
    if figure.unit == reference.unit:
        agrees = _same_unit_agreement(figure, reference)
        halves = figure.high * 2 / _whole(figure.unit)
        if {figure.role, reference.role} == {"remains", "saved"} and halves < 2 and halves != 1:
            return Agreement.NONE
    else:
        agrees = max(
            (min(limit, _same_unit_agreement(each, reference)) for each, limit in _conversions(figure, reference)),
            default=Agreement.NONE,
        )
    return min(agrees, _limit(figure, reference), _limit(reference, figure))


def _whole(unit: str) -> Decimal:
    return Decimal(100) if unit == "%" else Decimal(1)


def _limit(ours: Amount, theirs: Amount) -> Agreement:
    """How well a number that counts things can agree at best with one that does not: ``1B images``, ``XL (1B)``."""
    if not ours.is_count:
        return Agreement.SAME
    return {Sort.SIZE: Agreement.CONVERTED, Sort.LENGTH: Agreement.WEAK}.get(theirs.sort, Agreement.SAME)


def _agreement_by_arithmetic(figure: Amount, reference: Amount) -> Agreement:
    if figure.low != figure.high or reference.low != reference.high:
        return Agreement.NONE
    units = {figure.unit, reference.unit}
    if units == {"x", "%"} and _ratio_agrees(figure, reference):
        return Agreement.CONVERTED
    if units <= {"x", "%"} and (_remainders_agree(figure, reference) or _parts_agree(figure, reference)):
        return Agreement.CONVERTED
    if bool(figure.whole) != bool(reference.whole) and _share_agrees(figure, reference):
        return Agreement.CONVERTED
    return Agreement.NONE


def change(start: Amount, end: Amount, figure: Amount) -> bool:
    """Whether ``figure`` is the change from ``start`` to ``end``: relative, in points, or as a ratio."""
    first, last = start.high, end.high
    changes: list[Decimal] = []
    if figure.unit in {"%", "points", ""} and start.unit in {"%", "points", ""}:
        changes.append(abs(last - first))
        if figure.unit and not start.unit and max(first, last) <= 1:
            changes.append(abs(last - first) * 100)
    if figure.unit == start.unit not in {"%", "points", "", "x"}:
        changes.append(abs(last - first))
    if figure.unit == "%" and first:
        changes.append(abs(last - first) / first * 100)
    if figure.unit == "x" and first and last:
        changes.append(max(last / first, first / last))
    return any(_rounds_to(figure.high, figure.grain, value) for value in changes) and figure.low == figure.high


_DIMENSIONS = (
    {"µs": "0.000001", "ms": "0.001", "s": "1", "min": "60", "h": "3600", "days": "86400", "weeks": "604800"},
    {"KB": "1e3", "MB": "1e6", "GB": "1e9", "TB": "1e12"},
    {"MB/s": "1e6", "GB/s": "1e9", "TB/s": "1e12"},
    {"bps": "1", "kbps": "1e3", "Mbps": "1e6"},
    {"W": "1", "kW": "1e3"},
    {"GFLOPS": "1e9", "TFLOPS": "1e12", "PFLOPS": "1e15", "TOPS": "1e12"},
    {"GPU hours": "1", "GPU days": "24"},
    {"Hz": "1", "kHz": "1e3"},
    {"USD": "1", "cents": "0.01"},
    {"mm": "1", "cm": "10", "m": "1000", "km": "1e6"},
    {"years": "1", "decades": "10"},
)
_FACTORS = {unit: (n, Decimal(size)) for n, units in enumerate(_DIMENSIONS) for unit, size in units.items()}
_BYTES = 1
_SHARES = frozenset({"%", "points"})
_OF_TERMS = frozenset({"bits", "p"})


def _like(unit: str) -> frozenset[str]:
    return _SHARES if unit in _SHARES else frozenset({unit})


def _conversions(figure: Amount, reference: Amount) -> Iterator[tuple[Amount, Agreement]]:
    """``figure`` in the unit of ``reference``, in every possible way, and the best agreement that each way allows."""
    ours, theirs = figure.unit, reference.unit
    if {ours, theirs} == {"%", "points"}:
        yield figure, Agreement.SAME
    elif ours in _FACTORS and theirs in _FACTORS:
        (dimension, size), (other, other_size) = _FACTORS[ours], _FACTORS[theirs]
        if dimension == other:
            yield figure.times(size, other_size), Agreement.ROUNDED
            if dimension == _BYTES:
                steps = ("KB", "MB", "GB", "TB").index(ours) - ("KB", "MB", "GB", "TB").index(theirs)
                yield figure.times(Decimal(1024) ** steps), Agreement.ROUNDED
    elif {ours, theirs} & _OF_TERMS:
        return  # sixteen things are no 16-bit number
    elif (figure.is_count and theirs in _SHARES) or (reference.is_count and ours in _SHARES):
        return  # eighty things are no 80%
    elif "" in {ours, theirs} and reference.grain:  # "five" things are no 5%
        is_implied = (ours or figure.implied) in _like(theirs or reference.implied)
        yield figure, Agreement.ROUNDED if is_implied else Agreement.WEAK
        if {ours, theirs} in ({"", "%"}, {"", "points"}):
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
        limit = _NEXT if figure.bound != "about" and ours >= _LARGE and _is_next(ours, theirs) else _LOOSE
        if fits and abs(theirs - ours) <= limit * ours:
            return Agreement.ROUNDED
    if figure.grain < reference.grain and _significant(theirs) >= 3 and _rounds_to(theirs, reference.grain, ours):
        return Agreement.WEAK
    return Agreement.NONE


_LOOSE, _NEXT = Decimal("0.06"), Decimal("0.13")
_LARGE = 100


def _is_next(bound: Decimal, value: Decimal) -> bool:
    """Whether a bound is the next round number to a value: more than 300 of 332, fewer than 500 of 467."""
    step = Decimal(1).scaleb(bound.adjusted() - _significant(bound) + 1)
    return abs(value - bound) < step


def _rounds_to(rounded: Decimal, grain: Decimal, value: Decimal) -> bool:
    """Whether ``value`` rounds to ``rounded``; a loss of more than a tenth is no rounding."""
    return abs(rounded - value) * 2 <= grain and abs(rounded - value) * 10 <= value


def _significant(value: Decimal) -> int:
    return len(value.normalize().as_tuple().digits)


def _ratio_agrees(figure: Amount, reference: Amount) -> bool:
    """1.5x as fast is 50 % faster, 4x fewer is 75 % less, and 130 % of something is 1.3x of it."""
    ratio, percent = (figure, reference) if figure.unit == "x" else (reference, figure)
    if percent.role == "remains":
        return False
    values: list[tuple[Decimal, Decimal]] = []  # the ratio that the percentage makes, the percentage of the ratio
    if "saved" not in {ratio.role, percent.role}:
        values.append((1 + percent.high / 100, (ratio.high - 1) * 100))
    if percent.high < 100 and ratio.high > 1:
        values.append((1 / (1 - percent.high / 100), (1 - 1 / ratio.high) * 100))
    return any(
        as_ratio == ratio.high
        or (ratio.grain <= Decimal("0.1") and _rounds_to(ratio.high, ratio.grain, as_ratio))
        or (as_percent > 0 and ratio.grain <= Decimal(1) and _rounds_to(percent.high, percent.grain, as_percent))
        for as_ratio, as_percent in values
    )


def _parts_agree(figure: Amount, reference: Amount) -> bool:
    """Three quarters is 75 %, and what fails is what is left of what does not: 63 % fail, 37 % are solved."""
    roles = {figure.role, reference.role}
    if roles == {"missed", ""}:
        is_missed = True
    elif figure.unit != reference.unit and (len(roles) == 1 or "" in roles):
        is_missed = False
    else:
        return False
    (ours, step), (theirs, other_step) = map(_part, (figure, reference))
    if not 0 < ours < 1 or not 0 < theirs < 1:
        return False
    ours = 1 - ours if is_missed else ours
    loose = _LOOSE * ours if figure.bound == "about" else Decimal(0)
    return abs(ours - theirs) * 2 <= max(step, other_step, loose * 2) and abs(ours - theirs) * 10 <= min(ours, theirs)


def _part(each: Amount) -> tuple[Decimal, Decimal]:
    """A share as a part of one, and its grain."""
    divisor = _whole(each.unit)
    return each.high / divisor, each.grain / divisor


def _remainders_agree(figure: Amount, reference: Amount) -> bool:
    """Whether both leave the same part of something: 60 % less, 40 % of it, 0.4x of it, 2.5x less."""
    ours, theirs = _remainder(figure), _remainder(reference)
    if ours is None or theirs is None or (figure.role == reference.role != "" and figure.unit == reference.unit):
        return False
    # The coarser of the two says how near they must be.
    (value, step), (other, other_step) = ours, theirs
    near = max(step, other_step)
    return abs(value - other) * 2 <= near and abs(value - other) * 10 <= min(value, other)


def _remainder(each: Amount) -> tuple[Decimal, Decimal] | None:
    """The part that is left, of one, and its grain; ``None`` where the amount does not say what is left."""
    if each.unit == "%" and each.role in {"remains", "saved"} and each.high <= 100:
        left = each.high / 100
        return (1 - left if each.role == "saved" else left), each.grain / 100
    if each.unit == "x" and each.high > 1 and each.role == "saved":
        return 1 / each.high, each.grain / each.high**2
    if each.unit == "x" and 0 < each.high < 1:
        return (1 - each.high if each.role == "saved" else each.high), each.grain
    return None


def _share_agrees(figure: Amount, reference: Amount) -> bool:
    """30 of 45 is 67 %, 0.67 and two thirds."""
    counted, share = (figure, reference) if figure.whole else (reference, figure)
    value = counted.high / counted.whole
    if share.unit == "%" or (not share.unit and share.high > 1 and share.grain < 1):
        return _rounds_to(share.high, share.grain, value * 100)
    return share.high < 1 and share.unit in {"", "x"} and _rounds_to(share.high, share.grain, value)
