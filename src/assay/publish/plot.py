"""Measurements as a picture: every arm of every trial, with the claimed figure and the spread, and its curves."""

import io
from collections.abc import Sequence
from itertools import cycle
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from assay.papers.comparison import Comparison
from assay.papers.effects import claimed_effect, factor, worsens
from assay.papers.files import write_whole
from assay.papers.measurement import Curve, Evidence, Measurement
from assay.papers.spending import Spending
from assay.papers.verdict import Verdict
from assay.publish.measurements import effect_claimed, effect_measured, effect_of, verdict_label
from assay.publish.spending import letter

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_OURS, _BASELINE, _OTHERS, _CLAIMED = "#8a5a00", "#61605b", "#b9b5aa", "#a3260c"
_LINES = ("#61605b", "#2f6f8f", "#7a5195", "#3b7d4f", "#b9b5aa")
_CURVE = 7
"""As many rows of bars as a curve is high."""
_LABELLED = 8
"""So many points have room for their numbers below an axis."""
_NAMED = 2.2
"""From such an effect on a point has its method's name beside it."""
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
    write_whole(path, _draw(_panels(measurements), form))


def arms_svg(measurements: Sequence[Measurement]) -> str:
    """One panel per measurement, and one below it for each of its curves, as one SVG picture.

    Raises:
        ValueError: if there is nothing to draw, or matplotlib is not installed.
    """
    return _draw(_panels(measurements), "svg").decode()


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
    return _draw(picture, "svg").decode()


def effect_pairs(measurements: Sequence[Measurement]) -> list[tuple[float, float, Measurement]]:
    """Claimed and measured effect as ratios, above 1 where it is better, of all measurements that have both.

    What fell to nothing, or grew from it, has no place on an axis of ratios.
    """
    points = []
    for each in measurements:
        if each.comparison is None:
            continue
        effect = effect_of(each.claimed, each.comparison)
        claimed_ratio = factor(claimed_effect(each.claimed), each.claimed)
        measured_ratio = factor(effect, each.claimed, each.comparison) if effect is not None else None
        if claimed_ratio is None or measured_ratio is None:
            continue
        if min(claimed_ratio, measured_ratio) > 0 and isfinite(claimed_ratio) and isfinite(measured_ratio):
            points.append((claimed_ratio, measured_ratio, each))
    return points


