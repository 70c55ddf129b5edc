"""What agents are answered: records, so that they get fields and not prose, and no more of them than they asked for."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from itertools import chain, islice
from typing import TypeVar

from pydantic import Field

from assay.digest.adding import Fetched, bring_in, fetch_papers
from assay.papers.catalogue import paper_id, room_of
from assay.papers.ids import abs_url
from assay.papers.mathematics import to_text
from assay.papers.measurement import Evidence, Measurement
from assay.papers.models import ALL_PARTS, Claim, Dossier, Noun, PaperId, Parts
from assay.papers.verdict import Verdict
from assay.publish.measurements import effect_claimed, effect_measured
from assay.publish.results import ResultRow, result_rows
from assay.reader.mine import MyPaper, Wanted, describe, my_list
from assay.reader.records import Mark
from assay.reader.shelf import Shelf
from assay.store import ClaimQuery, LedgerLine
from assay.web.desk import Desk

Thing = TypeVar("Thing")

_MOST_CLAIMS = 40
"""So many claims are told with a paper; `claim` lists the others."""


class Briefly(Noun):
    """A paper in a line."""

    id: PaperId
    title: str
    day: date | None = None
    """The latest day that listed it."""
    votes: int | None = None
    line: str = ""
    """What it says, in a sentence; or the words around what was looked for."""


class Found(Noun):
    """Papers that were looked for, the best first."""

    papers: tuple[Briefly, ...]


class Listed(Noun):
    """The papers of a day."""

    day: date
    state: str
    """Whether the list is whole: closed, provisional, partial and so on."""
    papers: tuple[Briefly, ...]


class Outcome(Noun):
    """What came of a claim when it was tested, in a line."""

    paper: PaperId
    name: str
    claim: str
    """Its key among the paper's claims."""
    claimed: str
    """The claim as an effect."""
    measured: str
    """What was measured, in the same terms."""
    verdict: Verdict
    evidence: Evidence | None = None
    """How much the measurement is worth."""
    device: str


class Results(Noun):
    """What trials found."""

    outcomes: tuple[Outcome, ...] = ()
    """In a line each, where no paper was named."""
    has_more: bool = False
    """Whether there are more than were asked for."""
    rows: tuple[ResultRow, ...] = ()
    """In full, of the paper that was named."""


class Told(Noun):
    """A paper, as far as it is known."""

    id: PaperId
    title: str
    authors: tuple[str, ...]
    name: str = ""
    """Short name, if its method is in Assay's catalogue."""
    link: str
    code: str = ""
    days: tuple[date, ...] = ()
    abstract: str = ""
    summary: dict[str, str] = Field(default_factory=dict)
    """The parts of its summary, in the language that was asked for."""
    summary_by: str = ""
    """Who wrote it: catalogue, model, extractive or digest."""
    claims: tuple[Claim, ...] = ()
    has_more_claims: bool = False
    """Whether the ledger has more claims of it."""
    results: tuple[Outcome, ...] = ()
    """What came of its claims when they were tested."""


class Claimed(Noun):
    """Figures that papers claim, those of the papers listed last first."""

    claims: tuple[LedgerLine, ...]
    has_more: bool = False
    """Whether there are more than were asked for."""


class Mine(Noun):
    """The reader's own papers, those first with which she did something last."""

    papers: tuple[MyPaper, ...]
    has_more: bool = False
    """Whether there are more than were asked for."""


class Kept(Noun):
    """What the reader has of a paper now."""

    id: PaperId
    title: str
    added: bool = False
    """Whether she put it in her list herself."""
    starred: bool = False
    tags: tuple[str, ...] = ()
    notes: int = 0
    """How many she wrote."""


def find(desk: Desk, query: str, limit: int, since: date | None, until: date | None, room: str) -> Found:
    """The papers that have the words of a query."""
    desk.count("searches")
    hits = desk.store.search(query, limit=limit, since=since, until=until, room=room_of(room) if room else None)
    lines = (hit.snippet.replace("\x02", "").replace("\x03", "") for hit in hits)
    return Found(
        papers=tuple(
            Briefly(id=hit.id, title=to_text(hit.title), day=hit.day, line=line)
            for hit, line in zip(hits, lines, strict=True)
        )
    )


