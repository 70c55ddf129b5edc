"""Adds any paper by its id or a link to it: one that is in the archive at once, another by asking arXiv."""

from threading import BoundedSemaphore
from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException
from pydantic import Field

from assay.digest.adding import Fetched, bring_in, fetch_papers
from assay.papers.catalogue import paper_id
from assay.papers.models import Line, Noun, PaperId
from assay.reader.records import Mark
from assay.web.asking import AtDesk, Reader
from assay.web.desk import Desk

router = APIRouter(prefix="/api", tags=["own things"])

_AT_ONCE = 2
"""So many may wait for arXiv, which answers one request in three seconds; so the others are never kept waiting."""
_asking = BoundedSemaphore(_AT_ONCE)


class Wanted(Noun):
    """A paper that a reader wants in her list."""

    paper: Annotated[str, Field(min_length=1, max_length=500, examples=["https://arxiv.org/abs/2502.18137"])]
    """An arXiv id, any link to it, or a short name of the catalogue."""


class Added(Noun):
    """A paper that is in the archive, and in the reader's list."""

    paper: PaperId
    title: Line
    is_new: bool
    """Whether it was not in the archive before."""


_NOT_ASKED: dict[int | str, dict[str, Any]] = {
    502: {"description": "arXiv does not answer."},
    503: {"description": "arXiv is not asked just now."},
}


@router.post("/papers", responses=_NOT_ASKED)
def post_paper(desk: AtDesk, who: Reader, wanted: Annotated[Wanted, Body()]) -> Added:
    """Add a paper to the reader's list; if it is not in the archive, bring it in from arXiv."""
    return add_paper(desk, who, wanted.paper)


def add_paper(desk: Desk, reader: str, name: str) -> Added:
    """Add a paper to a reader's list, as ``assay add`` does.

    Raises:
        ValueError: if the name is no paper's.
        HTTPException: 404 if arXiv has no such paper, 502 if it does not answer, 503 if it must not be asked now.
    """
    key = paper_id(name)
    brought = bring_in(desk.store, [key], lambda missing: _fetch(desk, missing))
    for why in brought.refused.values():
        raise HTTPException(404 if brought.unknown else 502, f"{key}: {why}")
    desk.shelf(reader).mark([key], Mark.ADDED)
    return Added(paper=key, title=desk.store.papers([key])[key].title, is_new=key in brought.new)


def _fetch(desk: Desk, papers: list[str]) -> Fetched:
    if desk.connect is None:
        raise HTTPException(503, f"{', '.join(papers)} is not in the archive, and this server asks nobody")
    if not _asking.acquire(blocking=False):
        raise HTTPException(503, "arXiv is being asked for other papers; try again in a few seconds")
    try:
        with desk.connect() as client:
            return fetch_papers(desk.store, client, papers, base_url=desk.arxiv_url)
    finally:
        _asking.release()
