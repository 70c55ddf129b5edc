"""The tables of the readers' own database, and the steps that bring an older one up to date.

Papers are named by their arXiv id and nothing else: the archive, which holds their records, is another database. The
rules of `assay.store.schema` and `assay.store.migrations` hold here too.
"""

from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, Date, Float, ForeignKey, Integer, MetaData, String, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from assay.store import schema as archive
from assay.store.schema import Moment

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
    Column("text", Text, primary_key=True),
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


def _tables(connection: Connection) -> None:
    archive.migrations.create(connection, checkfirst=True)
    metadata.create_all(connection)


STEPS: "tuple[tuple[str, Step], ...]" = (("0001-reader", _tables),)
"""All steps there are, in their order."""
