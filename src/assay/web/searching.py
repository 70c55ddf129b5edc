"""Search as one types: what the archive's search finds, for the search page and its script, and for programs."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import AwareDatetime, Field, ValidationError

from assay.papers.catalogue import catalogue, room_of
from assay.papers.faults import first_fault
from assay.papers.ids import is_arxiv_id, parse_arxiv_id
from assay.papers.mathematics import to_text
from assay.papers.models import Noun, PaperId
from assay.store.searching.snippets import MARK, UNMARK
from assay.web.asking import AtDesk, Day, Reader
from assay.web.desk import Desk
from assay.web.faults import fault_of
from assay.web.rendering import render

api = APIRouter(prefix="/api", tags=["search"])
router = APIRouter(include_in_schema=False)

_PAGE = 20
"""So many papers are shown at first, and so many more each time that more are asked for."""
_MOST = 200


class Piece(Noun):
    """A piece of a text, and whether it is what was looked for."""

    text: str
    is_match: bool = False


class Found(Noun):
    """A paper that a search found. Its texts are plain: formulas are in words, and nothing in them is markup."""

    id: PaperId
    title: str
    day: date | None = None
    """The latest day that listed it."""
    snippet: tuple[Piece, ...] = ()
    """The words around the first matches."""
    withdrawn: AwareDatetime | None = None
    """When the paper was taken back, if it was."""


class Answer(Noun):
    """What a search found, the best first."""

    papers: tuple[Found, ...] = ()
    has_more: bool = False
    """Whether a higher limit would find more."""
    missing: PaperId | None = None
    """The paper that the query names by its id, if the archive does not hold it."""


class Asked(Noun):
    """What is looked for. An empty query with a filter finds the newest papers that the filter admits."""

    q: Annotated[str, Field(max_length=1_000)] = ""
    """In the language of ``assay search``."""
    limit: Annotated[int, Field(ge=1, le=_MOST)] = _PAGE
    since: Day | None = None
    until: Day | None = None
    source: Annotated[str, Field(max_length=100)] = ""
    room: Annotated[str, Field(max_length=100)] = ""
    author: Annotated[str, Field(max_length=200)] = ""
    category: Annotated[str, Field(max_length=100)] = ""
    org: Annotated[str, Field(max_length=200)] = ""
    keyword: Annotated[str, Field(max_length=200)] = ""

    def filters(self) -> dict[str, Any]:
        """Those that were given, by the names that the store has for them.

        Raises:
            ValueError: if there is no such room.
        """
        given = {
            "since": self.since,
            "until": self.until,
            "source": self.source,
            "room": room_of(self.room) if self.room else "",
            "author": self.author,
            "category": self.category,
            "organisation": self.org,
            "keyword": self.keyword,
        }
        return {name: value for name, value in given.items() if value}


@api.get("/search")
def search(desk: AtDesk, who: Reader, asked: Annotated[Asked, Query()]) -> Answer:
    """Find papers by words, names, ids and filters; for nothing, nothing is found."""
    del who
    return find_papers(desk, asked)


@router.get("/search/")
def show_search(request: Request, desk: AtDesk, who: Reader) -> HTMLResponse:
    """Show the search, with what it finds for what the address asks: without a script, too."""
    del who
    given = {name: value for name, value in request.query_params.items() if name in Asked.model_fields and value}
    asked, answer, fault = Asked(), Answer(), ""
    try:
        asked = Asked.model_validate(given)
        answer = find_papers(desk, asked)
    except ValidationError as error:
        fault = first_fault(error)
    except ValueError as error:
        fault = fault_of(error)
    values = {
        "given": given,
        "answer": answer,
        "fault": fault,
        "more": request.url.include_query_params(limit=min(asked.limit + _PAGE, _MOST)).query,
        "page_size": _PAGE,
        "most": _MOST,
        "rooms": sorted({entry.room for entry in catalogue().values()}),
    }
    return HTMLResponse(render(request, "search/index.html", "search.html", values), 422 if fault else 200)


def find_papers(desk: Desk, asked: Asked) -> Answer:
    """Search the archive.

    Raises:
        ValueError: if the query or a filter cannot be read.
    """
    filters = asked.filters()
    if not (asked.q.strip() or filters):
        return Answer()
    desk.count("searches")
    hits = desk.store.search(asked.q, limit=min(asked.limit, _MOST) + 1, **filters)
    has_more, hits = len(hits) > asked.limit, hits[: asked.limit]
    records = desk.store.papers(hit.id for hit in hits)
    return Answer(
        papers=tuple(
            Found(
                id=hit.id,
                title=to_text(hit.title),
                day=hit.day,
                snippet=tuple(pieces(hit.snippet)),
                withdrawn=records[hit.id].withdrawn,
            )
            for hit in hits
            if hit.id in records
        ),
        has_more=has_more and asked.limit < _MOST,
        missing=None if hits else _missing(desk, asked.q),
    )


def pieces(snippet: str) -> Iterator[Piece]:
    """A snippet, cut where a match begins or ends."""
    for number, text in enumerate(re.split(f"[{MARK}{UNMARK}]", snippet)):
        if text:
            yield Piece(text=text, is_match=number % 2 == 1)


def _missing(desk: Desk, query: str) -> str | None:
    """The paper that a query names and the archive does not hold."""
    if not is_arxiv_id(query):
        return None
    paper = parse_arxiv_id(query).id
    return paper if desk.store.paper(paper) is None else None
