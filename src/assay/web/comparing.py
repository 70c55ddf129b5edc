"""Claims across papers: the ledger as a page that answers for any archive, as a plot, as JSON and as files.

What is asked for stands in the address, so that a selection can be linked to.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, NamedTuple, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field, ValidationError

from assay.papers.catalogue import paper_id
from assay.papers.claim import Claim
from assay.papers.faults import first_fault
from assay.papers.mathematics import to_text
from assay.papers.models import ClaimKind, Noun
from assay.papers.period import read_span
from assay.publish.claims import claim_figure, figure, metric
from assay.publish.labels import label
from assay.publish.ledger import ledger_csv, ledger_jsonl
from assay.publish.measurements import measured_figure
from assay.publish.site.contents import by_paper
from assay.publish.site.drawing import reach
from assay.store import ClaimQuery, LedgerLine
from assay.web.asking import AtDesk, Day, Reader
from assay.web.desk import Desk
from assay.web.examples import NO_UNIT, examples
from assay.web.faults import fault_of
from assay.web.plotting import Measured, Point, plot_claims
from assay.web.rendering import address_of, language_of, render

api = APIRouter(prefix="/api", tags=["claims"])
router = APIRouter(include_in_schema=False)

_PAGE = 300
"""So many claims are shown at first, the latest listed; and so many more each time that more are asked for."""
_MOST = 1_500
_MOST_IN_FILE = 20_000

Words = Annotated[str, Field(max_length=200)]
Figure = Annotated[float | None, Field(allow_inf_nan=False)]


class Filter(Noun):
    """Which claims are wanted: those that meet every condition; see `assay.store.ClaimQuery`."""

    metric: Words = ""
    """Words of what was measured; speed, speedup, faster, throughput and latency find one another."""
    dataset: Words = ""
    """Words of what it was measured on."""
    baseline: Words = ""
    """Words of what it is compared with."""
    unit: Annotated[str, Field(max_length=50)] = ""
    """Such as ``x``, ``%`` or ``points``; ``none`` for figures without one."""
    kind: ClaimKind | None = None
    least: Figure = Field(default=None, alias="min")
    """At least this; of a range, any value."""
    most: Figure = Field(default=None, alias="max")
    """At most this; of a range, any value."""
    since: Day | None = None
    """Of papers listed on this day or later."""
    until: Day | None = None
    """Of papers listed on this day or earlier."""
    paper: Annotated[str, Field(max_length=500)] = ""
    """Of this paper: an arXiv id, a link or a short name."""
    withdrawn: bool = False
    """Of papers that were taken back, too."""

    def query(self) -> ClaimQuery:
        """The same, as the store has it.

        Raises:
            ValueError: if nothing can meet it, or the paper is none.
        """
        unit = "" if self.unit == NO_UNIT else self.unit or None
        query = ClaimQuery(paper_id(self.paper) if self.paper else None, unit, self.kind, self.least, self.most)
        query = query._replace(metric=self.metric, dataset=self.dataset, baseline=self.baseline)
        return query._replace(since=self.since, until=self.until, withdrawn=self.withdrawn).check()


class Asked(Filter):
    """Which claims are wanted, and how many of them."""

    limit: Annotated[int, Field(ge=1, le=_MOST)] = _PAGE
    sort: Literal["day", "title", "figure", "count"] = "day"
    """The order of the papers: the latest listed, by title, by the largest figure, by the number of claims."""


class Claims(Noun):
    """The claims that were asked for."""

    claims: tuple[LedgerLine, ...] = ()
    """Those of the papers that were listed last come first."""
    has_more: bool = False
    """Whether there are more than the limit admits."""


class Sort(NamedTuple):
    """Claims of one kind and unit, which can stand on one axis."""

    kind: str
    unit: str
    claims: int = 0


@api.get("/claims")
def get_claims(desk: AtDesk, who: Reader, asked: Annotated[Asked, Query()]) -> Claims:
    """List the figures that papers claim, each with the sentence that it stands in."""
    del who
    found = _find(desk, asked)
    return found.model_copy(update={"claims": tuple(line for group in _ordered(found, asked) for line in group)})


@api.get("/claims.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def get_csv(desk: AtDesk, who: Reader, asked: Annotated[Filter, Query()]) -> Response:
    """The claims as CSV."""
    del who
    return _file(ledger_csv(_all(desk, asked)), "text/csv", "claims.csv")


@api.get("/claims.jsonl", response_class=Response, responses={200: {"content": {"application/jsonl": {}}}})
def get_jsonl(desk: AtDesk, who: Reader, asked: Annotated[Filter, Query()]) -> Response:
    """The claims as JSON, one a line."""
    del who
    return _file(ledger_jsonl(_all(desk, asked)), "application/jsonl", "claims.jsonl")


@router.get("/claims/")
def show_ledger(request: Request, desk: AtDesk, who: Reader) -> HTMLResponse:
    """Show the ledger of claims, the latest of it."""
    del who
    return _page(request, desk, "claims")


@router.get("/claims/claims.{form}")
def redirect_to_file(form: Literal["csv", "jsonl"]) -> RedirectResponse:
    """Lead to a file of claims from the address that it has on the site."""
    return RedirectResponse(f"/api/claims.{form}")


@router.get("/claims/{month}/")
def redirect_to_month(request: Request, month: str) -> RedirectResponse:
    """Lead to the claims of a month from the address that they have on the site."""
    span = read_span(month)
    if span is None or span.is_week:
        raise HTTPException(404, f"there are no claims of {month[:40]!r}")
    return RedirectResponse(address_of(request, f"claims/?since={span.first}&until={span.last}"))


@router.get("/compare/")
def show_comparison(request: Request, desk: AtDesk, who: Reader) -> HTMLResponse:
    """Show claims as a plot and as a list; with nothing asked for, examples of what there is."""
    del who
    return _page(request, desk, "compare")


def _find(desk: Desk, asked: Asked) -> Claims:
    lines = desk.ledger(asked.query(), asked.limit + 1)
    return Claims(claims=tuple(lines[: asked.limit]), has_more=len(lines) > asked.limit)


def _all(desk: Desk, asked: Filter) -> Sequence[LedgerLine]:
    lines = desk.store.ledger(asked.query(), _MOST_IN_FILE + 1)
    if len(lines) > _MOST_IN_FILE:
        raise HTTPException(
            422, f"more than {_MOST_IN_FILE:,} claims: ask for fewer, or let `assay claims --out` write all of them"
        )
    return lines


def _file(content: str, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


def _page(request: Request, desk: Desk, name: Literal["claims", "compare"]) -> HTMLResponse:
    names = {field.alias or name for name, field in Asked.model_fields.items()}
    given = {key: value for key, value in request.query_params.items() if key in names and value}
    asked, found, fault = Asked(), Claims(), ""
    is_asked = name == "claims" or bool(given.keys() - {"limit", "sort"})
    try:
        asked = Asked.model_validate(given)
        if is_asked:
            found = _find(desk, asked)
    except ValidationError as error:
        fault = first_fault(error)
    except ValueError as error:
        fault = fault_of(error)
    language = language_of(request)
    shown = _sorts(found.claims)
    filters = {key: value for key, value in given.items() if key not in {"limit", "sort"}}
    values: dict[str, Any] = {
        "given": given,
        "found": found,
        "fault": fault,
        "is_asked": is_asked,
        "groups": _ordered(found, asked),
        "kinds": get_args(ClaimKind),
        "here_query": urlencode(filters),
        "more": urlencode({**given, "limit": min(asked.limit + _PAGE, _MOST)}) if asked.limit < _MOST else "",
        "sorts": [(sort, urlencode({**filters, "kind": sort.kind, "unit": sort.unit or NO_UNIT})) for sort in shown],
        "no_unit": NO_UNIT,
    }
    if name == "compare":
        values["plot"], values["drawn"] = _plot(desk, found.claims, shown, language)
        values["examples"] = [] if is_asked and not fault else examples(desk, language)
    return HTMLResponse(render(request, f"{name}/index.html", f"{name}.html", values), 422 if fault else 200)


def _ordered(found: Claims, asked: Asked) -> list[list[LedgerLine]]:
    """The claims by paper, in the order that is asked for; papers that are alike stay in the order of their days."""
    groups = by_paper(found.claims)
    match asked.sort:
        case "title":
            groups.sort(key=lambda group: group[0].title.casefold())
        case "figure":
            groups.sort(key=lambda group: -max(max(line.claim.ends, default=float("-inf")) for line in group))
        case "count":
            groups.sort(key=lambda group: -len(group))
    return groups


def _sorts(lines: Sequence[LedgerLine]) -> list[Sort]:
    """The kinds and units of these claims, the most frequent first; a trend has no figure to draw."""
    counts = Counter((line.claim.kind, line.claim.unit) for line in lines if line.claim.ends)
    return [Sort(kind, unit, count) for (kind, unit), count in counts.most_common()]


def _plot(desk: Desk, lines: Sequence[LedgerLine], sorts: Sequence[Sort], language: str) -> tuple[str, dict[str, Any]]:
    """The plot of the most frequent kind and unit, and what it shows of all claims."""
    if not sorts:
        return "", {}
    sort = sorts[0]
    own = [line for line in lines if (line.claim.kind, line.claim.unit) == (sort.kind, sort.unit)]
    points = list(_points(desk, own, language))
    unit = "" if sort.kind == "count" else sort.unit
    words = label("compare.plot", language, kind=label(f"kind.{sort.kind}", language), unit=sort.unit, n=len(points))
    reaches = {each.reach for point in points for each in point.measured}
    drawn = {"sort": sort, "points": len(points), "undated": len(own) - len(points), "reaches": reaches}
    return plot_claims(points, lambda value: figure(float(f"{value:.6g}"), unit), words), drawn


def _points(desk: Desk, lines: Sequence[LedgerLine], language: str) -> Iterator[Point]:
    measurements = desk.measurements()
    root = "/" if language == desk.languages[0] else f"/{language}/"
    for line in lines:
        claim = line.claim
        if line.day is None:
            continue
        low, high = _ends(claim)
        found = [each for each in measurements.get(line.paper, ()) if each.claim == claim.key]
        values = [(measured_figure(each), reach(each)) for each in found]
        of = label("claim.against", language, baseline=to_text(claim.baseline)) if claim.baseline else ""
        what = ", ".join(filter(None, [to_text(metric(claim)), to_text(claim.dataset), of]))
        yield Point(
            day=line.day,
            low=low,
            high=high,
            link=f"{root}paper/{line.paper}/#claim-{claim.key}",
            name=f"{claim_figure(claim, language)} {what} · {to_text(line.title)} · {line.day}",
            measured=[Measured(value, how) for value, how in values if value is not None],
        )


def _ends(claim: Claim) -> tuple[float, float]:
    """The two ends of a figure; of a change, below 0 where something falls."""
    if claim.kind in {"relative", "points"} and claim.direction:
        sizes = sorted(abs(end) for end in claim.ends)
        sign = -1 if claim.direction == "down" else 1
        return sign * sizes[0], sign * sizes[-1]
    return claim.ends[0], claim.ends[-1]
