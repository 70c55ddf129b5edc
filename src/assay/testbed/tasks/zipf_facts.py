"""Facts by heart or out of documents: more of them than a small net learns, asked for by Zipf's law.

``document n3 n17 n4 v9 ask n3 n17 n4`` is answered by ``v9``; so is ``ask n3 n17 n4``, by who has learnt it.
"""

import random
from dataclasses import dataclass
from functools import cached_property

from assay.testbed.tasks.words import Pair, Words


@dataclass(frozen=True)
class ZipfFacts:
    """Facts about things with names of three words, asked for by Zipf's law, under names that may be misheard."""

    count: int = 2_000
    parts: int = 32
    """Words that names are made of."""
    values: int = 48
    misheard: float = 0.1
    """How often one word of the name is another one in a question."""
    seed: int = 0

    @property
    def vocabulary(self) -> Words:
        """Words of names, values, marks."""
        return Words((*(f"n{i}" for i in range(self.parts)), *(f"v{i}" for i in range(self.values)), "document", "ask"))

    @cached_property
    def facts(self) -> tuple[Pair, ...]:
        """Names and values, the most frequent first."""
        chance = random.Random(self.seed)  # noqa: S311
        names = chance.sample(range(self.parts**3), self.count)
        parts = ((n // self.parts**2, n // self.parts % self.parts, n % self.parts) for n in names)
        return tuple((" ".join(f"n{part}" for part in name), f"v{chance.randrange(self.values)}") for name in parts)

    @cached_property
    def documents(self) -> list[str]:
        """One for each fact."""
        return [f"document {name} {value}" for name, value in self.facts]

    def ask(self, at: int, chance: random.Random) -> str:
        """A question for a fact."""
        name = self.facts[at][0].split()
        if chance.random() < self.misheard:
            name[chance.randrange(3)] = f"n{chance.randrange(self.parts)}"
        return f"ask {' '.join(name)}"

    def draw(self, chance: random.Random, *, documents: float) -> Pair:
        """A question by Zipf's law, behind its document in this share of cases."""
        at = int(self.count ** chance.random()) - 1  # 1/n, as good as
        before = f"{self.documents[at]} " if chance.random() < documents else ""
        return before + self.ask(at, chance), self.facts[at][1]
