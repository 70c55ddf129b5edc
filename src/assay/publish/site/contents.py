"""The pages of a site in one language: for each its path, its template, and all that it shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from assay.papers.ids import abs_url, huggingface_url, pdf_url
from assay.papers.measurement import Measurement
from assay.papers.models import Day
from assay.papers.period import Period, Span, spans_of
from assay.publish.bibtex import bibtex_entry
from assay.publish.labels import month_name
from assay.publish.measurements import headlines
from assay.publish.period import period_name
from assay.publish.site.lines import day_lines
from assay.publish.site.material import Site
from assay.publish.site.rooms import measurements_by_room, methods_by_room
from assay.publish.site.spans import SpanOfDays, span_folder, weeks_and_months
from assay.publish.site.wrong import of_latest_month
from assay.store import LedgerLine

if TYPE_CHECKING:
    from datetime import date

_RECENT = 14
_MOST_CLAIMS = 5_500
"""So many claims fit a page of about 2 MB; beyond, each month has a page of its own."""


class Page(NamedTuple):
    """A page before it is written."""

    path: str
    """Below the folder of its language."""
    template: str
    values: dict[str, object]
    """All that it shows, by the names that the template has for it. What takes time to make is a `functools.partial`
    of its function: it is made only if the page has to be rendered, because what it is made of has changed."""


@dataclass(frozen=True)
class Neighbour:
    """Another page, as far as a link to it shows it: a day, a paper, a week or a month."""

    key: str
    """The day, the id of the paper, the folder of the week or month."""
    name: str = ""


def pages(site: Site, language: str) -> Iterator[Page]:
    """Every page of the site in that language."""
    days = sorted(site.days, key=lambda day: day.date, reverse=True)
    yield _front_page(site, days, language)
    yield from _day_pages(site, days, language)
    yield from _paper_pages(site)
    yield from _archive_pages(site, days, language)
    yield from _claims_pages(site, language)
    yield from _measured_pages(site)
    yield Page("mine/index.html", "mine.html", {})
    yield Page("about/index.html", "about.html", {})
    yield Page("search/index.html", "search.html", {})


def _front_page(site: Site, days: Sequence[Day], language: str) -> Page:
    with_papers = [day for day in days if day.papers]
    latest = with_papers[0] if with_papers else None
    measured = [each for group in site.measurements.values() for each in group if each.comparison is not None]
    values: dict[str, object] = {
        "day": latest,
        "lines": day_lines(latest, site.measurements) if latest else [],
        "last": days[0] if days else None,
        "recent": [(day.date, len(day.papers)) for day in with_papers[:_RECENT]],
        "spans": [_link(span, language) for span in spans_of(latest.date)] if latest else [],
        "measurements": measured,
        "wrong": of_latest_month(site.wrong),
        "known": _with_a_page(site, {each.paper for each in measured}),
    }
    return Page("index.html", "home.html", values)


def _day_pages(site: Site, days: Sequence[Day], language: str) -> Iterator[Page]:
    """A page per day; an empty one too leads on to the days with papers before and after it."""
    older: dict[date, date] = {}
    newer: dict[date, date] = {}
    for found, order in ((newer, days), (older, list(reversed(days)))):
        nearest: date | None = None
        for day in order:
            if nearest:
                found[day.date] = nearest
            nearest = day.date if day.papers else nearest
    for day in days:
        values = {
            "day": day,
            "lines": partial(day_lines, day, _measured_in(day, site)),
            "newer": newer.get(day.date),
            "older": older.get(day.date),
            "week": _link(spans_of(day.date)[0], language),
            "thumbnails": site.thumbnails,
        }
        yield Page(f"day/{day.date}/index.html", "day.html", values)


def _measured_in(day: Day, site: Site) -> dict[str, Sequence[Measurement]]:
    """What was measured of the papers of a day."""
    return {paper.id: site.measurements[paper.id] for paper in day.papers if paper.id in site.measurements}


def _paper_pages(site: Site) -> Iterator[Page]:
    beside = _neighbours(site.days)
    for dossier in site.papers:
        paper = dossier.paper
        before, after = beside.get(paper.id, (None, None))
        values = {
            "dossier": dossier,
            "paper": paper,
            "measurements": site.measurements.get(paper.id, ()),
            "errata": [erratum for erratum in site.errata.changes if erratum.paper == paper.id],
            "bibtex": partial(bibtex_entry, paper),
            "links": {"arXiv": abs_url(paper.id), "PDF": pdf_url(paper.id), "Hugging Face": huggingface_url(paper.id)},
            "similar": [Neighbour(each.paper.id, each.paper.title) for each in site.similar.get(paper.id, ())],
            "before": before,
            "after": after,
        }
        yield Page(f"paper/{paper.id}/index.html", "paper.html", values)


def _neighbours(days: Sequence[Day]) -> dict[str, tuple[Neighbour | None, Neighbour | None]]:
    """By paper, the one before it and the one after it on the latest day that lists it."""
    found: dict[str, tuple[Neighbour | None, Neighbour | None]] = {}
    for day in sorted(days, key=lambda day: day.date):
        row = [Neighbour(paper.id, paper.title) for paper in day.papers]
        found |= {
            each.key: (before, after)
            for each, before, after in zip(row, [None, *row][:-1], [*row, None][1:], strict=True)
        }
    return found


def _archive_pages(site: Site, days: Sequence[Day], language: str) -> Iterator[Page]:
    """A page per week and month, what was remarkable in it first, and the list of them."""
    weeks, months = weeks_and_months(days)
    told = {period.name: period for period in site.periods}
    for group in (weeks, months):
        for newer, own, older in zip([None, *group], group, [*group[1:], None], strict=False):
            values = {
                **_remarkable_in(own, told.get(own.span.name), site),
                "span": own.span,
                "days": own.days,
                "newer": _link(newer.span, language) if newer else None,
                "older": _link(older.span, language) if older else None,
                "beside": [_link(span, language) for span in own.beside],
            }
            yield Page(f"{span_folder(own.span)}index.html", "period.html", values)
    rows = [
        (
            _link(own.span, language),
            sum(len(day.papers) for day in own.days),
            [_link(span, language) for span in own.beside],
            [(day.date, day.state, len(day.papers)) for day in own.days],
        )
        for own in months
    ]
    yield Page("archive/index.html", "archive.html", {"months": rows})


def _remarkable_in(own: SpanOfDays, period: Period | None, site: Site) -> dict[str, object]:
    """What a week or month shows before its days; of the papers that it names there, what their days say of them."""
    told = period or Period(name=own.span.name, first=own.span.first, last=own.span.last)
    named = {each.id for each in told.papers} | {key for term in told.rising for key in term.examples}
    return {
        "period": period,
        "headlines": headlines(told.measured),
        "listed": {paper.id: paper for day in own.days for paper in day.papers if paper.id in named},
        "wrong": [each for each in site.wrong if own.span.first <= each.day <= own.span.last],
    }


def _link(span: Span, language: str) -> Neighbour:
    """A week or month as a link to its page."""
    return Neighbour(span_folder(span), period_name(span, language))


def _claims_pages(site: Site, language: str) -> Iterator[Page]:
    parts = _months_of(site.ledger, language) if len(site.ledger) > _MOST_CLAIMS else []
    counts = [(path, name, len(lines)) for path, name, lines in parts]
    for path, name, lines in [("", "", [] if parts else list(site.ledger)), *parts]:
        values = {"name": name, "groups": by_paper(lines), "parts": [] if path else counts, "total": len(lines)}
        yield Page(f"claims/{path}index.html", "claims.html", values)
    records = {dossier.paper.id: dossier.paper for dossier in site.papers}
    told = {each.paper for each in site.errata.changes}
    values = {
        "errata": site.errata,
        "records": {key: record for key, record in records.items() if key in told},
        "wrong": site.wrong,
    }
    yield Page("errata/index.html", "errata.html", values)


def _measured_pages(site: Site) -> Iterator[Page]:
    tried = [each for group in site.measurements.values() for each in group]
    known = _with_a_page(site, {each.paper for each in tried})
    yield Page("measured/index.html", "measured.html", {"rooms": measurements_by_room(tried), "known": known})
    methods = methods_by_room(site.measurements)
    known = _with_a_page(site, {method.entry.id for _, group in methods for method in group})
    yield Page("methods/index.html", "methods.html", {"rooms": methods, "known": known})


def _with_a_page(site: Site, papers: set[str]) -> list[str]:
    """Those of the papers that have a page in this site."""
    return sorted(dossier.paper.id for dossier in site.papers if dossier.paper.id in papers)


def by_paper(lines: Sequence[LedgerLine]) -> list[list[LedgerLine]]:
    """The claims of each paper together, in the order in which the ledger first has one of it."""
    groups: dict[str, list[LedgerLine]] = {}
    for line in lines:
        groups.setdefault(line.paper, []).append(line)
    return list(groups.values())


def _months_of(lines: Sequence[LedgerLine], language: str) -> list[tuple[str, str, list[LedgerLine]]]:
    """The ledger by the month that listed the papers: folder, name, claims. Papers of no day have no page in a site."""
    dated_lines = [(line.day, line) for line in lines if line.day]
    months = groupby(dated_lines, key=lambda each: (each[0].year, each[0].month))
    return [
        (f"{year}-{month:02}/", month_name(year, month, language), [line for _, line in group])
        for (year, month), group in months
    ]
