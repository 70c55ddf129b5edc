"""Puts a measurement into words: the measured effect beside the claimed one, and the verdict."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from math import inf, isfinite, isnan

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from assay.papers.comparison import Comparison, ratio
from assay.papers.effects import (
    Effect,
    claimed_effect,
    is_better_higher,
    is_ratio_of_figures,
    measured_effect,
    worsens,
)
from assay.papers.measurement import Curve, Evidence, Measurement, figure
from assay.papers.models import Claim
from assay.papers.text import counted
from assay.papers.verdict import Verdict
from assay.publish import claims
from assay.publish.labels import label

_STYLE = {
    Verdict.HOLDS: "bold green",
    Verdict.SEEN: "green",
    Verdict.DIRECTION_HOLDS: "bold yellow",
    Verdict.DIRECTION_SEEN: "yellow",
    Verdict.DOES_NOT_HOLD: "bold red",
    Verdict.NOT_SEEN: "red",
    Verdict.UNDECIDED: "magenta",
    Verdict.NOT_JUDGED: "bold",
    Verdict.NOT_TESTABLE: "bold",
}


def effect_claimed(claim: Claim, language: str = "en") -> str:
    """The effect that is claimed, as people read it: ``up to 2.87x``, ``−61%``, ``0.964x``.

    A figure beside its baseline's becomes their ratio; a bare figure and a trend are shown as the claim has them.
    """
    base, scale = claim.baseline_value, claimed_effect(claim).scale
    if base is None:
        return claims.claim_figure(claim, language)
    if scale == "ratio":
        words = "–".join(f"{end / base:.3g}" for end in claim.ends) + "x"
    elif scale == "percent":
        words = " to ".join(_with_sign(100 * (end - base) / base, "%") for end in claim.ends)
    else:
        words = " to ".join(_with_sign(end - base, claim.unit) for end in claim.ends)
    return claims.add_bound(claim.bound, words, language)


def effect_measured(measurement: Measurement, arm: str = "") -> str:
    """The effect that was measured, in the terms of the claim and without its interval: ``1.28x``, ``−49.9%``.

    Args:
        measurement: What was measured.
        arm: Which arm's effect against the baseline; the method's own by default.
    """
    comparison = measurement.comparison
    if comparison is None:
        return "–"
    value = comparison.figures[arm]
    if arm:
        base = comparison.baseline
        alone = {"interval": None, "ratio_interval": None, "difference_interval": None}
        times = None if base is None else ratio(base.value, value, comparison.better)
        comparison = comparison.model_copy(update={"candidate": value, "ratio": times} | alone)
    effect = effect_of(measurement.claimed, comparison)
    if effect is None or not isfinite(effect.value):
        return figure(value, comparison.unit)
    return _in_words(
        measurement.claimed, effect.scale, _in_claims_terms(measurement.claimed, effect.scale, effect.value), comparison
    )


def interval(measurement: Measurement) -> str:
    """Where the measured effect lies: ``1.07 to 1.61``; empty where it does not vary from run to run."""
    comparison = measurement.comparison
    effect = None if comparison is None else effect_of(measurement.claimed, comparison)
    if effect is None or effect.low == effect.high or not isfinite(effect.value):
        return ""
    low, high = sorted(_in_claims_terms(measurement.claimed, effect.scale, end) for end in (effect.low, effect.high))
    return f"{low:.3g} to {high:.3g}".replace("-", "−")


def effect_of(claim: Claim, comparison: Comparison) -> Effect | None:
    """The measured effect; ``None`` where it has no meaning, or can no longer be held against the claim."""
    try:
        return measured_effect(claim, comparison)
    except ValueError:  # the claim has become another since; the verdict says so
        return None


def measured_figure(measurement: Measurement) -> float | None:
    """What was measured of a claim of an effect, to be drawn beside the claim's own figure; ``None`` for all else."""
    claim, comparison = measurement.claimed, measurement.comparison
    effect = None if comparison is None else effect_of(claim, comparison)
    if effect is None or not isfinite(effect.value) or claim.kind not in {"times", "relative", "points"}:
        return None
    if claim.kind == "times":
        figure = _in_claims_terms(claim, "ratio", effect.value)
        return figure if 0 < figure < inf else None
    return -effect.value if claim.direction == "down" else effect.value


