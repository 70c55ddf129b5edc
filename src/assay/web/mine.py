"""My list: what a reader did with papers, what she follows and searches for, and how all of it comes in and goes out.

The page works by forms alone, so that it needs no script.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Body, Form, HTTPException, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field, ValidationError

from assay.papers.faults import first_fault
from assay.papers.models import Noun
from assay.papers.text import counted
from assay.reader.interests import FollowKind
from assay.reader.library import read_library
from assay.reader.mine import MyPaper, Order, Wanted, my_list
from assay.reader.shelf import Shelf
from assay.reader.transfer import Export, read_export
from assay.sources.decoding import decode
from assay.web.adding import add_paper
from assay.web.asking import AtDesk, Day, Reader
from assay.web.desk import Desk
from assay.web.faults import fault_of
from assay.web.interests import FollowChange, PhraseChange, apply_follow, apply_phrase, followed_by
from assay.web.rendering import address_of, render
from assay.writing.terms import read_glossary

api = APIRouter(prefix="/api", tags=["own things"])
router = APIRouter(include_in_schema=False)

_PAGE = 100
"""So many papers are shown at first, and so many more each time that more are asked for."""
_MOST_REFUSED = 20
"""So many entries of a library are named that could not be read."""


class Chosen(Noun):
    """Which papers of the list are shown; see `assay.reader.mine.Wanted`."""

    q: Annotated[str, Field(max_length=1_000)] = ""
    starred: bool = False
    unread: bool = False
    noted: bool = False
    hidden: bool = False
    follows: bool = False
    tag: tuple[Annotated[str, Field(max_length=100)], ...] = ()
    since: Day | None = None
    sort: Order = Order.TOUCHED
    limit: Annotated[int, Field(ge=1, le=10_000)] = _PAGE

    def wanted(self) -> Wanted:
        """The same, as the list has it."""
        return Wanted(
            query=self.q,
            tags=self.tag,
            starred=self.starred,
            unread=self.unread,
            noted=self.noted,
            hidden=self.hidden,
            followed=self.follows,
            since=datetime.combine(self.since, time.min, UTC) if self.since else None,
        )


@dataclass
class Said:
    """What became of something that a form sent."""

    fault: str = ""
    """Why it was not done."""
    new: int | None = None
    """How many things came in from a file that were not there."""
    refused: Sequence[str] = ()
    """What of it could not be read."""
    typed: dict[str, str] = field(default_factory=dict)
    """What stood in the form that was refused."""


@api.get("/reader")
def export_reader(desk: AtDesk, who: Reader) -> Response:
    """Everything that is kept of the reader, as one file; ``assay reader import`` and this app read it again."""
    text = desk.shelf(who).export().model_dump_json(indent=2, exclude_defaults=True)
    name = {"content-disposition": 'attachment; filename="assay-reader.json"'}
    return Response(f"{text}\n", media_type="application/json", headers=name)


@api.post("/reader")
def import_reader(desk: AtDesk, who: Reader, export: Annotated[Export, Body()]) -> dict[str, int]:
    """Add what an export has and the reader has not; nothing of hers is lost. Says how much was new, by part."""
    return dict(desk.shelf(who).merge(export))


@router.get("/mine/")
def show_mine(request: Request, desk: AtDesk, who: Reader) -> HTMLResponse:
    """Show the list, filtered as the address says."""
    return _show(request, desk, who, Said())


@router.post("/mine/add")
def add(request: Request, desk: AtDesk, who: Reader, paper: Annotated[str, Form(max_length=500)]) -> Response:
    """Add a paper by its id or a link to it, and open it."""
    try:
        added = add_paper(desk, who, paper)
    except (ValueError, HTTPException) as error:
        fault = error.detail if isinstance(error, HTTPException) else fault_of(error)
        return _show(request, desk, who, Said(fault=fault, typed={"paper": paper}))
    return RedirectResponse(address_of(request, f"paper/{added.paper}/"), 303)


@router.post("/mine/follow")
def follow(
    request: Request,
    desk: AtDesk,
    who: Reader,
    kind: Annotated[str, Form(max_length=20)],
    value: Annotated[str, Form(max_length=500)],
    weight: Annotated[float, Form()] = 1.0,
) -> Response:
    """Follow something, or keep a phrase."""
    return _change(request, desk, who, kind, value, weight=weight, on=True)


@router.post("/mine/unfollow")
def unfollow(
    request: Request,
    desk: AtDesk,
    who: Reader,
    kind: Annotated[str, Form(max_length=20)],
    value: Annotated[str, Form(max_length=500)],
) -> Response:
    """Follow something no longer, or forget a phrase."""
    return _change(request, desk, who, kind, value, weight=1.0, on=False)


@router.post("/mine/import")
def import_file(request: Request, desk: AtDesk, who: Reader, file: UploadFile) -> HTMLResponse:
    """Add what a file has: a reader's own things, or the works of a library."""
    try:
        said = _take_in(desk.shelf(who), decode(file.file.read()), (file.filename or "")[:200])
    except ValueError as error:
        said = Said(fault=f"{(file.filename or '')[:200]}: {fault_of(error)}")
    return _show(request, desk, who, said)


