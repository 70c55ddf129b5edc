"""The record that each row or section of a digest becomes."""

from typing import NamedTuple

from assay.papers.models import Paper, Sighting, Summary


class Record(NamedTuple):
    """A paper, its place in the digest's day, and the digest's summary of it."""

    paper: Paper
    sighting: Sighting
    summary: Summary
