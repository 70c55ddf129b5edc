"""Training on losses that each step computes for itself, out of a method rather than a batch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass
class Loss:
    """What `assay.testbed.training.train` looks for."""

    loss: Tensor


class Stepwise(nn.Module):
    """A model to be trained, with batches that say no more than which step it is.

    Args:
        model: Its weights are trained.
        loss: Of a step, with a graph to these weights; something that has a scalar ``loss``.
    """

    def __init__(self, model: Any, loss: Callable[[int], Any]) -> None:
        super().__init__()
        self.model, self._loss = model, loss

    def forward(self, step: Tensor) -> Any:
        return self._loss(int(step))

    @staticmethod
    def batch(step: int) -> dict[str, Tensor]:
        """The number of the step."""
        return {"step": torch.tensor(step)}


def drawn(seed: int, step: int) -> torch.Generator:
    """What a step draws from."""
    return torch.Generator().manual_seed(1_000_003 * seed + step)