def _in_claims_terms(claim: Claim, scale: str, effect: float) -> float:
    """An effect in the claim's own terms: time that falls by 40 % is -40, 0.34x the sampling time is below 1."""
    if scale == "trend":
        return effect if claim.direction == "up" else -effect
    if scale == "ratio":
        inverse = is_ratio_of_figures(claim) if claim.kind == "times" else not is_better_higher(claim)
        return (1 / effect if effect else inf) if inverse else effect
    return effect if is_better_higher(claim) else -effect


def _in_words(claim: Claim, scale: str, value: float, comparison: Comparison) -> str:
    match scale:
        case "ratio":
            return f"{value:.3g}x"
        case "percent":
            return _with_sign(value, "%")
        case "points" | "difference":
            return _with_sign(value, claim.unit)
        case _:
            return figure(value, comparison.unit)


def against(measurement: Measurement) -> str:
    """How the effect relates to the baseline, in words: ``of Pre-LN``, ``as fast as full cache``; empty without one."""
    comparison, claim = measurement.comparison, measurement.claimed
    scale = claimed_effect(claim).scale
    if comparison is None or comparison.baseline is None or scale in {"value", "trend"}:
        return ""
    name = comparison.baseline.name
    if scale != "ratio":
        return f"against {name}"
    if claim.kind != "times":
        return f"of {name}"
    if is_ratio_of_figures(claim) or (comparison.better == "higher" and not worsens(claim)):
        return f"of {name}"
    if comparison.unit == "s":
        return f"as slow as {name}" if worsens(claim) else f"as fast as {name}"
    higher = (comparison.better == "higher") != worsens(claim)
    return f"as large as {name}" if higher else f"as small as {name}"


def row(measurement: Measurement, language: str = "en", *, others: int = 3) -> str:
    """All of a measurement in a line: what, its effect beside the claimed one, on what evidence, and other arms'.

    ``perplexity 0.86x of Pre-LN (paper 0.964x) · trained here · DeepNorm 0.48x``
    """
    comparison, claim = measurement.comparison, measurement.claimed
    if comparison is None:
        return f"{claims.metric(claim)}: {label('claim.not_testable', language, why=measurement.missing)}"
    around = interval(measurement)
    effect = effect_measured(measurement) + (f" [{around}]" if around else "")
    paper = label("claim.in_paper", language, figure=effect_claimed(claim, language))
    what = comparison.metric
    if claim.kind != "times" and claim.better != comparison.better and against(measurement):
        what = f"{claim.metric}, by {what}"  # speed by time: its effect has the direction of the claim
    parts = [" ".join(filter(None, [what, effect, against(measurement), f"({paper})"]))]
    parts.append(evidence_label(measurement, language))
    beside = list(comparison.others)
    if comparison.baseline is not None and not against(measurement):
        beside.insert(0, comparison.baseline)  # a bare figure is not set against it, but read beside it
    parts += [f"{arm.name} {effect_measured(measurement, arm.name)}" for arm in beside[:others]]
    return " · ".join(parts)


def evidence_label(measurement: Measurement, language: str = "en") -> str:
    """How much the measurement is worth, in words."""
    evidence = measurement.evidence
    return label(f"evidence.{evidence.name.lower() if evidence else 'unknown'}", language)


def verdict_label(measurement: Measurement, language: str = "en") -> str:
    """The verdict in words; of an undecided one, with the two that it lies between, or why it lies nowhere."""
    verdict, *between = (
        label(f"verdict.{each.name.lower()}", language) for each in (measurement.verdict, *measurement.verdict_between)
    )
    if between:
        return label("verdict.or", language, verdict=verdict, one=between[0], other=between[1])
    if measurement.verdict is Verdict.UNDECIDED:
        return label("verdict.unsound", language, verdict=verdict)
    return verdict


def setting(measurement: Measurement, language: str = "en") -> str:
    """The model and setting of a measurement, and how they differ from the paper's."""
    own = f"the claim's own setting: {measurement.own_setting}" if measurement.own_setting else ""
    size = "a quick run" if measurement.quick else "the size of up to an hour" if measurement.long else ""
    words = [evidence_label(measurement, language), measurement.model, own, *measurement.differs, size]
    return "; ".join(filter(None, words))


def arms(comparison: Comparison, name: str) -> list[tuple[str, str]]:
    """Every arm with its figure: the baseline first, then the method by its name, then the others."""
    figures = comparison.figures
    mine = figures.pop("")
    first = [comparison.baseline.name] if comparison.baseline else []
    rows = [(arm, figures.pop(arm)) for arm in first] + [(name, mine), *figures.items()]
    return [(arm, figure(value, comparison.unit)) for arm, value in rows]


