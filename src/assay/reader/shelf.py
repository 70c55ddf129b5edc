"""Shelf: one reader's own things, in a database of their own beside the archive.

Any number of processes may read and write it at the same time: each method is one transaction, and what one of them
returns survives a crash. Everything may be done twice and is then as if done once.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, Table, delete, inspect, select

from assay.papers.models import Paper
from assay.papers.text import normalise
from assay.reader import deliveries, schema
from assay.reader.following import check_follow, check_phrase, key_of
from assay.reader.interests import Follow, FollowKind, Interests, Phrase, Reference
from assay.reader.records import Delivery, DeliveryState, Mark, Note, OwnMarks, Shown, check_tag
from assay.reader.transfer import Export, export_of, merge_into, merge_library
from assay.store import Store
from assay.store import schema as archive
from assay.store.database import (
    insert_new,
    is_there,
    open_engine,
    place_of,
    reading,
    revision,
    rows_in,
    upsert,
    writing,
)
from assay.store.migrations import migrate


def open_shelf(where: str | Path, reader: str = "me") -> "Shelf":
    """Open a reader's shelf in an SQLite file or on a server; make it, or bring it up to date, where needed.

    A reader of whom nothing is kept yet is made with the first thing that is kept.

    Args:
        where: the file, or the URL of a database.
        reader: which of the readers who share it.

    Raises:
        ValueError: if the file cannot be opened, is no database of readers, or was written by a newer Assay; or if the
            name cannot be one.
    """
    name = check_reader(reader)
    engine = open_engine(where, "readers")
    try:
        _refuse_archive(engine)
        migrate(engine, schema.STEPS)
    except BaseException:
        engine.dispose()
        raise
    return Shelf(engine, name)


def find_shelf(where: str | Path, reader: str = "me") -> "Shelf | None":
    """Open a reader's shelf if there is one; make neither a database nor a reader.

    Raises:
        ValueError: as in `open_shelf`.
    """
    name = check_reader(reader)
    if not is_there(where, "readers"):
        return None
    shelf = open_shelf(where, name)
    if shelf.is_new:
        shelf.close()
        return None
    return shelf


def reader_names(where: str | Path) -> list[str]:
    """The names of all readers who share a database; none where there is none."""
    if not is_there(where, "readers"):
        return []
    with open_shelf(where) as shelf:
        return shelf.readers()


def check_reader(name: str) -> str:
    """The name of a reader, normalised.

    Raises:
        ValueError: if it is empty or too long to be typed.
    """
    name = normalise(name)
    if not 0 < len(name) <= 64:
        raise ValueError(f"not a reader's name: {name[:70]!r} (write 1 to 64 characters)")
    return name


class Shelf:
    """All that one reader keeps. Close it, or use it in a ``with`` block."""

    def __init__(self, engine: Engine, reader: str) -> None:
        self._engine = engine
        self.reader = reader

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self._engine.dispose()

    def readers(self) -> list[str]:
        """The names of all readers who share the database."""
        with reading(self._engine) as connection:
            return sorted(connection.scalars(select(schema.readers.c.name)))

    def revision(self) -> object:
        """Something that is another after each change of any reader's things: to keep what was made of them."""
        return revision(self._engine)

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever kept of this reader."""
        return self.reader not in self.readers()

    # Marks, tags and notes.

    def mark(self, papers: Iterable[str], mark: Mark, *, at: datetime | None = None) -> list[str]:
        """Mark papers, given by their arXiv ids. Returns those that did not have the mark; the others keep its time."""
        moment = at or datetime.now(UTC)
        rows = [{"paper": paper, "mark": mark.value, "at": moment} for paper in dict.fromkeys(papers)]
        return [row["paper"] for row in self._insert(schema.marks, rows)]

    def unmark(self, papers: Iterable[str], mark: Mark) -> list[str]:
        """Take a mark away. Returns those of the papers that had it."""
        table = schema.marks
        return self._delete(table, [{"paper": paper, "mark": mark.value} for paper in dict.fromkeys(papers)], "paper")

    def marked(self, mark: Mark) -> dict[str, datetime]:
        """The papers with a mark and when each got it, the latest first."""
        rows = [row for row in self._rows(schema.marks) if row.mark == mark]
        return {row.paper: row.at for row in sorted(rows, key=lambda row: (row.at, row.paper), reverse=True)}

    def tag(self, paper: str, tags: Iterable[str]) -> list[str]:
        """Give a paper tags. Returns those that it did not have; case makes no difference."""
        now = datetime.now(UTC)
        rows = [{"paper": paper, "key": each.casefold(), "tag": each, "at": now} for each in _tags(tags)]
        return [row["tag"] for row in self._insert(schema.tags, rows)]

    def untag(self, paper: str, tags: Iterable[str]) -> list[str]:
        """Take tags away from a paper. Returns those that it had."""
        return self._delete(schema.tags, [{"paper": paper, "key": each.casefold()} for each in _tags(tags)], "tag")

    def note(self, paper: str, text: str, *, instead_of: str = "") -> bool:
        """Write a note about a paper, beside those that it has, or in the place of one of them.

        Returns whether it was not there in the same words.
        """
        note, table = Note(text=text, at=datetime.now(UTC)), schema.notes
        with writing(self._engine) as connection:
            reader = self._number(connection)
            if instead_of and instead_of != note.text:
                replaced = [table.c.reader == reader, table.c.paper == paper, table.c.text == instead_of]
                connection.execute(delete(table).where(*replaced))
            row = {"reader": reader, "paper": paper, "key": schema.note_key(note.text), "text": note.text}
            return bool(insert_new(connection, table, [row | {"at": note.at}]))

    def unnote(self, paper: str, text: str) -> bool:
        """Remove a note. Returns whether it was there."""
        return bool(self._delete(schema.notes, [{"paper": paper, "text": text}], "text"))

    def tags(self) -> Counter[str]:
        """The tags that she gave, each with how many papers have it; as she wrote it last."""
        rows = sorted(self._rows(schema.tags), key=lambda row: row.at)
        written = {row.key: row.tag for row in rows}
        return Counter(written[row.key] for row in rows)

    def marks(self, papers: Iterable[str] | None = None) -> dict[str, OwnMarks]:
        """All that she did with each of the papers, or with all of those that she did anything with, shown ones too."""
        papers = None if papers is None else list(dict.fromkeys(papers))
        fields: dict[str, dict[str, Any]] = defaultdict(dict)
        for row in self._rows(schema.marks, papers):
            fields[row.paper][row.mark] = row.at
        for row in sorted(self._rows(schema.tags, papers), key=lambda row: row.key):
            fields[row.paper].setdefault("tags", []).append(row.tag)
            fields[row.paper]["tagged"] = max(row.at, fields[row.paper].get("tagged", row.at))
        for row in sorted(self._rows(schema.notes, papers), key=lambda row: (row.at, row.text)):
            fields[row.paper].setdefault("notes", []).append(Note(text=row.text, at=row.at))
        # The first showing is the last to stay.
        for row in sorted(self._rows(schema.seen, papers), key=lambda row: (row.at, row.day), reverse=True):
            fields[row.paper]["shown"] = Shown(day=row.day, at=row.at)
        return {paper: OwnMarks(**values) for paper, values in fields.items()}

    def saw(self, papers: Iterable[str], day: date, *, at: datetime | None = None) -> None:
        """Remember that papers were shown to her with a day; the first time counts."""
        moment = at or datetime.now(UTC)
        self._insert(schema.seen, [{"paper": paper, "day": day, "at": moment} for paper in dict.fromkeys(papers)])

    # What interests her.

    def follow(self, follow: Follow) -> bool:
        """Follow an author, an organisation, a category or a query. Returns whether she did not follow it.

        Raises:
            ValueError: if no paper can be found for it.
        """
        check_follow(follow)
        row = {"kind": follow.kind.value, "key": key_of(follow), "value": follow.value, "at": datetime.now(UTC)}
        return bool(self._insert(schema.follows, [row]))

    def unfollow(self, follow: Follow) -> bool:
        """Follow it no longer. Returns whether she did."""
        row = {"kind": follow.kind.value, "key": key_of(follow)}
        return bool(self._delete(schema.follows, [row], "value"))

    def follows(self) -> tuple[Follow, ...]:
        """All that she follows, by kind and value."""
        rows = sorted(self._rows(schema.follows), key=lambda row: (row.kind, row.key))
        return tuple(Follow(kind=FollowKind(row.kind), value=row.value) for row in rows)

    def want(self, phrase: Phrase) -> bool:
        """Keep a phrase with its weight, in the place of the same phrase with another. Returns whether that is new.

        Raises:
            ValueError: if there is no word in it.
        """
        check_phrase(phrase)
        key = phrase.text.casefold()
        row = {"key": key, "text": phrase.text, "weight": phrase.weight, "at": datetime.now(UTC)}
        with writing(self._engine) as connection:
            reader = self._number(connection)
            table = schema.phrases
            weight = connection.scalar(select(table.c.weight).where(table.c.reader == reader, table.c.key == key))
            if weight == phrase.weight:
                return False
            upsert(connection, table, [row | {"reader": reader}], ["reader", "key"])
        return True

    def forget(self, text: str) -> bool:
        """Remove a phrase, whatever its weight. Returns whether it was there."""
        return bool(self._delete(schema.phrases, [{"key": normalise(text).casefold()}], "text"))

    def phrases(self) -> tuple[Phrase, ...]:
        """Her phrases, the heaviest first."""
        rows = sorted(self._rows(schema.phrases), key=lambda row: (-row.weight, row.key))
        return tuple(Phrase(text=row.text, weight=row.weight) for row in rows)

    def merge_library(self, references: Iterable[Reference]) -> int:
        """Add works to her library, each once, however it was named. Returns how many were new.

        `assay.reader.references.merge_references` says which records are of one work.
        """
        with writing(self._engine) as connection:
            return merge_library(connection, self._number(connection), references)

    def remove_references(self, keys: Iterable[str]) -> int:
        """Remove works from her library. Returns how many were there."""
        return len(self._delete(schema.library, [{"key": key} for key in dict.fromkeys(keys)], "key"))

    def references(self) -> tuple[Reference, ...]:
        """The works of her library, by key."""
        rows = sorted(self._rows(schema.library), key=lambda row: row.key)
        return tuple(Reference.model_validate_json(row.record) for row in rows)

    def interests(self, store: Store) -> Interests:
        """All that a ranking may know of her. Papers that the archive does not hold are left out.

        What is hidden is not starred, whatever else she did with it. What she added and did not star is a work of her
        library.
        """
        hidden = self.marked(Mark.HIDDEN)
        starred = [paper for paper in self.marked(Mark.STARRED) if paper not in hidden]
        added = [paper for paper in self.marked(Mark.ADDED) if paper not in hidden and paper not in set(starred)]
        papers = store.papers([*starred, *hidden, *added])
        library = {each.key: each for each in self.references()}
        for key in added:
            if key in papers:
                library.setdefault(key, _as_reference(papers[key]))
        return Interests(
            starred=tuple(papers[key] for key in starred if key in papers),
            hidden=tuple(papers[key] for key in hidden if key in papers),
            library=tuple(library.values()),
            phrases=self.phrases(),
            follows=self.follows(),
        )

    # What was sent.

    def deliver(
        self, channel: str, recipient: str, issue: str, languages: Sequence[str] = (), *, again: bool = False
    ) -> AbstractContextManager[deliveries.Sending]:
        """Claim a delivery: within the block, this process alone may send it.

        ::

            with shelf.deliver("mail", "jo@example.org", "2025-02-26", ["en"]) as sending:
                ...  # connect, write the message with sending.message_id
                sending.begin()
                ...  # hand it over; sending.release() if the other side refuses it
                sending.confirm()

        `assay.reader.deliveries` says what it means to be killed at each of these.

        Args:
            channel: ``mail``, or the kind of chat.
            recipient: an address or a name, without secrets.
            issue: what is sent: a day, a week, or any other key.
            languages: those it is written in. In other languages it is another issue.
            again: also what was sent, or may have been.

        Raises:
            assay.reader.deliveries.AlreadySentError: it was sent.
            assay.reader.deliveries.PerhapsSentError: whoever sent it was killed or cut off.
            assay.reader.deliveries.BeingSentError: another process is sending it at this moment.
        """
        wanted = Delivery(
            channel=channel,
            recipient=recipient,
            issue=issue,
            languages=tuple(languages),
            state=DeliveryState.LEAVING,
            message_id=deliveries.new_message_id(),
            at=datetime.now(UTC),
        )
        with writing(self._engine) as connection:
            reader = self._number(connection)
        return deliveries.claim(self._engine, reader, wanted, again=again)

    def deliveries(self) -> list[Delivery]:
        """All that was sent, or may have been, the first one first."""
        with reading(self._engine) as connection:
            reader = self._known_number(connection)
            return [] if reader is None else deliveries.deliveries_of(connection, reader)

    # All of it as one record.

    def export(self) -> Export:
        """Everything that is kept of her, as one record; `assay.reader.transfer.read_export` reads it again."""
        with reading(self._engine) as connection:
            return export_of(connection, self._known_number(connection), self.reader)

    def merge(self, export: Export) -> Counter[str]:
        """Add what an export has and she has not; nothing of hers is lost. Returns how much was new, by part.

        Where both have the same thing, the earlier time stands; of two weights of a phrase, the one that was given
        last; of two records of a work, hers, with what it lacks from the other one.
        """
        with writing(self._engine) as connection:
            return merge_into(connection, self._number(connection), export)

    def _number(self, connection: Connection) -> int:
        """The number of the reader, who is made if she is new."""
        insert_new(connection, schema.readers, [{"name": self.reader}])
        number = self._known_number(connection)
        assert number is not None  # noqa: S101 - made above
        return number

    def _known_number(self, connection: Connection) -> int | None:
        return connection.scalar(select(schema.readers.c.id).where(schema.readers.c.name == self.reader))

    def _rows(self, table: Table, papers: Sequence[str] | None = None) -> list[Any]:
        with reading(self._engine) as connection:
            query = select(table).where(table.c.reader == self._known_number(connection))
            if papers is None:
                return list(connection.execute(query))
            return list(rows_in(connection, query, table.c.paper, papers))

    def _insert(self, table: Table, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Insert what is not there. Returns the rows that were new."""
        if not rows:
            return []
        with writing(self._engine) as connection:
            reader = self._number(connection)
            return [row for row in rows if insert_new(connection, table, [row | {"reader": reader}])]

    def _delete(self, table: Table, keys: Sequence[Mapping[str, Any]], column: str) -> list[Any]:
        """Delete the rows with these keys. Returns what the column held in those that were there."""
        values: list[Any] = []
        with writing(self._engine) as connection:
            reader = self._known_number(connection)
            for key in keys:
                at_key = [table.c.reader == reader, *(table.c[name] == value for name, value in key.items())]
                values += connection.scalars(delete(table).where(*at_key).returning(table.c[column]))
        return values


def _refuse_archive(engine: Engine) -> None:
    with reading(engine) as connection:
        if inspect(connection).has_table(archive.papers.name):
            raise ValueError(f"{place_of(engine)} is an archive of papers, not a database of readers")


def _tags(tags: Iterable[str]) -> list[str]:
    """Tags, normalised, each once.

    Raises:
        ValueError: if one is empty, or begins with a minus, which takes tags away.
    """
    by_key: dict[str, str] = {}
    for text in tags:
        tag = check_tag(text)
        by_key.setdefault(tag.casefold(), tag)
    return list(by_key.values())


def _as_reference(paper: Paper) -> Reference:
    return Reference(
        key=paper.id,
        title=paper.title,
        abstract=paper.abstract,
        authors=paper.authors,
        year=paper.published.year if paper.published else None,
        doi=paper.doi,
        arxiv_id=paper.id,
        tags=paper.keywords,
    )
