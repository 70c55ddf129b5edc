"""The index of all words, which each kind of database has in its own form."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection

from assay.store.searching.fts5 import Fts5
from assay.store.searching.matching import Between, Match
from assay.store.searching.tsvector import TsVector


class Index(Protocol):
    """For each paper, by its number, its tokens in their order."""

    @property
    def number(self) -> ColumnElement[int]:
        """The column of papers' numbers, for conditions."""
        ...

    def create(self) -> None:
        """Make it, empty, if it is not there; one of a former shape is replaced."""
        ...

    def put(self, words: Mapping[int, str]) -> None:
        """Store the tokens of papers, with spaces between them; those that have not changed are left alone."""
        ...

    def remove(self, numbers: Collection[int]) -> None:
        """Remove papers."""
        ...

    def tokens_there(self, tokens: Collection[str]) -> set[str]:
        """Those of the tokens that some paper may have; the others are in none."""
        ...

    def newest(
        self,
        match: Match,
        conditions: Sequence[ColumnElement[bool]],
        limit: int,
        between: Between | None = None,
    ) -> Iterable[int]:
        """The papers that match and meet the conditions, those with the highest numbers first."""
        ...

    def some(self, match: Match, limit: int) -> Sequence[int]:
        """Papers that match, in no order; so many at most."""
        ...

    def unhurried(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """A column whose conditions are looked at for each match, and that no search begins with."""
        ...


_INDEXES: dict[str, Callable[[Connection], Index]] = {"sqlite": Fts5, "postgresql": TsVector}


def index_of(connection: Connection) -> Index:
    """The index of the database, as it is during a transaction."""
    return _INDEXES[connection.dialect.name](connection)
