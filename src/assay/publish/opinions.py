"""Shows what a language model says of what the rules could not decide: always as the model's, by its name."""

from collections import Counter
from collections.abc import Iterator

from rich.text import Text

from assay.claims.report import CheckedSummary, CheckReport, Judging
from assay.papers.escape import terminal_prose as safe
from assay.papers.findings import ComparisonFinding, FigureFinding, Opinion, OpinionState
from assay.papers.text import counted

_STYLES: dict[OpinionState, str] = {
    "supported": "green",
    "misattributed": "red",
    "contradicted": "red",
    "cannot tell": "dim",
}
_AGAINST = {"misattributed", "contradicted"}


def speaks_against(finding: FigureFinding | ComparisonFinding) -> bool:
    """Whether a model says that the paper has it otherwise; the rules say nothing against it."""
    return finding.opinion is not None and finding.opinion.state in _AGAINST


def has_opinion_against(summary: CheckedSummary) -> bool:
    """Whether a model speaks against any figure or comparison of a summary."""
    return any(map(speaks_against, summary.check.findings))


def opinion_lines(finding: FigureFinding | ComparisonFinding) -> Iterator[Text]:
    """What the model says of a finding, and the sentences that it goes by; nothing if none was asked."""
    opinion: Opinion | None = finding.opinion
    if opinion is not None:
        yield Text.assemble(
            (f"    {safe(opinion.model)} says: ", "dim"), (opinion.state, _STYLES[opinion.state]), style="italic"
        )
        for quote in opinion.quotes:
            yield Text(f"    “{safe(quote.text)}” ({safe(quote.place.part)})", style="italic")


def judging_lines(report: CheckReport) -> Iterator[Text]:
    """What a language model was asked, what came of it, and what it cost; nothing if none was asked."""
    judging = report.judging
    if judging is None:
        return
    states = Counter(
        finding.opinion.state
        for summary in report.summaries
        for finding in summary.check.findings
        if finding.opinion is not None
    )
    counts = ", ".join(f"{states[state]} {state}" for state in _STYLES if states[state])
    model = safe(judging.model)
    asked = [counted(judging.figures, "unsupported figure")]
    asked += [counted(judging.comparisons, "comparison")] if judging.comparisons else []
    on = " and ".join(asked)
    yield Text.assemble((f"Opinions of {model}", "bold"), f" on {on}" + (f": {counts}" if counts else ""))
    yield Text("  they change no state above: a model can be wrong, and only its quotes were checked", style="dim")
    yield from _shortfall(judging)
    yield Text(
        f"  {counted(judging.requests, 'request')}, {judging.tokens_in:,} tokens in and {judging.tokens_out:,} out; "
        f"{counted(judging.recorded, 'answer')} recorded before",
        style="dim",
    )


def _shortfall(judging: Judging) -> Iterator[Text]:
    """Which figures have no opinion, and why."""
    if judging.hopeless:
        yield Text(f"  not asked about: {judging.hopeless}, of which no text at hand can tell", style="dim")
    if judging.dropped:
        yield Text(f"  answers dropped: {len(judging.dropped)}", style="yellow")
    for dropped in judging.dropped[:_MOST_DROPPED]:
        yield Text(f"    {dropped.paper} {safe(dropped.figure)}: {safe(dropped.why)}", style="yellow")
    if len(judging.dropped) > _MOST_DROPPED:
        yield Text(f"    and {len(judging.dropped) - _MOST_DROPPED} more", style="yellow")
    if judging.left:
        why = safe(judging.stopped) or "--limit bounds how many are asked about"
        yield Text(f"  not reached: {judging.left}; {why}", style="yellow")


_MOST_DROPPED = 5
"""Dropped answers that are told one by one; the JSON has them all."""
