"""SpargeAttn as an attention implementation of transformers."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import bidirectional_mask_function, causal_mask_function, sdpa_mask

from assay.methods._patching import altered, swap
from assay.methods.attention.sparge_attn.config import LayerConfigs, SpargeConfig
from assay.methods.attention.sparge_attn.execution import ENGINES, attend
from assay.methods.attention.sparge_attn.prediction import BlockPlan
from assay.methods.attention.sparge_attn.tuning import AttentionInput

_NAME = "sparge_attn"
_STATE = "_sparge_attn"
_UNSUPPORTED = ("softcap", "position_bias", "s_aux", "sinks", "cache")
"""Arguments of an attention call that change its result in ways the plan does not know."""


@dataclass
class SparsityLog:
    """What the attention of a model did while it was sparse."""

    kept: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """Tiles computed, by layer, over all heads and calls."""
    legal: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """Tiles that dense attention would have computed in the same calls."""
    dense_calls: int = 0
    """Calls that ran densely: decoding steps, prompts below `min_tokens`, masks other than causal and padding."""

    @property
    def sparsity(self) -> float:
        """The share of tiles skipped over all sparse calls; 0 if there were none."""
        return 1 - sum(self.kept.values()) / max(sum(self.legal.values()), 1)

    @property
    def sparsity_by_layer(self) -> dict[int, float]:
        """The same for each layer that ran sparsely."""
        return {layer: 1 - self.kept[layer] / legal for layer, legal in sorted(self.legal.items())}

    def add(self, layer: int, plan: BlockPlan) -> None:
        """Count one call."""
        self.kept[layer] += int(plan.kept.sum())
        self.legal[layer] += int(plan.legal.expand_as(plan.kept).sum())


@contextmanager
def sparge_enabled(
    model: nn.Module, config: SpargeConfig | LayerConfigs, *, min_tokens: int = 1024, engine: str = "auto"
) -> Iterator[SparsityLog]:
    """Run the prefill of a transformers model sparsely inside the block; decoding steps stay dense.

    Causal, bidirectional and padded inputs and chunked prefill are sparse; layers with a sliding window, soft-capped
    scores or attention sinks, and static caches, run densely as before and are counted in `SparsityLog.dense_calls`.

    Args:
        model: A model in eval mode that takes an attention implementation (nearly all of transformers do).
        config: One setting for all layers, or one for each (`tune_sparge`).
        min_tokens: Calls with fewer queries run densely: there is nothing to gain.
        engine: One of `ENGINES`.

    Raises:
        ValueError: The model is in training mode, already sparse or not of a kind that can be; an unknown engine.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine {engine!r} is unknown: it is one of {', '.join(ENGINES)}")
    log = SparsityLog()

    def run(layer: int, call: AttentionInput) -> Tensor | None:
        setting = config if isinstance(config, SpargeConfig) else config.layers.get(layer)
        if setting is None or call.query.shape[2] < min_tokens:
            log.dense_calls += 1
            return None
        plan = call.plan(setting)
        log.add(layer, plan)
        return attend(
            call.query, call.key, call.value, plan,
            scale=call.scale, pv_threshold=setting.pv_threshold, engine=engine,
        )  # fmt: skip

    def on_dense() -> None:
        log.dense_calls += 1

    with _intercepted(model, _Interception(run, on_dense)):
        yield log


def attention_layers(model: nn.Module) -> dict[int, nn.Module]:
    """The self-attention modules of a transformers model, by layer index.

    Raises:
        ValueError: There are none, or the model takes no attention implementation.
    """
    layers = {
        module.layer_idx: module
        for module in model.modules()
        if isinstance(getattr(module, "layer_idx", None), int) and hasattr(module, "num_key_value_groups")
    }
    if not layers or not hasattr(model, "set_attn_implementation"):
        raise ValueError(
            f"{type(model).__name__} has no attention layers that take an implementation of "
            "transformers' AttentionInterface"
        )
    return layers  # type: ignore[return-value]


@torch.no_grad()
def attention_inputs(model: nn.Module, layer: int, batches: Iterable[Mapping[str, Tensor]]) -> list[AttentionInput]:
    """What the attention of one layer gets while the model runs densely over `batches`."""
    seen: list[AttentionInput] = []

    def record(at: int, call: AttentionInput) -> None:
        if at == layer:
            seen.append(call)

    with _intercepted(model, _Interception(record, lambda: None)):
        for batch in batches:
            model(**batch)
    return seen


