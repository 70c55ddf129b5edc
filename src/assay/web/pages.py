"""The site's pages, made when somebody asks for them, under the addresses that they have on the site."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import chain
from mimetypes import guess_type
from types import MappingProxyType

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from assay.digest.period import read_period
from assay.papers.models import Day, Dossier
from assay.papers.period import Period, read_span
from assay.publish import written
from assay.publish.chips import leading_claims
from assay.publish.plot import curves_svg
from assay.publish.site.contents import Page, pages
from assay.publish.site.material import Site
from assay.publish.site.rendering import picture_of
from assay.reader.records import OwnMarks
from assay.web.asking import AtDesk, Reader
from assay.web.desk import Desk
from assay.web.rendering import asset, render_page, with_marks, with_reader

router = APIRouter(include_in_schema=False)

_DAYS_AT_FRONT = 14


@router.get("/assets/{name}")
def show_asset(name: str) -> Response:
    """A style, script or picture."""
    content = asset(name)
    if content is None:
        raise HTTPException(404, f"there is no {name[:100]}")
    kind = "text/javascript" if name.endswith(".js") else guess_type(name)[0] or "application/octet-stream"
    return Response(content, media_type=kind, headers={"cache-control": "private, max-age=300"})


@router.get("/paper/{paper}/{name}.svg")
def show_curves(desk: AtDesk, paper: str, name: str) -> Response:
    """The picture of a measurement's curves, under the address that pages have for it."""

    def draw() -> str:
        ran = (each for run in desk.runs.all() for each in run.measurements)
        for each in chain(desk.measurements().get(paper, ()), ran):
            if picture_of(each) == f"paper/{paper}/{name}.svg":
                return curves_svg(each)
        raise HTTPException(404, f"there is no picture {name[:100]}")

    return Response(desk.pictures.get((paper, name), desk.store.revision(), draw), media_type="image/svg+xml")


@router.get("/day/{day}/papers.bib")
def show_bibtex(desk: AtDesk, day: date) -> Response:
    """The papers of a day, to be cited."""
    return Response(written(_known(desk, day), "bibtex"), media_type="application/x-bibtex")


@router.get("/day/{day}/day.json")
def show_json(desk: AtDesk, day: date) -> Response:
    """A day as one record."""
    return Response(written(_known(desk, day), "json"), media_type="application/json")


def _known(desk: Desk, day: date) -> Day:
    if day not in dict(desk.days()):
        raise HTTPException(404, f"nothing is known of {day}")
    return desk.day(day)


@router.get("/{path:path}")
def show_page(request: Request, desk: AtDesk, who: Reader, path: str) -> Response:
    """One page of the site."""
    if path.startswith("api/"):
        raise HTTPException(404, f"there is no /{path[:200]}")
    if path and not path.endswith(("/", ".html")):
        query = request.url.query
        return RedirectResponse(f"/{path}/" + (f"?{query}" if query else ""), 308)
    language, folder = _in_language(path.removesuffix("index.html"), desk.languages)
    make = _maker(folder)
    if make is None:
        raise HTTPException(404, f"there is no page {path[:200]}")

    def write() -> str:
        page = make(desk, language)
        return render_page(desk, page, language) if page else ""

    html = desk.html.get((language, folder), desk.store.revision(), write)
    if not html:
        raise HTTPException(404, f"there is no page {path[:200]}")
    if paper := _paper_of(folder):
        html = with_marks(html, desk.shelf(who).marks([paper]).get(paper, OwnMarks()), language)
    return HTMLResponse(with_reader(html, request, language))


def _paper_of(folder: str) -> str:
    """The paper that a page is of; empty for any other page."""
    found = re.fullmatch(_PAPER, folder)
    return found[1] if found else ""


def _in_language(path: str, languages: Sequence[str]) -> tuple[str, str]:
    """The language that an address names, and the rest of it."""
    first, _, rest = path.partition("/")
    return (first, rest) if first in languages[1:] else (languages[0], path)


Maker = Callable[[Desk, str], Page | None]
"""Makes a page in a language; ``None`` if there is none."""


def _maker(folder: str) -> Maker | None:
    for pattern, make in _PAGES.items():
        if found := re.fullmatch(pattern, folder):
            return partial(make, *found.groups())
    return None


