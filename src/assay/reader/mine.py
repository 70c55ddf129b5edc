"""A reader's own list: the papers that she did something with, or that her follows are about, filtered."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime

from assay.papers.models import Line, Noun, PaperId
from assay.reader.following import followed
from assay.reader.interests import Follow
from assay.reader.records import OwnMarks
from assay.reader.shelf import Shelf
from assay.store import Store


class MyPaper(Noun):
    """A paper, and what a reader did with it."""

    id: PaperId
    title: Line = ""
    """Empty for a paper that the archive does not hold."""
    day: date | None = None
    """The last day that listed it."""
    marks: OwnMarks
    follows: tuple[Follow, ...] = ()
    """Those of her follows that it is about, where papers were chosen by them."""


@dataclass(frozen=True)
class Wanted:
    """Which papers of the list are wanted: those that meet all of it."""

    query: str = ""
    """In the language of the archive's search."""
    tags: tuple[str, ...] = ()
    starred: bool = False
    unread: bool = False
    """Not marked as read."""
    noted: bool = False
    hidden: bool = False
    """The hidden ones, which are otherwise left out."""
    followed: bool = False
    """All papers of the archive that her follows are about, and not only those of her list."""

    def admits(self, marks: OwnMarks) -> bool:
        """Whether the marks of a paper are those of a wanted one."""
        tags = {tag.casefold() for tag in marks.tags}
        return (
            bool(marks.hidden) == self.hidden
            and (not self.starred or marks.starred is not None)
            and (not self.unread or marks.read is None)
            and (not self.noted or bool(marks.notes))
            and tags.issuperset(tag.casefold() for tag in self.tags)
        )


def my_list(shelf: Shelf, store: Store, wanted: Wanted) -> list[MyPaper]:
    """The wanted papers: those that she did something with last come first, of the others those that were listed last.

    Raises:
        ValueError: if the query cannot be read.
    """
    marks = {paper: each for paper, each in shelf.marks().items() if wanted.followed or each.times}
    reasons = followed(shelf.follows(), store) if wanted.followed else {}
    ids = [paper for paper in (reasons if wanted.followed else marks) if wanted.admits(marks.get(paper, _NONE))]
    if wanted.query:
        found = store.matching(wanted.query, ids)
        ids = [paper for paper in ids if paper in found]
    papers = describe(ids, shelf, store, reasons)
    return sorted(
        papers,
        key=lambda paper: (max(paper.marks.times, default=_LONG_AGO), paper.day or date.min, paper.id),
        reverse=True,
    )


def describe(
    ids: Collection[str], shelf: Shelf | None, store: Store, reasons: "dict[str, list[Follow]] | None" = None
) -> list[MyPaper]:
    """Papers in the order given, each with all that she did with it; nothing without a shelf."""
    marks = shelf.marks(ids) if shelf else {}
    records, days = store.papers(ids), store.days_listing(ids)
    return [
        MyPaper(
            id=paper,
            title=records[paper].title if paper in records else "",
            day=max(days.get(paper, ()), default=None),
            marks=marks.get(paper, _NONE),
            follows=tuple((reasons or {}).get(paper, ())),
        )
        for paper in ids
    ]


_NONE = OwnMarks()
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
