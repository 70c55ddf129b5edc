"""Makes every week and month of an archive.

Periods are kept in a file, and one is made anew only when a record that it is made of, or our own code, has changed.
The file may be removed at any time.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from assay.digest.archive import Archive
from assay.digest.day import day_of_dossiers
from assay.digest.period import Leading, Listing, days_before, list_papers, make_period
from assay.digest.rising import Terms
from assay.papers.editions import Fingerprints, hash_of_code
from assay.papers.files import write_whole
from assay.papers.measurement import Measurement
from assay.papers.models import Day
from assay.papers.period import Period, Span, spans_of

_ROOMS = ("papers", "sources", "store", "claims", "fulltext", "writing", "reader", "digest", "publish", "catalogue")
"""Whose code a period comes from; which claims may lead, ``publish`` says."""


class _Plan(NamedTuple):
    """A period before it is made."""

    span: Span
    listing: Listing
    before: Sequence[str]
    """The papers that it is compared with."""
    key: str
    """Of all that it is made of."""


def read_periods(
    archive: Archive,
    *,
    now: datetime,
    leading: Leading,
    measurements: Mapping[str, Sequence[Measurement]] = MappingProxyType({}),
    file: Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Period]:
    """Every week and month that lists a paper, as `assay.digest.period.read_period` has it; in the order of time.

    Args:
        archive: all days and dossiers.
        now: decides which days are over.
        leading: chooses the claims of a paper that may be shown by themselves.
        measurements: what trials found, by paper.
        file: where periods are kept from one time to the next; ``None`` to make all of them.
        progress: called with how many periods are made, and of how many.
    """
    dossiers = {dossier.paper.id: dossier for dossier in archive.dossiers}
    papers = {key: dossier.paper for key, dossier in dossiers.items()}
    plans = _plan(archive, measurements, now)
    kept = _read_kept(file, {plan.key for plan in plans}) if file else {}
    due = [plan for plan in plans if plan.key not in kept]
    terms = Terms([papers[key] for key in {key for plan in due for key in (*plan.listing.votes, *plan.before)}])
    for done, plan in enumerate(due):
        progress(done, len(due))
        kept[plan.key] = make_period(
            plan.span,
            plan.listing,
            papers=papers,
            before=[papers[key] for key in plan.before],
            claims=lambda key: dossiers[key].claims,
            dossier=dossiers.__getitem__,
            leading=leading,
            measurements=measurements,
            terms=terms,
        )
    progress(len(due), len(due))
    if file and due:
        lines = [f"{plan.key}\t{kept[plan.key].model_dump_json()}\n" for plan in plans]
        write_whole(file, "".join(lines))
    return [kept[plan.key] for plan in plans]


def _plan(archive: Archive, measurements: Mapping[str, Sequence[Measurement]], now: datetime) -> list[_Plan]:
    """Every week and month that lists a paper, with all that it is made of."""
    days = {day.date: day for day in archive.days}
    spans = sorted(
        {span for day in archive.days if day.papers for span in spans_of(day.date)}, key=lambda each: each[1:]
    )
    known = Fingerprints()
    code = hash_of_code(*_ROOMS)
    plans = []
    for span in spans:
        own = [days[day] if day in days else _unknown(day, now) for day in span.days]
        listing = list_papers(own)
        first, last = days_before(span)
        earlier = dict.fromkeys(
            paper.id
            for day in archive.days
            if first <= day.date <= last
            for paper in day.papers
            if paper.id not in listing.votes
        )
        key = known.of(
            code,
            span.name,
            [(day.date, day.state, len(day.papers)) for day in own],
            listing.votes,
            listing.firsts,
            [archive.keys[key] for key in (*listing.votes, *earlier)],
            [measurements[key] for key in listing.votes if key in measurements],
        )
        plans.append(_Plan(span, listing, list(earlier), key))
    return plans


def _unknown(day: date, now: datetime) -> Day:
    """A day of which the archive has nothing."""
    return day_of_dossiers(day, {}, sightings=(), attempts=(), now=now)


def _read_kept(file: Path, keys: set[str]) -> dict[str, Period]:
    """The periods of today's keys that are kept; a line that cannot be read is none."""
    kept: dict[str, Period] = {}
    if file.is_file():
        for line in file.read_text(encoding="utf-8", errors="replace").split("\n"):
            key, _, record = line.partition("\t")
            if key in keys:
                with suppress(ValueError):
                    kept[key] = Period.model_validate_json(record)
    return kept
