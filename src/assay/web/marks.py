"""What a reader does with papers: her stars, what she has read, hid, tagged and noted, for the pages' own scripts."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body, HTTPException, Query

from assay.papers.models import Noun, PaperId
from assay.reader.records import Mark, OwnMarks
from assay.web.asking import AtDesk, Reader

router = APIRouter(prefix="/api", tags=["own things"])


class Change(Noun):
    """What is to become of a paper's mark."""

    paper: PaperId
    mark: Literal["starred", "read", "hidden"]
    on: bool


@router.get("/marks")
def get_marks(
    desk: AtDesk, who: Reader, paper: Annotated[list[PaperId] | None, Query(max_length=1_000)] = None
) -> dict[PaperId, OwnMarks]:
    """What the reader did with these papers, or with any."""
    return desk.shelf(who).marks(paper)


@router.post("/marks")
def change_mark(desk: AtDesk, who: Reader, change: Annotated[Change, Body()]) -> OwnMarks:
    """Give a paper a mark, or take it away. To do it twice is as if it were done once."""
    if desk.store.paper(change.paper) is None:
        raise HTTPException(404, f"{change.paper} is not in the archive")
    shelf, mark = desk.shelf(who), Mark(change.mark)
    if change.on:
        shelf.mark([change.paper], mark)
    else:
        shelf.unmark([change.paper], mark)
    return shelf.marks([change.paper]).get(change.paper, OwnMarks())
