"""Draws measurements as small SVG pictures inside a page: colours come from the style sheet, so they follow the light.

`effect_svg` shows one measurement: the claimed effect above the measured one with its interval. `effects_svg` shows all
of them, each as a point. `rise_svg` shows how a term rises. None says anything that the text beside it does not.
"""

from collections.abc import Callable, Sequence
from math import inf, isfinite, log10

from markupsafe import Markup, escape

from assay.papers.effects import Effect, claimed_effect
from assay.papers.measurement import Evidence, Measurement
from assay.papers.period import Period, RisingTerm
from assay.papers.verdict import Verdict
from assay.publish.measurements import effect_of
from assay.publish.plot import effect_pairs

_WIDTH, _HEIGHT = 240, 40
_CLAIMED_AT, _MEASURED_AT = 12, 28
_EDGE = 14
_TICKS = (0.5, 1, 2, 5, 10, 20)
_SHOWN = 0.45, 32.0
"""The ratios that `effects_svg` has room for; what lies beyond is drawn at the edge."""
_LENGTH, _THICK = 120, 12
_SIDE = 420
_MARGIN = 44
_RIM = 10

REACH = {
    Verdict.HOLDS: "reached",
    Verdict.SEEN: "reached",
    Verdict.DIRECTION_HOLDS: "direction",
    Verdict.DIRECTION_SEEN: "direction",
    Verdict.DOES_NOT_HOLD: "missed",
    Verdict.NOT_SEEN: "missed",
}
"""How far a measurement gets, which decides its colour and its shape; any other verdict is open."""


def reach(measurement: Measurement) -> str:
    """How far a measurement gets: ``reached``, ``direction``, ``missed``, or ``open``."""
    return REACH.get(measurement.verdict, "open")


def effect_svg(measurement: Measurement, among: Sequence[Measurement] = ()) -> Markup:
    """A measured effect below the claimed one, on the claim's own scale, better to the right; empty without a figure.

    The line is where nothing changes; the tinted side is where the claim is reached.

    Args:
        measurement: What was measured.
        among: Other measurements of the same claim, to be seen below each other on one scale.
    """
    effect = _measured(measurement)
    if effect is None:
        return Markup()
    target = claimed_effect(measurement.claimed)
    place = _scale(target, [effect, *filter(None, map(_measured, among))])
    parts = [f'<path class="rule" d="M0 {_MEASURED_AT}H{_WIDTH}"/>']
    if target.neutral is not None:
        parts.append(f'<path class="neutral" d="M{place(target.neutral)} 2V{_HEIGHT - 2}"/>')
    if target.scale == "trend":
        tip = _WIDTH - _EDGE
        parts.append(f'<path class="claimed" d="M{place(0.0)} {_CLAIMED_AT}H{tip}m-6 -4l6 4l-6 4"/>')
    else:
        near, far = place(target.value), place(target.high)
        parts.insert(0, f'<path class="reach" d="M{near} 0H{_WIDTH}V{_HEIGHT}H{near}z"/>')
        parts.append(f'<path class="target" d="M{near} {_CLAIMED_AT}V{_HEIGHT - 2}"/>')
        if far != near:
            parts.append(f'<path class="claimed" d="M{near} {_CLAIMED_AT}H{far}"/>')
        parts.append(_diamond(near))
    low, high, value = (place(each) for each in (effect.low, effect.high, effect.value))
    if low != high:
        parts.append(f'<path class="interval" d="M{low} {_MEASURED_AT}H{high}m0 -4v8M{low} {_MEASURED_AT - 4}v8"/>')
    parts.append(f'<circle class="measured" cx="{value}" cy="{_MEASURED_AT}" r="5"/>')
    shape = f'class="effect {reach(measurement)}" viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-hidden="true"'
    return Markup(f"<svg {shape}>{''.join(parts)}</svg>")  # noqa: S704 - numbers and fixed words


