"""Full-text search: what SQLite's FTS5 is asked to do. Another kind of database needs another module like this.

One index holds title, authors, abstract and summaries of all languages. Words of spaced scripts are cut by SQLite's
``unicode61``, without accents; Hangul, Han and kana arrive there as overlapping pairs (see `assay.store.words`). One
index means one ranking, for queries that mix scripts too, and pieces of two syllables are found as fast as words.
A trigram index beside it would be blind to these, and they are what Korean words are made of.

Ranking every match of a frequent word by BM25 takes 0.2 s at 100,000 papers. Only the newest matches are therefore
ranked, and the newest that have every term in the title, which count twice: matches come out of the index newest
first at no cost, since a paper's number there rises with its arXiv month. A query with fewer matches than that is
ranked in full.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Integer,
    Text,
    column,
    delete,
    exists,
    false,
    func,
    insert,
    literal_column,
    select,
    table,
    text,
    union_all,
)

from assay.papers.catalogue import find
from assay.papers.ids import is_arxiv_id, parse_arxiv_id
from assay.store import schema
from assay.store.words import Term, compounds, snippet, terms, tokens, unfinished

_NEWEST = 1_000
"""How many matches are ranked."""
_MOST_PARTED = 8
"""How many ways of parting a compound are tried."""
_FEW = 5_000
"""Up to so many listings, a filter is a set of papers; beyond, each match is looked at."""
_FIELDS = ("title", "authors", "abstract", "summary")
_WEIGHTS = "8.0, 3.0, 1.0, 1.0"
"""BM25 weights of the fields, ours: a title says what a paper is about."""

_BETWEEN = " \ue000 "
"""Between two names or texts, so that no phrase is found across them: a word that no query can hold."""


class Hit(NamedTuple):
    """A paper that was found."""

    id: str
    title: str
    score: float
    """Higher is better; comparable within one search only."""
    snippet: str
    """About twelve words around what was found, which stands between ``\\x02`` and ``\\x03``."""
    day: date | None
    """The latest day on which it was listed."""


@dataclass(frozen=True)
class Filters:
    """Which papers may be found; ``None`` admits all."""

    since: date | None = None
    until: date | None = None
    source: str | None = None
    room: str | None = None
    author: str | None = None
    language: str | None = None


def create_index(connection: Connection) -> None:
    """Make the index, empty, if it is not there."""
    columns = ", ".join(_FIELDS)
    connection.execute(
        text(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS search USING fts5({columns}, tokenize='unicode61 remove_diacritics 2')"
        )
    )


def index_papers(connection: Connection, ids: Iterable[str]) -> None:
    """Bring the index up to date for these papers. Those whose text is as it was are left alone."""
    rest = iter(ids)
    while chunk := list(islice(rest, 500)):
        _index_chunk(connection, chunk)


def search_papers(connection: Connection, query: str, limit: int, filters: Filters) -> list[Hit]:
    """The papers that `assay.store.Store.search` promises."""
    if limit < 1:
        raise ValueError(f"a search for {limit} papers finds nothing: the limit starts at 1")
    asked = terms(query)
    admitted = _admitted(connection, filters)
    scores: dict[int, float] = {}
    if asked:
        scores = _ranked(connection, _expression(asked), admitted, limit)
        longer = unfinished(asked)
        if longer is not None and len(scores) < limit:
            asked = longer
            scores = _ranked(connection, _expression(asked), admitted, limit)
        for parted in islice(compounds(asked), _MOST_PARTED) if not scores else ():
            scores = _ranked(connection, _expression(parted), admitted, limit)
            if scores:
                asked = parted
                break
    best = list(scores)
    named = _named(connection, query, admitted)
    if named is not None:
        scores[named] = 1 + max(scores.values(), default=0.0)
        best = [named, *(number for number in best if number != named)][:limit]
    return _hits(connection, best, scores, asked)


_index = table("search", column("rowid", Integer), *(column(name, Text) for name in _FIELDS))
_matches = literal_column("search").match
_score = literal_column(f"-bm25(search, {_WEIGHTS})", Float)


class _Admitted(NamedTuple):
    """The filters as the database takes them."""

    conditions: list[ColumnElement[bool]]
    """On rows of the index."""
    author: str
    """In FTS5's language; empty for any."""


def _admitted(connection: Connection, filters: Filters) -> _Admitted:
    papers, seen, summaries = schema.papers, schema.sightings, schema.summaries
    number = _index.c.rowid
    conditions: list[ColumnElement[bool]] = []
    listed: list[ColumnElement[bool]] = []
    if filters.since is not None:
        listed.append(seen.c.day >= filters.since)
    if filters.until is not None:
        listed.append(seen.c.day <= filters.until)
    if filters.source is not None:
        listed.append(seen.c.source == filters.source)
    if listed:
        some = select(seen.c.id).where(*listed).limit(_FEW + 1).subquery()
        if (connection.scalar(select(func.count()).select_from(some)) or 0) <= _FEW:
            conditions += _one_of(connection, seen.c.number, *listed)
        else:
            conditions.append(exists().where(seen.c.number == number, *listed))
    if filters.room is not None:
        conditions += _one_of(connection, papers.c.number, papers.c.room == filters.room)
    if filters.language is not None:
        told = func.instr(summaries.c.languages, f" {filters.language} ") > 0
        conditions.append(exists().where(papers.c.number == number, summaries.c.paper == papers.c.id, told))
    author = ""
    if filters.author is not None:
        named = terms(f'"{filters.author}"')
        author = " AND ".join(f"authors : {_phrase(term._replace(unfinished=True))}" for term in named)
        if not named:
            conditions.append(false())
    return _Admitted(conditions, author)


