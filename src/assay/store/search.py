"""Full-text search: what is looked for, in which order, and how a hit is shown. The index itself is of the database.

One index holds the tokens of title, authors, organisation, keywords, categories, abstract, summaries of all languages
and links to code and project (see `assay.store.searching.cutting`); the database compares them and does no more. What
stands in a field has a token of its own beside the plain one, as ``t:attention`` for a title: a search within titles
walks through titles only. Other ways to write a word are looked for where the query is put (see
`assay.store.searching.forms`), and not in the index, so that what was typed can come first.

Papers are found in tiers, newest first within each: the paper of that id, papers of an author of that name, then those
with the words as typed in the title, one after the other and anywhere; with other forms in the title; as typed
anywhere; with other forms. Newest first is by number, which rises with the arXiv month, and a tier ends as soon as
there are enough (see `assay.store.searching.index`). Ranking by BM25 would first count all matches of each word: 0.2 s
for a frequent one at 100,000 papers.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Any as AnyValue
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, exists, func, select

from assay.papers.catalogue import find
from assay.papers.ids import is_arxiv_id, parse_arxiv_id
from assay.papers.mathematics import to_text
from assay.papers.text import normalise
from assay.store import schema
from assay.store.database import table_of
from assay.store.engines.expressions import place_in
from assay.store.searching.compounds import in_two
from assay.store.searching.forms import Phrase
from assay.store.searching.index import index_of
from assay.store.searching.indexing import addresses, summary_texts
from assay.store.searching.matching import Between, Match, Tokens, Without, either, every
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
    search = _Search(connection, _conditions(connection, filters, asked), only, limit)
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
    direct = search.by_name(query)
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
        wanted = papers.c.id.in_(table_of(connection, among, str))
        conditions = conditions.and_(_one_of(connection, papers.c.number, wanted))
    search = _Search(connection, conditions, filters.terms(), _NO_LIMIT)
    numbers = set(search.rank(asked.tree, asked.name))
    direct = search.by_name(query)
    if direct is not None:
        numbers.add(direct)
    return set(connection.scalars(select(papers.c.id).where(papers.c.number.in_(table_of(connection, numbers, int)))))


_BY_ID, _BY_NAME, _TITLE_PHRASE, _TITLE, _TITLE_FORMS, _EXACT, _FORMS = range(7, 0, -1)
"""The tiers, as scores."""


class _Search:
    """One search, and what it knows of the index."""

    def __init__(self, connection: Connection, conditions: "_Conditions", only: Sequence[Term], limit: int) -> None:
        self._connection = connection
        self._index = index_of(connection)
        self._conditions = conditions
        self._only = only
        self._limit = limit
        self._has: dict[str, bool] = {}

    def rank(self, tree: Node | None, name: Term | None = None) -> dict[int, float]:
        """Numbers of the best papers that match, with their scores, best first."""
        every = [*terms_of(tree), *_unwanted(tree), *self._only, *([name] if name else [])]
        self._look_up(every)
        scores: dict[int, float] = {}
        tried: set[Match | None] = {None}
        for tier, match in self._tiers(tree, name):
            if match in tried:  # a word in quotes has no other forms
                continue
            tried.add(match)
            for number in self._numbers(match) if match is not None else ():
                scores.setdefault(number, tier)
                if len(scores) == self._limit:
                    return scores  # before the next tier is so much as put into words
        return scores

    def by_name(self, query: str) -> int | None:
        """The number of the paper whose id, or whose short name in our catalogue, the query is."""
        entry = find(query.strip())
        key = entry.id if entry else _pasted_id(query)
        if not key:
            return None
        papers = schema.papers
        number = self._connection.scalar(select(papers.c.number).where(papers.c.id == key))
        self._look_up(self._only)
        match = self._with_filters(every(()))
        if number is None or match is None:
            return None
        at_it = self._conditions.and_(_Conditions([self._index.number == number], (number, number)))
        return next(iter(self._numbers(match, at_it)), None)

    def known(self, terms: Sequence[Term]) -> list[Term]:
        """The terms with those phrases only that the index may have."""
        return [
            replace(term, phrases=tuple(phrase for phrase in term.phrases if self._may_have(term, phrase)))
            for term in terms
        ]

    def _tiers(self, tree: Node | None, name: Term | None) -> Iterator[tuple[float, Match | None]]:
        """The tiers, best first; ``None`` for one that finds nothing."""
        if tree is None:
            yield _FORMS, self._with_filters(every(()))
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
            yield _TITLE, self._with_filters(self._match(tree, title=True, exact=True))
            yield _TITLE_FORMS, self._with_filters(self._match(tree, title=True, exact=False))
        yield _EXACT, self._with_filters(self._match(tree, title=False, exact=True))
        yield _FORMS, self._with_filters(self._match(tree, title=False, exact=False))

    def _with_filters(self, match: Match | None) -> Match | None:
        return every([match, *(self._term(term, title=False, exact=False) for term in self._only)])

    def _match(self, node: Node, *, title: bool, exact: bool) -> Match | None:
        """What a tree looks for; ``None`` if nothing can match."""
        match node:
            case Term():
                return self._term(node, title=title, exact=exact)
            case All(parts):
                return every(self._match(part, title=title, exact=exact) for part in parts)
            case Any(parts):
                return either(self._match(part, title=title, exact=exact) for part in parts)
            case Except(wanted, unwanted):
                kept = self._match(wanted, title=title, exact=exact)
                left_out = self._match(unwanted, title=False, exact=False)
                return kept if kept is None or left_out is None else Without(kept, left_out)

    def _term(self, term: Term, *, title: bool, exact: bool) -> Match | None:
        phrases: Sequence[Phrase] = [
            phrase for phrase in (term.exact if exact else term.phrases) if self._may_have(term, phrase)
        ]
        if title and not term.field:
            phrases = mark(phrases, "title")
        return either(Tokens(phrase, is_prefix=term.is_prefix) for phrase in phrases)

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
            there = self._index.tokens_there(new)
            self._has |= {word: word in there for word in new}

    def _numbers(self, match: Match, conditions: "_Conditions | None" = None) -> Iterable[int]:
        met, between = conditions or self._conditions
        return self._index.newest(match, met, self._limit, between)


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


class _Conditions(NamedTuple):
    """What a paper must meet beside its words."""

    of_number: list[ColumnElement[bool]]
    """Conditions on rows of the index."""
    between: Between | None = None
    """Between which numbers it must be."""

    def and_(self, other: "_Conditions") -> "_Conditions":
        """These and others."""
        bounds = [each for each in (self.between, other.between) if each is not None]
        both = (max(first for first, _ in bounds), min(last for _, last in bounds)) if bounds else None
        return _Conditions([*self.of_number, *other.of_number], both)


_NONE = (0, -1)
"""Between these there is no number."""


def _conditions(connection: Connection, filters: Filters, asked: Query) -> _Conditions:
    """The filters as conditions on rows of the index."""
    papers, sightings, summaries = schema.papers, schema.sightings, schema.summaries
    index = index_of(connection)
    since = max(filter(None, (filters.since, asked.since)), default=None)
    until = min(filter(None, (filters.until, asked.until)), default=None)
    conditions = _Conditions([])
    listing_conditions: list[ColumnElement[bool]] = []
    if since is not None:
        listing_conditions.append(sightings.c.day >= since)
    if until is not None:
        listing_conditions.append(sightings.c.day <= until)
    of_source = [] if filters.source is None else [sightings.c.source == filters.source]
    if listing_conditions or of_source:
        some = select(sightings.c.id).where(*listing_conditions, *of_source).limit(_FEW + 1).subquery()
        if (connection.scalar(select(func.count()).select_from(some)) or 0) <= _FEW:
            conditions = _one_of(connection, sightings.c.number, *listing_conditions, *of_source)
        else:
            # Not all listings of the source are looked through for each match.
            unhurried = [index.unhurried(sightings.c.source) == filters.source] if of_source else []
            listed = exists().where(sightings.c.number == index.number, *listing_conditions, *unhurried)
            conditions = _Conditions([listed], _up_to_last(connection, listing_conditions) if until else None)
    if filters.room is not None:
        conditions = conditions.and_(_one_of(connection, papers.c.number, papers.c.room == filters.room))
    if filters.language is not None:
        in_language = place_in(summaries.c.languages, f" {filters.language} ") > 0
        summarised = exists().where(papers.c.number == index.number, summaries.c.paper == papers.c.id, in_language)
        conditions = conditions.and_(_Conditions([summarised]))
    return conditions


def _up_to_last(connection: Connection, listed: Sequence[ColumnElement[bool]]) -> Between:
    """The numbers up to the last that was listed so: a search for what is old need not begin with what is new."""
    number = schema.sightings.c.number
    return 0, connection.scalar(select(number).where(*listed).order_by(number.desc()).limit(1)) or 0


def _one_of(connection: Connection, numbers: ColumnElement[int], *conditions: ColumnElement[bool]) -> _Conditions:
    """The condition that a paper is one of a few; their first and last number spare the index all matches outside."""
    ends = connection.execute(select(func.min(numbers), func.max(numbers)).where(*conditions)).one()
    index = index_of(connection)
    among = index.unhurried(index.number).in_(select(numbers).where(*conditions))
    return _Conditions([among], _NONE if None in ends else (ends[0], ends[1]))


def _pasted_id(query: str) -> str:
    """The id that the whole query is, in whatever form it was pasted; empty if it is none or is to be left out."""
    return parse_arxiv_id(query).id if is_arxiv_id(query) and not query.lstrip().startswith("-") else ""


def _hits(connection: Connection, numbers: Sequence[int], scores: dict[int, float], terms: Sequence[Term]) -> list[Hit]:
    if not numbers:
        return []
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
