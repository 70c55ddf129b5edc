"""Says how complete and how final the list of a day is, and why an empty one is empty."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from assay.papers.announcements import announcement_of, listing_day_of, next_announcement, why_silent
from assay.papers.models import Attempt, DayState, Outcome, closing_time, utc

_ARXIV = {"arxiv", "arxiv-news"}
"""The sources that follow arXiv's calendar of announcements."""
_HOLIDAYS = {(1, 1): "New Year's Day", (12, 25): "Christmas Day"}
"""Days on which other sources list nothing."""


def state_of(
    day: date, attempts: Sequence[Attempt], now: datetime, *, is_empty: bool, as_of: datetime | None
) -> tuple[DayState, str]:
    """The state of a day, and in words why it is in that state.

    Args:
        day: the listing day.
        attempts: all attempts to read a source for it that read anything.
        now: decides whether the day is over.
        is_empty: whether no paper is known of it.
        as_of: when a source was last read for it.
    """
    return _empty_state(day, attempts, now) if is_empty else _full_state(day, as_of, attempts, now)


def _last_attempts(attempts: Sequence[Attempt]) -> list[Attempt]:
    """The latest attempt of each source; one without a time counts only where none has one."""
    latest: dict[str, Attempt] = {}
    for attempt in attempts:
        last = latest.get(attempt.source)
        if last is None or last.at is None or (attempt.at is not None and attempt.at >= last.at):
            latest[attempt.source] = attempt
    return list(latest.values())


def _full_state(day: date, as_of: datetime | None, attempts: Sequence[Attempt], now: datetime) -> tuple[DayState, str]:
    broken = [a for a in _last_attempts(attempts) if a.outcome in {Outcome.PARTIAL, Outcome.FAILED}]
    if broken:
        return DayState.PARTIAL, "; ".join(f"{a.source}: {a.message or 'broke off'}" for a in broken)
    closing = closing_time(day)
    if now < closing:
        return DayState.PROVISIONAL, f"papers may be added until {utc(closing)}"
    if as_of is None:
        return DayState.CLOSED, "from our catalogue and from archives: no source was read for this day"
    if as_of < closing:
        return DayState.CLOSED, f"last read before it closed at {utc(closing)}: papers added later may be missing"
    return DayState.CLOSED, ""


def _empty_state(day: date, attempts: Sequence[Attempt], now: datetime) -> tuple[DayState, str]:
    latest = _last_attempts(attempts)
    failures = [a for a in latest if a.outcome in {Outcome.PARTIAL, Outcome.FAILED}]
    if failures:
        return DayState.BROKEN, "; ".join(f"{a.source}: {a.message or 'could not be read'}" for a in failures)
    sources = {a.source for a in latest}
    if silence := _silence(day, sources):
        return silence[0], silence[1] + (_outlook(day, now) if sources and sources <= _ARXIV else "")
    if not latest:
        return DayState.UNCOLLECTED, f"no source has been read for this day; `assay collect {day}` reads them"
    if now < closing_time(day):
        return DayState.LATE, _expectation(day, latest, now)
    empty = ", ".join(a.source for a in latest if a.outcome is Outcome.EMPTY)
    return DayState.STALE_SOURCE, f"{empty} answered with an empty list for a {day:%A}"


def _silence(day: date, sources: Collection[str]) -> tuple[DayState, str] | None:
    """The state of an empty day on which nothing is listed anyway."""
    if day.weekday() >= 5:
        return DayState.WEEKEND, f"nothing is listed on a {day:%A}"
    if (day.month, day.day) in _HOLIDAYS and not _ARXIV.intersection(sources):
        return DayState.HOLIDAY, f"nothing is listed on {_HOLIDAYS[day.month, day.day]}"
    reason = why_silent(day) if sources else ""
    return (DayState.HOLIDAY, reason) if reason else None


def _outlook(day: date, now: datetime) -> str:
    """When arXiv has a list again, for who looks at a day without one while it lasts."""
    coming = next_announcement(now)
    return f"; arXiv's next list appears at {utc(coming.appears)}" if listing_day_of(now) <= day < coming.day else ""


def _expectation(day: date, latest: Sequence[Attempt], now: datetime) -> str:
    """When something can be expected of an empty day that is still open."""
    announcement = announcement_of(day) if all(a.source in _ARXIV for a in latest) else None
    if announcement and now < announcement.appears:
        return f"nothing is listed yet: arXiv announces it at {utc(announcement.appears)}"
    return "nothing is listed yet"
