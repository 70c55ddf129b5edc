"""Draws claims as a plot that one can click: the day across, the figure up, each point a link to its claim.

All places are shares of the picture, so that it is as wide as its page and letters stay as large as the page's own.
Colours come from the style sheet. One plot has figures of one kind and unit only.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from math import ceil, floor, log10
from statistics import median
from typing import Literal, NamedTuple

from markupsafe import Markup, escape

Axis = Literal["linear", "log", "both ways"]
"""How figures are laid out: evenly; by their size; or by their size, those above and those below 0."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 13.0, 97.5, 4.0, 89.0
"""Where the area of the points begins and ends, in per cent of the picture."""
_WIDE = 30
"""With figures of which the largest is so many times the smallest, they are laid out by their size."""
_SHAPES = (
    '<defs><path id="at-claim" d="M0 -6.5l6.5 6.5l-6.5 6.5l-6.5 -6.5z"/><circle id="at-reached" r="5"/>'
    '<circle id="at-open" r="4.5"/><path id="at-direction" d="M0 -5.5l5.5 10h-11z"/>'
    '<path id="at-missed" d="M-4.5 -4.5l9 9m0 -9l-9 9"/></defs>'
)


class Measured(NamedTuple):
    """What was measured of a claim, on the claim's own axis."""

    value: float
    reach: str
    """How far it gets; see `assay.publish.site.drawing.reach`."""


class Point(NamedTuple):
    """A claim in the plot."""

    day: date
    low: float
    high: float
    """The two ends of its figure."""
    link: str
    name: str
    """Its figure, what it is of, and the paper, in words."""
    measured: Sequence[Measured] = ()


def plot_claims(points: Sequence[Point], write: Callable[[float], str], name: str) -> Markup:
    """The plot as SVG; empty if there is no point.

    Args:
        points: all of one kind and unit.
        write: writes a figure of the axis.
        name: what the plot shows, for whoever does not see it.
    """
    if not points:
        return Markup()
    figures = [each for point in points for each in (point.low, point.high, *(m.value for m in point.measured))]
    axis = axis_of(figures)
    up = _place(_laid_out(figures, axis), _BOTTOM, _TOP)
    along = _place([point.day.toordinal() for point in points], _LEFT + 2, _RIGHT - 1)
    parts = [_SHAPES]
    for tick in ticks(min(figures), max(figures), axis):
        at = up(_lay_out(tick, axis))
        if _TOP <= at <= _BOTTOM:
            parts.append(f'<line class="rule" x1="{_LEFT}%" x2="{_RIGHT}%" y1="{at}%" y2="{at}%"/>')
            parts.append(f'<text x="{_LEFT - 1}%" y="{at}%" dy="4" text-anchor="end">{escape(write(tick))}</text>')
    days = [point.day for point in points]
    for day, words in day_ticks(min(days), max(days)):
        parts.append(f'<text x="{along(day.toordinal())}%" y="97%" text-anchor="middle">{words}</text>')
    for point in sorted(points, key=lambda point: (point.day, point.high)):
        x, low, high = along(point.day.toordinal()), up(_lay_out(point.low, axis)), up(_lay_out(point.high, axis))
        parts.append(_drawn(point, x, low, high, [up(_lay_out(each.value, axis)) for each in point.measured]))
    return Markup(  # noqa: S704 - numbers, and words that were escaped
        f'<svg class="claims-plot" role="group" aria-label="{escape(name)}" data-axis="{axis}">{"".join(parts)}</svg>'
    )


