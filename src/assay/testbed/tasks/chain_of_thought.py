"""Chains to be followed in thoughts: pairs are shown, one is asked from, and what lies at the chain's end is answered.

``A b C d ... ASK x THINK h1 h2 ... hk CHECK CHECK ... END hk``: a model that learns this thinks hop by hop, idles for a
while, as one that checks what it has got long since, and answers. How many hops are needed is known, and so is what
longer thinking is worth: nothing. A thing has one token where a pair leads from it, and another one everywhere else;
with one for both, two narrow layers do not learn the task in 1,500 steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Generator, Tensor

ASK, THINK, END, CHECK = 3, 4, 5, 6
FIRST = 7
"""Of the things that chains are made of, as pairs lead to them; 0, 1 and 2 pad, begin and end."""
_IGNORED = -100


@dataclass(frozen=True)
class Chains:
    """The task's sizes."""

    hops: tuple[int, int] = (2, 6)
    """At least and at most, each as likely."""
    pairs: int = 8
    """Shown; those that are in no chain lead astray."""
    things: int = 24
    idle: float = 10.0
    """``CHECK`` tokens, on the average; none at 0."""
    most_idle: int = 30

    def __post_init__(self) -> None:
        if not 1 <= self.hops[0] <= self.hops[1] <= self.pairs:
            raise ValueError(f"chains of {self.hops[0]} to {self.hops[1]} hops do not fit into {self.pairs} pairs")
        if self.things < 2 * self.pairs:
            raise ValueError(f"{self.pairs} pairs need {2 * self.pairs} things, and there are {self.things}")

    @property
    def vocabulary(self) -> int:
        """Token ids."""
        return FIRST + 2 * self.things

    @property
    def prompt_length(self) -> int:
        """Tokens up to and with ``THINK``."""
        return 2 * self.pairs + 4

    @property
    def most_thinking(self) -> int:
        """Tokens of the longest thoughts, without ``END``."""
        return self.hops[1] + (self.most_idle if self.idle else 0)

    def items(self, size: int, generator: Generator) -> tuple[Tensor, list[list[int]]]:
        """Prompts [size, prompt_length], and the hops of each."""
        prompts, chains = [], []
        for _ in range(size):
            things = (torch.randperm(self.things, generator=generator) + FIRST).tolist()
            count = int(torch.randint(self.hops[0], self.hops[1] + 1, (1,), generator=generator))
            chain, rest = things[: count + 1], things[count + 1 :]
            # Chains of one hop elsewhere: two things each, none of which is in the chain.
            others = [(rest[2 * i], rest[2 * i + 1]) for i in range((len(rest)) // 2)]
            pairs = [*pairwise(chain), *others][: self.pairs]
            order = torch.randperm(len(pairs), generator=generator).tolist()
            shown = [token for index in order for token in (pairs[index][0] + self.things, pairs[index][1])]
            prompts.append([1, *shown, ASK, chain[0], THINK])
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
