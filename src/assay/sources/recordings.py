"""Reads files: recordings of live sources, archived digests, Assay's own JSON. The content says which it is."""

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from assay.papers.formats import Record, detect, sections, table
from assay.papers.models import Day, DayPaper, Origin, Paper, Refusal, Sighting, Snapshot, Summary
from assay.sources import arxiv, arxiv_news, huggingface
from assay.sources.decoding import MAX_BYTES, decode
from assay.sources.reading import Reading, reason


def find_files(paths: Sequence[Path]) -> list[Path]:
    """List the files given, and those in the folders given, sorted within each folder; hidden ones are left out.

    Raises:
        ValueError: if a path does not exist.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = (file for file in path.rglob("*") if file.is_file())
            files += sorted(
                file for file in inside if not any(part.startswith(".") for part in file.relative_to(path).parts)
            )
        elif path.is_file():
            files.append(path)
        else:
            raise ValueError(f"{path}: no such file or folder")
    return list(dict.fromkeys(files))


def read_text(path: Path) -> str:
    """A file's text, in any of the encodings that `assay.sources.decoding` knows; line ends are as they are.

    A byte order mark of UTF-8 stays, so that a file can be written again byte for byte.

    Raises:
        ValueError: if it is too large, cannot be read, or is not text.
    """
    data = _read_bytes(path)
    try:
        mark = "\ufeff" if data.startswith(BOM_UTF8) else ""
        return mark + decode(data)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def read_day_json(text: str) -> Day | None:
    """The day that ``assay digest --json`` wrote; ``None`` if the text is something else.

    Raises:
        ValueError: if it is a day, but not of the form that this version writes.
    """
    text = text.removeprefix("\ufeff")
    if not text.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not value.keys() >= {"date", "state", "papers"}:
        return None
    day = {name: part for name, part in value.items() if name not in _READERS_OWN}
    try:
        return Day.model_validate_json(json.dumps(day))
    except ValidationError as error:
        raise ValueError(f"a day of Assay's, but not of this version's form: {reason(error)}") from error


_READERS_OWN = ("marks", "ranked")
"""What a day written for a reader has beside the day; see `assay.reader.day.OwnDay`."""


def read_file(path: Path, *, day: date | None = None) -> Iterator[Reading]:
    """Read a file: one reading for each day and source in it.

    What cannot be read comes as a reading that refuses it: a whole file, or pieces of one.

    Args:
        path: the file.
        day: the listing day of a recording of Hugging Face daily papers that has a date neither in its name nor one
            that its entries agree on; and that of an arXiv feed, where it has the last word: an answer of the API
            names no day, a news feed may have been saved for another.
    """
    try:
        yield from _read(path, day)
    except ValueError as error:
        why = str(error).removeprefix(f"{path}: ")
        yield Reading(source="file", refused=[Refusal(file=str(path), why=why)])


_DATE = re.compile(r"(?<![0-9])[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")


def _read_bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ValueError(f"{path}: {size} bytes; files over {MAX_BYTES} are not read")
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from error


def _read(path: Path, day: date | None) -> Iterator[Reading]:
    data = _read_bytes(path)
    text = decode(data)
    snapshot = partial(Snapshot, url=path.name, body=data)
    form = detect(text)
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if form == "table":
        rows = table.parse(text, file=str(path))
        days = [piece.date for piece in rows.pieces if isinstance(piece, table.Heading)]
        yield from _digest(table.SOURCE, days, table.records(rows), rows.refused, snapshot)
    elif form == "sections":
        blocks = sections.parse(text, file=str(path))
        days = [piece.date for piece in blocks.pieces if isinstance(piece, sections.Heading)]
        yield from _digest(sections.SOURCE, days, sections.records(blocks), blocks.refused, snapshot)
    elif form == "markdown":
        raise ValueError("Assay's Markdown is for reading; import the JSON of that day")
    elif start == "<":
        yield _feed(path, day, snapshot)
    elif start and start in "[{1":
        yield _json(path, text, data, day, snapshot)
    else:
        raise ValueError("neither a recording nor a digest that Assay reads")


def _feed(path: Path, day: date | None, snapshot: "partial[Snapshot]") -> Reading:
    """A news feed, or an answer of arXiv's API."""
    page = snapshot(source=arxiv.SOURCE)
    if not arxiv_news.is_news(page.body):
        return replace(arxiv.read_feed(page.body, day=day, snapshot=page.sha256, name=str(path)), snapshot=page)
    feed = arxiv_news.read_news(page.body, day=day, snapshot=page.sha256, name=str(path))
    own_day = arxiv_news.listing_day(page.body)
    remarks = []
    if day and own_day and own_day != day:
        remarks = [f"{path}: a news feed of {own_day}; it is listed under {day}, as --date says"]
    snapshot_of_feed = page.model_copy(update={"source": feed.source, "day": feed.day})
    return replace(feed, snapshot=snapshot_of_feed, remarks=remarks)


