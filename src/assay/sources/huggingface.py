"""Hugging Face daily papers: the live list, and recordings of it in every shape it has had since 2024."""

import ast
import json
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from assay.papers.models import Paper, Refusal, Sighting, Snapshot
from assay.papers.text import normalise
from assay.sources.client import Client, SourceError
from assay.sources.decoding import decode
from assay.sources.reading import Reading, reason
from assay.sources.withdrawal import says_withdrawn

SOURCE = "huggingface"


def pages(
    client: Client, day: date, *, base_url: str, token: str | None = None, limit: int = 100
) -> Iterator[Snapshot]:
    """Fetch a day's listing page by page, until a page is short.

    A page of 50 where more were asked for is not short: it is as much as some servers give. An empty page after the
    first is not yielded: it only says that the list is complete.

    Raises:
        SourceError: if a page cannot be had, is not a listing, or repeats the papers of the pages before it, as from
            a server that does not know pages: what it listed past the first is then missing.
    """
    previous_ids: set[str] = set()
    for number in range(_MOST_PAGES):
        page = client.get(
            f"{base_url.rstrip('/')}/api/daily_papers",
            source=SOURCE,
            day=day,
            params={"date": day.isoformat(), "p": number, "limit": limit},
            headers={"Authorization": f"Bearer {token}"} if token else None,
        )
        try:
            entries = _entries(page.body)
        except ValueError as error:
            raise SourceError(f"{SOURCE}: page {number} of {day}: {error}") from error
        ids = {_entry_id(entry) for entry in entries}
        if ids and ids <= previous_ids:
            raise SourceError(
                f"{SOURCE}: page {number} of {day} repeats the pages before it; papers past the first "
                f"{len(previous_ids)} are missing"
            )
        if entries or number == 0:
            yield page
        if len(entries) < limit and len(entries) != _SERVERS_OWN_LIMIT:
            return
        previous_ids |= ids
    raise SourceError(f"{SOURCE}: {day} has more than {_MOST_PAGES} pages; the rest was not asked for")


def read_listing(
    data: bytes,
    day: date,
    *,
    snapshot: str | None = None,
    seen_at: datetime | None = None,
    first_rank: int = 1,
    name: str = "the listing",
) -> Reading:
    """Read a page of daily papers, live or recorded.

    It may be an array of entries; an array of entries as printed Python dicts; an object with the array under
    ``data``; and the bare number 1, which one archive wrote for a day without papers. An entry that cannot be read is
    refused, the others are not. A field of a type it never had counts as unknown, and as not there.

    Args:
        data: the JSON text.
        day: the listing day that was asked for.
        snapshot: SHA-256 of the raw bytes, for the sightings.
        seen_at: when it was read. For a recording it is taken from the latest listing time in it.
        first_rank: the place of its first entry in the day's list, which may have other pages before it.
        name: what to call it where an entry is refused.

    Raises:
        ValueError: if it is not a listing at all, such as an error message.
    """
    entries = _entries(data)
    if seen_at is None:
        seen_at = _latest_listing_time(entries, day)
    drift = _Drift(day)
    papers: list[Paper] = []
    sightings: list[Sighting] = []
    refusals: list[Refusal] = []
    for rank, raw in enumerate(entries, first_rank):
        try:
            entry = drift.read_entry(raw)
            paper = _paper(entry)
            sighting = Sighting(
                paper=paper.id,
                source=SOURCE,
                day=day,
                rank=rank,
                votes=entry["paper"].get("upvotes"),
                seen_at=seen_at,
                snapshot=snapshot,
            )
        except ValueError as error:
            refusals.append(Refusal(file=name, why=f"entry {rank}: {reason(error)}"))
            continue
        papers.append(paper)
        sightings.append(sighting)
    return Reading(
        source=SOURCE,
        day=day,
        papers=papers,
        sightings=sightings,
        refused=refusals,
        unknown_fields=dict(drift.unknown),
        vanished_fields=dict(drift.vanished),
        seen_at=seen_at,
    )


