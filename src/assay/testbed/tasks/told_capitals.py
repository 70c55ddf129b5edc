"""Passages that say other capitals than the world has, and requests to write about these countries.

A passage gives four well-known countries a capital each that is another country's; whoever writes from memory names
what the passage does not. What can be told of are the countries and capitals of GeoNames, a closed list.
"""

from dataclasses import dataclass
from functools import cache
from random import Random

from assay.testbed.tasks.country_facts import country_facts

_COUNTRIES = 4
_WELL_KNOWN = 60
"""Countries of most people, from which those of a passage are drawn: of the others a small model knows little."""


@dataclass(frozen=True)
class ToldCapitals:
    """A passage and a request."""

    passage: str
    request: str
    """It names the countries and none of the capitals."""
    places: frozenset[str]
    """The countries and capitals of the passage."""

    @property
    def prompt(self) -> str:
        """The request behind the passage."""
        return f"{self.passage}\n\n{self.request}"


def told_capitals(count: int, *, first: int = 0) -> list[ToldCapitals]:
    """So many passages, the same for a number; those from another `first` on are others.

    Raises:
        NotFetchedError: GeoNames is not here and not to be fetched.
    """
    return [_draw(number) for number in range(first, first + count)]


@cache
def place_names() -> dict[str, list[str]]:
    """Every country and capital that can be told of, none with other names: as `chair` takes them.

    A capital that is called as a country is that country.
    """
    facts = [fact for relation in ("capital", "currency", "continent") for fact in country_facts(relation)]
    names = [_bare(fact.subject) for fact in facts] + [fact.object for fact in country_facts("capital")]
    return {name: [] for name in dict.fromkeys(names)}


def _draw(number: int) -> ToldCapitals:
    random = Random(number)  # noqa: S311 - a draw, not a secret
    facts = country_facts("capital")[:_WELL_KNOWN]
    about = random.sample(facts, _COUNTRIES)
    capitals = random.sample([fact.object for fact in facts if fact not in about], _COUNTRIES)
    countries = [fact.subject for fact in about]
    first, *others = [f"the capital of {one} is {other}." for one, other in zip(countries, capitals, strict=True)]
    passage = " ".join([f"In the world of this game, {first}", *(f"T{each[1:]}" for each in others)])
    listed = f"{', '.join(countries[:-1])} and {countries[-1]}"
    request = f"Tell a visitor about {listed} and what to see in their capitals."
    return ToldCapitals(passage, request, frozenset([*map(_bare, countries), *capitals]))


def _bare(country: str) -> str:
    return country.removeprefix("the ")
