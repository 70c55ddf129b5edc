"""Full-text search with SQLite's FTS5. Another kind of database needs another module like this.

One index holds title, authors, abstract and summaries of all languages. Words of spaced scripts are cut by SQLite's
``unicode61``, without accents; LaTeX arrives there as the characters that one types, and Hangul, Han and kana as
overlapping pairs (see `assay.store.words`). One index means one ranking, for queries that mix scripts too, and pieces
of two syllables are found as fast as words. A trigram index beside it would be blind to these, and they are what Korean
words are made of.

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
from assay.papers.mathematics import to_text
from assay.store import schema
from assay.store.words import Term, compounds, snippet, terms, tokens, with_open_end

_NEWEST = 1_000
"""How many matches are ranked."""
_MOST_SPLITS = 8
"""How many ways to split a compound are tried."""
_FEW = 5_000
"""Up to this many listings, a filter is a set of papers; beyond it, each match is tested."""
_FIELDS = ("title", "authors", "abstract", "summary")
_WEIGHTS = "8.0, 3.0, 1.0, 1.0"
"""BM25 weights of the fields, ours: a title says what a paper is about."""

_BETWEEN = " \ue000 "
"""Between two names or texts, so that no phrase is found across them: a word that no query can hold."""


class Hit(NamedTuple):
    """A paper that matches a query."""

    id: str
    title: str
    score: float
    """Higher is better; comparable within one search only."""
    snippet: str
    """About twelve words around the matches, which stand between ``\\x02`` and ``\\x03``."""
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
    """Bring the index up to date for these papers; those whose text has not changed are left alone."""
    rest = iter(ids)
    while chunk := list(islice(rest, 500)):
        _index_chunk(connection, chunk)


def search_papers(connection: Connection, query: str, limit: int, filters: Filters) -> list[Hit]:
    """Find papers, as `assay.store.Store.search` describes."""
    if limit < 1:
        raise ValueError(f"the limit of a search is at least 1, not {limit}")
    query_terms = terms(query)
    clauses = _filter_clauses(connection, filters)
    scores: dict[int, float] = {}
    if query_terms:
        scores = _rank_matches(connection, _expression(query_terms), clauses, limit)
        longer = with_open_end(query_terms)
        if longer is not None and len(scores) < limit:
            query_terms = longer
            scores = _rank_matches(connection, _expression(query_terms), clauses, limit)
        for split_terms in islice(compounds(query_terms), _MOST_SPLITS) if not scores else ():
            scores = _rank_matches(connection, _expression(split_terms), clauses, limit)
            if scores:
                query_terms = split_terms
                break
    best = list(scores)
    direct = _paper_by_name(connection, query, clauses)
    if direct is not None:
        scores[direct] = 1 + max(scores.values(), default=0.0)
        best = [direct, *(number for number in best if number != direct)][:limit]
    return _hits(connection, best, scores, query_terms)


_index = table("search", column("rowid", Integer), *(column(name, Text) for name in _FIELDS))
_matches = literal_column("search").match
_score = literal_column(f"-bm25(search, {_WEIGHTS})", Float)


class _FilterClauses(NamedTuple):
    """The filters as conditions for the database."""

    conditions: list[ColumnElement[bool]]
    """On rows of the index."""
    author: str
    """In FTS5's query syntax; empty for any author."""


def _filter_clauses(connection: Connection, filters: Filters) -> _FilterClauses:
    papers, sightings, summaries = schema.papers, schema.sightings, schema.summaries
    number = _index.c.rowid
    conditions: list[ColumnElement[bool]] = []
    listing_conditions: list[ColumnElement[bool]] = []
    if filters.since is not None:
        listing_conditions.append(sightings.c.day >= filters.since)
    if filters.until is not None:
        listing_conditions.append(sightings.c.day <= filters.until)
    if filters.source is not None:
        listing_conditions.append(sightings.c.source == filters.source)
    if listing_conditions:
        some = select(sightings.c.id).where(*listing_conditions).limit(_FEW + 1).subquery()
        if (connection.scalar(select(func.count()).select_from(some)) or 0) <= _FEW:
            conditions += _one_of(connection, sightings.c.number, *listing_conditions)
        else:
            conditions.append(exists().where(sightings.c.number == number, *listing_conditions))
    if filters.room is not None:
        conditions += _one_of(connection, papers.c.number, papers.c.room == filters.room)
    if filters.language is not None:
        in_language = func.instr(summaries.c.languages, f" {filters.language} ") > 0
        conditions.append(exists().where(papers.c.number == number, summaries.c.paper == papers.c.id, in_language))
    author = ""
    if filters.author is not None:
        author_terms = terms(f'"{filters.author}"')
        author = " AND ".join(f"authors : {_phrase(term._replace(is_prefix=True))}" for term in author_terms)
        if not author_terms:
            conditions.append(false())
    return _FilterClauses(conditions, author)


