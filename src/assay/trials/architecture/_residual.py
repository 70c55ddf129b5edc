"""Llamas whose residual path is arranged as people do it today: the baselines of every change of that path.

Pre-Norm is what transformers' Llama is. In Post-Norm the same norms stand behind the sum, where the residual path
leaves them. DeepNorm (Wang et al. 2022) is Post-Norm whose path counts for more than what a block adds, by (2 L)^(1/4),
and whose blocks begin with smaller weights, by (8 L)^(-1/4). Scaled init is Pre-Norm whose output projections begin
smaller, by 1 / sqrt(2 L), as GPT-2, Megatron and OLMo do it.
"""

import math
from typing import Any

import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.models.llama.modeling_llama import LlamaDecoderLayer

RESIDUAL_PATHS = ("pre", "post", "deep")


class ArrangedLlama(LlamaForCausalLM):
    """A Llama whose residual path is as ``config.residual`` says, one of `RESIDUAL_PATHS`, also when it is loaded."""

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__(config)
        path = getattr(config, "residual", "pre")
        if path not in RESIDUAL_PATHS:
            raise ValueError(f"config.residual is {path!r}; it is one of {', '.join(RESIDUAL_PATHS)}")
        layers: Any = self.model.layers
        for layer in layers if path != "pre" else ():
            layer.__class__ = _PostNormLayer
            layer.keep = (2 * len(layers)) ** 0.25 if path == "deep" else 1.0


class _PostNormLayer(LlamaDecoderLayer):
    """A layer whose residual path leaves behind the norm; `keep` is by what DeepNorm multiplies it."""

    keep: float

    def forward(self, hidden_states: Tensor, **inputs: Any) -> Tensor:  # type: ignore[override]
        x = self.input_layernorm(hidden_states)
        x = self.post_attention_layernorm(self.keep * x + self.self_attn(hidden_states=x, **inputs)[0])
        out: Tensor = self.keep * x + self.mlp(x)
        return out


@torch.no_grad()
def scale_init(model: Any) -> None:
    """Begin with smaller output projections, by 1 / sqrt(2 L)."""
    layers = model.model.layers
    for layer in layers:
        for projection in (layer.self_attn.o_proj, layer.mlp.down_proj):
            projection.weight /= math.sqrt(2 * len(layers))


@torch.no_grad()
def deep_init(model: Any) -> None:
    """Begin as DeepNorm does: all that a block adds is smaller by (8 L)^(-1/4) for each of its matrices."""
    layers = model.model.layers
    for layer in layers:
        attention, mlp = layer.self_attn, layer.mlp
        for matrix in (attention.v_proj, attention.o_proj, mlp.gate_proj, mlp.up_proj, mlp.down_proj):
            matrix.weight /= (8 * len(layers)) ** 0.25
