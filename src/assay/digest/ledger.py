"""Keeps the ledger of claims up to date with the papers' texts, and finds what changed when a text did."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

from assay.digest.extracting import Batch, Extractor, extract_here
from assay.papers.models import Paper
from assay.store import ClaimQuery, Revision, Store

if TYPE_CHECKING:
    from assay.claims.errata import Conflict, Errata, Erratum

_BATCH = 200
"""How many papers' claims are stored together: the most that an interruption can lose."""


def bring_up_to_date(
    store: Store,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    extractor: Extractor = extract_here,
) -> int:
    """Extract the claims of all papers whose text, or the rules of extraction, changed since it was last done.

    Each batch is stored for good once it is done, so that the next call goes on where this one was interrupted. With
    nothing to do it costs one query.

    Args:
        store: the papers, and where their claims go.
        progress: called with how many papers are done, and of how many, after each batch.
        extractor: reads the claims of batches: here, or elsewhere. It is this process that reads and writes the store.

    Returns:
        How many papers were read.
    """
    from assay.claims.extract import EDITION  # noqa: PLC0415 - most commands that open the store extract nothing

    queue = store.papers_to_extract(EDITION)
    if not queue:
        return 0
    done = 0
    for batch, claims in extractor(_batches(store, queue)):
        store.keep_extractions(
            EDITION, [(paper, text, read) for (paper, text), read in zip(batch, claims, strict=True)]
        )
        done += len(batch)
        progress(done, len(queue))
    return len(queue)


def _batches(store: Store, queue: Sequence[str]) -> Iterator[Batch]:
    for start in range(0, len(queue), _BATCH):
        ids = queue[start : start + _BATCH]
        papers, texts = store.papers(ids), store.fulltexts(ids)
        yield [(paper, texts.get(key)) for key, paper in papers.items()]


def read_errata(store: Store, *, paper: str | None = None, since: date | None = None) -> "Errata":
    """The changes in the claims of papers whose text changed, and the claims that sources disagree on; latest first.

    Args:
        store: where papers and claims are.
        paper: of this paper only, by its arXiv id.
        since: only texts that were read on this day or later, and disagreements in papers listed since.
    """
    from assay.claims.errata import Errata  # noqa: PLC0415 - see above

    errata = [
        erratum
        for key, revisions in store.revisions(paper).items()
        for erratum in _errata_of(key, revisions)
        if since is None or (erratum.seen is not None and erratum.seen >= since)
    ]
    errata.sort(key=lambda erratum: (str(erratum.seen or ""), erratum.paper), reverse=True)
    return Errata(changes=tuple(errata), conflicts=tuple(_conflicts(store, paper, since)))


def _errata_of(key: str, revisions: Sequence[Revision]) -> "Iterator[Erratum]":
    from assay.claims.errata import Erratum, changes  # noqa: PLC0415 - see above

    # A digest lists titles alone; the abstract that follows corrects nothing.
    texts = [revision for revision in revisions if revision.abstract]
    for before, after in pairwise(texts):
        differences = changes(_paper(before), _paper(after))
        if differences:
            yield Erratum(
                paper=key,
                title=after.title,
                version=after.version,
                seen=date.fromisoformat(after.seen[:10]) if after.seen else None,
                changes=differences,
            )


def _paper(revision: Revision) -> Paper:
    return Paper(id=revision.paper, title=revision.title, abstract=revision.abstract)


def _conflicts(store: Store, paper: str | None, since: date | None) -> "Iterator[Conflict]":
    from assay.claims.errata import Conflict  # noqa: PLC0415 - see above

    for line in store.ledger(ClaimQuery(paper=paper, since=since, disputed=True)):
        yield Conflict(paper=line.paper, title=line.title, day=line.day, claim=line.claim)
