"""A question before its documents: only facts that have seen the question know that they are meant.

The question stands first, then documents with one fact each, then an instruction. One layer marks the facts that are
asked for, the next finds the mark, so that a method that drops tokens early has something to lose. A fact is one token
(a key and the two digits of its value); both digits are asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from assay.testbed.tasks.task import ASK, BEGIN, FIRST, IGNORED, Batch, step_generator
from assay.testbed.training import Batches


@dataclass(frozen=True)
class MarkedFacts:
    """``BEGIN ASK key | documents | instruction -> first digit, second digit``, facts and everything one token each.

    Ids from `FIRST`: filler, keys, first digits, second digits, instruction, then facts by key and digits.
    """

    documents: int
    length: int
    """Tokens of a document."""
    keys: int = 24
    digits: int = 4
    filler: int = 64
    instruction: int = 10
    """Tokens of the instruction."""

    @property
    def vocab_size(self) -> int:
        """Number of ids."""
        return self.first_fact + self.keys * self.digits**2

    @property
    def first_fact(self) -> int:
        """The first id that is a fact."""
        return FIRST + self.filler + self.keys + 2 * self.digits + self.instruction

    def draw(self, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Prompts (size, n) and answers (size, 2)."""
        key = torch.rand(size, self.keys, generator=generator).argsort(1)[:, : self.documents]
        digit = torch.randint(self.digits, (2, size, self.documents), generator=generator)
        text = torch.randint(self.filler, (size, self.documents, self.length), generator=generator) + FIRST
        place = torch.randint(self.length, (size, self.documents, 1), generator=generator)
        fact = self.first_fact + (key * self.digits + digit[0]) * self.digits + digit[1]
        text.scatter_(2, place, fact.unsqueeze(-1))
        target = torch.randint(self.documents, (size, 1), generator=generator)
        keys = FIRST + self.filler
        names = keys + self.keys + torch.tensor([0, self.digits])
        head = torch.cat([torch.tensor([BEGIN, ASK]).expand(size, 2), keys + key.gather(1, target)], dim=1)
        tail = torch.arange(self.first_fact - self.instruction, self.first_fact).expand(size, -1)
        answers = torch.cat([digit[0].gather(1, target), digit[1].gather(1, target)], dim=1) + names
        return torch.cat([head, text.flatten(1), tail], dim=1), answers

    def batch(self, size: int, generator: Generator) -> Batch:
        """For training: each token of the instruction predicts one digit in turn, the last one the first digit."""
        prompts, answers = self.draw(size, generator)
        ids = torch.cat([prompts, answers], dim=1)
        last = self.instruction + 2
        turns = (torch.arange(self.instruction + 1) + self.instruction + 1) % 2
        labels = torch.cat([torch.full((size, 1), IGNORED), answers[:, turns]], dim=1)
        return {"input_ids": ids, "labels": labels, "logits_to_keep": torch.arange(ids.shape[1] - last, ids.shape[1])}

    @torch.no_grad()
    def embed(self, weight: Tensor) -> None:
        """Begin with facts as the sum of their parts, so that a digit or key is learned from all facts that have it."""
        generator = Generator().manual_seed(1)
        weight.normal_(0, 0.3, generator=generator)
        key, first, second = (
            torch.randn(count, weight.shape[1], generator=generator) * 0.3
            for count in (self.keys, self.digits, self.digits)
        )
        weight[self.first_fact :] = (key[:, None, None] + first[:, None] + second).flatten(0, 2)
        weight[FIRST + self.filler : FIRST + self.filler + self.keys] = key


def marked_batches(stages: Sequence[tuple[int, int, int, int]], *, seed: int) -> Batches:
    """The batch of each step of a training on ever more documents.

    Args:
        stages: Documents, their length, examples of a batch, and steps, one stage after the other.
        seed: Of the examples.
    """
    order = [stage[:3] for stage in stages for _ in range(stage[3])]

    def of_step(step: int) -> Batch:
        documents, length, size = order[step]
        return MarkedFacts(documents, length).batch(size, step_generator(seed, step))

    return of_step
