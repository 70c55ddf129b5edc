"""The feeds of a site: of all papers, of each room and category, of its weeks, and of what one reader follows."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple, Protocol

from assay.papers.measurement import Measurement
from assay.papers.models import Dossier
from assay.papers.period import Period
from assay.publish.feeds.atom import write_atom
from assay.publish.feeds.entries import Place, entry_of, feed_of, newest
from assay.publish.feeds.json_feed import write_json
from assay.publish.feeds.opml import write_opml
from assay.publish.feeds.record import Entry, Feed, Subject
from assay.publish.feeds.rss import write_rss
from assay.publish.feeds.weeks import week_entry
from assay.publish.labels import label, language_name

FORMS = {"atom": write_atom, "rss": write_rss, "json": write_json}
"""By name, what writes a feed in each format."""
FILES = {"atom": "atom.xml", "rss": "rss.xml", "json": "feed.json"}
"""The names that file hosts serve as what they are."""
_MOST_OF_ONE = 30
"""So many papers are in a feed of a room, a category or a follow; more where the latest day lists more."""
_MOST_WEEKS = 12
_WEEKS = Subject("weeks")


class Followed(NamedTuple):
    """What a reader follows, and the papers of the site that it is about."""

    subject: Subject
    papers: Sequence[Dossier]


class Published(Protocol):
    """What a site publishes, as far as feeds show it."""

    @property
    def papers(self) -> Sequence[Dossier]:
        """Every paper that stands in a day."""

    @property
    def measurements(self) -> Mapping[str, Sequence[Measurement]]:
        """What trials found, by paper."""

    @property
    def weeks(self) -> Sequence[Period]:
        """The weeks that are over, the latest first."""

    @property
    def follows(self) -> Sequence[Followed]:
        """What one reader follows, if that is to be published."""

    @property
    def languages(self) -> Sequence[str]:
        """The first is at the root."""


class FeedFile(NamedTuple):
    """A file of a site's feeds before it is written."""

    path: str
    made_of: object
    """All that its content depends on."""
    write: Callable[[], str]


def feed_path(subject: Subject, language: str, form: str = "atom") -> str:
    """Where a feed is in a site: ``feeds/en/category/cs.LG/atom.xml``."""
    return f"feeds/{language}/{subject.folder}/{FILES[form]}"


def site_feeds(site: Published, base_url: str = "") -> Iterator[FeedFile]:
    """The files of a site's feeds.

    Without the site's address entries link to arXiv, no feed says where it is, and there are neither a feed of weeks,
    which are on the site alone, nor lists of feeds, which need addresses.
    """
    place = Place(base_url, site.languages)
    public = [Followed(subject, papers) for subject, papers in _papers_of(site.papers)]
    known = {each.subject.name.casefold(): each.subject for each in public}
    own = [
        Followed(each.subject, newest(each.papers, _MOST_OF_ONE))
        for each in site.follows
        if each.subject.name.casefold() not in known
    ]
    for language in site.languages:
        entry = _entries(site, language, place)
        for each in (*public, *own):
            measured = [site.measurements.get(dossier.paper.id, ()) for dossier in each.papers]
            yield from _files(
                each.subject, (each.papers, measured), partial(_make, entry, each.papers), language, place
            )
        if base_url:
            weeks = site.weeks[:_MOST_WEEKS]
            entry_of_week = partial(week_entry, language=language, place=place)
            yield from _files(_WEEKS, weeks, partial(_make, entry_of_week, weeks), language, place)
    if base_url:
        rooms = (each.room for each in site.papers)
        categories = (category for each in site.papers for category in each.paper.categories)
        yield _list("feeds/feeds.opml", subjects_of(rooms, categories), place)
        followed = [known.get(each.subject.name.casefold(), each.subject) for each in site.follows]
        if followed:
            yield _list("feeds/follows.opml", followed, place)


def _entries(site: Published, language: str, place: Place) -> Callable[[Dossier], Entry]:
    """What makes a paper an entry in that language; each paper once, for however many feeds."""
    made: dict[str, Entry] = {}

    def make(dossier: Dossier) -> Entry:
        key = dossier.paper.id
        if key not in made:
            made[key] = entry_of(dossier, language, site.measurements.get(key, ()), place=place)
        return made[key]

    return make


def _make(entry: Callable[[Any], Entry], things: Sequence[object]) -> list[Entry]:
    return [entry(each) for each in things]


def _files(
    subject: Subject, made_of: object, entries: Callable[[], list[Entry]], language: str, place: Place
) -> Iterator[FeedFile]:
    """A feed in each format."""
    feed = cache(lambda: feed_of(subject, entries(), language, place))
    for form, write in FORMS.items():
        path = feed_path(subject, language, form)
        yield FeedFile(path, (made_of, place), partial(_write, write, feed, place.file(path)))


def _write(write: Callable[[Feed], str], feed: Callable[[], Feed], address: str) -> str:
    return write(feed().model_copy(update={"address": address}))


def _list(path: str, subjects: Sequence[Subject], place: Place) -> FeedFile:
    return FeedFile(path, (subjects, place), partial(list_feeds, subjects, place))


def subjects_of(rooms: Iterable[str], categories: Iterable[str]) -> list[Subject]:
    """What a site has a feed of: all papers, its weeks, each room, each category."""
    return [
        Subject("all"),
        _WEEKS,
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
    """What each feed of papers of a site is of, with these."""
    rooms: dict[str, list[Dossier]] = {}
    categories: dict[str, list[Dossier]] = {}
    for dossier in papers:
        rooms.setdefault(dossier.room, []).append(dossier)
        for category in dossier.paper.categories:
            categories.setdefault(category, []).append(dossier)
    for subject in subjects_of(rooms, categories):
        match subject.kind:
            case "room":
                yield subject, newest(rooms[subject.value], _MOST_OF_ONE)
            case "category":
                yield subject, newest(categories[subject.value], _MOST_OF_ONE)
            case "all":
                yield subject, newest(papers)
