"""Full-text search with SQLite's FTS5. Another kind of database needs another module like this.

One index holds the tokens of title, authors, organisation, keywords, categories, abstract, summaries of all languages
and links to code and project (see `assay.store.searching.cutting`), separated by spaces: SQLite cuts them there and
does no more. What stands in a field has a token of its own beside the plain one, as ``t:attention`` for a title: a
search within titles walks through titles only. Other ways to write a word are looked for where the query is put (see
`assay.store.searching.forms`), and not in the index, so that what was typed can come first.

Papers are found in tiers, newest first within each: the paper of that id, papers of an author of that name, then those
with the words as typed in the title, one after the other and anywhere; with other forms in the title; as typed
anywhere; with other forms. Matches come out of the index newest first at no cost, since a paper's number there rises
with its arXiv month, and a tier ends as soon as there are enough. Ranking by BM25 would first count all matches of
each word: 0.2 s for a frequent one at 100,000 papers.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Any as AnyValue
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    exists,
    false,
    func,
    literal_column,
    select,
)

from assay.papers.catalogue import find
from assay.papers.ids import is_arxiv_id, parse_arxiv_id
from assay.papers.mathematics import to_text
from assay.papers.text import normalise
from assay.store import schema
from assay.store.searching.compounds import in_two
from assay.store.searching.forms import Phrase
from assay.store.searching.indexing import addresses, index, summary_texts
from assay.store.searching.query import (
    All,
    Any,
    Except,
    Node,
    Query,
    field_term,
    parse,
    terms_of,
    with_open_end,
)
from assay.store.searching.snippets import snippet
from assay.store.searching.terms import Term, mark

_MOST_BEGUN = 200
"""How many words with a beginning are looked for one by one; beyond, SQLite merges all of them."""
_MOST_SPLITS = 8
"""How many ways to split a Hangul compound are tried."""
_NO_LIMIT = 2**62
_FEW = 5_000
"""Up to this many listings, a filter is a set of papers; beyond it, each match is tested."""


class Hit(NamedTuple):
    """A paper that matches a query."""

    id: str
    title: str
    score: float
    """Higher is better: the tier in which it was found."""
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
    category: str | None = None
    organisation: str | None = None
    keyword: str | None = None

    def terms(self) -> list[Term]:
        """Those that the query language has as fields too.

        Raises:
            ValueError: if one of them has no word in it.
        """
        by_field = {
            "author": self.author,
            "category": self.category,
            "org": self.organisation,
            "keyword": self.keyword,
        }
        return [field_term(field, text) for field, text in by_field.items() if text is not None]


def search_papers(connection: Connection, query: str, limit: int, filters: Filters) -> list[Hit]:
    """Find papers, as `assay.store.Store.search` describes."""
    if limit < 1:
        raise ValueError(f"the limit of a search is at least 1, not {limit}")
    asked = Query(None) if filters != Filters() and not normalise(query) else parse(_pasted_id(query) or query)
    only = filters.terms()
    tree = asked.tree
    conditions = _conditions(connection, filters, asked)
    search = _Search(connection, conditions, only, limit)
    scores = search.rank(tree, asked.name)
    longer = with_open_end(tree)
    if longer is not None and not scores:
        tree = longer
        scores = search.rank(tree)
    for in_pieces in islice(in_two(asked.tree), _MOST_SPLITS) if not scores else ():
        scores = search.rank(in_pieces)
        if scores:
            tree = in_pieces
            break
    numbers = list(scores)
    direct = _paper_by_name(connection, query, [*conditions, *search.filter_condition()])
    if direct is not None:
        scores[direct] = _BY_ID
        numbers = [direct, *(number for number in numbers if number != direct)][:limit]
    return _hits(connection, numbers, scores, search.known([*terms_of(tree), *only]))


def matching_papers(connection: Connection, query: str, among: Collection[str] | None, filters: Filters) -> set[str]:
    """The papers that match, as `assay.store.Store.matching` describes."""
    asked = Query(None) if filters != Filters() and not normalise(query) else parse(_pasted_id(query) or query)
    papers = schema.papers
    conditions = _conditions(connection, filters, asked)
    if among is not None:
        conditions += _one_of(connection, papers.c.number, papers.c.id.in_(_values(among)))
    search = _Search(connection, conditions, filters.terms(), _NO_LIMIT)
    numbers = set(search.rank(asked.tree, asked.name))
    direct = _paper_by_name(connection, query, [*conditions, *search.filter_condition()])
    if direct is not None:
        numbers.add(direct)
    return set(connection.scalars(select(papers.c.id).where(papers.c.number.in_(_values(numbers)))))


def _values(values: Collection[AnyValue]) -> Select[AnyValue]:
    """Values as a table of one column, whatever their number."""
    return select(func.json_each(json.dumps(list(values))).table_valued("value").c.value)


_matches = literal_column("search").match

_BY_ID, _BY_NAME, _TITLE_PHRASE, _TITLE, _TITLE_FORMS, _EXACT, _FORMS = range(7, 0, -1)
"""The tiers, as scores."""


class _Search:
    """One search, and what it knows of the index."""

    def __init__(
        self, connection: Connection, conditions: Sequence[ColumnElement[bool]], only: Sequence[Term], limit: int
    ) -> None:
        self._connection = connection
        self._conditions = list(conditions)
        self._only = only
        self._limit = limit
        self._has: dict[str, bool] = {}
        self._words_begun: dict[str, list[str]] = {}

    def rank(self, tree: Node | None, name: Term | None = None) -> dict[int, float]:
        """Numbers of the best papers that match, with their scores, best first."""
        every = [*terms_of(tree), *_unwanted(tree), *self._only, *([name] if name else [])]
        self._look_up(every)
        scores: dict[int, float] = {}
        for tier, expression in self._tiers(tree, name):
            for number in self._numbers(expression) if expression is not None else ():
                scores.setdefault(number, tier)
                if len(scores) == self._limit:
                    return scores  # before the next tier is so much as put into words
        return scores

    def filter_condition(self) -> list[ColumnElement[bool]]:
        """The fields that were asked for beside the query, as a condition."""
        self._look_up(self._only)
        expression = self._with_filters("")
        return [false()] if expression is None else [_matches(expression)] if expression else []

    def known(self, terms: Sequence[Term]) -> list[Term]:
        """The terms with those phrases only that the index may have."""
        return [
            replace(term, phrases=tuple(phrase for phrase in term.phrases if self._may_have(term, phrase)))
            for term in terms
        ]

    def _tiers(self, tree: Node | None, name: Term | None) -> Iterator[tuple[float, str | None]]:
        """The tiers, best first, in FTS5's query syntax; ``None`` for one that finds nothing."""
        if tree is None:
            yield _FORMS, self._with_filters("")
            return
        if name is not None:
            yield _BY_NAME, self._with_filters(self._term(name, title=False, exact=False))
        plain = [term for term in terms_of(tree) if not term.field]
        if plain:
            phrase = _as_one_phrase(tree)
            yield (
                _TITLE_PHRASE,
                None if phrase is None else self._with_filters(self._term(phrase, title=True, exact=True)),
            )
            yield _TITLE, self._with_filters(self._expression(tree, title=True, exact=True))
            yield _TITLE_FORMS, self._with_filters(self._expression(tree, title=True, exact=False))
        yield _EXACT, self._with_filters(self._expression(tree, title=False, exact=True))
        yield _FORMS, self._with_filters(self._expression(tree, title=False, exact=False))

    def _with_filters(self, expression: str | None) -> str | None:
        pieces = [expression, *(self._term(term, title=False, exact=False) for term in self._only)]
        return None if None in pieces else " AND ".join(filter(None, pieces))

    def _expression(self, node: Node, *, title: bool, exact: bool) -> str | None:
        """A tree in FTS5's query syntax; ``None`` if nothing can match."""
        match node:
            case Term():
                return self._term(node, title=title, exact=exact)
            case All(parts):
                pieces = [self._expression(part, title=title, exact=exact) for part in parts]
                return None if None in pieces else f"({' AND '.join(filter(None, pieces))})"
            case Any(parts):
                pieces = [self._expression(part, title=title, exact=exact) for part in parts]
                return f"({' OR '.join(filter(None, pieces))})" if any(pieces) else None
            case Except(wanted, unwanted):
                kept = self._expression(wanted, title=title, exact=exact)
                left_out = self._expression(unwanted, title=False, exact=False)
                return kept if kept is None or left_out is None else f"({kept} NOT {left_out})"

    def _term(self, term: Term, *, title: bool, exact: bool) -> str | None:
        phrases: Sequence[Phrase] = [
            phrase for phrase in (term.exact if exact else term.phrases) if self._may_have(term, phrase)
        ]
        if title and not term.field:
            phrases = mark(phrases, "title")
        # Tokens hold nothing that could end the quotes.
        pieces = [piece for phrase in phrases for piece in self._phrase(phrase, is_prefix=term.is_prefix)]
        return f"({' OR '.join(pieces)})" if pieces else None

    def _phrase(self, phrase: Phrase, *, is_prefix: bool) -> list[str]:
        quoted = f'"{" ".join(phrase)}"'
        if not is_prefix:
            return [quoted]
        # SQLite would merge the papers of all words with a beginning before it gives the first.
        words = self._begun(phrase[0]) if len(phrase) == 1 else None
        if words is None or len(words) == _MOST_BEGUN:
            return [f"{quoted} *"]
        return [f'"{word}"' for word in words]

    def _may_have(self, term: Term, phrase: Phrase) -> bool:
        return all(self._has.get(token, True) for token in (phrase[:-1] if term.is_prefix else phrase))

    def _look_up(self, terms: Iterable[Term]) -> None:
        """Learn which of the tokens the index has: first those that begin a phrase, then the rest of such phrases."""
        phrases = [phrase[:-1] if term.is_prefix else phrase for term in terms for phrase in term.phrases]
        self._ask({phrase[0] for phrase in phrases if phrase})
        self._ask({token for phrase in phrases if phrase and self._has[phrase[0]] for token in phrase[1:]})

    def _ask(self, words: set[str]) -> None:
        new = sorted(words - self._has.keys())
        if new:
            there = self._connection.exec_driver_sql(_WORDS_THERE, (json.dumps(new),)).scalars().all()
            self._has |= dict.fromkeys(new, False) | dict.fromkeys(there, True)

    def _begun(self, beginning: str) -> list[str]:
        """The words of the index with this beginning, as far as they are looked for one by one."""
        if beginning not in self._words_begun:
            end = beginning + "\U0010ffff"
            words = self._connection.exec_driver_sql(_WORDS_BEGUN, (beginning, end, end, _MOST_BEGUN)).scalars()
            self._words_begun[beginning] = list(words)
        return self._words_begun[beginning]

    def _numbers(self, expression: str) -> Iterable[int]:
        matching = [_matches(expression)] if expression else []
        statement = select(index.c.rowid).where(*matching, *self._conditions)
        return self._connection.scalars(statement.order_by(index.c.rowid.desc()).limit(self._limit))


