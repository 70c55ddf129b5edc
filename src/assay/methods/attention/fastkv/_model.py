"""What FastKV needs of a model: its decoder layers, its attention function, its masks, its work."""

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, AttentionMaskInterface, create_causal_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from assay.methods._patching import swap

if TYPE_CHECKING:
    from transformers import Cache

    from assay.methods.attention.fastkv._press import FastKV

_PREFIX = "fastkv_"


def decoder_of(model: nn.Module) -> tuple[Any, list[Any]]:
    """The decoder inside `model` and its layers; untyped, since each architecture has its own classes.

    Raises:
        ValueError: It is not of the kind that FastKV works on.
    """
    if not isinstance(model, PreTrainedModel) or model.config.is_encoder_decoder:
        raise ValueError(f"FastKV works on transformers' decoder-only models, not {type(model).__name__}")
    decoder = model.get_decoder()  # type: ignore[no-untyped-call]
    layers = list(getattr(decoder, "layers", []))
    if not layers or not all(hasattr(getattr(layer, "self_attn", None), "num_key_value_groups") for layer in layers):
        raise ValueError(f"FastKV works on decoders of the Llama kind, which {type(model).__name__} is not")
    kinds = {type(layer) for layer in DynamicCache(config=decoder.config).layers}
    if kinds != {DynamicLayer} or getattr(decoder.config, "num_kv_shared_layers", None):
        raise ValueError(
            f"FastKV needs full attention with a cache of its own in every layer; {type(model).__name__} has layers "
            "with a sliding window, linear attention or a shared cache (a Mistral without one has sliding_window=None)"
        )
    if len(layers) < 2:
        raise ValueError("FastKV needs at least two layers: one that reads all and one that reads less")
    return decoder, layers


def observe_attention(undo: ExitStack, decoder: Any, layers: Sequence[Any], observe: Callable[..., None]) -> None:
    """Have `observe(layer, query, key, scaling)` called after each layer's attention."""
    inner = decoder.config._attn_implementation.removeprefix(_PREFIX)  # noqa: SLF001 - it has no public reader
    AttentionInterface.register(_PREFIX + inner, _observed(inner))
    AttentionMaskInterface.register(_PREFIX + inner, ALL_MASK_ATTENTION_FUNCTIONS[inner])
    swap(undo, decoder.config, "_attn_implementation_internal", _PREFIX + inner)
    for layer in layers:
        swap(undo, layer.self_attn, "_fastkv_observe", observe)


def layer_scores(
    decoder: Any, layers: Sequence[Any], press: "FastKV", lengths: list[int], args: Any, inputs: Any
) -> list[Tensor]:
    """For each layer (B, n - w): its scores of a prompt's tokens, summed over KV heads. Nothing is dropped."""
    found: list[Tensor] = []

    def observe(_: int, query: Tensor, key: Tensor, scaling: float) -> None:
        found.append(press.score(query[:, :, -press.window :], key, press, scaling, lengths).sum(1).cpu())

    with ExitStack() as undo, torch.no_grad():
        observe_attention(undo, decoder, layers, observe)
        decoder(*args, **{**inputs, "use_cache": False})
    return found


def prefill_flops(model: PreTrainedModel, tokens: Sequence[int]) -> float:
    """Multiplications and additions of reading a prompt of which layer l reads ``tokens[l]`` tokens.

    Counted are the linear maps of each layer and attention's two products over the causal half; not the embedding, the
    head, norms or FastKV's own scores (2 w Hq D per token).
    """
    decoder, layers = decoder_of(model)
    total = 0.0
    for layer, count in zip(layers, tokens, strict=True):
        weights = sum(module.weight.numel() for module in layer.modules() if isinstance(module, nn.Linear))
        width = layer.self_attn.head_dim * decoder.config.num_attention_heads
        total += 2 * weights * count + 2 * 2 * width * count * (count + 1) / 2
    return total


def row_lengths(mask: Tensor | None, rows: int, columns: int) -> list[int]:
    """Tokens per row that are no padding.

    Raises:
        ValueError: The mask (B, n) is of another shape than the prompt, or has padding elsewhere than on the left.
    """
    if mask is None:
        return [columns] * rows
    if mask.shape != (rows, columns):
        raise ValueError(f"the attention mask has shape {tuple(mask.shape)}, the prompt {(rows, columns)}")
    real = mask.bool()
    if not bool(real[:, -1].all()) or bool((real[:, :-1] & ~real[:, 1:]).any()):
        raise ValueError("FastKV needs padding on the left only: set the tokenizer's padding_side to 'left'")
    lengths: list[int] = real.sum(1).tolist()
    return lengths


def causal_mask(decoder: Any, hidden: Tensor, past: int, real: Tensor | None) -> Any:
    """The model's own kind of causal mask for `hidden` (B, q, d) after `past` stored tokens; `real` (B, past + q)."""
    return create_causal_mask(
        config=decoder.config,
        inputs_embeds=hidden,
        attention_mask=real,
        past_key_values=cast("Cache", _Sizes(past)),
        layer_idx=0,
    )


def _observed(inner: str) -> Callable[..., Any]:
    def attend(module: Any, query: Tensor, key: Tensor, value: Tensor, mask: Any, **kwargs: Any) -> Any:
        if inner == "eager":
            attention = sys.modules[type(module).__module__].eager_attention_forward
        else:
            attention = ALL_ATTENTION_FUNCTIONS[inner]
        with ExitStack() as undo:
            swap(undo, module.config, "_attn_implementation_internal", inner)  # flash attention asks for its name
            out = attention(module, query, key, value, mask, **kwargs)
        # Another model that shares the config comes through here too, unobserved.
        if observe := getattr(module, "_fastkv_observe", None):
            observe(module.layer_idx, query, key, kwargs.get("scaling") or query.shape[-1] ** -0.5)
        return out

    return attend


@dataclass(frozen=True)
class _Sizes:
    """As much of a cache as making a mask asks for: `past` tokens are stored before the new ones."""

    past: int
    is_compileable = False

    def get_query_offset(self, _: int) -> int:
        return self.past

    def get_mask_sizes(self, query_length: int, _: int) -> tuple[int, int]:
        return self.past + query_length, 0
