"""Puts a day together from its sightings, and says how complete and how final its list is.

A day is a growing list. `assemble` is a pure function of its arguments, so that the same records always give the same
day, in whatever order they arrived.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from assay.claims.check import check
from assay.digest.ledger import passages_of
from assay.digest.summarise import Extractive, Summariser
from assay.papers.announcements import announcement_of, listing_day_of, next_announcement, why_silent
from assay.papers.catalogue import catalogue
from assay.papers.findings import Check
from assay.papers.models import (
    Attempt,
    Claim,
    Day,
    DayPaper,
    DayState,
    Dossier,
    Origin,
    Outcome,
    Paper,
    Sighting,
    Summary,
    closing_time,
    utc,
)
from assay.papers.passages import Passage
from assay.sources.reading import Reading
from assay.store import Store

_EXTRACTIVE: Final = Extractive()
_TRUST = (Origin.CATALOGUE, Origin.MODEL, Origin.EXTRACTIVE, Origin.DIGEST)
_ARXIV = {"arxiv", "arxiv-news"}
"""The sources that follow arXiv's calendar of announcements."""
_HOLIDAYS = {(1, 1): "New Year's Day", (12, 25): "Christmas Day"}
"""Days on which other sources list nothing."""


def read_day(
    store: Store,
    day: date,
    *,
    now: datetime,
    summariser: Summariser = _EXTRACTIVE,
    languages: Collection[str] | None = None,
) -> Day:
    """The day as the store knows it at the moment ``now``.

    Args:
        store: where all records are.
        day: the listing day.
        now: decides whether the day is over.
        summariser: summarises the papers that have no summary yet.
        languages: those whose summaries are checked, which takes some 10 ms each; see `add_checks`.
    """
    sightings = store.sightings(day)
    ids = {sighting.paper for sighting in sightings}
    papers = store.papers(ids)
    bare_day = assemble(
        day,
        papers=papers,
        sightings=sightings,
        summaries=store.summaries(ids),
        claims=store.claims(ids),
        attempts=store.attempts(day),
        now=now,
        summariser=summariser,
    )
    passages = {key: passages_of(text) for key, text in store.fulltexts(ids).items()}
    return add_checks(bare_day, papers, passages, languages=languages)


def read_dossier(store: Store, paper: str) -> Dossier | None:
    """All that the store knows of one paper, by its arXiv id; ``None`` if it does not know it."""
    record = store.paper(paper)
    if record is None:
        return None
    entry = catalogue().get(paper)
    texts = _by_language(record, store.summaries([paper]).get(paper, ()), _EXTRACTIVE)
    fulltext = store.fulltext(paper)
    dossier = Dossier(
        paper=record,
        name=entry.name if entry else "",
        room=entry.room if entry else "",
        summary={language: summary.languages[language] for language, summary in texts.items()},
        summary_origin={language: summary.origin for language, summary in texts.items()},
        summary_note={language: summary.note for language, summary in texts.items() if summary.note},
        claims=tuple(store.claims([paper]).get(paper, ())),
        facts=entry.facts if entry else (),
        sightings=tuple(store.sightings_of(paper)),
    )
    return dossier.model_copy(update={"checks": _checks(dossier, record, passages_of(fulltext) if fulltext else ())})


def day_of(day: date, readings: Sequence[Reading]) -> Day:
    """A closed day made of readings of files alone."""
    papers: dict[str, Paper] = {}
    summaries: dict[str, list[Summary]] = {}
    for reading in readings:
        for paper in reading.papers:
            papers.setdefault(paper.id, paper)
        for summary in reading.summaries:
            summaries.setdefault(summary.paper, []).append(summary)
    sightings = [sighting for reading in readings for sighting in reading.sightings if sighting.day == day]
    bare_day = assemble(
        day,
        papers=papers,
        sightings=sightings,
        summaries=summaries,
        claims={key: claims for reading in readings for key, claims in reading.claims.items()},
        attempts=(),
        now=closing_time(day),
    )
    return add_checks(bare_day, papers)


