"""Vectors: what models of sentences made of texts, kept in a database of its own beside the archive.

Each model reads each text once: a vector is found again by the hash of the text. All of it can be made anew; whoever
deletes the file loses nothing but time. Any number of processes may read and write it at the same time.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sqlalchemy import Column, Connection, Engine, LargeBinary, MetaData, String, Table, inspect, select

from assay.papers.models import Paper
from assay.store import schema as archive
from assay.store.database import insert_new, open_engine, place_of, reading, revision, rows_in, writing
from assay.store.migrations import migrate

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

    from assay.store.migrations import Step

    Vector = NDArray[float32]

metadata = MetaData()

_vectors = Table(
    "vectors",
    metadata,
    Column("model", String, primary_key=True),
    Column("text_hash", String(64), primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # float16, little-endian
)


archive.alike_everywhere(metadata)


def _tables(connection: Connection) -> None:
    archive.migrations.create(connection, checkfirst=True)
    metadata.create_all(connection)


STEPS: "tuple[tuple[str, Step], ...]" = (("0001-vectors", _tables),)
"""All steps that bring an older database up to date, as in `assay.store.migrations`."""


def open_vectors(where: str | Path) -> "Vectors":
    """Open the vectors in an SQLite file or on a server; make them, or bring them up to date, where needed.

    Raises:
        ValueError: if the file cannot be opened, is no database of vectors, or was written by a newer Assay.
    """
    engine = open_engine(where, "vectors")
    try:
        _refuse_others(engine)
        migrate(engine, STEPS)
    except BaseException:
        engine.dispose()
        raise
    return Vectors(engine)


def _refuse_others(engine: Engine) -> None:
    with reading(engine) as connection:
        known = inspect(connection).get_table_names()
    if _vectors.name not in known and set(known) - {"changes"}:
        raise ValueError(f"{place_of(engine)} is no database of vectors")


class Vectors:
    """The vectors of all models. Close it, or use it in a ``with`` block."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self._engine.dispose()

    def revision(self) -> object:
        """Something that is another after each change of the file: to keep what was made of the vectors."""
        return revision(self._engine)

    def find(self, model: str, hashes: Iterable[str]) -> "dict[str, Vector]":
        """The vectors that a model made of these texts, by their hashes, as far as they are kept."""
        import numpy as np  # noqa: PLC0415 - takes a while to load

        query = select(_vectors.c.text_hash, _vectors.c.vector).where(_vectors.c.model == model)
        with reading(self._engine) as connection:
            rows = rows_in(connection, query, _vectors.c.text_hash, hashes)
            return {row.text_hash: np.frombuffer(row.vector, dtype="<f2").astype(np.float32) for row in rows}

    def keep(self, model: str, vectors: "Mapping[str, Vector]") -> int:
        """Keep what a model made of texts, by their hashes: all of it or nothing. Returns how many were new."""
        rows = [
            {"model": model, "text_hash": key, "vector": vector.astype("<f2").tobytes()}
            for key, vector in vectors.items()
        ]
        with writing(self._engine) as connection:
            return insert_new(connection, _vectors, rows)


def text_of(paper: Paper) -> str:
    """What a model reads of a paper."""
    return f"{paper.title}. {paper.abstract}"


def paper_hash(paper: Paper) -> str:
    """The hash by which the vector of a paper is found."""
    return sha256(f"paper\n{text_of(paper)}".encode()).hexdigest()


def phrase_hash(phrase: str) -> str:
    """The hash by which the vector of a phrase is found: models may read phrases in another way than papers."""
    return sha256(f"phrase\n{phrase}".encode()).hexdigest()
