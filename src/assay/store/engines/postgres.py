"""PostgreSQL 15 or later: one database on a server, with a schema of its own for each part.

Each schema has a table ``changes`` of one row. Whoever writes changes that row first, so that it is the lock for which
writers wait, and tells everybody else that something changed: a transaction that was rolled back left no trace of it.
"""

import re
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    Engine,
    Select,
    Table,
    Text,
    create_engine,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError

from assay.store.engines.kind import Part, Value

_PATIENCE = 60.0
"""Seconds to wait for another process to finish writing."""
_MOMENT = 1.0
"""Seconds in which a server sees that a process was killed."""
_OLDEST = 15
"""The oldest server that will do."""
_SCHEMAS: dict[Part, str] = {"papers": "assay", "readers": "assay_readers", "vectors": "assay_vectors"}
_ARGUMENTS = {
    "application_name": "assay",
    "connect_timeout": 10,
    # A line that is dead is seen to be, a minute later.
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
"""How to connect, where the URL does not say otherwise."""


class Postgres:
    """Databases on a server."""

    is_server = True

    def __init__(self) -> None:
        # Fifty shelves that one process has open need no fifty connections.
        self._engines: WeakValueDictionary[tuple[URL, Part], Engine] = WeakValueDictionary()
        self._lock = Lock()

    def connect(self, url: URL, part: Part) -> Engine:
        """Connect to a database that is there; see that the server is one that will do.

        Who opens the same database again shares its connections; who closes it ends those that are idle.
        """
        with self._lock:
            engine = self._engines.get((url, part))
            if engine is None:
                engine = self._engines[url, part] = _engine(url, part)
        try:
            with engine.connect() as connection:
                _check_server(connection)
        except (DatabaseError, ValueError) as error:
            engine.dispose()
            raise ValueError(f"cannot open {self.place(url)}: {self.reason(error)}") from error
        return engine

    def prepare(self, engine: Engine, part: Part) -> None:
        """Make the schema and its ``changes``."""
        schema = _SCHEMAS[part]
        with engine.connect() as connection:
            if _has_changes(connection, schema):
                return
        with engine.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(_key(schema, "prepare"))))
            if _has_changes(connection, schema):
                return
            if not connection.scalar(text("SELECT true FROM pg_namespace WHERE nspname = :name"), {"name": schema}):
                connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
            connection.exec_driver_sql(f"CREATE TABLE {schema}.changes (state uuid NOT NULL)")
            connection.exec_driver_sql(f"INSERT INTO {schema}.changes SELECT gen_random_uuid()")

    def is_there(self, url: URL, part: Part) -> bool:
        """Whether there is a schema with something in it."""
        engine = self.connect(url, part)
        try:
            with engine.connect() as connection:
                return _has_changes(connection, _SCHEMAS[part])
        finally:
            engine.dispose()

    def place(self, url: URL) -> str:
        """The address without the password, and without parameters, among which there may be one too."""
        host = url.query.get("host", "")
        bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database)
        return f"{bare.render_as_string()}{f' at {host}' if isinstance(host, str) and host else ''}"

    def reading(self, engine: Engine) -> Any:
        """A transaction that reads what was committed before its first statement."""
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True).begin()

    @contextmanager
    def writing(self, engine: Engine) -> Iterator[Connection]:
        """A transaction that has changed ``changes``; what it reads then was committed by the writer before it."""
        with engine.execution_options(isolation_level="READ COMMITTED").begin() as connection:
            connection.exec_driver_sql("UPDATE changes SET state = gen_random_uuid()")
            yield connection

    def revision(self, engine: Engine) -> object:
        """What ``changes`` holds."""
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            return connection.exec_driver_sql("SELECT state FROM changes").scalar()

    @contextmanager
    def hold(self, engine: Engine, name: str) -> Iterator[bool]:
        """A lock that the server keeps for a connection, whichever machine that comes from."""
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            schema = connection.exec_driver_sql("SELECT current_schema()").scalar()
            key = _key(str(schema), name)
            is_held, give_up = False, time.monotonic() + _MOMENT
            while not is_held:
                is_held = bool(connection.scalar(select(func.pg_try_advisory_lock(key))))
                if is_held or time.monotonic() > give_up:
                    break
                time.sleep(_MOMENT / 20)
            try:
                yield is_held
            finally:
                if is_held:
                    with suppress(DatabaseError):  # a connection that is lost holds nothing
                        connection.execute(select(func.pg_advisory_unlock(key)))

    def reason(self, error: BaseException) -> str:
        """The server's or the driver's words, without the advice on the lines below."""
        cause = getattr(error, "orig", None) or error
        told = getattr(getattr(cause, "diag", None), "message_primary", None) or str(cause)
        if "lock timeout" in told:
            return f"another process has been writing for {_PATIENCE:g} seconds"
        for end in ("\n\tIs the server", "\n\tThis probably", "\nHINT", "\nDETAIL"):
            told = told.partition(end)[0]
        line = " ".join(told.split()).rpartition("FATAL: ")[2].strip()
        return re.sub("^(?:connection failed|connection is bad): ", "", line)

    def table_of(self, values: Collection[Value], kind: type[Value]) -> Select[Any]:
        """By way of an array."""
        array = ARRAY(BigInteger() if kind is int else Text(collation="C"))
        return select(func.unnest(literal(list(values), array)).column_valued("value"))

    def insert(self, table: Table) -> Any:
        """PostgreSQL's insert."""
        return postgresql.insert(table)

    def defer_references(self, connection: Connection) -> None:
        """Until the end of the transaction."""
        connection.exec_driver_sql("SET CONSTRAINTS ALL DEFERRED")

    def count_on(self, connection: Connection, table: Table) -> None:
        """Set the sequence of the ids."""
        column = table.autoincrement_column
        if column is not None:
            highest = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            connection.execute(select(func.setval(sequence, highest, False)))  # noqa: FBT003 - SQL has no names


