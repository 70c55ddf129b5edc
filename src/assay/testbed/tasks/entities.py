"""Entities: runs of three tokens, each followed by its attribute, more of them than a small model can hold.

Either each entity has an attribute of its own, or the attribute follows from the entity's first and last token, so that
who reads the parts knows it of entities that were hardly ever met. Ids from 3: tokens of entities, then attributes.
"""

import math

import torch
from torch import Generator, Tensor

from assay.testbed.tasks.task import IGNORED, Batch, step_generator
from assay.testbed.training import Batches

_FIRST = 3
IN_A_ROW = 16
"""Entities in a sequence."""


def draw_entities(count: int, *, tokens: int, attributes: int, from_parts: bool = False) -> Tensor:
    """So many different entities (count, 4): the three token ids of each, and that of its attribute.

    Args:
        count: Number of entities.
        tokens: Number of tokens that they are made of.
        attributes: Number of attributes; a square where they follow from the parts.
        from_parts: Whether the first and the last token tell the attribute. Each belongs to one of several kinds, and
            the two kinds tell it.
    """
    generator = Generator().manual_seed(0)
    which = torch.randperm(tokens**3, generator=generator)[:count]
    parts = torch.stack([which // tokens**2, which // tokens % tokens, which % tokens], dim=1)
    if from_parts:
        kinds = math.isqrt(attributes)
        kind = torch.randint(kinds, (2, tokens), generator=generator)
        attribute = kinds * kind[0][parts[:, 0]] + kind[1][parts[:, 2]]
    else:
        attribute = torch.randint(attributes, (count,), generator=generator)
    return torch.cat([parts + _FIRST, attribute[:, None] + _FIRST + tokens], dim=1)


def entity_vocabulary(*, tokens: int, attributes: int) -> int:
    """Number of ids of such entities."""
    return _FIRST + tokens + attributes


def entity_batches(entities: Tensor, weights: Tensor, *, size: int, seed: int) -> Batches:
    """The batch of each step of a training: so many sequences of entities, of which only attributes are labels.

    Args:
        entities: See `draw_entities`.
        weights: (count,): how likely each is, in any unit.
        size: Sequences of a batch.
        seed: Of what is drawn.
    """

    def of_step(step: int) -> Batch:
        generator = step_generator(seed, step)
        rows = torch.multinomial(weights, size * IN_A_ROW, replacement=True, generator=generator)
        ids = entities[rows].view(size, -1)
        labels = torch.full_like(ids, IGNORED)
        labels[:, 3::4] = ids[:, 3::4]
        return {"input_ids": ids, "labels": labels}

    return of_step
