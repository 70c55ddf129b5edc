"""SQLite: a file of its own for each part. One process writes at a time, and readers are never in its way."""

import json
import sqlite3
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, Select, Table, create_engine, event, func, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError

from assay.store.engines.kind import Part, Value

_PATIENCE = 60.0
"""Seconds to wait for another process to finish writing."""

_WRITING = "assay_writing"


class Sqlite:
    """Databases in files."""

    is_server = False

    def connect(self, url: URL, part: Part) -> Engine:  # noqa: ARG002 - each part has a file of its own
        """Open a file, made if it is not there."""
        engine = create_engine(url, connect_args={"timeout": _PATIENCE})
        event.listen(engine, "connect", _configure)
        event.listen(engine, "begin", _begin)
        try:
            engine.connect().close()
        except (DatabaseError, sqlite3.DatabaseError) as error:
            engine.dispose()
            raise ValueError(f"cannot open {url.database} as a database: {self.reason(error)}") from error
        return engine

    def prepare(self, engine: Engine, part: Part) -> None:
        """A file needs nothing."""

    def is_there(self, url: URL, part: Part) -> bool:  # noqa: ARG002 - each part has a file of its own
        """Whether there is a file."""
        return Path(url.database or "").is_file()

    def place(self, url: URL) -> str:
        """The path of the file."""
        return str(url.database)

    def reading(self, engine: Engine) -> Any:
        """A deferred transaction: its first look fixes what it sees."""
        return engine.begin()

    def writing(self, engine: Engine) -> Any:
        """An immediate transaction: the lock is taken before anything is read."""
        return engine.execution_options(**{_WRITING: True}).begin()

    def revision(self, engine: Engine) -> object:
        """The state of the files, as the file system knows it."""
        file = Path(engine.url.database or "")
        found = []
        # What is written goes into the second, and later into the first.
        for path in (file, file.with_name(f"{file.name}-wal")):
            with suppress(FileNotFoundError):
                state = path.stat()
                found.append((state.st_ino, state.st_mtime_ns, state.st_size))
        return tuple(found)

    @contextmanager
    def hold(self, engine: Engine, name: str) -> Iterator[bool]:
        """A lock of the operating system, in a folder beside the file."""
        if engine.url.database in {None, "", ":memory:"}:
            raise ValueError("a database in memory cannot keep other processes out: give it a file")
        folder = Path(f"{engine.url.database}.locks")
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"{sha256(name.encode()).hexdigest()[:32]}.lock", timeout=0)
        try:
            held = lock.acquire()
        except Timeout:
            yield False
            return
        with held:
            yield True

    def reason(self, error: BaseException) -> str:
        """SQLite's own words."""
        return str(getattr(error, "orig", None) or error)

    def table_of(self, values: Collection[Value], kind: type[Value]) -> Select[Any]:  # noqa: ARG002 - JSON knows it
        """By way of JSON."""
        return select(func.json_each(json.dumps(list(values))).table_valued("value").c.value)

    def insert(self, table: Table) -> Any:
        """SQLite's insert."""
        return sqlite.insert(table)

    def defer_references(self, connection: Connection) -> None:
        """Until the end of the transaction."""
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")

    def count_on(self, connection: Connection, table: Table) -> None:
        """SQLite looks for the highest id by itself."""


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
