"""Judges a claim: a verdict by rule from the claim, its measurement, and whether that was in the claim's own setting.

1. A measurement that is not sound (a condition on it is not kept) leaves the claim *undecided*.
2. A condition on the method that is not kept: the claim *does not hold*, however fast or small the method was.
3. The measured effect reaches the least ambitious end of the claimed one: the claim *holds*.
4. It is short of that, but an effect in the claimed direction: its *direction holds*.
5. Anything else *does not hold*.
6. Where an interval reaches over one of these bounds, the claim is *undecided* between two verdicts, which are named.

These words are for the claim's own setting. Elsewhere the same three are *seen*, *direction seen* and *not seen*:
what is small, or made up, neither proves nor refutes a paper. A claim that is a bare value, without a baseline's, is
judged in its own setting only. Effects are those of `assay.papers.effects`.
"""

from collections.abc import Sequence
from enum import StrEnum
from math import isnan
from typing import NamedTuple

from assay.papers.comparison import Comparison
from assay.papers.effects import Effect, claimed_effect, measured_effect
from assay.papers.models import Claim


class Verdict(StrEnum):
    """What a measurement says of a claim; always computed, never written by hand."""

    HOLDS = "holds"
    """In the claim's own setting, the claimed effect is reached and every condition is met."""
    DIRECTION_HOLDS = "direction holds"
    """There, an effect in the claimed direction, but not as much of it."""
    DOES_NOT_HOLD = "does not hold"
    SEEN = "seen"
    """In another setting, the claimed effect is reached and every condition is met."""
    DIRECTION_SEEN = "direction seen"
    NOT_SEEN = "not seen"
    UNDECIDED = "undecided"
    """An interval reaches over a bound, or the measurement is not sound."""
    NOT_JUDGED = "not judged"
    """The claim is a bare value, which says nothing of another setting."""
    NOT_TESTABLE = "not testable here"
    """Something that the claim needs is missing on this machine."""


class Judgement(NamedTuple):
    """A verdict, and what a reader asks of it."""

    verdict: Verdict
    between: tuple[Verdict, ...] = ()
    """Of an undecided one, the two that it lies between; empty where the measurement is not sound."""
    reason: str = ""
    """What made it undecided, not held or not judged, where the effects alone do not tell."""


_IN_ITS_SETTING = (Verdict.DOES_NOT_HOLD, Verdict.DIRECTION_HOLDS, Verdict.HOLDS)
_ELSEWHERE = (Verdict.NOT_SEEN, Verdict.DIRECTION_SEEN, Verdict.SEEN)
_FAILED, _DIRECTION, _REACHED = range(3)


def judge(
    claim: Claim, comparison: Comparison, beside: Sequence[Comparison] = (), *, in_claims_setting: bool
) -> Judgement:
    """The verdict by the rule above.

    Args:
        claim: What the paper claims.
        comparison: The claim's own measurement.
        beside: What else was measured: those with a bound are conditions.
        in_claims_setting: Whether it was measured in the setting that the claim speaks of.

    Raises:
        ValueError: Claim and measurement cannot be compared; see `assay.papers.effects.measured_effect`.
    """
    words = _IN_ITS_SETTING if in_claims_setting else _ELSEWHERE
    target, effect = claimed_effect(claim), measured_effect(claim, comparison)
    conditions = [each for each in (comparison, *beside) if each.bounded]
    if unsound := [each.metric for each in conditions if each.binds == "measurement" and not each.met]:
        return Judgement(Verdict.UNDECIDED, reason=f"not a sound measurement: {', '.join(unsound)}")
    if failures := [each.metric for each in conditions if each.met is False]:
        return Judgement(words[_FAILED], reason=f"not met: {', '.join(failures)}")
    if target.scale == "value" and not in_claims_setting:
        return Judgement(Verdict.NOT_JUDGED, reason="the claim has no baseline's figure, and this is not its setting")
    if isnan(comparison.candidate):
        return Judgement(words[_FAILED], reason="the method's figure is no number")
    if effect is None:
        return Judgement(Verdict.UNDECIDED, reason="a figure is not above 0, so that there is no ratio to compare")
    ranks = {_rank(target, end) for end in (effect.low, effect.value, effect.high)}
    unclear = [each.metric for each in conditions if each.met is None]
    reason = ""
    if unclear and ranks != {_FAILED}:
        ranks, reason = ranks | {_FAILED}, f"neither met nor missed: {', '.join(unclear)}"
    best, worst = words[max(ranks)], words[min(ranks)]
    return Judgement(best) if best is worst else Judgement(Verdict.UNDECIDED, (best, worst), reason)


def _rank(target: Effect, effect: float) -> int:
    """How far an effect gets: to nothing, to the claimed direction, or to the claimed effect. NaN gets nowhere."""
    if isnan(effect):
        return _FAILED
    neutral = target.neutral
    if target.scale == "trend":
        return _REACHED if effect > 0 else _FAILED
    if effect >= target.low:
        return _REACHED
    # A claim that nothing is lost, or not more than so much, has no direction.
    has_direction = neutral is not None and target.low > neutral
    return _DIRECTION if has_direction and neutral is not None and effect > neutral else _FAILED
