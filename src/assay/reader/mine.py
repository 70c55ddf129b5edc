"""A reader's own list: the papers that she did something with, or that her follows are about, filtered."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from types import MappingProxyType

from assay.papers.models import Line, Noun, PaperId
from assay.papers.text import fold
from assay.reader.following import followed, with_phrases
from assay.reader.interests import Follow, Phrase
from assay.reader.records import OwnMarks
from assay.reader.shelf import Shelf
from assay.store import Store
from assay.writing.terms import Glossary


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
    phrases: tuple[Phrase, ...] = ()
    """Those of her phrases that it has, where papers were chosen by them."""

    @property
    def touched(self) -> datetime:
        """When she did something with it last; long ago if never."""
        return max(self.marks.times, default=_LONG_AGO)


class Order(StrEnum):
    """What a list is sorted by."""

    TOUCHED = "touched"
    """When she did something with a paper, the last first; papers that she never touched as they were listed."""
    LISTED = "listed"
    """The day that listed it, the latest first."""
    TITLE = "title"


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
    """All papers of the archive that her follows are about or that have a phrase of hers, and not only her list's."""
    since: datetime | None = None
    """Those that she did something with from then on; of others that her follows are about, those that were listed."""

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


def my_list(
    shelf: Shelf,
    store: Store,
    wanted: Wanted,
    *,
    order: Order = Order.TOUCHED,
    glossary: Glossary = MappingProxyType({}),
) -> list[MyPaper]:
    """The wanted papers, sorted.

    Args:
        shelf: the reader's own things.
        store: the archive.
        wanted: which papers are wanted.
        order: what they are sorted by.
        glossary: in which phrases of another language have their English words.

    Raises:
        ValueError: if the query cannot be read.
    """
    marks = {paper: each for paper, each in shelf.marks().items() if wanted.followed or each.times}
    follows = followed(shelf.follows(), store) if wanted.followed else {}
    phrases = with_phrases(shelf.phrases(), store, glossary) if wanted.followed else {}
    ids = [
        paper
        for paper in ({**follows, **phrases} if wanted.followed else marks)
        if wanted.admits(marks.get(paper, _NONE))
    ]
    if wanted.query:
        found = store.matching(wanted.query, ids)
        ids = [paper for paper in ids if paper in found]
    papers = describe(ids, shelf, store, follows, phrases)
    if wanted.since is not None:
        papers = [paper for paper in papers if _is_since(paper, wanted.since)]
    return _sort(papers, order)


def _is_since(paper: MyPaper, since: datetime) -> bool:
    """Whether she touched a paper from then on; or, if she never did, whether it was listed."""
    if paper.marks.times:
        return paper.touched >= since
    return paper.day is not None and paper.day >= since.date()


def _sort(papers: list[MyPaper], order: Order) -> list[MyPaper]:
    if order is Order.TITLE:
        return sorted(papers, key=lambda paper: (not paper.title, fold(paper.title), paper.id))
    if order is Order.LISTED:
        return sorted(papers, key=lambda paper: (paper.day or date.min, paper.touched, paper.id), reverse=True)
    return sorted(papers, key=lambda paper: (paper.touched, paper.day or date.min, paper.id), reverse=True)


def describe(
    ids: Collection[str],
    shelf: Shelf | None,
    store: Store,
    follows: Mapping[str, Sequence[Follow]] = MappingProxyType({}),
    phrases: Mapping[str, Sequence[Phrase]] = MappingProxyType({}),
) -> list[MyPaper]:
    """Papers in the order given, each with all that she did with it; nothing without a shelf.

    Args:
        ids: of the papers.
        shelf: the reader's own things.
        store: the archive.
        follows: by paper, those of her follows that it is about.
        phrases: by paper, those of her phrases that it has.
    """
    marks = shelf.marks(ids) if shelf else {}
    records, days = store.papers(ids), store.days_listing(ids)
    return [
        MyPaper(
            id=paper,
            title=records[paper].title if paper in records else "",
            day=max(days.get(paper, ()), default=None),
            marks=marks.get(paper, _NONE),
            follows=tuple(follows.get(paper, ())),
            phrases=tuple(phrases.get(paper, ())),
        )
        for paper in ids
    ]


_NONE = OwnMarks()
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