def tell(desk: Desk, paper: str, language: str) -> Told:
    """All that is known of a paper."""
    dossier = _known(desk, paper)
    record, shown = dossier.paper, language if language in dossier.summary else next(iter(dossier.summary), "")
    parts = dossier.summary.get(shown)
    claims, has_more = _at_most(dossier.claims, _MOST_CLAIMS)
    return Told(
        id=record.id,
        title=to_text(record.title),
        authors=tuple(record.authors),
        name=dossier.name,
        link=abs_url(record.id),
        code=record.code_url or "",
        days=tuple(dossier.days),
        abstract=to_text(record.abstract),
        summary={part: to_text(text) for part in ALL_PARTS if (text := getattr(parts, part))} if parts else {},
        summary_by=dossier.summary_origin[shown].value if shown else "",
        claims=claims,
        has_more_claims=has_more,
        results=tuple(map(_outcome, desk.measurements().get(record.id, ()))),
    )


def list_day(desk: Desk, day: date | None, language: str) -> Listed:
    """The papers of a day; of the latest one that has papers if none is named."""
    wanted = day or max((each for each, count in desk.days() if count), default=None)
    if wanted is None:
        raise ValueError("the archive has no papers yet; `assay collect` brings some in")
    known = desk.day(wanted)
    papers = [
        Briefly(id=each.id, title=to_text(each.title), votes=each.votes, line=_line(each.summary, language))
        for each in known.papers
    ]
    return Listed(day=wanted, state=known.state.value, papers=tuple(papers))


def claim(desk: Desk, query: ClaimQuery, limit: int) -> Claimed:
    """The claims that meet every condition."""
    claims, has_more = _at_most(desk.store.ledger(query, limit + 1), limit)
    return Claimed(claims=claims, has_more=has_more)


def measure(desk: Desk, paper: str, verdict: Verdict | None, limit: int) -> Results:
    """What trials found of a paper, or of all of them."""
    own = [desk.measurements().get(paper_id(paper), ())] if paper else desk.measurements().values()
    found = [each for each in chain.from_iterable(own) if verdict in {None, each.verdict}]
    if paper:
        return Results(rows=tuple(result_rows(found)))
    some, has_more = _at_most(found, limit)
    return Results(outcomes=tuple(map(_outcome, some)), has_more=has_more)


def show_mine(desk: Desk, reader: str, wanted: Wanted, limit: int) -> Mine:
    """A reader's own papers."""
    papers, has_more = _at_most(my_list(desk.shelf(reader), desk.store, wanted), limit)
    return Mine(papers=papers, has_more=has_more)


def star(desk: Desk, reader: str, paper: str, *, on: bool) -> Kept:
    """Star a paper, or take the star away."""
    return _changed(desk, reader, paper, lambda shelf, key: (shelf.mark if on else shelf.unmark)([key], Mark.STARRED))


def note(desk: Desk, reader: str, paper: str, text: str) -> Kept:
    """Write a note about a paper."""
    return _changed(desk, reader, paper, lambda shelf, key: shelf.note(key, text))


def add(desk: Desk, reader: str, paper: str) -> Kept:
    """Put a paper into the reader's list, and into the archive if it is not there."""
    key = paper_id(paper)

    def fetch(missing: list[str]) -> Fetched:
        if desk.connect is None:
            raise ValueError(f"{key} is not in the archive, and this server asks nobody")
        with desk.connect() as client:
            return fetch_papers(desk.store, client, missing, base_url=desk.arxiv_url)

    for why in bring_in(desk.store, [key], fetch).refused.values():
        raise ValueError(f"{key}: {why}")
    return _changed(desk, reader, key, lambda shelf, key: shelf.mark([key], Mark.ADDED))


def _known(desk: Desk, paper: str) -> Dossier:
    key = paper_id(paper)
    dossier = desk.dossier(key)
    if dossier is None:
        raise ValueError(f"{key} is not in the archive")
    return dossier


def _line(summary: Mapping[str, Parts], language: str) -> str:
    parts = summary.get(language) or next(iter(summary.values()), None)
    return to_text(parts.one_line) if parts else ""


def _outcome(each: Measurement) -> Outcome:
    return Outcome(
        paper=each.paper,
        name=each.name,
        claim=each.claim,
        claimed=effect_claimed(each.claimed),
        measured=effect_measured(each),
        verdict=each.verdict,
        evidence=each.evidence,
        device=each.device,
    )


def _changed(desk: Desk, reader: str, paper: str, change: Callable[[Shelf, str], object]) -> Kept:
    key, shelf = _known(desk, paper).paper.id, desk.shelf(reader)
    change(shelf, key)
    (own,) = describe([key], shelf, desk.store)
    return Kept(
        id=own.id,
        title=to_text(own.title),
        added=own.marks.added is not None,
        starred=own.marks.starred is not None,
        tags=own.marks.tags,
        notes=len(own.marks.notes),
    )


def _at_most(things: Iterable[Thing], most: int) -> tuple[tuple[Thing, ...], bool]:
    """The first of some things, and whether there are more."""
    some = tuple(islice(things, most + 1))
    return some[:most], len(some) > most
