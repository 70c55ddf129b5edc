"""Adds to a day what its papers' own records say: version, withdrawal, remarks, links; and who was listed before."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from assay.papers.models import Day, DayPaper, Paper
from assay.store import Store

_SHARED: Final = sorted(DayPaper.model_fields.keys() & Paper.model_fields.keys() - {"id"})


def read_particulars(store: Store, day: Day) -> Day:
    """The day with the particulars of its papers, as the store knows them."""
    ids = [paper.id for paper in day.papers]
    return add_particulars(day, store.papers(ids), store.days_listing(ids))


def add_particulars(day: Day, papers: Mapping[str, Paper], days: Mapping[str, Sequence[date]]) -> Day:
    """The day with the particulars of its papers.

    Args:
        day: the day, whose papers have at least what the day itself says of them.
        papers: the records of its papers, by id.
        days: all days that list each of them, the first of them first.
    """
    return day.model_copy(
        update={
            "papers": tuple(
                paper.model_copy(
                    update={name: getattr(papers[paper.id], name) for name in _SHARED}
                    | {"earlier_days": tuple(each for each in days.get(paper.id, ()) if each < day.date)}
                )
                for paper in day.papers
            )
        }
    )
