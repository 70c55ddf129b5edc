"""What writes summaries: the interface, and the writer that is always there."""

from typing import Protocol

from assay.digest.extractive import extract
from assay.papers.models import Paper, Summary


class Summariser(Protocol):
    """Anything that can summarise a paper. What needs a model or a network falls back to `Extractive`."""

    @property
    def name(self) -> str:
        """Who writes, as the reader is told: ``extractive``, or the name of a model."""

    def summarise(self, paper: Paper) -> Summary:
        """Summarise one paper. Never fails for want of words: a part that cannot be filled is empty."""


class Extractive:
    """Summaries made of the abstract's own sentences: no key, no network, always the same."""

    name = "extractive"

    def summarise(self, paper: Paper) -> Summary:
        """Summarise one paper by `assay.digest.extractive.extract`."""
        return extract(paper)
