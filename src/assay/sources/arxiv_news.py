"""arXiv's news feeds, RSS 2.0 and Atom: the newest announcement of some categories, each entry with its kind.

An entry is a paper that is new or newly cross-listed, or one that was replaced by a new version. Only the first two are
the day's papers. A feed has no dates of versions, comments or order of authors beyond a line of text, so that it is a
poorer source than the API (see `assay.store.merge`).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from xml.etree import ElementTree as ET

from assay.papers.announcements import listing_day_of
from assay.papers.ids import ArxivId, is_arxiv_id, parse_arxiv_id
from assay.papers.models import Paper, Refusal, Sighting, Snapshot
from assay.papers.text import normalise
from assay.sources.client import Client, SourceError
from assay.sources.decoding import parse_xml
from assay.sources.reading import Reading, reason
from assay.sources.withdrawal import says_withdrawn

SOURCE = "arxiv-news"

KINDS = {"new": "new", "cross": "cross-listed", "replace": "replaced", "replace-cross": "replaced"}
"""What arXiv's kinds of announcement are called here."""


def pages(client: Client, categories: Sequence[str], day: date, *, base_url: str) -> Iterator[Snapshot]:
    """Fetch the news feed of the categories: one page, or none as long as the feed still has an earlier list.

    Raises:
        SourceError: if the request fails, the answer is no news feed, or the feed has a later list already: it only
            ever holds the newest.
    """
    url = f"{base_url.rstrip('/')}/atom/{'+'.join(categories)}"
    page = client.get(url, source=SOURCE, day=day, accept=_MEDIA_TYPES)
    try:
        feed_day = listing_day(page.body)
    except ValueError as error:
        raise SourceError(f"{SOURCE}: {error}") from error
    if feed_day is not None and feed_day > day:
        raise SourceError(f"{SOURCE}: it holds only the newest list, of {feed_day}; the source arxiv has earlier days")
    if feed_day is None or feed_day == day:
        yield page


def is_news(data: bytes) -> bool:
    """Whether XML is a news feed of arXiv's, or another RSS feed, and not an answer of its API.

    Raises:
        ValueError: if it is not XML.
    """
    return _is_news(parse_xml(data))


def listing_day(data: bytes) -> date | None:
    """The day of the list that a news feed holds; ``None`` if it names none, or several.

    Raises:
        ValueError: if it is not such a feed.
    """
    return _listing_day(_news(data))


def read_news(
    data: bytes,
    *,
    day: date | None = None,
    snapshot: str | None = None,
    seen_at: datetime | None = None,
    first_rank: int = 1,
    name: str = "the feed",
) -> Reading:
    """Read a news feed. New and cross-listed papers are seen that day; of replaced ones there is only the record.

    Args:
        data: the XML text.
        day: the listing day; the feed's own if left out.
        snapshot: SHA-256 of the raw bytes, for the sightings.
        seen_at: when it was read; for a file, when the feed was made.
        first_rank: the place of its first listed paper.
        name: what to call it where an entry is refused.

    Raises:
        ValueError: if it is not such a feed, or names no day and none is given.
    """
    feed = _news(data)
    day = day or _listing_day(feed)
    if day is None:
        raise ValueError("a news feed that does not say of which day it is: give --date")
    seen_at = seen_at or _made_at(feed)
    papers: list[Paper] = []
    sightings: list[Sighting] = []
    refusals: list[Refusal] = []
    kinds: Counter[str] = Counter()
    ids: set[str] = set()
    for number, entry in enumerate(_entries(feed), 1):
        try:
            kind, paper = _read_entry(entry)
        except ValueError as error:
            refusals.append(Refusal(file=name, why=f"entry {number}: {reason(error)}"))
            continue
        if paper.id in ids:
            continue  # once in each category that lists it
        ids.add(paper.id)
        papers.append(paper)
        kinds[kind] += 1
        if kind != "replaced":
            rank = first_rank + len(sightings)
            sightings.append(
                Sighting(paper=paper.id, source=SOURCE, day=day, rank=rank, seen_at=seen_at, snapshot=snapshot)
            )
    return Reading(
        source=SOURCE,
        day=day,
        papers=papers,
        sightings=sightings,
        refused=refusals,
        kinds=dict(kinds),
        seen_at=seen_at,
    )


_MEDIA_TYPES = ("application/atom+xml", "application/rss+xml", "application/xml", "text/xml")
_ADDRESS = re.compile(r"\brss\.arxiv\.org/|\barxiv\.org/(?:rss|atom)/")
_HEAD = re.compile(r"(?i)arXiv:(?P<id>\S{1,40}) Announce Type: (?P<kind>[a-z-]{1,30})(?: Abstract:|$) ?")


class _Head(NamedTuple):
    """What the text of an entry begins with, before the abstract."""

    id: str
    kind: str
    length: int


def _news(data: bytes) -> ET.Element:
    feed = parse_xml(data)
    if not _is_news(feed):
        raise ValueError("XML, but not a news feed of arXiv's")
    return feed


