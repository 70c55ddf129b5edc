"""Which papers should be asked for again at arXiv: young ones, those first that were asked for longest ago."""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from sqlalchemy import Connection, and_, exists, or_, select

from assay.store import schema
from assay.store.database import rows_in, upsert
from assay.store.engines.expressions import json_text


def mark_refreshed(connection: Connection, papers: Collection[str], asked_at: datetime) -> None:
    """Note when arXiv was asked about stored papers; an earlier moment never replaces a later one."""
    table = schema.refreshes
    last = {row.paper: row.asked_at for row in rows_in(connection, select(table), table.c.paper, papers)}
    new = [key for key in dict.fromkeys(papers) if key not in last or last[key] < asked_at]
    upsert(connection, table, [{"paper": key, "asked_at": asked_at} for key in new], key=["paper"])


def young_papers(
    connection: Connection, since: date, *, asked_before: datetime, days: Collection[date], limit: int | None
) -> list[str]:
    """The papers that were published or first listed on ``since`` or later, and not asked for since ``asked_before``.

    Those never asked for come first, then those asked for longest ago, and among equals the newest. With ``days``, only
    papers listed on one of these.
    """
    papers, sightings, refreshes = schema.papers, schema.sightings, schema.refreshes
    of_paper = sightings.c.number == papers.c.number
    is_listed_first_since = and_(
        exists().where(of_paper, sightings.c.day >= since), ~exists().where(of_paper, sightings.c.day < since)
    )
    # Ids tell the month, and numbers follow ids: only the records of these months need to be looked into.
    first_of_month = (since.year * 100 + since.month) * 1_000_000
    published = json_text(papers.c.record, "published")
    is_published_since = and_(papers.c.number >= first_of_month, published >= since.isoformat())
    query = (
        select(papers.c.id)
        .join(refreshes, refreshes.c.paper == papers.c.id, isouter=True)
        .where(or_(is_listed_first_since, is_published_since))
        .where(or_(refreshes.c.asked_at.is_(None), refreshes.c.asked_at < asked_before))
        .order_by(refreshes.c.asked_at.nulls_first(), papers.c.number.desc())
        .limit(limit)
    )
    if days:
        query = query.where(exists().where(of_paper, sightings.c.day.in_(days)))
    return list(connection.scalars(query))


def days_listing(connection: Connection, papers: Iterable[str]) -> dict[str, list[date]]:
    """The days that list each of these papers, the first of them first."""
    table = schema.sightings
    days: dict[str, set[date]] = {}
    for row in rows_in(connection, select(table.c.paper, table.c.day).distinct(), table.c.paper, papers):
        days.setdefault(row.paper, set()).add(row.day)
    return {paper: sorted(own) for paper, own in days.items()}
