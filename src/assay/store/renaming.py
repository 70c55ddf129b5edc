"""Gives a stored paper another id; what is stored under both ids becomes one paper."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    Connection,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    and_,
    delete,
    exists,
    false,
    insert,
    or_,
    select,
    update,
)

from assay.store import schema
from assay.store.database import defer_references, insert_new
from assay.store.merge import merge_records
from assay.store.searching.index import index_of
from assay.store.searching.indexing import index_papers
from assay.store.texts import revision_row

_OF_PAPERS = (
    schema.revisions,
    schema.fulltexts,
    schema.sightings,
    schema.summaries,
    schema.claims,
    schema.refreshes,
    schema.measurements,
)
"""The tables whose rows belong to a paper, and move with it."""
_NAME_THE_PAPER = (schema.fulltexts, schema.summaries, schema.measurements)
"""Those whose records name it as well."""


def rename_paper(connection: Connection, old: str, new: str) -> None:
    """Give the paper ``old`` the id ``new``. Where both are stored, each field keeps the better of its two values.

    Of what both have once (a summary of the same source and day, claims of the same origin) that of ``new`` stays.
    """
    papers = schema.papers
    defer_references(connection)  # rows and what they refer to change one by one
    rows = {row.id: row._asdict() for row in connection.execute(select(papers).where(papers.c.id.in_([old, new])))}
    row = _joined(rows[old], rows.get(new), new)
    connection.execute(delete(papers).where(papers.c.id.in_([old, new])))
    connection.execute(insert(papers), [row])
    _drop_claims_of_both(connection, old, new)
    connection.execute(delete(schema.extractions).where(schema.extractions.c.paper == old))
    for table in _OF_PAPERS:
        _move_rows(connection, table, old, new)
    sightings = schema.sightings
    connection.execute(update(sightings).where(sightings.c.paper == new).values(number=row["number"]))
    insert_new(connection, schema.revisions, [revision_row(json.loads(row["record"]), json.loads(row["provenance"]))])
    index_of(connection).remove([rows[old]["number"]])
    index_papers(connection, [new])


def _joined(old: dict[str, Any], new: dict[str, Any] | None, key: str) -> dict[str, Any]:
    """The row of the paper under its new id."""
    if new is None:
        return old | {"id": key, "record": _json(json.loads(old["record"]) | {"id": key})}
    record, provenance = merge_records(
        json.loads(new["record"]),
        json.loads(new["provenance"]),
        json.loads(old["record"]) | {"id": key},
        json.loads(old["provenance"]),
    )
    return new | {
        "room": new["room"] or old["room"],
        "record": _json(record),
        "provenance": _json(provenance),
        "text_hash": revision_row(record, provenance)["text_hash"],
    }


def _drop_claims_of_both(connection: Connection, old: str, new: str) -> None:
    """Drop the old paper's claims of an origin that the new one has claims of: they come in whole sets."""
    claims = schema.claims
    origins = select(claims.c.origin).where(claims.c.paper == new)
    connection.execute(delete(claims).where(claims.c.paper == old, claims.c.origin.in_(origins)))


def _move_rows(connection: Connection, table: Table, old: str, new: str) -> None:
    """Move the rows that the new paper has not got already, by any unique key; drop the others."""
    others = table.alias()
    has_it = [
        exists().where(others.c.paper == new, *(others.c[name] == table.c[name] for name in names if name != "paper"))
        for names in _unique_keys(table)
        if "paper" in names
    ]
    connection.execute(delete(table).where(table.c.paper == old, or_(false(), *has_it)))
    if table in _NAME_THE_PAPER:
        key = list(table.primary_key.columns)
        for *place, record in connection.execute(select(*key, table.c.record).where(table.c.paper == old)).all():
            row = and_(*(column == value for column, value in zip(key, place, strict=True)))
            named = _json(json.loads(record) | {"paper": new})
            connection.execute(update(table).where(row).values(record=named))
    connection.execute(update(table).where(table.c.paper == old).values(paper=new))


def _unique_keys(table: Table) -> Iterator[list[str]]:
    for constraint in table.constraints:
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint):
            yield [column.name for column in constraint.columns]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
