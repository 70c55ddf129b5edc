"""A model after post-training compression without any data: weights rounded to few bits, or the smallest set to zero.

Both act on the linear layers inside the blocks; embeddings, norms and the head stay as they are, as is usual. Nothing
becomes smaller or faster: what is had is the model that such a compression would compute.
"""

import copy
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

M = TypeVar("M", bound=nn.Module)


def round_weights(model: M, *, bits: int, group: int = 64) -> M:
    """A copy with each group of weights of a row rounded to the nearest of 2**bits - 1 evenly spaced values.

    Args:
        model: Stays as it is.
        bits: Of a weight; a group's largest weight is the last value, and zero is one of them.
        group: Weights that share a scale; they follow each other within a row.

    Raises:
        ValueError: There are fewer than two bits, or rows are no multiple of the group.
    """
    if bits < 2:
        raise ValueError(f"{bits} bits leave no values but zero: give 2 or more")

    def change(weight: Tensor) -> Tensor:
        if weight.shape[1] % group:
            raise ValueError(f"rows of {weight.shape[1]} weights are no multiple of a group of {group}")
        parts = weight.view(-1, group)
        scale = parts.abs().amax(1, keepdim=True).clamp_min(1e-12) / (2 ** (bits - 1) - 1)
        rounded: Tensor = (parts / scale).round() * scale
        return rounded.view_as(weight)

    return _changed(model, change)


def prune_weights(model: M, *, share: float) -> M:
    """A copy in which this share of each layer's weights is zero: those of least magnitude.

    Raises:
        ValueError: The share is not within [0, 1).
    """
    if not 0 <= share < 1:
        raise ValueError(f"the share is {share}: give 0 or more, and less than 1")

    def change(weight: Tensor) -> Tensor:
        count = round(share * weight.numel())
        if not count:
            return weight
        least = weight.abs().flatten().kthvalue(count).values
        return weight.masked_fill(weight.abs() <= least, 0.0)

    return _changed(model, change)


@torch.no_grad()
def _changed(model: M, change: Callable[[Tensor], Tensor]) -> M:
    """A copy with the weights of all linear layers but the head changed."""
    other = copy.deepcopy(model)
    find_head: Any = getattr(other, "get_output_embeddings", lambda: None)
    head = find_head()
    for module in other.modules():
        if isinstance(module, nn.Linear) and module is not head:
            module.weight.copy_(change(module.weight))
    return other
