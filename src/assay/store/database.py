"""Opens a database of any kind, and reads and writes it; what differs by kind is in `assay.store.engines`.

Only search differs more: its indexes have modules of their own, `assay.store.searching.fts5` and
`assay.store.searching.tsvector`.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, Table
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from assay.store.engines import Part, Value, kind_of, kind_of_url

_MOST_VALUES = 500
"""How many values go into one statement."""


def open_engine(where: str | Path, part: Part = "papers") -> Engine:
    """Connect to a database, given as an SQLAlchemy URL or as the path of an SQLite file, made if it is not there.

    Args:
        where: a path, ``sqlite:///papers.db`` or ``postgresql://user@host/database``. A database on a server must be
            there.
        part: what of the archive's and the readers' things is wanted. Those on a server share one database.

    Raises:
        ValueError: if it is not a URL of a kind of database that we know, or it cannot be opened or is not a database.
    """
    url = as_url(where)
    kind = kind_of_url(url)
    engine = kind.connect(url, part)
    try:
        kind.prepare(engine, part)
    except DatabaseError as error:
        engine.dispose()
        raise ValueError(f"cannot open {kind.place(url)}: {kind.reason(error)}") from error
    return engine


def is_there(where: str | Path, part: Part) -> bool:
    """Whether anything was ever stored there; nothing is made.

    Raises:
        ValueError: as in `open_engine`.
    """
    url = as_url(where)
    return kind_of_url(url).is_there(url, part)


def place_of(database: Engine | str | Path) -> str:
    """Where a database is, for people: a path, or an address without its password."""
    url = database.url if isinstance(database, Engine) else as_url(database)
    return kind_of_url(url).place(url)


def beside(archive: str, file: Path) -> str | Path:
    """Where what belongs to an archive is: on its server if it is on one, else in a file.

    Args:
        archive: where the archive is; empty for a file.
        file: the file.
    """
    return archive if archive and kind_of_url(as_url(archive)).is_server else file


def revision(engine: Engine) -> object:
    """Something that is another after each change of the database, whichever process made it.

    Raises:
        ValueError: if it cannot be read.
    """
    with _told(engine, "read"):
        return kind_of(engine).revision(engine)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that reads one unchanging state of the database, whatever others write meanwhile.

    Raises:
        ValueError: if it cannot be read.
    """
    with _told(engine, "read"), kind_of(engine).reading(engine) as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """The only connection that may write until it ends: then everything is stored for good, or nothing.

    Raises:
        ValueError: if it cannot be written: the disk is full, or another process has been writing for a minute.
    """
    with _told(engine, "write to"), kind_of(engine).writing(engine) as connection:
        yield connection


@contextmanager
def hold(engine: Engine, name: str) -> Iterator[bool]:
    """Whether this process alone, of all that use the database, holds a name while the block runs.

    Raises:
        ValueError: if the database cannot say.
    """
    with _told(engine, "write to"), kind_of(engine).hold(engine, name) as is_held:
        yield is_held


def rows_in(
    connection: Connection, query: Select[Any], column: ColumnElement[Any], values: Iterable[Any]
) -> Iterator[Row[Any]]:
    """The rows of ``query`` whose ``column`` is one of the values, whatever their number."""
    rest = iter(values)
    while chunk := list(islice(rest, _MOST_VALUES)):
        yield from connection.execute(query.where(column.in_(chunk)))


def table_of(connection: Connection, values: Collection[Value], kind: type[Value]) -> Select[Any]:
    """Numbers or texts as a table of one column, whatever their number."""
    return kind_of(connection).table_of(values, kind)


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows that no unique key of the table knows yet. Returns how many were new."""
    if not rows:
        return 0
    statement = kind_of(connection).insert(table).on_conflict_do_nothing()
    return connection.execute(statement, list(rows), execution_options={"preserve_rowcount": True}).rowcount


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], key: Sequence[str]) -> None:
    """Insert rows; where a row with the same ``key`` columns is there, replace its other columns."""
    if not rows:
        return
    statement = kind_of(connection).insert(table)
    updates = {name: statement.excluded[name] for name in rows[0] if name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=updates), list(rows))


def defer_references(connection: Connection) -> None:
    """Let foreign keys be looked at when the transaction ends, and not before."""
    kind_of(connection).defer_references(connection)


def count_on(connection: Connection, table: Table) -> None:
    """After rows came in with their ids: let the next row have the id after the highest."""
    kind_of(connection).count_on(connection, table)


@contextmanager
def _told(engine: Engine, what: str) -> Iterator[None]:
    """Tell in words what the database could not do."""
    try:
        yield
    except (DatabaseError, NoConnectionError) as error:
        kind = kind_of(engine)
        raise ValueError(f"cannot {what} {kind.place(engine.url)}: {kind.reason(error)}") from error


def as_url(where: str | Path) -> URL:
    """The URL of a database that is given as a path or as a URL.

    Raises:
        ValueError: if it is neither.
    """
    text = str(where)
    if isinstance(where, Path) or "://" not in text:
        if not text:
            raise ValueError("where is the store? give a file or a database URL")
        return URL.create("sqlite", database=str(Path(text).expanduser()))
    try:
        return make_url(re.sub("^postgres://", "postgresql://", text))
    except (ArgumentError, ValueError):
        bare = re.sub("//.*@", "//…@", text)  # a password stays untold
        raise ValueError(
            f"not a database URL: {bare!r} (write sqlite:///papers.db or postgresql://me@host/papers)"
        ) from None
