"""Puts a day together from its sightings, and says how complete and how final its list is.

A day is a growing list. `assemble` is a pure function of its arguments, so that the same records always give the same
day, in whatever order they arrived.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from assay.claims.check import check
from assay.digest.extracting import passages_of
from assay.digest.state import state_of
from assay.digest.summarise import summarise
from assay.papers.catalogue import catalogue
from assay.papers.findings import Check
from assay.papers.models import (
    Attempt,
    Claim,
    Day,
    DayPaper,
    Dossier,
    Origin,
    Outcome,
    Paper,
    Sighting,
    Summary,
    closing_time,
)
from assay.papers.passages import Passage
from assay.sources.reading import Reading
from assay.store import Revision, Store
from assay.store.texts import KeptText, hash_of, text_hash

_TRUST = (Origin.CATALOGUE, Origin.MODEL, Origin.EXTRACTIVE, Origin.DIGEST)
_SHARED = sorted(DayPaper.model_fields.keys() & Paper.model_fields.keys())
"""What a paper has in a day as its own record says it."""
_TOLD = ("summary", "summary_origin", "summary_note", "summary_version")
"""What day and dossier alike say of a paper's summary."""


def read_day(
    store: Store,
    day: date,
    *,
    now: datetime,
    languages: Collection[str] | None = None,
) -> Day:
    """The day as the store knows it at the moment ``now``.

    Args:
        store: where all records are.
        day: the listing day.
        now: decides whether the day is over.
        languages: those whose summaries are checked, which takes some 10 ms each; see `add_checks`.
    """
    sightings = store.sightings(day)
    ids = {sighting.paper for sighting in sightings}
    papers, summaries, texts = store.papers(ids), store.summaries(ids), store.fulltexts(ids)
    bare_day = assemble(
        day,
        papers=papers,
        sightings=sightings,
        summaries=summaries,
        revisions=_revisions(store, papers, summaries),
        claims=store.claims(ids),
        attempts=store.attempts(day),
        now=now,
    )
    known_day = _add_history(bare_day, store.days_listing(ids), {key: text.version for key, text in texts.items()})
    passages = {key: passages_of(text) for key, text in texts.items()}
    return add_checks(known_day, papers, passages, languages=languages)


def read_dossier(store: Store, paper: str) -> Dossier | None:
    """All that the store knows of one paper, by its arXiv id; ``None`` if it does not know it."""
    record = store.paper(paper)
    if record is None:
        return None
    summaries = store.summaries([paper])
    return dossier_of(
        record,
        summaries=summaries.get(paper, ()),
        revisions=_revisions(store, {paper: record}, summaries).get(paper, ()),
        claims=store.claims([paper]).get(paper, ()),
        sightings=store.sightings_of(paper),
        fulltext=store.fulltext(paper),
    )


def dossier_of(
    paper: Paper,
    *,
    summaries: Sequence[Summary],
    revisions: Sequence[Revision],
    claims: Sequence[Claim],
    sightings: Sequence[Sighting],
    fulltext: KeptText | None,
) -> Dossier:
    """The dossier made of a paper's records; the ``revisions`` are needed where a summary is of a former text."""
    entry = catalogue().get(paper.id)
    dossier = Dossier(
        paper=paper,
        name=entry.name if entry else "",
        room=entry.room if entry else "",
        **_told(paper, summaries, revisions),
        claims=tuple(claims),
        facts=entry.facts if entry else (),
        fulltext_version=(fulltext.version or None) if fulltext else None,
        sightings=tuple(sightings),
    )
    return dossier.model_copy(update={"checks": _checks(dossier, paper, passages_of(fulltext) if fulltext else ())})


def day_of_dossiers(
    day: date,
    dossiers: Mapping[str, Dossier],
    *,
    sightings: Sequence[Sighting],
    attempts: Sequence[Attempt],
    now: datetime,
) -> Day:
    """The day as `read_day` has it, made of the dossiers of its papers."""
    bare_day = assemble(
        day,
        papers={key: dossier.paper for key, dossier in dossiers.items()},
        sightings=sightings,
        summaries={},
        claims={key: dossier.claims for key, dossier in dossiers.items()},
        attempts=attempts,
        now=now,
        dossiers=dossiers,
    )
    known_day = _add_history(
        bare_day,
        {key: sorted(dossier.days) for key, dossier in dossiers.items()},
        {key: dossier.fulltext_version or 0 for key, dossier in dossiers.items()},
    )
    papers = (each.model_copy(update={"checks": dossiers[each.id].checks}) for each in known_day.papers)
    return known_day.model_copy(update={"papers": tuple(papers)})


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


