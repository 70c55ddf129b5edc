"""Measurements as rows, each beside its claim: for `--json`, for programs and for agents."""

from collections.abc import Collection, Iterable

from assay.papers.comparison import Better, Figures
from assay.papers.measurement import Evidence, Measurement
from assay.papers.verdict import Verdict
from assay.publish.measurements import effect_claimed, effect_measured


class ResultRow(Figures):
    """One measurement beside its claim."""

    paper: str
    name: str
    claim: str
    metric: str
    """What was measured."""
    unit: str
    claimed: float | tuple[float, float] | None
    """The figure in the paper; ``None`` for a trend."""
    claimed_effect: str
    """The claim as an effect, in words."""
    measured_effect: str
    """What was measured, in the same terms."""
    baseline_name: str | None
    baseline: float | None
    candidate: float | None
    ratio: float | None
    """Above one is better."""
    ratio_interval: tuple[float, float] | None
    better: Better
    verdict: Verdict
    verdict_between: tuple[Verdict, ...]
    """Of an undecided verdict, the two that it lies between."""
    verdict_reason: str
    evidence: Evidence | None
    model: str
    differs: tuple[str, ...]
    """How the setting differs from the paper's."""
    machine: str
    device: str
    size: str
    """``quick``, ``cpu``, ``cuda`` or ``long``."""
    quick: bool
    pretrained: str | None
    """Key of the pretrained model that the trial was handed; ``None`` for a trial that brings what it needs."""
    stale: bool
    """Whether it was measured with earlier code."""
    seconds: float | None
    """How long the whole trial took; ``None`` where that was not recorded."""


def result_rows(measurements: Iterable[Measurement], outdated: Collection[Measurement] = ()) -> list[ResultRow]:
    """Each measurement as a row, in their order.

    Args:
        measurements: what trials found.
        outdated: those of them that were measured with earlier code.
    """
    stale = {id(each) for each in outdated}
    return [_row(each, stale=id(each) in stale) for each in measurements]


def _row(each: Measurement, *, stale: bool) -> ResultRow:
    compared, claim = each.comparison, each.claimed
    return ResultRow(
        paper=each.paper,
        name=each.name,
        claim=each.claim,
        metric=compared.metric if compared else claim.metric,
        unit=compared.unit if compared else claim.unit,
        claimed=claim.value,
        claimed_effect=effect_claimed(claim),
        measured_effect=effect_measured(each),
        baseline_name=compared.baseline.name if compared and compared.baseline else None,
        baseline=compared.baseline.value if compared and compared.baseline else None,
        candidate=compared.candidate if compared else None,
        ratio=compared.ratio if compared else None,
        ratio_interval=compared.ratio_interval if compared else None,
        better=compared.better if compared else claim.better,
        verdict=each.verdict,
        verdict_between=each.verdict_between,
        verdict_reason=each.verdict_reason,
        evidence=each.evidence,
        model=each.model,
        differs=each.differs,
        machine=each.machine.name,
        device=each.device,
        size=each.size,
        quick=each.quick,
        pretrained=each.pretrained.key if each.pretrained else None,
        stale=stale,
        seconds=each.seconds,
    )
