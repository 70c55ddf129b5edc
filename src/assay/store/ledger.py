"""The ledger of claims: finds the claims of all papers by figure, by words and by day.

A paper's claims count from one origin only: our catalogue, else an imported digest, else the extraction.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, Literal, NamedTuple

from pydantic import AwareDatetime
from sqlalchemy import ColumnElement, Connection, Select, exists, func, or_, select

from assay.papers.models import Claim, Line, Noun, PaperId
from assay.papers.text import fold
from assay.store import schema
from assay.store.engines.expressions import json_text

ClaimOrigin = Literal["catalogue", "digest", "extracted"]
"""Who read a claim out of a paper: we, the author of an imported digest, or `assay.claims.extract`. The first in the
order of the alphabet is the one that counts."""

SPEED = frozenset({"speed", "speedup", "faster", "throughput", "latency"})
"""Words that a query treats as one."""


class LedgerLine(Noun):
    """One claim in the ledger."""

    paper: PaperId
    title: Line
    day: date | None = None
    """The first day that listed the paper, within the days asked for; ``None`` for one that no day lists."""
    withdrawn: AwareDatetime | None = None
    """When the paper was taken back, if it was."""
    origin: ClaimOrigin
    """Who read it out of the paper."""
    claim: Claim


class ClaimQuery(NamedTuple):
    """A query of the ledger: the claims that meet every condition.

    Words are looked for in what a claim has there, and all of them must occur. A word stands for every word that
    begins with it; case and the plural make no difference; the words of `SPEED` stand for one another.
    """

    paper: str | None = None
    """Of this paper only, by its arXiv id."""
    unit: str | None = None
    """In this unit, in small letters or capitals."""
    kind: str | None = None
    """Of this `assay.papers.models.ClaimKind`."""
    least: float | None = None
    """With a value of at least this; of a range, any value."""
    most: float | None = None
    """With a value of at most this; of a range, any value."""
    metric: str = ""
    """Words of the metric."""
    dataset: str = ""
    """Words of the data set."""
    baseline: str = ""
    """Words of what it is compared with."""
    since: date | None = None
    """Of papers listed on this day or later."""
    until: date | None = None
    """Of papers listed on this day or earlier; with ``since``, on a day between the two."""
    disputed: bool = False
    """Only those for which another source gives another figure."""
    withdrawn: bool = False
    """Those of papers that were taken back as well, which are left out otherwise."""

    def check(self) -> "ClaimQuery":
        """The query itself.

        Raises:
            ValueError: if nothing can meet it.
        """
        if self.least is not None and self.most is not None and self.most < self.least:
            raise ValueError(f"no figure is at least {self.least:g} and at most {self.most:g}")
        if self.since is not None and self.until is not None and self.until < self.since:
            raise ValueError(f"no day is {self.since} or later and {self.until} or earlier")
        return self


class Claimed(NamedTuple):
    """What many papers claim something of."""

    words: str
    """A metric, a data set or a baseline, as one of the papers writes it."""
    kind: str
    unit: str
    """These are of a metric alone."""
    papers: int
    """How many claim something of it."""


def claim_row(paper: str, origin: ClaimOrigin, position: int, claim: Claim) -> dict[str, Any]:
    """A claim as a row of its table."""
    return {
        "paper": paper,
        "origin": origin,
        "key": claim.key,
        "position": position,
        "kind": claim.kind,
        "unit": claim.unit,
        # A trend has no figure: its bounds are 0, and it is left out wherever bounds are asked for.
        "low": min(claim.ends, default=0.0),
        "high": max(claim.ends, default=0.0),
        "metric": _cut(claim.metric),
        "dataset": _cut(claim.dataset),
        "baseline": _cut(claim.baseline),
        "record": claim.model_dump_json(exclude_defaults=True),
    }


def has_best_origin() -> ColumnElement[bool]:
    """The condition that a row of the claims is of the best origin that its paper has."""
    table, others = schema.claims, schema.claims.alias()
    best = select(func.min(others.c.origin)).where(others.c.paper == table.c.paper).scalar_subquery()
    return table.c.origin == best


def find_claims(connection: Connection, query: ClaimQuery, limit: int | None) -> Iterator[LedgerLine]:
    """The claims that a query asks for: the latest day first, within a day by paper, and in the paper's order.

    Where only some are wanted, the papers that were listed last are looked at first, and often suffice: to put the
    claims of 100,000 papers in order takes a second.
    """
    for first in _first_looks(connection, query) if limit is not None and query.paper is None else ():
        lines = list(_lines(connection, query, limit, first))
        if len(lines) == limit:
            yield from lines
            return
    yield from _lines(connection, query, limit, None)


_LOOKS = (1_000, 10_000)
"""How many listings are looked at first, and then."""


def most_claimed(
    connection: Connection, what: Literal["metric", "dataset", "baseline"], limit: int
) -> Iterator[Claimed]:
    """What most papers have claims of, the most frequent first; a metric in each kind and unit by itself."""
    table = schema.claims.c
    apart = [table[what], table.kind, table.unit] if what == "metric" else [table[what]]
    papers = func.count(table.paper.distinct()).label("papers")
    groups = select(*apart, papers).where(table[what] != "").group_by(*apart).order_by(papers.desc(), *apart)
    for row in connection.execute(groups.limit(limit)).all():
        # Only now the records are looked at, which are long: one of each group.
        words = select(json_text(table.record, what)).where(table[what] == row[0]).limit(1)
        kind, unit = row[1:3] if what == "metric" else ("", "")
        yield Claimed(connection.scalar(words) or "", kind, unit, row.papers)


def _first_looks(connection: Connection, query: ClaimQuery) -> Iterator[date]:
    """The days since which there were so many listings."""
    day = schema.sightings.c.day
    for listings in _LOOKS:
        later = select(day).where(*_within(query)).order_by(day.desc())
        first = connection.scalar(later.limit(1).offset(listings))
        if first is None:
            return
        yield first


def _within(query: ClaimQuery) -> Iterator[ColumnElement[bool]]:
    day = schema.sightings.c.day
    if query.since:
        yield day >= query.since
    if query.until:
        yield day <= query.until


def _lines(connection: Connection, query: ClaimQuery, limit: int | None, first: date | None) -> Iterator[LedgerLine]:
    """The claims of a query; with ``first``, of those papers only that no day before it listed."""
    claims, papers, sightings = schema.claims, schema.papers, schema.sightings
    title = json_text(papers.c.record, "title").label("title")
    withdrawn = json_text(papers.c.record, "withdrawn").label("withdrawn")
    rows = claims.join(papers, papers.c.id == claims.c.paper)
    day: ColumnElement[date | None]
    if first is None:
        # The claims are filtered first, and each is asked for its day.
        listed = sightings.c.number == papers.c.number, *_within(query)
        day = select(func.min(sightings.c.day)).where(*listed).correlate(papers).scalar_subquery().label("day")
        conditions = [exists().where(*listed)] if query.since or query.until else []
    else:
        # The days are gone through first, and each is asked for its claims.
        days = _first_listed(query, first).subquery()
        day, conditions = days.c.day, []
        rows = rows.join(days, days.c.number == papers.c.number)
    statement = (
        select(claims.c.paper, claims.c.origin, claims.c.record, day, title, withdrawn)
        .select_from(rows)
        .where(has_best_origin(), *_conditions(query), *conditions)
        .order_by(day.desc().nulls_last(), papers.c.number.desc(), claims.c.position)
        .limit(limit)
    )
    if not query.withdrawn:
        statement = statement.where(withdrawn.is_(None))
    for row in connection.execute(statement):
        yield LedgerLine(
            paper=row.paper,
            title=row.title,
            day=row.day,
            withdrawn=row.withdrawn,
            origin=row.origin,
            claim=Claim.model_validate_json(row.record),
        )


def _first_listed(query: ClaimQuery, first: date) -> Select[Any]:
    """The papers that were listed on a day or later for the first time within a query's days, and when."""
    sightings, earlier = schema.sightings, schema.sightings.alias()
    was_listed = exists().where(earlier.c.number == sightings.c.number, earlier.c.day < first)
    if query.since:
        was_listed = was_listed.where(earlier.c.day >= query.since)
    first_day = func.min(sightings.c.day).label("day")
    listings = select(sightings.c.number, first_day).where(sightings.c.day >= first, *_within(query), ~was_listed)
    return listings.group_by(sightings.c.number)