def condition(comparison: Comparison) -> str:
    """The bounds of a condition in words; empty for a figure that is only shown."""
    bounds = []
    if comparison.at_least is not None:
        bounds.append(f"at least {figure(comparison.at_least, comparison.unit)}")
    if comparison.at_most is not None:
        bounds.append(f"at most {figure(comparison.at_most, comparison.unit)}")
    return " and ".join(bounds)


def condition_mark(comparison: Comparison) -> str:
    """Whether a condition is met, as a sign: ``✓``, ``✗``, or ``?`` where its interval reaches over the bound."""
    return "" if not comparison.bounded else {True: "✓", False: "✗", None: "?"}[comparison.met]


def curve_rows(measurement: Measurement, curve: Curve) -> list[tuple[str, ...]]:
    """A curve as a table: a row of what it is drawn along, then one for each arm."""
    rows = [(curve.along, *(f"{point:,.10g}" for point in curve.at))]
    for line in curve.lines:
        values = ("–" if isnan(value) else figure(value, curve.unit) for value in line.values)
        rows.append((line.name or measurement.name, *values))
    return rows


def print_measurement(console: Console, measurement: Measurement, *, stale: str = "") -> None:
    """Print one measurement: verdict, the effect beside the claimed one, every arm and condition, setting, machine."""
    head = Text.assemble(
        (f"{measurement.paper} {measurement.name}  ", "bold"), (verdict_label(measurement), _STYLE[measurement.verdict])
    )
    if measurement.verdict_reason and not measurement.missing:
        head.append(f"  ({measurement.verdict_reason})", style="dim")
    if stale:
        head.append(f"  {stale}", style="yellow")
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    claim, comparison = measurement.claimed, measurement.comparison
    claim_text = " ".join(
        filter(None, [claims.claim_figure(claim), claims.metric(claim), claims.comparison_line(claim, "en")])
    )
    table.add_row("claimed", Text(claim_text + (f" ({claim.setting})" if claim.setting else "")))
    if comparison is None:
        table.add_row("missing", Text(measurement.missing))
    else:
        table.add_row("measured", Text(row(measurement, others=0)))
        table.add_row("", Text(_join_arms(arms(comparison, measurement.name)), style="dim"))
    for each in measurement.beside:
        mark = f"{condition_mark(each)} ".lstrip()
        bounds = f" (wanted: {condition(each)})" if each.bounded else ""
        others = "".join(f" · {name} {value}" for name, value in arms(each, "") if name)
        table.add_row(Text(f"{mark}{each.metric}"), Text(figure(each.candidate, each.unit) + bounds + others))
    for curve in measurement.curves:
        # Names above their figures: side by side, ten points would not fit a terminal.
        rows = [f"{name}\n  {' / '.join(values)}" for name, *values in curve_rows(measurement, curve)]
        table.add_row(Text(curve.name), Text("\n".join(rows)))
    if comparison is not None:
        table.add_row("setting", Text(setting(measurement)))
    run = f"{measurement.threads} threads, {measurement.taken_at:%Y-%m-%d}"
    where = f"{measurement.machine.name}, {measurement.device}, {run}"
    table.add_row("machine", Text(where))
    console.print(Group(head, Padding(table, (0, 0, 1, 2))))


def overview(measurements: Sequence[Measurement], stale: Collection[Measurement] = ()) -> Table:
    """One line for each measurement: the effect beside the claimed one, and the verdict."""
    several = len({(each.machine.name, each.device) for each in measurements}) > 1
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for column in ("method", "measured (and claimed)", "verdict", *(["machine"] if several else [])):
        table.add_column(column, overflow="fold")
    for each in measurements:
        verdict = Text(verdict_label(each), style=_STYLE[each.verdict])
        for mark, applies in (
            ("quick", each.quick),
            ("long", each.long),
            ("measured with earlier code", each in stale),
        ):
            if applies:
                verdict.append(f", {mark}", style="yellow")
        where = [Text(f"{each.machine.name}, {each.device}")] if several else []
        table.add_row(Text(each.name), Text(row(each)), verdict, *where)
    return table