def _json(path: Path, text: str, data: bytes, day: date | None, snapshot: "partial[Snapshot]") -> Reading:
    own_day = read_day_json(text)
    if own_day is not None:
        return _read_own_day(own_day, snapshot(source="assay", day=own_day.date))
    stated_day = _day_in_name(path) or huggingface.listing_day(data)
    listing_day = stated_day or day
    if listing_day is None:
        raise ValueError("which day is it? Give --date, or put the date into the file's name")
    remarks = []
    if stated_day and day and stated_day != day:
        remarks = [f"{path}: a recording of {stated_day}; it is listed under that day, not under --date {day}"]
    page = snapshot(source=huggingface.SOURCE, day=listing_day)
    listing = huggingface.read_listing(data, listing_day, snapshot=page.sha256, name=str(path))
    return replace(listing, snapshot=page, remarks=remarks)


def _digest(
    source: str,
    days: Sequence[date],
    records: Iterator[Record],
    refusals: Sequence[Refusal],
    snapshot: "partial[Snapshot]",
) -> Iterator[Reading]:
    """One reading for each day of a digest; one that lists nothing is a reading too."""
    by_day: dict[date, list[Record]] = {day: [] for day in days}
    for record in records:
        by_day.setdefault(record.sighting.day, []).append(record)
    if refusals and not by_day:
        yield Reading(source=source, refused=refusals)
    for number, (day, day_records) in enumerate(by_day.items()):
        page = snapshot(source=source, day=day)
        yield Reading(
            source=source,
            day=day,
            snapshot=page,
            papers=[record.paper for record in day_records],
            sightings=[record.sighting.model_copy(update={"snapshot": page.sha256}) for record in day_records],
            summaries=[record.summary for record in day_records],
            refused=refusals if number == 0 else (),
        )


def _read_own_day(day: Day, page: Snapshot) -> Reading:
    """A day that Assay wrote: its papers, summaries and claims.

    Its summaries count as those of any other digest, since anybody can have edited a file; extractive ones are made
    anew when needed.
    """
    summaries = []
    for entry in day.papers:
        languages = {
            language: parts
            for language, parts in sorted(entry.summary.items())
            if entry.summary_origin.get(language) is not Origin.EXTRACTIVE
        }
        if languages:
            summaries.append(
                Summary(paper=entry.id, origin=Origin.DIGEST, source="assay", day=day.date, languages=languages)
            )
    shared = DayPaper.model_fields.keys() & Paper.model_fields.keys()
    return Reading(
        source="assay",
        day=day.date,
        snapshot=page,
        seen_at=day.as_of,
        papers=[Paper(**{name: getattr(entry, name) for name in shared}) for entry in day.papers],
        sightings=[
            Sighting(
                paper=entry.id,
                source="assay",
                day=day.date,
                rank=entry.rank,
                votes=entry.votes,
                seen_at=entry.first_seen,
                snapshot=page.sha256,
            )
            for entry in day.papers
        ],
        summaries=summaries,
        claims={entry.id: entry.claims for entry in day.papers if entry.claims},
    )


def _day_in_name(path: Path) -> date | None:
    for text in _DATE.findall(path.stem):
        try:
            return date.fromisoformat(text)
        except ValueError:
            continue
    return None
