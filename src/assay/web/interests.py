"""What a reader follows, searches that she saved, and phrases that she wants to meet or not to meet."""

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import Field

from assay.papers.categories import check_categories
from assay.papers.models import Noun
from assay.reader.interests import Follow, Followed, FollowKind, Phrase, Words
from assay.reader.shelf import Shelf
from assay.web.asking import AtDesk, Reader

router = APIRouter(prefix="/api", tags=["own things"])

Value = Annotated[Words, Field(max_length=500)]


class FollowChange(Noun):
    """What is to be followed, or no longer. A saved search is a followed query."""

    kind: FollowKind
    value: Value
    on: bool = True


class PhraseChange(Noun):
    """A phrase that is to be kept with its weight, or to be forgotten."""

    text: Value
    weight: Annotated[float, Field(ge=-100, le=100, allow_inf_nan=False)] = 1.0
    """How much it counts; below zero, papers with it sink."""
    on: bool = True


@router.get("/follows")
def get_follows(desk: AtDesk, who: Reader) -> Followed:
    """All that the reader follows, and her phrases."""
    return followed_by(desk.shelf(who))


@router.post("/follows")
def change_follow(desk: AtDesk, who: Reader, change: Annotated[FollowChange, Body()]) -> Followed:
    """Follow an author, an organisation, a category or a query, or follow it no longer."""
    apply_follow(desk.shelf(who), change)
    return followed_by(desk.shelf(who))


@router.post("/phrases")
def change_phrase(desk: AtDesk, who: Reader, change: Annotated[PhraseChange, Body()]) -> Followed:
    """Keep a phrase with its weight, or forget it, whatever its weight."""
    apply_phrase(desk.shelf(who), change)
    return followed_by(desk.shelf(who))


def followed_by(shelf: Shelf) -> Followed:
    """All that interests a reader."""
    return Followed(follows=shelf.follows(), phrases=shelf.phrases())


def apply_follow(shelf: Shelf, change: FollowChange) -> None:
    """Follow something, or follow it no longer, as ``assay follow`` and ``assay unfollow`` do.

    Raises:
        ValueError: if no paper can be found for it.
    """
    follow = Follow(kind=change.kind, value=change.value)
    if not change.on:
        shelf.unfollow(follow)
        return
    if follow.kind is FollowKind.CATEGORY:
        check_categories([follow.value])
    shelf.follow(follow)


def apply_phrase(shelf: Shelf, change: PhraseChange) -> None:
    """Keep a phrase, or forget it.

    Raises:
        ValueError: if there is no word in it, or its weight is next to nothing.
    """
    if change.on:
        shelf.want(Phrase(text=change.text, weight=change.weight))
    else:
        shelf.forget(change.text)
