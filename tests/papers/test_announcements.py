"""arXiv's calendar: each list has its evening and its submissions, over weekends, holidays and changes of the clock."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay.papers.announcements import (
    NEW_YORK,
    announcement_of,
    listing_day_of,
    next_announcement,
    why_silent,
)

DAYS = st.dates(date(1995, 1, 1), date(2105, 12, 31))
MOMENTS = st.integers(0, 110 * 365 * 24 * 60).map(lambda minutes: utc("1995-01-01 00:00") + timedelta(minutes=minutes))
SILENT = "arXiv announces nothing in the evening of"
CLOCK_CHANGES = [date(2026, 3, 8), date(2026, 3, 9), date(2026, 11, 1), date(2026, 11, 2)]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


@pytest.mark.parametrize(
    ("day", "appears", "since", "until"),
    [
        ("2026-11-18", "2026-11-18 01:00", "2026-11-16 19:00", "2026-11-17 19:00"),  # Tuesday's evening
        ("2026-11-23", "2026-11-23 01:00", "2026-11-19 19:00", "2026-11-20 19:00"),  # Sunday's: Thursday to Friday
        ("2026-11-24", "2026-11-24 01:00", "2026-11-20 19:00", "2026-11-23 19:00"),  # Monday's: the weekend too
        ("2026-07-15", "2026-07-15 00:00", "2026-07-13 18:00", "2026-07-14 18:00"),  # summer time
        ("2026-03-10", "2026-03-10 00:00", "2026-03-06 19:00", "2026-03-09 18:00"),  # it begins on that Sunday
        ("2026-11-02", "2026-11-02 01:00", "2026-10-29 18:00", "2026-10-30 18:00"),  # it ends on that Sunday
        ("2026-11-30", "2026-11-30 01:00", "2026-11-25 19:00", "2026-11-27 19:00"),  # after Thanksgiving
        ("2026-01-21", "2026-01-21 01:00", "2026-01-16 19:00", "2026-01-20 19:00"),  # after a silent Monday
        ("2025-07-08", "2025-07-08 00:00", "2025-07-03 18:00", "2025-07-07 18:00"),  # after a silent Sunday
        ("2027-01-04", "2027-01-04 01:00", "2026-12-30 19:00", "2027-01-01 19:00"),  # over the end of a year
    ],
)
def test_a_day_is_an_announcement(day: str, appears: str, since: str, until: str) -> None:
    announcement = announcement_of(date.fromisoformat(day))
    assert announcement is not None
    assert announcement == (date.fromisoformat(day), utc(appears), utc(since), utc(until))


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2026-11-28", "arXiv announces nothing on a Saturday"),
        ("2026-11-29", "arXiv announces nothing on a Sunday"),
        ("2026-11-27", f"{SILENT} 2026-11-26, Thanksgiving Day"),
        ("2024-05-23", f"{SILENT} 2024-05-22, one of arXiv's holidays"),
        ("2025-07-07", f"{SILENT} 2025-07-06, one of arXiv's holidays"),
        ("2027-01-01", f"{SILENT} 2026-12-31, one of arXiv's holidays"),
        ("2026-11-26", ""),
        ("2025-07-04", ""),
        (
            "2027-07-06",  # the fourth is a Sunday
            f"{SILENT} 2027-07-05, Independence Day (by rule: its own list for 2027 is not known)",
        ),
        ("1900-01-01", "arXiv opened in 1991"),
        ("0001-01-01", "arXiv opened in 1991"),
    ],
)
def test_a_day_without_a_list_says_why(day: str, why: str) -> None:
    assert why_silent(date.fromisoformat(day)) == why
    assert (announcement_of(date.fromisoformat(day)) is None) == bool(why)


@given(DAYS)
@example(date(2025, 7, 7))
@example(date(2026, 12, 30))
def test_submissions_wait_for_exactly_one_announcement(first: date) -> None:
    days = (first + timedelta(days=number) for number in range(12))
    announcements = [announcement for day in days if (announcement := announcement_of(day))]
    for earlier, later in pairwise(announcements):
        assert earlier.until == later.since
        assert earlier.appears < later.appears


@given(DAYS)
def test_a_list_appears_in_the_evening_before_its_day(day: date) -> None:
    announcement = announcement_of(day)
    if announcement is None:
        return
    evening = announcement.appears.astimezone(NEW_YORK)
    assert (evening.date(), evening.hour) == (day - timedelta(days=1), 20)
    assert announcement.appears.date() == day
    for deadline in (announcement.since, announcement.until):
        assert deadline.astimezone(NEW_YORK).hour == 14
    assert announcement.since < announcement.until < announcement.appears


@given(MOMENTS)
@example(utc("2026-03-09 00:30"))
@example(utc("2026-11-27 03:00"))
@example(utc("2026-12-31 23:59"))
def test_there_is_always_a_next_announcement(moment: datetime) -> None:
    following = next_announcement(moment)
    assert moment < following.appears <= moment + timedelta(days=7)
    days = (listing_day_of(moment) + timedelta(days=number) for number in range(-1, 9))
    appearances = [announcement.appears for day in days if (announcement := announcement_of(day))]
    assert following.appears == min(appears for appears in appearances if appears > moment)


@pytest.mark.parametrize("change", CLOCK_CHANGES)
def test_what_arxiv_dates_at_midnight_is_of_that_day(change: date) -> None:
    assert listing_day_of(datetime(change.year, change.month, change.day, tzinfo=NEW_YORK)) == change
