"""The records of what a reader did: marks, notes, what was shown to her, what was sent."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from assay.papers.models import Line, Noun
from assay.papers.text import normalise


class Mark(StrEnum):
    """What a reader can say of a paper with one word."""

    ADDED = "added"
    """It is in her list."""
    STARRED = "starred"
    READ = "read"
    HIDDEN = "hidden"
    """She does not want to see it, nor its like."""


def _lines(text: str) -> str:
    if not (lines := "\n".join(map(normalise, text.splitlines())).strip()):
        raise ValueError("there is nothing in it")
    return lines


Text = Annotated[str, AfterValidator(_lines)]
"""Text of several lines, each normalised, that is not empty."""


def check_tag(text: str) -> str:
    """A tag, normalised.

    Raises:
        ValueError: if it is empty, or begins with a minus, which takes tags away.
    """
    tag = normalise(text)
    if not tag or tag.startswith("-"):
        raise ValueError(f"not a tag: {text!r} (write one or more words)")
    return tag


Tag = Annotated[str, AfterValidator(check_tag)]
"""A word or more that a reader gave a paper."""


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{moment} is outside of the calendar") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A moment in UTC; any time zone may be written."""


class Note(Noun):
    """What a reader wrote about a paper. A paper may have several notes, each with its time."""

    text: Text
    at: Moment


class Shown(Noun):
    """When a paper was first shown to a reader, and with which day."""

    day: date
    at: Moment


class OwnMarks(Noun):
    """All that a reader did with one paper."""

    added: Moment | None = None
    """When she put it in her list herself, starred or not."""
    starred: Moment | None = None
    read: Moment | None = None
    hidden: Moment | None = None
    tags: tuple[Line, ...] = ()
    tagged: Moment | None = None
    """When she gave it the last of them."""
    notes: tuple[Note, ...] = ()
    """The first one first."""
    shown: Shown | None = None
    """When it was first shown to her."""

    @property
    def times(self) -> list[datetime]:
        """When she did anything with the paper herself; none if it was only shown to her."""
        marks = [self.added, self.starred, self.read, self.hidden, self.tagged, *(note.at for note in self.notes)]
        return [moment for moment in marks if moment is not None]

    def seen_before(self, day: date) -> date | None:
        """The other day with which the paper was first shown; ``None`` if it is new to her with ``day``."""
        return self.shown.day if self.shown is not None and self.shown.day != day else None


class DeliveryState(StrEnum):
    """How far a delivery has come."""

    LEAVING = "leaving"
    """It is being handed over, or whoever did so was killed: it may have arrived or not."""
    SENT = "sent"
    """It was accepted."""


class Delivery(Noun):
    """One issue of a digest on its way to one recipient."""

    channel: str = Field(min_length=1)
    """``mail``, or the kind of chat."""
    recipient: str = Field(min_length=1)
    """A mail address, or the name of a chat; never a secret."""
    issue: str = Field(min_length=1)
    """What is sent: a day, ``2025-02-26``, a week, ``2025-W09``, or any other key."""
    languages: tuple[str, ...] = ()
    state: DeliveryState
    message_id: str = Field(min_length=1)
    """Kept where it is not known whether it arrived, so that a mailbox can see that a second try is the same."""
    at: Moment
    """When it came into this state."""

    def __str__(self) -> str:
        """What is sent and to whom, in words."""
        languages = f" ({', '.join(self.languages)})" if self.languages else ""
        return f"{self.issue}{languages} by {self.channel} to {self.recipient}"