def compared_table(measurements: Sequence[Measurement], machine: str) -> Table:
    """Trial by trial, what other machines found beside one of them."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    others = sorted({each.machine.name for each in measurements} - {machine})
    for column in ("paper", "claim", "claimed", machine, *others):
        table.add_column(column, overflow="fold")
    trials = dict.fromkeys(each.key for each in measurements)
    for key in trials:
        by_machine = {each.machine.name: each for each in measurements if each.key == key}
        first = next(iter(by_machine.values()))
        cells = [_compared_cell(by_machine.get(name)) for name in (machine, *others)]
        table.add_row(first.paper, first.claim, effect_claimed(first.claimed), *cells)
    return table


def models_table(measurements: Sequence[Measurement]) -> Table:
    """Trial by trial, what was found on each pretrained model, in the same terms; a row a machine, device and size."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    tried = [(each, each.pretrained.key) for each in measurements if each.pretrained]
    models = sorted({model for _, model in tried})
    for column in ("method", "claimed", "machine", *models):
        table.add_column(column, overflow="fold")
    rows: dict[tuple[str, ...], dict[str, Measurement]] = {}
    for each, model in tried:
        rows.setdefault((each.trial, each.machine.name, each.device, each.size), {})[model] = each
    for (_, machine, device, size), by_model in rows.items():
        first = next(iter(by_model.values()))
        cells = [_compared_cell(by_model.get(model)) for model in models]
        where = ", ".join(dict.fromkeys([machine, device, size]))
        table.add_row(f"{first.name}\n{first.claim}", effect_claimed(first.claimed), where, *cells)
    return table


def _compared_cell(measurement: Measurement | None) -> str:
    """The effect and the verdict, for a place beside others of the same trial; empty where there is none."""
    if measurement is None:
        return ""
    around = interval(measurement)
    effect = effect_measured(measurement) + (f" [{around}]" if around else "")
    return f"{effect}\n{verdict_label(measurement)}"


def headlines(measurements: Sequence[Measurement]) -> list[Measurement]:
    """Of each paper the measurement of its headline: one on a real model, or else of the first claim in its file.

    The measurements come in the order of the catalogue; of several that qualify, the first counts.
    """
    first: dict[str, Measurement] = {}
    for each in sorted(measurements, key=lambda each: each.evidence is not Evidence.REAL_MODEL):
        if each.comparison is not None:
            first.setdefault(each.paper, each)
    return [each for each in measurements if first.get(each.paper) is each]


def markdown_table(measurements: Sequence[Measurement]) -> str:
    """The headline of each paper as a table in Markdown, with a link to all that was measured for it."""
    counts = {each.paper: sum(other.paper == each.paper for other in measurements) for each in measurements}
    rows = ["| method | its headline: measured (and claimed) | verdict | all |", "|---|---|---|---|"]
    for each in headlines(measurements):
        link = f"[{counts[each.paper]} measured](docs/results/{each.name}.md)"
        rows.append(f"| {' | '.join(map(_cell, (each.name, row(each), verdict_label(each))))} | {link} |")
    return "\n".join(rows) + "\n"


def markdown_tally(measurements: Sequence[Measurement]) -> str:
    """How many claims were measured, and with what verdicts and evidence, in a sentence."""
    judged = [each for each in measurements if each.comparison is not None]
    verdicts = ", ".join(f"{n} {name}" for name, n in _count(each.verdict.value for each in judged))
    evidence = ", ".join(f"{n} {name}" for name, n in _count(map(evidence_label, judged)))
    papers = len({each.paper for each in judged})
    counts = f"{counted(len(judged), 'measurement')} of {counted(papers, 'paper')}"
    return f"{counts}: {verdicts}. Their evidence: {evidence}.\n"


