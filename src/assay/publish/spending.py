"""Puts into words what computing at inference buys: a page generated from the results that show it."""

from collections.abc import Sequence

from assay.papers.measurement import figure
from assay.papers.spending import Spending, Spent

_ROWS = ("| | way to answer | seconds an answer | right | for each second more |", "|---|---|---|---|---|")


def spending_page(spendings: Sequence[Spending]) -> str:
    """A section for each task: its ways to answer, the cheapest first, numbered as in the picture."""
    parts = []
    for number, each in enumerate(spendings):
        measurement = each.measurement
        rows = [_row(f"{letter(number)}{at}", each, way) for at, way in enumerate(each.ways, 1)]
        about = f"{measurement.model}, {measurement.machine.name}, {measurement.device}, {measurement.threads} threads"
        link = f"[{measurement.name}](results/{measurement.name}.md)"
        task = each.task[0].upper() + each.task[1:]
        parts.append("\n".join([f"### {letter(number)}. {task}", "", f"{link}; {about}.", "", *_ROWS, *rows]))
    return "\n\n".join(parts) + "\n"


def letter(number: int) -> str:
    """What a task is called in the picture: A, B, C ... Z, AA, AB ..."""
    rounds, at = divmod(number, 26)
    return (letter(rounds - 1) if rounds else "") + chr(ord("A") + at)


def _row(mark: str, spending: Spending, way: Spent) -> str:
    name = f"**{way.arm}**" if way.is_method else way.arm
    cheapest = spending.cheapest
    more = way.seconds - cheapest.seconds
    gain = f"{(way.right - cheapest.right) / more:+.3g} points".replace("-", "−") if more > 0 else ""
    return f"| {mark} | {name} | {figure(way.seconds, 's')} | {figure(way.right, '%')} | {gain} |"
