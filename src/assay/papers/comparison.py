"""Comparison: one figure of every arm of a trial, with how far it varies and the bounds it must keep."""

from math import isnan
from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from assay.papers.nouns import Noun

Better = Literal["higher", "lower"]
Interval = tuple[float, float]
"""From its low to its high end. What it is of lies there with at least 90 % confidence; of fewer than five values it is
from the least to the most, which is less sure."""


class Figures(Noun):
    """A record of figures, any of which may be no number."""

    # A method that is broken may well yield NaN, which is a result; JSON has no number for it.
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Arm(Figures):
    """One of the things compared, and its figure in the unit of the comparison."""

    name: str = Field(min_length=1)
    value: float


class Comparison(Figures):
    """One figure of every arm: the method's beside the baseline's and the others'.

    With a bound it is a condition, too: on the method where a speed-up, say, is worth nothing beside a larger error;
    on the measurement where another figure would show that nothing can be told from it.
    """

    metric: str = Field(min_length=1)
    unit: str = ""
    """Of all arms: ``s``, ``B``, ``FLOP``, ``tokens``, ``%``, ``points``, ``nats`` ...; empty for a bare score."""
    better: Better
    candidate: float
    """The method."""
    baseline: Arm | None = None
    """What people use today."""
    others: tuple[Arm, ...] = ()
    interval: Interval | None = None
    """Where the candidate's figure lies; ``None`` for one that does not vary from run to run."""
    ratio: float | None = None
    """How many times better than the baseline the candidate is: above one is better, whichever way the metric runs.
    ``None`` without a baseline, or where a ratio has no meaning because a value is not positive."""
    ratio_interval: Interval | None = None
    """Where the ratio lies; ``None`` for figures that do not vary from run to run."""
    difference_interval: Interval | None = None
    """Where the difference from the baseline lies, in the better direction."""
    at_least: float | None = None
    at_most: float | None = None
    is_slope: bool = False
    """Whether the figures are slopes along something, which a trend is judged by."""
    binds: Literal["method", "measurement"] = "method"
    """What a bound is a condition on: the method, or the measurement, which is not sound where it is not kept."""

    @model_validator(mode="after")
    def _only_bounds_bind(self) -> Self:
        if self.binds == "measurement" and not self.bounded:
            raise ValueError(f"{self.metric}: a condition on the measurement needs a bound")
        return self

    @property
    def figures(self) -> dict[str, float]:
        """Every arm's figure by its name; the method's is the empty one."""
        arms = [*([self.baseline] if self.baseline else []), *self.others]
        return {"": self.candidate} | {arm.name: arm.value for arm in arms}

    @property
    def difference(self) -> float | None:
        """By how much the candidate is better than the baseline, in the unit; negative where it is worse."""
        return None if self.baseline is None else difference(self.baseline.value, self.candidate, self.better)

    @property
    def bounded(self) -> bool:
        """Whether this is a condition rather than only shown."""
        return self.at_least is not None or self.at_most is not None

    @property
    def met(self) -> bool | None:
        """Whether the candidate keeps within the bounds; ``None`` where its interval reaches over one. NaN does not."""
        if isnan(self.candidate):
            return not self.bounded
        low, high = self.interval or (self.candidate, self.candidate)
        ends = {self._within(end) for end in (low, self.candidate, high)}
        return ends.pop() if len(ends) == 1 else None

    def _within(self, value: float) -> bool:
        above = self.at_least is None or value >= self.at_least
        below = self.at_most is None or value <= self.at_most
        return above and below


def ratio(baseline: float, candidate: float, better: Better) -> float | None:
    """How many times better the candidate is; ``None`` where a ratio has no meaning."""
    if not (baseline > 0 and candidate > 0):
        return None
    return candidate / baseline if better == "higher" else baseline / candidate


def difference(baseline: float, candidate: float, better: Better) -> float:
    """By how much the candidate is better, in the unit of both; negative where it is worse."""
    return candidate - baseline if better == "higher" else baseline - candidate
