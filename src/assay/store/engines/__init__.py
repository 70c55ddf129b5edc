"""The kinds of database that a store can be in: SQLite, and PostgreSQL. Search has modules of its own for each."""

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL

from assay.store.engines.kind import Kind, Part, Value
from assay.store.engines.postgres import Postgres
from assay.store.engines.sqlite import Sqlite

__all__ = ["Kind", "Part", "Value", "kind_of", "kind_of_url"]

_KINDS: dict[str, Kind] = {"sqlite": Sqlite(), "postgresql": Postgres()}


def kind_of(database: Engine | Connection) -> Kind:
    """The kind of an open database."""
    return _KINDS[database.dialect.name]


def kind_of_url(url: URL) -> Kind:
    """The kind of a database that an URL leads to.

    Raises:
        ValueError: if it is none that we know.
    """
    name = url.get_backend_name()
    if name not in _KINDS:
        raise ValueError(f"cannot store in {name!r}; known are: {', '.join(_KINDS)}")
    return _KINDS[name]
