"""Tasks: batches to train and test on, drawn repeatably, in which only answers carry labels.

Ids that all tasks share: 0 pads, 1 begins, 2 ends, 3 asks, 4 begins a document; what follows is said by each task.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Generator, Tensor

from assay.testbed.training import Batches

BEGIN, END, ASK, DOCUMENT = 1, 2, 3, 4
FIRST = 5
"""The first id that a task is free to use."""
IGNORED = -100
"""The label of what is no answer."""

Batch = dict[str, Tensor]
"""``input_ids`` (size, length) and ``labels`` of the same shape, as transformers' models take them."""


@dataclass(frozen=True)
class Parts:
    """A batch in its parts, for methods that treat documents apart from one another."""

    prefix: Tensor
    """(size, 1): the token that begins."""
    documents: Tensor
    """(size, documents, length), in the order of the sequence."""
    questions: Tensor
    """(size, questions, tokens of one)."""
    answers: Tensor
    """(size, questions): one token each."""

    def sequence(self) -> Batch:
        """All of it in a row: prefix, documents, then each question with its answer."""
        size = len(self.prefix)
        blocks = torch.cat([self.questions, self.answers.unsqueeze(-1)], dim=-1)
        ids = torch.cat([self.prefix, self.documents.reshape(size, -1), blocks.reshape(size, -1)], dim=1)
        labels = torch.full_like(blocks, IGNORED)
        labels[..., -1] = self.answers
        before = torch.full_like(ids[:, : ids.shape[1] - labels[0].numel()], IGNORED)
        return {"input_ids": ids, "labels": torch.cat([before, labels.reshape(size, -1)], dim=1)}


@dataclass(frozen=True)
class Task:
    """Something to draw batches from, repeatably. Two tasks with one `vocab_size` can share a model."""

    vocab_size: int
    parts: Callable[[int, Generator], Parts] = field(repr=False)
    """Draws that many examples in their parts."""

    def draw(self, size: int, generator: Generator) -> Batch:
        """That many examples as sequences."""
        return self.parts(size, generator).sequence()

    def batches(self, size: int, *, seed: int = 0) -> Batches:
        """The batch of each step of a training, the same for the same seed."""
        return lambda step: self.draw(size, step_generator(seed, step))

    def held_out(self, size: int, *, seed: int = 0) -> Batch:
        """Examples for testing, from other random numbers than any batch of a training."""
        return self.draw(size, held_out_generator(seed))


def held_out_generator(seed: int = 0) -> Generator:
    """What `Task.held_out` draws with; for drawing the same examples in their parts."""
    return Generator().manual_seed((1 << 62) + seed)


def step_generator(seed: int, step: int) -> Generator:
    """What the batch of a step of a training is drawn with."""
    return Generator().manual_seed(seed * 1_000_003 + step)


def curriculum(stages: Sequence[Task], size: int, *, steps: int, seed: int = 0) -> Batches:
    """Batches that go through tasks of rising difficulty, each for an equal share of all steps.

    Raises:
        ValueError: The tasks have different vocabularies.
    """
    if len({task.vocab_size for task in stages}) != 1:
        raise ValueError(f"the stages of a curriculum share a vocabulary, not {[task.vocab_size for task in stages]}")
    return lambda step: stages[min(step * len(stages) // steps, len(stages) - 1)].draw(size, step_generator(seed, step))


@torch.no_grad()
def accuracy(model: Callable[..., Any], batch: Batch, *, size: int = 32) -> float:
    """Per cent of the answers that the model's likeliest token hits, `size` examples at a time."""
    device = getattr(model, "device", batch["input_ids"].device)
    right = total = 0
    for ids, labels in zip(*(torch.split(batch[name], size) for name in ("input_ids", "labels")), strict=True):
        guesses = model(input_ids=ids.to(device)).logits[:, :-1].argmax(-1).cpu()
        answers = labels[:, 1:]
        right += int((guesses == answers).sum())
        total += int((answers != IGNORED).sum())
    return 100.0 * right / total
