"""Where the ids of a task's tokens begin, and how they are drawn."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from assay.testbed.tasks.task import BEGIN, FIRST


@dataclass(frozen=True)
class Ids:
    """Where each kind of token begins: filler, names (what questions are put in), values, facts."""

    filler: int
    names: int
    values: int
    keys: int = 0
    """Number of different keys of facts; that of names if not given."""

    @property
    def vocab_size(self) -> int:
        return FIRST + self.filler + self.names + self.values + (self.keys or self.names) * self.values

    def filler_text(self, shape: tuple[int, ...], generator: Generator) -> Tensor:
        return torch.randint(self.filler, shape, generator=generator) + FIRST

    def name(self, number: Tensor) -> Tensor:
        return number + FIRST + self.filler

    def value(self, number: Tensor) -> Tensor:
        return number + FIRST + self.filler + self.names

    def fact(self, key: Tensor, value: Tensor) -> Tensor:
        return key * self.values + value + FIRST + self.filler + self.names + self.values


def prefix(size: int) -> Tensor:
    """(size, 1): the token that begins."""
    return torch.full((size, 1), BEGIN)


def distinct(size: int, count: int, among: int, generator: Generator) -> Tensor:
    """(size, count): numbers below `among`, no two in a row of the same value."""
    return torch.rand(size, among, generator=generator).argsort(1)[:, :count]


def check_counts(**counts: int) -> None:
    """Check that there is at least one of each.

    Raises:
        ValueError: There is not.
    """
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"{name} is {count}: at least one is needed")
