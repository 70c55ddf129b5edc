"""Makes the tables of one database equal to those of another, row by row: what is equal already is left alone.

Killed at any moment it has done no harm, and doing it again goes on where it was. Rows keep their keys. What another
row refers to is written before it and removed after it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Engine,
    MetaData,
    Row,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from assay.store import schema
from assay.store.contents import BATCH, Contents, Sum, batches
from assay.store.database import reading, upsert, writing
from assay.store.holdings import Holding
from assay.store.searching.index import index_of
from assay.store.searching.indexing import index_papers

Key = tuple[Any, ...]
Done = Callable[[int], None]
"""Is told how many rows were dealt with, batch by batch."""


def sync(
    source: Connection, target: Engine, holding: Holding, done: Done
) -> tuple[dict[str, Contents], dict[str, int]]:
    """Make the tables of ``target`` equal to those of ``source``.

    Returns:
        What each table of the source holds, and how many rows of each were written or removed.

    Raises:
        ValueError: if one of the two cannot be read or written.
    """
    contents, changes = {}, {}
    for table in holding.tables:
        changes[table.name] = 0 if _is_referred_to(table, holding) else _remove_others(source, target, table, holding)
        sum_ = Sum()
        with batches(source, select(table)) as batch:
            for rows in batch:
                sum_.add(rows)
                changes[table.name] += _write_changed(target, table, rows, holding)
                done(len(rows))
        contents[table.name] = sum_.contents
    for table in reversed(holding.tables):
        if _is_referred_to(table, holding):
            changes[table.name] += _remove_others(source, target, table, holding)
    return contents, changes


def build_search(target: Engine, done: Done) -> None:
    """Index all papers that were not indexed; killed, it goes on where it was."""
    papers = schema.papers
    while True:
        with writing(target) as connection:
            last = indexed_until(connection)
            query = select(papers.c.number, papers.c.id).where(papers.c.number > last).order_by(papers.c.number)
            rows = connection.execute(query.limit(BATCH)).all()
            if not rows:
                return
            index_papers(connection, [row.id for row in rows])
            connection.execute(update(state).values(indexed=rows[-1].number))
        done(len(rows))


state = Table(
    "copying",
    MetaData(),
    # Which archive is being copied here: its name and first step.
    Column("origin", String, nullable=False),
    # All papers up to this number are indexed as they are stored.
    Column("indexed", BigInteger, nullable=False),
)
"""What an unfinished copy knows of itself, in a row."""


def indexed_until(connection: Connection) -> int:
    """The number of the last paper that is indexed."""
    return connection.scalar(select(state.c.indexed)) or 0


def _is_referred_to(table: Table, holding: Holding) -> bool:
    return any(key.references(table) for other in holding.tables for key in other.foreign_keys)


def _write_changed(target: Engine, table: Table, rows: Sequence[Row[Any]], holding: Holding) -> int:
    """Write those rows that the target lacks, or has otherwise. Returns how many."""
    keys = [_key(table, row) for row in rows]
    with reading(target) as connection:
        there = {_key(table, row): row for row in _rows_at(connection, table, keys)}
    changed = [row for key, row in zip(keys, rows, strict=True) if there.get(key) != row]
    if changed:
        with writing(target) as connection:
            values = [dict(row._mapping) for row in changed]  # noqa: SLF001 - SQLAlchemy's public name for it
            if there:
                upsert(connection, table, values, [column.name for column in table.primary_key])
            else:
                connection.execute(insert(table), values)
            if holding.has_search:
                _index_again(connection, table, values)
    return len(changed)


def _remove_others(source: Connection, target: Engine, table: Table, holding: Holding) -> int:
    """Remove from the target what the source does not have. Returns how many rows."""
    removed = 0
    for keys in list(_others(source, target, table)):
        with writing(target) as connection:
            gone = [row for row in _rows_at(connection, table, keys) if _key(table, row) in set(keys)]
            for key in keys:
                at = [column == value for column, value in zip(table.primary_key, key, strict=True)]
                connection.execute(delete(table).where(*at))
            if holding.has_search:
                if table is schema.papers:
                    index_of(connection).remove([row.number for row in gone])
                else:
                    values = [dict(row._mapping) for row in gone]  # noqa: SLF001 - SQLAlchemy's public name for it
                    _index_again(connection, table, values)
        removed += len(keys)
    return removed


def _others(source: Connection, target: Engine, table: Table) -> Iterator[list[Key]]:
    """The keys that the target has and the source has not."""
    columns = list(table.primary_key)
    with reading(target) as connection, batches(connection, select(*columns)) as batch:
        for rows in batch:
            keys = [tuple(row) for row in rows]
            known = {tuple(row) for row in source.execute(select(*columns).where(*_at(table, keys)))}
            if others := [key for key in keys if key not in known]:
                yield others


def _index_again(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Index papers again whose record or summary changed, if they had been indexed."""
    column = {"papers": "id", "summaries": "paper"}.get(table.name)
    if column is None:
        return
    last = indexed_until(connection)
    if last:
        papers = schema.papers
        changed = papers.c.id.in_([row[column] for row in rows])
        index_papers(connection, connection.scalars(select(papers.c.id).where(papers.c.number <= last, changed)).all())


def _rows_at(connection: Connection, table: Table, keys: Sequence[Key]) -> Iterator[Row[Any]]:
    """The rows with these keys, and perhaps a few others."""
    yield from connection.execute(select(table).where(*_at(table, keys)))


def _at(table: Table, keys: Sequence[Key]) -> list[ColumnElement[bool]]:
    """What rows with these keys have in common, and few others: by so much of the key as tells most of them apart."""
    conditions: list[ColumnElement[bool]] = []
    for place, column in enumerate(table.primary_key):
        values = {key[place] for key in keys}
        conditions.append(column.in_(values))
        if 10 * len(values) > len(keys):
            break
    return conditions


def _key(table: Table, row: Row[Any]) -> Key:
    return tuple(row._mapping[column] for column in table.primary_key)  # noqa: SLF001 - SQLAlchemy's public name
