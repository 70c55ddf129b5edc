"""Chains to be followed in thoughts: a table says what follows each thing, and the answer is what ends the chain.

``table ASK x THINK h1 h2 ... hk CHECK CHECK ... END hk``: the n-th token of the table is what follows the n-th thing,
or ``NONE`` where a chain ends. A model that learns this thinks hop by hop, idles for a while, as one that checks what
it has got long since, and answers. How many hops are needed is known, and so is what longer thinking is worth: nothing.
A table, where a thing is looked up by its place, is learnt in some hundred steps; pairs in any order were not in 1,500.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Generator, Tensor

ASK, THINK, END, CHECK, NONE = 3, 4, 5, 6, 7
FIRST = 8
"""Of the things; 0, 1 and 2 pad, begin and end."""
_IGNORED = -100


@dataclass(frozen=True)
class Chains:
    """The task's sizes."""

    hops: tuple[int, int] = (2, 6)
    """At least and at most, each as likely."""
    things: int = 12
    idle: float = 10.0
    """``CHECK`` tokens, on the average; none at 0."""
    most_idle: int = 30

    def __post_init__(self) -> None:
        if not 1 <= self.hops[0] <= self.hops[1] < self.things:
            raise ValueError(f"chains of {self.hops[0]} to {self.hops[1]} hops do not fit into {self.things} things")

    @property
    def vocabulary(self) -> int:
        """Token ids."""
        return FIRST + self.things

    @property
    def prompt_length(self) -> int:
        """Tokens up to and with ``THINK``."""
        return self.things + 4

    @property
    def most_thinking(self) -> int:
        """Tokens of the longest thoughts, without ``END``."""
        return self.hops[1] + (self.most_idle if self.idle else 0)

    def items(self, size: int, generator: Generator) -> tuple[Tensor, list[list[int]]]:
        """Prompts [size, prompt_length], and the hops of each."""
        prompts, chains = [], []
        for _ in range(size):
            order = torch.randperm(self.things, generator=generator).tolist()
            count = int(torch.randint(self.hops[0], self.hops[1] + 1, (1,), generator=generator))
            chain = [FIRST + thing for thing in order[: count + 1]]
            # What is not in the chain leads astray, or ends chains too: the end is not to be told by the table alone.
            following = (torch.randint(self.things, (self.things,), generator=generator) + FIRST).tolist()
            ends = (torch.rand(self.things, generator=generator) < 0.5).tolist()
            table = [NONE if end else thing for end, thing in zip(ends, following, strict=True)]
            for thing, after in pairwise(chain):
                table[thing - FIRST] = after
            table[chain[-1] - FIRST] = NONE
            prompts.append([1, *table, ASK, chain[0], THINK])
            chains.append(chain[1:])
        return torch.tensor(prompts), chains

    def batch(self, size: int, generator: Generator) -> Mapping[str, Tensor]:
        """Whole examples, to be trained on: only thoughts and answers count."""
        prompts, chains = self.items(size, generator)
        length = self.prompt_length + self.most_thinking + 3
        ids, labels = torch.zeros(size, length, dtype=torch.long), torch.full((size, length), _IGNORED)
        for row, chain in enumerate(chains):
            idle = 0
            if self.idle:
                drawn = torch.empty(1).exponential_(1 / self.idle, generator=generator)
                idle = min(int(drawn), self.most_idle)
            written = torch.tensor([*chain, *[CHECK] * idle, END, chain[-1], 2])
            end = self.prompt_length + len(written)
            ids[row, : self.prompt_length], ids[row, self.prompt_length : end] = prompts[row], written
            labels[row, self.prompt_length : end] = written
        return {"input_ids": ids, "labels": labels}
