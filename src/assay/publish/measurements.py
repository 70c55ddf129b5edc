"""A measurement in words, for people: what is claimed, what was measured beside what, and the verdict."""

import re
from collections.abc import Collection, Sequence
from math import isnan

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from assay.papers.measurement import Curve, Measurement, Score, Verdict, figure
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
    if measurement.claimed.kind == "relative" and measurement.baseline is not None and measurement.baseline.value:
        change = 100 * (measurement.candidate / measurement.baseline.value - 1)
        return f"{change if measurement.better == 'higher' else -change:+.3g} %"
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


def curve_rows(measurement: Measurement, curve: Curve) -> list[tuple[str, ...]]:
    """A curve as a table: a row of what it is drawn along, then one for each arm."""
    rows = [(curve.along, *(f"{point:,.10g}" for point in curve.at))]
    for line in curve.lines:
        values = ("–" if isnan(value) else figure(value, curve.unit) for value in line.values)
        rows.append((line.name or measurement.name, *values))
    return rows


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
    for curve in measurement.curves:
        # Names above their figures: side by side, ten points would not fit a terminal.
        rows = [f"{name}\n  {' / '.join(values)}" for name, *values in curve_rows(measurement, curve)]
        table.add_row(Text(curve.name), Text("\n".join(rows)))
    if not measurement.missing:
        table.add_row("setting", Text(measurement.setting))
    taken = f"{measurement.threads} threads, {measurement.taken_at:%Y-%m-%d}"
    where = f"{measurement.machine.name}, {measurement.device}, {taken}"
    table.add_row("machine", Text(where))
    console.print(Group(head, Padding(table, (0, 0, 1, 2))))


def overview(measurements: Sequence[Measurement], stale: Collection[Measurement] = ()) -> Table:
    """One line for each measurement: claimed, measured, verdict."""
    several = len({(each.machine.name, each.device) for each in measurements}) > 1
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("method", "claim", "claimed", "measured", "verdict", *(["machine"] if several else [])):
        table.add_column(column, overflow="fold")
    for each in measurements:
        verdict = Text(each.verdict.value, style=_STYLE[each.verdict])
        for mark, applies in (("quick", each.quick), ("stale", each in stale)):
            if applies:
                verdict.append(f", {mark}", style="yellow")
        cells: list[Text] = [
            Text(text) for text in (each.name, each.claim, claimed_figure(each), measured_figure(each))
        ]
        where = [Text(f"{each.machine.name}, {each.device}")] if several else []
        table.add_row(*cells, verdict, *where)
    return table


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


def markdown_table(measurements: Sequence[Measurement]) -> str:
    """Claimed beside measured as a table in Markdown, one row for each measurement; how many lack something, below."""
    rows = ["| method | claimed | measured | beside | verdict | machine |", "|---|---|---|---|---|---|"]
    for each in measurements:
        if each.missing:
            continue
        cells = (
            each.name,
            f"{claimed_figure(each)} {claims.metric(each.claimed)}",
            f"**{measured_figure(each)}** {each.metric}",
            ", ".join(f"{name} {value}" for name, value in arms(each) if name != each.name),
            each.verdict.value,
            f"{each.machine.name}, {each.device}",
        )
        rows.append(f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |")
    if missing := sum(bool(each.missing) for each in measurements):
        rows += ["", f"{missing} further claims cannot be tested there; the pages of the methods say what is missing."]
    return "\n".join(rows) + "\n"


def markdown_details(measurements: Sequence[Measurement]) -> str:
    """Everything that was measured as a list in Markdown: every arm, every score, the setting."""
    lines = []
    for each in measurements:
        found = f"missing: {each.missing}" if each.missing else f"measured **{measured_figure(each)}** {each.metric}"
        said = f"claimed {claimed_figure(each)} {claims.metric(each.claimed)}"
        lines.append(f"- **{each.verdict.value}**: {each.what} {said[0].upper()}{said[1:]}, {found}.")
        if each.missing:
            continue
        lines.append(f"  - {', '.join(f'{name} {value}' for name, value in arms(each))}")
        for score in each.scores:
            wanted = f" ({'met' if score.met else 'not met'}: {condition(score)})" if score.bounded else ""
            others = "".join(f", {arm.name} {figure(arm.value, score.unit)}" for arm in score.others)
            lines.append(f"  - {score.name}: {figure(score.candidate, score.unit)}{wanted}{others}")
        for curve in each.curves:
            along, *arms_of = curve_rows(each, curve)
            lines += [f"  - {curve.name}, along {' / '.join(along[1:])} {along[0]}:"]
            lines += [f"    - {name}: {' / '.join(values)}" for name, *values in arms_of]
        lines.append(f"  - {each.setting}; {each.machine.name}, {each.device}, {each.threads} threads")
    if measurements and not any(each.device == "cuda" for each in measurements):
        lines.append(
            "- **not measured yet** on a GPU: `--device cuda` runs the same trials at the size that is written for it."
        )
    return "\n".join(lines) + "\n"


def fill_in(text: str, measurements: Sequence[Measurement]) -> str:
    """A document with its results written anew.

    A table of all stands between ``<!-- results -->`` and ``<!-- end of results -->``; after ``<!-- results NAME -->``
    stands all that was measured for the paper of that short name.
    """

    def results(match: re.Match[str]) -> str:
        name = match["name"]
        shown = markdown_details([each for each in measurements if each.name == name]) if name else ""
        return f"{match['begin']}\n{shown or markdown_table(measurements)}{match['end']}"

    return _RESULTS.sub(results, text)


_RESULTS = re.compile(r"(?P<begin><!-- results(?: (?P<name>\w+))? -->)\n.*?(?P<end><!-- end of results -->)", re.DOTALL)


def verdict_label(verdict: Verdict, language: str) -> str:
    """A verdict in words."""
    return label(f"verdict_{verdict.name.lower()}", language)