def listing_day(data: bytes) -> date | None:
    """The listing day that all entries of a recording agree on, if they name one.

    Raises:
        ValueError: if it is not a listing at all.
    """
    moments = {_moment(_inner(entry).get("submittedOnDailyAt")) for entry in _entries(data)}
    days = {moment and moment.date() for moment in moments}
    return days.pop() if len(days) == 1 else None


_MOST_PAGES = 100
_SERVERS_OWN_LIMIT = 50

_LISTING_TIME_MOVED = date(2025, 3, 7)
"""Up to this day an entry's ``publishedAt`` is when it was listed; since then it is a paper's own date."""

_ENTRY: Mapping[str, type] = {
    "paper": dict,
    "title": str,
    "summary": str,
    "publishedAt": str,
    "thumbnail": str,
    "mediaUrl": str,
    "mediaUrls": list,
    "numComments": int,
    "isAuthorParticipating": bool,
    "submittedBy": dict,
    "organization": dict,
    "submitterOrganization": dict,
}
_PAPER: Mapping[str, type] = {
    "id": str,
    "title": str,
    "summary": str,
    "authors": list,
    "publishedAt": str,
    "submittedOnDailyAt": str,
    "submittedOnDailyBy": dict,
    "withdrawnAt": str,
    "upvotes": int,
    "discussionId": str,
    "mediaUrls": list,
    "githubRepo": str,
    "githubStars": int,
    "githubRepoAddedBy": str,
    "projectPage": str,
    "ai_keywords": list,
    "ai_summary": str,
    "ai_summary_model": str,
    "organization": dict,
}
_AUTHOR: Mapping[str, type] = {
    "_id": str,
    "name": str,
    "hidden": bool,
    "user": dict,
    "status": str,
    "statusLastChangedAt": str,
}
_EVER = date.min
_ALWAYS_SINCE = {
    "title": _EVER,
    "publishedAt": _EVER,
    "thumbnail": _EVER,
    "numComments": _EVER,
    "summary": date(2025, 3, 17),
    "paper.summary": _EVER,
    "paper.authors": _EVER,
    "paper.publishedAt": _EVER,
    "paper.upvotes": _EVER,
    "paper.discussionId": _EVER,
    "paper.submittedOnDailyAt": date(2025, 3, 17),
}
"""Fields that every entry has had, by the listing day from which that is certain."""


class _Drift:
    """Counts how the entries of one listing depart from the fields we know."""

    def __init__(self, day: date) -> None:
        self.unknown: Counter[str] = Counter()
        self.vanished: Counter[str] = Counter()
        self._always = [path for path, since in _ALWAYS_SINCE.items() if day >= since]

    def read_entry(self, raw: object) -> dict[str, Any]:
        """Read an entry: its known fields that have their type; everything else is counted.

        Raises:
            ValueError: if it is not an entry.
        """
        if not isinstance(raw, dict):
            raise ValueError(f"{_kind(raw)} instead of an object")
        entry = self._typed_fields(raw, _ENTRY, "")
        if "paper" not in entry:
            raise ValueError("it has no `paper`")
        paper = entry["paper"] = self._typed_fields(entry["paper"], _PAPER, "paper.")
        if "authors" in paper:
            people = [person for person in paper["authors"] if isinstance(person, dict)]
            if strays := len(paper["authors"]) - len(people):
                self.unknown["paper.authors (not objects)"] += strays
            paper["authors"] = [self._typed_fields(person, _AUTHOR, "paper.authors.") for person in people]
        for path in self._always:
            head, _, field = path.rpartition(".")
            if field not in (entry["paper"] if head else entry):
                self.vanished[path] += 1
        return entry

    def _typed_fields(self, record: Mapping[object, Any], kinds: Mapping[str, type], prefix: str) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for key, value in record.items():
            field = str(key)
            if field not in kinds:
                self.unknown[f"{prefix}{normalise(field)[:80]}"] += 1
            elif type(value) is kinds[field]:
                fields[field] = value
            elif value is not None:
                self.unknown[f"{prefix}{field} ({_kind(value)})"] += 1
        return fields


