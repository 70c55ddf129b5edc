"""Keeps the ledger of claims up to date with the papers' texts, and finds what changed when a text did."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

from assay.papers.models import Claim, Paper
from assay.store import ClaimQuery, KeptText, Revision, Store

if TYPE_CHECKING:
    from assay.claims.errata import Conflict, Errata, Erratum
    from assay.papers.passages import Passage

_BATCH = 200
"""How many papers' claims are stored together: the most that an interruption can lose."""


def bring_up_to_date(store: Store, progress: Callable[[int, int], None] = lambda _done, _total: None) -> int:
    """Extract the claims of all papers whose text, or the rules of extraction, changed since it was last done.

    Each batch is stored for good once it is done, so that the next call goes on where this one was interrupted. With
    nothing to do it costs one query.

    Args:
        store: the papers, and where their claims go.
        progress: called with how many papers are done, and of how many, after each batch.

    Returns:
        How many papers were read.
    """
    from assay.claims.extract import EDITION  # noqa: PLC0415 - most commands that open the store extract nothing

    queue = store.papers_to_extract(EDITION)
    for start in range(0, len(queue), _BATCH):
        ids = queue[start : start + _BATCH]
        papers, texts = store.papers(ids), store.fulltexts(ids)
        store.keep_extractions(
            EDITION,
            [(paper, texts.get(key), _read_claims(paper, texts.get(key))) for key, paper in papers.items()],
        )
        progress(min(start + _BATCH, len(queue)), len(queue))
    return len(queue)


def _read_claims(paper: Paper, text: KeptText | None) -> list[Claim]:
    """The claims of a paper's abstract and full text; those of the full text alone say which version of it was read."""
    from assay.claims.extract import extract  # noqa: PLC0415 - see above

    claims = extract(paper, passages_of(text) if text else ())
    version = text.version or None if text else None
    return [
        claim.model_copy(update={"text_version": version}) if claim.source == "paper" else claim for claim in claims
    ]


def passages_of(text: KeptText) -> "Sequence[Passage]":
    """The passages of a full text; none if another version of Assay stored it in a form that this one cannot read."""
    from assay.fulltext import FullText  # noqa: PLC0415 - few papers have one

    try:
        return tuple(FullText.model_validate_json(text.record).passages())
    except ValueError:
        return ()


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
