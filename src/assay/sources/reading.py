"""The result of reading one answer of a source, or one day of a file: papers, sightings, and what was refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from pydantic import ValidationError

from assay.papers.faults import first_fault
from assay.papers.models import Claim, Paper, Refusal, Sighting, Snapshot, Summary


@dataclass(frozen=True)
class Reading:
    """Papers and where they were listed; whatever could not be read is named."""

    source: str
    day: date | None = None
    """The listing day, for what is a listing."""
    snapshot: Snapshot | None = None
    """The raw bytes, where the caller does not have them already."""
    papers: Sequence[Paper] = ()
    sightings: Sequence[Sighting] = ()
    summaries: Sequence[Summary] = ()
    claims: Mapping[str, Sequence[Claim]] = field(default_factory=dict)
    """By arXiv id."""
    refused: Sequence[Refusal] = ()
    remarks: Sequence[str] = ()
    """What a reader should know of a piece that was read, a line each."""
    unknown_fields: dict[str, int] = field(default_factory=dict)
    """Dotted names of fields that the source is not known to send, or not in this type, with how often."""
    vanished_fields: dict[str, int] = field(default_factory=dict)
    """Dotted names of fields that were always there and were not, with how often."""
    kinds: Mapping[str, int] = field(default_factory=dict)
    """How many papers are new, cross-listed or replaced, where the source tells them apart."""
    seen_at: datetime | None = None
    """When the listing was read; the same rule as for `Sighting.seen_at`."""
    total: int | None = None
    """How many papers the source says there are in all, over all pages, where it does say."""


def reason(error: ValueError) -> str:
    """Say on one line what is wrong with a piece of data."""
    if isinstance(error, ValidationError):
        return first_fault(error)
    return str(error)
