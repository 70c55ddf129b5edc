"""Measurements as a picture: every arm of every trial, with the claimed figure and the spread, and its curves."""

import io
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from assay.papers.files import write_whole
from assay.papers.measurement import Curve, Measurement
from assay.publish.measurements import claimed_figure, measured_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_OURS, _BASELINE, _OTHERS, _CLAIMED = "#8a5a00", "#61605b", "#b9b5aa", "#a3260c"
_LINES = ("#61605b", "#2f6f8f", "#7a5195", "#3b7d4f", "#b9b5aa")
_CURVE = 7
"""As many rows of bars as a curve is high."""
_LABELLED = 8
"""So many points have room for their numbers below an axis."""
_WIDE = 8
"""Points that far apart, the last to the first, are drawn along a logarithmic axis."""


def plot_measurements(measurements: Sequence[Measurement], path: Path) -> None:
    """Draw one panel per measurement into a file, SVG or PNG, and one below it for each of its curves.

    Raises:
        ValueError: if the file is neither SVG nor PNG, there is nothing to draw, or matplotlib is not installed.
    """
    form = path.suffix.lower().removeprefix(".")
    if form not in {"svg", "png"}:
        raise ValueError(f"{path}: a plot is written as .svg or .png")
    shown = [each for each in measurements if each.candidate is not None]
    if not shown:
        raise ValueError("there is nothing to plot: no trial measured anything")
    rows: list[int] = []
    for each in shown:
        rows += [1 + len(each.others) + (each.baseline is not None), *(_CURVE for _ in each.curves)]
    picture = _figure(height=sum(rows) * 0.32 + len(rows) * 0.95)
    panels = iter(picture.subplots(len(rows), 1, height_ratios=rows, squeeze=False)[:, 0])
    for each in shown:
        _panel(next(panels), each)
        for curve in each.curves:
            _curve(next(panels), curve, each.name)
    write_whole(path, _drawn(picture, form))


def curves_svg(measurement: Measurement) -> str:
    """The curves of a measurement as one SVG picture, the same for the same figures.

    Raises:
        ValueError: if it has none, or matplotlib is not installed.
    """
    if not measurement.curves:
        raise ValueError(f"{measurement.trial} has no curves")
    picture = _figure(height=3.1 * len(measurement.curves))
    panels = picture.subplots(len(measurement.curves), 1, squeeze=False)[:, 0]
    for axes, curve in zip(panels, measurement.curves, strict=True):
        _curve(axes, curve, measurement.name)
    return _drawn(picture, "svg").decode()


def _figure(height: float) -> "Figure":
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - only who plots needs it
    except ImportError:
        raise ValueError("plots need matplotlib: pip install 'assay-papers[run]'") from None
    return Figure(figsize=(7.5, height), layout="constrained")


def _drawn(picture: "Figure", form: str) -> bytes:
    from matplotlib import rc_context  # noqa: PLC0415

    data = io.BytesIO()
    with rc_context({"svg.hashsalt": "assay"}):  # names inside an SVG would differ each time
        picture.savefig(data, format=form, dpi=144, metadata={"Date": None} if form == "svg" else None)
    return data.getvalue()


def _curve(axes: "Axes", curve: Curve, name: str) -> None:
    colours = cycle(_LINES)
    for line in curve.lines:
        colour, width, order = (next(colours), 1.3, 2) if line.name else (_OURS, 2.2, 3)
        axes.plot(curve.at, line.values, color=colour, linewidth=width, zorder=order, marker="o", markersize=3,
                  label=line.name or name)  # fmt: skip
        axes.fill_between(curve.at, line.low, line.high, color=colour, alpha=0.15, linewidth=0)
    if _is_wide(curve.at):
        axes.set_xscale("log")
        if len(curve.at) <= _LABELLED:  # plain numbers where the points are, instead of powers of ten
            axes.set_xticks(curve.at, [f"{point:,.10g}" for point in curve.at])
            axes.tick_params(axis="x", which="minor", bottom=False, labelbottom=False)
    if _is_wide([value for line in curve.lines for value in line.values if value == value]):  # noqa: PLR0124 - NaN
        axes.set_yscale("log")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel(curve.along, fontsize=8)
    axes.set_ylabel(curve.unit, fontsize=8)
    axes.set_title(curve.name, fontsize=9, loc="left")
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=7, frameon=False)


def _is_wide(values: Sequence[float]) -> bool:
    return min(values) > 0 and max(values) >= _WIDE * min(values)


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