def effects_svg(
    measurements: Sequence[Measurement], link: Callable[[Measurement], str], axes: tuple[str, str]
) -> Markup:
    """Claimed against measured effect of all measurements that have both, as ratios along logarithmic axes.

    On the line from corner to corner, what was measured is what is claimed; above it, more.

    Args:
        measurements: What was measured.
        link: The address of a measurement's place.
        axes: The words along the two axes, the claimed effect's first.
    """
    points = effect_pairs(measurements)
    if not points:
        return Markup()
    low, high = _SHOWN
    inner = _SIDE - _MARGIN - _RIM

    def along(value: float) -> float:
        return round(_MARGIN + inner * log10(min(max(value, low), high) / low) / log10(high / low), 1)

    def up(value: float) -> float:
        return round(_SIDE - along(value), 1)

    end, right = _SIDE - _MARGIN, _SIDE - _RIM
    parts = [
        f'<path class="reach" d="M{_MARGIN} {end}L{right} {_RIM}H{_MARGIN}z"/>',
        f'<path class="target" d="M{_MARGIN} {end}L{right} {_RIM}"/>',
        f'<path class="neutral" d="M{_MARGIN} {up(1)}H{right}M{along(1)} {_RIM}V{end}"/>',
    ]
    for tick in _TICKS:
        parts.append(f'<text x="{along(tick)}" y="{end + 16}" text-anchor="middle">{tick:g}x</text>')
        parts.append(f'<text x="{_MARGIN - 6}" y="{up(tick) + 4}" text-anchor="end">{tick:g}x</text>')
    parts.append(f'<text x="{_SIDE / 2}" y="{_SIDE - 6}" text-anchor="middle" class="axis">{escape(axes[0])}</text>')
    middle = f'x="{-_SIDE / 2}" y="11" text-anchor="middle" transform="rotate(-90)"'
    parts.append(f'<text {middle} class="axis">{escape(axes[1])}</text>')
    for claimed, measured, each in sorted(points, key=lambda point: point[2].evidence in _REAL):
        name = escape(f"{each.name}: {each.claimed.metric}")
        shape = _shape(each, along(claimed), up(measured))
        parts.append(f'<a href="{escape(link(each))}" tabindex="-1"><title>{name}</title>{shape}</a>')
    body = "".join(parts)
    return Markup(f'<svg class="effects" viewBox="0 0 {_SIDE} {_SIDE}" aria-hidden="true">{body}</svg>')  # noqa: S704


_REAL = {Evidence.REAL_MODEL, Evidence.AS_CLAIMED}


def _shape(measurement: Measurement, x: float, y: float) -> str:
    """A point: its shape and colour are the verdict's, its size that of the evidence."""
    size = 6.5 if measurement.evidence in _REAL else 4.5
    how = reach(measurement)
    match how:
        case "reached" | "open":
            body = f'<circle cx="{x}" cy="{y}" r="{size}"'
        case "direction":
            body = f'<path d="M{x} {y - size}L{x + size} {y + size}H{x - size}z"'
        case _:
            step = size * 0.8
            body = f'<path d="M{x - step} {y - step}l{2 * step} {2 * step}m0 {-2 * step}l{-2 * step} {2 * step}"'
    return f'{body} class="point {how}"/>'


def rise_svg(term: RisingTerm, period: Period) -> Markup:
    """The share of papers that have a term, above what it was before; all terms of a period are on one scale."""
    most = max(each.papers for each in period.rising)
    now = round(_LENGTH * term.papers / most, 1)
    earlier = period.compared.papers if period.compared else 0
    before = round(_LENGTH * min(term.before / earlier * period.readable / most, 1), 1) if earlier else 0
    half = _THICK // 2
    parts = f'<path class="now" d="M0 0H{now}V{half}H0z"/><path class="before" d="M0 {half}H{before}V{_THICK}H0z"/>'
    return Markup(f'<svg class="rise" viewBox="0 0 {_LENGTH} {_THICK}" aria-hidden="true">{parts}</svg>')  # noqa: S704


def _measured(measurement: Measurement) -> Effect | None:
    """The measured effect; ``None`` where there is none that has a place in a picture."""
    comparison = measurement.comparison
    effect = None if comparison is None else effect_of(measurement.claimed, comparison)
    if effect is None or not isfinite(effect.value) or (effect.scale == "ratio" and effect.value <= 0):
        return None
    return effect


def _scale(target: Effect, effects: Sequence[Effect]) -> Callable[[float], float]:
    """Where an effect lies across the picture, with room for the claimed one and for all that were measured."""

    def read(value: float) -> float:
        return value if target.scale != "ratio" else log10(value) if value > 0 else -inf

    ends = [target.value, target.high] if target.scale != "trend" else [0.0]
    shown = [*ends, *(end for each in effects for end in (each.value, each.low, each.high))]
    if target.neutral is not None:
        shown.append(target.neutral)
    places = [read(each) for each in shown if isfinite(read(each))]
    low, high = min(places), max(places)
    if target.scale == "trend":
        high = max(high, -low)  # room for the arrow
    width = (high - low) or 1.0

    def place(value: float) -> float:
        at = min(max(read(value), low), high)
        return round(_EDGE + (_WIDTH - 2 * _EDGE) * (at - low) / width, 1)

    return place


def _diamond(x: float) -> str:
    return f'<path class="claimed" d="M{x} {_CLAIMED_AT - 5}l5 5l-5 5l-5 -5z"/>'
