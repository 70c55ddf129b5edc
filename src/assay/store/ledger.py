"""The ledger: every claim of every paper, found by figure, by words and by day.

A paper's claims count once: as our catalogue records them, else as they were imported, else as they were extracted.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, or_, select

from assay.papers.models import Claim, Line, Noun, PaperId
from assay.papers.text import fold
from assay.store import schema

ClaimOrigin = Literal["catalogue", "digest", "extracted"]
"""Who read a claim out of a paper: we, the author of an imported digest, or `assay.claims.extract`. In the order of
the alphabet, the first that a paper has is the one to be believed."""

SPEED = frozenset({"speed", "speedup", "faster", "throughput", "latency"})
"""Words that are asked for as one."""


class LedgerLine(Noun):
    """One claim in the ledger."""

    paper: PaperId
    title: Line
    day: date | None = None
    """The first day that listed the paper, within the days asked for; ``None`` for one that no day lists."""
    origin: ClaimOrigin
    """Who read it out of the paper."""
    claim: Claim


class Wanted(NamedTuple):
    """Which claims are asked for: those that meet every condition.

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


def believed() -> ColumnElement[bool]:
    """Whether a row of the claims is of the origin that its paper is believed by."""
    table, others = schema.claims, schema.claims.alias()
    best = select(func.min(others.c.origin)).where(others.c.paper == table.c.paper).scalar_subquery()
    return table.c.origin == best


def find_claims(connection: Connection, wanted: Wanted, limit: int | None) -> Iterator[LedgerLine]:
    """The claims asked for: the latest day first, within it by paper, and as the paper has them."""
    claims, papers, seen = schema.claims, schema.papers, schema.sightings
    listed = select(seen.c.number, func.min(seen.c.day).label("day")).group_by(seen.c.number)
    if wanted.since:
        listed = listed.where(seen.c.day >= wanted.since)
    if wanted.until:
        listed = listed.where(seen.c.day <= wanted.until)
    days = listed.subquery()
    spanned = bool(wanted.since or wanted.until)
    title = func.json_extract(papers.c.record, "$.title").label("title")
    query = (
        select(claims.c.paper, claims.c.origin, claims.c.record, days.c.day, title)
        .join(papers, papers.c.id == claims.c.paper)
        .join(days, days.c.number == papers.c.number, isouter=not spanned)
        .where(believed(), *_conditions(wanted))
        .order_by(days.c.day.desc().nulls_last(), papers.c.number.desc(), claims.c.position)
        .limit(limit)
    )
    for row in connection.execute(query):
        claim = Claim.model_validate_json(row.record)
        yield LedgerLine(paper=row.paper, title=row.title, day=row.day, origin=row.origin, claim=claim)


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    table = schema.claims.c
    if wanted.paper is not None:
        yield table.paper == wanted.paper
    if wanted.unit is not None:
        yield func.lower(table.unit) == wanted.unit.lower()
    if wanted.kind is not None:
        yield table.kind == wanted.kind
    if wanted.least is not None or wanted.most is not None:
        yield table.kind != "trend"
    if wanted.least is not None:
        yield table.high >= wanted.least
    if wanted.most is not None:
        yield table.low <= wanted.most
    if wanted.disputed:
        # Records hold only what is filled, and a quotation mark inside a text is escaped.
        yield table.record.contains('"conflicts":')
    for column, text in (
        (table.metric, wanted.metric),
        (table.dataset, wanted.dataset),
        (table.baseline, wanted.baseline),
    ):
        for beginnings in _asked(text):
            yield or_(*(column.contains(f" {word}", autoescape=True) for word in beginnings))


def _asked(text: str) -> list[tuple[str, ...]]:
    """What words a text asks for: for each, with what a word of the claim may begin."""
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
