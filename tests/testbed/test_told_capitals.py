"""Passages give well-known countries other capitals than they have, all of them in the closed list."""

import pytest

from assay.testbed.resources import NotFetchedError
from assay.testbed.tasks.country_facts import country_facts
from assay.testbed.tasks.told_capitals import place_names, told_capitals


@pytest.fixture(autouse=True)
def _facts() -> None:
    try:
        country_facts("capital")
    except NotFetchedError as error:
        pytest.skip(str(error))


def test_what_a_passage_names_is_listed_and_wrong() -> None:
    names = place_names()
    capital_of = {fact.subject.removeprefix("the "): fact.object for fact in country_facts("capital")}
    for each in told_capitals(30):
        assert each.places <= names.keys()
        assert len(each.places) == 8
        assert all(place in each.prompt for place in each.places)
        countries = [place for place in each.places if place in each.request]
        assert len(countries) == 4
        assert not {capital_of[country] for country in countries} & each.places


def test_passages_are_the_same_for_a_number() -> None:
    assert told_capitals(3, first=2)[0] == told_capitals(4)[2]
    assert len({each.passage for each in told_capitals(20)}) == 20