def effects_svg(measurements: Sequence[Measurement], *, dark: bool = False) -> str:
    """Claimed effect against measured effect, for all measurements that have both, as one SVG picture.

    Both axes are logarithmic ratios, above 1 where it is better: on the diagonal, what was measured is what is claimed.
    What was measured on a real model is larger, in front, and named.

    Raises:
        ValueError: if no measurement has both effects, or matplotlib is not installed.
    """
    points = effect_pairs(measurements)
    if not points:
        raise ValueError("there is nothing to plot: no measurement has an effect beside a claimed one")
    ink, paper, faint = ("#e8e4da", "#14161a", "#5c5f66") if dark else ("#22201c", "#ffffff", "#b9b5aa")
    picture = _figure(height=5.6)
    picture.set_facecolor(paper)
    axes = picture.subplots()
    axes.set_facecolor(paper)
    low = 0.8 * min(min(claimed_ratio, measured_ratio) for claimed_ratio, measured_ratio, _ in points)
    high = 1.25 * max(max(claimed_ratio, measured_ratio) for claimed_ratio, measured_ratio, _ in points)
    axes.plot([low, high], [low, high], color=faint, linewidth=1.0, linestyle="--", zorder=1)
    axes.axhline(1.0, color=faint, linewidth=0.8, zorder=1)
    for claimed_ratio, measured_ratio, each in points:
        is_real = each.evidence is Evidence.REAL_MODEL
        axes.scatter(
            [claimed_ratio],
            [measured_ratio],
            s=110 if is_real else 40,
            marker=_EVIDENCE_MARKERS[each.evidence],
            color=_VERDICT_COLOURS[each.verdict][dark],
            edgecolors=ink if is_real else paper,
            linewidths=0.6,
            zorder=4 if is_real else 3,
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    ticks = [tick for tick in (0.1, 0.2, 0.5, 0.7, 1, 1.4, 2, 3, 5, 10, 20, 30, 50, 100) if low <= tick <= high]
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(ticks, [f"{tick:g}x" for tick in ticks])
        axis.set_ticks([], minor=True)
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    axes.set_xlabel("claimed effect (the paper)", fontsize=9, color=ink)
    axes.set_ylabel("measured effect (ours)", fontsize=9, color=ink)
    axes.tick_params(labelsize=8, colors=ink)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(faint)
    for claimed_ratio, measured_ratio, each in points:
        is_far = max(claimed_ratio, measured_ratio) >= _NAMED  # nearer to 1 names would hide one another
        if is_far or each.evidence is Evidence.REAL_MODEL:
            axes.annotate(f" {each.name}", (claimed_ratio, measured_ratio), fontsize=6.5, color=ink, va="bottom")
    verdicts = [verdict for verdict in Verdict if any(each.verdict is verdict for *_, each in points)]
    evidences = [evidence for evidence in _EVIDENCE_MARKERS if any(each.evidence is evidence for *_, each in points)]
    handles = [axes.scatter([], [], color=_VERDICT_COLOURS[verdict][dark], label=verdict.value) for verdict in verdicts]
    handles += [
        axes.scatter(
            [], [], marker=_EVIDENCE_MARKERS[evidence], color=ink, label=evidence.value if evidence else "unknown"
        )
        for evidence in evidences
    ]
    axes.legend(handles=handles, fontsize=8, frameon=False, labelcolor=ink, loc="upper left")
    return _draw(picture, "svg").decode()


def spendings_svg(spendings: Sequence[Spending]) -> str:
    """Right answers against seconds, every way to answer of every task, as one SVG picture.

    A task has a colour and a letter, a way its number as in the tables; a star is the paper's method.

    Raises:
        ValueError: if there is none, or matplotlib is not installed.
    """
    if not spendings:
        raise ValueError("there is nothing to plot: no measurement shows what an answer costs")
    picture = _figure(height=5.6)
    axes = picture.subplots()
    colours = cycle((_OURS, *_LINES[1:4], _CLAIMED, "#5c5f66", "#b0569b", "#4f8fd0"))
    for number, each in enumerate(spendings):
        colour = next(colours)
        seconds, right = [way.seconds for way in each.ways], [way.right for way in each.ways]
        axes.plot(seconds, right, color=colour, linewidth=0.8, alpha=0.4, zorder=2)
        places: set[tuple[str, float]] = set()  # ways that the eye cannot tell apart: the first has its number
        for at, way in enumerate(each.ways, 1):
            marker, size = ("*", 130) if way.is_method else ("o", 28)
            axes.scatter([way.seconds], [way.right], color=colour, marker=marker, s=size, zorder=3)
            place = f"{way.seconds:.1g}", way.right
            if place not in places:
                where = way.seconds, way.right
                axes.annotate(f" {letter(number)}{at}", where, fontsize=7, color=colour, va="bottom")
            places.add(place)
        axes.scatter([], [], color=colour, label=f"{letter(number)}. {each.task}")
    axes.set_xscale("log")
    ticks = [0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 10, 20, 50, 100]
    low, high = axes.get_xlim()
    axes.set_xticks([tick for tick in ticks if low <= tick <= high], [f"{t:g}" for t in ticks if low <= t <= high])
    axes.tick_params(axis="x", which="minor", bottom=False, labelbottom=False)
    axes.set_xlabel("seconds of computing, an answer", fontsize=8)
    axes.set_ylabel("right answers, %", fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=7, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.1))
    return _draw(picture, "svg").decode()


_VERDICT_COLOURS = {
    Verdict.HOLDS: ("#1f6b2d", "#7fd08f"),
    Verdict.SEEN: ("#3b8f4d", "#7fd08f"),
    Verdict.DIRECTION_HOLDS: ("#8a5a00", "#e3b04b"),
    Verdict.DIRECTION_SEEN: ("#b07a1a", "#e3b04b"),
    Verdict.DOES_NOT_HOLD: ("#a3260c", "#ff8a70"),
    Verdict.NOT_SEEN: ("#a3260c", "#ff8a70"),
    Verdict.UNDECIDED: ("#6b5fa8", "#b3a5f0"),
    Verdict.NOT_JUDGED: ("#61605b", "#b9b5aa"),
}
"""On white and on black."""
_EVIDENCE_MARKERS = {
    Evidence.AS_CLAIMED: "*",
    Evidence.REAL_MODEL: "D",
    Evidence.TRAINED_HERE: "o",
    Evidence.SIMULATED: "^",
    None: "X",
}


