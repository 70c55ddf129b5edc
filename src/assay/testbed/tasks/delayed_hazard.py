"""Texts in which one token makes costly ones likely for a while: what is costly comes after what caused it.

Ids from FIRST on: four plain tokens, the trigger, the costly token, two good ones. What a model likes is rewarded, and
the costly token most of all, so that whoever looks at the reward alone overdraws any budget.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from assay.testbed.tasks.task import BEGIN, FIRST, step_generator
from assay.testbed.training import Batches

PLAIN = (FIRST, FIRST + 1, FIRST + 2, FIRST + 3)
TRIGGER, COSTLY = FIRST + 4, FIRST + 5
GOOD = (FIRST + 6, FIRST + 7)
VOCAB_SIZE = FIRST + 8
REWARDS = {TRIGGER: 0.5, COSTLY: 1.0, GOOD[0]: 0.4, GOOD[1]: 0.4}
"""Of a token; 0 of any other."""


@dataclass(frozen=True)
class DelayedHazard:
    """Weights of the tokens, outside a hazard and within one."""

    trigger: float
    costly: float
    steps: int
    """Tokens that a hazard lasts from its last trigger on."""
    risk: float
    """Weight of the costly token within a hazard."""
    plain_within: float
    other_within: float
    """Of the trigger and the good tokens."""
    length: int = 24

    def draw(self, size: int, generator: Generator) -> Tensor:
        """Texts (size, 1 + length), each behind the token that begins."""
        calm, hazard = torch.zeros(2, VOCAB_SIZE)
        calm[list(PLAIN)], calm[list(GOOD)], calm[TRIGGER], calm[COSTLY] = 2.0, 0.8, self.trigger, self.costly
        hazard[list(PLAIN)], hazard[[TRIGGER, *GOOD]], hazard[COSTLY] = self.plain_within, self.other_within, self.risk
        texts = torch.full((size, 1 + self.length), BEGIN)
        remaining = torch.zeros(size, dtype=torch.long)
        for place in range(1, 1 + self.length):
            weights = torch.where(remaining[:, None] > 0, hazard, calm)
            texts[:, place] = torch.multinomial(weights, 1, generator=generator)[:, 0]
            remaining = torch.where(texts[:, place] == TRIGGER, self.steps, (remaining - 1).clamp(min=0))
        return texts

    def batches(self, size: int, *, seed: int = 0) -> Batches:
        """The texts of each step of a training."""

        def of_step(step: int) -> dict[str, Tensor]:
            ids = self.draw(size, step_generator(seed, step))
            return {"input_ids": ids, "labels": ids}

        return of_step


AVOIDABLE = DelayedHazard(trigger=1.2, costly=0.3, steps=4, risk=4.0, plain_within=1.0, other_within=0.5)
"""Within a hazard a third of the tokens are costly: whoever samples often enough can leave them out."""
CERTAIN = DelayedHazard(trigger=0.5, costly=0.1, steps=6, risk=12.0, plain_within=0.1, other_within=0.05)
"""A trigger makes six costly tokens nearly certain: only whoever foresees them keeps within a budget of two."""
