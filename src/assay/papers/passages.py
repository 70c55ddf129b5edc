"""A paper's text in named passages (title, abstract, section, table, caption), so that a quote can name its place."""

from typing import NamedTuple


class Passage(NamedTuple):
    """One part of a paper and its text."""

    part: str
    """``title``, ``abstract``, the heading of a section, ``Table 3`` or ``Figure 2 caption``; unique in a paper."""
    text: str
    """Normalised by `assay.papers.text.normalise`; a table has a line for its caption and one for each row."""
