"""The joint loss over widths."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - as PyTorch's users know it

from assay.methods.compression.matquant._layers import MatQuant, NestedLinear, sliced


def losses(model: nn.Module, batch: Mapping[str, Any]) -> Iterator[Tensor]:
    """The weighted losses of all widths, one after the other from the largest; each is a pass through the model.

    Going backward from each before the next one is asked for takes no more memory than training at one width, and is
    right with gradient checkpointing, since the layers keep the width until then.

    Args:
        model: A nested model of transformers, or anything that returns a `loss` (and `logits`, where terms have a
            teacher) when called with a batch. A wrapper around one will do.
        batch: Keyword arguments of the model, ``labels`` among them. A distance to a teacher is the KL divergence,
            averaged over all places that ``attention_mask`` has not masked, whatever their labels.

    Raises:
        ValueError: The model is not nested, or gives no loss.
    """
    config = _config(model)
    teachers: dict[int, Tensor] = {}
    for width in config.widths:
        terms = [term for term in config.terms if term.bits == width]
        with sliced(model, width):
            with torch.set_grad_enabled(bool(terms) and torch.is_grad_enabled()):
                out = model(**batch)
            if any(term.teacher == width for term in config.terms):
                teachers[width] = out.logits.detach()
            parts = []
            for term in terms:
                if term.teacher is not None:
                    parts.append(term.weight * _divergence(out.logits, teachers[term.teacher], batch))
                elif getattr(out, "loss", None) is None:
                    raise ValueError(f"{type(model).__name__} gave no loss: put labels into the batch")
                else:
                    parts.append(term.weight * out.loss)
            if parts:
                yield torch.stack(parts).sum()


def joint_loss(model: nn.Module, batch: Mapping[str, Any]) -> Tensor:
    """The sum of `losses`, for training loops that go backward once; it holds all passes in memory.

    Raises:
        ValueError: As `losses`; or the model checkpoints gradients, and would compute them again at another width.
    """
    if any(getattr(module, "gradient_checkpointing", False) for module in model.modules()):
        raise ValueError("with gradient checkpointing, go backward from each of `losses` in turn instead")
    return torch.stack(list(losses(model, batch))).sum()


def _config(model: nn.Module) -> MatQuant:
    for module in model.modules():
        if isinstance(module, NestedLinear):
            return module.matquant
    raise ValueError(f"this {type(model).__name__} has no nested layers to train: apply MatQuant first")


def _divergence(student: Tensor, teacher: Tensor, batch: Mapping[str, Any]) -> Tensor:
    student, teacher = student.float().log_softmax(-1), teacher.float().log_softmax(-1)
    divergence = F.kl_div(student, teacher, reduction="none", log_target=True).sum(-1)
    mask = batch.get("attention_mask")
    if mask is None or mask.shape != divergence.shape:
        return divergence.mean()
    weight: Tensor = mask.to(divergence.dtype)
    return (divergence * weight).sum() / weight.sum()
