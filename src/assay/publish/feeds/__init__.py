"""Feeds of papers: Atom 1.0, RSS 2.0 and JSON Feed 1.1, in each language; a pure function of the papers.

An entry has the same id in every feed of its language, wherever the feed is published. Its times are those of the
paper: a feed that is written again from the same papers is the same to the byte.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import NamedTuple, Protocol

from assay.papers.ids import abs_url, month_of
from assay.papers.mathematics import to_text
from assay.papers.measurement import Measurement
from assay.papers.models import Dossier, Paper
from assay.papers.text import normalise
from assay.publish.feeds.atom import write_atom
from assay.publish.feeds.content import entry_html, tell_summary
from assay.publish.feeds.json_feed import write_json
from assay.publish.feeds.opml import write_opml
from assay.publish.feeds.record import AUTHORITY, Entry, Feed, Subject
from assay.publish.feeds.rss import write_rss
from assay.publish.labels import label, language_name

__all__ = [
    "FILES",
    "FORMS",
    "NOWHERE",
    "Entry",
    "Feed",
    "Place",
    "Subject",
    "entry_of",
    "feed_of",
    "feed_path",
    "first_day",
    "list_feeds",
    "newest",
    "site_feeds",
    "subjects_of",
    "write_opml",
]

FORMS = {"atom": write_atom, "rss": write_rss, "json": write_json}
"""By name, what writes a feed in each format."""
FILES = {"atom": "atom.xml", "rss": "rss.xml", "json": "feed.json"}
"""The names that file hosts serve as what they are."""
MOST_OF_ALL, MOST_OF_ONE = 100, 30
"""So many papers are in the feed of all, and in one of a room or a category; more where the latest day lists more."""
_MOST_OF_A_DAY = 500


class Place(NamedTuple):
    """Where a site is, and in which folder of it each language."""

    base_url: str
    """The address of the site; empty where it is not known, and links lead to arXiv."""
    languages: Sequence[str] = ("en",)
    """The first is at the root, each other in a folder of its name."""

    def page(self, language: str, path: str = "") -> str:
        """The address of a page; empty where the site's is not known."""
        if not self.base_url:
            return ""
        folder = "" if language == self.languages[0] else f"{language}/"
        return f"{self.base_url.rstrip('/')}/{folder}{path}"

    def file(self, path: str) -> str:
        """The address of a file that all languages share; empty where the site's is not known."""
        return f"{self.base_url.rstrip('/')}/{path}" if self.base_url else ""


NOWHERE = Place("")


class Published(Protocol):
    """What a site publishes, as far as feeds show it."""

    @property
    def papers(self) -> Sequence[Dossier]:
        """Every paper that stands in a day."""

    @property
    def measurements(self) -> Mapping[str, Sequence[Measurement]]:
        """What trials found, by paper."""

    @property
    def languages(self) -> Sequence[str]:
        """The first is at the root."""


def feed_path(subject: Subject, language: str, form: str = "atom") -> str:
    """Where a feed is in a site: ``feeds/en/category/cs.LG/atom.xml``."""
    return f"feeds/{language}/{subject.name}/{FILES[form]}"


def newest(papers: Iterable[Dossier], most: int = MOST_OF_ALL) -> list[Dossier]:
    """The papers that were listed last; within a day, those with the most votes.

    So many at most, but all of the latest day, of which a feed reader that asks once a day would else miss some.
    """
    ordered = sorted(papers, key=_newest_first)
    latest = sum(
        first_day(each.paper, each.days) == first_day(ordered[0].paper, ordered[0].days)
        for each in ordered[:_MOST_OF_A_DAY]
    )
    return ordered[: max(most, latest)]


def feed_of(subject: Subject, entries: Iterable[Entry], language: str, place: Place = NOWHERE) -> Feed:
    """A feed without an address of its own.

    Args:
        subject: what the papers have in common.
        entries: in the order in which the feed has them.
        language: of the feed and its entries.
        place: where the site is whose front page the feed links to.
    """
    return Feed(
        id=f"{AUTHORITY}feed/{subject.name}/{language}",
        title=label(f"feed.{subject.kind}", language, value=subject.value),
        description=label("feed.description", language),
        language=language,
        home=place.page(language) or "https://arxiv.org/",
        entries=tuple(entries),
    )


