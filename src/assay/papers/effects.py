"""Computes effects, the claimed and the measured one: how far a method is from its baseline, on the claim's scale.

By the kind of the claim, with b the baseline and c the candidate:

``times``       c to b as a ratio, turned so that above 1 is better
``relative``    the change from b to c in per cent of b, in the better direction
``points``      the difference between c and b in the same unit, in the better direction
``absolute``, ``count``
                c to b as a ratio, or their difference where a ratio has no meaning; the claim's b is its
                ``baseline_value``. A claim without one is a bare value, which says something of its own setting only
``trend``       the slope of the metric along what grows, turned so that above 0 is the claimed way
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from math import inf
from typing import Literal

from assay.papers.comparison import Comparison, difference, ratio
from assay.papers.models import Claim, rounding_interval

Scale = Literal["ratio", "percent", "points", "difference", "trend", "value"]

_UNITS_OF_POINTS = ("points", "%")


@dataclass(frozen=True)
class Effect:
    """A distance from the baseline: more is better, or worse where the claim is that something gets worse."""

    scale: Scale
    value: float
    low: float
    """Of a claim, the least ambitious end of its figure; of a measurement, the low end of its interval."""
    high: float

    @property
    def neutral(self) -> float | None:
        """The effect of a method that does nothing; ``None`` for a bare value, which is no distance."""
        return None if self.scale == "value" else 1.0 if self.scale == "ratio" else 0.0


def worsens(claim: Claim) -> bool:
    """Whether the claim is that something gets worse: accuracy that falls on a harder benchmark, say."""
    return bool(claim.direction) and claim.kind != "trend" and (claim.direction == "up") != (claim.better == "higher")


def claimed_effect(claim: Claim) -> Effect:
    """The effect that a paper claims: as it is stated, and the least that it may have been before it was rounded."""
    if claim.kind == "trend":
        return Effect("trend", 0.0, 0.0, 0.0)
    effect = _effect_of_ends(claim, (claim.ends[0], claim.ends[-1]))
    return replace(effect, low=_effect_of_ends(claim, _ends_before_rounding(claim)).low)


def _effect_of_ends(claim: Claim, figures: tuple[float, float]) -> Effect:
    """The effect of a claim whose figure has these two ends."""
    if claim.kind in {"absolute", "count"}:
        return _effect_of_values(claim, figures)
    ends = sorted(abs(end) for end in figures)
    if claim.kind == "times":
        ends = sorted(_quotient(1.0, end) for end in ends) if is_ratio_of_figures(claim) else ends
        return Effect("ratio", ends[0], ends[0], ends[-1])
    return Effect("percent" if claim.kind == "relative" else "points", ends[0], ends[0], ends[-1])


def is_ratio_of_figures(claim: Claim) -> bool:
    """Whether a ratio below 1 says what is claimed: "0.34x the sampling time" is about 2.9 times better."""
    return claim.kind == "times" and min(claim.ends) < 1 and (claim.better == "lower") != worsens(claim)


def measured_effect(claim: Claim, comparison: Comparison) -> Effect | None:
    """The effect that was measured, on the scale of the claimed one; ``None`` where a ratio has no meaning.

    Raises:
        ValueError: Claim and measurement cannot be compared: the claim is of an effect and no baseline was measured, it
            is of a trend and no slope was, or it is stated in a unit and the figures are in another.
    """
    scale = claimed_effect(claim).scale
    if scale == "trend":
        if not comparison.is_slope:
            raise ValueError(f"claim {claim.key} is a trend: measure its slope")
        sign = 1 if claim.direction == "up" else -1
        return _effect_within("trend", sign * comparison.candidate, _turn_interval(comparison.interval, sign))
    if scale in {"value", "difference"} and claim.kind != "count" and claim.unit != comparison.unit:
        raise ValueError(f"claim {claim.key} is in {claim.unit!r}: measure in it, not in {comparison.unit!r}")
    if scale == "value":
        sign = 1 if is_better_higher(claim) else -1
        return _effect_within("value", sign * comparison.candidate, _turn_interval(comparison.interval, sign))
    if comparison.baseline is None:
        raise ValueError(f"claim {claim.key} is an effect: measure it against a baseline")
    if scale == "points" and comparison.unit not in _UNITS_OF_POINTS:
        units = " or ".join(map(repr, _UNITS_OF_POINTS))
        raise ValueError(f"claim {claim.key} is in points: measure in {units}, not {comparison.unit!r}")
    effect = _effect_of_arms(claim, comparison, scale)
    return _reverse(effect) if effect is not None and worsens(claim) else effect


def is_better_higher(claim: Claim) -> bool:
    """Whether more of what is claimed is a higher figure of the claim's metric."""
    return (claim.better == "higher") != worsens(claim)


def factor(effect: Effect, claim: Claim, comparison: Comparison | None = None) -> float | None:
    """An effect as a ratio, to be drawn beside effects of other kinds; ``None`` where it cannot be expressed as one.

    For points it is the ratio of the two ends: the claim's, or the measured ones where ``comparison`` is there.
    """
    if effect.scale == "ratio":
        return effect.value
    if effect.scale == "percent":
        share = effect.value / 100
        return 1 + share if is_better_higher(claim) else 1 / (1 - share) if share < 1 else None
    if effect.scale != "points":
        return None
    if comparison is not None:
        times = comparison.ratio
        return 1 / times if times and worsens(claim) else times
    if claim.between is None:
        return None
    times = ratio(claim.between[0], claim.between[1], claim.better)
    return 1 / times if times and worsens(claim) else times