@dataclass(frozen=True, eq=False)
class _Interception:
    run: Callable[[int, AttentionInput], Tensor | None]
    """Gets the layer and a call that could be sparse; ``None`` leaves the call to SDPA."""
    on_dense: Callable[[], None]
    """Told of calls that could not be sparse."""


@dataclass(frozen=True, eq=False)
class _Prefill:
    """In the place of a mask: masking that a plan can express, with the mask itself for calls that stay dense."""

    offset: int | None
    key_mask: Tensor | None
    dense: Callable[[], Tensor | None]


@contextmanager
def _intercepted(model: nn.Module, interception: _Interception) -> Iterator[None]:
    layers = attention_layers(model)
    if model.training:
        raise ValueError("sparse attention is for inference: call model.eval() first")
    AttentionInterface.register(_NAME, _attention)
    AttentionMaskInterface.register(_NAME, _mask)
    with altered(model, by=_NAME) as undo:
        for module in layers.values():
            swap(undo, module, _STATE, interception)
        undo.callback(model.set_attn_implementation, _implementations(model))  # type: ignore[arg-type]
        model.set_attn_implementation(_NAME)  # type: ignore[operator]
        if model.config._attn_implementation != _NAME:  # type: ignore[union-attr]  # noqa: SLF001 - no public way to ask
            raise ValueError(f"{type(model).__name__} does not take an attention implementation")
        yield


def _implementations(model: nn.Module) -> dict[str, str]:
    config: Any = model.config
    parts = {name: getattr(config, name, None) for name in config.sub_configs}
    named = {"": config, **{name: part for name, part in parts.items() if part is not None}}
    return {name: part._attn_implementation for name, part in named.items()}  # noqa: SLF001 - no public way to ask


def _mask(
    *,
    q_length: int,
    kv_length: int,
    q_offset: Any = 0,
    kv_offset: int = 0,
    mask_function: Callable[..., Any] = causal_mask_function,
    attention_mask: Tensor | None = None,
    local_size: int | None = None,
    **rest: Any,
) -> Tensor | _Prefill | None:
    """The hook of transformers for masks: hands the attention call what it needs to plan, if it can."""
    dense = partial(
        sdpa_mask, q_length=q_length, kv_length=kv_length, q_offset=q_offset, kv_offset=kv_offset,
        mask_function=mask_function, attention_mask=attention_mask, local_size=local_size, **rest,
    )  # fmt: skip
    causal = mask_function is causal_mask_function
    plain = causal or mask_function is bidirectional_mask_function
    # A static cache is longer than what was seen; transformers then wants tensors for masks.
    static = causal and int(q_offset) + q_length != kv_length
    if not plain or static or local_size is not None or kv_offset or q_length == 1:
        mask: Tensor | None = dense()
        return mask
    key_mask = attention_mask
    if key_mask is not None:
        key_mask = key_mask[:, -kv_length:].bool()
        if bool(key_mask.all()):
            key_mask = None
    return _Prefill(int(q_offset) if causal else None, key_mask, dense)


def _attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | _Prefill | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **rest: Any,
) -> tuple[Tensor, None]:
    """The hook of transformers for attention: (B, N_q, H, D_v)."""
    interception: _Interception | None = getattr(module, _STATE, None)
    prefill = attention_mask if isinstance(attention_mask, _Prefill) else None
    if interception is not None:
        if prefill is None or dropout or any(rest.get(name) is not None for name in _UNSUPPORTED):
            interception.on_dense()
        else:
            out = interception.run(int(module.layer_idx), _as_input(query, key, value, prefill, scaling))  # type: ignore[arg-type]
            if out is not None:
                return out.transpose(1, 2).contiguous(), None
    mask = attention_mask.dense() if isinstance(attention_mask, _Prefill) else attention_mask
    dense: tuple[Tensor, None] = sdpa_attention_forward(
        module, query, key, value, mask, dropout=dropout, scaling=scaling, **rest
    )
    return dense


def _as_input(query: Tensor, key: Tensor, value: Tensor, prefill: _Prefill, scale: float | None) -> AttentionInput:
    key_mask = prefill.key_mask if prefill.key_mask is None else prefill.key_mask.to(query.device)
    query_mask = None
    if key_mask is not None and (prefill.offset is not None or query.shape[2] == key.shape[2]):
        first = prefill.offset or 0
        query_mask = key_mask[:, first : first + query.shape[2]]
    is_causal = prefill.offset is not None
    return AttentionInput(query, key, value, is_causal, prefill.offset, scale, query_mask, key_mask)
