"""Brings a database up to date by named steps in a fixed order, each done once and recorded.

The first step makes the tables as `assay.store.schema` has them, so that a new database is up to date at once. To
change a table, change it there and append a step that brings an older database to the same shape; on a new database
that step must have nothing to do. A step that was released is never renamed, moved or removed.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, insert, inspect, select, text, update

from assay.papers.ids import is_arxiv_id, parse_arxiv_id
from assay.papers.measurement import Measurement
from assay.papers.models import Claim
from assay.store import schema
from assay.store.database import insert_new, place_of, reading, writing
from assay.store.ledger import claim_row
from assay.store.measurements import measurement_row
from assay.store.renaming import rename_paper
from assay.store.searching.index import index_of
from assay.store.searching.indexing import index_papers
from assay.store.texts import revision_row

Step = Callable[[Connection], None]

UNFINISHED = "copying"
"""Stands among the steps of an unfinished copy. Nothing opens one but `assay.store.copying`, no older Assay either."""


def migrate(engine: Engine, steps: "Sequence[tuple[str, Step]] | None" = None) -> None:
    """Do the steps that the database still lacks, all of them or none. Any number of processes may try at once.

    Raises:
        ValueError: if the database records a step that we do not know: a newer Assay wrote it.
    """
    steps = STEPS if steps is None else steps
    with reading(engine) as connection:
        if not _missing(connection, steps):
            return
    with writing(engine) as connection:
        for name, step in _missing(connection, steps):
            step(connection)
            connection.execute(insert(schema.migrations).values(name=name, applied_at=datetime.now(UTC)))


def _missing(connection: Connection, steps: "Sequence[tuple[str, Step]]") -> "list[tuple[str, Step]]":
    done: set[str] = set()
    if inspect(connection).has_table(schema.migrations.name):
        done = set(connection.scalars(select(schema.migrations.c.name)))
    if UNFINISHED in done:
        raise ValueError(
            f"{place_of(connection.engine)} is an unfinished copy: run the command that began it again, to go on"
        )
    newer = done - {name for name, _ in steps}
    if newer:
        raise ValueError(
            f"{place_of(connection.engine)} was written by a newer Assay (it has {', '.join(sorted(newer))}): "
            "update Assay to read it"
        )
    return [(name, step) for name, step in steps if name not in done]


def _tables(connection: Connection) -> None:
    schema.metadata.create_all(connection)


def _search(connection: Connection) -> None:
    index_of(connection).create()
    index_papers(connection, list(connection.scalars(select(schema.papers.c.id))))


def _measurements(connection: Connection) -> None:
    schema.measurements.create(connection, checkfirst=True)


def _ledger(connection: Connection) -> None:
    """Add the origin of claims, and tables for the former texts and the full texts of papers."""
    for table in (schema.revisions, schema.fulltexts, schema.extractions):
        table.create(connection, checkfirst=True)
    papers = schema.papers
    if "text_hash" not in {column["name"] for column in inspect(connection).get_columns(papers.name)}:
        connection.execute(text("ALTER TABLE papers ADD COLUMN text_hash VARCHAR(64) NOT NULL DEFAULT ''"))
        for row in connection.execute(select(papers.c.id, papers.c.record, papers.c.provenance)).all():
            revision = revision_row(json.loads(row.record), json.loads(row.provenance))
            insert_new(connection, schema.revisions, [revision])
            statement = update(papers).where(papers.c.id == row.id)
            connection.execute(statement.values(text_hash=revision["text_hash"]))
    if "origin" not in {column["name"] for column in inspect(connection).get_columns(schema.claims.name)}:
        # Older databases hold only claims of the catalogue, whose papers have a room, and imported ones.
        query = text("SELECT paper, position, claims.record, room FROM claims JOIN papers ON papers.id = claims.paper")
        rows = [
            claim_row(
                row.paper, "catalogue" if row.room else "digest", row.position, Claim.model_validate_json(row.record)
            )
            for row in connection.execute(query)
        ]
        schema.claims.drop(connection)
        schema.claims.create(connection)
        insert_new(connection, schema.claims, rows)


def _models(connection: Connection) -> None:
    """Tell measurements apart by the pretrained model they were taken on, and by size instead of quick or not."""
    table = schema.measurements
    if "model" in {column["name"] for column in inspect(connection).get_columns(table.name)}:
        return
    records = list(connection.scalars(text("SELECT record FROM measurements")))
    table.drop(connection)
    table.create(connection)
    insert_new(connection, table, [measurement_row(Measurement.model_validate_json(record)) for record in records])


def _refreshes(connection: Connection) -> None:
    schema.refreshes.create(connection, checkfirst=True)


def _subject_classes(connection: Connection) -> None:
    """Give papers that were stored under a subject class, as ``math.GT/0309136``, the id ``math/0309136``."""
    ids = schema.papers.c.id
    for key in connection.scalars(select(ids).where(ids.like("%.%/%"))).all():
        if is_arxiv_id(key) and parse_arxiv_id(key).id != key:
            rename_paper(connection, key, parse_arxiv_id(key).id)


STEPS: "tuple[tuple[str, Step], ...]" = (
    ("0001-tables", _tables),
    ("0002-search", _search),
    ("0003-measurements", _measurements),
    ("0004-ledger", _ledger),
    ("0005-models", _models),
    ("0006-mathematics", _search),  # the index has LaTeX as Unicode
    ("0007-refreshes", _refreshes),
    ("0008-search-tokens", _search),  # the index has our own tokens, in one column
    ("0009-subject-classes", _subject_classes),
    ("0010-search-apostrophes", _search),  # the index has O'Brien as one word too
    ("0011-search-links", _search),  # the index has the links to code and project
)
"""All steps there are, in their order."""
