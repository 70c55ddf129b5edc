"""Makes a week or a month: the papers that mattered, what is on the rise, the largest claims, what was measured.

`assay.digest.periods` makes all of an archive at once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from types import MappingProxyType

from assay.digest.day import day_of_dossiers, read_dossier
from assay.digest.rising import LEAST_BEFORE, Terms, find_rising
from assay.papers.measurement import Measurement
from assay.papers.models import Claim, ClaimKind, Day, Dossier, Paper
from assay.papers.period import Compared, LargestClaim, ListedDay, NotablePaper, Period, Span
from assay.store import Store

MOST_PAPERS = 15
_MOST_TERMS = 20
_MOST_CLAIMS = 5
_KINDS: tuple[ClaimKind, ...] = ("times", "points", "relative")
"""Whose sizes can be held against each other, whatever was measured."""
_BACK = {True: timedelta(days=28), False: timedelta(days=91)}
"""How far a week and a month are compared with what was before."""

Leading = Callable[[Dossier], Sequence[Claim]]
"""The claims of a paper that may stand without their sentence, such as `assay.publish.chips` chooses them."""
OwnOrder = Callable[[Mapping[str, int | None]], Mapping[str, tuple[str, ...]]]
"""Of papers with their votes, those that a reader wants to see, the first one first, each with the reasons why."""


def list_day(store: Store, day: date, *, now: datetime) -> Day:
    """The papers of a day in its order, without summaries and claims."""
    sightings = store.sightings(day)
    papers = store.papers({sighting.paper for sighting in sightings})
    bare = {key: Dossier(paper=paper) for key, paper in papers.items()}
    return day_of_dossiers(day, bare, sightings=sightings, attempts=store.attempts(day), now=now)


@dataclass(frozen=True)
class Listing:
    """What the days of a week or month listed."""

    days: Sequence[Day]
    """Every day of it."""
    votes: Mapping[str, int | None]
    """By paper, the most that it had on any day; those with the most votes first."""
    firsts: Mapping[str, date]
    """By paper, the first day that listed it."""


def list_papers(days: Sequence[Day]) -> Listing:
    """The papers of the days of a week or month, each once."""
    votes: dict[str, int | None] = {}
    firsts: dict[str, tuple[date, int]] = {}
    for day in days:
        for paper in day.papers:
            votes[paper.id] = max(filter(None, (votes.get(paper.id), paper.votes)), default=paper.votes)
            firsts.setdefault(paper.id, (day.date, paper.rank))
    ids = sorted(votes, key=lambda paper: (-(votes[paper] or 0), *firsts[paper], paper))
    return Listing(days, {key: votes[key] for key in ids}, {key: firsts[key][0] for key in ids})


def read_period(
    store: Store,
    span: Span,
    *,
    now: datetime,
    leading: Leading,
    measurements: Mapping[str, Sequence[Measurement]] = MappingProxyType({}),
    own_order: OwnOrder | None = None,
) -> Period:
    """A week or month as the store knows it at the moment ``now``.

    Args:
        store: where all records are.
        span: the week or month.
        now: decides which days are over.
        leading: chooses the claims of a paper that may be shown by themselves.
        measurements: what trials found, by paper.
        own_order: the order in which a reader would want the papers; that of votes if left out.
    """
    listing = list_papers([list_day(store, day, now=now) for day in span.days])
    first, last = days_before(span)
    listed = {sighting.paper for day, _ in store.days() if first <= day <= last for sighting in store.sightings(day)}
    claims = store.claims(listing.votes)

    def dossier(paper: str) -> Dossier:
        found = read_dossier(store, paper)
        if found is None:
            raise ValueError(f"{paper} is not in the store")
        return found

    return make_period(
        span,
        listing,
        papers=store.papers(listing.votes),
        before=list(store.papers(listed - listing.votes.keys()).values()),
        claims=lambda paper: claims.get(paper, ()),
        dossier=dossier,
        leading=leading,
        measurements=measurements,
        own_order=own_order,
    )


def make_period(  # noqa: PLR0913 - each kind of record has its name
    span: Span,
    listing: Listing,
    *,
    papers: Mapping[str, Paper],
    before: Sequence[Paper],
    claims: Callable[[str], Sequence[Claim]],
    dossier: Callable[[str], Dossier],
    leading: Leading,
    measurements: Mapping[str, Sequence[Measurement]],
    own_order: OwnOrder | None = None,
    terms: Terms | None = None,
) -> Period:
    """A week or month of its records.

    Args:
        span: the week or month.
        listing: what its days listed.
        papers: the records of these papers.
        before: the papers that `days_before` listed and the span itself does not.
        claims: those of a paper.
        dossier: that of a paper; asked for only where it is shown.
        leading: chooses the claims of a paper that may be shown by themselves.
        measurements: what trials found, by paper.
        own_order: the order in which a reader would want the papers; that of votes if left out.
        terms: those of all these papers and maybe others, for who makes several weeks or months.
    """
    votes, firsts = listing.votes, listing.firsts
    readable = [papers[key] for key in votes if papers[key].abstract]
    earlier = [paper for paper in before if paper.abstract]
    rise = find_rising(readable, earlier, votes, terms) if len(earlier) >= LEAST_BEFORE else None
    first, last = days_before(span)
    noted = own_order(votes) if own_order else dict.fromkeys(votes, ())
    return Period(
        name=span.name,
        first=span.first,
        last=span.last,
        days=tuple(ListedDay(date=day.date, state=day.state, papers=len(day.papers)) for day in listing.days),
        count=len(votes),
        readable=len(readable),
        papers=tuple(
            _note(dossier(key), firsts[key], votes[key], why) for key, why in islice(noted.items(), MOST_PAPERS)
        ),
        is_own=own_order is not None,
        compared=Compared(first=first, last=last, papers=len(earlier), tested=rise.tried) if rise else None,
        rising=tuple(rise.terms[:_MOST_TERMS]) if rise else (),
        largest=_largest(list(votes), claims, dossier, leading),
        measured=tuple(each for key in votes for each in measurements.get(key, ())),
    )


def days_before(span: Span) -> tuple[date, date]:
    """The first and the last day of those that a week or month is compared with."""
    if span.first - date.min < _BACK[span.is_week]:
        return date.min, date.min  # of which no paper is known
    return span.first - _BACK[span.is_week], span.first - timedelta(days=1)


def _note(dossier: Dossier, day: date, votes: int | None, why: tuple[str, ...]) -> NotablePaper:
    """A paper that mattered, in the line that its summary gives it."""
    lines = {language: parts.one_line or parts.whats_new for language, parts in dossier.summary.items()}
    return NotablePaper(
        id=dossier.paper.id,
        title=dossier.paper.title,
        day=day,
        votes=votes,
        room=dossier.room,
        one_line={language: line for language, line in lines.items() if line},
        why=why,
    )


def _largest(
    ids: Sequence[str],
    claims: Callable[[str], Sequence[Claim]],
    dossier: Callable[[str], Dossier],
    leading: Leading,
) -> dict[ClaimKind, tuple[LargestClaim, ...]]:
    """By kind, the largest claims that may stand by themselves; of each paper the largest one."""
    known: dict[str, tuple[Dossier, dict[str, Claim]]] = {}

    def sure(kind: ClaimKind) -> Iterator[LargestClaim]:
        sizes = [(_size(each), key, each) for key in ids for each in claims(key) if each.kind == kind]
        told: set[str] = set()
        for _, key, claim in sorted(sizes, key=lambda size: (-size[0], size[1], size[2].key)):
            if key in told:
                continue
            if key not in known:
                found = dossier(key)
                known[key] = found, {each.key: each for each in leading(found)}
            record, shown = known[key]
            if claim.key in shown:
                told.add(key)
                yield LargestClaim(paper=key, title=record.paper.title, claim=shown[claim.key])
                if len(told) == _MOST_CLAIMS:
                    return

    largest = {kind: tuple(sure(kind)) for kind in _KINDS}
    return {kind: found for kind, found in largest.items() if found}


def _size(claim: Claim) -> float:
    return max(map(abs, claim.ends))
