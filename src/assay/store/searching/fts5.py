"""The index of SQLite: one FTS5 table that holds the tokens, separated by spaces, where SQLite cuts them.

Matches come out of it newest first at no cost. Words of which only a beginning is known are looked up in the index
themselves and looked for one by one: SQLite would merge the papers of all of them before it gives the first.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Text,
    column,
    delete,
    insert,
    literal_column,
    select,
    table,
)

from assay.store.searching.matching import EVERYTHING, Between, Either, Every, Match, Tokens, Without

_MOST_BEGUN = 200
"""How many words with a beginning are looked for one by one; beyond, SQLite merges all of them."""
_TOKENISER = "ascii tokenchars '+#^_.:-'"
_index = table("search", column("rowid", Integer), column("words", Text))


class Fts5:
    """The index in SQLite, for one transaction."""

    number: ColumnElement[int] = _index.c.rowid

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self) -> None:
        """Make it, empty, if it is not there; one of a former shape is replaced."""
        columns = self._connection.exec_driver_sql("SELECT name FROM pragma_table_info('search')").scalars().all()
        if columns and columns != ["words"]:
            self._connection.exec_driver_sql("DROP TABLE search")
        for statement in (
            f'CREATE VIRTUAL TABLE IF NOT EXISTS search USING fts5(words, tokenize="{_TOKENISER}")',
            "CREATE VIRTUAL TABLE IF NOT EXISTS search_words USING fts5vocab(search, instance)",
        ):
            self._connection.exec_driver_sql(statement)

    def put(self, words: Mapping[int, str]) -> None:
        """Store the tokens of papers."""
        there = self._connection.execute(select(_index).where(_index.c.rowid.in_(list(words))))
        old = {row.rowid: row.words for row in there}
        changed = {number: own for number, own in words.items() if old.get(number) != own}
        self.remove(changed.keys() & old.keys())
        if changed:
            rows = [{"rowid": number, "words": own} for number, own in changed.items()]
            self._connection.execute(insert(_index), rows)

    def remove(self, numbers: Collection[int]) -> None:
        """Remove papers."""
        if numbers:
            self._connection.execute(delete(_index).where(_index.c.rowid.in_(numbers)))

    def tokens_there(self, tokens: Collection[str]) -> set[str]:
        """Those of the tokens that some paper has."""
        return set(self._connection.exec_driver_sql(_TOKENS_THERE, (json.dumps(list(tokens)),)).scalars())

    def newest(
        self,
        match: Match,
        conditions: Sequence[ColumnElement[bool]],
        limit: int,
        between: Between | None = None,
    ) -> Iterable[int]:
        """Matches, newest first, as SQLite comes upon them."""
        bounds = [] if between is None else [_index.c.rowid >= between[0], _index.c.rowid <= between[1]]
        statement = select(_index.c.rowid).where(*_matches(match, self._connection), *bounds, *conditions)
        return self._connection.scalars(statement.order_by(_index.c.rowid.desc()).limit(limit))

    def some(self, match: Match, limit: int) -> Sequence[int]:
        """Matches as they come."""
        return self._connection.scalars(
            select(_index.c.rowid).where(*_matches(match, self._connection)).limit(limit)
        ).all()

    def unhurried(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """The column with a sign, for which SQLite has no index."""
        return literal_column(f"+{column}")


def _matches(match: Match, connection: Connection) -> list[ColumnElement[bool]]:
    return [] if match == EVERYTHING else [literal_column("search").match(_written(match, connection))]


def _written(match: Match, connection: Connection) -> str:
    """What is looked for, in FTS5's query syntax."""
    match match:
        case Tokens():
            pieces = _phrase(match, connection)
            return pieces[0] if len(pieces) == 1 else f"({' OR '.join(pieces)})"
        case Every(parts):
            written = " AND ".join(_written(part, connection) for part in parts)
            return f"({written})" if len(parts) > 1 else written
        case Either(parts):
            return f"({' OR '.join(_written(part, connection) for part in parts)})"
        case Without(kept, left_out):
            return f"({_written(kept, connection)} NOT {_written(left_out, connection)})"


def _phrase(tokens: Tokens, connection: Connection) -> list[str]:
    # Tokens hold nothing that could end the quotes.
    quoted = f'"{" ".join(tokens.phrase)}"'
    if not tokens.is_prefix:
        return [quoted]
    words = _words_begun(connection, tokens.phrase[0]) if len(tokens.phrase) == 1 else []
    return [f'"{word}"' for word in words] if 0 < len(words) < _MOST_BEGUN else [f"{quoted} *"]


def _words_begun(connection: Connection, beginning: str) -> list[str]:
    """The words of the index with this beginning, as far as they are looked for one by one."""
    end = beginning + "\U0010ffff"
    return list(connection.exec_driver_sql(_WORDS_BEGUN, (beginning, end, end, _MOST_BEGUN)).scalars())


_TOKENS_THERE = """
    SELECT value FROM json_each(?)
    WHERE EXISTS (SELECT 1 FROM search WHERE search MATCH '"' || value || '"')
"""
_WORDS_BEGUN = """
    WITH RECURSIVE begun (word) AS (
        SELECT (SELECT term FROM search_words WHERE term >= ? LIMIT 1)
        UNION ALL
        SELECT (SELECT term FROM search_words WHERE term >= word || char(1) LIMIT 1) FROM begun WHERE word < ?
    )
    SELECT word FROM begun WHERE word < ? LIMIT ?
"""
