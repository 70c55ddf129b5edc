"""Counts and hashes of what tables hold, the same for the same rows in every kind of database.

The hash of a table is the sum of the hashes of its rows, so that their order, in which databases differ, is of no
account, and a table of any size is read in constant memory.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, func, select

from assay.papers.models import Noun

BATCH = 500
"""How many rows are held at one time, at most."""
_BATCH_BYTES = 4_000_000
_MODULUS = 2**256


class Contents(Noun):
    """What a table holds: equal for equal rows, in whatever order."""

    rows: int
    hash: str


class Sum:
    """Adds rows up to the `Contents` of their table."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, rows: Iterable[Row[Any]]) -> None:
        """Add rows, with the table's columns in their order."""
        for row in rows:
            self._sum = (self._sum + int.from_bytes(_hash(row))) % _MODULUS
            self.rows += 1

    @property
    def contents(self) -> Contents:
        """Of all rows that were added."""
        return Contents(rows=self.rows, hash=f"{self._sum:064x}")


def read_contents(
    connection: Connection, tables: Iterable[Table], done: Callable[[int], None] = lambda *_: None
) -> dict[str, Contents]:
    """What each of the tables holds; ``done`` is told how many rows were read, batch by batch."""
    contents = {}
    for table in tables:
        sum_ = Sum()
        with batches(connection, select(table)) as batch:
            for rows in batch:
                sum_.add(rows)
                done(len(rows))
        contents[table.name] = sum_.contents
    return contents


def count_rows(connection: Connection, tables: Iterable[Table]) -> dict[str, int]:
    """How many rows each of the tables has."""
    return {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


@contextmanager
def batches(connection: Connection, query: Select[Any]) -> Iterator[Iterator[Sequence[Row[Any]]]]:
    """The rows that a query finds, some at a time: fewer where they are long."""
    # Few rows are fetched ahead: a full text may have a megabyte.
    with connection.execute(query.execution_options(yield_per=100)) as result:
        yield _in_batches(result)


def _in_batches(result: Iterable[Row[Any]]) -> Iterator[Sequence[Row[Any]]]:
    rows: list[Row[Any]] = []
    size = 0
    for row in result:
        rows.append(row)
        size += sum(len(value) for value in row if isinstance(value, str | bytes))
        if len(rows) == BATCH or size > _BATCH_BYTES:
            yield rows
            rows, size = [], 0
    if rows:
        yield rows


def _hash(row: Row[Any]) -> bytes:
    return sha256(json.dumps(list(row), default=_plain).encode()).digest()


def _plain(value: object) -> object:
    """A value for which JSON has no form."""
    if isinstance(value, date):  # or a moment, which the schema keeps in UTC
        return ["at", value.isoformat()]
    if isinstance(value, bytes | memoryview):
        return ["bytes", sha256(value).hexdigest()]
    raise TypeError(f"no hash of a {type(value).__name__}")
