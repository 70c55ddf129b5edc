"""The index of PostgreSQL: for each paper a tsvector of our own tokens, and a GIN index of all of them.

PostgreSQL's own parsers and dictionaries have no part in it, so that the same tokens match as in SQLite. GIN gives the
matches of a frequent word all at once and in no order; the newest come first at little cost since each vector has a
further token that says among which thousand of numbers the paper's own is. A search looks among the newest
thousands first, among so many as the frequency of its words makes likely to suffice, and then among more.

A vector knows 16,383 places, 255 of them for one token, and no token longer than 2,046 bytes. A paper beyond that has
none; its tokens are kept as text and looked through, which says the same and takes longer. Nothing is left out.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from heapq import merge
from itertools import islice
from math import inf
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    cast,
    column,
    delete,
    false,
    func,
    not_,
    or_,
    select,
    table,
    text,
    true,
)
from sqlalchemy.dialects import postgresql

from assay.store.searching.matching import EVERYTHING, Between, Either, Every, Match, Tokens, Without, either, every

_TOKEN = re.compile(r"[0-9A-Za-z+#^_.:\-\x80-\U0010ffff]+")
"""As SQLite cuts the words, which are separated by spaces, but for the names of categories."""
_BETWEEN = "\ue000"
_THOUSAND = "\ue001"
"""Begins the token that says where a number is; no text holds it."""
_MOST_PLACES, _MOST_OF_ONE, _LONGEST, _MOST_BYTES = 16_383, 255, 2_046, 1_000_000
_LIKELY = 3
"""How many times as many papers are looked at as should suffice."""
_FEWEST = 2_000
"""How many of the newest papers are looked at, at least."""
_SMALL = 20_000
"""In an index of fewer papers, all matches are looked at."""
_MOST_THOUSANDS = 64
"""Among so many thousands a search can be told to look; beyond, it looks at all matches."""
_WIDER = 8
_PIECE = 200
"""How many matches are tested at first, where the index alone cannot tell."""

_index = table("search", column("number", postgresql.BIGINT), column("words"), column("vector", postgresql.TSVECTOR))


class TsVector:
    """The index in PostgreSQL, for one transaction."""

    number: ColumnElement[int] = _index.c.number

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self) -> None:
        """Make it, empty, if it is not there."""
        for statement in _TABLES:
            self._connection.exec_driver_sql(statement)

    def put(self, words: Mapping[int, str]) -> None:
        """Store the tokens of papers."""
        tokens = {number: _TOKEN.findall(own) for number, own in words.items()}
        rows = [
            {"number": number, "words": None, "vector": vector}
            if (vector := _vector(number, own))
            else {"number": number, "words": f" {' '.join(own)} ", "vector": None}
            for number, own in tokens.items()
        ]
        if not rows:
            return
        self._connection.execute(text(_PUT), rows)
        known = {token for own in tokens.values() for token in own if len(token.encode()) <= _LONGEST}
        known |= {_thousand(number) for number in tokens}
        self._connection.exec_driver_sql(_LEARN, (sorted(known - {_BETWEEN}),))

    def remove(self, numbers: Collection[int]) -> None:
        """Remove papers."""
        self._connection.execute(delete(_index).where(_index.c.number.in_(numbers)))

    def tokens_there(self, tokens: Collection[str]) -> set[str]:
        """Those of the tokens that some paper has or had, and those that are too long to be looked up."""
        too_long = {token for token in tokens if len(token.encode()) > _LONGEST}
        known = self._connection.exec_driver_sql(_KNOWN, (list(set(tokens) - too_long),)).scalars()
        return {*known, *too_long}

    def newest(
        self,
        match: Match,
        conditions: Sequence[ColumnElement[bool]],
        limit: int,
        between: Between | None = None,
    ) -> Iterable[int]:
        """Matches, newest first."""
        if match == EVERYTHING:
            return self._connection.scalars(_in_order(_range(between), *conditions).limit(limit))
        within = _possible(match)
        indexed: Iterable[int] = ()
        if within is not None:
            indexed = _Look(self._connection, within, conditions, between).newest(self._size.papers, limit)
        if self._size.has_long:
            in_texts = [_index.c.vector.is_(None), _range(between), _in_text(match), *conditions]
            indexed = merge(indexed, self._connection.scalars(_in_order(*in_texts).limit(limit)), reverse=True)
        return islice(indexed, limit)

    def some(self, match: Match, limit: int) -> Sequence[int]:
        """Matches, newest first: among the newest thousands they are found at less cost than among all."""
        return list(self.newest(match, (), limit))

    @cached_property
    def _size(self) -> "_Size":
        # A look at a vector costs more than PostgreSQL thinks.
        self._connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return _Size(*self._connection.exec_driver_sql(_SIZE).one())

    def unhurried(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """The column as it is: what to begin with is seen from its frequency."""
        return column


class _Size(NamedTuple):
    papers: float
    """As PostgreSQL last estimated."""
    has_long: bool
    """Whether some papers have no vector."""


class _Window(NamedTuple):
    """The papers with numbers from ``first`` to ``last``; all of them are of these thousands, if they are named."""

    first: int
    last: int
    thousands: Sequence[str]


class _Look:
    """One look for matches in the vectors."""

    def __init__(
        self,
        connection: Connection,
        match: Match,
        conditions: Sequence[ColumnElement[bool]],
        between: Between | None,
    ) -> None:
        self._connection = connection
        self._match = match
        self._loose = _loose(match)
        self._tests = list(conditions)
        if self._loose != match:
            self._tests.append(_matches(match))
        self._between = between

    def newest(self, papers: float, limit: int) -> Iterator[int]:
        """Matches, newest first, and at least as many as the limit if there are so many."""
        for window in self._windows(papers, limit):
            for piece in self._pieces(window, limit):
                yield from self._tested(piece)

    def _windows(self, papers: float, limit: int) -> Iterator[_Window]:
        """Where to look: among the newest first, and then further and further back."""
        first, last = self._between or (0, 2**62)
        if self._between is not None:
            thousands = self._thousands(first, last)
            if len(thousands) <= _MOST_THOUSANDS:
                yield _Window(first, last, thousands)
                return
        size = inf if papers < _SMALL else _LIKELY * min(limit, papers) * papers / max(self._expected(), 1)
        while last >= first:
            window = self._window(first, last, max(_FEWEST, size))
            yield window
            last, size = window.first - 1, size * _WIDER

    def _window(self, first: int, last: int, size: float) -> _Window:
        """The newest papers between two numbers: about so many, or all where these are too many to be named."""
        if size < _MOST_THOUSANDS * 1000:
            bottom = self._connection.scalar(_in_order(_range((first, last))).offset(int(size)).limit(1))
            if bottom is not None:
                bottom = max(first, bottom // 1000 * 1000)
                thousands = self._thousands(bottom, last)
                if len(thousands) <= _MOST_THOUSANDS:
                    return _Window(bottom, last, thousands)
        return _Window(first, last, ())

    def _thousands(self, first: int, last: int) -> Sequence[str]:
        """The tokens of the thousands between two numbers; one more than can be named at most."""
        bounds = _thousand(first), _thousand(last), _MOST_THOUSANDS + 1
        return self._connection.exec_driver_sql(_THOUSANDS, bounds).scalars().all()

    def _pieces(self, window: _Window, limit: int) -> Iterator[list[int]]:
        """Numbers of candidates in a window, newest first: a piece at a time, where they must be tested."""
        loose: Match = self._loose
        if window.thousands:
            loose = Every((loose, Either(tuple(Tokens((each,)) for each in window.thousands))))
        found = select(_index.c.number).where(_matches(loose)).cte("found").prefix_with("MATERIALIZED")
        last, size = window.last, max(_PIECE, limit) if self._tests else limit
        while True:
            numbers = select(found.c.number).where(found.c.number.between(window.first, last))
            piece = list(self._connection.scalars(numbers.order_by(found.c.number.desc()).limit(size)))
            yield piece
            if len(piece) < size or not self._tests:
                return
            last, size = piece[-1] - 1, size * _WIDER

    def _tested(self, numbers: list[int]) -> Iterable[int]:
        if not self._tests or not numbers:
            return numbers
        own = _index.c.number == func.any(bindparam(None, numbers, postgresql.ARRAY(postgresql.BIGINT)))
        return self._connection.scalars(_in_order(own, *self._tests))

    def _expected(self) -> float:
        """How many papers PostgreSQL expects to match, from what it knows of the frequency of each token."""
        query = "EXPLAIN (FORMAT JSON) SELECT FROM search WHERE vector @@ CAST(%s AS tsquery)"
        plan: Any = self._connection.exec_driver_sql(query, (_written(self._loose),)).scalar()
        [top] = json.loads(plan) if isinstance(plan, str) else plan
        return float(top["Plan"]["Plan Rows"])


def _vector(number: int, tokens: Sequence[str]) -> str:
    """The vector of a paper as PostgreSQL reads one; empty where it has no room."""
    places: dict[str, list[str]] = {}
    for place, token in enumerate(tokens, 1):
        places.setdefault(token, []).append(str(place))
    places.pop(_BETWEEN, None)
    if (
        len(tokens) > _MOST_PLACES
        or max(map(len, places.values()), default=0) > _MOST_OF_ONE
        or max((len(token.encode()) for token in places), default=0) > _LONGEST
        or sum(len(token.encode()) + 8 for token in places) + 2 * len(tokens) > _MOST_BYTES
    ):
        return ""
    written = [f"{_quoted(token)}:{','.join(own)}" for token, own in places.items()]
    return " ".join([*written, _quoted(_thousand(number))])


def _thousand(number: int) -> str:
    """The token of the papers whose numbers are the same but for the last three digits; these sort as numbers do."""
    return f"{_THOUSAND}{min(number, 10**16) // 1000:013d}"


def _possible(match: Match) -> Match | None:
    """What is looked for without what no vector can have."""
    match match:
        case Tokens(phrase):
            fits = len(phrase) <= _MOST_PLACES and max(len(token.encode()) for token in phrase) <= _LONGEST
            return match if fits and max(map(phrase.count, set(phrase))) <= _MOST_OF_ONE else None
        case Every(parts):
            return every(map(_possible, parts))
        case Either(parts):
            return either(map(_possible, parts))
        case Without(kept, left_out):
            wanted, unwanted = _possible(kept), _possible(left_out)
            return wanted if wanted is None or unwanted is None else Without(wanted, unwanted)


def _loose(match: Match) -> Match:
    """What the index can tell without a look at the vectors: papers that have the tokens, in whatever order."""
    match match:
        case Tokens((_,)):
            return match
        case Tokens((*tokens, last), is_prefix):
            return Every((*(Tokens((token,)) for token in tokens), Tokens((last,), is_prefix)))
        case Every(parts):
            return Every(tuple(map(_loose, parts)))
        case Either(parts):
            return Either(tuple(map(_loose, parts)))
        case Without(kept, left_out):
            loose = _loose(kept)
            return Without(loose, left_out) if _loose(left_out) == left_out else loose
    raise AssertionError(match)


def _matches(match: Match) -> ColumnElement[bool]:
    return _index.c.vector.op("@@", is_comparison=True)(cast(_written(match), postgresql.TSQUERY))


def _written(match: Match) -> str:
    """What is looked for, as PostgreSQL reads a query."""
    match match:
        case Tokens((*tokens, last), is_prefix):
            return _joined(" <-> ", [*map(_quoted, tokens), _quoted(last) + (":*" if is_prefix else "")])
        case Every(parts):
            return _joined(" & ", list(map(_written, parts)))
        case Either(parts):
            return _joined(" | ", list(map(_written, parts)))
        case Without(kept, left_out):
            return f"({_written(kept)} & !{_written(left_out)})"
    raise AssertionError(match)


def _joined(sign: str, parts: Sequence[str]) -> str:
    """All parts with a sign between two, as a tree that is no deeper than it must be: PostgreSQL's stack is small."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return f"({_joined(sign, parts[:half])}{sign}{_joined(sign, parts[half:])})"