def _entries(data: bytes) -> list[Any]:
    """The entries of a listing in any of its shapes."""
    value = _decode(data)
    if isinstance(value, dict):
        if "error" in value:
            raise ValueError(f"an error answer, not a listing: {_excerpt(value['error'])}")
        value = value.get("data", value)
    if type(value) is int and value == 1:
        return []
    if not isinstance(value, list):
        keys = f" with {_excerpt(', '.join(map(str, value)))}" if isinstance(value, dict) and value else ""
        raise ValueError(f"{_kind(value)}{keys}, not a listing of papers")
    entries = [_parse_printed(entry) if isinstance(entry, str) else entry for entry in value]
    if entries and not any(isinstance(entry, dict) and "paper" in entry for entry in entries):
        raise ValueError("an array, but none of its entries holds a paper")
    return entries


def _decode(data: bytes) -> object:
    text = decode(data)
    try:
        value: object = json.loads(text)
    except RecursionError:
        raise ValueError("JSON nested too deeply to be a listing") from None
    except ValueError as error:  # also numbers of more digits than Python reads
        raise ValueError(f"not JSON: {error}") from error
    return value


def _parse_printed(text: str) -> object:
    """The entry that somebody wrote down as Python prints it; text that is something else stays text."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def _paper(entry: Mapping[str, Any]) -> Paper:
    paper = entry["paper"]
    # Normalised here already, since a text that was cut within a character is none that `Paper` would look at.
    title = normalise(paper.get("title") or entry.get("title", ""))
    if "id" not in paper:
        raise ValueError("its paper has no id")
    if not title:
        raise ValueError(f"{_excerpt(paper['id'])} has no title")
    names = (normalise(person.get("name", "")) for person in paper.get("authors", ()) if not person.get("hidden"))
    keywords = (normalise(word) for word in paper.get("ai_keywords", ()) if isinstance(word, str))
    abstract = normalise(paper.get("summary") or entry.get("summary", ""))
    withdrawn = _moment(paper.get("withdrawnAt"))
    if withdrawn is None and says_withdrawn(abstract=abstract):
        withdrawn = _moment(paper.get("submittedOnDailyAt")) or _moment(paper.get("publishedAt"))
    return Paper(
        id=paper["id"],
        title=title,
        authors=tuple(filter(None, names)),
        abstract=abstract,
        published=_moment(paper.get("publishedAt")),
        withdrawn=withdrawn,
        organisation=_name_of(paper.get("organization") or entry.get("organization") or {}),
        code_url=_web_address(paper.get("githubRepo")),
        project_url=_web_address(paper.get("projectPage")),
        thumbnail_url=_web_address(entry.get("thumbnail")),
        keywords=tuple(filter(None, keywords)),
    )


def _name_of(organisation: Mapping[str, Any]) -> str:
    names = (organisation.get(field) for field in ("fullname", "name"))
    return next((name for name in names if isinstance(name, str) and normalise(name)), "")


def _web_address(text: str | None) -> str:
    """The address, unless it is one that a page of ours must not link to."""
    return text if text is not None and re.fullmatch(r"https?://[^\s\"'<>\\]+", text) else ""


def _moment(text: object) -> datetime | None:
    """A time with its zone; ``None`` for anything else."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo else None


def _latest_listing_time(entries: list[Any], day: date) -> datetime | None:
    """When the last entry was listed: the earliest that a recording can have been made."""
    if day <= _LISTING_TIME_MOVED:
        times = [entry.get("publishedAt") for entry in entries if isinstance(entry, dict)]
    else:
        times = [_inner(entry).get("submittedOnDailyAt") for entry in entries]
    return max(filter(None, map(_moment, times)), default=None)


def _inner(entry: object) -> Mapping[str, Any]:
    """The ``paper`` of an entry, or an empty one where there is none."""
    paper = entry.get("paper") if isinstance(entry, dict) else None
    return paper if isinstance(paper, dict) else {}


def _entry_id(entry: object) -> str:
    return str(_inner(entry).get("id"))


def _kind(value: object) -> str:
    """What JSON calls it."""
    names = {dict: "an object", list: "an array", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _excerpt(value: object) -> str:
    text = normalise(str(value))
    return text if len(text) <= 120 else text[:117] + "..."