def assemble(
    day: date,
    *,
    papers: Mapping[str, Paper],
    sightings: Sequence[Sighting],
    summaries: Mapping[str, Sequence[Summary]],
    claims: Mapping[str, Sequence[Claim]],
    attempts: Sequence[Attempt],
    now: datetime,
    summariser: Summariser = _EXTRACTIVE,
) -> Day:
    """Make the day out of its sightings.

    Papers are ordered by votes, then by the best place that any source gave them. The votes shown are the most that
    any sighting had: votes are given far more often than taken back, and recordings often do not say when they were
    made.
    """
    closing = closing_time(day)
    sightings_of: dict[str, list[Sighting]] = {}
    for sighting in sightings:
        sightings_of.setdefault(sighting.paper, []).append(sighting)
    rooms = catalogue()
    first_readings = _first_readings(sightings, attempts, closing)

    rows = []
    for key, own in sightings_of.items():
        paper = papers[key]
        votes = max((s.votes for s in own if s.votes is not None), default=None)
        rank = min((s.rank for s in own if s.rank is not None), default=len(sightings_of))
        moments = [s.seen_at for s in own if s.seen_at is not None]
        added_since = len(moments) == len(own) and _came_later(own, first_readings, closing)
        texts = _by_language(paper, summaries.get(key, ()), summariser)
        rows.append(
            (
                (votes is None, -(votes or 0), rank, key),
                DayPaper(
                    id=key,
                    title=paper.title,
                    authors=paper.authors,
                    votes=votes,
                    rank=rank,
                    first_seen=min(moments, default=None),
                    added_since=added_since,
                    sources=tuple(sorted({s.source for s in own})),
                    thumbnail_url=paper.thumbnail_url,
                    summary={language: summary.languages[language] for language, summary in texts.items()},
                    summary_origin={language: summary.origin for language, summary in texts.items()},
                    summary_note={language: summary.note for language, summary in texts.items() if summary.note},
                    claims=tuple(claims.get(key, ())),
                    facts=rooms[key].facts if key in rooms else (),
                    room=rooms[key].room if key in rooms else "",
                ),
            )
        )
    rows.sort(key=lambda row: row[0])
    day_papers = tuple(paper.model_copy(update={"rank": place}) for place, (_, paper) in enumerate(rows, 1))

    attempts = [attempt for attempt in attempts if attempt.outcome is not Outcome.BUSY]  # they read nothing
    moments = [s.seen_at for s in sightings if s.seen_at] + [a.at for a in attempts if a.at]
    as_of = max(moments, default=None)
    state, reason = _full_state(day, as_of, attempts, now) if day_papers else _empty_state(day, attempts, now)
    return Day(date=day, state=state, reason=reason, as_of=as_of, papers=day_papers)


def add_checks(
    day: Day,
    papers: Mapping[str, Paper],
    passages: Mapping[str, Sequence[Passage]] | None = None,
    *,
    languages: Collection[str] | None = None,
) -> Day:
    """The day with its summaries checked against their papers, except extractive ones, whose figures are quotes.

    Args:
        day: the day, without checks.
        papers: all papers of the day, by id.
        passages: the full texts at hand, by the paper's id.
        languages: check summaries in these only, and in the first there is where a paper has none in these; ``None``
            for all languages.
    """
    full = passages or {}
    return day.model_copy(
        update={
            "papers": tuple(
                paper.model_copy(update={"checks": _checks(paper, papers[paper.id], full.get(paper.id, ()), languages)})
                for paper in day.papers
            )
        }
    )


def _checks(
    record: DayPaper | Dossier, paper: Paper, passages: Sequence[Passage], languages: Collection[str] | None = None
) -> dict[str, Check]:
    entry = catalogue().get(paper.id)
    selection = set(record.summary if languages is None else languages)
    if selection and selection.isdisjoint(record.summary):
        selection = {min(record.summary, default="")}
    return {
        language: check(parts, paper, language=language, passages=passages, claims=entry.evidence() if entry else ())
        for language, parts in record.summary.items()
        if language in selection and record.summary_origin[language] is not Origin.EXTRACTIVE
    }


def _by_language(paper: Paper, summaries: Iterable[Summary], summariser: Summariser) -> dict[str, Summary]:
    """The most trustworthy summary in each language, the fullest where several have the same origin.

    A stored extractive summary counts for its note, which says why there is no other; it no longer counts once the
    abstract has changed.
    """
    fresh = [summariser.summarise(paper)] if paper.abstract else []
    still = [summary.languages for summary in fresh]
    candidates = [each for each in summaries if each.origin is not Origin.EXTRACTIVE or each.languages in still]
    candidates += fresh
    best: dict[str, Summary] = {}
    for summary in sorted(candidates, key=_preference):
        for language in sorted(summary.languages):
            if summary.languages[language].text():
                best.setdefault(language, summary)
    return best


def _preference(summary: Summary) -> tuple[int, int, str, str]:
    length = sum(len(parts.text()) for parts in summary.languages.values())
    return _TRUST.index(summary.origin), -length, summary.source, str(summary.day)


def _came_later(sightings: Sequence[Sighting], first_readings: Mapping[str, datetime], closing: datetime) -> bool:
    """Whether a paper was first seen after the close, by a source that had been read before and had not listed it."""
    moment, source = min((s.seen_at, s.source) for s in sightings if s.seen_at)
    return moment > closing and moment > first_readings.get(source, moment)


def _first_readings(
    sightings: Sequence[Sighting], attempts: Sequence[Attempt], closing: datetime
) -> dict[str, datetime]:
    """When each source had been read for the first time: completely, or as far as it went while the day was open."""
    readings = [(a.source, a.at) for a in attempts if a.at and a.outcome in {Outcome.OK, Outcome.EMPTY}]
    readings += [(s.source, s.seen_at) for s in sightings if s.seen_at and s.seen_at <= closing]
    first: dict[str, datetime] = {}
    for source, moment in readings:
        first[source] = min(moment, first.get(source, moment))
    return first


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
