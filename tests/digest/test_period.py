"""A week and a month as the store knows them: papers by votes, terms against before, the surest large claims."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from tests.papers.measured import measurement

from assay.digest.period import list_day, read_period
from assay.papers.models import Claim, DayState, Dossier, Paper, Sighting
from assay.papers.period import Period, read_span
from assay.store import Store, open_store

NOW = datetime(2099, 12, 31, 12, tzinfo=UTC)
WEEK = read_span("2099-W49")
MONDAY = date(2099, 11, 30)


def claim(key: str, value: float, kind: str = "times", unit: str = "x") -> Claim:
    return Claim.model_validate(
        {"key": key, "value": value, "unit": unit, "kind": kind, "metric": "speed", "source": "abstract"}
    )


def add(
    store: Store, number: int, day: date, votes: int, title: str = "Toys", abstract: str = "A lake.", **more: Claim
) -> None:
    paper = Paper(id=f"9911.{number:05}", title=title, abstract=abstract)
    sighting = Sighting(paper=paper.id, source="huggingface", day=day, rank=1, votes=votes)
    claims = {paper.id: tuple(more.values())} if more else None
    store.add(source="huggingface", papers=[paper], sightings=[sighting], claims=claims)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "assay.db") as store:
        yield store


def read(store: Store, name: str = "2099-W49") -> Period:
    span = read_span(name)
    assert span is not None
    return read_period(store, span, now=NOW, leading=lambda dossier: dossier.claims)


def test_papers_come_by_their_most_votes_and_once(store: Store) -> None:
    add(store, 1, MONDAY, 5)
    add(store, 1, MONDAY + timedelta(days=2), 9)
    add(store, 2, MONDAY + timedelta(days=1), 7, "Gulls", "We introduce Gulls. They are white.")
    add(store, 3, MONDAY - timedelta(days=1), 99)
    week = read(store)
    assert [(paper.id, paper.votes, paper.day) for paper in week.papers] == [
        ("9911.00001", 9, MONDAY),
        ("9911.00002", 7, MONDAY + timedelta(days=1)),
    ]
    assert week.papers[1].one_line == {"en": "We introduce Gulls."}
    assert (week.count, week.readable, [day.papers for day in week.days]) == (2, 2, [1, 1, 1, 0, 0, 0, 0])
    assert week.days[3].state is DayState.UNCOLLECTED
    assert read(store, "2099-11").papers[0].id == "9911.00003"


def test_an_empty_week_is_empty(store: Store) -> None:
    week = read(store)
    assert (week.count, week.papers, week.largest, week.compared) == (0, (), {}, None)


def test_terms_are_held_against_the_four_weeks_before(store: Store) -> None:
    for number in range(10):
        add(store, number, MONDAY, 1, "Tide pools", "On tide pools.")
    for number in range(20, 70):
        add(store, number, MONDAY - timedelta(days=1 + number % 28), 1)
    add(store, 80, MONDAY - timedelta(days=29), 1, "Tide pools", "On tide pools.")  # too long ago
    week = read(store)
    assert week.compared is not None
    assert (week.compared.first, week.compared.last) == (MONDAY - timedelta(days=28), MONDAY - timedelta(days=1))
    assert (week.compared.papers, week.compared.tested) == (50, 1)
    assert [(term.term, term.papers, term.before) for term in week.rising] == [("Tide pools", 10, 0)]


def test_with_too_little_before_nothing_is_said_to_rise(store: Store) -> None:
    for number in range(10):
        add(store, number, MONDAY, 1, "Tide pools", "On tide pools.")
    for number in range(20, 69):
        add(store, number, MONDAY - timedelta(days=1), 1)
    assert (read(store).compared, read(store).rising) == (None, ())


def test_the_largest_claims_are_those_that_may_stand_alone(store: Store) -> None:
    add(store, 1, MONDAY, 1, a=claim("a", 900.0), b=claim("b", 3.0), c=claim("c", 2.0))
    add(store, 2, MONDAY, 1, a=claim("a", 4.0), d=claim("d", 12.0, "points", "points"))
    add(store, 3, MONDAY, 1, a=claim("a", 7.0, "absolute", ""))
    span = read_span("2099-W49")
    assert span is not None

    def leading(dossier: Dossier) -> list[Claim]:
        return [each for each in dossier.claims if each.value != 900.0]

    largest = read_period(store, span, now=NOW, leading=leading).largest
    assert {kind: [(each.paper, each.claim.value) for each in claims] for kind, claims in largest.items()} == {
        "times": [("9911.00002", 4.0), ("9911.00001", 3.0)],
        "points": [("9911.00002", 12.0)],
    }


def test_what_was_measured_of_its_papers_stands_in_it(store: Store) -> None:
    add(store, 1, MONDAY, 1)
    span = read_span("2099-W49")
    assert span is not None
    found = {"9911.00001": [measurement(paper="9911.00001")], "9911.00002": [measurement(paper="9911.00002")]}
    week = read_period(store, span, now=NOW, leading=lambda _: (), measurements=found)
    assert [each.paper for each in week.measured] == ["9911.00001"]
    assert Period.model_validate_json(week.model_dump_json()) == week


def test_a_day_is_listed_in_its_order(store: Store) -> None:
    add(store, 1, MONDAY, 5)
    add(store, 2, MONDAY, 7)
    day = list_day(store, MONDAY, now=NOW)
    assert [paper.id for paper in day.papers] == ["9911.00002", "9911.00001"]