def _is_news(feed: ET.Element) -> bool:
    name = _local_name(feed)
    if name == "RDF":
        raise ValueError("RSS 1.0, which arXiv no longer has; RSS 2.0 and Atom are read")
    if name not in {"rss", "feed"}:
        return False
    marked = any(entry.find("{*}announce_type") is not None or _head(entry) for entry in _entries(feed))
    addresses = _text(feed, "id"), feed.findtext("{*}channel/{*}link") or ""
    is_arxivs = marked or any(map(_ADDRESS.search, addresses))
    if name == "rss" and not is_arxivs:
        raise ValueError("RSS, but not a news feed of arXiv's")
    return is_arxivs


def _entries(feed: ET.Element) -> list[ET.Element]:
    return feed.findall("{*}channel/{*}item" if _local_name(feed) == "rss" else "{*}entry")


def _read_entry(entry: ET.Element) -> tuple[str, Paper]:
    """An entry's kind, in our words, and its paper."""
    head = _head(entry)
    kind = (_text(entry, "announce_type") or (head.kind if head else "")).lower()
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of announcement" if kind else "it does not say whether it is new")
    arxiv_id = _id(entry, head)
    abstract = _abstract(entry)[head.length if head else 0 :]
    subjects = (normalise(each.get("term") or each.text or "") for each in entry.iterfind("{*}category"))
    announced = _moment(_text(entry, "published") or _text(entry, "pubDate") or _text(entry, "updated"))
    paper = Paper(
        id=arxiv_id.id,
        version=arxiv_id.version,
        title=_text(entry, "title"),
        authors=_authors(entry),
        abstract=abstract,
        categories=tuple(dict.fromkeys(filter(None, subjects))),
        journal_ref=_text(entry, "journal_reference"),
        doi=_text(entry, "DOI"),
        withdrawn=announced if says_withdrawn(abstract=abstract) else None,
    )
    return KINDS[kind], paper


def _head(entry: ET.Element) -> _Head | None:
    match = _HEAD.match(_abstract(entry))
    return _Head(match["id"], match["kind"], match.end()) if match else None


def _id(entry: ET.Element, head: _Head | None) -> ArxivId:
    """The entry's id, with its version if any of the places where an id stands has one."""
    places = _text(entry, "guid") or _text(entry, "id"), f"arXiv:{head.id}" if head else "", _link(entry)
    texts = [text for text in places if text]
    ids = [parse_arxiv_id(text) for text in texts if is_arxiv_id(text)]
    if not ids:
        raise ValueError(f"no arXiv id: {texts[0]!r}" if texts else "it has no id")
    if len({each.id for each in ids}) > 1:
        raise ValueError(f"it has several ids: {', '.join(dict.fromkeys(each.id for each in ids))}")
    return next((each for each in ids if each.version), ids[0])


def _link(entry: ET.Element) -> str:
    link = entry.find("{*}link")
    return "" if link is None else normalise(link.get("href") or link.text or "")


def _abstract(entry: ET.Element) -> str:
    return _text(entry, "summary") or _text(entry, "description")


def _authors(entry: ET.Element) -> tuple[str, ...]:
    """The authors: one element with commas between them, or an element for each."""
    creators = [normalise(each.text or "") for each in entry.iterfind("{*}creator")]
    creators = creators or [_text(author, "name") for author in entry.iterfind("{*}author")]
    if len(creators) == 1:
        creators = _split_names(creators[0])
    return tuple(filter(None, creators))


_IN_BRACKETS = re.compile(r"\s?\([^()]*\)")
_DEEPEST_BRACKETS = 4  # "(Toy Institute (Lake Lab), Oslo)" has two
_SUFFIX = re.compile(r"(?i)(?:jr|sr|ii|iii|iv)\.?")


def _split_names(text: str) -> list[str]:
    """Split ``Ada Example (Toy University, Oslo), Bo Sample, Jr.`` at the commas between people."""
    for _ in range(_DEEPEST_BRACKETS):
        text = _IN_BRACKETS.sub("", text)
    names: list[str] = []
    for part in text.split(","):
        name = part.strip()
        if names and _SUFFIX.fullmatch(name):
            names[-1] += f", {name}"
        else:
            names.append(name)
    return names


def _listing_day(feed: ET.Element) -> date | None:
    """The day that the feed names, else the one that its entries agree on."""
    if _local_name(feed) == "rss" and (announced := _moment(feed.findtext("{*}channel/{*}pubDate"))):
        return listing_day_of(announced)
    moments = [_moment(_text(entry, "published") or _text(entry, "pubDate")) for entry in _entries(feed)]
    days = {listing_day_of(moment) for moment in moments if moment} or {
        listing_day_of(moment) for moment in [_made_at(feed)] if moment
    }
    return days.pop() if len(days) == 1 else None


def _made_at(feed: ET.Element) -> datetime | None:
    """When the feed was made."""
    if _local_name(feed) == "rss":
        channel = feed.find("{*}channel")
        return None if channel is None else _moment(_text(channel, "lastBuildDate") or _text(channel, "pubDate"))
    return _moment(_text(feed, "updated"))


def _moment(text: str | None) -> datetime | None:
    """A time as Atom or RSS writes it; ``None`` for anything else, or without a zone."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        try:
            moment = parsedate_to_datetime(text or "")
        except ValueError:
            return None
    return moment if moment.tzinfo else None


def _text(element: ET.Element, tag: str) -> str:
    return normalise(element.findtext(f"{{*}}{tag}") or "")


def _local_name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
