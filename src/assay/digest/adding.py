"""Brings single papers into the archive, whether a day lists them or not."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from assay.digest.ledger import bring_up_to_date
from assay.digest.refresh import answers
from assay.fulltext import FullText
from assay.papers.models import Line, Noun, Paper, PaperId, Snapshot
from assay.reader.interests import Reference
from assay.sources import arxiv
from assay.sources.client import Client, SourceError
from assay.store import Store

FROM_FILE = "file"
"""The source of papers that are known from a reader's own file alone; arXiv corrects them once it is asked."""


class Fetched(Noun):
    """What arXiv said about papers that were not in the archive."""

    added: tuple[PaperId, ...] = ()
    unknown: tuple[PaperId, ...] = ()
    """Papers that arXiv gives no record of."""
    left: tuple[PaperId, ...] = ()
    """Papers that it was not asked about, because it broke off."""
    problem: Line = ""
    """Why it broke off."""


class Brought(Noun):
    """What became of papers that were to be in the archive."""

    papers: tuple[PaperId, ...] = ()
    """Those that are in it now."""
    new: tuple[PaperId, ...] = ()
    """Those of them that were not."""
    from_file: tuple[PaperId, ...] = ()
    """Those of the new ones that arXiv could not be asked about: what is known of them is a reader's own."""
    unknown: tuple[PaperId, ...] = ()
    """Papers that arXiv gives no record of."""
    unanswered: tuple[PaperId, ...] = ()
    """Papers that it could not be asked about, and of which nothing else is known."""
    problem: Line = ""
    """Why it could not be asked."""

    @property
    def refused(self) -> dict[str, str]:
        """Those that are not in the archive, each with the reason."""
        unanswered = f"arXiv did not answer, and nothing here says what it is; {self.problem}"
        return dict.fromkeys(self.unknown, "arXiv has no record of it") | dict.fromkeys(self.unanswered, unanswered)


def bring_in(
    store: Store,
    papers: Sequence[str],
    fetch: Callable[[list[str]], Fetched],
    *,
    known: Mapping[str, Paper] = MappingProxyType({}),
) -> Brought:
    """Bring papers into the archive: nobody is asked about those that are in it.

    Args:
        store: the archive.
        papers: their arXiv ids.
        fetch: asks arXiv about some of them and stores what it says, as `fetch_papers` does.
        known: what a reader's own files say of some, which has to do where arXiv cannot be asked.
    """
    before = store.papers(papers)
    fetched = fetch(missing) if (missing := [paper for paper in papers if paper not in before]) else Fetched()
    from_file = [paper for paper in fetched.left if paper in known]
    if from_file:
        store.add(source=FROM_FILE, papers=[known[paper] for paper in from_file])
        bring_up_to_date(store)
    stored = store.papers(papers)
    return Brought(
        papers=tuple(stored),
        new=tuple(paper for paper in stored if paper not in before),
        from_file=tuple(from_file),
        unknown=fetched.unknown,
        unanswered=tuple(paper for paper in fetched.left if paper not in stored),
        problem=fetched.problem,
    )


def fetch_papers(
    store: Store,
    client: Client,
    papers: Sequence[str],
    *,
    base_url: str,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Fetched:
    """Ask arXiv about papers, a hundred at a time, and store what it says; extract their claims.

    Each answer is stored for good before the next question, so that the same call completes one that was interrupted.

    Args:
        store: where they go.
        client: asks at arXiv's pace.
        papers: their arXiv ids.
        base_url: of arXiv's API.
        progress: called with how many papers are done, and of how many, after each answer.
    """
    added: list[str] = []
    asked: list[str] = []
    problem = ""
    try:
        for batch, page in answers(client, papers, base_url):
            records = [paper for paper in arxiv.read_feed(page.body).papers if paper.id in batch] if page else []
            store.add(source=arxiv.SOURCE, snapshot=page, papers=records)
            store.mark_refreshed([paper.id for paper in records], _read_at(page))
            added += [paper.id for paper in records]
            asked += batch
            progress(len(asked), len(papers))
    except SourceError as error:
        problem = str(error)
    bring_up_to_date(store)
    return Fetched(
        added=tuple(added),
        unknown=tuple(paper for paper in asked if paper not in set(added)),
        left=tuple(paper for paper in papers if paper not in set(asked)),
        problem=problem,
    )


def paper_of_text(text: FullText) -> Paper | None:
    """What a full text says of its own paper; ``None`` if it has no title."""
    if not text.title:
        return None
    return Paper(id=text.paper, title=text.title, abstract=text.abstract, version=text.version)


def paper_of_reference(work: Reference) -> Paper:
    """What a library says of a paper of arXiv's."""
    return Paper(id=work.arxiv_id, title=work.title, authors=work.authors, abstract=work.abstract)


def _read_at(page: Snapshot | None) -> datetime:
    return page.fetched_at if page and page.fetched_at else datetime.now(UTC)
