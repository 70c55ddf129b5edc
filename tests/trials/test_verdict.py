"""The verdict's rule: each kind of claim by example, then properties over all of them."""

from math import nan

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assay.papers.measurement import Better, Score, Verdict
from assay.papers.models import Claim, ClaimKind
from assay.trials.verdict import Measured, confidence_interval, difference, judge, ratio, spread

HOLDS, DIRECTION, NOT = Verdict.HOLDS, Verdict.DIRECTION_HOLDS, Verdict.DOES_NOT_HOLD
UNITS = {"times": "x", "relative": "%", "points": "points", "absolute": "%", "count": ""}


def claim(kind: ClaimKind, value: float | tuple[float, float], better: Better = "higher") -> Claim:
    return Claim(
        key="it", value=value, unit=UNITS[kind], kind=kind, metric="accuracy", better=better, source="abstract"
    )


def measured(candidate: float, baseline: float | None = None, better: Better = "higher", unit: str = "%") -> Measured:
    times = None if baseline is None else ratio(baseline, candidate, better)
    return Measured(unit, better, candidate, baseline, times)


@pytest.mark.parametrize(
    ("claimed", "found", "verdict"),
    [
        (claim("times", (2.5, 5.0)), measured(0.4, 1.0, "lower", "s"), HOLDS),
        (claim("times", (2.5, 5.0)), measured(0.41, 1.0, "lower", "s"), DIRECTION),
        (claim("times", (2.5, 5.0)), measured(1.0, 1.0, "lower", "s"), NOT),
        # 0.34x of the sampling time is 2.94 times as fast; 750x lower cost is a ratio of 750.
        (claim("times", 0.34, "lower"), measured(0.33, 1.0, "lower", "s"), HOLDS),
        (claim("times", 0.34, "lower"), measured(0.4, 1.0, "lower", "s"), DIRECTION),
        (claim("times", 750.0, "lower"), measured(1.0, 751.0, "lower", "FLOP"), HOLDS),
        (claim("relative", 30.0), measured(65.0, 50.0), HOLDS),
        (claim("relative", 30.0), measured(64.0, 50.0), DIRECTION),
        (claim("relative", 30.0, "lower"), measured(70.0, 100.0, "lower"), HOLDS),
        (claim("points", 3.6), measured(53.6, 50.0), HOLDS),
        (claim("points", 3.6), measured(53.5, 50.0), DIRECTION),
        (claim("points", 3.6), measured(49.0, 50.0), NOT),
        # A gap in points that is compared with no baseline stands for itself.
        (claim("points", (12.9, 15.6), "lower"), measured(15.0, better="lower", unit="points"), HOLDS),
        (claim("points", (12.9, 15.6), "lower"), measured(16.0, better="lower", unit="points"), NOT),
        (claim("absolute", 98.0), measured(98.1, 100.0), HOLDS),
        (claim("absolute", 98.0), measured(97.0, 96.0), DIRECTION),
        (claim("absolute", 98.0), measured(97.0, 99.0), NOT),
        (claim("absolute", 98.0), measured(97.0), NOT),
        (claim("count", 28, "lower"), measured(28, better="lower", unit="tokens"), HOLDS),
        (claim("absolute", 98.0), measured(nan), NOT),
        (claim("times", 2.0), measured(nan, 1.0, "lower", "s"), NOT),
        (claim("times", 2.0), measured(3.0, 0.0), DIRECTION),  # no ratio to nothing, but better
        (claim("relative", 5.0), measured(3.0, 0.0), DIRECTION),
        (claim("relative", 50.0), measured(-1.0, -2.0), HOLDS),  # log-likelihoods: half of the way up to zero
    ],
)
def test_each_kind(claimed: Claim, found: Measured, verdict: Verdict) -> None:
    assert judge(claimed, found) is verdict


def test_better_within_the_spread_is_not_a_direction() -> None:
    wide = Measured("s", "lower", 0.9, 1.0, 1.11, (0.95, 1.3))
    narrow = Measured("s", "lower", 0.9, 1.0, 1.11, (1.05, 1.15))
    assert judge(claim("times", 2.0), wide) is NOT
    assert judge(claim("times", 2.0), narrow) is DIRECTION


