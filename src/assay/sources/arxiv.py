"""The arXiv API: metadata, abstracts and versions, by id and by category and announcement.

Its terms ask for one request in three seconds over all machines of a user; `assay.sources.client.Pace.intervals` keeps
to it. Metadata may be stored and shared; papers themselves are linked to, never served again.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from xml.etree import ElementTree as ET

from assay.papers.announcements import Announcement, announcement_of, why_silent
from assay.papers.ids import parse_arxiv_id
from assay.papers.models import Paper, Refusal, Sighting, Snapshot
from assay.papers.text import counted, normalise
from assay.sources.client import Client, SourceError
from assay.sources.decoding import parse_xml
from assay.sources.reading import Reading, reason
from assay.sources.withdrawal import says_withdrawn

SOURCE = "arxiv"


def by_ids(client: Client, ids: Sequence[str], *, base_url: str, batch: int = 100) -> Iterator[Snapshot]:
    """Fetch the metadata of papers in their newest versions, ``batch`` to a request.

    arXiv leaves out ids that it does not know: they are those that no paper of `read_feed` has.

    Raises:
        SourceError: if a request fails, or arXiv reports an error.
        ValueError: if one of ``ids`` is not an arXiv id.
    """
    unique_ids = list(dict.fromkeys(parse_arxiv_id(text).id for text in ids))
    for start in range(0, len(unique_ids), batch):
        chunk = unique_ids[start : start + batch]
        answer = _ask(client, base_url, {"id_list": ",".join(chunk), "max_results": len(chunk)})
        _read_answer(answer)
        yield answer


def by_category(
    client: Client, categories: Sequence[str], day: date, *, base_url: str, page: int = 200
) -> Iterator[Snapshot]:
    """Fetch what a day's announcement lists in any of the categories, page by page.

    The API does not know announcements: asked for is what was submitted in the time that the announcement holds
    (`assay.papers.announcements`). What moderators held back comes with that day too, once it is announced.

    Raises:
        SourceError: if a request fails, if arXiv reports an error, or if a page stays empty although there should be
            more papers.
        ValueError: if arXiv announces nothing on that day.
    """
    announcement = announcement_of(day)
    if announcement is None:
        raise ValueError(f"{day}: {why_silent(day)}")
    query = f"({' OR '.join(map(_question, categories))}) AND submittedDate:[{_span(announcement)}]"
    order: dict[str, str | int] = {"sortBy": "submittedDate", "sortOrder": "ascending"}
    start = 0
    is_second_try = False
    while True:
        params = {"search_query": query, "start": start, "max_results": page, **order}
        answer = _ask(client, base_url, params, day=day)
        reading = _read_answer(answer)
        entries = len(reading.papers) + len(reading.refused)
        total = reading.total or 0
        if entries or total == 0:
            yield answer
            start += entries
            is_second_try = False
        elif is_second_try:
            raise SourceError(
                f"{SOURCE}: {day} has {counted(total, 'paper')}, but the page from paper {start + 1} on stays empty"
            )
        else:
            is_second_try = True  # the API now and then sends an empty page in the middle of a list
        if start >= total:
            return


def read_feed(
    data: bytes,
    *,
    day: date | None = None,
    snapshot: str | None = None,
    seen_at: datetime | None = None,
    first_rank: int = 1,
    name: str = "the feed",
    categories: Collection[str] = (),
) -> Reading:
    """Read an Atom feed of the API. An entry that cannot be read is refused, the others are not.

    Args:
        data: the XML text.
        day: the day that the request was for; with it, each entry is a sighting.
        snapshot: SHA-256 of the raw bytes, for the sightings.
        seen_at: when it was read.
        first_rank: the place of its first entry in the day's list, which may have other pages before it.
        name: what to call it where an entry is refused.
        categories: those asked for; papers whose primary category is none of them count as cross-listed.

    Raises:
        ValueError: if it is not such a feed, or if the feed is arXiv's way of reporting an error.
    """
    feed = _feed(data)
    papers: list[Paper] = []
    sightings: list[Sighting] = []
    refusals: list[Refusal] = []
    kinds: Counter[str] = Counter()
    for rank, entry in enumerate(feed.iterfind(f"{_ATOM}entry"), first_rank):
        if "/api/errors" in _text(entry, f"{_ATOM}id"):
            raise ValueError(f"arXiv reports an error: {_text(entry, f'{_ATOM}summary')}")
        try:
            paper = _paper(entry)
        except ValueError as error:
            refusals.append(Refusal(file=name, why=f"entry {rank}: {reason(error)}"))
            continue
        papers.append(paper)
        if categories:
            kinds["new" if _covers(categories, paper) else "cross-listed"] += 1
        if day is not None:
            sightings.append(
                Sighting(paper=paper.id, source=SOURCE, day=day, rank=rank, seen_at=seen_at, snapshot=snapshot)
            )
    total = _text(feed, f"{_SEARCH}totalResults")
    return Reading(
        source=SOURCE,
        day=day,
        papers=papers,
        sightings=sightings,
        refused=refusals,
        kinds=dict(kinds),
        seen_at=seen_at,
        total=int(total) if total.isdecimal() and len(total) < 10 else None,
    )


_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"
_SEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
_MEDIA_TYPES = ("application/atom+xml", "application/xml", "text/xml")


def _question(category: str) -> str:
    """A category as the API is asked for it; an archive such as ``cs`` stands for all of its categories."""
    return f"cat:{category}" if "." in category else f"cat:{category} OR cat:{category}.*"


def _covers(categories: Collection[str], paper: Paper) -> bool:
    """Whether a paper's primary category is one of those, or in one of those archives."""
    primary = paper.categories[0] if paper.categories else ""
    return primary in categories or primary.partition(".")[0] in categories


