"""Whether a decoder keeps to what it has seen: the future's hand in its outputs, and its loss with and without it."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedModel

_ROUNDING = 1e-5
"""A change by less than this share of a token's own effect may be rounding, on a GPU; a trained leak is far above."""


@dataclass(frozen=True)
class CausalityReport:
    """What `causality_report` measured."""

    leak: float
    """The largest change of a logit at an earlier token when the last token becomes another; 0 in a causal model."""
    own: float
    """The largest change at the last token itself."""
    teacher_forced_loss: float
    """Nats a token, all of the text read at once, as in training."""
    decoded_loss: float
    """Nats a token, read one token at a time through the KV cache, as in use."""

    @property
    def leaks(self) -> bool:
        """Whether earlier tokens know of later ones, by more than rounding."""
        return self.leak > _ROUNDING * self.own

    @property
    def gap(self) -> float:
        """By how much the loss in use is above the loss of training, in nats a token."""
        return self.decoded_loss - self.teacher_forced_loss


@torch.no_grad()
def causality_report(model: PreTrainedModel, input_ids: Tensor) -> CausalityReport:
    """Measure whether a decoder is causal, whatever it is made of; T + 2 forward passes.

    Args:
        model: A decoder in eval mode that takes a KV cache.
        input_ids: Texts (B, T) without padding, T at least 3.

    Raises:
        ValueError: The model is no decoder or is in training mode, or the texts are too short.
    """
    if not model.can_generate():
        raise ValueError(f"{type(model).__name__} does not generate: only a decoder has a future to leak")
    if model.training:
        raise ValueError("the model is in training mode, where dropout would be measured: call model.eval() first")
    if input_ids.dim() != 2 or input_ids.shape[1] < 3:
        raise ValueError(f"input_ids has the shape {tuple(input_ids.shape)}: (texts, at least 3 tokens) are needed")
    embeddings: Any = model.get_input_embeddings()
    other = input_ids.clone()
    other[:, -1] = (other[:, -1] + 1) % embeddings.num_embeddings
    logits, changed = (_logits(model, ids) for ids in (input_ids, other))
    change = (logits - changed).abs().amax((0, 2))
    cache, decoded = None, []
    for token in input_ids.split(1, dim=1):
        out: Any = model(token, past_key_values=cache, use_cache=True)
        cache = out.past_key_values
        decoded.append(out.logits.float())
    return CausalityReport(
        leak=float(change[:-1].max()),
        own=float(change[-1]),
        teacher_forced_loss=_loss(logits, input_ids),
        decoded_loss=_loss(torch.cat(decoded, dim=1), input_ids),
    )


def _logits(model: PreTrainedModel, ids: Tensor) -> Tensor:
    out: Tensor = model(ids, use_cache=False).logits.float()
    return out


def _loss(logits: Tensor, ids: Tensor) -> float:
    return float(functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten()))
