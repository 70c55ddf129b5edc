"""Look-ups in a table, one inside the other: easy one by one for who knows the table, hard all at once."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from assay.testbed.tasks.words import Pair, Words


@dataclass(frozen=True)
class NestedLookups:
    """``s4 s9 s2``: what the table has for s4 and s9, and then what it has for that and s2; one place is the answer."""

    places: int = 24
    seed: int = 0

    @property
    def vocabulary(self) -> Words:
        """Places and a mark."""
        return Words((*(f"s{i}" for i in range(self.places)), "is"))

    @cached_property
    def table(self) -> list[list[int]]:
        """For each two places a third."""
        chance = random.Random(self.seed)  # noqa: S311
        return [[chance.randrange(self.places) for _ in range(self.places)] for _ in range(self.places)]

    def value(self, words: Sequence[str]) -> str:
        """The answer to the places of a question."""
        at = int(words[0][1:])
        for word in words[1:]:
            at = self.table[at][int(word[1:])]
        return f"s{at}"

    def question(self, depth: int, chance: random.Random) -> str:
        """Places for so many look-ups."""
        return " ".join(f"s{chance.randrange(self.places)}" for _ in range(depth + 1))

    def draw(self, chance: random.Random, *, deepest: int) -> Pair:
        """A question of any depth up to this one, and its answer."""
        question = self.question(chance.randint(1, deepest), chance)
        return f"{question} is", self.value(question.split())
