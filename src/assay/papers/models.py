"""The records that everything else in Assay reads and writes: Paper, Sighting, Summary, Claim, Day and others.

All of them are immutable. Text fields are normalised on construction and never escaped: each output escapes for itself.
"""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from hashlib import sha256

from pydantic import AwareDatetime, Field

from assay.papers.claim import (
    Bound,
    Claim,
    ClaimSource,
    Fact,
    OtherValue,
    ends_of,
    kind_of,
    rising,
    rounding_interval,
)
from assay.papers.findings import Check
from assay.papers.nouns import ClaimKind, Line, Noun, PaperId, Place, Sha256

# The nouns of the modules beside this one belong here too.
__all__ = [
    "ALL_PARTS",
    "FIVE_PARTS",
    "THREE_PARTS",
    "Attempt",
    "Bound",
    "Claim",
    "ClaimKind",
    "ClaimSource",
    "Day",
    "DayPaper",
    "DayState",
    "Dossier",
    "Excerpt",
    "Fact",
    "Line",
    "Noun",
    "Origin",
    "OtherValue",
    "Outcome",
    "Paper",
    "PaperId",
    "Parts",
    "Place",
    "Refusal",
    "Sha256",
    "Sighting",
    "Snapshot",
    "Summary",
    "closing_time",
    "ends_of",
    "kind_of",
    "rising",
    "rounding_interval",
    "utc",
]


class Paper(Noun):
    """What is known of a paper itself, apart from where and when it was listed."""

    id: PaperId
    title: Line = Field(min_length=1)
    authors: tuple[Line, ...] = ()
    """In the order of the paper where the source keeps it; digests of the sections kind do not."""
    abstract: Line = ""
    version: int | None = None
    published: AwareDatetime | None = None
    """When version 1 appeared on arXiv."""
    updated: AwareDatetime | None = None
    """When this version appeared on arXiv."""
    withdrawn: AwareDatetime | None = None
    """When it was taken back; where only the fact is known, when the version that says so appeared."""
    categories: tuple[str, ...] = ()
    """arXiv categories, the primary one first."""
    comment: Line = ""
    """The authors' own remark at arXiv, such as ``Accepted at ToyConf 2099``."""
    journal_ref: Line = ""
    doi: str = ""
    organisation: Line = ""
    """The lab, company or university that a listing names as its home."""
    code_url: str = ""
    project_url: str = ""
    thumbnail_url: str = ""
    keywords: tuple[Line, ...] = ()


class Sighting(Noun):
    """One paper standing in one listing: which source, which listing day, at which place, with how many votes.

    Sightings are only ever added. The same paper seen twice in a day, an hour apart, is two sightings.
    """

    paper: PaperId
    source: str
    """``huggingface``, ``arxiv``, ``arxiv-news``, ``digest-table``, ``digest-sections``, ``catalogue``, or ``assay``
    for our own JSON."""
    day: date
    """The listing day that was asked for, in UTC; never derived from the paper's own dates."""
    rank: int | None = Field(default=None, ge=1)
    """Place in the listing, from 1."""
    votes: int | None = None
    """``None`` where the source does not say; zero votes are 0."""
    seen_at: AwareDatetime | None = None
    """When the listing was read. For a recording that carries no such time, the latest listing time in it, which
    is the earliest that it can have been read; ``None`` where even that is unknown."""
    snapshot: Sha256 | None = None
    """SHA-256 of the raw bytes it was read from."""


class Parts(Noun):
    """A summary in one language, in the fixed shape: five parts for a reader in a hurry, three for one who stays.

    A part that could not be filled is empty; nothing is made up to fill it.
    """

    one_line: Line = ""
    objective: Line = ""
    method: Line = ""
    result: Line = ""
    implication: Line = ""
    whats_new: Line = ""
    technical_details: Line = ""
    performance: Line = ""
    prose: Line = ""
    """Running text as an archived digest gave it, where it has no parts."""
    other: dict[str, Line] = Field(default_factory=dict)
    """Parts of an archived digest outside the fixed shape, by the name they had there."""

    def text(self) -> str:
        """All parts that are filled, one a line."""
        return "\n".join(filter(None, [*(getattr(self, part) for part in ALL_PARTS), self.prose, *self.other.values()]))


