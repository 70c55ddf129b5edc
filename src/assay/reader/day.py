"""A day as one reader sees it: with what she starred, read and saw before."""

from collections.abc import Iterable

from pydantic import Field

from assay.papers.models import Day, Noun, PaperId, Refusal
from assay.reader.ranking import Ranked
from assay.reader.reasons import ReasonKind
from assay.reader.records import OwnMarks
from assay.reader.shelf import Shelf


class OwnDay(Day):
    """A day, and what a reader did with its papers."""

    marks: dict[PaperId, OwnMarks] = Field(default_factory=dict)
    """Only of papers that she did something with, or that were shown to her."""
    ranked: dict[PaperId, Ranked] = Field(default_factory=dict)
    """Why each paper stands where it does, where the order is her own."""


class Started(Noun):
    """What was new of what a reader said of herself, and a day in her own order."""

    phrases: int
    """Phrases that she did not follow yet."""
    works: int
    """Works that were not in her library."""
    refused: tuple[Refusal, ...] = ()
    """Entries of a library that could not be read, and why."""
    day: OwnDay | Day
    """Today, or the latest day that lists papers."""


def is_by_votes(ranked: Iterable[Ranked]) -> bool:
    """Whether nothing is known of the reader that papers could be ordered by, so that the order is that of votes."""
    kinds = {reason.kind for each in ranked for reason in each.reasons}
    return kinds == {ReasonKind.VOTES}


def is_about_nothing_of_hers(ranked: Iterable[Ranked]) -> bool:
    """Whether what is known of the reader speaks neither for nor against any of the papers: their order is by votes."""
    return not any(each.score for each in ranked)


def with_marks(day: Day, shelf: Shelf) -> OwnDay:
    """The day with a reader's marks."""
    return OwnDay(**dict(day), marks=shelf.marks(paper.id for paper in day.papers))


def without_hidden(day: OwnDay) -> OwnDay:
    """The day without the papers that she hid."""
    papers = tuple(paper for paper in day.papers if not day.marks.get(paper.id, _NONE).hidden)
    return day.model_copy(update={"papers": papers})


def only_unread(day: OwnDay) -> OwnDay:
    """The day with those papers only that are new to her: neither read nor hidden, nor shown with another day."""
    papers = tuple(paper for paper in day.papers if _is_unread(day.marks.get(paper.id, _NONE), day))
    return day.model_copy(update={"papers": papers})


def _is_unread(marks: OwnMarks, day: Day) -> bool:
    return not (marks.read or marks.hidden or marks.seen_before(day.date))


_NONE = OwnMarks()
