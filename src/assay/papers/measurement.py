"""Measurement: what a trial found, with all that is needed to judge it again, and figures as people read them."""

import re
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, Field, computed_field, model_validator

from assay.papers.comparison import Comparison, Figures
from assay.papers.models import Claim, Noun, PaperId, Sha256
from assay.papers.verdict import Judgement, Verdict, judge


class Evidence(StrEnum):
    """How much a measurement is worth: what it was taken on."""

    AS_CLAIMED = "as claimed"
    """The paper's own setting."""
    REAL_MODEL = "real model"
    """Pretrained weights that others made, or the reader's own."""
    TRAINED_HERE = "trained here"
    """A small model that we trained."""
    SIMULATED = "simulated"
    """Random weights, made-up data, or a count without any model."""


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


class Pretrained(Noun):
    """A pretrained model that a trial was handed, as far as it tells one from another."""

    name: str
    """``HuggingFaceTB/SmolLM2-135M-Instruct``, or the name of the reader's own: a hub id, a folder or a file."""
    fingerprint: Sha256
    """Of its configuration and of samples of its weights: two models of one name differ in it."""
    dtype: str
    """``float32``, ``bfloat16`` ..."""
    parameters: int

    @property
    def key(self) -> str:
        """What no other model has: ``smollm2-135m-instruct-float32-1a2b3c4d``, good for a file name too."""
        words = re.sub(r"[^a-z0-9]+", "-", self.name.rpartition("/")[2].lower()).strip("-") or "model"
        return f"{words}-{self.dtype}-{self.fingerprint[:8]}"


class QuickRun(Figures):
    """What a trial's quick run comes to, times left out: the same, bit for bit, as long as the code computes the same.

    It is kept beside a measurement and belongs to the same machine, device, threads, seed and versions.
    """

    evidence: Evidence | None = None
    is_own_setting: bool = False
    """Whether it says why a real model is the claim's own setting."""
    figures: dict[str, float]
    """By what it is of: ``metric``, ``metric: arm``, ``metric: at most``, ``curve at 512: arm`` ..."""

    @classmethod
    def of(cls, measurement: "Measurement") -> "QuickRun":
        """The figures of a quick measurement that are not times; those that a time goes into say ``time`` by name."""
        figures: dict[str, float] = {}
        for each in filter(None, (measurement.comparison, *measurement.beside)):
            if _is_time(each.metric, each.unit):
                continue
            parts: dict[str, float | None] = {f": {arm}" if arm else "": value for arm, value in each.figures.items()}
            parts |= {": ratio": each.ratio, ": at least": each.at_least, ": at most": each.at_most}
            for name in ("interval", "ratio_interval", "difference_interval"):
                ends = getattr(each, name) or (None, None)
                parts |= {f": {name.replace('_', ' ')}, {end}": ends[at] for at, end in enumerate(("low", "high"))}
            figures |= {each.metric + part: value for part, value in parts.items() if value is not None}
        for curve in measurement.curves:
            if _is_time(curve.name, curve.unit):
                continue
            for line in curve.lines:
                for name, values in (("", line.values), ("low", line.low), ("high", line.high)):
                    part = ", ".join(filter(None, [line.name, name]))
                    for at, value in zip(curve.at, values, strict=True):
                        figures[f"{curve.name} at {at:.10g}" + (f": {part}" if part else "")] = value
        return cls(evidence=measurement.evidence, is_own_setting=bool(measurement.own_setting), figures=figures)

    def differences(self, other: "QuickRun") -> list[str]:
        """In what another quick run differs, each in words: what, from which figure to which. NaN equals NaN."""
        lines = []
        if (self.evidence, self.is_own_setting) != (other.evidence, other.is_own_setting):
            settings = [f"{each.evidence}{', own setting' if each.is_own_setting else ''}" for each in (self, other)]
            lines.append(f"evidence: {settings[0]} became {settings[1]}")
        for name in dict.fromkeys([*self.figures, *other.figures]):
            one, two = self.figures.get(name), other.figures.get(name)
            if one is None or two is None:
                lines.append(f"{name}: {'is new' if one is None else 'is no longer there'}")
            elif one != two and not (one != one and two != two):  # noqa: PLR0124 - of two NaN
                lines.append(f"{name}: {one!r} became {two!r}")
        return lines