def _drawn(point: Point, x: float, low: float, high: float, measured: Sequence[float]) -> str:
    """A point, with its range and what was measured of it."""
    marks = []
    if low != high:
        marks.append(f'<line class="range" x1="{x}%" x2="{x}%" y1="{low}%" y2="{high}%"/>')
    for each, at in zip(point.measured, measured, strict=True):
        marks.append(f'<line class="gap" x1="{x}%" x2="{x}%" y1="{high}%" y2="{at}%"/>')
        marks.append(f'<use class="point {each.reach}" href="#at-{each.reach}" x="{x}%" y="{at}%"/>')
    shape = f'<use class="claim" href="#at-claim" x="{x}%" y="{high}%"/>'
    if not point.measured:
        shape = f'<circle class="claim" cx="{x}%" cy="{high}%" r="5"/>'
    # An unseen circle around it, since a finger is wider than a point.
    around = f'<circle class="touch" cx="{x}%" cy="{high}%" r="12"/>'
    title = f"<title>{escape(point.name)}</title>"
    return f'<a href="{escape(point.link)}">{title}{"".join(marks)}{around}{shape}</a>'


def axis_of(figures: Sequence[float]) -> Axis:
    """How figures are best laid out: by their size where a few would press all others together."""
    sizes = [abs(figure) for figure in figures if figure]
    if not sizes:
        return "linear"
    if min(figures) > 0:
        return "log" if max(sizes) >= _WIDE * min(sizes) else "linear"
    return "both ways" if max(sizes) >= _WIDE / 3 * median(sizes) else "linear"


def _lay_out(figure: float, axis: Axis) -> float:
    match axis:
        case "log":
            return log10(figure)
        case "both ways":
            return (log10(1 + abs(figure))) * (1 if figure >= 0 else -1)
        case _:
            return figure


def _laid_out(figures: Sequence[float], axis: Axis) -> list[float]:
    return [_lay_out(figure, axis) for figure in figures]


def _place(values: Sequence[float], first: float, last: float) -> Callable[[float], float]:
    """Where a value lies between the first and the last of these; a single one lies in the middle."""
    low, high = min(values), max(values)
    room = (high - low) * 0.05 if first > last else 0.0  # above the highest figure, and below the lowest
    low, high = low - room, high + room

    def place(value: float) -> float:
        share = (value - low) / (high - low) if high > low else 0.5
        return round(first + share * (last - first), 2)

    return place


def ticks(low: float, high: float, axis: Axis) -> list[float]:
    """Round figures between two, about five of them."""
    if axis == "linear":
        return list(_even_ticks(low, high))
    reach = ceil(log10(max(abs(low), abs(high)))) + 1
    if axis == "both ways":
        powers = [10.0**power for power in range(reach)]
        return [tick for tick in (*(-each for each in reversed(powers)), 0.0, *powers) if low <= tick <= high]
    powers = [10.0**power for power in range(floor(log10(low)), reach)]
    steps = (1,) if len(powers) > 5 else (1, 3) if len(powers) > 3 else (1, 2, 5)
    return [step * power for power in powers for step in steps if low <= step * power <= high]


def _even_ticks(low: float, high: float) -> Iterator[float]:
    span = (high - low) or abs(high) or 1.0
    rough = span / 5
    power = 10.0 ** floor(log10(rough))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= rough)
    for number in range(floor(low / step), ceil(high / step) + 1):
        yield number * step


def day_ticks(first: date, last: date) -> list[tuple[date, str]]:
    """Up to five days between two, each with its words: the first days of months, or of years; or single days."""
    months = (last.year - first.year) * 12 + last.month - first.month
    if months < 2:
        step = max(1, ceil(((last - first).days + 1) / 5))
        days = [first + timedelta(days=number) for number in range(0, (last - first).days + 1, step)]
        return [(day, f"{day:%m-%d}") for day in days]
    step = next(each for each in (1, 2, 3, 6, 12, 24, 60, 120, 240) if months / each <= 5)
    starts = [
        date(month // 12, month % 12 + 1, 1)
        for month in range(first.year * 12 + first.month, last.year * 12 + last.month)
        if month % step == 0
    ]
    return [(day, f"{day:%Y}" if step >= 12 else f"{day:%Y-%m}") for day in starts]
