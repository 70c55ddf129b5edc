"""Asks arXiv again for papers that are known: for new versions, withdrawals, remarks and journals."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from assay.claims.errata import Erratum
from assay.digest.ledger import bring_up_to_date, read_errata
from assay.papers.models import Line, Noun, Paper, PaperId, Snapshot
from assay.sources import arxiv
from assay.sources.client import Client, SourceBusy, SourceError, SourceUnreachable
from assay.store import Store

YOUNG: Final = 30
"""Days after its date or first listing in which a paper is young: most new versions and withdrawals come then."""
PATIENCE: Final = timedelta(days=1)
"""So long after arXiv was asked about a paper, a collection does not ask again by the way."""
_BY_THE_WAY: Final = 1_000
"""So many papers of other days a collection asks about at most: ten requests, half a minute at arXiv's pace."""
_BATCH: Final = 100
_MOST_REFUSED: Final = 5
"""After so many papers that arXiv answers with an error one by one, the error is not theirs."""

_WATCHED: Final = (
    "version",
    "withdrawn",
    "title",
    "authors",
    "abstract",
    "categories",
    "comment",
    "journal_ref",
    "doi",
)


class PaperChange(Noun):
    """What is new about a paper that was asked for again."""

    paper: PaperId
    title: Line
    version: int | None
    """The version that is known now."""
    version_before: int | None
    withdrawn: bool
    """Whether it is withdrawn now."""
    changed: tuple[str, ...]
    """The fields of its record that changed, by their names in `assay.papers.models.Paper`."""


class RefreshReport(Noun):
    """What came of asking arXiv again."""

    asked: int = 0
    """How many papers arXiv answered about."""
    changes: tuple[PaperChange, ...] = ()
    unknown: tuple[PaperId, ...] = ()
    """Papers that arXiv gives no record of."""
    errata: tuple[Erratum, ...] = ()
    """What the new versions claim otherwise."""
    left: int = 0
    """How many papers were not asked about, because it broke off; the next refresh asks about them first."""
    problem: Line = ""
    """Why it broke off."""


def refresh(
    store: Store,
    client: Client,
    papers: Sequence[str],
    *,
    base_url: str,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> RefreshReport:
    """Ask arXiv about papers, a hundred at a time, and store what it says; extract the claims of what changed.

    Each answer is stored for good before the next question, with the time it was asked, so that a refresh that was
    interrupted goes on with the others.

    Args:
        store: where the papers are.
        client: asks at arXiv's pace.
        papers: their arXiv ids; all of them must be stored.
        base_url: of arXiv's API.
        progress: called with how many papers are done, and of how many, after each answer.
    """
    changes: list[PaperChange] = []
    unknown: list[str] = []
    done = 0
    problem = ""
    try:
        for batch, page in answers(client, papers, base_url):
            records = arxiv.read_feed(page.body).papers if page else ()
            before = store.papers(batch)
            store.add(source=arxiv.SOURCE, snapshot=page, papers=[paper for paper in records if paper.id in before])
            store.mark_refreshed(batch, page.fetched_at if page and page.fetched_at else datetime.now(UTC))
            changes += _changes(before, store.papers(batch))
            unknown += sorted(set(batch) - {paper.id for paper in records})
            done += len(batch)
            progress(done, len(papers))
    except SourceError as error:
        problem = str(error)
    bring_up_to_date(store)
    return RefreshReport(
        asked=done,
        changes=tuple(changes),
        unknown=tuple(unknown),
        errata=tuple(erratum for change in changes for erratum in _errata(store, change)),
        left=len(papers) - done,
        problem=problem,
    )


def refresh_young(
    store: Store, client: Client, days: Collection[date], *, base_url: str, since: datetime
) -> RefreshReport:
    """Ask arXiv again, after a collection, about the young papers: those of its days, and others not asked for lately.

    Papers that arXiv was asked about since the collection began are left out. What goes wrong is said in the report:
    it must never hold up a day.

    Args:
        store: where the papers are.
        client: asks at arXiv's pace.
        days: the days that were collected.
        base_url: of arXiv's API.
        since: when the collection began.
    """
    first_day = first_young_day(since.date())
    of_these_days = store.papers_to_refresh(first_day, asked_before=since, days=days) if days else []
    others = store.papers_to_refresh(first_day, asked_before=since - PATIENCE, limit=_BY_THE_WAY)
    return refresh(store, client, list(dict.fromkeys([*of_these_days, *others])), base_url=base_url)


def first_young_day(today: date, days: int = YOUNG) -> date:
    """The first day on which a paper may have appeared, or been listed, that is still young."""
    return date.fromordinal(max(today.toordinal() - days, 1))


def answers(client: Client, papers: Sequence[str], base_url: str) -> Iterator[tuple[Sequence[str], Snapshot | None]]:
    """What arXiv says of each batch of papers: its answer, or ``None`` for a single one that it cannot be asked about.

    A batch that it answers with an error is asked again in halves, so that one paper does not hold up a hundred. Where
    it has nothing but errors, the fault is not the papers', and the last error is raised.
    """
    waiting = [papers[start : start + _BATCH] for start in range(0, len(papers), _BATCH)]
    refused: list[Sequence[str]] = []
    error: SourceError | None = None
    while waiting and len(refused) < _MOST_REFUSED:
        batch = waiting.pop(0)
        try:
            (page,) = arxiv.by_ids(client, batch, base_url=base_url, batch=len(batch))
        except (SourceBusy, SourceUnreachable):
            raise
        except SourceError as failure:
            error = failure
            middle = len(batch) // 2
            if middle:
                waiting[:0] = [batch[:middle], batch[middle:]]
            else:
                refused.append(batch)
        else:
            yield batch, page
            for single in refused:
                yield single, None
            refused.clear()
            error = None
    if error is not None:
        raise error


def _errata(store: Store, change: PaperChange) -> Iterator[Erratum]:
    if not {"title", "abstract"}.isdisjoint(change.changed):
        for erratum in read_errata(store, paper=change.paper).changes:
            if erratum.version == change.version:
                yield erratum


def _changes(before: Mapping[str, Paper], after: Mapping[str, Paper]) -> Iterator[PaperChange]:
    """What is news of these papers; that arXiv is asked for the first time makes no news but a withdrawal."""
    for key, paper in after.items():
        old = before[key]
        changed = tuple(name for name in _WATCHED if getattr(old, name) != getattr(paper, name))
        if changed and (old.version is not None or "withdrawn" in changed):
            yield PaperChange(
                paper=key,
                title=paper.title,
                version=paper.version,
                version_before=old.version,
                withdrawn=paper.withdrawn is not None,
                changed=changed,
            )