def _conditions(query: ClaimQuery) -> Iterator[ColumnElement[bool]]:
    table = schema.claims.c
    if query.paper is not None:
        yield table.paper == query.paper
    if query.unit is not None:
        yield func.lower(table.unit) == query.unit.lower()
    if query.kind is not None:
        yield table.kind == query.kind
    if query.least is not None or query.most is not None:
        yield table.kind != "trend"
    if query.least is not None:
        yield table.high >= query.least
    if query.most is not None:
        yield table.low <= query.most
    if query.disputed:
        # Records hold only what is filled, and a quotation mark inside a text is escaped.
        yield table.record.contains('"conflicts":')
    for column, text in (
        (table.metric, query.metric),
        (table.dataset, query.dataset),
        (table.baseline, query.baseline),
    ):
        for beginnings in _word_beginnings(text):
            yield or_(*(column.contains(f" {word}", autoescape=True) for word in beginnings))


def _word_beginnings(text: str) -> list[tuple[str, ...]]:
    """For each word of a query's text, the beginnings that a word of the claim may have."""
    return [_beginnings(word) for word in _cut(text).split()]


def _beginnings(word: str) -> tuple[str, ...]:
    if word in SPEED:
        return tuple(sorted(SPEED))
    if len(word) > 4 and word.endswith(("y", "ies")):
        return (word.removesuffix("y").removesuffix("ies"),)  # accuracy, accuracies
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return (word[:-1],)
    return (word,)


def _cut(text: str) -> str:
    """A text as its words in lower case, each after a space."""
    words = fold(text).replace("speed up", "speedup")
    return f" {words} " if words else ""
