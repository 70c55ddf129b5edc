"""The verdict on a claim, by rule from the claim and what was measured.

1. A bounded score outside its bounds: the claim *does not hold*, however fast or small the method was.
2. The measurement reaches the low end of the claim: it *holds*.
3. It is better than the baseline by more than the spread: its *direction holds*.
4. Anything else *does not hold*; nothing is rounded up.

What "reaches" means depends on the kind of the claim. With b the baseline and c the candidate, and everything turned so
that more is better: ``times`` compares the ratio of c to b; ``relative`` the change from b to c in per cent of b;
``points`` the difference between c and b; ``absolute`` and ``count`` compare c itself with the figure in the paper. So
do points where there is no baseline.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, isfinite
from statistics import median

from assay.papers.measurement import Better, Score, Verdict
from assay.papers.models import Claim

_CONFIDENCE = 0.9
_UNITS_OF_POINTS = ("points", "%")


@dataclass(frozen=True)
class Measured:
    """The claim's own measurement. Values are in one unit; `spread` is as in `Measurement.spread`."""

    unit: str
    better: Better
    candidate: float
    baseline: float | None = None
    ratio: float | None = None
    spread: tuple[float, float] | None = None


def judge(claim: Claim, measured: Measured, scores: Sequence[Score] = ()) -> Verdict:
    """The verdict by the rule above.

    Raises:
        ValueError: Claim and measurement cannot be compared: the claim speaks of a baseline and none was measured, or
            of points, and the values are in another unit.
    """
    reached = _gain(claim, measured) >= _low_end(claim, measured)
    if not all(score.met for score in scores):
        return Verdict.DOES_NOT_HOLD
    if reached:
        return Verdict.HOLDS
    return Verdict.DIRECTION_HOLDS if _clearly_better(measured) else Verdict.DOES_NOT_HOLD


def ratio(baseline: float, candidate: float, better: Better) -> float | None:
    """How many times better the candidate is; ``None`` where a ratio has no meaning."""
    if not (baseline > 0 and candidate > 0):
        return None
    return candidate / baseline if better == "higher" else baseline / candidate


def difference(baseline: float, candidate: float, better: Better) -> float:
    """By how much the candidate is better, in the unit of both; negative where it is worse."""
    return candidate - baseline if better == "higher" else baseline - candidate


def confidence_interval(values: Sequence[float]) -> tuple[float, float]:
    """Where the median of what `values` are drawn from lies, with at least 90 % confidence.

    From order statistics: the k-th smallest and k-th largest enclose the median unless fewer than k of the n values
    fall on one side of it, whatever their distribution. Under five values that is less sure, and the ends are given.
    """
    ordered = sorted(values)
    n, k = len(ordered), 1
    while 2 * (k + 1) <= n and _coverage(n, k + 1) >= _CONFIDENCE:
        k += 1
    return ordered[k - 1], ordered[n - k]


def spread(baseline: Sequence[float], candidate: Sequence[float], better: Better) -> tuple[float, float]:
    """The confidence interval of the ratio, or of the difference where a ratio has no meaning, over paired values.

    Pairs are what was measured in the same round, so that a machine that slows down for a while slows both.
    """
    pairs = list(zip(baseline, candidate, strict=True))
    middle = ratio(median(baseline), median(candidate), better)
    ratios = [r for b, c in pairs if (r := ratio(b, c, better)) is not None]
    if middle is None or len(ratios) < len(pairs):
        middle = difference(median(baseline), median(candidate), better)
        ratios = [difference(b, c, better) for b, c in pairs]
    low, high = confidence_interval(ratios)
    return min(low, middle), max(high, middle)


def _coverage(n: int, k: int) -> float:
    return 1.0 - 2.0 * sum(comb(n, i) for i in range(k)) / 2.0**n


def _gain(claim: Claim, measured: Measured) -> float:
    """What was measured in the terms of the claim, turned so that more is better. NaN reaches nothing."""
    b, c = measured.baseline, measured.candidate
    if claim.kind in ("absolute", "count") or (claim.kind == "points" and b is None):
        return c if claim.better == "higher" else -c
    if b is None:
        raise ValueError(f"claim {claim.key} is of kind {claim.kind!r}: measure it against a baseline")
    if claim.kind == "times":
        return measured.ratio if measured.ratio is not None else float("nan")
    gain = difference(b, c, measured.better)
    if claim.kind == "relative":
        return 100.0 * gain / abs(b) if b else float("nan")
    if measured.unit not in _UNITS_OF_POINTS:
        units = " or ".join(map(repr, _UNITS_OF_POINTS))
        raise ValueError(f"claim {claim.key} is in points: measure in {units}, not {measured.unit!r}")
    return gain


def _low_end(claim: Claim, measured: Measured) -> float:
    """The least ambitious end of the claimed figure, in the same terms."""
    if claim.kind in ("absolute", "count") or (claim.kind == "points" and measured.baseline is None):
        return min(claim.ends) if claim.better == "higher" else -max(claim.ends)
    low = min(abs(end) for end in claim.ends)
    if claim.kind == "times" and claim.better == "lower" and low < 1:
        # "0.34x the sampling time" is a ratio of the values themselves: about 2.9 times better.
        return 1.0 / max(claim.ends)
    return low


def _clearly_better(measured: Measured) -> bool:
    if measured.baseline is None or not isfinite(measured.candidate):
        return False
    if measured.ratio is not None:
        return measured.ratio > 1 and (measured.spread is None or measured.spread[0] > 1)
    gain = difference(measured.baseline, measured.candidate, measured.better)
    return gain > 0 and (measured.spread is None or measured.spread[0] > 0)
