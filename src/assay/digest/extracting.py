"""Reads claims out of papers a batch at a time: here, or on a cluster."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from assay.papers.models import Claim, Paper
from assay.papers.text import counted
from assay.store import KeptText

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.cluster import Cluster
    from assay.papers.passages import Passage

Batch = list[tuple[Paper, KeptText | None]]
"""Papers, each with its full text where one is kept."""
Extractor = Callable[[Iterable[Batch]], Iterator[tuple[Batch, list[list[Claim]]]]]
"""Reads batches, and hands each over with the claims of its papers when it is done; in any order."""


def read_batch(batch: Batch) -> list[list[Claim]]:
    """The claims of each paper of a batch."""
    return [_read_claims(paper, text) for paper, text in batch]


def extract_here(batches: Iterable[Batch]) -> Iterator[tuple[Batch, list[list[Claim]]]]:
    """Read one batch after the other in this process."""
    for batch in batches:
        yield batch, read_batch(batch)


def extract_on(cluster: "Cluster") -> Extractor:
    """How to read batches on a cluster, each as a task that asks for one CPU.

    A batch whose worker dies is read again; what cannot be read all the same ends in a ValueError, once the others are
    handed over.
    """
    from assay.cluster import Work  # noqa: PLC0415 - who reads here needs none

    def extract(batches: Iterable[Batch]) -> Iterator[tuple[Batch, list[list[Claim]]]]:
        sent: dict[int, Batch] = {}
        problem, unread = "", 0

        def works() -> Iterator[Work[int]]:
            for number, batch in enumerate(batches):
                sent[number] = batch
                yield Work(number, (batch,))

        for done in cluster.run(read_batch, works(), depth=2):
            batch = sent.pop(done.key)
            if done.value is None:
                problem, unread = done.problem, unread + len(batch)
            else:
                yield batch, done.value
        if problem:
            raise ValueError(f"the claims of {counted(unread, 'paper')} were not read on the cluster: {problem}")

    return extract


def _read_claims(paper: Paper, text: KeptText | None) -> list[Claim]:
    """The claims of a paper's abstract and full text; those of the full text alone say which version of it was read."""
    from assay.claims.extract import extract  # noqa: PLC0415 - most commands that open the store extract nothing

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
