"""Effects and the verdict's rule: each kind of claim by example, then properties over all of them."""

from math import inf, nan

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay.papers.comparison import Arm, Better, Comparison, difference, ratio
from assay.papers.effects import claimed_effect, factor, measured_effect, worsens
from assay.papers.models import Claim, ClaimKind
from assay.papers.verdict import Judgement, Verdict, judge

SEEN, DIRECTION, NOT = Verdict.SEEN, Verdict.DIRECTION_SEEN, Verdict.NOT_SEEN
UNDECIDED = Verdict.UNDECIDED
UNITS = {"times": "x", "relative": "%", "points": "points", "absolute": "%", "count": "", "trend": ""}


def claim(
    kind: ClaimKind, value: float | tuple[float, float] | None, better: Better = "higher", **more: object
) -> Claim:
    fields = {
        "key": "it",
        "value": value,
        "unit": UNITS[kind],
        "kind": kind,
        "metric": "accuracy",
        "source": "abstract",
    }
    return Claim.model_validate(fields | {"better": better} | more)


def compare(
    candidate: float, baseline: float | None = None, better: Better = "higher", unit: str = "%", **more: object
) -> Comparison:
    arm = None if baseline is None else Arm(name="b", value=baseline)
    times = None if baseline is None else ratio(baseline, candidate, better)
    fields = {"metric": "m", "unit": unit, "better": better, "candidate": candidate, "baseline": arm, "ratio": times}
    return Comparison.model_validate(fields | more)


def elsewhere(about: Claim, comparison: Comparison, *beside: Comparison) -> Judgement:
    return judge(about, comparison, beside, in_claims_setting=False)


