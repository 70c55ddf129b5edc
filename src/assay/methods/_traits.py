"""What a transformers model brings that may change what a method computes, and refusing what a method does not know.

A method names the traits that it supports; every other one is refused in words, so that a trait that nobody thought of
when the method was written is refused too::

    refuse_traits(model, method="FastKV", supports={Trait.SOFTCAP, Trait.SINKS})
"""

import re
from collections.abc import Collection, Iterator
from enum import Enum
from typing import Any

import torch
from torch import nn
from transformers import DynamicCache, PreTrainedModel

from assay.methods._decoders import text_config


class Trait(Enum):
    """One thing that a model brings; the value is how a sentence about the model says it."""

    ENCODER_DECODER = "it is an encoder-decoder"
    SINKS = "it has attention sinks"
    SOFTCAP = "its attention scores are soft-capped"
    SLIDING = "some of its layers attend within a sliding window or in chunks"
    LOCAL = "some of its layers attend locally, by a mask of their own"
    RECURRENT = "some of its layers are recurrent (linear attention or state space)"
    SHARED_STATES = "some of its layers share their keys and values"
    ALIBI = "its positions are biases on attention scores (ALiBi)"
    NO_ROPE = "it has no rotary positions (RoPE)"
    ROPE_BY_LENGTH = "its rotary angles change with the length of the text"
    LATENT = "its keys and values are made from latent vectors (MLA)"
    SPARSE = "its attention chooses its keys by an index of its own"
    ADAPTERS = "it has adapters"
    QUANTISED = "its weights are quantised"
    OFFLOADED = "some of its weights are not on its device (offloaded by accelerate, or on meta)"
    WEIGHTLESS = "it has sizes and no weights (it was made on meta)"
    DISPATCHED = "accelerate has dispatched it over several devices"


PLACEMENT = frozenset({Trait.ADAPTERS, Trait.QUANTISED, Trait.OFFLOADED, Trait.WEIGHTLESS, Trait.DISPATCHED})
"""Traits of how the weights are kept. What only looks at activations supports all of them."""
POSITIONS = frozenset({Trait.ALIBI, Trait.NO_ROPE, Trait.ROPE_BY_LENGTH})
"""Traits of how places in the text are told apart."""
ATTENTION = frozenset(Trait) - PLACEMENT - {Trait.ENCODER_DECODER}
"""Traits of what attention computes. A change of the feed-forward blocks or norms alone supports all of them."""


def traits_of(model: PreTrainedModel) -> dict[Trait, str]:
    """The traits of a model, each with what shows it: a setting, a layer, a weight.

    Args:
        model: Any model of transformers, wrapped in nothing.
    """
    return dict(_structure(model)) | dict(_weights(model))


def refuse_traits(model: PreTrainedModel, *, method: str, supports: Collection[Trait]) -> None:
    """Refuse a model that brings what the method does not support.

    Raises:
        ValueError: It does; the message names the trait and what shows it.
    """
    for trait, evidence in traits_of(model).items():
        if trait not in supports:
            shown = f" ({evidence})" if evidence else ""
            raise ValueError(f"{method} cannot be used with this {type(model).__name__}: {trait.value}{shown}")


def _structure(model: PreTrainedModel) -> Iterator[tuple[Trait, str]]:
    """What the configuration and the classes say."""
    config: Any = text_config(model)
    if model.config.is_encoder_decoder:
        yield Trait.ENCODER_DECODER, ""
    sinks = (name for name, _ in model.named_parameters() if re.search(r"(^|[._])sinks?($|[._])", name))
    if sink := next(sinks, None):
        yield Trait.SINKS, sink
    if (cap := _setting(config, "attn_logit_softcapping", "attn_logit_softcap")) is not None:
        yield Trait.SOFTCAP, f"at {cap}"
    if (rank := _setting(config, "kv_lora_rank")) is not None:
        yield Trait.LATENT, f"of rank {rank}"
    if (keys := _setting(config, "index_topk")) is not None:
        yield Trait.SPARSE, f"of {keys} keys"
    yield from _layers(model, config)
    yield from _positions(config)


