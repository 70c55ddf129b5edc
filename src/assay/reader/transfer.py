"""A reader's shelf as one JSON: written whole, and read again into any shelf without a loss.

The browser writes the same form, with most parts missing, from the stars that readers of a published site set there:
``{"assay": "reader", "version": 1, "stars": ["2502.18137"], "read": []}``.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ValidationError
from sqlalchemy import Connection, Table, delete, select

from assay.papers.faults import first_fault
from assay.papers.models import Noun, PaperId
from assay.papers.text import fold
from assay.reader import schema
from assay.reader.deliveries import PLACE, as_delivery, delivery_row
from assay.reader.following import check_follow, key_of
from assay.reader.interests import Follow, FollowKind, Phrase, Reference
from assay.reader.records import Delivery, DeliveryState, Mark, Moment, Tag, Text
from assay.reader.references import combine, merge_references
from assay.store.database import upsert

VERSION: Literal[1] = 1
"""The version of the form that this Assay writes."""


class MarkedPaper(Noun):
    """A paper with a mark, and when it got it. The id alone will do."""

    paper: PaperId
    at: Moment | None = None


class TaggedPaper(Noun):
    """A paper with a tag."""

    paper: PaperId
    tag: Tag
    at: Moment | None = None


class NotedPaper(Noun):
    """A paper with a note."""

    paper: PaperId
    text: Text
    at: Moment | None = None


class SeenPaper(Noun):
    """A paper that was shown with a day."""

    paper: PaperId
    day: date
    at: Moment | None = None


class TimedFollow(Follow):
    """A follow, and since when."""

    at: Moment | None = None


class TimedPhrase(Phrase):
    """A phrase, and when it got its weight."""

    at: Moment | None = None


def _check(follow: TimedFollow) -> TimedFollow:
    check_follow(follow)
    return follow


def _with_own_key(work: Reference) -> Reference:
    if not fold(work.title):
        raise ValueError("it has no title")
    return combine(work, work)


Work = Annotated[Reference, AfterValidator(_with_own_key)]
Marked = Annotated[MarkedPaper, BeforeValidator(lambda value: {"paper": value} if isinstance(value, str) else value)]


class Export(Noun):
    """Everything that is kept of a reader. Any part may be missing, and so may any time."""

    assay: Literal["reader"]
    version: Literal[1]
    reader: str = ""
    exported_at: Moment | None = None
    stars: tuple[Marked, ...] = ()
    read: tuple[Marked, ...] = ()
    hidden: tuple[Marked, ...] = ()
    added: tuple[Marked, ...] = ()
    tags: tuple[TaggedPaper, ...] = ()
    notes: tuple[NotedPaper, ...] = ()
    follows: tuple[Annotated[TimedFollow, AfterValidator(_check)], ...] = ()
    phrases: tuple[TimedPhrase, ...] = ()
    library: tuple[Work, ...] = ()
    seen: tuple[SeenPaper, ...] = ()
    sent: tuple[Delivery, ...] = ()


Row = Mapping[str, Any]
"""A row of a table, by column."""
Choice = Callable[[Row, Row], Row]
"""Makes one row of the one that is kept and another one of the same key."""

EMPTY = Export(assay="reader", version=VERSION)
"""The export of a reader of whom nothing is kept."""

_MARKS = {"stars": Mark.STARRED, "read": Mark.READ, "hidden": Mark.HIDDEN, "added": Mark.ADDED}


def read_export(text: str) -> Export:
    """Read an export, or what the browser wrote.

    Raises:
        ValueError: if it is not JSON, not of this form, or was written by a newer Assay; with the place.
    """
    try:
        value = json.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        raise ValueError("not JSON that can be read: it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from error
    except ValueError as error:  # a number with thousands of digits
        raise ValueError(f"not JSON that can be read: {error}") from error
    if not isinstance(value, dict) or value.get("assay") != "reader":
        raise ValueError('not an export of a reader: it does not begin with {"assay": "reader", "version": 1')
    version = value.get("version")
    if isinstance(version, int) and version > VERSION:
        raise ValueError(f"version {version} was written by a newer Assay: update Assay to read it")
    try:
        return Export.model_validate(value)
    except ValidationError as error:
        raise ValueError(f"not an export of a reader: {first_fault(error)}") from error


def export_of(connection: Connection, reader: int | None, name: str) -> Export:
    """Everything that is kept of a reader."""

    def rows(table: Table, *order: str) -> Sequence[Any]:
        query = select(table).where(table.c.reader == reader)
        return connection.execute(query.order_by(*(table.c[column] for column in order))).all()

    marks = rows(schema.marks, "at", "paper")
    of_mark = {
        part: tuple(MarkedPaper(paper=row.paper, at=row.at) for row in marks if row.mark == mark)
        for part, mark in _MARKS.items()
    }
    return Export(
        assay="reader",
        version=VERSION,
        reader=name,
        exported_at=datetime.now(UTC),
        **of_mark,
        tags=tuple(TaggedPaper(paper=row.paper, tag=row.tag, at=row.at) for row in rows(schema.tags, "paper", "key")),
        notes=tuple(NotedPaper(paper=row.paper, text=row.text, at=row.at) for row in rows(schema.notes, "at", "text")),
        follows=tuple(
            TimedFollow(kind=FollowKind(row.kind), value=row.value, at=row.at)
            for row in rows(schema.follows, "kind", "key")
        ),
        phrases=tuple(TimedPhrase(text=row.text, weight=row.weight, at=row.at) for row in rows(schema.phrases, "key")),
        library=tuple(Reference.model_validate_json(row.record) for row in rows(schema.library, "key")),
        seen=tuple(SeenPaper(paper=row.paper, day=row.day, at=row.at) for row in rows(schema.seen, "day", "paper")),
        sent=tuple(as_delivery(row) for row in rows(schema.deliveries, "at", "id")),
    )


def merge_into(connection: Connection, reader: int, export: Export) -> Counter[str]:
    """Add what an export has and the reader has not; see `assay.reader.shelf.Shelf.merge`. Returns what was new."""

    def merge(table: Table, rows: Iterable[Row], choose: Choice = _earlier, key: Sequence[str] = ()) -> int:
        key = key or [column.name for column in table.primary_key]
        columns = [column for column in table.c if column.name != "id"]
        kept: dict[tuple[Any, ...], Row] = {
            tuple(row[name] for name in key): row
            for row in map(dict, connection.execute(select(*columns).where(table.c.reader == reader)).mappings())
        }
        before = len(kept)
        changed: dict[tuple[Any, ...], Row] = {}
        for each in rows:
            row = {**each, "reader": reader, "at": each["at"] or now}
            place = tuple(row[name] for name in key)
            chosen = choose(kept[place], row) if place in kept else row
            if chosen != kept.get(place):
                kept[place] = changed[place] = chosen
        upsert(connection, table, list(changed.values()), key)
        return len(kept) - before

    now = datetime.now(UTC)
    marks = {part: _mark_rows(getattr(export, part), mark) for part, mark in _MARKS.items()}
    new = Counter({part: merge(schema.marks, rows) for part, rows in marks.items()})
    new["tags"] = merge(schema.tags, ({**tag.model_dump(), "key": tag.tag.casefold()} for tag in export.tags))
    new["notes"] = merge(
        schema.notes, ({**note.model_dump(), "key": schema.note_key(note.text)} for note in export.notes)
    )
    new["follows"] = merge(schema.follows, ({**each.model_dump(), "key": key_of(each)} for each in export.follows))
    new["phrases"] = merge(
        schema.phrases, ({**each.model_dump(), "key": each.text.casefold()} for each in export.phrases), _later_weight
    )
    new["library"] = merge_library(connection, reader, export.library)
    new["seen"] = merge(schema.seen, (each.model_dump() for each in export.seen))
    new["sent"] = merge(schema.deliveries, (delivery_row(reader, each) for each in export.sent), _further, PLACE)
    return +new


def merge_library(connection: Connection, reader: int, works: Iterable[Reference]) -> int:
    """Add works to a reader's library; see `assay.reader.shelf.Shelf.merge_library`. Returns how many were new."""
    table = schema.library
    own = select(table.c.key, table.c.record).where(table.c.reader == reader).order_by(table.c.key)
    kept = {row.key: row.record for row in connection.execute(own)}
    merged, new = merge_references([Reference.model_validate_json(record) for record in kept.values()], works)
    records = {work.key: work.model_dump_json(exclude_defaults=True) for work in merged}
    # A work may have another key by now: that of its DOI in the place of its title.
    for key in kept.keys() - records.keys():
        connection.execute(delete(table).where(table.c.reader == reader, table.c.key == key))
    now = datetime.now(UTC)
    changed = [key for key, record in records.items() if kept.get(key) != record]
    rows = [{"reader": reader, "key": key, "record": records[key], "at": now} for key in changed]
    upsert(connection, table, rows, ["reader", "key"])
    return new


def _mark_rows(papers: Iterable[MarkedPaper], mark: Mark) -> Iterator[Row]:
    return ({"paper": each.paper, "mark": mark.value, "at": each.at} for each in papers)


def _earlier(kept: Row, row: Row) -> Row:
    return {**kept, "at": min(kept["at"], row["at"])}


def _later_weight(kept: Row, row: Row) -> Row:
    return row if row["weight"] != kept["weight"] and row["at"] > kept["at"] else kept


def _further(kept: Row, row: Row) -> Row:
    """What was sent stays sent."""
    return row if (kept["state"], row["state"]) == (DeliveryState.LEAVING, DeliveryState.SENT) else kept
