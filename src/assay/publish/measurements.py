"""A measurement in words, for people: what is claimed, what was measured beside what, and the verdict."""

from collections.abc import Sequence

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from assay.papers.measurement import Measurement, Score, Verdict, figure
from assay.publish import claims
from assay.publish.labels import label

_STYLE = {
    Verdict.HOLDS: "bold green",
    Verdict.DIRECTION_HOLDS: "bold yellow",
    Verdict.DOES_NOT_HOLD: "bold red",
    Verdict.NOT_TESTABLE: "bold",
}


def claimed_figure(measurement: Measurement) -> str:
    """The figure that the paper claims."""
    return claims.claimed(measurement.claimed)


def measured_figure(measurement: Measurement) -> str:
    """The figure that was measured, in the terms of the claim."""
    if measurement.candidate is None:
        return "–"
    if measurement.claimed.kind == "times" and measurement.ratio is not None:
        return f"{measurement.ratio:.3g}x{spread(measurement)}"
    return figure(measurement.candidate, measurement.unit)


def spread(measurement: Measurement) -> str:
    """Where the ratio or difference lies with 90 % confidence: `` (2.8 to 3.1)``; empty where it does not vary."""
    if measurement.spread is None:
        return ""
    low, high = measurement.spread
    return f" ({low:.3g} to {high:.3g})"


def arms(measurement: Measurement) -> list[tuple[str, str]]:
    """Every arm with its figure: the baseline first, then the method, then the others."""
    rows = []
    if measurement.baseline is not None:
        rows.append((measurement.baseline.name, figure(measurement.baseline.value, measurement.unit)))
    if measurement.candidate is not None:
        rows.append((measurement.name, figure(measurement.candidate, measurement.unit)))
    return rows + [(arm.name, figure(arm.value, measurement.unit)) for arm in measurement.others]


def condition(score: Score) -> str:
    """A bounded score's bounds in words; empty for one that is only shown."""
    bounds = []
    if score.at_least is not None:
        bounds.append(f"at least {figure(score.at_least, score.unit)}")
    if score.at_most is not None:
        bounds.append(f"at most {figure(score.at_most, score.unit)}")
    return " and ".join(bounds)


def print_measurement(console: Console, measurement: Measurement, *, stale: str = "") -> None:
    """Print one measurement: verdict, claimed beside measured, every arm, every score, the setting and the machine."""
    head = Text.assemble(
        (f"{measurement.paper} {measurement.name}  ", "bold"),
        (measurement.verdict.value, _STYLE[measurement.verdict]),
    )
    if stale:
        head.append(f"  stale: {stale}", style="yellow")
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    claim = measurement.claimed
    said = " ".join(filter(None, [claimed_figure(measurement), claims.metric(claim), claims.compared(claim, "en")]))
    table.add_row("claimed", Text(said + (f" ({claim.setting})" if claim.setting else "")))
    if measurement.missing:
        table.add_row("missing", Text(measurement.missing))
    else:
        table.add_row("measured", Text(f"{measured_figure(measurement)}  {measurement.metric}"))
        table.add_row("", Text(" · ".join(f"{name} {value}" for name, value in arms(measurement)), style="dim"))
    for score in measurement.scores:
        mark = "" if not score.bounded else "✓ " if score.met else "✗ "
        others = "".join(f" · {arm.name} {figure(arm.value, score.unit)}" for arm in score.others)
        wanted = f" (wanted: {condition(score)})" if score.bounded else ""
        table.add_row(Text(f"{mark}{score.name}"), Text(figure(score.candidate, score.unit) + wanted + others))
    table.add_row("setting", Text(measurement.setting))
    taken = f"{measurement.threads} threads, {measurement.taken_at:%Y-%m-%d}"
    where = f"{measurement.machine.name}, {measurement.device}, {taken}"
    table.add_row("machine", Text(where))
    console.print(Group(head, Padding(table, (0, 0, 1, 2))))


def compared_table(measurements: Sequence[Measurement], machine: str) -> Table:
    """Trial by trial, what other machines found beside one of them."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    others = sorted({each.machine.name for each in measurements} - {machine})
    for column in ("paper", "claim", "claimed", machine, *others):
        table.add_column(column, overflow="fold")
    trials = dict.fromkeys((each.trial, each.device, each.quick) for each in measurements)
    for key in trials:
        found = {each.machine.name: each for each in measurements if each.key == key}
        first = next(iter(found.values()))
        cells = [
            f"{measured_figure(found[name])}\n{found[name].verdict.value}" if name in found else ""
            for name in (machine, *others)
        ]
        table.add_row(first.paper, first.claim, claimed_figure(first), *cells)
    return table


def verdict_label(verdict: Verdict, language: str) -> str:
    """A verdict in words."""
    return label(f"verdict_{verdict.name.lower()}", language)
