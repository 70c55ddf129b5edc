"""How much each neuron and each key-value group is worth."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from assay.methods.compression.loram._blocks import (
    ATTENTION,
    FEED_FORWARD,
    INPUTS_PRUNED,
    PROJECTIONS,
    Shape,
    blocks_of,
    shape_of,
)

Batches = Iterable[Mapping[str, Tensor]]
"""Keyword arguments of the model, ``labels`` among them."""

Worth = tuple[Tensor, Tensor]
"""Of a layer's neurons (intermediate,) and of its key-value groups (kv_heads,)."""


def random_worth(shape: Shape, seed: int) -> list[Worth]:
    """Any order is as good as another: the paper's LoRAM-Rand."""
    generator = torch.Generator().manual_seed(seed)
    return [
        (torch.rand(shape.intermediate, generator=generator), torch.rand(shape.kv_heads, generator=generator))
        for _ in range(shape.layers)
    ]


def magnitude_worth(model: nn.Module) -> list[Worth]:
    """The sum of squares of all weights that a neuron or group has."""
    shape = shape_of(model)
    return [
        _sums(shape, {name: layer.weight.detach().float() ** 2 for name, layer in block}) for block in blocks_of(model)
    ]


def taylor_worth(model: nn.Module, batches: Batches) -> list[Worth]:
    """To first order, by how much the loss on `batches` moves without each weight, summed as magnitudes.

    Raises:
        ValueError: There are no batches, or the loss is not finite.
    """
    shape, blocks = shape_of(model), blocks_of(model)
    weights = [layer.weight for block in blocks for _, layer in block]
    gradients = [torch.zeros_like(weight, dtype=torch.float32) for weight in weights]
    frozen = [weight for weight in weights if not weight.requires_grad]
    was_training, passes = model.training, 0
    model.eval()
    try:
        for weight in frozen:
            weight.requires_grad = True
        for passes, batch in enumerate(batches, 1):
            loss = model(**{name: tensor.to(weights[0].device) for name, tensor in batch.items()}).loss
            if not loss.isfinite():
                raise ValueError(f"the loss of batch {passes} is {loss.item()}: nothing can be scored by it")
            gradients = [g + new for g, new in zip(gradients, torch.autograd.grad(loss, weights), strict=True)]
    finally:
        model.train(was_training)
        for weight in frozen:
            weight.requires_grad = False
    if not passes:
        raise ValueError("the taylor score wants text: pass batches with input_ids and labels")
    scores = iter((w.detach().float() * g).abs() for w, g in zip(weights, gradients, strict=True))
    return [_sums(shape, {name: next(scores) for name in PROJECTIONS}) for _ in blocks]


def _sums(shape: Shape, scores: Mapping[str, Any]) -> Worth:
    """Of the figures of single weights (out, in), the sums over all that one neuron or group has."""
    features = {name: scores[name].sum(0 if name in INPUTS_PRUNED else 1) for name in scores}
    neurons = torch.stack([features[name] for name in FEED_FORWARD]).sum(0)
    # Query heads of a group lie side by side, so that each group is one stretch of every layer's features.
    groups = torch.stack([features[name].view(shape.kv_heads, -1).sum(1) for name in ATTENTION]).sum(0)
    return neurons.cpu(), groups.cpu()
