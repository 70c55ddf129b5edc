"""The tables.

The nouns of `assay.papers` are stored as JSON records, so that a new field needs no migration; beside each record
stand the columns that queries use. No column of a unique key is ever NULL, because SQL holds two NULLs for different.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

_BY_CODES = Text(collation="C")
"""A text of any length, put in order by its characters' codes, as SQLite does, and not as some country does."""


class Moment(TypeDecorator[datetime]):
    """A moment as ISO 8601 text in UTC, always to the microsecond so that text order is time order."""

    impl = String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """As every text."""
        return dialect.type_descriptor(_BY_CODES if dialect.name == "postgresql" else String(32))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """To text."""
        return None if value is None else moment_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From text."""
        return None if value is None else datetime.fromisoformat(value)


def moment_text(moment: datetime) -> str:
    """A moment as text; such texts sort by time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def day_text(day: date | None) -> str:
    """A day for a column that may hold none; empty for none."""
    return day.isoformat() if day else ""


def alike_everywhere(metadata: MetaData) -> None:
    """Let texts be compared and put in order in the same way in every kind of database."""
    for table in metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, String):
                column.type = column.type.with_variant(_BY_CODES, "postgresql")


metadata = MetaData()

migrations = Table(
    "migrations",
    metadata,
    Column("name", String, primary_key=True),
    Column("applied_at", Moment, nullable=False),
)

papers = Table(
    "papers",
    metadata,
    # Newer arXiv months have higher numbers, whatever came in first: search looks at the newest matches first.
    Column("number", Integer().with_variant(BigInteger(), "postgresql"), primary_key=True, autoincrement=False),
    Column("id", String, nullable=False, unique=True),
    Column("room", String, nullable=False, index=True),
    Column("record", Text, nullable=False),
    Column("provenance", Text, nullable=False),
    Column("text_hash", String(64), nullable=False),  # of title and abstract
)

# Every title and abstract that a paper had, in the order in which its record held them.
revisions = Table(
    "revisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("paper", ForeignKey("papers.id", deferrable=True), nullable=False),
    Column("version", Integer, nullable=False),  # 0 where the source does not know it
    Column("seen", String(32), nullable=False),  # empty where no time is known
    Column("text_hash", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("abstract", Text, nullable=False),
    UniqueConstraint("paper", "version", "text_hash"),
)

# Never published: what the paper's licence allows is the reader's to know.
fulltexts = Table(
    "fulltexts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("paper", ForeignKey("papers.id", deferrable=True), nullable=False),
    Column("version", Integer, nullable=False),
    Column("form", String, nullable=False),
    Column("record", Text, nullable=False),
    Column("fetched_at", Moment, nullable=False),
    UniqueConstraint("paper", "version", "form"),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String, nullable=False),
    Column("url", String, nullable=False, index=True),
    Column("day", String(10), nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("status", Integer),
    Column("headers", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),  # zlib
    UniqueConstraint("source", "url", "day", "sha256"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String, nullable=False),
    Column("day", Date, nullable=False),
    Column("at", Moment),
    Column("outcome", String, nullable=False),
    Column("record", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False, unique=True),
    Index("attempts_by_day", "day"),
    Index("attempts_by_source", "source", "day"),
)

# Every time that bytes arrived, also when they were the same as before.
fetches = Table(
    "fetches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("snapshot", ForeignKey("snapshots.id", deferrable=True), nullable=False),
    Column("at", String(32), nullable=False),  # empty where no time is known
    Column("attempt", ForeignKey("attempts.id", deferrable=True), index=True),
    UniqueConstraint("snapshot", "at"),
)

sightings = Table(
    "sightings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("paper", ForeignKey("papers.id", deferrable=True), nullable=False),
    Column("source", String, nullable=False),
    Column("day", Date, nullable=False),
    # Which reading of the listing: the hash of its bytes, else the time it was read, else empty.
    Column("reading", String(64), nullable=False),
    Column("place", Integer, nullable=False),  # the rank; 0 for none
    Column("votes", Integer),
    Column("seen_at", Moment),
    Column("snapshot", String(64)),
    # The paper's number once more, so that a search by days need not look at the papers, whose rows are long.
    Column("number", ForeignKey("papers.number", deferrable=True), nullable=False),
    UniqueConstraint("paper", "source", "day", "reading", "place"),
    Index("sightings_by_day", "day", "number"),
    Index("sightings_by_source", "source", "day"),
    Index("sightings_by_number", "number", "day", "source"),
)

summaries = Table(
    "summaries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("paper", ForeignKey("papers.id", deferrable=True), nullable=False),
    Column("origin", String, nullable=False),
    Column("source", String, nullable=False),
    Column("day", String(10), nullable=False),
    Column("languages", String, nullable=False),  # " en ko ", to look for " ko "
    Column("record", Text, nullable=False),
    UniqueConstraint("paper", "origin", "source", "day"),
)

claims = Table(
    "claims",
    metadata,
    Column("paper", ForeignKey("papers.id", deferrable=True), primary_key=True),
    Column("origin", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
    # " attention speed ", to look for " speed"
    Column("metric", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("baseline", Text, nullable=False),
    Column("record", Text, nullable=False),
)

# The text and the edition of the rules that each paper's claims were last extracted by.
extractions = Table(
    "extractions",
    metadata,
    Column("paper", ForeignKey("papers.id", deferrable=True), primary_key=True),
    Column("edition", Integer, nullable=False),
    Column("text_hash", String(64), nullable=False),
    Column("fulltext", Integer, nullable=False),  # its id; 0 for none
)

# When arXiv last answered a question about each paper, also where it did not know it.
refreshes = Table(
    "refreshes",
    metadata,
    Column("paper", ForeignKey("papers.id", deferrable=True), primary_key=True),
    Column("asked_at", Moment, nullable=False),
)

measurements = Table(
    "measurements",
    metadata,
    # Only the latest of each: a newer one replaces an older one.
    Column("trial", String, primary_key=True),
    Column("machine", String, primary_key=True),
    # Of the pretrained model that the trial was handed; empty for a trial that brings what it needs.
    Column("model", String, primary_key=True),
    Column("device", String, primary_key=True),
    Column("size", String, primary_key=True),
    # No foreign key: results of others may be imported before the paper itself.
    Column("paper", String, nullable=False, index=True),
    Column("taken_at", Moment, nullable=False),
    Column("record", Text, nullable=False),
)

alike_everywhere(metadata)
