"""Gives a stored paper another id; what is stored under both ids becomes one paper."""

import json
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from assay.store import schema
from assay.store.database import insert_new
from assay.store.merge import merge_records
from assay.store.searching.indexing import index, index_papers
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
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")  # rows and what they refer to change one by one
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
    connection.execute(delete(index).where(index.c.rowid == rows[old]["number"]))
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
    values: dict[str, Any] = {"paper": new}
    if table in _NAME_THE_PAPER:
        values["record"] = func.json_set(table.c.record, "$.paper", new)
    move = update(table).prefix_with("OR IGNORE").where(table.c.paper == old)
    connection.execute(move.values(values))
    connection.execute(delete(table).where(table.c.paper == old))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