def _effect_of_arms(claim: Claim, comparison: Comparison, scale: Scale) -> Effect | None:
    """The effect of a comparison in the better direction, by its candidate and its baseline."""
    times, gap, base = comparison.ratio, comparison.difference, comparison.baseline
    if gap is None or base is None:
        return None
    if scale == "ratio":
        if comparison.candidate == 0 < base.value:
            # Down to nothing: the most that can be lost of what should be high, or saved of what should be low.
            times = 0.0 if comparison.better == "higher" else inf
        return None if times is None else _effect_within("ratio", times, _ratio_interval(comparison))
    if scale == "percent":
        if times is not None:
            # More speed or less time: what a ratio comes to in per cent depends on which of the two is claimed.
            low, high = _ratio_interval(comparison) or (times, times)
            return Effect("percent", *(_percent(claim, each) for each in (times, low, high)))
        if not base.value:
            return None
        return _effect_within("percent", gap, comparison.difference_interval, by=100 / abs(base.value))
    around = comparison.difference_interval
    if around is None and comparison.ratio_interval is not None:
        # Older measurements have only the ratio's interval; the baseline counts as exact.
        low, high = (base.value * (end - 1 if comparison.better == "higher" else 1 - 1 / end)
                     for end in comparison.ratio_interval)  # fmt: skip
        around = low, high
    return _effect_within(scale, gap, around)


def _ratio_interval(comparison: Comparison) -> tuple[float, float] | None:
    """The ratio's interval; where a round has no ratio, the difference's, with the baseline's figure as exact."""
    if comparison.ratio_interval is not None or comparison.difference_interval is None or comparison.baseline is None:
        return comparison.ratio_interval
    base = comparison.baseline.value
    low, high = comparison.difference_interval
    if comparison.better == "higher":
        return (base + low) / base, (base + high) / base
    return _quotient(base, base - low), _quotient(base, base - high)


def _quotient(base: float, figure: float) -> float:
    return base / figure if figure > 0 else inf


def _percent(claim: Claim, times: float) -> float:
    if claim.better == "higher":
        return 100 * (times - 1)
    return 100 * (1 - 1 / times) if times > 0 else -inf


def _effect_of_values(claim: Claim, figures: tuple[float, float]) -> Effect:
    """The effect of an absolute figure: its distance from the baseline's, or the bare value where there is none."""
    base = claim.baseline_value
    if base is None:
        sign = 1 if is_better_higher(claim) else -1
        low, high = sorted(sign * each for each in figures)
        return Effect("value", low, low, high)
    gaps = sorted(difference(base, each, claim.better) for each in figures)
    ratios = sorted(each for end in figures if (each := ratio(base, end, claim.better)) is not None)
    if len(ratios) == len(figures):
        effect = Effect("ratio", ratios[0], ratios[0], ratios[-1])
    elif base > 0 and 0 in claim.ends:
        # Down to nothing is a change of 100 % from any baseline.
        effect = Effect("percent", 100 * gaps[0] / base, 100 * gaps[0] / base, 100 * gaps[-1] / base)
    else:
        effect = Effect("difference", gaps[0], gaps[0], gaps[-1])
    return _reverse(effect) if worsens(claim) else effect


def _ends_before_rounding(claim: Claim) -> tuple[float, float]:
    """The ends of the claimed figure, the less ambitious one as low as it may have been before it was rounded.

    "About 40" may have been 35; any other figure is taken to its last digit, and to three digits at least.
    """
    is_figure = claim.kind in {"absolute", "count"}
    low, high = sorted(end if is_figure else abs(end) for end in (claim.ends[0], claim.ends[-1]))
    round_off = rounding_interval if claim.bound == "about" else _printing_interval
    if is_ratio_of_figures(claim) or (is_figure and not is_better_higher(claim)):
        return low, round_off(high)[1]
    return round_off(low)[0] if is_figure else max(round_off(low)[0], 0.0), high


def _printing_interval(value: float) -> tuple[float, float]:
    """The least and the greatest number that is printed as ``value``, to its own digits or to three."""
    figure = Decimal(repr(value)).normalize()
    exponent = figure.as_tuple().exponent
    half = 0.5 * 10.0 ** min(exponent, figure.adjusted() - 2) if isinstance(exponent, int) else 0.0
    return value - half, value + half


def _reverse(effect: Effect) -> Effect:
    """The same effect in the other direction, for a claim that something gets worse."""

    def turn(value: float) -> float:
        return _quotient(1.0, value) if effect.scale == "ratio" else -value

    low, high = sorted((turn(effect.low), turn(effect.high)))
    return replace(effect, value=turn(effect.value), low=low, high=high)


def _effect_within(scale: Scale, value: float, around: tuple[float, float] | None, *, by: float = 1.0) -> Effect:
    low, high = around or (value, value)
    return Effect(scale, by * value, by * low, by * high)


def _turn_interval(around: tuple[float, float] | None, sign: int) -> tuple[float, float] | None:
    return around and (min(sign * end for end in around), max(sign * end for end in around))
