"""Facts about countries have one answer each, which the country's name does not give away."""

import pytest

from assay.testbed.resources import NotFetchedError, resource
from assay.testbed.tasks.country_facts import country_facts


@pytest.fixture(autouse=True)
def _geonames() -> None:
    try:
        resource("geonames").fetch()
    except NotFetchedError as error:
        pytest.skip(str(error))


def test_each_country_has_one_answer() -> None:
    for relation, fewest in (("capital", 120), ("currency", 140), ("continent", 140)):
        facts = country_facts(relation)
        assert len({fact.subject for fact in facts}) == len(facts) >= fewest
        assert all(fact.object.strip() == fact.object != "" for fact in facts)
        assert all(fact.prompt.count("{}") == fact.paraphrase.count("{}") == 1 for fact in facts)


def test_answers_are_right() -> None:
    capitals, currencies, continents = (
        {fact.subject: fact.object for fact in country_facts(relation)}
        for relation in ("capital", "currency", "continent")
    )
    assert next(iter(capitals)) == "China"
    assert (capitals["the Philippines"], currencies["China"], currencies["France"]) == ("Manila", "yuan", "Euro")
    assert (continents["Brazil"], continents["the Netherlands"]) == ("South America", "Europe")
    assert country_facts("capital")[0].question == "What is the capital of China?"


def test_what_is_unclear_or_given_away_is_left_out() -> None:
    capitals = {fact.subject for fact in country_facts("capital")}
    assert not capitals & {"Bolivia", "South Africa", "Kosovo", "Hong Kong", "Kazakhstan", "Colombia"}
    assert not capitals & {"Mexico", "Algeria", "Tunisia", "Guinea-Bissau", "Singapore", "Kuwait"}
    assert "Zimbabwe" not in {fact.subject for fact in country_facts("currency")}
    with pytest.raises(ValueError, match="no facts are about the anthem: choose capital, currency, continent"):
        country_facts("anthem")
