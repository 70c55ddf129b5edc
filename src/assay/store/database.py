"""Opens a database, and holds all code that depends on the kind of database, except search, which has a module."""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, Table, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError

_PATIENCE = 60.0
"""Seconds to wait for another process to finish writing."""

_WRITING = "assay_writing"

_MOST_VALUES = 500
"""How many values go into one statement."""


def open_engine(where: str | Path) -> Engine:
    """Connect to a database, given as an SQLAlchemy URL or as the path of an SQLite file, made if it is not there.

    Raises:
        ValueError: if it is not a URL of a kind of database that we know, or the file cannot be opened or is not
            a database.
    """
    url = _url(where)
    if url.get_backend_name() != "sqlite":
        raise ValueError(f"cannot store in {url.get_backend_name()!r}; known are: sqlite")
    engine = create_engine(url, connect_args={"timeout": _PATIENCE})
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    try:
        engine.connect().close()
    except (DatabaseError, sqlite3.DatabaseError) as error:
        engine.dispose()
        raise ValueError(f"cannot open {url.database} as a database: {_reason(error)}") from error
    return engine


def revision(engine: Engine) -> object:
    """Something that is another after each change of the database, whichever process made it."""
    file = Path(engine.url.database or "")
    found = []
    # What is written goes into the second, and later into the first.
    for path in (file, file.with_name(f"{file.name}-wal")):
        with suppress(FileNotFoundError):
            state = path.stat()
            found.append((state.st_ino, state.st_mtime_ns, state.st_size))
    return tuple(found)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that reads one unchanging state of the database, whatever others write meanwhile.

    Raises:
        ValueError: if it cannot be read.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except DatabaseError as error:
        raise ValueError(f"cannot read {engine.url.database}: {_reason(error)}") from error


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """The only connection that may write until it ends: then everything is stored for good, or nothing.

    Raises:
        ValueError: if it cannot be written: the disk is full, or another process has been writing for a minute.
    """
    try:
        with engine.execution_options(**{_WRITING: True}).begin() as connection:
            yield connection
    except DatabaseError as error:
        raise ValueError(f"cannot write to {engine.url.database}: {_reason(error)}") from error


def rows_in(
    connection: Connection, query: Select[Any], column: ColumnElement[Any], values: Iterable[Any]
) -> Iterator[Row[Any]]:
    """The rows of ``query`` whose ``column`` is one of the values, whatever their number."""
    rest = iter(values)
    while chunk := list(islice(rest, _MOST_VALUES)):
        yield from connection.execute(query.where(column.in_(chunk)))


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows that no unique key of the table knows yet. Returns how many were new."""
    if not rows:
        return 0
    return connection.execute(sqlite.insert(table).on_conflict_do_nothing(), list(rows)).rowcount


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], key: Sequence[str]) -> None:
    """Insert rows; where a row with the same ``key`` columns is there, replace its other columns."""
    if not rows:
        return
    statement = sqlite.insert(table)
    updates = {name: statement.excluded[name] for name in rows[0] if name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=updates), list(rows))


def _url(where: str | Path) -> URL:
    text = str(where)
    if isinstance(where, Path) or "://" not in text:
        if not text:
            raise ValueError("where is the store? give a file or a database URL")
        return URL.create("sqlite", database=str(Path(text).expanduser()))
    try:
        return make_url(text)
    except ArgumentError as error:
        raise ValueError(f"not a database URL: {text!r} (write sqlite:///papers.db)") from error


def _configure(connection: Any, _record: object) -> None:
    # Transactions are begun by `_begin`; the driver's own, later beginning would let two writers collide.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    # A commit is on the disk before it is reported, so that a power cut loses no more than a killed process does.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -65536")  # 64 MiB
    connection.execute("PRAGMA temp_store = MEMORY")
    _use_wal(connection)


def _use_wal(connection: Any) -> None:
    """Let readers read while one process writes. SQLite does not wait for a lock here, so we do."""
    give_up = time.monotonic() + _PATIENCE
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
            if mode not in {"wal", "memory"}:
                connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return


def _begin(connection: Connection) -> None:
    # A transaction that reads first and then writes fails at once if another one wrote in between: a writer
    # therefore takes the lock before it reads.
    immediate = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _reason(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause)
