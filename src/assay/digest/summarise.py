"""Summarises a paper without a model: no key, no network, always the same."""

from assay.digest.extractive import extract
from assay.papers.models import Paper, Summary
from assay.writing.instructions import blank, instructions


def summarise(paper: Paper) -> Summary:
    """A summary made of the abstract's own sentences, but for those that instruct their reader.

    Any abstract will do: a part that cannot be filled is empty.
    """
    abstract = blank(paper.abstract, instructions(paper.abstract))
    return extract(paper.model_copy(update={"abstract": abstract}))
