"""A reader's list and her own days."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assay.papers.models import Day, DayPaper, DayState, Paper, Sighting
from assay.reader.day import only_unread, with_marks, without_hidden
from assay.reader.interests import Follow, FollowKind, Phrase
from assay.reader.mine import Order, Wanted, my_list
from assay.reader.records import Mark
from assay.reader.shelf import Shelf, open_shelf
from assay.store import Store, open_store

DAY = date(2099, 12, 2)
IDS = [f"9912.0000{number}" for number in range(1, 8)]
STARRED, READ, HIDDEN, TAGGED, NOTED, ADDED, UNTOUCHED = IDS
ELSEWHERE = "9912.99999"


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store("sqlite://") as store:
        papers = [
            Paper(id=key, title=f"Toy {number} flies", categories=("cs.CL",)) for number, key in enumerate(IDS, 1)
        ]
        sightings = [Sighting(paper=key, source="arxiv", day=DAY) for key in IDS[:-2]]
        store.add(source="arxiv", papers=papers, sightings=sightings)
        yield store


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with open_shelf(tmp_path / "readers.db") as shelf:
        shelf.mark([ELSEWHERE, STARRED], Mark.STARRED, at=datetime(2099, 1, 1, tzinfo=UTC))
        shelf.mark([READ, ELSEWHERE], Mark.READ, at=datetime(2099, 1, 2, tzinfo=UTC))
        shelf.mark([HIDDEN], Mark.HIDDEN, at=datetime(2099, 1, 3, tzinfo=UTC))
        shelf.mark([ADDED], Mark.ADDED, at=datetime(2099, 1, 4, tzinfo=UTC))
        shelf.tag(TAGGED, ["KV cache", "later"])
        shelf.note(NOTED, "try it")
        shelf.saw([UNTOUCHED], DAY)
        yield shelf


@pytest.mark.parametrize(
    ("wanted", "papers"),
    [
        ({}, [ADDED, READ, ELSEWHERE, STARRED, NOTED, TAGGED]),
        ({"starred": True}, [ELSEWHERE, STARRED]),
        ({"starred": True, "unread": True}, [STARRED]),
        ({"unread": True}, [ADDED, STARRED, NOTED, TAGGED]),
        ({"hidden": True}, [HIDDEN]),
        ({"hidden": True, "starred": True}, []),
        ({"noted": True}, [NOTED]),
        ({"tags": ("kv CACHE",)}, [TAGGED]),
        ({"tags": ("later", "kv cache")}, [TAGGED]),
        ({"tags": ("later", "never")}, []),
        ({"query": "toy -4"}, [ADDED, READ, STARRED, NOTED]),
        ({"query": "toy", "starred": True}, [STARRED]),
        ({"since": datetime(2099, 1, 2, tzinfo=UTC)}, [ADDED, READ, ELSEWHERE]),
        ({"since": datetime(2099, 1, 3, tzinfo=UTC), "hidden": True}, [HIDDEN]),
        ({"since": datetime(2099, 1, 4, 0, 1, tzinfo=UTC)}, []),
    ],
)
def test_the_list_is_filtered(shelf: Shelf, store: Store, wanted: dict[str, Any], papers: list[str]) -> None:
    found = [paper.id for paper in my_list(shelf, store, Wanted(**wanted))]
    assert sorted(found) == sorted(papers)
    timed = [paper for paper in found if paper in {ADDED, READ, ELSEWHERE, STARRED}]
    assert timed == [paper for paper in papers if paper in timed]  # the latest first; notes and tags are of now


def test_the_list_says_what_is_known(shelf: Shelf, store: Store) -> None:
    by_id = {paper.id: paper for paper in my_list(shelf, store, Wanted())}
    assert (by_id[STARRED].title, by_id[STARRED].day) == ("Toy 1 flies", DAY)
    assert (by_id[ADDED].title, by_id[ADDED].day) == ("Toy 6 flies", None)
    assert (by_id[ELSEWHERE].title, by_id[ELSEWHERE].day) == ("", None)
    assert by_id[NOTED].marks.notes[0].text == "try it"


def test_what_is_followed_is_all_of_the_archive_but_what_is_hidden(shelf: Shelf, store: Store) -> None:
    assert my_list(shelf, store, Wanted(followed=True)) == []
    toys, linguistics = Follow(kind=FollowKind.QUERY, value="2"), Follow(kind=FollowKind.CATEGORY, value="cs.CL")
    shelf.follow(toys)
    shelf.follow(linguistics)
    found = {paper.id: paper.follows for paper in my_list(shelf, store, Wanted(followed=True))}
    assert found.keys() == set(IDS) - {HIDDEN}
    assert found[UNTOUCHED] == (linguistics,)
    assert found[READ] == (linguistics, toys)
    assert [paper.id for paper in my_list(shelf, store, Wanted(followed=True, starred=True))] == [STARRED]


def test_a_phrase_brings_the_papers_that_have_it(shelf: Shelf, store: Store) -> None:
    five, none = Phrase(text="toys 5"), Phrase(text="toy 6", weight=-1)
    shelf.want(five)
    shelf.want(none)
    (paper,) = my_list(shelf, store, Wanted(followed=True))
    assert (paper.id, paper.phrases, paper.follows) == (NOTED, (five,), ())
    assert [paper.phrases for paper in my_list(shelf, store, Wanted(noted=True))] == [()]


def test_of_what_is_followed_and_was_never_touched_the_listing_counts(shelf: Shelf, store: Store) -> None:
    shelf.follow(Follow(kind=FollowKind.CATEGORY, value="cs.CL"))
    store.add(source="arxiv", sightings=[Sighting(paper=UNTOUCHED, source="arxiv", day=DAY)])

    def since(moment: datetime) -> set[str]:
        return {paper.id for paper in my_list(shelf, store, Wanted(followed=True, since=moment))}

    assert since(datetime(2099, 12, 2, tzinfo=UTC)) == {UNTOUCHED}
    assert since(datetime(2099, 12, 3, tzinfo=UTC)) == set()
    assert since(datetime(2099, 1, 4, tzinfo=UTC)) == {UNTOUCHED, ADDED}


@pytest.mark.parametrize(
    ("order", "papers"),
    [
        (Order.TOUCHED, [ADDED, READ, ELSEWHERE, STARRED]),
        (Order.LISTED, [READ, STARRED, ADDED, ELSEWHERE]),
        (Order.TITLE, [STARRED, READ, ADDED, ELSEWHERE]),
    ],
)
def test_the_list_is_sorted(shelf: Shelf, store: Store, order: Order, papers: list[str]) -> None:
    found = my_list(shelf, store, Wanted(since=datetime(2098, 1, 1, tzinfo=UTC)), order=order)
    assert [paper.id for paper in found if paper.id in papers] == papers


def test_her_day_has_her_marks(shelf: Shelf) -> None:
    day = Day(
        date=DAY,
        state=DayState.CLOSED,
        papers=tuple(DayPaper(id=key, title=f"Toy {rank}", rank=rank) for rank, key in enumerate(IDS, 1)),
    )
    shelf.saw([TAGGED, NOTED], DAY - timedelta(1), at=datetime(2020, 1, 1, tzinfo=UTC))
    shelf.saw([TAGGED], DAY)
    own = with_marks(day, shelf)
    assert own.marks == shelf.marks(IDS)
    assert own.model_dump(include=set(Day.model_fields)) == day.model_dump()
    assert [paper.id for paper in without_hidden(own).papers] == [key for key in IDS if key != HIDDEN]
    assert [paper.id for paper in only_unread(own).papers] == [STARRED, ADDED, UNTOUCHED]
