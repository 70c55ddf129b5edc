"""Reads a week or a month: the papers that mattered, what is on the rise, the largest claims, what was measured."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from types import MappingProxyType

from assay.digest.day import day_of_dossiers, read_dossier
from assay.digest.rising import LEAST_BEFORE, find_rising
from assay.papers.measurement import Measurement
from assay.papers.models import Claim, ClaimKind, Day, DayPaper, Dossier, Paper
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
    days = [list_day(store, day, now=now) for day in span.days]
    votes: dict[str, int | None] = {}
    firsts: dict[str, tuple[date, DayPaper]] = {}
    for day in days:
        for paper in day.papers:
            votes[paper.id] = max(filter(None, (votes.get(paper.id), paper.votes)), default=paper.votes)
            firsts.setdefault(paper.id, (day.date, paper))
    ids = sorted(firsts, key=lambda paper: (-(votes[paper] or 0), firsts[paper][0], firsts[paper][1].rank, paper))
    records = store.papers(ids)
    readable = [records[key] for key in ids if records[key].abstract]
    compared, earlier = _before(store, span, set(ids))
    rise = find_rising(readable, earlier, votes) if compared else None
    noted = own_order({key: votes[key] for key in ids}) if own_order else dict.fromkeys(ids, ())
    return Period(
        name=span.name,
        first=span.first,
        last=span.last,
        days=tuple(ListedDay(date=day.date, state=day.state, papers=len(day.papers)) for day in days),
        count=len(ids),
        readable=len(readable),
        papers=tuple(
            note_paper(store, key, firsts[key][0], votes[key], why) for key, why in islice(noted.items(), MOST_PAPERS)
        ),
        is_own=own_order is not None,
        compared=compared.model_copy(update={"tested": rise.tried}) if compared and rise else None,
        rising=tuple(rise.terms[:_MOST_TERMS]) if rise else (),
        largest=_largest(store, ids, leading),
        measured=tuple(each for key in ids for each in measurements.get(key, ())),
    )


def note_paper(store: Store, paper: str, day: date, votes: int | None, why: tuple[str, ...] = ()) -> NotablePaper:
    """A stored paper that mattered, in the line that its summary gives it."""
    dossier = read_dossier(store, paper)
    if dossier is None:
        raise ValueError(f"{paper} is not in the store")
    lines = {language: parts.one_line or parts.whats_new for language, parts in dossier.summary.items()}
    return NotablePaper(
        id=paper,
        title=dossier.paper.title,
        day=day,
        votes=votes,
        room=dossier.room,
        one_line={language: line for language, line in lines.items() if line},
        why=why,
    )


def _before(store: Store, span: Span, ids: set[str]) -> tuple[Compared | None, list[Paper]]:
    """The papers of the weeks or months before that the span itself does not list; ``None`` where they are too few."""
    if span.first - date.min < _BACK[span.is_week]:
        return None, []
    first, last = span.first - _BACK[span.is_week], span.first - timedelta(days=1)
    listed = {sighting.paper for day, _ in store.days() if first <= day <= last for sighting in store.sightings(day)}
    papers = [paper for paper in store.papers(listed - ids).values() if paper.abstract]
    if len(papers) < LEAST_BEFORE:
        return None, []
    return Compared(first=first, last=last, papers=len(papers)), papers


def _largest(store: Store, ids: Sequence[str], leading: Leading) -> dict[ClaimKind, tuple[LargestClaim, ...]]:
    """By kind, the largest claims that may stand by themselves; of each paper the largest one."""
    claims = store.claims(ids)
    known: dict[str, Dossier | None] = {}

    def sure(kind: ClaimKind) -> Iterator[LargestClaim]:
        sizes = [(_size(each), key, each) for key in ids for each in claims.get(key, ()) if each.kind == kind]
        told: set[str] = set()
        for _, key, claim in sorted(sizes, key=lambda size: (-size[0], size[1], size[2].key)):
            if key in told:
                continue
            if key not in known:
                known[key] = read_dossier(store, key)
            dossier = known[key]
            shown = next((each for each in leading(dossier) if each.key == claim.key), None) if dossier else None
            if dossier is not None and shown is not None:
                told.add(key)
                yield LargestClaim(paper=key, title=dossier.paper.title, claim=shown)
                if len(told) == _MOST_CLAIMS:
                    return

    largest = {kind: tuple(sure(kind)) for kind in _KINDS}
    return {kind: found for kind, found in largest.items() if found}


def _size(claim: Claim) -> float:
    return max(map(abs, claim.ends))
