"""Files: recordings of live sources, archived digests, Assay's own JSON. What a file is, is told by its content."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from assay.papers.formats import Record, detect, sections, table
from assay.papers.models import Day, Origin, Paper, Refusal, Sighting, Snapshot, Summary
from assay.sources import arxiv, huggingface
from assay.sources.reading import Reading, reason

MAX_BYTES = 64 * 2**20


def find_files(paths: Sequence[Path]) -> list[Path]:
    """The files named, and those in the folders named, sorted within each folder; hidden ones are left out.

    Raises:
        ValueError: if a path does not exist.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = (file for file in path.rglob("*") if file.is_file())
            found += sorted(
                file for file in inside if not any(part.startswith(".") for part in file.relative_to(path).parts)
            )
        elif path.is_file():
            found.append(path)
        else:
            raise ValueError(f"{path}: no such file or folder")
    return list(dict.fromkeys(found))


def read_text(path: Path) -> str:
    """A file's text, line ends and byte order mark as they are.

    Raises:
        ValueError: if it is too large, cannot be read, or is not UTF-8.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ValueError(f"{path}: {size} bytes; files over {MAX_BYTES} are not read")
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 text (byte {error.start})") from error


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
    try:
        return Day.model_validate_json(text)
    except ValidationError as error:
        raise ValueError(f"a day of Assay's, but not of this version's form: {reason(error)}") from error


def read_file(path: Path, *, day: date | None = None) -> Iterator[Reading]:
    """Understand a file, one reading for each day and source in it.

    What cannot be read comes as a reading that refuses it: a whole file, or pieces of one.

    Args:
        path: the file.
        day: the listing day of a recording of Hugging Face daily papers that tells it neither by a date in its name
            nor by one that its entries agree on; and that of an arXiv feed, which never tells it.
    """
    try:
        yield from _read(path, read_text(path), day)
    except ValueError as error:
        why = str(error).removeprefix(f"{path}: ")
        yield Reading(source="file", refused=[Refusal(file=str(path), why=why)])


_DATE = re.compile(r"(?<![0-9])[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")


def _read(path: Path, text: str, day: date | None) -> Iterator[Reading]:
    snapshot = partial(Snapshot, url=path.name, body=text.encode("utf-8"))
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
        page = snapshot(source=arxiv.SOURCE)
        feed = arxiv.read_feed(page.body, day=day, snapshot=page.sha256, name=str(path))
        yield replace(feed, snapshot=page)
    elif start and start in "[{1":
        yield _json(path, text, day, snapshot)
    else:
        raise ValueError("neither a recording nor a digest that Assay reads")


def _json(path: Path, text: str, day: date | None, snapshot: "partial[Snapshot]") -> Reading:
    own = read_day_json(text)
    if own is not None:
        return _own(own, snapshot(source="assay", day=own.date))
    data = text.encode("utf-8")
    listed = _day_in_name(path) or huggingface.listed_day(data) or day
    if listed is None:
        raise ValueError("which day is it? Give --date, or put the date into the file's name")
    page = snapshot(source=huggingface.SOURCE, day=listed)
    return replace(huggingface.read_listing(data, listed, snapshot=page.sha256, name=str(path)), snapshot=page)


def _digest(
    source: str,
    days: Sequence[date],
    records: Iterator[Record],
    refused: Sequence[Refusal],
    snapshot: "partial[Snapshot]",
) -> Iterator[Reading]:
    """One reading for each day of a digest; one that lists nothing is a reading too."""
    by_day: dict[date, list[Record]] = {day: [] for day in days}
    for record in records:
        by_day.setdefault(record.sighting.day, []).append(record)
    if refused and not by_day:
        yield Reading(source=source, refused=refused)
    for number, (day, found) in enumerate(by_day.items()):
        page = snapshot(source=source, day=day)
        yield Reading(
            source=source,
            day=day,
            snapshot=page,
            papers=[record.paper for record in found],
            sightings=[record.sighting.model_copy(update={"snapshot": page.sha256}) for record in found],
            summaries=[record.summary for record in found],
            refused=refused if number == 0 else (),
        )


def _own(day: Day, page: Snapshot) -> Reading:
    """A day of Assay's own: its papers and what was said of them.

    Its summaries count as those of any other digest, since anybody can have edited a file; extractive ones are made
    anew when needed.
    """
    summaries = []
    for listed in day.papers:
        told = {
            language: parts
            for language, parts in sorted(listed.summary.items())
            if listed.summary_origin.get(language) is not Origin.EXTRACTIVE
        }
        if told:
            summaries.append(
                Summary(paper=listed.id, origin=Origin.DIGEST, source="assay", day=day.date, languages=told)
            )
    return Reading(
        source="assay",
        day=day.date,
        snapshot=page,
        seen_at=day.as_of,
        papers=[
            Paper(id=listed.id, title=listed.title, authors=listed.authors, thumbnail_url=listed.thumbnail_url)
            for listed in day.papers
        ],
        sightings=[
            Sighting(
                paper=listed.id,
                source="assay",
                day=day.date,
                rank=listed.rank,
                votes=listed.votes,
                seen_at=listed.first_seen,
                snapshot=page.sha256,
            )
            for listed in day.papers
        ],
        summaries=summaries,
        claims={listed.id: listed.claims for listed in day.papers if listed.claims},
    )


def _day_in_name(path: Path) -> date | None:
    for text in _DATE.findall(path.stem):
        try:
            return date.fromisoformat(text)
        except ValueError:
            continue
    return None