def test_a_failed_condition_outweighs_any_gain() -> None:
    fast = measured(0.1, 1.0, "lower", "s")
    shown = Score(name="error", better="lower", candidate=0.9)
    assert judge(claim("times", 2.0), fast, [shown]) is HOLDS
    assert judge(claim("times", 2.0), fast, [shown, shown.model_copy(update={"at_most": 0.1})]) is NOT
    assert judge(claim("times", 2.0), fast, [shown.model_copy(update={"candidate": nan, "at_most": 0.1})]) is NOT


@pytest.mark.parametrize("kind", ["times", "relative"])
def test_what_cannot_be_compared_is_refused(kind: ClaimKind) -> None:
    with pytest.raises(ValueError, match="against a baseline"):
        judge(claim(kind, 2.0), measured(3.0))
    with pytest.raises(ValueError, match="'points' or '%', not ''"):
        judge(claim("points", 3.0), measured(0.97, 0.91, unit=""))


values = st.floats(1e-3, 1e3)
kinds: st.SearchStrategy[ClaimKind] = st.sampled_from(["times", "relative", "points", "absolute", "count"])
ways: st.SearchStrategy[Better] = st.sampled_from(["higher", "lower"])
RANK = [NOT, DIRECTION, HOLDS]


@given(kinds, values, ways, values, values, values)
def test_a_better_candidate_never_gets_a_worse_verdict(
    kind: ClaimKind, claimed: float, better: Better, baseline: float, one: float, two: float
) -> None:
    worse, good = sorted((one, two), reverse=better == "lower")
    about = claim(kind, claimed, better)
    verdicts = [RANK.index(judge(about, measured(value, baseline, better))) for value in (worse, good)]
    assert verdicts[0] <= verdicts[1]


@given(st.sampled_from(["times", "relative"]), values, ways, values, values, st.sampled_from([0.25, 1024.0]))
def test_the_unit_does_not_matter_to_a_ratio(
    kind: ClaimKind, claimed: float, better: Better, baseline: float, candidate: float, scale: float
) -> None:
    about = claim(kind, claimed)
    assert judge(about, measured(candidate, baseline, better)) is judge(
        about, measured(candidate * scale, baseline * scale, better)
    )


@given(kinds, values, ways, values)
def test_as_good_as_the_baseline_is_never_a_direction(
    kind: ClaimKind, claimed: float, better: Better, value: float
) -> None:
    assert judge(claim(kind, claimed, better), measured(value, value, better)) is not DIRECTION


@given(values, values, ways)
def test_better_is_a_ratio_above_one_and_a_difference_above_zero(
    baseline: float, candidate: float, way: Better
) -> None:
    assume(baseline != candidate)
    times = ratio(baseline, candidate, way)
    assert times is not None
    assert (times > 1) == (difference(baseline, candidate, way) > 0)


def test_the_interval_is_that_of_the_sign_test() -> None:
    # For n = 9 the second values from the ends enclose the median with 1 - 2 * 10 / 512 = 96 %, the third with 82 %.
    assert confidence_interval(range(9)) == (1, 7)
    assert confidence_interval(range(3)) == (0, 2)
    assert confidence_interval([4.0]) == (4.0, 4.0)


@given(st.lists(st.tuples(values, values), min_size=1, max_size=12), ways)
def test_the_spread_lies_around_the_ratio_of_the_medians(pairs: list[tuple[float, float]], better: Better) -> None:
    from statistics import median

    base, mine = [b for b, _ in pairs], [c for _, c in pairs]
    middle = ratio(median(base), median(mine), better)
    low, high = spread(base, mine, better)
    assert middle is not None
    assert low <= middle <= high


def test_without_a_ratio_the_spread_is_of_differences() -> None:
    assert spread([-2.0, -2.0, -2.0], [-1.0, -1.5, 0.0], "higher") == (0.5, 2.0)
