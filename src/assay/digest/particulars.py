"""Adds to a day, or to a paper, what its record says: version, withdrawal, remarks, links; and what was seen before."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final

from assay.digest.day import read_dossier
from assay.papers.models import Day, DayPaper, Dossier, Paper
from assay.store import Store

_SHARED: Final = sorted(DayPaper.model_fields.keys() & Paper.model_fields.keys() - {"id"})


def read_particulars(store: Store, day: Day) -> Day:
    """The day with the particulars of its papers, as the store knows them."""
    ids = [paper.id for paper in day.papers]
    return add_particulars(day, store.papers(ids), store.days_listing(ids), store.fulltext_versions(ids))


def add_particulars(
    day: Day,
    papers: Mapping[str, Paper],
    days: Mapping[str, Sequence[date]],
    fulltext_versions: Mapping[str, int] = MappingProxyType({}),
) -> Day:
    """The day with the particulars of its papers.

    Args:
        day: the day, whose papers have at least what the day itself says of them.
        papers: the records of its papers, by id.
        days: all days that list each of them, the first of them first.
        fulltext_versions: the version of the full text of those that have one; 0 where it is not known.
    """
    described = []
    for paper in day.papers:
        particulars = {name: getattr(papers[paper.id], name) for name in _SHARED}
        particulars["earlier_days"] = tuple(each for each in days.get(paper.id, ()) if each < day.date)
        particulars["fulltext_version"] = fulltext_versions.get(paper.id) or None
        described.append(paper.model_copy(update=particulars))
    return day.model_copy(update={"papers": tuple(described)})


def read_described_dossier(store: Store, paper: str) -> Dossier | None:
    """All that the store knows of one paper, as `read_dossier` has it, with the version of its full text."""
    dossier = read_dossier(store, paper)
    if dossier is None:
        return None
    return dossier.model_copy(update={"fulltext_version": store.fulltext_versions([paper]).get(paper) or None})
