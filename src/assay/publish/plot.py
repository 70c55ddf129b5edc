"""Measurements as a picture, SVG or PNG: every arm of every trial, with the claimed figure and the spread."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assay.papers.files import write_whole
from assay.papers.measurement import Measurement
from assay.publish.measurements import claimed_figure, measured_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_OURS, _BASELINE, _OTHERS, _CLAIMED = "#8a5a00", "#61605b", "#b9b5aa", "#a3260c"


def plot_measurements(measurements: Sequence[Measurement], path: Path) -> None:
    """Draw one panel per measurement into a file.

    Raises:
        ValueError: if the file is neither SVG nor PNG, there is nothing to draw, or matplotlib is not installed.
    """
    form = path.suffix.lower().removeprefix(".")
    if form not in {"svg", "png"}:
        raise ValueError(f"{path}: a plot is written as .svg or .png")
    shown = [each for each in measurements if each.candidate is not None]
    if not shown:
        raise ValueError("there is nothing to plot: no trial measured anything")
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - only who plots needs it
    except ImportError:
        raise ValueError("plots need matplotlib: pip install 'assay-papers[run]'") from None
    rows = [1 + len(each.others) + (each.baseline is not None) for each in shown]
    picture = Figure(figsize=(7.5, sum(rows) * 0.32 + len(shown) * 0.95), layout="constrained")
    panels = picture.subplots(len(shown), 1, height_ratios=rows, squeeze=False)[:, 0]
    for axes, each in zip(panels, shown, strict=True):
        _panel(axes, each)
    data = io.BytesIO()
    picture.savefig(data, format=form, dpi=144, metadata={"Date": None} if form == "svg" else None)
    write_whole(path, data.getvalue())


def _panel(axes: "Axes", measurement: Measurement) -> None:
    arms = [(arm.name, arm.value, _OTHERS) for arm in measurement.others]
    if measurement.baseline is not None:
        arms.insert(0, (measurement.baseline.name, measurement.baseline.value, _BASELINE))
    assert measurement.candidate is not None  # noqa: S101 - the caller left the others out
    arms.append((measurement.name, measurement.candidate, _OURS))
    names, values, colours = zip(*arms, strict=True)
    axes.barh(names, values, color=colours, height=0.62)
    axes.errorbar([measurement.candidate], [measurement.name], xerr=_error(measurement), color="black", capsize=3)
    target = _claimed_value(measurement)
    if target is not None:
        axes.axvline(target, color=_CLAIMED, linestyle="--", linewidth=1.2)
        above = axes.get_xaxis_transform()  # across in the axis's unit, upwards in shares of the panel
        axes.text(target, 1.0, " claimed", color=_CLAIMED, fontsize=7, va="top", transform=above)
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    arrow = "lower" if measurement.better == "lower" else "higher"
    axes.set_xlabel(f"{measurement.metric} [{measurement.unit or 'score'}], {arrow} is better", fontsize=8)
    axes.tick_params(labelsize=8)
    title = (
        f"claimed {claimed_figure(measurement)}, measured {measured_figure(measurement)}: {measurement.verdict.value}"
    )
    axes.set_title(title, fontsize=9, loc="left")


def _error(measurement: Measurement) -> list[list[float]] | None:
    """The spread of the ratio as one of the candidate, the baseline held fast."""
    base, mine = measurement.baseline, measurement.candidate
    if measurement.spread is None or measurement.ratio is None or base is None or mine is None:
        return None
    ends = [base.value / r if measurement.better == "lower" else base.value * r for r in measurement.spread if r > 0]
    return [[max(0.0, mine - min(ends))], [max(0.0, max(ends) - mine)]] if ends else None


def _claimed_value(measurement: Measurement) -> float | None:
    """Where the claim's low end would lie on the axis."""
    claim, base = measurement.claimed, measurement.baseline
    low = min(claim.ends)
    if claim.kind in {"absolute", "count"}:
        return low
    if base is None:
        return None
    sign = 1 if measurement.better == "higher" else -1
    match claim.kind:
        case "times":
            return base.value * low if sign > 0 else base.value / low
        case "relative":
            return base.value * (1 + sign * low / 100)
        case _:
            return base.value + sign * low