_WORDS_THERE = """
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


def _unwanted(node: Node | None) -> Iterator[Term]:
    """The terms to be left out."""
    match node:
        case All(parts) | Any(parts):
            for part in parts:
                yield from _unwanted(part)
        case Except(wanted, unwanted):
            yield from _unwanted(wanted)
            yield from terms_of(unwanted)
            yield from _unwanted(unwanted)


def _as_one_phrase(node: Node) -> Term | None:
    """The whole query as one phrase; ``None`` if it is a single term already, or no mere row of words."""
    if not isinstance(node, All):
        return None
    terms = [part for part in node.parts if isinstance(part, Term) and not part.field]
    if len(terms) < len(node.parts):
        return None
    phrase = tuple(token for term in terms for token in term.exact[0])
    return Term((phrase,), (phrase,), is_prefix=terms[-1].is_prefix)


def _conditions(connection: Connection, filters: Filters, asked: Query) -> list[ColumnElement[bool]]:
    """The filters as conditions on rows of the index."""
    papers, sightings, summaries = schema.papers, schema.sightings, schema.summaries
    number = index.c.rowid
    since = max(filter(None, (filters.since, asked.since)), default=None)
    until = min(filter(None, (filters.until, asked.until)), default=None)
    conditions: list[ColumnElement[bool]] = []
    listing_conditions: list[ColumnElement[bool]] = []
    if since is not None:
        listing_conditions.append(sightings.c.day >= since)
    if until is not None:
        listing_conditions.append(sightings.c.day <= until)
    of_source = [] if filters.source is None else [sightings.c.source == filters.source]
    if listing_conditions or of_source:
        some = select(sightings.c.id).where(*listing_conditions, *of_source).limit(_FEW + 1).subquery()
        if (connection.scalar(select(func.count()).select_from(some)) or 0) <= _FEW:
            conditions += _one_of(connection, sightings.c.number, *listing_conditions, *of_source)
        else:
            if of_source:
                # The sign keeps SQLite from looking through all listings of the source for each match.
                listing_conditions.append(literal_column("+sightings.source") == filters.source)
            conditions.append(exists().where(sightings.c.number == number, *listing_conditions))
    if filters.room is not None:
        conditions += _one_of(connection, papers.c.number, papers.c.room == filters.room)
    if filters.language is not None:
        in_language = func.instr(summaries.c.languages, f" {filters.language} ") > 0
        conditions.append(exists().where(papers.c.number == number, summaries.c.paper == papers.c.id, in_language))
    return conditions


def _one_of(
    connection: Connection, numbers: ColumnElement[int], *conditions: ColumnElement[bool]
) -> list[ColumnElement[bool]]:
    """The conditions that a paper is one of a few; their first and last number spare SQLite all matches outside."""
    first, last = connection.execute(select(func.min(numbers), func.max(numbers)).where(*conditions)).one()
    if first is None:
        return [false()]
    # The sign keeps SQLite from starting a search of its own for each of them.
    among = literal_column("+search.rowid").in_(select(numbers).where(*conditions))
    return [index.c.rowid >= first, index.c.rowid <= last, among]


def _paper_by_name(connection: Connection, query: str, conditions: Sequence[ColumnElement[bool]]) -> int | None:
    """The number of the paper whose id, or whose short name in our catalogue, the query is."""
    entry = find(query.strip())
    key = entry.id if entry else _pasted_id(query)
    if not key:
        return None
    papers = schema.papers
    number = connection.scalar(select(papers.c.number).where(papers.c.id == key))
    return connection.scalar(select(index.c.rowid).where(index.c.rowid == number, *conditions))


def _pasted_id(query: str) -> str:
    """The id that the whole query is, in whatever form it was pasted; empty if it is none or is to be left out."""
    return parse_arxiv_id(query).id if is_arxiv_id(query) and not query.lstrip().startswith("-") else ""


def _hits(connection: Connection, numbers: Sequence[int], scores: dict[int, float], terms: Sequence[Term]) -> list[Hit]:
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
                snippet=snippet(map(to_text, _texts(record, summary_records.get(key, ()))), terms) or _opening(record),
                day=days.get(key),
            )
        )
    return hits


def _texts(record: dict[str, AnyValue], summaries: Iterable[str]) -> Iterator[str]:
    """The texts that a snippet may come from, the most informative one first."""
    yield record.get("abstract", "")
    for summary in summaries:
        for parts in json.loads(summary)["languages"].values():
            yield from summary_texts(parts)
    yield record["title"]
    yield ", ".join(record.get("authors", ()))
    yield record.get("organisation", "")
    yield ", ".join(record.get("keywords", ()))
    yield from addresses(record)


def _opening(record: dict[str, AnyValue], *, words: int = 12) -> str:
    """The beginning of an abstract, for a paper that was found by no word of its texts."""
    first, *rest = [" ".join(to_text(record.get("abstract", "")).split(" ")[:words]), record.get("abstract", "")]
    return f"{first} …" if first and len(first) < len(rest[0]) else first