def _one_of(
    connection: Connection, numbers: ColumnElement[int], *conditions: ColumnElement[bool]
) -> list[ColumnElement[bool]]:
    """The conditions that a paper is one of a few; their first and last number spare SQLite all matches outside."""
    first, last = connection.execute(select(func.min(numbers), func.max(numbers)).where(*conditions)).one()
    if first is None:
        return [false()]
    # The sign keeps SQLite from starting a search of its own for each of them.
    among = literal_column("+search.rowid").in_(select(numbers).where(*conditions))
    return [_index.c.rowid >= first, _index.c.rowid <= last, among]


def _expression(query_terms: Sequence[Term]) -> str:
    return " AND ".join(map(_phrase, query_terms))


def _phrase(term: Term) -> str:
    """A term in FTS5's query syntax. Tokens hold letters and digits only: nothing in them can end the quotes."""
    exact = f'"{" ".join(term.tokens)}"'
    # A word that equals the term counts once more than a longer one.
    return f"({exact} OR {exact} *)" if term.is_prefix else exact


def _rank_matches(connection: Connection, expression: str, clauses: _FilterClauses, limit: int) -> dict[int, float]:
    """Numbers of the best papers that match, with their scores, best first."""
    newest = [
        select(_index.c.rowid, _score.label("score"))
        .where(_matches(f"({match}) AND {clauses.author}" if clauses.author else match), *clauses.conditions)
        .order_by(_index.c.rowid.desc())
        .limit(_NEWEST)
        .subquery()
        for match in (expression, f"title : ({expression})")
    ]
    both = union_all(*(select(matches) for matches in newest)).subquery()
    score = func.sum(both.c.score)
    best = select(both.c.rowid, score).group_by(both.c.rowid).order_by(score.desc(), both.c.rowid.desc()).limit(limit)
    return {number: score for number, score in connection.execute(best)}  # noqa: C416 - rows are no pairs to a type checker


def _paper_by_name(connection: Connection, query: str, clauses: _FilterClauses) -> int | None:
    """The number of the paper whose id, or whose short name in our catalogue, the query is."""
    entry = find(query.strip())
    if entry is None and not is_arxiv_id(query):
        return None
    papers = schema.papers
    key = entry.id if entry else parse_arxiv_id(query).id
    number = connection.scalar(select(papers.c.number).where(papers.c.id == key))
    conditions = [_index.c.rowid == number, *clauses.conditions]
    if clauses.author:
        conditions.append(_matches(clauses.author))
    return connection.scalar(select(_index.c.rowid).where(*conditions))


def _hits(
    connection: Connection, numbers: Sequence[int], scores: dict[int, float], query_terms: Sequence[Term]
) -> list[Hit]:
    papers, summaries, sightings = schema.papers, schema.summaries, schema.sightings
    records = {
        number: (key, json.loads(record))
        for number, key, record in connection.execute(
            select(papers.c.number, papers.c.id, papers.c.record).where(papers.c.number.in_(numbers))
        )
    }
    ids = [key for key, _ in records.values()]
    summary_records: dict[str, list[str]] = {}
    for key, record in connection.execute(
        select(summaries.c.paper, summaries.c.record).where(summaries.c.paper.in_(ids)).order_by(summaries.c.id)
    ):
        summary_records.setdefault(key, []).append(record)
    last = (
        select(sightings.c.paper, func.max(sightings.c.day).label("day"))
        .where(sightings.c.paper.in_(ids))
        .group_by(sightings.c.paper)
    )
    days = {row.paper: row.day for row in connection.execute(last)}
    hits = []
    for number in numbers:
        key, record = records[number]
        hits.append(
            Hit(
                id=key,
                title=record["title"],
                score=scores[number],
                snippet=snippet(map(to_text, _texts(record, summary_records.get(key, ()))), query_terms),
                day=days.get(key),
            )
        )
    return hits


def _texts(record: dict[str, Any], summaries: Iterable[str]) -> Iterator[str]:
    """The texts that a snippet may come from, the most informative one first."""
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
    summary_texts: dict[str, list[str]] = {}
    for key, record in connection.execute(
        select(summaries.c.paper, summaries.c.record).where(summaries.c.paper.in_(ids)).order_by(summaries.c.id)
    ):
        for parts in json.loads(record)["languages"].values():
            summary_texts.setdefault(key, []).extend(_lines(parts))
    rows = {}
    for number, key, record in connection.execute(
        select(papers.c.number, papers.c.id, papers.c.record).where(papers.c.id.in_(ids))
    ):
        fields = json.loads(record)
        rows[number] = {
            "rowid": number,
            "title": tokens(fields["title"]),
            "authors": _BETWEEN.join(map(tokens, fields.get("authors", ()))),
            "abstract": tokens(fields.get("abstract", "")),
            "summary": _BETWEEN.join(map(tokens, summary_texts.get(key, ()))),
        }
    stale = []
    for row in connection.execute(select(_index).where(_index.c.rowid.in_(list(rows)))):
        number, *fields_in_index = row
        if fields_in_index == [rows[number][name] for name in _FIELDS]:
            del rows[number]
        else:
            stale.append(number)
    if stale:
        connection.execute(delete(_index).where(_index.c.rowid.in_(stale)))
    if rows:
        connection.execute(insert(_index), list(rows.values()))
