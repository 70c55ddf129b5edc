"""Makes one quantity of numbers that belong together: ranges, fractions, shares, deviations, lists of one unit."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise, zip_longest

from assay.claims.numbers.quantity import Quantity
from assay.claims.numbers.sorts import Sort
from assay.claims.numbers.units import SCALES


def join(text: str, numbers: list[Quantity]) -> list[Quantity]:
    """The quantities that the single numbers of ``text`` make."""
    joined = list(_join_numerals(text, numbers))
    joined = list(_join_deviations(text, joined))
    joined = _share_bounds(text, _share_units(text, joined))
    joined = list(_join_ranges(text, list(_join_fractions(text, joined))))
    return list(_join_times(text, joined))


_KOREAN_SCALE_END = re.compile(r"\d(?:천|백|십)?(?:만|억|조|천|백)$")
_GAPS_OF_TIME = re.compile(r"\s?(?:and\s|,\s)?")
_SMALLER_UNIT = {"h": ("min", 60), "min": ("s", 60), "days": ("h", 24)}


def _join_numerals(text: str, numbers: list[Quantity]) -> Iterator[Quantity]:
    """Make one number of a Korean numeral of several scales: ``12만 5천``, ``1억 4천만``."""
    at = 0
    while at < len(numbers):
        here = numbers[at]
        while at + 1 < len(numbers) and _continues_numeral(text, here, numbers[at + 1]):
            after = numbers[at + 1]
            value = here.value + after.value
            here = replace(after, start=here.start, low=value, high=value, bound=here.bound or after.bound)
            at += 1
        at += 1
        yield here


def _continues_numeral(text: str, here: Quantity, after: Quantity) -> bool:
    written = text[here.start : here.end]
    scale = next((scale for scale in SCALES if written.endswith(scale)), "")
    between = text[here.end : after.start]
    if here.unit or after.sign or not _KOREAN_SCALE_END.search(written) or between not in {"", " "}:
        return False
    has_scale = re.match(r"[\d,.]+(?:백|천|만|억)", text[after.start : after.end]) is not None
    return after.value < Decimal(10) ** SCALES[scale] and (has_scale or not between or after.value >= 100)


_DEVIATION = re.compile(r"\s?\(?(?:±\s?|\bpm\s?|\+/[-−]?\s?|\+[-−]\s?)")
_SPREAD = re.compile(
    r"\s\((?:(?:std\.?|s\.?d\.?|s\.?e\.?|stdev|stderr)(?:\s?dev\.?)?\s?=?\s?|±\s?)"
    r"|,?\s(?:with\s)?(?:an?\s)?(?:standard (?:deviation|error)|s\.?d\.?)\s?(?:of|=)?\s",
    re.IGNORECASE,
)


def _join_deviations(text: str, numbers: list[Quantity]) -> Iterator[Quantity]:
    """Make a deviation part of its figure: ``83.7±0.2``, ``83.7% ± 0.2%``, ``83.7 (SD 0.2)``."""
    at = 0
    while at < len(numbers):
        here = numbers[at]
        after = numbers[at + 1] if at + 1 < len(numbers) else None
        if after is not None and _is_deviation(text, here, after):
            closed = after.end + (text[after.end : after.end + 1] == ")" and "(" in text[here.end : after.start + 1])
            here = replace(here, end=closed, unit=here.unit or after.unit, deviation=abs(after.value))
            at += 1
        at += 1
        yield here


def _is_deviation(text: str, here: Quantity, after: Quantity) -> bool:
    between = text[here.end : after.start]
    if here.is_range or (after.unit not in {"", here.unit} and here.unit):
        return False
    if _DEVIATION.fullmatch(between) or _SPREAD.fullmatch(between):
        return True
    # "83.7 (0.2)", written as finely and much smaller
    return (
        between == " ("
        and text[after.end : after.end + 1] == ")"
        and not after.sign
        and not after.unit
        and here.grain == after.grain < 1
        and after.value * 5 < here.value
    )


_SHARING = re.compile(
    r"(?:\b(?:by|of|to|from|than|with|over|about|around|and|nearly|approximately|achiev\w+|reach\w+|gains?|attain\w+|obtain\w+"
    r"|improv\w+|average)|,|/)\s?[~(]?$"
)


def _share_units(text: str, numbers: list[Quantity]) -> list[Quantity]:
    """Give a bare number the unit that a list shares: ``by 2.1 and 3.2 points``."""
    result = list(numbers)
    for n in range(len(result) - 2, -1, -1):
        here, following = result[n], result[n + 1]
        between = text[here.end : following.start]
        if (
            not here.unit
            and following.unit in {"%", "points", "x"}
            and here.sort is Sort.FIGURE
            and (here.grain == following.grain or here.grain >= 1)
            and re.fullmatch(r"\s?(?:,|/|,?\s?and|,?\s?or|&|와|과|,\s?그리고)\s?", between)
            and _SHARING.search(text, max(0, here.start - 20), here.start)
        ):
            result[n] = replace(here, unit=following.unit)
    return result


def _share_bounds(text: str, numbers: list[Quantity]) -> list[Quantity]:
    """Let a bound hold for all members of a list: ``over 50 objects and 100 prompts``."""
    result = list(numbers)
    for n, here in enumerate(numbers[1:], 1):
        before = result[n - 1]
        if (
            before.bound in {"at least", "at most"}
            and not here.bound
            and (before.unit, before.sort) == (here.unit, here.sort)
        ):
            between = text[before.end : here.start]
            if re.fullmatch(
                r"\s?(?:(?:on|in|for|of)\s)?(?:[\w-]+ ){0,3}?[\w-]*(?:,|,?\s?\band|,?\s?\bor|/)\s?", between
            ):
                result[n] = replace(here, bound=before.bound)
    return result


def _join_fractions(text: str, numbers: list[Quantity]) -> Iterator[Quantity]:
    """Make one quantity of a fraction such as ``1/4`` or ``4분의 1``.

    Of ``8.69/10`` only the score is a figure, and ``41.3/52.6 mIoU`` are two of one unit.
    """
    is_taken = False
    for here, after in zip_longest(numbers, numbers[1:]):
        if is_taken:
            is_taken = False
            continue
        between = text[here.end : after.start] if after is not None else ""
        is_pair = after is not None and not here.unit and here.sort is Sort.FIGURE
        if is_pair and after is not None and between == ":" and _is_proportion(text, here, after):
            is_taken = True
            part, whole = sorted((here.value, after.value))
            yield replace(_fraction(here, after, part, whole), sort=Sort.SETTING)
            continue
        if is_pair and between == "/" and here.grain < 1 and after.grain < 1:
            yield replace(here, unit=after.unit)
        elif is_pair and between == "/" and _COUNTED.match(text, after.end) and 1 < here.value <= after.value:
            yield replace(here, whole=after.value)  # "22/24 checkpoints"
        elif is_pair and between == "/":
            is_taken = True
            is_mark = after.value in {5, 10, 100} and not re.match(
                r"\s(?:of|as|the)\b", text[after.end : after.end + 5]
            )
            is_fraction = not is_mark and 0 < here.value < after.value
            ordinal = re.match(r"(?:th|rd|nd)s?\b", text[after.end : after.end + 4])  # "1/24th"
            last = replace(after, end=after.end + ordinal.end()) if ordinal else after
            yield _fraction(here, last, here.value, after.value) if is_fraction else here
        elif is_pair and re.fullmatch(r"분의\s?", between) and 0 < after.value < here.value:
            is_taken = True
            digits = _DIGITS.match(text, after.start)
            last = replace(after, end=digits.end()) if digits else after  # "25분의 1 시간" is no hour
            yield _fraction(here, last, after.value, here.value)
        else:
            yield here


def _is_proportion(text: str, here: Quantity, after: Quantity) -> bool:
    """Whether two numbers are a proportion such as ``1:16``, and no time of day."""
    around = text[max(0, here.start - 60) : here.start] + " # " + text[after.end : after.end + 30]
    is_plain = not after.unit and text[after.end : after.end + 1] != ":" and not re.search(r"\d:$", text[: here.start])
    return (
        is_plain
        and 1 in {here.value, after.value}
        and here.value != after.value
        and _PROPORTION.search(around) is not None
    )


_PROPORTION = re.compile(r"\b(?:ratios?|compress\w*|rates?)\b|비율|압축|비[는가율]?\s", re.IGNORECASE)
_DIGITS = re.compile(r"[\d.,]*\d")
_COUNTED = re.compile(r"\s(?!of\b|as\b|the\b|its\b|their\b)(?:[a-z-]+\s){0,2}?[a-z-]{3,}s\b")


def _fraction(first: Quantity, last: Quantity, part: Decimal, whole: Decimal) -> Quantity:
    share = (part / whole).quantize(Decimal("0.0001")).normalize()
    bound = first.bound or last.bound
    return replace(first, end=last.end, low=share, high=share, unit="x", grain=fraction_grain(share), bound=bound)


def fraction_grain(share: Decimal) -> Decimal:
    """How finely a fraction is meant: a third is 33 %, and 1/24 no 1/25."""
    return min(Decimal("0.01"), share * share)


_OUT_OF = re.compile(r"\s(?:(?:out )?of)\s(?:the\s|all\s|our\s)?")
_KOREAN_OF = re.compile(r"[가-힣]{0,3}\s?(?:[\w-]{1,12}\s){0,2}(?:중|가운데)(?:에서)?\s(?:[\w-]{1,12}\s)?")


def mark_shares(text: str, numbers: list[Quantity]) -> list[Quantity]:
    """Note the whole beside a part that is counted out of it: ``30 of 45``, ``7 out of 9``, ``45개 중 30개``."""
    result = list(numbers)
    for n, (first, second) in enumerate(pairwise(numbers)):
        between = text[first.end : second.start]
        if _OUT_OF.fullmatch(between) and _is_part(first, second):
            result[n] = replace(result[n], whole=second.value)
        elif _KOREAN_OF.fullmatch(between) and _is_part(second, first):
            result[n + 1] = replace(result[n + 1], whole=first.value)
    return result


def _is_part(part: Quantity, whole: Quantity) -> bool:
    return (
        not part.unit
        and not whole.unit
        and {part.sort, whole.sort} == {Sort.FIGURE}
        and 0 < part.value <= whole.value
        and part.value == part.value.to_integral_value()
        and not part.is_range
        and not whole.is_range
    )


def _join_times(text: str, numbers: list[Quantity]) -> Iterator[Quantity]:
    """Make one length of time of its parts: ``1 h 30 min``, ``2분 30초``."""
    is_taken = False
    for here, after in zip_longest(numbers, numbers[1:]):
        if is_taken:
            is_taken = False
            continue
        smaller, size = _SMALLER_UNIT.get(here.unit, ("", 1))
        if (
            after is not None
            and smaller == after.unit != ""
            and after.value < size
            and not (here.is_range or after.is_range or after.bound or after.sign)
            and _GAPS_OF_TIME.fullmatch(text[here.end : after.start])
        ):
            is_taken = True
            value = here.value * size + after.value
            yield replace(after, start=here.start, low=value, high=value, bound=here.bound)
        else:
            yield here


def _join_ranges(text: str, numbers: list[Quantity]) -> Iterator[Quantity]:
    """Make one quantity of the two ends of a range; the two ends of a change stay two."""
    at = 0
    while at < len(numbers):
        here = numbers[at]
        if at + 1 < len(numbers) and (span := _range(text, here, numbers[at + 1])):
            here = span
            at += 1
        at += 1
        yield here


_SCALE_END = re.compile(r"[KMBT]$|(?<=\d)(?:천억|백억|십억|천만|백만|십만|천|만|억|조)$")


def _range(text: str, low: Quantity, high: Quantity) -> Quantity | None:
    """The range that two quantities in succession make, if they make one."""
    between = text[low.end : high.start + (high.sign == "-")]
    top = abs(high.high)
    if low.unit not in {"", high.unit} or Sort.SETTING in {low.sort, high.sort} or low.sign == "-" or low.high >= top:
        return None
    hyphen = re.fullmatch(r"\s?[-–—~∼]\s?", between)
    if not (len(between) == 1 or low.unit) if hyphen else not _is_span(text, between, low, high):
        return None
    bottom = low.low
    scale = _SCALE_END.search(text[high.start : high.end])
    if not low.unit and low.sort is Sort.FIGURE and scale:
        bottom *= Decimal(10) ** SCALES[scale[0].lower()]  # "10-20K", "10~12조"
        bottom = bottom if bottom < top else low.low
    return replace(high, start=low.start, low=bottom, high=top, bound=low.bound or high.bound, sign=low.sign)


def _is_span(text: str, between: str, low: Quantity, high: Quantity) -> bool:
    """Whether two numbers with a word between them are the ends of one range, not those of a change."""
    before = text[max(0, low.start - 30) : low.start]
    match between.strip():
        case "and":
            return re.search(r"\b[Bb]etween (?:about |roughly |approximately )?[+$(~]?$", before) is not None
        case "to":
            change = re.search(r"\b[Ff]rom (?:an? |the )?(?:[\w-]+ ){0,3}[~$]?$", before)
            return bool(high.unit) and low.sort is Sort.FIGURE and change is None
        case "에서":
            return high.unit == "x"
    return False