def entry_of(
    dossier: Dossier,
    language: str,
    measurements: Sequence[Measurement] = (),
    *,
    place: Place = NOWHERE,
    why: str = "",
) -> Entry:
    """A paper as an entry of a feed.

    Args:
        dossier: the paper.
        language: of the entry.
        measurements: what trials found of it.
        place: where the site is whose page of the paper the entry links to.
        why: why it stands in a reader's own feed.
    """
    paper = dossier.paper
    published = datetime.combine(first_day(dossier.paper, dossier.days), time(), tzinfo=UTC)
    changes = [paper.updated, paper.withdrawn, *(each.taken_at for each in measurements)]
    words = [dossier.room, *paper.categories, *map(to_text, paper.keywords)]
    told = list(tell_summary(dossier, language))
    return Entry(
        id=f"{AUTHORITY}paper/{paper.id}/{language}",
        title=to_text(paper.title) or paper.id,
        url=place.page(language, f"paper/{paper.id}/") or abs_url(paper.id),
        arxiv_url=abs_url(paper.id),
        published=published,
        updated=max([published, *filter(None, changes)]),
        authors=tuple(filter(None, map(to_text, paper.authors))),
        categories=tuple(dict.fromkeys(filter(None, map(normalise, words)))),
        summary=next(filter(None, (each.first for each in told)), ""),
        content=entry_html(dossier, told, language, measurements=measurements, why=why),
    )


def site_feeds(site: Published, base_url: str = "") -> Iterator[tuple[str, str]]:
    """The files of a site's feeds, each with its path: of all papers, of each room, of each category.

    Without the site's address entries link to arXiv, no feed says where it is, and there is no list of feeds, which
    would need that.
    """
    place = Place(base_url, site.languages)
    subjects = list(_papers_of(site.papers))
    for language in site.languages:
        entries: dict[str, Entry] = {}
        for subject, papers in subjects:
            for each in papers:
                key = each.paper.id
                if key not in entries:
                    entries[key] = entry_of(each, language, site.measurements.get(key, ()), place=place)
            feed = feed_of(subject, [entries[each.paper.id] for each in papers], language, place)
            for form, write in FORMS.items():
                path = feed_path(subject, language, form)
                yield path, write(feed.model_copy(update={"address": place.file(path)}))
    if base_url:
        yield "feeds/feeds.opml", list_feeds([subject for subject, _ in subjects], place)


def subjects_of(rooms: Iterable[str], categories: Iterable[str]) -> list[Subject]:
    """What a site has a feed of: all papers, each room, each category."""
    return [
        Subject("all"),
        *(Subject("room", room) for room in sorted(set(filter(None, rooms)))),
        *(Subject("category", category) for category in sorted(set(categories))),
    ]


def list_feeds(subjects: Sequence[Subject], place: Place) -> str:
    """The list of a site's feeds in all of its languages, in OPML.

    Raises:
        ValueError: if it is not known where the site is.
    """
    groups = [
        (
            language_name(language),
            [
                feed_of(subject, (), language, place).model_copy(
                    update={"address": place.file(feed_path(subject, language))}
                )
                for subject in subjects
            ],
        )
        for language in place.languages
    ]
    return write_opml(label("feed.list", place.languages[0]), groups)


def _papers_of(papers: Sequence[Dossier]) -> Iterator[tuple[Subject, list[Dossier]]]:
    """What each feed of a site is of, with its papers."""
    rooms: dict[str, list[Dossier]] = {}
    categories: dict[str, list[Dossier]] = {}
    for dossier in papers:
        rooms.setdefault(dossier.room, []).append(dossier)
        for category in dossier.paper.categories:
            categories.setdefault(category, []).append(dossier)
    for subject in subjects_of(rooms, categories):
        match subject.kind:
            case "room":
                yield subject, newest(rooms[subject.value], MOST_OF_ONE)
            case "category":
                yield subject, newest(categories[subject.value], MOST_OF_ONE)
            case _:
                yield subject, newest(papers)


def first_day(paper: Paper, days: Collection[date]) -> date:
    """The first of the days that list a paper; of one that none lists, the day or the month that arXiv has it of."""
    if days:
        return min(days)
    return paper.published.astimezone(UTC).date() if paper.published else date(*month_of(paper.id), 1)


def _newest_first(dossier: Dossier) -> tuple[int, int, str]:
    """The latest day first, in it the paper with the most votes."""
    return -first_day(dossier.paper, dossier.days).toordinal(), -(dossier.votes or 0), dossier.paper.id
