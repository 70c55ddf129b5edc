"""The tables of the readers' own database, and the steps that bring an older one up to date.

Papers are named by their arXiv id and nothing else: the archive, which holds their records, is another database. The
rules of `assay.store.schema` and `assay.store.migrations` hold here too.
"""

from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import (
    Column,
    Connection,
    Date,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    inspect,
    select,
)
from sqlalchemy import UniqueConstraint as Unique

from assay.store import schema as archive
from assay.store.database import insert_new
from assay.store.schema import Moment, alike_everywhere

if TYPE_CHECKING:
    from assay.store.migrations import Step

metadata = MetaData()

readers = Table(
    "readers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
)


def _of_reader() -> Column[int]:
    return Column("reader", ForeignKey("readers.id"), primary_key=True)


def _at() -> Column[object]:
    return Column("at", Moment, nullable=False)


marks = Table(
    "marks",
    metadata,
    _of_reader(),
    Column("paper", String, primary_key=True),
    Column("mark", String, primary_key=True),
    _at(),
)

tags = Table(
    "tags",
    metadata,
    _of_reader(),
    Column("paper", String, primary_key=True),
    Column("key", String, primary_key=True),  # the tag without regard to case
    Column("tag", String, nullable=False),
    _at(),
)

notes = Table(
    "notes",
    metadata,
    _of_reader(),
    Column("paper", String, primary_key=True),
    Column("key", String(64), primary_key=True),  # the hash of the text, which may be longer than a key may be
    Column("text", Text, nullable=False),
    _at(),
)

follows = Table(
    "follows",
    metadata,
    _of_reader(),
    Column("kind", String, primary_key=True),
    Column("key", String, primary_key=True),  # the value as `assay.reader.following` compares it
    Column("value", String, nullable=False),
    _at(),
)

phrases = Table(
    "phrases",
    metadata,
    _of_reader(),
    Column("key", String, primary_key=True),  # the text without regard to case
    Column("text", String, nullable=False),
    Column("weight", Float, nullable=False),
    _at(),
)

library = Table(
    "library",
    metadata,
    _of_reader(),
    Column("key", String, primary_key=True),
    Column("record", Text, nullable=False),
    _at(),
)

# The first showing of each paper with each day.
seen = Table(
    "seen",
    metadata,
    _of_reader(),
    Column("paper", String, primary_key=True),
    Column("day", Date, primary_key=True),
    _at(),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("reader", ForeignKey("readers.id"), nullable=False),
    Column("channel", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("issue", String, nullable=False),
    Column("languages", String, nullable=False),  # "en ko"
    Column("state", String, nullable=False),
    Column("message_id", String, nullable=False),
    _at(),
    Unique("reader", "channel", "recipient", "issue", "languages"),
)


alike_everywhere(metadata)


def note_key(text: str) -> str:
    """What tells a note of a paper from its others."""
    return sha256(text.encode()).hexdigest()


def _tables(connection: Connection) -> None:
    archive.migrations.create(connection, checkfirst=True)
    metadata.create_all(connection)


def _note_keys(connection: Connection) -> None:
    """Tell notes apart by the hash of their text."""
    if "key" in {column["name"] for column in inspect(connection).get_columns(notes.name)}:
        return
    rows = connection.execute(select(*(column for column in notes.c if column.name != "key"))).mappings().all()
    notes.drop(connection)
    notes.create(connection)
    insert_new(connection, notes, [{**row, "key": note_key(row["text"])} for row in rows])


STEPS: "tuple[tuple[str, Step], ...]" = (("0001-reader", _tables), ("0002-note-keys", _note_keys))
"""All steps there are, in their order."""