def _span(announcement: Announcement) -> str:
    """The time of submission as the API writes it: both ends belong to it, and it knows minutes only."""
    last = announcement.until - timedelta(minutes=1)
    return f"{announcement.since:%Y%m%d%H%M} TO {last:%Y%m%d%H%M}"


def _ask(client: Client, base_url: str, params: dict[str, str | int], *, day: date | None = None) -> Snapshot:
    url = f"{base_url.rstrip('/')}/api/query"
    return client.get(url, source=SOURCE, day=day, params=params, accept=_MEDIA_TYPES)


def _read_answer(answer: Snapshot) -> Reading:
    """Read a live answer; one that is no feed is the source's fault."""
    try:
        return read_feed(answer.body)
    except ValueError as error:
        raise SourceError(f"{SOURCE}: {error}") from error


def _feed(data: bytes) -> ET.Element:
    feed = parse_xml(data)
    if feed.tag != f"{_ATOM}feed":
        raise ValueError("XML, but not an Atom feed")
    return feed


def _paper(entry: ET.Element) -> Paper:
    arxiv_id = parse_arxiv_id(_text(entry, f"{_ATOM}id"))
    subjects = [*entry.iterfind(f"{_ARXIV}primary_category"), *entry.iterfind(f"{_ATOM}category")]
    authors = (_text(author, f"{_ATOM}name") for author in entry.iterfind(f"{_ATOM}author"))
    abstract, comment = _text(entry, f"{_ATOM}summary"), _text(entry, f"{_ARXIV}comment")
    published, updated = _text(entry, f"{_ATOM}published") or None, _text(entry, f"{_ATOM}updated") or None
    return Paper.model_validate(
        {
            "id": arxiv_id.id,
            "version": arxiv_id.version,
            "title": _text(entry, f"{_ATOM}title"),
            "authors": tuple(filter(None, authors)),
            "abstract": abstract,
            "published": published,
            "updated": updated,
            # Withdrawing a paper makes a version of it, so that is when this one came.
            "withdrawn": (updated or published) if says_withdrawn(comment=comment, abstract=abstract) else None,
            "categories": tuple(dict.fromkeys(filter(None, (category.get("term") for category in subjects)))),
            "comment": comment,
            "journal_ref": _text(entry, f"{_ARXIV}journal_ref"),
            "doi": _text(entry, f"{_ARXIV}doi"),
        }
    )


def _text(element: ET.Element, tag: str) -> str:
    return normalise(element.findtext(tag) or "")