def _layers(model: PreTrainedModel, config: Any) -> Iterator[tuple[Trait, str]]:
    """What the layers keep of the text: by the cache that transformers would make for them."""
    cache = DynamicCache(config=config)
    window = _setting(config, "attention_window_size")
    if any(cache.is_sliding) or window is not None:
        yield (
            Trait.SLIDING,
            f"{sum(cache.is_sliding)} of {len(cache.layers)}" if window is None else f"of {window} tokens",
        )
    if "local" in (getattr(config, "attention_layers", None) or ()):
        yield Trait.LOCAL, "attention_layers"
    recurrent = any(cache.is_linear) or getattr(model, "_is_stateful", False)
    if recurrent:
        yield Trait.RECURRENT, ""
    # Of a hybrid, blocks without attention keep nothing either.
    if getattr(config, "num_kv_shared_layers", None) or (any(cache.is_dummy) and not recurrent):
        yield Trait.SHARED_STATES, ""


def _positions(config: Any) -> Iterator[tuple[Trait, str]]:
    """How places in the text are told apart."""
    alibi = _has_alibi(config)
    if alibi:
        yield Trait.ALIBI, ""
    types = list(_rope_types(config))
    # Some families keep the angles of a RoPE that they do not use.
    unused = not getattr(config, "use_mem_rope", True) or getattr(config, "position_embedding_type", "rope") != "rope"
    if alibi or unused or not types:
        yield Trait.NO_ROPE, ""
    if by_length := next((kind for kind in types if "dynamic" in kind or kind == "longrope"), None):
        yield Trait.ROPE_BY_LENGTH, f"rope type {by_length!r}"


def _weights(model: PreTrainedModel) -> Iterator[tuple[Trait, str]]:
    """How the weights are kept."""
    adapter = next((path for path, module in model.named_modules() if _is_adapter(module)), None)
    if adapter is not None or getattr(model, "peft_config", None):
        yield Trait.ADAPTERS, adapter or ""
    if getattr(model, "hf_quantizer", None) is not None or getattr(model.config, "quantization_config", None):
        yield Trait.QUANTISED, "quantization_config"
    if placeholder := next((name for name, weight in model.named_parameters() if weight.is_meta), None):
        hooked = any(hasattr(module, "_hf_hook") for module in model.modules())  # accelerate brings the weights
        weightless = not hooked and all(weight.is_meta for weight in model.parameters())
        yield Trait.WEIGHTLESS if weightless else Trait.OFFLOADED, placeholder
    devices = {torch.device(place).type if isinstance(place, str) else place for place in _device_map(model).values()}
    if len(devices) > 1:
        yield Trait.DISPATCHED, "hf_device_map"


def _device_map(model: nn.Module) -> dict[str, Any]:
    places: dict[str, Any] = getattr(model, "hf_device_map", None) or {}
    return {path: "meta" if place == "disk" else place for path, place in places.items()}


def _is_adapter(module: nn.Module) -> bool:
    return any(cls.__module__.startswith("peft.") for cls in type(module).__mro__)


def _setting(config: Any, *names: str) -> Any:
    return next((value for name in names if (value := getattr(config, name, None)) is not None), None)


def _has_alibi(config: Any) -> bool:
    inner = getattr(config, "attn_config", None)
    return (
        config.model_type == "bloom"
        or bool(getattr(config, "alibi", False))
        or getattr(config, "position_embedding_type", "") == "alibi"
        or bool(getattr(inner, "alibi", False))
    )


def _rope_types(config: Any) -> Iterator[str]:
    """The type of each set of rotary angles; some families have one for each kind of layer."""
    parameters = getattr(config, "rope_parameters", None) or {}
    sets = [parameters] if "rope_type" in parameters else parameters.values()
    yield from (str(each["rope_type"]) for each in sets if isinstance(each, dict) and "rope_type" in each)
    if not parameters and getattr(config, "rotary_dim", None):  # GPT-J and CodeGen keep no parameters
        yield "default"
