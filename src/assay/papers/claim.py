"""The nouns of what a paper states in figures: claims, which can be tested, and facts, which are only shown."""

from decimal import Decimal
from typing import Literal, Self, TypeVar

from pydantic import Field, field_validator, model_validator

from assay.papers.nouns import ClaimKind, Line, Noun, Place

ClaimSource = Literal["abstract", "digest", "both", "paper"]
"""Where a figure stands: in the abstract, in one of the digests that listed the paper, in both, or only in the
paper's full text."""


Bound = Literal["", "about", "at least", "at most"]
"""How exactly a figure is meant: as it stands; near it (~, nearly); it or more (over, at least); it or less (up to,
within, under)."""


class OtherValue(Noun):
    """A value that another source gives for the same claim, against the one we show."""

    value: float | tuple[float, float]
    source: Literal["abstract", "digest", "paper"]


class Claim(Noun):
    """A figure that a paper claims, with what is needed to test it."""

    key: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    """Unique within the paper; trials name it."""
    value: float | tuple[float, float] | None = None
    """A single figure, or the two ends of a range; ``None`` for a trend, which has none."""
    unit: str = ""
    """``%``, ``points``, ``x``, ``TOPS``, ``tokens`` ...; empty for a bare score."""
    kind: ClaimKind
    metric: Line = Field(min_length=1)
    """What was measured, in the field's own term."""
    better: Literal["higher", "lower"] = "higher"
    bound: Bound = ""
    direction: Literal["", "up", "down"] = ""
    """Which way the metric goes; empty for what is no change, and where the source does not say."""
    along: Line = ""
    """Of a trend: what grows while the metric goes up or down, such as ``thinking budget``."""
    between: tuple[float, float] | None = None
    """Where a change starts and ends (from, to), if the source states both."""
    baseline_value: float | None = None
    """The baseline's own figure, in the unit of the value; for the kinds ``absolute`` and ``count``."""
    subject: Line = ""
    """Whose figure it is: the method, model or data set."""
    dataset: Line = ""
    """The benchmark or data set it was measured on."""
    baseline: Line = ""
    """What the figure is compared with; empty where it stands alone."""
    setting: Line = ""
    """Model, data set, hardware and length it was measured with."""
    source: ClaimSource
    quote: Line = ""
    """The words of the source that carry the figure."""
    place: Place | None = None
    """Where the quote stands."""
    text_version: int | None = None
    """Of a claim that stands in the full text only, the paper's version whose text was read; ``None`` if not known."""
    conflicts: tuple[OtherValue, ...] = ()
    """What other sources say instead."""
    not_testable: Line = ""
    """Why the claim cannot be tested here: what it needs that cannot be had."""

    @field_validator("value")
    @classmethod
    def _range_rises(cls, value: float | tuple[float, float] | None) -> float | tuple[float, float] | None:
        return rising(value)

    @model_validator(mode="after")
    def _unit_fits_kind(self) -> Self:
        fitting = {"relative": {"%"}, "points": {"points"}, "times": {"x"}}.get(self.kind)
        if fitting and self.unit not in fitting:
            raise ValueError(f"claim {self.key}: kind {self.kind!r} has unit {' or '.join(fitting)}, not {self.unit!r}")
        if self.baseline_value is not None and self.kind not in {"absolute", "count"}:
            raise ValueError(
                f"claim {self.key}: kind {self.kind!r} has no `baseline_value`: both ends of a change go to `between`"
            )
        return self

    @model_validator(mode="after")
    def _only_a_trend_has_no_figure(self) -> Self:
        if self.kind == "trend":
            if self.value is not None or not self.direction or not self.along:
                raise ValueError(f"claim {self.key}: a trend has no value, but `direction` and what it goes `along`")
        elif self.value is None or self.along:
            raise ValueError(f"claim {self.key}: kind {self.kind!r} needs a `value`, and only a trend has `along`")
        return self

    @property
    def ends(self) -> tuple[float, ...]:
        """The figure as a sequence: one value, the two ends of a range, or nothing for a trend."""
        return ends_of(self.value)

    @property
    def recomputed(self) -> float | None:
        """The change worked out from the two ends that the source states, in the claim's own kind and without sign.

        ``None`` where the ends are not stated, or no change of that kind follows from them.
        """
        if self.between is None:
            return None
        return _change(self.kind, *self.between)

    @property
    def adds_up(self) -> bool | None:
        """Whether the figure is the change between the two ends that the source states, all of them being rounded.

        ``None`` where there is nothing to work out, or the figure is only a bound.
        """
        if self.recomputed is None or self.between is None or self.bound not in {"", "about"}:
            return None
        corners = [
            change
            for start in rounding_interval(self.between[0])
            for end in rounding_interval(self.between[1])
            if (change := _change(self.kind, start, end)) is not None
        ]
        if not self.ends:
            return None
        low, high = rounding_interval(abs(self.ends[-1]))
        return min(corners) <= high and low <= max(corners)


class Fact(Noun):
    """A constant, a setting or a size that a paper states: shown, and nothing to measure."""

    key: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    """Unique within the paper, among its claims too."""
    value: float | tuple[float, float]
    unit: str = ""
    """As in `Claim.unit`."""
    what: Line = Field(min_length=1)
    """What the figure is of: ``AIME questions``, ``largest thinking budget``."""
    bound: Bound = ""
    subject: Line = ""
    setting: Line = ""
    source: ClaimSource
    conflicts: tuple[OtherValue, ...] = ()

    @field_validator("value")
    @classmethod
    def _range_rises(cls, value: float | tuple[float, float]) -> float | tuple[float, float]:
        return rising(value)

    @property
    def ends(self) -> tuple[float, ...]:
        """The figure as a sequence: one value, or the two ends of a range."""
        return ends_of(self.value)

    def as_claim(self) -> Claim:
        """The fact as a claim, for the checker: what a summary says of it is supported by it."""
        return Claim(
            key=self.key,
            value=self.value,
            unit=self.unit,
            kind=kind_of(self.unit),
            metric=self.what,
            bound=self.bound,
            subject=self.subject,
            setting=self.setting,
            source=self.source,
            conflicts=self.conflicts,
        )


def kind_of(unit: str) -> ClaimKind:
    """What sort of figure a bare figure in that unit is."""
    return "times" if unit == "x" else "points" if unit == "points" else "absolute"


def ends_of(value: float | tuple[float, float] | None) -> tuple[float, ...]:
    """A figure as a sequence: one value, the two ends of a range, or nothing where there is none."""
    return () if value is None else value if isinstance(value, tuple) else (value,)


_Value = TypeVar("_Value", float | tuple[float, float], float | tuple[float, float] | None)


def rising(value: _Value) -> _Value:
    """The value, if it is no range or one from its low end to its high end.

    Raises:
        ValueError: The range falls.
    """
    if isinstance(value, tuple) and not value[0] < value[1]:
        raise ValueError(f"a range runs from its low end to its high end, not {value[0]} to {value[1]}")
    return value


def _change(kind: ClaimKind, start: float, end: float) -> float | None:
    match kind:
        case "relative" if start:
            return abs(end - start) / abs(start) * 100
        case "points":
            return abs(end - start)
        case "times" if start and end:
            return max(end / start, start / end)
    return None


def rounding_interval(value: float) -> tuple[float, float]:
    """The least and the greatest number that rounds to ``value``, to as many digits as it has."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    half = 0.5 * 10.0**exponent if isinstance(exponent, int) else 0.0
    return value - half, value + half
