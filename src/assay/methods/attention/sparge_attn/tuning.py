"""Per-head thresholds: the largest sparsity whose error stays below a bound."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor
from transformers import PreTrainedModel

from assay.methods.attention.sparge_attn.config import SpargeConfig
from assay.methods.attention.sparge_attn.execution import attend
from assay.methods.attention.sparge_attn.models import TunedSpargeAttn, attention_inputs, sparse_layers
from assay.methods.attention.sparge_attn.prediction import AttentionInput

OFFICIAL_THETAS = (-1.0, *(i / 16 for i in range(16)))
"""The grid of the official tuner, steps of 1/16 in [-1, 1), without the values that do the same: self-similarity is
never negative, so each theta below 0 turns the guard off."""

_TOO_DENSE = 0.1  # official code: at this sparsity or below a head is left dense
_MAX_PV = 50.0  # official code
_PV_STEP = 0.1  # official code
_MASKED_LIMIT = 2**25
"""Pairs of query and key up to which the whole map is cheaper than compiling a kernel: 128 MiB of scores."""


def relative_l1(out: Tensor, dense: Tensor, query_mask: Tensor | None = None) -> Tensor:
    """``sum|out - dense| / sum|dense|`` of each head, over batch, tokens and channels: (B, H, N, D) to (H)."""
    difference, size = (out.float() - dense.float()).abs(), dense.float().abs()
    if query_mask is not None:
        real = query_mask[:, None, :, None]
        difference, size = difference * real, size * real
    over = (0, 2, 3)
    return difference.sum(over) / size.sum(over).clamp(min=torch.finfo(torch.float32).tiny)


@torch.no_grad()
def tune_heads(
    samples: Sequence[AttentionInput],
    *,
    l1: float = 0.07,
    pv_l1: float | None = None,
    template: SpargeConfig | None = None,
    thetas: Sequence[float] = OFFICIAL_THETAS,
    tolerance: float = 1e-3,
) -> SpargeConfig:
    """Thresholds for each head of one attention layer (section 3.6 of the paper).

    For each `theta` the smallest `tau` is found by bisection with which the error of every sample stays below `l1`;
    the `theta` with the largest mean sparsity wins. A head that reaches a sparsity of 0.1 nowhere is left dense.
    With `pv_l1` the smallest `pv_threshold` is then found in the same way.

    Args:
        samples: Inputs of the layer, as they come.
        l1: Bound on the relative L1 error of a head (`relative_l1`). Official code: 0.07.
        pv_l1: Bound with the second filter; above `l1`. Official code: 0.08. Needs the reference engine: slow.
        template: What is not tuned: block sizes, `inclusive`, `smooth_k`, `attention_sink`.
        thetas: The values tried.
        tolerance: How finely `tau` is found. Official code: 1e-3.

    Raises:
        ValueError: No sample, or a bound that makes no sense.
    """
    if not samples:
        raise ValueError("tuning needs at least one sample")
    if l1 <= 0 or (pv_l1 is not None and pv_l1 <= l1):
        raise ValueError(f"bounds are 0 < l1 < pv_l1, not l1={l1} and pv_l1={pv_l1}")
    if not thetas or not 0 < tolerance < 1:
        raise ValueError(f"tuning needs a theta to try and a tolerance between 0 and 1, not {tolerance}")
    template = replace(template or SpargeConfig(tau=1.0), topk=None, pv_threshold=None)
    dense = [_dense(sample) for sample in samples]
    heads = samples[0].query.shape[1]

    best_sparsity = torch.full((heads,), _TOO_DENSE)
    best_theta, best_tau = torch.ones(heads), torch.ones(heads)
    for theta in sorted(thetas):

        def at(tau: Tensor, theta: float = theta) -> SpargeConfig:
            return replace(template, tau=_values(tau), theta=theta)

        if bool((_sparsity(samples, at(torch.full((heads,), 1e-6))) <= best_sparsity).all()):
            break  # even the sparsest setting gains nothing, and a stricter guard only makes it denser
        tau = _smallest(lambda tau: _worst_error(samples, dense, at(tau)) < l1, heads, 0.0, 1.0, tolerance)
        sparsity = _sparsity(samples, at(tau))
        better = sparsity > best_sparsity
        best_sparsity = torch.where(better, sparsity, best_sparsity)
        best_theta = torch.where(better, theta, best_theta)
        best_tau = torch.where(better, tau, best_tau)
    tuned = replace(template, tau=_values(best_tau), theta=_values(best_theta))
    if pv_l1 is None:
        return tuned

    def with_filter(reach: Tensor) -> SpargeConfig:
        return replace(tuned, pv_threshold=_values(reach))

    bound = pv_l1
    reach = _smallest(
        lambda reach: _worst_error(samples, dense, with_filter(reach)) < bound, heads, 0.0, _MAX_PV, _PV_STEP
    )
    return with_filter(reach)


def tune_sparge(
    model: PreTrainedModel,
    batches: Iterable[Mapping[str, Tensor]],
    *,
    l1: float = 0.07,
    pv_l1: float | None = None,
    template: SpargeConfig | None = None,
    thetas: Sequence[float] = OFFICIAL_THETAS,
    tolerance: float = 1e-3,
    progress: Callable[[int, int], None] | None = None,
) -> TunedSpargeAttn:
    """Thresholds for each head of each layer of a transformers model, which runs densely meanwhile.

    The model sees all batches once for each layer, so that only one layer's inputs are held at a time.

    Args:
        model: A transformers model in eval mode.
        batches: What the model is called with, such as ``{"input_ids": ...}``. A few typical prompts of the length
            that matters are enough; the official code takes five.
        l1: See `tune_heads`, as for the arguments that follow.
        pv_l1: See `tune_heads`.
        template: See `tune_heads`.
        thetas: See `tune_heads`.
        tolerance: See `tune_heads`.
        progress: Called with the number of layers done and of all layers.

    Raises:
        ValueError: No batch, a model that takes no attention implementation, or bounds that make no sense.
    """
    batches = list(batches)
    if not batches:
        raise ValueError("tuning needs at least one batch")
    configs: dict[int, SpargeConfig] = {}
    layers = sorted(sparse_layers(model))
    for done, layer in enumerate(layers):
        samples = attention_inputs(model, layer, batches)
        if samples:
            configs[layer] = tune_heads(
                samples, l1=l1, pv_l1=pv_l1, template=template, thetas=thetas, tolerance=tolerance
            )
        if progress:
            progress(done + 1, len(layers))
    return TunedSpargeAttn(configs)


def _smallest(holds: Callable[[Tensor], Tensor], heads: int, low: float, high: float, tolerance: float) -> Tensor:
    """For each head the smallest value for which `holds`, by bisection; `high` is taken to hold."""
    lows, highs = torch.full((heads,), low), torch.full((heads,), high)
    for _ in range(math.ceil(math.log2((high - low) / tolerance))):
        middle = (lows + highs) / 2
        good = holds(middle)
        lows, highs = torch.where(good, lows, middle), torch.where(good, middle, highs)
    return highs


def _sparsity(samples: Sequence[AttentionInput], config: SpargeConfig) -> Tensor:
    """(heads): the mean over sequences and samples."""
    return torch.stack([sample.plan(config).sparsity.mean(0).cpu() for sample in samples]).mean(0)


def _worst_error(samples: Sequence[AttentionInput], dense: Sequence[Tensor], config: SpargeConfig) -> Tensor:
    errors = []
    for sample, exact in zip(samples, dense, strict=True):
        small = config.pv_threshold is None and exact[..., 0].numel() * sample.key.shape[2] <= _MASKED_LIMIT
        out = attend(
            sample.query, sample.key, sample.value, sample.plan(config),
            scale=sample.scale, pv_threshold=config.pv_threshold, engine="masked" if small else "auto",
        )  # fmt: skip
        errors.append(relative_l1(out, exact, sample.query_mask).cpu())
    return torch.stack(errors).amax(0)


def _dense(sample: AttentionInput) -> Tensor:
    mask = None
    is_causal = sample.is_causal
    if sample.key_mask is not None or sample.causal_offset:
        mask, is_causal = sample.plan(SpargeConfig(tau=1.0, theta=1.0)).pairs(), False
    return F.scaled_dot_product_attention(
        sample.query, sample.key, sample.value,
        attn_mask=mask, is_causal=is_causal, scale=sample.scale, enable_gqa=True,
    )  # fmt: skip


def _values(tensor: Tensor) -> tuple[float, ...]:
    return tuple(tensor.tolist())
