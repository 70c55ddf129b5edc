"""A short document on each country, among entries of a dictionary: something to look facts about countries up in."""

from dataclasses import dataclass

from assay.testbed.prose import gcide
from assay.testbed.tasks.country_facts import CountryFact, country_facts

_ABOUT = {
    "continent": "It lies on the continent of {}.",
    "capital": "The capital is {}.",
    "currency": "The currency is the {}.",
}
"""In other words than the questions have."""


@dataclass(frozen=True)
class Library:
    """Documents, those on countries first."""

    documents: tuple[str, ...]
    countries: tuple[str, ...]
    """What the first documents are about, as `CountryFact.subject` names it."""

    def home(self, fact: CountryFact) -> int:
        """The number of the document that has a fact."""
        return self.countries.index(fact.subject)


def country_library(others: int) -> Library:
    """The documents on all countries that any fact is about, and so many entries of a dictionary.

    Raises:
        NotFetchedError: GeoNames is not here and not to be fetched.
    """
    known: dict[str, dict[str, str]] = {}
    for relation in _ABOUT:
        for fact in country_facts(relation):
            known.setdefault(fact.subject, {})[relation] = fact.object
    documents = []
    for country, objects in known.items():
        sentences = [_ABOUT[relation].format(objects[relation]) for relation in _ABOUT if relation in objects]
        documents.append(f"{country[0].upper()}{country[1:]} is a country. {' '.join(sentences)}")
    entries = [f"{entry.headword}: {entry.text[:300]}" for entry in gcide().entries[:others]] if others else []
    return Library((*documents, *entries), tuple(known))