def _one_of(
    connection: Connection, numbers: ColumnElement[int], *conditions: ColumnElement[bool]
) -> list[ColumnElement[bool]]:
    """That a paper is one of a few. Their bounds spare SQLite the matches before and after them."""
    first, last = connection.execute(select(func.min(numbers), func.max(numbers)).where(*conditions)).one()
    if first is None:
        return [false()]
    # The sign keeps SQLite from starting a search of its own for each of them.
    among = literal_column("+search.rowid").in_(select(numbers).where(*conditions))
    return [_index.c.rowid >= first, _index.c.rowid <= last, among]


def _expression(asked: Sequence[Term]) -> str:
    return " AND ".join(map(_phrase, asked))


def _phrase(term: Term) -> str:
    """A term in FTS5's language. Tokens hold letters and digits only: nothing in them can end the quotes."""
    exact = f'"{" ".join(term.tokens)}"'
    # What is finished as it stands counts once more than what goes on.
    return f"({exact} OR {exact} *)" if term.unfinished else exact


def _ranked(connection: Connection, expression: str, admitted: _Admitted, limit: int) -> dict[int, float]:
    """Numbers of the best papers that match, with their scores, best first."""
    newest = [
        select(_index.c.rowid, _score.label("score"))
        .where(_matches(f"({match}) AND {admitted.author}" if admitted.author else match), *admitted.conditions)
        .order_by(_index.c.rowid.desc())
        .limit(_NEWEST)
        .subquery()
        for match in (expression, f"title : ({expression})")
    ]
    both = union_all(*(select(matches) for matches in newest)).subquery()
    score = func.sum(both.c.score)
    best = select(both.c.rowid, score).group_by(both.c.rowid).order_by(score.desc(), both.c.rowid.desc()).limit(limit)
    return {number: score for number, score in connection.execute(best)}  # noqa: C416 - rows are no pairs to a type checker


def _named(connection: Connection, query: str, admitted: _Admitted) -> int | None:
    """The number of the paper whose id, or whose short name in our catalogue, the query is."""
    entry = find(query.strip())
    if entry is None and not is_arxiv_id(query):
        return None
    papers = schema.papers
    key = entry.id if entry else parse_arxiv_id(query).id
    number = connection.scalar(select(papers.c.number).where(papers.c.id == key))
    conditions = [_index.c.rowid == number, *admitted.conditions]
    if admitted.author:
        conditions.append(_matches(admitted.author))
    return connection.scalar(select(_index.c.rowid).where(*conditions))


def _hits(connection: Connection, numbers: Sequence[int], scores: dict[int, float], asked: Sequence[Term]) -> list[Hit]:
    papers, summaries, seen = schema.papers, schema.summaries, schema.sightings
    found = {
        number: (key, json.loads(record))
        for number, key, record in connection.execute(
            select(papers.c.number, papers.c.id, papers.c.record).where(papers.c.number.in_(numbers))
        )
    }
    ids = [key for key, _ in found.values()]
    told: dict[str, list[str]] = {}
    for key, record in connection.execute(
        select(summaries.c.paper, summaries.c.record).where(summaries.c.paper.in_(ids)).order_by(summaries.c.id)
    ):
        told.setdefault(key, []).append(record)
    last = select(seen.c.paper, func.max(seen.c.day).label("day")).where(seen.c.paper.in_(ids)).group_by(seen.c.paper)
    days = {row.paper: row.day for row in connection.execute(last)}
    hits = []
    for number in numbers:
        key, record = found[number]
        hits.append(
            Hit(
                id=key,
                title=record["title"],
                score=scores[number],
                snippet=snippet(_texts(record, told.get(key, ())), asked),
                day=days.get(key),
            )
        )
    return hits


def _texts(record: dict[str, Any], summaries: Iterable[str]) -> Iterator[str]:
    """Where a snippet may come from, the most telling text first."""
    yield record.get("abstract", "")
    for summary in summaries:
        for parts in json.loads(summary)["languages"].values():
            yield from _lines(parts)
    yield record["title"]
    yield ", ".join(record.get("authors", ()))


def _lines(parts: dict[str, Any]) -> Iterator[str]:
    """The texts of a summary in one language, from its JSON."""
    for value in parts.values():
        if isinstance(value, dict):
            yield from value.values()
        elif value:
            yield value


def _index_chunk(connection: Connection, ids: Sequence[str]) -> None:
    papers, summaries = schema.papers, schema.summaries
    told: dict[str, list[str]] = {}
    for key, record in connection.execute(
        select(summaries.c.paper, summaries.c.record).where(summaries.c.paper.in_(ids)).order_by(summaries.c.id)
    ):
        for parts in json.loads(record)["languages"].values():
            told.setdefault(key, []).extend(_lines(parts))
    wanted = {}
    for number, key, record in connection.execute(
        select(papers.c.number, papers.c.id, papers.c.record).where(papers.c.id.in_(ids))
    ):
        fields = json.loads(record)
        wanted[number] = {
            "rowid": number,
            "title": tokens(fields["title"]),
            "authors": tokens(_BETWEEN.join(fields.get("authors", ()))),
            "abstract": tokens(fields.get("abstract", "")),
            "summary": tokens(_BETWEEN.join(told.get(key, ()))),
        }
    stale = []
    for row in connection.execute(select(_index).where(_index.c.rowid.in_(list(wanted)))):
        number, *held = row
        if held == [wanted[number][name] for name in _FIELDS]:
            del wanted[number]
        else:
            stale.append(number)
    if stale:
        connection.execute(delete(_index).where(_index.c.rowid.in_(stale)))
    if wanted:
        connection.execute(insert(_index), list(wanted.values()))
