"""Intervals: how far a figure that was measured several times, and its effect against a baseline, may be off."""

from collections.abc import Sequence
from math import comb, nan, sqrt
from statistics import NormalDist, median

from assay.papers.comparison import Better, Interval, difference, ratio

_CONFIDENCE = 0.9


def confidence_interval(values: Sequence[float]) -> Interval:
    """Where the median of what `values` are drawn from lies, with at least 90 % confidence.

    From order statistics: the k-th smallest and k-th largest enclose the median unless fewer than k of the n values
    fall on one side of it, whatever their distribution. Under five values that is less sure, and the ends are given.
    """
    ordered = sorted(values)
    n, k = len(ordered), 1
    while 2 * (k + 1) <= n and _coverage(n, k + 1) >= _CONFIDENCE:
        k += 1
    return ordered[k - 1], ordered[n - k]


def ratio_interval(baseline: Sequence[float], candidate: Sequence[float], better: Better) -> Interval | None:
    """The interval of the ratio over paired values; ``None`` where one of them has no ratio.

    Pairs are what was measured in the same round, so that a machine that slows down for a while slows both.
    """
    middle = ratio(median(baseline), median(candidate), better)
    pairs = [ratio(b, c, better) for b, c in zip(baseline, candidate, strict=True)]
    ratios = [each for each in pairs if each is not None]
    return _around(middle, ratios) if middle is not None and len(ratios) == len(pairs) else None


def difference_interval(baseline: Sequence[float], candidate: Sequence[float], better: Better) -> Interval:
    """The interval of the difference in the better direction, over paired values."""
    gaps = [difference(b, c, better) for b, c in zip(baseline, candidate, strict=True)]
    return _around(difference(median(baseline), median(candidate), better), gaps)


def share_interval(share: float, count: int) -> Interval:
    """Where the share lies, with 90 % confidence, of which so many things, right or wrong, showed `share`; by Wilson.

    Args:
        share: From 0 to 1.
        count: How many things were looked at.
    """
    z = NormalDist().inv_cdf((1 + _CONFIDENCE) / 2)
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return middle - reach, middle + reach


def slope_interval(points: Sequence[tuple[float, float]]) -> tuple[float, Interval]:
    """The slope through points (x, y) by Theil and Sen, the median over pairs of them, and its 90 % interval.

    Figures that are all alike have the slope 0, as far as they tell; points that are all at one place have none.
    """
    if len({x for x, _ in points}) < 2:
        return nan, (nan, nan)
    if len({y for _, y in points}) < 2:
        return 0.0, (0.0, 0.0)
    from scipy.stats import theilslopes  # type: ignore[import-untyped] # noqa: PLC0415 - slow to load

    slope, _, low, high = theilslopes([y for _, y in points], [x for x, _ in points], alpha=_CONFIDENCE)
    return float(slope), (float(low), float(high))


def _around(middle: float, values: Sequence[float]) -> Interval:
    """The interval of the values, and the effect of the medians within it."""
    low, high = confidence_interval(values)
    return min(low, middle), max(high, middle)


def _coverage(n: int, k: int) -> float:
    return 1.0 - 2.0 * sum(comb(n, i) for i in range(k)) / 2.0**n