FIVE_PARTS = ("one_line", "objective", "method", "result", "implication")
THREE_PARTS = ("whats_new", "technical_details", "performance")
ALL_PARTS = FIVE_PARTS + THREE_PARTS


class Excerpt(Noun):
    """Where a sentence of an extractive summary stands in the abstract: ``abstract[start:end]`` is that sentence."""

    part: str
    start: int = Field(ge=0)
    end: int
    role: str


class Origin(StrEnum):
    """How a summary came about."""

    CATALOGUE = "catalogue"
    """Written by us."""
    MODEL = "model"
    """Written by a language model and checked."""
    EXTRACTIVE = "extractive"
    """Sentences of the abstract, verbatim."""
    DIGEST = "digest"
    """Imported from an archived digest, unchecked."""


class Summary(Noun):
    """One paper summarised: a single record, rendered in one or more languages."""

    paper: PaperId
    origin: Origin
    source: str
    """Who wrote it: ``assay``, the name of a model, or the kind of the digest it was imported from."""
    day: date | None = None
    """The day of the digest it was imported from."""
    languages: dict[str, Parts]
    """By ISO 639-1 code."""
    evidence: tuple[Excerpt, ...] = ()
    """For extractive summaries, where each sentence stands."""
    note: Line = ""
    """What a reader should know of how it came about: why a model's summary could not be used, what was taken out."""
    written_from: str = ""
    """For summaries by a model, and for extractive ones in the place of such: the edition of our instructions and the
    hash of title and abstract (`assay.store.texts.hash_of`), as in ``1:9f86...``."""


class DayState(StrEnum):
    """What a day's list is worth; an empty day always has one of the states that say why."""

    PROVISIONAL = "provisional"
    """Papers may still be added: it is before noon UTC of the next day."""
    CLOSED = "closed"
    """Complete as far as its sources go."""
    PARTIAL = "partial"
    """Papers are there, but a source broke off or was cut."""
    WEEKEND = "weekend"
    """Empty, as Saturdays and Sundays are."""
    HOLIDAY = "holiday"
    """Empty, on a day when nothing is listed."""
    LATE = "late"
    """Empty, and still early enough for papers to come."""
    STALE_SOURCE = "stale source"
    """Empty on a working day although the source answered: it has probably stopped."""
    BROKEN = "broken"
    """Empty, and a source could not be read."""
    UNCOLLECTED = "uncollected"
    """Empty because nobody has asked yet."""


def closing_time(day: date) -> datetime:
    """When a day is closed: noon UTC of the next day. Papers listed later count as added since."""
    # The calendar ends on the last of December 9999.
    return datetime.combine(min(day, date.max - timedelta(days=1)) + timedelta(days=1), time(12), tzinfo=UTC)


class DayPaper(Noun):
    """A paper as it stands in a day. The fields that it shares by name with `Paper` are that record's own."""

    id: PaperId
    title: Line
    authors: tuple[Line, ...] = ()
    version: int | None = None
    published: AwareDatetime | None = None
    withdrawn: AwareDatetime | None = None
    categories: tuple[str, ...] = ()
    comment: Line = ""
    journal_ref: Line = ""
    doi: str = ""
    organisation: Line = ""
    keywords: tuple[Line, ...] = ()
    code_url: str = ""
    project_url: str = ""
    votes: int | None = None
    rank: int
    """Place in this day, from 1, by the latest listing."""
    first_seen: AwareDatetime | None = None
    added_since: bool = False
    """Listed only after the day had been closed."""
    sources: tuple[str, ...] = ()
    """Every source that listed it on this day."""
    earlier_days: tuple[date, ...] = ()
    """The days before this one that listed it too, the first of them first."""
    fulltext_version: int | None = None
    """The version whose full text is kept here, for checks and claims; ``None`` for none, or where it is not known."""
    thumbnail_url: str = ""
    summary: dict[str, Parts] = Field(default_factory=dict)
    """By language."""
    summary_origin: dict[str, Origin] = Field(default_factory=dict)
    """How the summary in each language came about."""
    summary_note: dict[str, Line] = Field(default_factory=dict)
    """By language, what has to be said of a summary, such as why a model's is not shown."""
    summary_version: dict[str, int | None] = Field(default_factory=dict)
    """By language, for a model's summary of an earlier title and abstract than the paper has: the version that had
    them; ``None`` where it is not known."""
    checks: dict[str, Check] = Field(default_factory=dict)
    """The summary in each language held against the paper; an extractive one, whose figures are quotes, has none."""
    claims: tuple[Claim, ...] = ()
    facts: tuple[Fact, ...] = ()
    """Constants, settings and sizes, for papers of our catalogue."""
    room: str = ""
    """The room under ``methods/`` that the paper belongs to, for papers of our catalogue."""


