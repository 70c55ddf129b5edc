"""The ledger of claims: finds the claims of all papers by figure, by words and by day.

A paper's claims count from one origin only: our catalogue, else an imported digest, else the extraction.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, Literal, NamedTuple

from pydantic import AwareDatetime
from sqlalchemy import ColumnElement, Connection, func, or_, select

from assay.papers.models import Claim, Line, Noun, PaperId
from assay.papers.text import fold
from assay.store import schema

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
    """The claims that a query asks for: the latest day first, within a day by paper, and in the paper's order."""
    claims, papers, sightings = schema.claims, schema.papers, schema.sightings
    first_days = select(sightings.c.number, func.min(sightings.c.day).label("day")).group_by(sightings.c.number)
    if query.since:
        first_days = first_days.where(sightings.c.day >= query.since)
    if query.until:
        first_days = first_days.where(sightings.c.day <= query.until)
    days = first_days.subquery()
    has_span = bool(query.since or query.until)
    title = func.json_extract(papers.c.record, "$.title").label("title")
    withdrawn = func.json_extract(papers.c.record, "$.withdrawn").label("withdrawn")
    statement = (
        select(claims.c.paper, claims.c.origin, claims.c.record, days.c.day, title, withdrawn)
        .join(papers, papers.c.id == claims.c.paper)
        .join(days, days.c.number == papers.c.number, isouter=not has_span)
        .where(has_best_origin(), *_conditions(query))
        .order_by(days.c.day.desc().nulls_last(), papers.c.number.desc(), claims.c.position)
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