def markdown_page(
    title: str,
    measurements: Sequence[Measurement],
    pictures: Mapping[int, str],
    untested: Sequence[Claim],
    *,
    overview: str = "",
    aged: Collection[Measurement] = (),
) -> str:
    """All that was measured for one paper as a page in Markdown.

    Args:
        title: The paper's.
        measurements: Its measurements.
        pictures: By the ``id`` of a measurement, the file of the picture of its curves.
        untested: Its claims that cannot be tested here.
        overview: The file of a picture of all arms, for a paper without curves.
        aged: Those of the measurements that were taken with earlier code.
    """
    first = measurements[0]
    lines = [f"# {title}: claimed and measured", ""]
    paper, page = f"[{first.paper}](https://arxiv.org/abs/{first.paper})", f"../methods/{first.name}.md"
    lines += [
        f"{paper} · [use it on your model]({page}) · `assay run {first.name}` measures it on your machine.",
        "",
        "<!-- Written by `make documents` out of the committed measurements. -->",
    ]
    if overview:
        lines += ["", f"![every arm beside what is claimed]({overview})"]
    for each in measurements:
        lines += ["", *_section(each, pictures.get(id(each), ""), is_aged=each in aged)]
    if untested:
        lines += ["", "## Not testable here", ""]
        lines += [f"- {claims.claim_figure(claim)} {claims.metric(claim)}: {claim.not_testable}" for claim in untested]
    if not any(each.device == "cuda" for each in measurements):
        lines += [
            "",
            "Not measured yet on a GPU: `--device cuda` runs the same trials at the size that is written for it.",
        ]
    return "\n".join(lines) + "\n"


def _section(measurement: Measurement, picture: str, *, is_aged: bool) -> list[str]:
    claim, comparison = measurement.claimed, measurement.comparison
    lines = [f"## {claims.claim_figure(claim)} {claims.metric(claim)}", ""]
    conditions = "; ".join(filter(None, [claims.comparison_line(claim, "en"), claim.setting]))
    lines += [
        f"**{verdict_label(measurement)}**: {measurement.what}",
        "",
        f"- claimed: {conditions or 'no setting stated'}",
    ]
    if comparison is None:
        return [*lines, f"- missing: {measurement.missing}"]
    lines.append(f"- measured: {row(measurement, others=0)}")
    if measurement.verdict_reason:
        lines.append(f"- {measurement.verdict_reason}")
    lines.append(f"- {setting(measurement)}")
    run = f"{measurement.machine.name}, {measurement.device}, {measurement.threads} threads"
    lines.append(f"- {run}, {measurement.taken_at:%Y-%m-%d}")
    lines += ["- measured with earlier code"] if is_aged else []
    lines += ["", f"| {_cell(comparison.metric)} | | |", "|---|---|---|"]
    for (name, value), arm in zip(arms(comparison, measurement.name), _arm_keys(comparison), strict=True):
        bold = "**" if not arm else ""
        lines.append(f"| {bold}{_cell(name)}{bold} | {value} | {_effect_cell(measurement, arm)} |")
    bounded = [each for each in measurement.beside if each.bounded]
    unbounded = [each for each in measurement.beside if not each.bounded]
    if bounded:
        lines += ["", "Conditions:", ""]
        lines += [
            f"- {condition_mark(each)} {each.metric}: {figure(each.candidate, each.unit)} (wanted: {condition(each)})"
            + ("; a condition on the measurement" if each.binds == "measurement" else "")
            for each in bounded
        ]
    if unbounded:
        lines += ["", "Beside it:", ""]
        lines += [f"- {each.metric}: {_join_arms(arms(each, measurement.name))}" for each in unbounded]
    if measurement.curves and picture:
        names = "; ".join(curve.name for curve in measurement.curves)
        lines += ["", f"![{names}]({picture})"]
    return lines


def _arm_keys(comparison: Comparison) -> list[str]:
    return [*([comparison.baseline.name] if comparison.baseline else []), "", *(arm.name for arm in comparison.others)]


def _effect_cell(measurement: Measurement, arm: str) -> str:
    comparison = measurement.comparison
    if comparison is None or comparison.baseline is None or arm == comparison.baseline.name:
        return ""
    return effect_measured(measurement, arm)


def fill_in(text: str, content: str, name: str) -> str:
    """Write content into a document anew, between ``<!-- name -->`` and ``<!-- end of name -->``."""
    new = f"<!-- {name} -->\n{content}<!-- end of {name} -->"
    return re.sub(rf"<!-- {name} -->\n.*?<!-- end of {name} -->", lambda _: new, text, flags=re.DOTALL)


def _with_sign(value: float, unit: str) -> str:
    text = f"{value:+.3g}".replace("-", "−")
    return text + (unit if unit in {"%", "x"} else f" {unit}" if unit else "")


def _join_arms(rows: Iterable[tuple[str, str]]) -> str:
    return " · ".join(f"{name} {value}" for name, value in rows)


def _count(names: Iterable[str]) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return sorted(counts.items(), key=lambda each: -each[1])


def _cell(text: str) -> str:
    return text.replace("|", "&#124;")