def assemble(  # noqa: PLR0913 - each kind of record has its name
    day: date,
    *,
    papers: Mapping[str, Paper],
    sightings: Sequence[Sighting],
    summaries: Mapping[str, Sequence[Summary]],
    claims: Mapping[str, Sequence[Claim]],
    attempts: Sequence[Attempt],
    now: datetime,
    revisions: Mapping[str, Sequence[Revision]] = MappingProxyType({}),
    dossiers: Mapping[str, Dossier] = MappingProxyType({}),
) -> Day:
    """Make the day out of its sightings.

    Papers are ordered by votes, then by the best place that any source gave them. The votes shown are the most that
    any sighting had: votes are given far more often than taken back, and recordings often do not say when they were
    made. The ``revisions`` tell of which version a model's summary is, where that is not the paper's; of papers that
    have a dossier, summaries are taken from there.
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
        if key in dossiers:
            told = {name: getattr(dossiers[key], name) for name in _TOLD}
        else:
            told = _told(paper, summaries.get(key, ()), revisions.get(key, ()))
        rows.append(
            (
                (votes is None, -(votes or 0), rank, key),
                DayPaper(
                    **{name: getattr(paper, name) for name in _SHARED},
                    votes=votes,
                    rank=rank,
                    first_seen=min(moments, default=None),
                    added_since=added_since,
                    sources=tuple(sorted({s.source for s in own})),
                    **told,
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
    state, reason = state_of(day, attempts, now, is_empty=not day_papers, as_of=as_of)
    return Day(date=day, state=state, reason=reason, as_of=as_of, papers=day_papers)


def _add_history(day: Day, days: Mapping[str, Sequence[date]], fulltext_versions: Mapping[str, int]) -> Day:
    """The day with what else is known of its papers: the days that list them too, the version of their full text."""
    papers = (
        paper.model_copy(
            update={
                "earlier_days": tuple(each for each in days.get(paper.id, ()) if each < day.date),
                "fulltext_version": fulltext_versions.get(paper.id) or None,
            }
        )
        for paper in day.papers
    )
    return day.model_copy(update={"papers": tuple(papers)})


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


def _told(paper: Paper, summaries: Iterable[Summary], revisions: Sequence[Revision]) -> dict[str, Any]:
    """A paper's summary in each language, how it came about, and what has to be said of it."""
    texts = _by_language(paper, summaries)
    told = (
        {language: summary.languages[language] for language, summary in texts.items()},
        {language: summary.origin for language, summary in texts.items()},
        {language: summary.note for language, summary in texts.items() if summary.note},
        _earlier_versions(paper, texts, revisions),
    )
    return dict(zip(_TOLD, told, strict=True))


def _by_language(paper: Paper, summaries: Iterable[Summary]) -> dict[str, Summary]:
    """The most trustworthy summary in each language, the fullest where several have the same origin.

    A stored extractive summary counts for its note, which says why there is no other; it no longer counts once the
    abstract has changed.
    """
    fresh = [summarise(paper)] if paper.abstract else []
    still = [summary.languages for summary in fresh]
    candidates = [each for each in summaries if each.origin is not Origin.EXTRACTIVE or each.languages in still]
    candidates += fresh
    best: dict[str, Summary] = {}
    for summary in sorted(candidates, key=_preference):
        for language in sorted(summary.languages):
            if summary.languages[language].text():
                best.setdefault(language, summary)
    return best


def _revisions(
    store: Store, papers: Mapping[str, Paper], summaries: Mapping[str, Sequence[Summary]]
) -> dict[str, Sequence[Revision]]:
    """The former texts of those papers of which a model summarised another text than they have now."""
    ids = [key for key, own in summaries.items() if any(_is_of_another_text(summary, papers[key]) for summary in own)]
    return {key: store.revisions(key).get(key, ()) for key in ids}


def _is_of_another_text(summary: Summary, paper: Paper) -> bool:
    return summary.origin is Origin.MODEL and _hash_in(summary) not in {"", hash_of(paper)}


def _hash_in(summary: Summary) -> str:
    """The hash of title and abstract that a summary was written from; empty where it is not known."""
    return summary.written_from.rpartition(":")[2]


def _earlier_versions(
    paper: Paper, summaries: Mapping[str, Summary], revisions: Sequence[Revision]
) -> dict[str, int | None]:
    """By language, the version that a model summarised, where title or abstract are others by now."""
    versions: dict[str, int] = {}
    for revision in revisions:
        key = text_hash(revision.title, revision.abstract)
        versions[key] = max(revision.version or 0, versions.get(key, 0))
    return {
        language: versions.get(_hash_in(summary)) or None
        for language, summary in summaries.items()
        if _is_of_another_text(summary, paper)
    }


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
