"""How well each source works: when it was last read, how that went, and how its format drifts."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from assay.papers.models import Attempt, Outcome
from assay.store import schema


@dataclass(frozen=True)
class SourceHealth:
    """The health of one source: when it was last read, and how that went."""

    name: str
    last_success: datetime | None
    """When it was last read with outcome ok or empty; ``None`` if never, or at no known time."""
    last_attempt: datetime | None
    last_outcome: Outcome | None
    """``None`` for a source that was never attempted, such as the catalogue."""
    last_message: str
    latest_day: date | None
    """The latest day on which it listed a paper."""
    unknown_fields: dict[str, int] = field(default_factory=dict)
    """Over its last attempts: fields that it sent and we do not know, with how often."""
    vanished_fields: dict[str, int] = field(default_factory=dict)
    """Over its last attempts: fields that used to be always there and were not, with how often."""

    def lag(self, today: date) -> int | None:
        """Days from its latest day with papers to ``today``; ``None`` if it never listed one."""
        return (today - self.latest_day).days if self.latest_day else None


def read_health(connection: Connection, attempts: int) -> list[SourceHealth]:
    """The health of each source, by name. Drift is summed over its last ``attempts`` attempts."""
    table, sightings = schema.attempts, schema.sightings
    done = table.c.outcome.in_([Outcome.OK, Outcome.EMPTY])
    days = select(sightings.c.source, func.max(sightings.c.day).label("day")).group_by(sightings.c.source)
    latest_days = {row.source: row.day for row in connection.execute(days)}
    moments = select(table.c.source, func.max(table.c.at).label("at")).where(done).group_by(table.c.source)
    successes = {row.source: row.at for row in connection.execute(moments)}
    names = set(latest_days) | set(connection.scalars(select(table.c.source).distinct()))
    health = []
    for name in sorted(names):
        last = _last_attempts(connection, name, attempts)
        health.append(
            SourceHealth(
                name=name,
                last_success=successes.get(name),
                last_attempt=last[0].at if last else None,
                last_outcome=last[0].outcome if last else None,
                last_message=last[0].message if last else "",
                latest_day=latest_days.get(name),
                unknown_fields=_sum_counts(attempt.unknown_fields for attempt in last),
                vanished_fields=_sum_counts(attempt.vanished_fields for attempt in last),
            )
        )
    return health


def _last_attempts(connection: Connection, source: str, count: int) -> list[Attempt]:
    table = schema.attempts
    query = select(table.c.record).where(table.c.source == source)
    latest = query.order_by(table.c.at.desc().nulls_last(), table.c.id.desc()).limit(count)
    return [Attempt.model_validate_json(record) for record in connection.scalars(latest)]


def _sum_counts(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    return dict(sum(map(Counter, counts), Counter[str]()))
