"""What a reader does with papers: her stars, what she has read, hid, tagged and noted, for the pages' own scripts.

To do any of it twice is as if it were done once, so that a script may send again what it does not know to have arrived.
"""

from datetime import date
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Body, HTTPException, Query
from pydantic import Field, model_validator

from assay.papers.models import Noun, PaperId
from assay.reader.records import Mark, OwnMarks, Tag, Text
from assay.reader.shelf import Shelf
from assay.web.asking import AtDesk, Reader
from assay.web.desk import Desk

router = APIRouter(prefix="/api", tags=["own things"])

Papers = Annotated[list[PaperId], Field(max_length=1_000)]


class Change(Noun):
    """What is to become of a paper's mark."""

    paper: PaperId
    mark: Literal["starred", "read", "hidden"]
    on: bool


class TagChange(Noun):
    """A tag that a paper is to have, or to have no longer."""

    paper: PaperId
    tag: Annotated[Tag, Field(max_length=100)]
    on: bool


class NoteChange(Noun):
    """A note that is to be written about a paper, to stand in the place of another one, or to be removed."""

    paper: PaperId
    text: Annotated[Text, Field(max_length=20_000)] | None = None
    """What to write; without it, ``instead_of`` is removed."""
    instead_of: Text | None = None
    """The note that goes, in its own words."""

    @model_validator(mode="after")
    def _has_a_note(self) -> Self:
        if self.text is None and self.instead_of is None:
            raise ValueError("there is no note: write `text`, or name in `instead_of` the one to remove")
        return self


class Seen(Noun):
    """Papers that were shown to a reader with a day."""

    day: date
    papers: Papers


@router.get("/marks")
def get_marks(
    desk: AtDesk, who: Reader, paper: Annotated[list[PaperId] | None, Query(max_length=1_000)] = None
) -> dict[PaperId, OwnMarks]:
    """What the reader did with these papers, or with any."""
    return desk.shelf(who).marks(paper)


@router.post("/marks")
def change_mark(desk: AtDesk, who: Reader, change: Annotated[Change, Body()]) -> OwnMarks:
    """Give a paper a mark, or take it away."""
    shelf, mark = desk.shelf(who), Mark(change.mark)
    if change.on:
        _need(desk, change.paper)
        shelf.mark([change.paper], mark)
    else:
        shelf.unmark([change.paper], mark)
    return _marks(shelf, change.paper)


@router.get("/tags")
def get_tags(desk: AtDesk, who: Reader) -> dict[str, int]:
    """The tags that the reader gave, each with how many papers have it, the most used first."""
    return dict(desk.shelf(who).tags().most_common())


@router.post("/tags")
def change_tag(desk: AtDesk, who: Reader, change: Annotated[TagChange, Body()]) -> OwnMarks:
    """Give a paper a tag, or take it away; case makes no difference."""
    shelf = desk.shelf(who)
    if change.on:
        _need(desk, change.paper)
        shelf.tag(change.paper, [change.tag])
    else:
        shelf.untag(change.paper, [change.tag])
    return _marks(shelf, change.paper)


@router.post("/notes")
def change_note(desk: AtDesk, who: Reader, change: Annotated[NoteChange, Body()]) -> OwnMarks:
    """Write a note about a paper, put it in the place of another one, or remove one."""
    shelf = desk.shelf(who)
    if change.text is None:
        shelf.unnote(change.paper, change.instead_of or "")
    else:
        _need(desk, change.paper)
        shelf.note(change.paper, change.text, instead_of=change.instead_of or "")
    return _marks(shelf, change.paper)


@router.post("/seen")
def see(desk: AtDesk, who: Reader, seen: Annotated[Seen, Body()]) -> dict[PaperId, OwnMarks]:
    """Remember that papers were shown with a day; the first time counts. Other days then say "seen before"."""
    shelf = desk.shelf(who)
    shelf.saw(desk.store.papers(seen.papers), seen.day)
    return shelf.marks(seen.papers)


def _need(desk: Desk, paper: str) -> None:
    if desk.store.paper(paper) is None:
        raise HTTPException(404, f"{paper} is not in the archive")


def _marks(shelf: Shelf, paper: str) -> OwnMarks:
    return shelf.marks([paper]).get(paper, OwnMarks())
