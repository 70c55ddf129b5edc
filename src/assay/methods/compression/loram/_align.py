"""Training a small model on general text, before anybody adapts it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import cos, isfinite, pi
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel


@dataclass(frozen=True)
class Alignment:
    """How a small model is trained on, before anybody adapts it; the paper's script has these figures."""

    lr: float = 5e-5
    """At its highest; it falls to 0 along half a cosine."""
    warmup: int = 100
    """Steps of linear rise; at most a tenth of all steps."""

    def __post_init__(self) -> None:
        if not 0 < self.lr < float("inf"):
            raise ValueError(f"a rate of {self.lr} aligns nothing: give one above 0")
        if self.warmup < 0:
            raise ValueError(f"a warm-up of {self.warmup} steps is none: give 0 or more")


def align(
    small: PreTrainedModel, batches: Iterable[Mapping[str, Tensor]], alignment: Alignment | None = None
) -> list[float]:
    """Train all weights of a small model but its LM head on general text, in place; returns the loss of each step.

    This is the publisher's part: it takes the memory of full training, and as many steps as there are batches. The
    paper takes a few ten million tokens or more of web text and mathematics. AdamW; gradients are clipped to norm 1.

    Raises:
        ValueError: There are no batches, or a loss is not finite.
    """
    alignment = alignment or Alignment()
    steps = list(batches)
    if not steps:
        raise ValueError("alignment wants text: pass batches with input_ids and labels")
    head: Any = small.get_output_embeddings()
    parameters = [each for each in small.parameters() if head is None or each is not head.weight]
    required = {each: each.requires_grad for each in small.parameters()}
    optimizer = torch.optim.AdamW(parameters, lr=alignment.lr, weight_decay=0.0)
    warmup = min(alignment.warmup, len(steps) // 10)
    was_training = small.training
    losses: list[float] = []
    small.train()
    try:
        for each in required:
            each.requires_grad_(any(each is parameter for parameter in parameters))
        for number, batch in enumerate(steps):
            rise = min(1.0, (number + 1) / max(1, warmup))
            fall = 0.5 + 0.5 * cos(pi * max(0, number - warmup) / max(1, len(steps) - warmup))
            for group in optimizer.param_groups:
                group["lr"] = alignment.lr * rise * fall
            loss = small(**{name: tensor.to(small.device) for name, tensor in batch.items()}).loss
            losses.append(loss.item())
            if not isfinite(losses[-1]):
                raise ValueError(f"the loss is {losses[-1]} at step {number} of the alignment: lower its rate")
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
    finally:
        small.train(was_training)
        for each, before in required.items():
            each.requires_grad_(before)
            each.grad = None
    return losses
