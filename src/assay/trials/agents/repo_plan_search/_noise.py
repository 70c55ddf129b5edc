"""Proposes plans as a model might that knows some of what is needed: a script that draws, in place of a model."""

from dataclasses import dataclass, field
from random import Random
from typing import Literal

from assay.methods.agents.repo_plan_search import Plan, Symbol, sentences, words_of
from assay.trials.agents.repo_plan_search._tasks import Indexed, Task

Edits = Literal["unconstrained", "monotonic", "several"]
"""Whether it puts steps in place of others and between them, adds one at the end, or several there."""

CHANCE = 0.3
"""That a step is for something which the plan still lacks; otherwise it is for any symbol of the repository."""
WORDS = 0.5
"""Of the sentence that a symbol's docstring begins with, so many are in the step, in their order."""
MOST = 4
"""Steps that are drawn for one plan, where there may be several."""


@dataclass
class NoisyProposer:
    """Proposes for one task; the same each time that it is made anew."""

    indexed: Indexed
    task: Task
    edits: Edits
    seed: int
    _asked: int = field(default=0, init=False)

    def __call__(self, plan: Plan, count: int) -> list[list[str]]:
        """See `assay.methods.agents.repo_plan_search.Proposer`."""
        return [self._propose(plan) for _ in range(count)]

    def _propose(self, plan: Plan) -> list[str]:
        random = Random(f"{self.seed} {self.task.path} {self._asked}")  # noqa: S311 - a draw, not a secret
        self._asked += 1
        intents = [step.intent for step in plan.steps]
        found = {symbol.path for symbol in plan.symbols}
        lacking = [path for path in self.task.needed if path not in found]
        for _ in range(1 if self.edits == "monotonic" else random.randint(1, MOST)):
            intent = self._draw(random, lacking)
            place = random.randint(0, len(intents))
            if self.edits != "unconstrained":
                intents.append(intent)
            elif place < len(intents) and random.random() < 0.5:
                intents[place] = intent
            else:
                intents.insert(place, intent)
        return intents

    def _draw(self, random: Random, lacking: list[str]) -> str:
        """What a symbol does, in half of the words of its docstring; of its name where it has none."""
        index = self.indexed.index
        symbol: Symbol = random.choice(index.symbols)
        if lacking and random.random() < CHANCE:
            symbol = index.repository.by_path[random.choice(lacking)]
        said = sentences(symbol.doc)
        words = (said[0] if said else words_of(symbol.qualname)).split()
        return " ".join(word for word in words if random.random() < WORDS) or words[0]