def _figure(height: float) -> "Figure":
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - only who plots needs it
    except ImportError:
        raise ValueError("plots need matplotlib: pip install '.[run]' in a clone of Assay") from None
    return Figure(figsize=(7.5, height), layout="constrained")


def _draw(picture: "Figure", form: str) -> bytes:
    from matplotlib import rc_context  # noqa: PLC0415

    data = io.BytesIO()
    # Names inside an SVG would differ each time; letters stay letters, which are smaller than their outlines.
    with rc_context({"svg.hashsalt": "assay", "svg.fonttype": "none"}):
        picture.savefig(data, format=form, dpi=144, metadata={"Date": None} if form == "svg" else None)
    return data.getvalue()


def _panels(measurements: Sequence[Measurement]) -> "Figure":
    """Every arm of every measurement, and its curves, one below the other."""
    pairs = [(each, each.comparison) for each in measurements if each.comparison is not None]
    if not pairs:
        raise ValueError("there is nothing to plot: no trial measured anything")
    rows: list[int] = []
    for each, comparison in pairs:
        rows += [len(comparison.figures), *(_CURVE for _ in each.curves)]
    picture = _figure(height=sum(rows) * 0.32 + len(rows) * 0.95)
    panels = iter(picture.subplots(len(rows), 1, height_ratios=rows, squeeze=False)[:, 0])
    for each, comparison in pairs:
        _panel(next(panels), each, comparison)
        for curve in each.curves:
            _curve(next(panels), curve, each.name)
    return picture


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


def _panel(axes: "Axes", measurement: Measurement, comparison: Comparison) -> None:
    arms = [(arm.name, arm.value, _OTHERS) for arm in comparison.others]
    if comparison.baseline is not None:
        arms.insert(0, (comparison.baseline.name, comparison.baseline.value, _BASELINE))
    arms.append((measurement.name, comparison.candidate, _OURS))
    names, values, colours = zip(*arms, strict=True)
    axes.barh(names, values, color=colours, height=0.62)
    axes.errorbar([comparison.candidate], [measurement.name], xerr=_error(comparison), color="black", capsize=3)
    target = _claimed_value(measurement, comparison)
    if target is not None:
        axes.axvline(target, color=_CLAIMED, linestyle="--", linewidth=1.2)
        above = axes.get_xaxis_transform()  # across in the axis's unit, upwards in shares of the panel
        axes.text(target, 1.0, " claimed", color=_CLAIMED, fontsize=7, va="top", transform=above)
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel(f"{comparison.metric} [{comparison.unit or 'score'}], {comparison.better} is better", fontsize=8)
    axes.tick_params(labelsize=8)
    title = f"claimed {effect_claimed(measurement.claimed)}, measured {effect_measured(measurement)}"
    axes.set_title(f"{title}: {verdict_label(measurement)}", fontsize=9, loc="left")


def _error(comparison: Comparison) -> list[list[float]] | None:
    """The interval of the ratio as one of the candidate, the baseline held fast."""
    base, around = comparison.baseline, comparison.ratio_interval
    if around is None or base is None:
        return None
    ends = [base.value / r if comparison.better == "lower" else base.value * r for r in around if r > 0]
    return (
        [[max(0.0, comparison.candidate - min(ends))], [max(0.0, max(ends) - comparison.candidate)]] if ends else None
    )


def _claimed_value(measurement: Measurement, comparison: Comparison) -> float | None:
    """Where the method's bar would end with the claimed effect, at its least ambitious, over our baseline."""
    claim, base = measurement.claimed, comparison.baseline
    effect = claimed_effect(claim)
    if effect.scale == "value":
        return min(claim.ends) if measurement.in_claims_setting else None
    if base is None or effect.scale == "trend":
        return None
    times = factor(effect, claim)
    if times is None:
        step = effect.low if comparison.better == "higher" else -effect.low
        return base.value - step if worsens(claim) else base.value + step
    better = times if not worsens(claim) else 1 / times
    return base.value * better if comparison.better == "higher" else base.value / better