@pytest.mark.parametrize(
    ("claimed", "comparison", "verdict"),
    [
        (claim("times", (2.5, 5.0)), compare(0.4, 1.0, "lower", "s"), SEEN),
        (claim("times", (2.5, 5.0)), compare(0.41, 1.0, "lower", "s"), DIRECTION),
        (claim("times", (2.5, 5.0)), compare(1.0, 1.0, "lower", "s"), NOT),
        # 0.34x of the sampling time is 2.94 times as fast; 750x lower cost is a ratio of 750.
        (claim("times", 0.34, "lower"), compare(0.33, 1.0, "lower", "s"), SEEN),
        (claim("times", 0.34, "lower"), compare(0.4, 1.0, "lower", "s"), DIRECTION),
        (claim("times", 750.0, "lower"), compare(1.0, 751.0, "lower", "FLOP"), SEEN),
        (claim("relative", 30.0), compare(65.0, 50.0), SEEN),
        (claim("relative", 30.0), compare(64.0, 50.0), DIRECTION),
        (claim("relative", 30.0, "lower"), compare(70.0, 100.0, "lower"), SEEN),
        (claim("relative", 30.0, "lower", direction="down"), compare(71.0, 100.0, "lower"), DIRECTION),
        # 61 % more speed, and 61 % less time: half the time is 100 % more speed.
        (claim("relative", 61.0), compare(0.5, 1.0, "lower", "s"), SEEN),
        (claim("relative", 61.0, "lower"), compare(0.5, 1.0, "lower", "s"), DIRECTION),
        (claim("points", 3.6), compare(53.6, 50.0), SEEN),
        (claim("points", 3.6), compare(53.5, 50.0), DIRECTION),
        (claim("points", 3.6), compare(49.0, 50.0), NOT),
        # Perplexity 25.76 against 26.73 is a ratio of 0.964: 10 against 11 is below it, 10.8 against 11 is not.
        (claim("absolute", 25.76, "lower", baseline_value=26.73), compare(10.0, 11.0, "lower"), SEEN),
        (claim("absolute", 25.76, "lower", baseline_value=26.73), compare(10.8, 11.0, "lower"), DIRECTION),
        (claim("absolute", 25.76, "lower", baseline_value=26.73), compare(11.1, 11.0, "lower"), NOT),
        (claim("count", 200.0, baseline_value=100.0), compare(20.0, 10.0), SEEN),
        # What is claimed to lose no more than 2 % has no direction: short of it, it is not seen.
        (claim("absolute", 98.0, baseline_value=100.0), compare(49.0, 50.0), SEEN),
        (claim("absolute", 98.0, baseline_value=100.0), compare(48.0, 50.0), NOT),
        # No ratio of figures that are not positive, but their difference.
        (claim("absolute", 0.5, baseline_value=-0.5), compare(2.0, 1.0), SEEN),
        (claim("absolute", 0.5, baseline_value=-0.5), compare(1.5, 1.0), DIRECTION),
        (claim("absolute", 2.0, baseline_value=1.0), compare(-1.0, -2.0), UNDECIDED),
        (claim("times", 2.0), compare(3.0, 0.0), UNDECIDED),
        (claim("relative", 5.0), compare(3.0, 0.0), UNDECIDED),
        (claim("relative", 50.0), compare(-1.0, -2.0), SEEN),  # log-likelihoods: half of the way up to zero
        (claim("absolute", 98.0), compare(99.0, 50.0), Verdict.NOT_JUDGED),
        (claim("times", 2.0), compare(nan, 1.0, "lower", "s"), NOT),
        (claim("relative", 10.0, "lower"), compare(inf, 10.0, "lower"), NOT),
        (claim("times", 0.5, "lower"), compare(inf, 10.0, "lower"), NOT),
        # A round without a ratio does not make the others' interval go away.
        (claim("times", 1.1), compare(60.0, 50.0, difference_interval=(-50.0, 10.0)), UNDECIDED),
        (claim("relative", 10.0), compare(60.0, 50.0, difference_interval=(-50.0, 10.0)), UNDECIDED),
        # To nothing at all is reached where nothing is left, whatever there was.
        (claim("absolute", 0.0, "lower", baseline_value=89.3), compare(0.0, 60.0, "lower"), SEEN),
        (claim("absolute", 0.0, "lower", baseline_value=89.3), compare(3.0, 60.0, "lower"), DIRECTION),
        # Nor is there more to lose, or to save, than all of it; nothing is gained by it.
        (claim("absolute", 20.0, direction="down", baseline_value=40.0), compare(0.0, 25.0), SEEN),
        (claim("times", 2.0, "lower"), compare(0.0, 25.0, "lower"), SEEN),
        (claim("times", 2.0), compare(0.0, 25.0), NOT),
        (
            claim("absolute", 20.0, direction="down", baseline_value=40.0),
            compare(0.0, 25.0, difference_interval=(-30.0, -5.0)),
            UNDECIDED,
        ),
        (claim("times", 2.0), compare(0.0, 0.0), UNDECIDED),
        # What falls to half of it does not rise to one and a half.
        (claim("times", 0.5, direction="down"), compare(60.0, 40.0), NOT),
        (claim("times", 0.5, direction="down"), compare(20.0, 40.0), SEEN),
        # A ratio of nothing, as prose may well have it, is read, and reached by nothing.
        (claim("times", 0.0, "lower"), compare(20.0, 40.0, "lower"), DIRECTION),
        (claim("points", 2.0), compare(nan, 1.0), NOT),
        (claim("points", 2.0), compare(inf, 1.0), SEEN),
        # Something that gets worse by so much: reached from the other side.
        (claim("points", 12.1, direction="down"), compare(50.0, 63.0), SEEN),
        (claim("points", 12.1, direction="down"), compare(55.0, 63.0), DIRECTION),
        (claim("points", 12.1, direction="down"), compare(64.0, 63.0), NOT),
        (claim("relative", 70.0, "lower", direction="up"), compare(1.8, 1.0, "lower"), SEEN),
        (claim("absolute", 20.0, direction="down", baseline_value=40.0), compare(10.0, 25.0), SEEN),
        (claim("times", 3.0, "higher", direction="down"), compare(4.0, 1.0, "lower", "s"), SEEN),
        # "About 40" is anything that is rounded to 40; "about 2.5" is not 2.4.
        (claim("relative", 40.0, bound="about"), compare(68.0, 50.0), SEEN),
        (claim("times", 2.5, bound="about"), compare(2.4, 1.0), DIRECTION),
        (claim("absolute", 40.0, "lower", bound="about", baseline_value=100.0), compare(44.0, 100.0, "lower"), SEEN),
        # 15.8088 is printed as 15.81; 2x is not 1.9.
        (claim("times", 15.81), compare(15.8088, 1.0), SEEN),
        (claim("times", 15.81), compare(15.79, 1.0), DIRECTION),
        (claim("times", 2.0), compare(1.9, 1.0), DIRECTION),
        (claim("absolute", 25.76, "lower", baseline_value=26.73), compare(25.764, 26.73, "lower"), SEEN),
        # A trend is the sign of a slope.
        (claim("trend", None, direction="up", along="budget"), compare(0.3, is_slope=True), SEEN),
        (claim("trend", None, direction="down", along="budget"), compare(0.3, is_slope=True), NOT),
        (
            claim("trend", None, direction="up", along="budget"),
            compare(0.3, interval=(-0.1, 0.5), is_slope=True),
            UNDECIDED,
        ),
    ],
)
def test_each_kind(claimed: Claim, comparison: Comparison, verdict: Verdict) -> None:
    assert elsewhere(claimed, comparison).verdict is verdict


