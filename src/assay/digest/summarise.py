"""What writes summaries: the interface, and the writer that is always there."""

from typing import Protocol

from assay.digest.extractive import extract
from assay.papers.models import Paper, Summary
from assay.writing.instructions import blank, instructions


class Summariser(Protocol):
    """Anything that can summarise a paper at once. Models take their time: `assay.digest.write` has them work ahead."""

    @property
    def name(self) -> str:
        """Who writes, as the reader is told: ``extractive``, or the name of a model."""

    def summarise(self, paper: Paper) -> Summary:
        """Summarise one paper. Never fails for want of words: a part that cannot be filled is empty."""


class Extractive:
    """Summaries made of the abstract's own sentences: no key, no network, always the same."""

    name = "extractive"

    def summarise(self, paper: Paper) -> Summary:
        """Summarise one paper by `assay.digest.extractive.extract`, without sentences that instruct their reader."""
        abstract = blank(paper.abstract, instructions(paper.abstract))
        return extract(paper.model_copy(update={"abstract": abstract}))