def _engine(url: URL, part: Part) -> Engine:
    try:
        import psycopg  # noqa: F401, PLC0415 - an extra
    except ImportError:
        raise ValueError(
            "a store on PostgreSQL needs psycopg: pip install 'assay-papers[postgres]' (in a clone '.[postgres]')"
        ) from None
    given = url.query.get("options", "")
    settings = {
        "search_path": _SCHEMAS[part],
        "lock_timeout": f"{_PATIENCE * 1000:.0f}",
        # A commit is on the disk before it is reported, whatever the server's own default is.
        "synchronous_commit": "on",
        # How a word is best looked for depends on how frequent it is.
        "plan_cache_mode": "force_custom_plan",
        "jit": "off",
    }
    options = " ".join(filter(None, [str(given), *(f"-c {name}={value}" for name, value in settings.items())]))
    return create_engine(
        url.set(drivername="postgresql+psycopg").difference_update_query(["options"]),
        # A connection that the server has ended meanwhile is made anew.
        pool_pre_ping=True,
        connect_args={name: value for name, value in _ARGUMENTS.items() if name not in url.query}
        | {"options": options, "client_encoding": "utf8"},
    )


def _check_server(connection: Connection) -> None:
    version, number, encoding = connection.exec_driver_sql(
        "SELECT current_setting('server_version'), current_setting('server_version_num')::int,"
        " current_setting('server_encoding')"
    ).one()
    if number < _OLDEST * 10_000:
        raise ValueError(f"the server is PostgreSQL {version}, and it takes {_OLDEST} or later")
    if encoding != "UTF8":
        raise ValueError(f"its texts are in {encoding}, and it takes UTF8: CREATE DATABASE … ENCODING 'UTF8'")


def _has_changes(connection: Connection, schema: str) -> bool:
    # Looked up in the catalogue: a name is resolved by what the connection knew of schemas before it waited.
    return connection.scalar(text(_HAS_CHANGES), {"schema": schema}) is True


_HAS_CHANGES = """
    SELECT EXISTS (
        SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = :schema AND relname = 'changes'
    )
"""


def _key(schema: str, name: str) -> int:
    """A name as one of PostgreSQL's advisory locks."""
    return int.from_bytes(sha256(f"{schema} {name}".encode()).digest()[:8], "big", signed=True)
