"""Weeks and months as people write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.papers.period import Span, read_span, spans_of


@pytest.mark.parametrize(
    ("text", "first", "last", "days"),
    [
        ("2025-W09", date(2025, 2, 24), date(2025, 3, 2), 7),
        ("2025-w01", date(2024, 12, 30), date(2025, 1, 5), 7),
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 3), 7),
        ("2025-02", date(2025, 2, 1), date(2025, 2, 28), 28),
        (" 2024-02 ", date(2024, 2, 1), date(2024, 2, 29), 29),
        ("2025-12", date(2025, 12, 1), date(2025, 12, 31), 31),
    ],
)
def test_a_span_has_all_its_days(text: str, first: date, last: date, days: int) -> None:
    span = read_span(text)
    assert span == Span(text.strip().upper(), first, last)
    assert (span.days[0], span.days[-1], len(span.days)) == (first, last, days)
    assert span.is_week == (days == 7)


@pytest.mark.parametrize("text", ["2025-W54", "2025-W53", "2025-W00", "2025-13", "2025-00", "0000-01", "9999-12"])
def test_what_is_no_week_or_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"there is no (week|month) {text}"):
        read_span(text)


@pytest.mark.parametrize(
    "text", ["2025-02-26", "today", "2502.18137", "2025", "2025-W9", "2025-W09-1", "", "２０２５-02"]
)
def test_anything_else_names_no_span(text: str) -> None:
    assert read_span(text) is None


@given(st.dates(date(1991, 1, 1), date(9990, 1, 1)))
def test_every_day_is_in_its_week_and_in_its_month(day: date) -> None:
    year, week, _ = day.isocalendar()
    spans = [read_span(text) for text in (f"{year}-W{week:02}", f"{day:%Y-%m}")]
    assert spans == list(spans_of(day))
    assert all(day in span.days for span in spans_of(day))
