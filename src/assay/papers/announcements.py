"""The calendar of arXiv's announcements: which papers a listing day holds, when they appear, when nothing does.

arXiv announces from Sunday to Thursday at 20:00 New York time what it received until 14:00 of that day, or until 14:00
on Friday for Sunday's announcement. It mails the list in the night. A **listing day** is the date of the morning after,
as arXiv's own "new" pages and news feeds date it, and the date in UTC at which the list appears: Sunday evening's
announcement is Monday's list. So there are lists from Monday to Friday, except after an evening without announcement.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")


class Announcement(NamedTuple):
    """One announcement of arXiv's: the list of a day."""

    day: date
    """The listing day."""
    appears: datetime
    """When it is published, in UTC."""
    since: datetime
    """It holds what was submitted from here on, in UTC, ..."""
    until: datetime
    """... to before this moment. What moderators held back appears in a later one."""


def announcement_of(day: date) -> Announcement | None:
    """The announcement that a listing day stands for; ``None`` on a day without one, see `why_silent`."""
    if why_silent(day):
        return None
    evening = day - _DAY
    return Announcement(day, _utc(evening, _ANNOUNCED), _deadline(_evening_before(evening)), _deadline(evening))


def next_announcement(moment: datetime) -> Announcement:
    """The first announcement that appears after ``moment``."""
    day = listing_day_of(moment) + _DAY
    while (announcement := announcement_of(day)) is None or announcement.appears <= moment:
        day += _DAY
    return announcement


def listing_day_of(moment: datetime) -> date:
    """The listing day of a list that arXiv dates with this moment: its date in New York."""
    return moment.astimezone(NEW_YORK).date()


def why_silent(day: date) -> str:
    """Why arXiv has no list on a day, in words; empty on a day that has one."""
    if day.year < _OPENED:
        return f"arXiv opened in {_OPENED - 1}"
    if day.weekday() >= 5:
        return f"arXiv announces nothing on a {day:%A}"
    evening = day - _DAY
    holiday = _silent_evenings(evening.year).get(evening)
    if holiday is None:
        return ""
    surety = "" if evening.year in _SILENT_EVENINGS else f" (by rule: its own list for {evening.year} is not known)"
    return f"arXiv announces nothing in the evening of {evening}, {holiday}{surety}"


_DAY = timedelta(days=1)
_ANNOUNCED = time(20)
_CLOSED = time(14)
_SUNDAY = 6
_OPENED = 1992
"""The first whole year of arXiv."""

# From arXiv's page "Availability of submissions" (info.arxiv.org/help/availability.html), which lists each year's in
# January. Evenings of Fridays are left out, since there is no announcement on them anyway.
_SILENT_EVENINGS = {
    2023: "01-16 06-14 06-19 07-04 08-17 09-04 11-23 12-25 12-27",
    2024: "01-15 05-22 06-19 07-04 09-02 10-08 11-28 12-25 12-26 12-31",
    2025: "01-01 01-20 06-19 07-06 09-01 11-27 12-25 12-30",
    2026: "01-01 01-19 09-07 11-26 12-29 12-31",
}


@cache
def _silent_evenings(year: int) -> dict[date, str]:
    """The evenings of a year without announcement, except weekends, by date, with the holiday's name."""
    by_rule = _holidays(year)
    if year not in _SILENT_EVENINGS:
        return by_rule
    evenings = (date.fromisoformat(f"{year}-{text}") for text in _SILENT_EVENINGS[year].split())
    return {evening: by_rule.get(evening, "one of arXiv's holidays") for evening in evenings}


def _holidays(year: int) -> dict[date, str]:
    """The holidays of the United States that arXiv has kept every year; one on a Sunday is kept on Monday."""
    fixed = {(1, 1): "New Year's Day", (6, 19): "Juneteenth", (7, 4): "Independence Day", (12, 25): "Christmas Day"}
    holidays = {}
    for (month, day), name in fixed.items():
        holiday = date(year, month, day)
        holidays[holiday + _DAY if holiday.weekday() == _SUNDAY else holiday] = name
    return holidays | {
        _nth_weekday(year, 1, weekday=0, nth=3): "Martin Luther King Day",
        _nth_weekday(year, 9, weekday=0, nth=1): "Labor Day",
        _nth_weekday(year, 11, weekday=3, nth=4): "Thanksgiving Day",
    }


def _nth_weekday(year: int, month: int, *, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _evening_before(evening: date) -> date:
    """The evening of the announcement before the one of this evening."""
    day = evening  # as a listing day: it stands for the evening before
    while why_silent(day):
        day -= _DAY
    return day - _DAY


def _deadline(evening: date) -> datetime:
    """Until when an evening's announcement takes submissions; for Sunday's that is Friday."""
    return _utc(evening - 2 * _DAY if evening.weekday() == _SUNDAY else evening, _CLOSED)


def _utc(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=NEW_YORK).astimezone(UTC)
