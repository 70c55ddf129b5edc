"""Measurement: what a trial found, with all that is needed to judge it again, and figures as people read them."""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, ConfigDict, Field

from assay.papers.models import Claim, Noun, PaperId, Sha256

Better = Literal["higher", "lower"]


class Verdict(StrEnum):
    """What a measurement says of a claim; always computed, never written by hand."""

    HOLDS = "holds"
    """The claimed figure is reached, and every condition is met."""
    DIRECTION_HOLDS = "direction holds"
    """Better than the baseline by more than the spread, but not by as much as claimed."""
    DOES_NOT_HOLD = "does not hold"
    NOT_TESTABLE = "not testable here"
    """Something that the claim needs is missing on this machine."""


class Figures(Noun):
    """A record of figures, any of which may be no number."""

    # A method that is broken may well yield NaN, which is a result; JSON has no number for it.
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Arm(Figures):
    """One of the things compared, and its figure in the unit of the measurement."""

    name: str
    value: float


class Score(Figures):
    """A figure shown beside the claim's own. With a bound it is a condition that must hold."""

    name: str
    unit: str = ""
    better: Better
    candidate: float
    others: tuple[Arm, ...] = ()
    """Baselines and other arms."""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def met(self) -> bool:
        """Whether the candidate keeps within the bounds; NaN never does."""
        above = self.at_least is None or self.candidate >= self.at_least
        below = self.at_most is None or self.candidate <= self.at_most
        return above and below

    @property
    def bounded(self) -> bool:
        """Whether this is a condition rather than only shown."""
        return self.at_least is not None or self.at_most is not None


class Line(Figures):
    """One arm of a curve: at each point the median, and the least and most of its seeds or rounds."""

    name: str
    """Empty for the method."""
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


class Curve(Figures):
    """A figure along something, arm by arm, shown beside the claim's own. NaN where an arm was not measured."""

    name: str
    unit: str = ""
    along: str
    """What it is drawn along, with its unit where it has one: ``tokens``, ``rows``, ``training steps``."""
    at: tuple[float, ...]
    lines: tuple[Line, ...]


class Machine(Noun):
    """What a measurement was taken on, as far as it bears on the figures. No name or address of anyone's."""

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    """Short, of processor, cores and accelerator: names the folder of its results."""
    system: str
    processor: str
    cores: int
    """Those that this process may use."""
    memory: int
    """Bytes."""
    accelerators: tuple[str, ...] = ()


class Measurement(Figures):
    """What one trial found on one machine."""

    paper: PaperId
    name: str
    """The paper's short name."""
    claim: str
    """Key of the claim."""
    trial: str
    """``assay.trials.<room>.<name>:<function>``."""
    what: str = ""
    """What was compared with what, in a line."""

    claimed: Claim
    """The claim as it stood in the catalogue when this was measured."""

    metric: str
    unit: str
    """Of baseline, candidate and others: ``s``, ``B``, ``FLOP``, ``tokens``, ``%``, ``points``, ``nats`` ...; empty for
    a bare score."""
    better: Better
    baseline: Arm | None = None
    """What people use today."""
    candidate: float | None = None
    """The method. ``None`` where the claim could not be tested."""
    others: tuple[Arm, ...] = ()
    ratio: float | None = None
    """How many times better than the baseline the candidate is: above one is better, whichever way the metric runs.
    ``None`` without a baseline, or where a ratio has no meaning because a value is not positive."""
    spread: tuple[float, float] | None = None
    """Where the ratio lies with at least 90 % confidence (of the difference in the better direction, where there is no
    ratio); ``None`` for figures that do not vary from run to run."""
    scores: tuple[Score, ...] = ()
    curves: tuple[Curve, ...] = ()

    verdict: Verdict
    missing: str = ""
    """What the claim needs and this machine lacks, where it could not be tested."""
    setting: str = Field(pattern=r"^(as claimed|scaled down: .+|not measured)$")

    machine: Machine
    device: str
    """``cpu`` or ``cuda``."""
    threads: int
    seed: int
    repeats: int
    """Rounds in which every arm was timed once."""
    quick: bool
    versions: dict[str, str]
    source_hash: Sha256
    """Of method, trial and the parts of the testbed that they use: see `assay.trials.source`."""
    taken_at: AwareDatetime

    @property
    def key(self) -> tuple[str, str, bool]:
        """What a newer measurement on the same machine takes the place of: same trial, device and thoroughness."""
        return self.trial, self.device, self.quick


_STEPS: dict[str, tuple[tuple[float, str], ...]] = {
    "s": ((60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs")),
    "B": ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "B")),
    "FLOP": ((1e15, "PFLOP"), (1e12, "TFLOP"), (1e9, "GFLOP"), (1e6, "MFLOP"), (1, "FLOP")),
    "tokens": ((1e9, "B tokens"), (1e6, "M tokens"), (1, "tokens")),
}


def figure(value: float, unit: str) -> str:
    """A figure as people read it, to three digits: ``412 ms``, ``1.5 GiB``, ``2.9x``, ``61.2 %``."""
    steps = _STEPS.get(unit, ((1.0, unit),))
    size, shown = next((step for step in steps if abs(value) >= step[0]), steps[-1])
    scaled = value / size
    digits = f"{scaled:,.0f}" if abs(scaled) >= 100 or scaled.is_integer() else f"{scaled:.3g}"
    return f"{digits}x" if shown == "x" else f"{digits} {shown}".rstrip()
