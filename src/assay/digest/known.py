"""What is known of papers: the texts that a summary, or any other text, is held against."""

from collections.abc import Collection, Mapping, Sequence

from assay.digest.extracting import passages_of
from assay.papers.catalogue import catalogue
from assay.papers.models import Claim, Paper
from assay.papers.passages import Passage
from assay.store import Store


class Known:
    """What is known of some papers."""

    def __init__(self, store: Store, ids: Collection[str], against: Mapping[str, Paper] | None = None) -> None:
        """Read it.

        Args:
            store: where it is.
            ids: of which papers.
            against: papers by id, for texts that the store does not have.
        """
        self._papers, self._texts, self._against = store.papers(ids), store.fulltexts(ids), against or {}

    def paper(self, key: str) -> Paper | None:
        """The paper, with an abstract if there is one anywhere; ``None`` if nothing is known of it."""
        paper = self._papers.get(key)
        return paper if paper is not None and paper.abstract else self._against.get(key, paper)

    def passages(self, key: str) -> Sequence[Passage]:
        """Its full text, where that was read."""
        return passages_of(self._texts[key]) if key in self._texts else ()

    @staticmethod
    def claims(key: str) -> Sequence[Claim]:
        """What was noted of it."""
        entry = catalogue().get(key)
        return entry.evidence() if entry else ()
