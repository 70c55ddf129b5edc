"""Facts about countries, from GeoNames: capital, currency and continent, each with one answer that can be checked.

A fact is a prompt that the answer goes on from, the same fact in other words, and a question. What has two answers or
two spellings is left out: capitals that moved or are disputed, names that GeoNames writes without their accents, and
answers that the name of the country gives away.
"""

import json
from dataclasses import dataclass
from functools import cache

from assay.testbed.resources import resource


@dataclass(frozen=True)
class CountryFact:
    """One fact."""

    relation: str
    """``capital``, ``currency`` or ``continent``."""
    subject: str
    """The country, as it stands within a sentence: ``the Philippines``."""
    object: str
    """The answer, as it stands within a sentence: ``Manila``, ``peso``, ``Asia``."""

    @property
    def prompt(self) -> str:
        """What the answer goes on from, with ``{}`` where the subject stands."""
        return _PROMPTS[self.relation][0]

    @property
    def paraphrase(self) -> str:
        """The same in other words."""
        return _PROMPTS[self.relation][1]

    @property
    def question(self) -> str:
        """The same as a question about the subject, for a chat."""
        return _PROMPTS[self.relation][2].replace("{}", self.subject)


_PROMPTS = {
    "capital": ("The capital city of {} is", "The capital of {} is the city of", "What is the capital of {}?"),
    "currency": ("The currency of {} is the", "The official currency of {} is the", "What is the currency of {}?"),
    "continent": (
        "The country of {} lies on the continent of",
        "On the map, {} is part of the continent of",
        "On which continent does {} lie?",
    ),
}
_CONTINENTS = {
    "AF": "Africa",
    "AS": "Asia",
    "EU": "Europe",
    "NA": "North America",
    "OC": "Oceania",
    "SA": "South America",
}
_FEWEST_PEOPLE = 1_000_000

# Former states, parts of others, and those whose standing is disputed.
_NO_COUNTRIES = {
    "Hong Kong", "Kosovo", "Palestinian Territory", "Puerto Rico", "Serbia and Montenegro", "Taiwan"
}  # fmt: skip
_NO_ONE_ANSWER = {
    "capital": {
        "Benin", "Bolivia", "Burundi", "Equatorial Guinea", "Eswatini", "Israel", "Ivory Coast", "Kazakhstan",
        "Myanmar", "South Africa", "Sri Lanka", "Tanzania", "Yemen",  # two of them, moved, or disputed
        "Cameroon", "Colombia", "Costa Rica", "Moldova", "Mongolia", "Paraguay", "Togo", "Ukraine",  # two spellings
    },
    "currency": {
        "Bulgaria", "Zimbabwe",  # another one since
        "Mongolia", "Nicaragua", "Paraguay", "Poland", "Uzbekistan", "Costa Rica",  # two spellings
    },
    "continent": {"Azerbaijan", "Cyprus", "Egypt", "Georgia", "Kazakhstan", "Russia", "Turkey"},
}  # fmt: skip
_CURRENCIES = {
    "belarusian ruble": "ruble", "bolivar soberano": "bolivar", "riels": "riel", "yuan renminbi": "yuan"
}  # fmt: skip
_WITH_ARTICLE = {
    "Central African Republic", "Democratic Republic of the Congo", "Dominican Republic", "Gambia", "Philippines",
    "Republic of the Congo", "United Arab Emirates", "United Kingdom", "United States",
}  # fmt: skip


@cache
def country_facts(relation: str) -> tuple[CountryFact, ...]:
    """The facts of one relation, one a country, the country of most people first.

    Raises:
        NotFetchedError: GeoNames is not here and not to be fetched.
        ValueError: There is no such relation.
    """
    if relation not in _PROMPTS:
        raise ValueError(f"no facts are about the {relation}: choose {', '.join(_PROMPTS)}")
    (file,) = resource("geonames").fetch()
    countries = json.loads(file.read_text(encoding="utf-8")).values()
    peopled = [each for each in countries if each["population"] >= _FEWEST_PEOPLE and each["name"] not in _NO_COUNTRIES]
    facts = []
    for country in sorted(peopled, key=lambda country: (-country["population"], country["name"])):
        name: str = country["name"]
        currency = country["currencyname"].lower()
        answers = {
            "capital": country["capital"],
            "currency": _CURRENCIES.get(currency, "Euro" if currency == "euro" else currency),
            "continent": _CONTINENTS[country["continentcode"]],
        }
        answer = answers[relation]
        clear = name not in _NO_ONE_ANSWER[relation] and not (relation != "continent" and _gives_away(name, answer))
        if clear:
            facts.append(CountryFact(relation, _within_a_sentence(name), answer))
    return tuple(facts)


def _gives_away(name: str, answer: str) -> bool:
    """Whether a word of the answer begins as one of the name does: Algeria and Algiers, Mexico and Mexico City."""
    beginnings = {word[:3].lower() for word in name.replace("-", " ").split() if len(word) >= 4}
    return any(word[:3].lower() in beginnings for word in answer.replace("-", " ").split() if len(word) >= 4)


def _within_a_sentence(name: str) -> str:
    return f"the {name}" if name in _WITH_ARTICLE else name.replace("The ", "the ")