def test_in_the_claims_own_setting_the_same_is_a_proof_or_a_refutation() -> None:
    about = claim("times", 2.0)
    for candidate, verdict in ((2.0, Verdict.HOLDS), (1.5, Verdict.DIRECTION_HOLDS), (0.9, Verdict.DOES_NOT_HOLD)):
        assert judge(about, compare(candidate, 1.0), in_claims_setting=True).verdict is verdict
    fallen = claim("absolute", 35.0, direction="down")
    assert judge(fallen, compare(60.0), in_claims_setting=True).verdict is Verdict.DOES_NOT_HOLD
    assert judge(fallen, compare(34.96), in_claims_setting=True).verdict is Verdict.HOLDS
    bare = claim("absolute", 41.4, "lower")
    assert judge(bare, compare(41.2, better="lower", unit="%"), in_claims_setting=True).verdict is Verdict.HOLDS
    assert judge(bare, compare(41.6, better="lower"), in_claims_setting=True).verdict is Verdict.DOES_NOT_HOLD


@pytest.mark.parametrize(
    ("around", "between"),
    [
        ((1.9, 2.3), (SEEN, DIRECTION)),
        ((0.9, 1.3), (DIRECTION, NOT)),
        ((0.9, 2.3), (SEEN, NOT)),
        ((2.0, 2.3), ()),
        ((1.01, 1.98), ()),
        ((0.7, 1.0), ()),
    ],
)
def test_an_interval_that_reaches_over_a_bound_leaves_it_undecided(
    around: tuple[float, float], between: tuple[Verdict, ...]
) -> None:
    judgement = elsewhere(claim("times", 2.0), compare(sum(around) / 2, 1.0, ratio_interval=around))
    assert judgement.between == between
    assert (judgement.verdict is UNDECIDED) == bool(between)


def test_a_failed_condition_outweighs_any_gain_and_an_open_one_leaves_it_undecided() -> None:
    about, fast = claim("times", 2.0), compare(0.1, 1.0, "lower", "s")
    error = compare(0.09, better="lower", unit="")

    def beside(**changes: object) -> Comparison:
        return Comparison.model_validate(dict(error) | {"metric": "error"} | changes)

    assert elsewhere(about, fast, beside()).verdict is SEEN
    assert elsewhere(about, fast, beside(at_most=0.1)).verdict is SEEN
    assert elsewhere(about, fast, beside(at_most=0.05)) == Judgement(NOT, reason="not met: error")
    assert elsewhere(about, fast, beside(at_most=0.1, candidate=nan)).verdict is NOT
    wide = beside(at_most=0.1, interval=(0.08, 0.11))
    judgement = elsewhere(about, fast, wide)
    assert (judgement.verdict, judgement.between, judgement.reason) == (
        UNDECIDED,
        (SEEN, NOT),
        "neither met nor missed: error",
    )
    assert elsewhere(about, compare(2.0, 1.0, "lower", "s"), wide).verdict is NOT


def test_a_measurement_that_is_not_sound_decides_nothing() -> None:
    about, fast = claim("times", 2.0), compare(0.1, 1.0, "lower", "s")
    bar = compare(0.8, unit="").model_copy(update={"metric": "a bar", "at_least": 1.0, "binds": "measurement"})
    assert elsewhere(about, fast, bar) == Judgement(UNDECIDED, reason="not a sound measurement: a bar")
    assert elsewhere(about, fast, bar.model_copy(update={"candidate": 1.1})).verdict is SEEN
    with pytest.raises(ValueError, match="needs a bound"):
        Comparison(metric="a bar", better="higher", candidate=1.0, binds="measurement")


@pytest.mark.parametrize("kind", ["times", "relative"])
def test_what_cannot_be_compared_is_refused(kind: ClaimKind) -> None:
    with pytest.raises(ValueError, match="against a baseline"):
        elsewhere(claim(kind, 2.0), compare(3.0))
    with pytest.raises(ValueError, match="'points' or '%', not ''"):
        elsewhere(claim("points", 3.0), compare(0.97, 0.91, unit=""))
    with pytest.raises(ValueError, match="is in '%': measure in it, not in ''"):
        judge(claim("absolute", 93.0), compare(0.95, unit=""), in_claims_setting=True)
    with pytest.raises(ValueError, match="is a trend: measure its slope"):
        elsewhere(claim("trend", None, direction="up", along="budget"), compare(0.4, 0.3))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "trend", "value": None}, "a trend has no value, but `direction` and what it goes `along`"),
        ({"kind": "trend", "direction": "up", "along": "budget"}, "a trend has no value"),
        ({"kind": "absolute", "unit": "", "value": None}, "needs a `value`"),
        ({"kind": "times", "unit": "x", "baseline_value": 1.0}, "both ends of a change go to `between`"),
    ],
)
def test_claims_that_make_no_sense_are_refused(fields: dict[str, object], message: str) -> None:
    whole = {"key": "it", "value": 2.0, "metric": "accuracy", "source": "abstract"}
    with pytest.raises(ValueError, match=message):
        Claim.model_validate(whole | fields)


