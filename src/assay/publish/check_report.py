"""Prints the report on many checked summaries: totals by source, then what is wrong, with both values."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Literal

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from assay.claims.report import CheckedSummary, CheckedText, CheckReport
from assay.papers.escape import terminal_prose as safe
from assay.papers.findings import ComparisonFinding, FigureFinding, State
from assay.papers.text import counted
from assay.publish.checked_text import basis_line
from assay.publish.checks import MARKS, SIGNS, tally, warnings
from assay.publish.labels import label
from assay.publish.opinions import has_opinion_against, judging_lines, opinion_lines, speaks_against

Detail = Literal["trouble", "normal", "all"]
_STATES = {
    State.SUPPORTED: "green",
    State.MISATTRIBUTED: "bold red",
    State.CONTRADICTED: "bold red",
    State.UNSUPPORTED: "yellow",
    State.UNCHECKED: "dim",
}
_COMPARED = {
    State.SUPPORTED: "comparisons borne out",
    State.CONTRADICTED: "comparisons wrong",
    State.UNCHECKED: "comparisons unchecked",
}
_WRONG = {State.MISATTRIBUTED, State.CONTRADICTED}


def print_report(
    console: Console, report: CheckReport, *, detail: Detail = "normal", withdrawn: Collection[str] = ()
) -> None:
    """Print a report.

    Args:
        console: where to.
        report: what to print.
        detail: ``normal`` gives the totals and the summaries in trouble, each with what is wrong, or where a language
            model says that something is; ``trouble`` only the latter; ``all`` every summary with every figure that is
            not supported.
        withdrawn: the ids of those of its papers that were taken back.
    """
    if detail != "trouble":
        console.print(_totals(report.summaries))
        if report.compared:
            console.print("For comparison, our own summaries:", style="dim")
            console.print(_totals(report.compared))
        for line in judging_lines(report):
            console.print(line, soft_wrap=True)
    if report.without_text:
        console.print(
            f"No text to check against: {label('check.papers', 'en', n=len(report.without_text))}; "
            "`assay collect` or `assay import` brings their abstracts."
        )
    if withdrawn:
        papers = f"{label('check.papers', 'en', n=len(withdrawn))} ({', '.join(sorted(withdrawn))})"
        console.print(f"Withdrawn since, whatever their summaries say: {papers}", style="bold red")
    selection = sorted(
        (each for each in report.summaries if detail == "all" or each.is_in_trouble or has_opinion_against(each)),
        key=lambda each: not (each.check.crossed or each.check.has_wrong_figure or each.check.wrong_comparisons),
    )
    for each in selection:
        console.print()
        console.print(_block(each, everything=detail == "all"))
    if detail == "trouble" and not selection:
        console.print("No wrong figure, no slip in a name, no summary of another paper.")


def print_text(console: Console, checked: CheckedText) -> None:
    """Print what was found of a text: paper by paper each figure that is not supported, and how many are."""
    for stretch in checked.stretches:
        says = stretch.figures or stretch.choices or stretch.wrong_comparisons
        if not says and len(checked.stretches) > 1:
            continue
        title = f"  {safe(stretch.title)}" if stretch.title else ""
        console.print(Text.assemble((stretch.paper or "?", "cyan"), (title, "bold")))
        lines: list[RenderableType] = [Text(basis_line(stretch, "en"), style="dim")]
        lines += [
            Text.assemble((choice.paper, "cyan"), f"  {safe(choice.title)}  ({safe(choice.words)})")
            for choice in stretch.choices
        ]
        lines += [Text(words, style="bold red") for words in warnings(stretch, "en")]
        unproven = (each for each in stretch.figures if each.state not in {State.SUPPORTED, State.UNCHECKED})
        lines += [line for finding in _once(unproven) for line in _figure(finding)]
        if stretch.title and stretch.figures:
            lines.append(Text(tally(stretch, "en"), style="dim"))
        for line in lines:
            console.print(Padding(line, (0, 0, 0, 2), expand=False))


def _totals(summaries: Sequence[CheckedSummary]) -> RenderableType:
    """One block for each source and language: summaries, figures by state, names, crossed rows."""
    blocks: list[RenderableType] = []
    ordered = sorted(summaries, key=_source)
    for (source, language), group in groupby(ordered, key=_source):
        rows = list(group)
        with_text = [each for each in rows if each.is_checked]
        blocks.append(
            Text.assemble((f"{safe(source)} ({safe(language)})", "bold"), f": {counted(len(rows), 'summary')}")
        )
        table = Table.grid(padding=(0, 2))
        for justify in ("left", "right", "right", "left"):
            table.add_column(justify=justify)
        figures = sum(len(each.check.figures) for each in with_text)
        for state, style in _STATES.items():
            among = rows if state is State.UNCHECKED else with_text
            count = sum(each.check.count(state) for each in among)
            having = sum(each.check.count(state) > 0 for each in among)
            if count or state is not State.UNCHECKED:
                share = "" if state is State.UNCHECKED or not figures else f"{count / figures:.1%}"
                table.add_row(Text(f"figures {state}", style), str(count), share, f"in {counted(having, 'summary')}")
            from_notes = sum(finding.is_recorded for each in with_text for finding in each.check.figures)
            if state is State.SUPPORTED and from_notes:
                share = f"{from_notes / figures:.1%}"
                table.add_row(Text("  as recorded", "dim"), str(from_notes), share, "not in the text at hand")
        slips = [name for each in with_text for name in each.check.names if name.near]
        slipped = sum(any(name.near for name in each.check.names) for each in with_text)
        table.add_row("names slipped", str(len(slips)), "", f"in {counted(slipped, 'summary')}")
        foreign = [name for each in with_text for name in each.check.names if not name.near]
        where = sum(any(not name.near for name in each.check.names) for each in with_text)
        table.add_row("names not in the text", str(len(foreign)), "", f"in {counted(where, 'summary')}")
        for state, words in _COMPARED.items():
            compared = [sum(one.state is state for one in each.check.comparisons) for each in with_text]
            if sum(compared):
                having = sum(map(bool, compared))
                table.add_row(Text(words, _STATES[state]), str(sum(compared)), "", f"in {counted(having, 'summary')}")
        table.add_row("of another paper", "", "", counted(sum(each.check.crossed for each in with_text), "summary"))
        blocks.append(Padding(table, (0, 0, 0, 2), expand=False))
    return Group(*blocks) if blocks else Text("No summaries.")


def _source(each: CheckedSummary) -> tuple[str, str]:
    return each.source, each.check.language


def _block(each: CheckedSummary, *, everything: bool) -> RenderableType:
    """One summary and its findings."""
    where = " · ".join(filter(None, [str(each.day or ""), each.source, each.check.language]))
    lines: list[RenderableType] = [
        Text.assemble((each.check.paper, "cyan"), "  ", (safe(each.title), "bold"), (f"  {safe(where)}", "dim"))
    ]
    if each.check.crossed:
        lines.append(Text("  seems to be a summary of another paper", style="bold red"))
    lines += [
        Padding(line, (0, 0, 0, 2), expand=False)
        for finding in _once(each.check.figures)
        if finding.state in _WRONG or speaks_against(finding) or (everything and finding.state is not State.SUPPORTED)
        for line in (*_figure(finding), *opinion_lines(finding))
    ]
    for comparison in {(one.text, one.opinion): one for one in each.check.comparisons}.values():
        if everything or comparison.state in _WRONG or speaks_against(comparison):
            told = (*_comparison(comparison), *opinion_lines(comparison))
            lines += [Padding(line, (0, 0, 0, 2), expand=False) for line in told]
    for name in dict.fromkeys((name.text, name.near) for name in each.check.names if name.near or everything):
        text, near = map(safe, name)
        lines.append(Text(f"  {text} for {near}" if near else f"  {text} is not in the text", style="yellow"))
    if everything and (supported := each.check.count(State.SUPPORTED)):
        lines.append(Text(f"  {label('check.supported', 'en', n=supported)}", style="green"))
    return Group(*lines)


def _comparison(finding: ComparisonFinding) -> Iterator[Text]:
    """The sentence that compares, which table tells of it, and the rows that do."""
    line = Text.assemble((f"{SIGNS[finding.state]} “{safe(finding.text)}”", _STATES[finding.state]))
    if finding.table:
        tells = "bears it out" if finding.state is State.SUPPORTED else "tells otherwise"
        line.append(f"  {safe(finding.table)} {tells}", style="bold")
    line.append(f"  {safe(finding.why or 'no table tells')}", style="dim")
    yield line
    if finding.state in _WRONG:
        yield from (Text(f"    {safe(row)}", style="italic") for row in finding.rows)


def _once(figures: Iterable[FigureFinding]) -> Iterator[FigureFinding]:
    """The figures, each once: of equal findings the first."""
    findings = reversed(list(figures))
    return iter({(each.text, each.unit, each.state, each.given, each.opinion): each for each in findings}.values())


def _figure(finding: FigureFinding) -> Iterator[Text]:
    """The figure, what the paper gives instead, and the sentence that does."""
    mark = MARKS.get(finding.state, " ")
    line = Text.assemble((f"{mark} {safe(finding.text)}", _STATES[finding.state]))
    if finding.given:
        gives = "gives it of something else:" if finding.state is State.MISATTRIBUTED else "gives"
        line.append(f"  the paper {gives} {safe(finding.given)}", style="bold")
    if finding.why:
        line.append(f"  {safe(finding.why)}", style="dim")
    yield line
    if finding.state in _WRONG and finding.quote:
        place = f" ({safe(finding.place.part)})" if finding.place else ""
        yield Text(f"    “{safe(finding.quote)}”{place}", style="italic")