def _change(request: Request, desk: Desk, reader: str, kind: str, value: str, *, weight: float, on: bool) -> Response:
    try:
        if kind == "phrase":
            apply_phrase(desk.shelf(reader), PhraseChange(text=value, weight=weight, on=on))
        else:
            apply_follow(desk.shelf(reader), FollowChange(kind=FollowKind(kind), value=value, on=on))
    except ValueError as error:
        fault = first_fault(error) if isinstance(error, ValidationError) else fault_of(error)
        typed = {"kind": kind, "value": value, "weight": f"{weight:g}"}
        return _show(request, desk, reader, Said(fault=fault, typed=typed))
    return RedirectResponse(f"{address_of(request, 'mine/')}#follows", 303)


def _take_in(shelf: Shelf, text: str, name: str) -> Said:
    """Add what a file has to a shelf.

    Raises:
        ValueError: if it is neither a reader's export nor a library.
    """
    if _is_export(text):
        return Said(new=shelf.merge(read_export(text)).total())
    works = read_library(text, file=name)
    refused = [f"{each.file}{f':{each.line}' if each.line else ''}: {each.why}" for each in works.refused]
    if len(refused) > _MOST_REFUSED:
        refused[_MOST_REFUSED:] = [f"… {counted(len(refused) - _MOST_REFUSED, 'more')}"]
    return Said(new=shelf.merge_library(works.references), refused=refused)


def _is_export(text: str) -> bool:
    try:
        return "assay" in json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return False


def _show(request: Request, desk: Desk, reader: str, said: Said) -> HTMLResponse:
    shelf = desk.shelf(reader)
    given: dict[str, Any] = {name: value for name, value in request.query_params.items() if value}
    given["tag"] = tuple(filter(None, request.query_params.getlist("tag")))
    chosen, papers = Chosen(), list[MyPaper]()
    try:
        chosen = Chosen(**{name: value for name, value in given.items() if name in Chosen.model_fields})
        papers = _list(desk, shelf, chosen)
    except ValueError as error:
        said.fault = first_fault(error) if isinstance(error, ValidationError) else fault_of(error)
    values = {
        "chosen": chosen,
        "is_all": chosen == Chosen(limit=chosen.limit),
        "papers": papers[: chosen.limit],
        "count": len(papers),
        "more": request.url.include_query_params(limit=chosen.limit + _PAGE).query,
        "tags": [tag for tag, _ in shelf.tags().most_common()],
        "followed": followed_by(shelf),
        "works": len(shelf.references()),
        "said": said,
        "kinds": [*(kind.value for kind in FollowKind), "phrase"],
        "orders": [order.value for order in Order],
    }
    return HTMLResponse(render(request, "mine/index.html", "mine.html", values), 422 if said.fault else 200)


def _list(desk: Desk, shelf: Shelf, chosen: Chosen) -> list[MyPaper]:
    glossary = read_glossary("ko", desk.glossary) if chosen.follows else {}
    return my_list(shelf, desk.store, chosen.wanted(), order=chosen.sort, glossary=glossary)
