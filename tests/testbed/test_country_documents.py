"""Each fact about a country stands in the country's document."""

from collections.abc import Sequence

import pytest

from assay.testbed.tasks import country_documents
from assay.testbed.tasks.country_documents import country_library
from assay.testbed.tasks.country_facts import CountryFact


def test_each_fact_stands_in_its_document(monkeypatch: pytest.MonkeyPatch) -> None:
    def facts(relation: str) -> Sequence[CountryFact]:
        return tuple(
            CountryFact(relation, f"the Land {n}", f"{relation} {n}") for n in range(3 - (relation == "capital"))
        )

    monkeypatch.setattr(country_documents, "country_facts", facts)
    library = country_library(0)
    assert library.countries == ("the Land 0", "the Land 1", "the Land 2")
    for relation in ("continent", "capital", "currency"):
        for fact in facts(relation):
            assert fact.object in library.documents[library.home(fact)]
    assert "capital" not in library.documents[2]
