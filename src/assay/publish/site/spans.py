"""The weeks and months of a site: which days each has, and where its page is."""

from collections.abc import Sequence
from typing import NamedTuple

from assay.papers.models import Day
from assay.papers.period import Period, Span, spans_of


class SpanOfDays(NamedTuple):
    """A week or month, with those of its days that the site has, the latest first."""

    span: Span
    days: list[Day]
    beside: list[Span]
    """Of a month its weeks, of a week its months; the latest first."""


def weeks_and_months(days: Sequence[Day]) -> tuple[list[SpanOfDays], list[SpanOfDays]]:
    """The weeks and the months of days that come the latest first; in the same order."""
    weeks: dict[Span, SpanOfDays] = {}
    months: dict[Span, SpanOfDays] = {}
    for day in days:
        week, month = spans_of(day.date)
        for found, span, other in ((weeks, week, month), (months, month, week)):
            own = found.setdefault(span, SpanOfDays(span, [], []))
            own.days.append(day)
            if other not in own.beside:
                own.beside.append(other)
    return list(weeks.values()), list(months.values())


def span_folder(span: Span | Period) -> str:
    """Where the page of a week or month is: ``week/2025-W09/``, ``archive/2025-02/``."""
    return f"{'week' if 'W' in span.name else 'archive'}/{span.name}/"