def _quoted(token: str) -> str:
    return "'" + token.replace("\\", "\\\\").replace("'", "''") + "'"


def _in_text(match: Match) -> ColumnElement[bool]:
    """The condition that the tokens of a paper that has no vector match."""
    match match:
        case Tokens(phrase, is_prefix):
            return func.strpos(_index.c.words, f" {' '.join(phrase)}{'' if is_prefix else ' '}") > 0
        case Every(parts):
            return and_(true(), *map(_in_text, parts))
        case Either(parts):
            return or_(false(), *map(_in_text, parts))
        case Without(kept, left_out):
            return and_(_in_text(kept), not_(_in_text(left_out)))


def _range(between: Between | None) -> ColumnElement[bool]:
    return true() if between is None else _index.c.number.between(*between)


def _in_order(*conditions: ColumnElement[bool]) -> Any:
    return select(_index.c.number).where(*conditions).order_by(_index.c.number.desc())


_TABLES = (
    """CREATE TABLE IF NOT EXISTS search (
        number bigint PRIMARY KEY, words text COLLATE "C", vector tsvector
    )""",
    # Rows without their vectors are so short that a hundred of them fit into a page.
    "ALTER TABLE search SET (toast_tuple_target = 128)",
    # A vector is hardly ever made shorter by compression, which takes its time.
    "ALTER TABLE search ALTER vector SET STORAGE EXTERNAL, ALTER vector SET STATISTICS 200",
    "CREATE INDEX IF NOT EXISTS search_by_token ON search USING gin (vector) WITH (gin_pending_list_limit = 512)",
    "CREATE INDEX IF NOT EXISTS search_too_long ON search (number) WHERE vector IS NULL",
    'CREATE TABLE IF NOT EXISTS search_words (word text COLLATE "C" PRIMARY KEY)',
)
_PUT = """
    INSERT INTO search (number, words, vector) VALUES (:number, :words, CAST(:vector AS tsvector))
    ON CONFLICT (number) DO UPDATE SET words = excluded.words, vector = excluded.vector
    WHERE (search.words, search.vector) IS DISTINCT FROM (excluded.words, excluded.vector)
"""
_LEARN = "INSERT INTO search_words SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING"
_KNOWN = "SELECT word FROM search_words WHERE word = ANY(%s)"
_THOUSANDS = "SELECT word FROM search_words WHERE word BETWEEN %s AND %s LIMIT %s"
_SIZE = """
    SELECT greatest(reltuples, 0), EXISTS (SELECT FROM search WHERE vector IS NULL)
    FROM pg_class WHERE oid = 'search'::regclass
"""