def test_effects_of_all_kinds_are_drawn_as_ratios() -> None:
    def ratio_of(about: Claim, comparison: Comparison | None = None) -> float | None:
        effect = claimed_effect(about) if comparison is None else measured_effect(about, comparison)
        assert effect is not None
        return factor(effect, about, comparison)

    assert ratio_of(claim("times", (2.5, 5.0))) == 2.5
    assert ratio_of(claim("relative", 30.0)) == pytest.approx(1.3)
    assert ratio_of(claim("relative", 75.0, "lower")) == 4.0
    assert ratio_of(claim("relative", 70.0, "lower", direction="up")) == pytest.approx(1.7)
    assert ratio_of(claim("relative", 20.0, direction="down")) == 1.25
    assert ratio_of(claim("points", 10.0, between=(40.0, 50.0))) == 1.25
    assert ratio_of(claim("points", 10.0)) is None
    assert ratio_of(claim("points", 10.0), compare(50.0, 40.0)) == 1.25
    assert ratio_of(claim("points", 10.0, direction="down", between=(50.0, 40.0))) == 1.25
    assert ratio_of(claim("absolute", 20.0, "lower", baseline_value=30.0)) == 1.5
    assert ratio_of(claim("absolute", 20.0)) is None
    assert ratio_of(claim("trend", None, direction="up", along="budget")) is None


values = st.floats(1e-3, 1e3)
kinds: st.SearchStrategy[ClaimKind] = st.sampled_from(["times", "relative", "points", "absolute", "count"])
ways: st.SearchStrategy[Better] = st.sampled_from(["higher", "lower"])
RANK = [NOT, DIRECTION, SEEN]


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    """A claim of an effect, for the better or the worse."""
    kind, value, better = draw(kinds), draw(values), draw(ways)
    direction = draw(st.sampled_from(["", "up", "down"]))
    base = draw(values) if kind in {"absolute", "count"} else None
    return claim(kind, value, better, direction=direction, baseline_value=base)


@given(claims(), ways, values, values, values)
def test_more_of_what_is_claimed_never_gets_a_worse_verdict(
    about: Claim, better: Better, baseline: float, one: float, two: float
) -> None:
    more_is_better = (better == "higher") != worsens(about)
    less, more = sorted((one, two), reverse=not more_is_better)
    verdicts = [RANK.index(elsewhere(about, compare(value, baseline, better)).verdict) for value in (less, more)]
    assert verdicts[0] <= verdicts[1]


@given(claims(), ways, values, values, st.sampled_from([0.25, 1024.0]))
def test_the_unit_does_not_matter_to_a_ratio(
    about: Claim, better: Better, baseline: float, candidate: float, scale: float
) -> None:
    if about.kind == "points":
        return
    assert elsewhere(about, compare(candidate, baseline, better)) == elsewhere(
        about, compare(candidate * scale, baseline * scale, better)
    )


@given(claims(), ways, values)
def test_as_good_as_the_baseline_is_never_a_direction(about: Claim, better: Better, value: float) -> None:
    assert elsewhere(about, compare(value, value, better)).verdict is not DIRECTION


@given(claims(), ways, values, values, st.tuples(values, values))
@example(claim("times", 441.109375), "lower", 129.0, 1.0, (1.0, 441.109375))
def test_a_verdict_is_decided_only_where_every_end_of_the_interval_agrees(
    about: Claim, better: Better, baseline: float, candidate: float, around: tuple[float, float]
) -> None:
    low, high = sorted(around)
    times = ratio(baseline, candidate, better)
    assert times is not None
    around = min(low, times), max(high, times)
    ends = [baseline * r if better == "higher" else baseline / r for r in around]
    gaps = sorted(difference(baseline, end, better) for end in ends)
    wide = compare(candidate, baseline, better, ratio_interval=around, difference_interval=(gaps[0], gaps[1]))
    judgement = elsewhere(about, wide)
    at_ends = [compare(end, baseline, better, ratio=r) for end, r in zip(ends, around, strict=True)]
    verdicts = {elsewhere(about, each).verdict for each in at_ends}
    if judgement.verdict is UNDECIDED:
        assert set(judgement.between) == verdicts or len(verdicts) == 1  # an end within a rounding error of the bound
    else:
        assert judgement.verdict in verdicts


@given(values, values, ways)
def test_better_is_a_ratio_above_one_and_a_difference_above_zero(
    baseline: float, candidate: float, way: Better
) -> None:
    times = ratio(baseline, candidate, way)
    assert times is not None
    assert (times >= 1) == (difference(baseline, candidate, way) >= 0)
