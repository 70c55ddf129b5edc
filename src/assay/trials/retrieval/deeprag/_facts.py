"""Capitals of countries that there are and of countries that are made up, and a search that is sometimes wrong.

A model knows some capitals of the former and none of the latter. Training and test have no country in common.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from assay.methods.retrieval.deeprag import Example, LocalIndex, Search, Snippet, Step, Wording
from assay.testbed.tasks.country_facts import country_facts

_BEGINNINGS = "Bal Cor Dra Fen Gul Hes Jor Kel Lam Mur Nal Osk Pel Quo Ras Sel Tor Ulm Vel Wes Yar Zan".split()
_MIDDLES = "a e i o u ara eni ilo omu".split()
_LANDS = "dova lund mora nia ria stan thia via".split()
_TOWNS = "bek din gar holm nez pol rin tash".split()


@dataclass(frozen=True)
class Capital:
    """A country with its capital."""

    country: str
    city: str
    real: bool

    @property
    def question(self) -> str:
        """What is asked about it."""
        return f"What is the capital of {self.country}?"

    @property
    def example(self) -> Example:
        """As the method takes it."""
        return Example(self.question, (self.city,))

    @property
    def passage(self) -> str:
        """What tells it."""
        return f"The capital of {self.country} is {self.city}."


def capitals(count: int, part: Literal["training", "test"]) -> list[Capital]:
    """So many that there are, those of most people first, and as many made-up ones; of one of two halves of all.

    Raises:
        ValueError: There are not so many, or GeoNames is not here and not to be fetched.
    """
    half = 0 if part == "training" else 1
    real = [Capital(each.subject, each.object, real=True) for each in country_facts("capital")][half::2][:count]
    if len(real) < count:
        raise ValueError(f"{count} countries for {part}: GeoNames has {len(real)}")
    return real + _make_up(2 * count)[half::2]


def searches(facts: Sequence[Capital]) -> Callable[..., Search]:
    """Makes searches of passages on these facts, which find a wrong one for a share of the queries."""
    index = LocalIndex([fact.passage for fact in facts])

    def make(wrong: float, *, seed: int) -> Search:
        def search(query: str, top: int) -> Sequence[Snippet]:
            random = Random(f"{seed} {query.casefold()}")  # noqa: S311
            found = index(query, top)
            if random.random() >= wrong:
                return found
            return random.sample([each for each in index.snippets if each not in found], min(top, len(found)))

        return search

    return make


def worked_examples(facts: Sequence[Capital]) -> str:
    """An instruction of these facts as examples: what is real is known, what is made up is searched for."""
    wording = Wording(instruction="")
    examples = []
    for fact in facts:
        step = Step(fact.question, fact.city, None if fact.real else (fact.passage,))
        lines = (wording.prompt(fact.question), wording.step(step) + wording.concluded(fact.city))
        examples.append("\n".join(lines) + "\n")
    return "\n".join(examples)


def _make_up(count: int) -> list[Capital]:
    """So many countries that there are not, the same for a number or a larger one."""
    random = Random(0)  # noqa: S311
    made: dict[str, str] = {}
    while len(made) < count:
        country, city = (
            random.choice(_BEGINNINGS) + random.choice(_MIDDLES) + random.choice(ends) for ends in (_LANDS, _TOWNS)
        )
        made.setdefault(country, city)
    return [Capital(country, city, real=False) for country, city in made.items()]