def _front(desk: Desk, language: str) -> Page | None:
    counts = list(reversed(desk.days()))
    latest = next((day for day, count in counts if count), None)
    days = [desk.list_day(day) for day, _ in counts[:_DAYS_AT_FRONT] if day != latest]
    return _of_site(
        desk,
        language,
        "index.html",
        days=[desk.day(latest), *days] if latest else days,
        papers=_measured_papers(desk),
    )


def _day(name: str, desk: Desk, language: str) -> Page | None:
    counts = {f"{day}": count for day, count in desk.days()}
    if name not in counts:
        return None
    full = sorted(day for day, count in counts.items() if count)
    before = [day for day in full if day < name][-1:]
    after = [day for day in full if day > name][:1]
    days = [desk.list_day(date.fromisoformat(each)) for each in before + after]
    today = desk.day(date.fromisoformat(name))
    return _of_site(desk, language, f"day/{name}/index.html", days=[*days, today])


def _paper(key: str, desk: Desk, language: str) -> Page | None:
    own = desk.dossier(key)
    if own is None:
        return None
    days = [desk.list_day(day) for day in own.days[:1]]
    alike = [Dossier(paper=paper) for paper in desk.store.papers(desk.store.alike(own.paper.id)).values()]
    path = f"paper/{key}/index.html"
    return _of_site(desk, language, path, days=days, papers=[own], alike={own.paper.id: alike})


def _fixed(name: str, desk: Desk, language: str) -> Page | None:
    """A page of all that was measured, or of words alone."""
    return _of_site(desk, language, f"{name}index.html", papers=_measured_papers(desk))


def _archive(desk: Desk, language: str) -> Page | None:
    days = [desk.list_day(day) for day, _ in desk.days()]
    return _of_site(desk, language, "archive/index.html", days=days)


def _span(folder: str, name: str, desk: Desk, language: str) -> Page | None:
    """A week or a month, with what was remarkable in it."""
    try:
        span = read_span(name)
    except ValueError:
        return None
    listed = [day for day, _ in desk.days()]
    if span is None or not any(span.first <= day <= span.last for day in listed):
        return None
    before = [day for day in listed if day < span.first][-1:]
    after = [day for day in listed if day > span.last][:1]
    days = [desk.list_day(day) for day in [*before, *(day for day in listed if span.first <= day <= span.last), *after]]
    period = read_period(desk.store, span, now=desk.now(), leading=leading_claims, measurements=desk.measurements())
    return _of_site(desk, language, f"{folder}/{name}/index.html", days=days, periods=[period])


def _errata(desk: Desk, language: str) -> Page | None:
    errata = desk.errata()
    told = desk.store.papers({*(each.paper for each in errata.changes), *(each.paper for each in errata.conflicts)})
    return _of_site(desk, language, "errata/index.html", papers=[Dossier(paper=paper) for paper in told.values()])


_PAPER = r"paper/(.{1,40})/"
_PAGES: dict[str, Callable[..., Page | None]] = {
    "": _front,
    r"day/(\d{4}-\d\d-\d\d)/": _day,
    _PAPER: _paper,
    "archive/": _archive,
    r"(archive)/(\d{4}-\d\d)/": _span,
    r"(week)/(\d{4}-W\d\d)/": _span,
    "(measured/|methods/|about/)": _fixed,
    "errata/": _errata,
}
"""By the address within a language, what makes the page."""


def _measured_papers(desk: Desk) -> list[Dossier]:
    """The papers of the archive that something was measured of; no more of them than a link shows."""
    return [Dossier(paper=paper) for paper in desk.store.papers(desk.measurements()).values()]


def _of_site(
    desk: Desk,
    language: str,
    path: str,
    days: Sequence[Day] = (),
    papers: Sequence[Dossier] = (),
    periods: Sequence[Period] = (),
    alike: Mapping[str, Sequence[Dossier]] = MappingProxyType({}),
) -> Page | None:
    """The page of that path, of a site that has no more than this page shows."""
    ids = {paper.id for day in days for paper in day.papers} | {own.paper.id for own in papers}
    measured = desk.measurements()
    site = Site(
        days=days,
        papers=papers,
        measurements=measured if path.count("/") < 2 else {key: measured[key] for key in ids & measured.keys()},
        errata=desk.errata(),
        periods=periods,
        alike=alike,
        languages=tuple(desk.languages),
    )
    return next((page for page in pages(site, language) if page.path == path), None)
