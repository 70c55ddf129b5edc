"""Papers of the archive in one reader's own order."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import chain

from assay.papers.models import Day, Paper
from assay.reader.day import OwnDay
from assay.reader.following import followed
from assay.reader.interests import Interests
from assay.reader.ranking import Near, Ranked, rank
from assay.reader.shelf import Shelf
from assay.store import Store
from assay.writing.terms import Glossary

Background = Callable[[date], Sequence[Paper]]
"""Gives papers of the days before a day, which tell what is usual."""


def in_own_order(day: OwnDay, shelf: Shelf, store: Store, *, glossary: Glossary, near: Near | None = None) -> OwnDay:
    """The day with its papers in the order in which the reader would want them, and why.

    Args:
        day: the day.
        shelf: the reader's own things.
        store: the archive that has the day; its days before this one tell what is usual.
        glossary: in which phrases of another language have their English words.
        near: finds papers for phrases whose words none has; see `assay.reader.nearness`.
    """
    return arranged(day, order_day(day, shelf, store, glossary=glossary, near=near))


def order_day(
    day: Day,
    shelf: Shelf,
    store: Store,
    *,
    glossary: Glossary,
    near: Near | None = None,
    background: Background | None = None,
) -> list[Ranked]:
    """The papers of a day in the order in which the reader would want them; see `in_own_order` and `order_papers`."""
    votes = {paper.id: paper.votes for paper in day.papers}
    return order_papers(
        shelf, store, list(votes), votes=votes, before=day.date, glossary=glossary, near=near, background=background
    )


def arranged(day: OwnDay, ranked: Sequence[Ranked]) -> OwnDay:
    """The day with its papers in a reader's order, as it was found for them."""
    papers = {paper.id: paper for paper in day.papers}
    in_order = (papers[each.paper].model_copy(update={"rank": place}) for place, each in enumerate(ranked, 1))
    return day.model_copy(update={"papers": tuple(in_order), "ranked": {each.paper: each for each in ranked}})


def order_papers(
    shelf: Shelf,
    store: Store,
    ids: Sequence[str],
    *,
    votes: Mapping[str, int | None],
    before: date,
    glossary: Glossary,
    near: Near | None = None,
    background: Background | None = None,
) -> list[Ranked]:
    """Put papers in the order in which the reader would want them, and say why.

    Args:
        shelf: the reader's own things.
        store: the archive that has the papers.
        ids: of the papers.
        votes: of each.
        before: a day; what is usual is told by the days before it.
        glossary: in which phrases of another language have their English words.
        near: finds papers for phrases whose words none has; see `assay.reader.nearness`.
        background: gives the papers before a day, for whoever keeps them; `papers_before`, if left out.
    """
    interests = shelf.interests(store)
    is_compared = _learns(interests) or (near and interests.phrases)
    return rank(
        list(store.papers(ids).values()),
        interests,
        background=(background(before) if background else papers_before(store, before)) if is_compared else (),
        votes=votes,
        claims=store.claims(ids),
        followed=followed(interests.follows, store, list(ids)),
        glossary=glossary,
        near=near,
    )


def papers_before(store: Store, day: date, most: int = 500) -> list[Paper]:
    """Papers of the days before a day, the latest days first, until there are enough of them."""
    ids: dict[str, None] = {}
    for earlier, _ in reversed([each for each in store.days() if each[0] < day and each[1]]):
        ids |= dict.fromkeys(sighting.paper for sighting in store.sightings(earlier))
        if len(ids) >= most:
            break
    return list(store.papers(ids).values())


def load_ahead() -> None:
    """Load what learning from stars needs, over a second's worth, before a reader waits for it."""
    for name in ("sklearn.svm", "sklearn.feature_extraction"):
        importlib.import_module(name)


def _learns(interests: Interests) -> bool:
    return any(chain(interests.starred, interests.library, interests.hidden))