class Day(Noun):
    """The papers of one listing day, as far as they are known at a time."""

    date: date
    state: DayState
    reason: str = ""
    """In words, why the day is in that state."""
    as_of: AwareDatetime | None = None
    """When a source was last read for this day."""
    papers: tuple[DayPaper, ...] = ()


class Dossier(Noun):
    """All that is known of one paper, over all days and sources."""

    paper: Paper
    name: str = ""
    """Short name, for papers of our catalogue."""
    room: str = ""
    summary: dict[str, Parts] = Field(default_factory=dict)
    summary_origin: dict[str, Origin] = Field(default_factory=dict)
    summary_note: dict[str, Line] = Field(default_factory=dict)
    summary_version: dict[str, int | None] = Field(default_factory=dict)
    checks: dict[str, Check] = Field(default_factory=dict)
    """As in `DayPaper`."""
    claims: tuple[Claim, ...] = ()
    facts: tuple[Fact, ...] = ()
    fulltext_version: int | None = None
    """As in `DayPaper`."""
    sightings: tuple[Sighting, ...] = ()

    @property
    def votes(self) -> int | None:
        """The most votes that any sighting had: they are given far more often than taken back."""
        return max((s.votes for s in self.sightings if s.votes is not None), default=None)

    @property
    def days(self) -> list[date]:
        """The days that list the paper, the latest first."""
        return sorted({s.day for s in self.sightings}, reverse=True)


class Snapshot(Noun):
    """The raw bytes of one answer or file, kept before anything is read from them."""

    source: str
    url: str
    """Where the bytes came from: a URL, or a file's name for a recording."""
    day: date | None = None
    """The listing day that was asked for, if it was one."""
    status: int | None = None
    """HTTP status; ``None`` for a file."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Names in lower case."""
    fetched_at: AwareDatetime | None = None
    body: bytes

    @cached_property
    def sha256(self) -> str:
        """Hash of the body."""
        return sha256(self.body).hexdigest()


class Outcome(StrEnum):
    """How one attempt to read a source ended."""

    OK = "ok"
    EMPTY = "empty"
    """The source answered properly, with an empty list."""
    PARTIAL = "partial"
    """Some pages were read before it broke off."""
    FAILED = "failed"
    BUSY = "busy"
    """The source asked to come back later, and the day had been read completely before: that still stands."""


class Attempt(Noun):
    """One attempt to read a source for a day, whatever came of it."""

    source: str
    day: date
    at: AwareDatetime | None = None
    """When the source was read; the same rule as for `Sighting.seen_at`."""
    outcome: Outcome
    message: str = ""
    """What happened, in words, where it did not go well."""
    papers: int = 0
    kinds: dict[str, int] = Field(default_factory=dict)
    """How many papers were new, cross-listed or replaced, where the source tells them apart."""
    unknown_fields: dict[str, int] = Field(default_factory=dict)
    """Fields that the source sent and we do not know, with how often: a sign that its format drifts."""
    vanished_fields: dict[str, int] = Field(default_factory=dict)
    """Fields that used to be always there and were not, with how often."""


class Refusal(Noun):
    """A piece of a file that could not be read, and why. Nothing refused is dropped in silence."""

    file: str
    line: int | None = None
    why: str


def utc(moment: datetime) -> str:
    """A moment in UTC as people read it: ``2025-02-26 07:50 UTC``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
