"""A week or a month of papers: for people in the terminal and as Markdown, and for programs as JSON."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.text import Text

from assay.papers.escape import markdown as escaped
from assay.papers.escape import terminal_prose as safe
from assay.papers.ids import abs_url
from assay.papers.models import DayState
from assay.papers.period import LargestClaim, NotablePaper, Period, RisingTerm, Span
from assay.publish.chips import chip_comparison, chip_figure, chip_words
from assay.publish.labels import label, month_name
from assay.publish.markdown import prose_markdown
from assay.publish.measurements import headlines, row, verdict_label

_UNCOLLECTED = {DayState.UNCOLLECTED, DayState.BROKEN}


def period_title(period: Period | Span, language: str) -> str:
    """What a week or month is called, with its ends."""
    ends = label("period.ends", language, first=period.first, last=period.last)
    return f"{period_name(period, language)}, {ends}"


def period_name(period: Period | Span, language: str) -> str:
    """What a week or month is called: ``Week 9 of 2025``, ``February 2025``."""
    year, _, number = period.name.partition("-")
    if number.startswith("W"):
        return label("period.week", language, year=year, week=int(number[1:]))
    return month_name(int(year), int(number), language)


def period_counts(period: Period, language: str) -> list[str]:
    """How many papers on how many days, and which days were never collected, in words."""
    listing = [day for day in period.days if day.papers]
    papers = label("site.paper_count", language, n=period.count)
    words = [label("period.counts", language, papers=papers, days=len(listing), all=len(period.days))]
    missing = [str(day.date) for day in period.days if day.state in _UNCOLLECTED]
    if missing:
        shown = ", ".join(missing[:5]) + (f" +{len(missing) - 5}" if len(missing) > 5 else "")
        words.append(label("period.uncollected", language, days=shown))
    return words


def rise_words(term: RisingTerm, period: Period, language: str) -> str:
    """How many papers have a term, now and before, and whether that may be chance."""
    earlier = period.compared.papers if period.compared else 0
    counts = {"papers": term.papers, "readable": period.readable, "before": term.before, "earlier": earlier}
    words = label("period.rise", language, **counts)
    return words if term.is_sure else f"{words}; {label('period.maybe', language)}"


def rise_note(period: Period, language: str) -> str:
    """With what the period is compared, or why it is not."""
    if period.compared is None:
        return label("period.too_few", language)
    if not period.rising:
        return label("period.nothing_rising", language)
    compared = period.compared
    return label("period.against", language, first=compared.first, last=compared.last, tested=compared.tested)


def claim_words(claim: LargestClaim, language: str) -> str:
    """What the figure of a claim is of, and what it is compared with."""
    return ", ".join(filter(None, [chip_words(claim.claim), chip_comparison(claim.claim, language)]))


def one_line(paper: NotablePaper, languages: Sequence[str]) -> str:
    """What a paper is about, in the first of the languages that it is told in, else in any."""
    return next((paper.one_line[each] for each in (*languages, *paper.one_line) if each in paper.one_line), "")


def _particulars(paper: NotablePaper, language: str) -> str:
    votes = label("votes", language, n=paper.votes) if paper.votes is not None else ""
    return " · ".join(filter(None, [str(paper.day), votes, paper.room, *paper.why]))


def by_sort(terms: Iterable[RisingTerm]) -> dict[str, list[RisingTerm]]:
    """Terms that are names and those that are words, under what each sort is called; a sort without any is left out."""
    sorts: dict[str, list[RisingTerm]] = {"period.names": [], "period.terms": []}
    for term in terms:
        sorts["period.names" if term.is_name else "period.terms"].append(term)
    return {name: found for name, found in sorts.items() if found}


def print_period(console: Console, period: Period, languages: Sequence[str]) -> None:
    """Print a week or month."""
    language = languages[0]

    def show(text: str, style: str = "", *, indent: int = 0) -> None:
        console.print(Text(" " * indent + safe(text), style=style))

    def head(name: str) -> None:
        console.print()
        show(label(name, language), "bold")

    show(period_title(period, language), "bold")
    show(" · ".join(period_counts(period, language)), "dim")
    if not period.count:
        return
    head("period.own" if period.is_own else "period.mattered")
    for place, paper in enumerate(period.papers, 1):
        line = Text(f"{place:>3}. {safe(paper.title)}  ")
        line.append(paper.id, style=f"cyan link {abs_url(paper.id)}")
        console.print(line)
        show(_particulars(paper, language), "dim", indent=5)
        if about := one_line(paper, languages):
            show(about, indent=5)
    head("period.rising")
    show(rise_note(period, language), "dim")
    for name, terms in by_sort(period.rising).items():
        show(label(name, language), "italic")
        for term in terms:
            shown = Text(f"  {safe(term.term)}  ")
            shown.append(safe(rise_words(term, period, language)), style="dim")
            console.print(shown)
    if period.largest:
        head("period.largest")
        show(label("period.largest_hint", language), "dim")
    for kind, claims in period.largest.items():
        show(label(f"period.{kind}", language), "italic")
        for each in claims:
            shown = Text("  ")
            shown.append(safe(chip_figure(each.claim, language)), style="bold green")
            shown.append(f" {safe(claim_words(each, language))}  ")
            shown.append(each.paper, style=f"cyan link {abs_url(each.paper)}")
            shown.append(f" {safe(each.title)}", style="dim")
            console.print(shown)
    head("period.measured")
    measured = headlines(period.measured)
    if not measured:
        show(label("period.unmeasured", language), "dim")
    for measurement in measured:
        shown = Text("  ")
        shown.append(verdict_label(measurement, language), style="bold")
        shown.append(f" {safe(row(measurement, language))}  ")
        shown.append(measurement.paper, style=f"cyan link {abs_url(measurement.paper)}")
        console.print(shown)


def period_markdown(period: Period, languages: Sequence[str] = ("en",)) -> str:
    """A week or month as Markdown, its summaries in the first of the languages that they are in."""
    return "\n\n".join(_blocks(period, languages)) + "\n"


def period_json(period: Period) -> str:
    """A week or month as the text of a file."""
    return period.model_dump_json(indent=2) + "\n"


def _blocks(period: Period, languages: Sequence[str]) -> Iterator[str]:
    language = languages[0]
    yield f"# {escaped(period_title(period, language))}"
    yield f"*{escaped(' · '.join(period_counts(period, language)))}*"
    if not period.count:
        return
    yield f"## {label('period.own' if period.is_own else 'period.mattered', language)}"
    yield "\n".join(
        f"{place}. [{prose_markdown(paper.title)}]({abs_url(paper.id)}) ({escaped(_particulars(paper, language))})"
        + (f"  \n    {prose_markdown(about)}" if (about := one_line(paper, languages)) else "")
        for place, paper in enumerate(period.papers, 1)
    )
    yield f"## {label('period.rising', language)}"
    yield f"*{escaped(rise_note(period, language))}*"
    for name, terms in by_sort(period.rising).items():
        lines = (f"- **{escaped(term.term)}**: {escaped(rise_words(term, period, language))}" for term in terms)
        yield "\n".join([f"**{label(name, language)}**", "", *lines])
    if period.largest:
        yield f"## {label('period.largest', language)}"
        yield f"*{label('period.largest_hint', language)}*"
    for kind, claims in period.largest.items():
        lines = (
            f"- **{escaped(chip_figure(each.claim, language))}** {prose_markdown(claim_words(each, language))}: "
            f"[{prose_markdown(each.title)}]({abs_url(each.paper)})"
            for each in claims
        )
        yield "\n".join([f"**{label(f'period.{kind}', language)}**", "", *lines])
    yield f"## {label('period.measured', language)}"
    measured = [
        f"- **{verdict_label(each, language)}**: {escaped(row(each, language))} ([{each.paper}]({abs_url(each.paper)}))"
        for each in headlines(period.measured)
    ]
    yield "\n".join(measured) or f"*{label('period.unmeasured', language)}*"
