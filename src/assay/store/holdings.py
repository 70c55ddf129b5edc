"""Holdings: which tables each part of Assay's data has, whatever database they are in."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, Engine, Table, inspect, select, text

from assay.papers.models import Noun
from assay.store import schema
from assay.store.contents import count_rows
from assay.store.database import is_there, open_engine, place_of, reading
from assay.store.engines import Part
from assay.store.migrations import STEPS, Step, migrate


class Holding(NamedTuple):
    """The tables of a part, and how older ones are brought up to date."""

    name: str
    part: Part
    tables: tuple[Table, ...]
    """In such an order that a row refers to rows of earlier tables only."""
    steps: Sequence[tuple[str, Step]]
    has_search: bool = False

    @property
    def edition(self) -> str:
        """The last step, by which editions are named."""
        return self.steps[-1][0]


ARCHIVE = Holding(
    "archive",
    "papers",
    tuple(table for table in schema.metadata.sorted_tables if table is not schema.migrations),
    STEPS,
    has_search=True,
)


class Stored(Noun):
    """A database, and what is in it."""

    holds: str
    """``archive``, ``readers`` or ``vectors``."""
    where: str
    """A path, or an address without its password."""
    engine: str
    """``SQLite`` or ``PostgreSQL``, and its version."""
    edition: str
    """The last step that brought its tables up to date."""
    bytes: int
    rows: dict[str, int]


class Found(NamedTuple):
    """An open database that was there."""

    engine: Engine
    edition: str
    """Of which it was when it was opened."""


def open_existing(where: str | Path, holding: Holding, *, bring_up_to_date: bool = True) -> Found:
    """Open a database that is there already; bring it up to date, but make none.

    Raises:
        ValueError: if there is none, or it holds something else or was written by a newer Assay.
    """
    if not is_there(where, holding.part):
        raise ValueError(f"no {holding.name} at {place_of(where)}")
    engine = open_engine(where, holding.part)
    try:
        edition = _found_edition(engine, holding)
        if bring_up_to_date:
            migrate(engine, holding.steps)
    except BaseException:
        engine.dispose()
        raise
    return Found(engine, edition)


def _found_edition(engine: Engine, holding: Holding) -> str:
    with reading(engine) as connection:
        edition = edition_of(connection)
        if edition is None or not inspect(connection).has_table(holding.tables[0].name):
            raise ValueError(f"{place_of(engine)} holds no {holding.name}")
    return edition


def edition_of(connection: Connection) -> str | None:
    """The last step that a database went through; ``None`` for one that is none of ours."""
    if not inspect(connection).has_table(schema.migrations.name):
        return None
    return max(connection.scalars(select(schema.migrations.c.name)), default=None)


def is_stored(where: str | Path, holding: Holding) -> bool:
    """Whether it was ever stored there; nothing is made.

    Raises:
        ValueError: if the database cannot be opened.
    """
    if not is_there(where, holding.part):
        return False
    engine = open_engine(where, holding.part)
    try:
        with reading(engine) as connection:
            return edition_of(connection) is not None
    finally:
        engine.dispose()


def describe(where: str | Path, holding: Holding) -> Stored:
    """What is stored there; an older one is not brought up to date.

    Raises:
        ValueError: as in `open_existing`.
    """
    found = open_existing(where, holding, bring_up_to_date=False)
    try:
        with reading(found.engine) as connection:
            there = [table for table in holding.tables if inspect(connection).has_table(table.name)]
            engine, size = _engine_and_size(connection)
            return Stored(
                holds=holding.name,
                where=place_of(found.engine),
                engine=engine,
                edition=found.edition,
                bytes=size,
                rows=count_rows(connection, there),
            )
    finally:
        found.engine.dispose()


def _engine_and_size(connection: Connection) -> tuple[str, int]:
    if connection.dialect.name == "sqlite":
        query = "SELECT sqlite_version(), page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        version, size = connection.execute(text(query)).one()
        return f"SQLite {version}", size
    query = (
        "SELECT current_setting('server_version'), coalesce(sum(pg_total_relation_size(oid)), 0)::bigint"
        " FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
    )
    version, size = connection.execute(text(query)).one()
    return f"PostgreSQL {version}", size
