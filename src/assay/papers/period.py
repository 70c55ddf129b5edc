"""A week or a month of papers: its span, and what was remarkable in it."""

import re
from datetime import date, timedelta
from typing import NamedTuple

from pydantic import Field

from assay.papers.claim import Claim
from assay.papers.measurement import Measurement
from assay.papers.models import DayState
from assay.papers.nouns import ClaimKind, Line, Noun, PaperId


class Span(NamedTuple):
    """A week or a month, both ends included."""

    name: str
    """``2025-W09`` or ``2025-02``."""
    first: date
    last: date

    @property
    def days(self) -> list[date]:
        """Every day of it."""
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    @property
    def is_week(self) -> bool:
        """Whether it is a week, and not a month."""
        return "W" in self.name


def read_span(text: str) -> Span | None:
    """The week or month that a text names, ``2025-W09`` or ``2025-02``; ``None`` for any other text.

    Weeks are those of ISO 8601: they begin on Monday, and the first of a year is that with its first Thursday.

    Raises:
        ValueError: if the year has no such week or month.
    """
    match = re.fullmatch(r"(\d{4})-(?:[Ww](\d\d)|(\d\d))", text.strip(), re.ASCII)
    if match is None:
        return None
    year, week, month = int(match[1]), match[2], match[3]
    try:
        return _week(year, int(week)) if week else _month(year, int(month))
    except (ValueError, OverflowError):
        raise ValueError(f"there is no {'week' if week else 'month'} {text.strip()}") from None


def spans_of(day: date) -> tuple[Span, Span]:
    """The week and the month that a day is in."""
    return _week(*day.isocalendar()[:2]), _month(day.year, day.month)


def _week(year: int, number: int) -> Span:
    first = date.fromisocalendar(year, number, 1)
    return Span(f"{year:04}-W{number:02}", first, first + timedelta(days=6))


def _month(year: int, number: int) -> Span:
    first = date(year, number, 1)
    following = date(year + number // 12, number % 12 + 1, 1)
    return Span(f"{year:04}-{number:02}", first, following - timedelta(days=1))


class ListedDay(Noun):
    """A day of a week or month."""

    date: date
    state: DayState
    papers: int


class NotablePaper(Noun):
    """A paper that mattered in a week or month."""

    id: PaperId
    title: Line
    day: date
    """The first day of the span that listed it."""
    votes: int | None = None
    """The most that it had, on any day."""
    room: str = ""
    one_line: dict[str, Line] = Field(default_factory=dict)
    """What it is about, by language."""
    why: tuple[Line, ...] = ()
    """In a reader's own order, why it stands where it does."""


class RisingTerm(Noun):
    """A term that a larger share of papers has than before."""

    term: Line
    """As a paper writes it."""
    is_name: bool
    """Whether it is written as a name of a method, model or data set is, and not as a word."""
    papers: int
    """How many papers of the span have it."""
    before: int
    """How many of those it is compared with."""
    z: float
    """The difference of the two log odds, in its own standard deviations."""
    is_sure: bool
    """Whether it is more than chance would have it among all terms that were tried."""
    examples: tuple[PaperId, ...] = ()
    """Papers of the span that have it, those with the most votes first."""


class LargestClaim(Noun):
    """One of the largest claims of its kind, and of those only that may stand without their sentence."""

    paper: PaperId
    title: Line
    claim: Claim


class Compared(Noun):
    """What a week or month is compared with to find what is on the rise."""

    first: date
    last: date
    papers: int
    """Of them with an abstract."""
    tested: int = 0
    """How many terms were held against chance."""


class Period(Noun):
    """A week or a month of papers."""

    name: str
    first: date
    last: date
    days: tuple[ListedDay, ...] = ()
    count: int = 0
    """How many papers it listed, each once."""
    readable: int = 0
    """Of them with an abstract, in which terms are counted."""
    papers: tuple[NotablePaper, ...] = ()
    """Those with the most votes, or the first in a reader's own order."""
    is_own: bool = False
    """Whether it is in a reader's own order."""
    compared: Compared | None = None
    """``None`` where too few papers are known from before."""
    rising: tuple[RisingTerm, ...] = ()
    """The surest first."""
    largest: dict[ClaimKind, tuple[LargestClaim, ...]] = Field(default_factory=dict)
    """By kind, the largest first; a paper once in each."""
    measured: tuple[Measurement, ...] = ()
    """What trials found of its papers."""
