"""The interface of all summarisers, and the extractive one, which needs no model."""

from typing import Protocol

from assay.digest.extractive import extract
from assay.papers.models import Paper, Summary
from assay.writing.instructions import blank, instructions


class Summariser(Protocol):
    """Anything that can summarise a paper at once. Models are slow: `assay.digest.write` runs them ahead of time."""

    @property
    def name(self) -> str:
        """The writer's name for readers: ``extractive``, or the name of a model."""

    def summarise(self, paper: Paper) -> Summary:
        """Summarise one paper. Any abstract will do: a part that cannot be filled is empty."""


class Extractive:
    """Summaries made of the abstract's own sentences: no key, no network, always the same."""

    name = "extractive"

    def summarise(self, paper: Paper) -> Summary:
        """Summarise one paper by `assay.digest.extractive.extract`, without sentences that instruct their reader."""
        abstract = blank(paper.abstract, instructions(paper.abstract))
        return extract(paper.model_copy(update={"abstract": abstract}))