class Measurement(Figures):
    """What one trial found on one machine. Its verdict is computed from the rest, and is none of its fields."""

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
    """The claim as the catalogue had it; who reads a kept measurement puts today's in its place (`judged_anew`)."""

    comparison: Comparison | None = None
    """The claim's own measurement; ``None`` where it could not be tested."""
    beside: tuple[Comparison, ...] = ()
    """Figures shown beside it. Those with a bound are conditions."""
    curves: tuple[Curve, ...] = ()
    missing: str = ""
    """What the claim needs and this machine lacks, where it could not be tested."""

    evidence: Evidence | None = None
    """``None`` where nothing was measured, and for measurements from before evidence was recorded."""
    model: str = ""
    """The model it was taken on, in a few words; empty where there is none."""
    pretrained: Pretrained | None = None
    """The pretrained model that the trial was handed; ``None`` for one that brings what it needs."""
    own_setting: str = ""
    """Why a real model is the claim's own setting, although it is not the paper's model."""
    differs: tuple[str, ...] = ()
    """How the setting differs from the claim's."""

    machine: Machine
    device: str
    """``cpu`` or ``cuda``."""
    threads: int
    seed: int
    repeats: int
    """Rounds in which every arm was timed once."""
    quick: bool
    long: bool = False
    """Whether it is of the size that takes up to an hour."""
    versions: dict[str, str]
    source_hash: Sha256
    """Of the definitions that decide the figures: see `assay.trials.source`."""
    taken_at: AwareDatetime
    seconds: float | None = None
    """How long the whole trial took; ``None`` for measurements from before that was recorded."""
    quick_run: QuickRun | None = None
    """By which a later change of code can be shown to leave the figures alone: see `assay.trials.restamp`."""

    @model_validator(mode="before")
    @classmethod
    def _of_old(cls, record: Any) -> Any:
        """Measurements from before comparisons and evidence were records of their own, and verdicts, computed."""
        if not isinstance(record, dict):
            return record
        record = {key: value for key, value in record.items() if key not in _COMPUTED}
        return _upgraded(record) if "candidate" in record and "comparison" not in record else record

    @model_validator(mode="after")
    def _is_whole(self) -> "Measurement":
        if bool(self.missing) == (self.comparison is not None):
            raise ValueError("a measurement has either a comparison or what was missing for it")
        if self.own_setting and self.evidence is not Evidence.REAL_MODEL:
            raise ValueError("only a real model can be the claim's own setting without being the paper's")
        if self.quick and self.long:
            raise ValueError("a measurement is quick or long, not both")
        return self

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What a newer measurement on the same machine takes the place of: same trial, model, device and size."""
        return self.trial, self.pretrained.key if self.pretrained else "", self.device, self.size

    @property
    def size(self) -> str:
        """How large the trial was: ``quick``, ``long``, or as written for the device, ``cpu`` or ``cuda``."""
        return "quick" if self.quick else "long" if self.long else self.device

    @property
    def in_claims_setting(self) -> bool:
        """Whether it was taken in the setting that the claim speaks of; a quick run never is."""
        return not self.quick and (self.evidence is Evidence.AS_CLAIMED or bool(self.own_setting))

    @property
    def judgement(self) -> Judgement:
        """The verdict, with what it lies between and why, where the effects alone do not tell."""
        if self.comparison is None:
            return Judgement(Verdict.NOT_TESTABLE, reason=self.missing)
        try:
            return judge(self.claimed, self.comparison, self.beside, in_claims_setting=self.in_claims_setting)
        except ValueError as error:  # the claim has become another since
            return Judgement(Verdict.UNDECIDED, reason=str(error))

    @computed_field  # type: ignore[prop-decorator]
    @property
    def verdict(self) -> Verdict:
        """What the measurement says of the claim, by the rule of `assay.papers.verdict`."""
        return self.judgement.verdict

    @computed_field  # type: ignore[prop-decorator]
    @property
    def verdict_between(self) -> tuple[Verdict, ...]:
        """Of an undecided verdict, the two that it lies between."""
        return self.judgement.between

    @computed_field  # type: ignore[prop-decorator]
    @property
    def verdict_reason(self) -> str:
        """What made the verdict so, where the effects alone do not tell."""
        return self.judgement.reason

    def judged_anew(self, claim: Claim) -> "Measurement":
        """The same measurement held against the claim as it stands today."""
        return self if claim == self.claimed else self.model_copy(update={"claimed": claim})


_TIME_UNITS = {"s", "ms", "µs", "us", "ns", "min", "h"}


def _is_time(name: str, unit: str) -> bool:
    return unit in _TIME_UNITS or unit.endswith(("/s", "per second")) or bool(re.search(r"\btime\b", name))


_COMPUTED = ("verdict", "verdict_between", "verdict_reason")


def _upgraded(record: dict[str, Any]) -> dict[str, Any]:
    """A record that has its comparison spread over its own fields, in the form of today."""
    moved = ("metric", "unit", "better", "baseline", "candidate", "others", "ratio", "spread")
    fields = {key: record.pop(key, None) for key in moved}
    spread = fields.pop("spread")
    fields["ratio_interval" if fields["ratio"] is not None else "difference_interval"] = spread
    scores = record.pop("scores", None) or ()
    record["beside"] = [{"metric" if key == "name" else key: value for key, value in each.items()} for each in scores]
    record["comparison"] = None if fields["candidate"] is None else {k: v for k, v in fields.items() if v is not None}
    setting = record.pop("setting", "") or ""
    if setting == "as claimed":
        record["evidence"] = setting
    elif setting.startswith("scaled down: "):
        record["differs"] = [setting.removeprefix("scaled down: ")]
    return record


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
