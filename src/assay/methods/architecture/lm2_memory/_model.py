"""Memories in a model: put in place, taken out, and loaded again."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar, cast

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from assay.methods.architecture.lm2_memory._cache import set_state, state_of
from assay.methods.architecture.lm2_memory._memory import GatedMemory, MemoryConfig

M = TypeVar("M", bound=PreTrainedModel)

_SETTING = "lm2_memory"


def add_memory(model: M, config: MemoryConfig | None = None) -> M:
    """Give the blocks of a decoder a memory, in place, and return the model: the same logits until it is trained.

    Call it before an optimizer holds the model's parameters or `torch.compile` sees it. The weights that the model has
    keep their names and may be frozen; those of the memory are called ``...self_attn.memory...``.

    Args:
        model: A decoder-only model whose blocks have a `self_attn` of the Llama kind (Llama, Mistral, Qwen2, Qwen3).
        config: See `MemoryConfig`; its defaults if not given.

    Raises:
        ValueError: The model is of another kind, has a memory already, lacks one of the layers, or heads, segment and
            model do not go together. Nothing was changed then.
    """
    config = config or MemoryConfig()
    blocks = _attentions(model)
    if any(hasattr(attention, "memory") for attention in blocks.values()):
        raise ValueError(f"this {type(model).__name__} has a memory already: `remove_memory` comes first")
    wanted = sorted(blocks) if isinstance(config.layers, str) else config.layers
    if missing := set(wanted) - set(blocks):
        raise ValueError(f"there is no layer {min(missing)} in this {type(model).__name__}: it has {len(blocks)}")
    _refuse_segment(model, config.segment)
    spread = getattr(model.config, "initializer_range", 0.02)
    memories = {
        layer: GatedMemory(model.config.hidden_size, config, spread=spread).to(_device(blocks[layer]), model.dtype)
        for layer in wanted
    }
    for layer, memory in memories.items():
        attention = blocks[layer]
        attention.memory = memory
        memory.hook = attention.register_forward_hook(_remember, with_kwargs=True)
    decoder = cast("Any", model.base_model)
    decoder.memory_hook = decoder.register_forward_pre_hook(_refuse_padding, with_kwargs=True)
    setattr(model.config, _SETTING, asdict(config))
    return model


def remove_memory(model: M) -> M:
    """Take the memories out again, in place, and return the model: stock architecture, its other weights as they are.

    Raises:
        ValueError: It has none.
    """
    attentions = [attention for attention in _attentions(model).values() if hasattr(attention, "memory")]
    if not attentions:
        raise ValueError(f"this {type(model).__name__} has no memory to remove: `add_memory` comes first")
    for attention in attentions:
        attention.memory.hook.remove()
        del attention.memory
    decoder = cast("Any", model.base_model)
    decoder.memory_hook.remove()
    del decoder.memory_hook
    delattr(model.config, _SETTING)
    return model


def load_with_memory(kind: type[M], folder: str | Path, **options: Any) -> M:
    """A model that was saved with its memory, by `save_pretrained`; the stock class would leave the memory out.

    Args:
        kind: The model's class in transformers.
        folder: Where it was saved.
        options: What else ``from_pretrained`` takes.

    Raises:
        ValueError: It was saved without a memory.
    """
    stored = kind.config_class.from_pretrained(folder)  # type: ignore[union-attr]
    settings = getattr(stored, _SETTING, None)
    if settings is None:
        raise ValueError(f"{folder} holds a model without a memory: load it as any other, then `add_memory`")
    layers = settings["layers"]
    config = MemoryConfig(**settings | {"layers": layers if isinstance(layers, str) else tuple(layers)})

    class WithMemory(kind):  # type: ignore[valid-type, misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            add_memory(self, config)

    model: M = WithMemory.from_pretrained(folder, **options)
    model.__class__ = kind
    return model


def _remember(attention: Any, args: tuple[Any, ...], inputs: dict[str, Any], output: tuple[Any, ...]) -> Any:
    """Add what is read to what attention put out, and write what it was given."""
    x = inputs["hidden_states"] if "hidden_states" in inputs else args[0]
    cache = inputs.get("past_key_values")
    if cache is None:
        read, _ = attention.memory(x, keep=False)
    else:
        read, state = attention.memory(x, state_of(cache, attention.layer_idx))
        set_state(cache, attention.layer_idx, state)
    return (output[0] + read, *output[1:])


def _refuse_padding(_: nn.Module, __: tuple[Any, ...], inputs: dict[str, Any]) -> None:
    """A row's segments are counted from its first column, whatever stands there."""
    if torch.compiler.is_compiling():
        return
    mask, positions = inputs.get("attention_mask"), inputs.get("position_ids")
    if isinstance(mask, Tensor) and mask.dim() == 2 and bool((mask[:, 1:] > mask[:, :-1]).any()):
        raise ValueError(
            "a row has padding before tokens, which would shift its segments: pad at the end, and generate only from "
            "rows of one length"
        )
    if mask is None and isinstance(positions, Tensor) and bool((positions[..., 1:] < positions[..., :-1]).any()):
        raise ValueError("positions begin anew within a row, and the memory would not: one document a row, not packed")


def _attentions(model: nn.Module) -> dict[int, Any]:
    """The attention of each block, by its number."""
    layers = getattr(model.base_model, "layers", None) if isinstance(model, PreTrainedModel) else None
    found = {number: getattr(layer, "self_attn", None) for number, layer in enumerate(layers or ())}
    if not found or not all(hasattr(attention, "o_proj") for attention in found.values()):
        raise ValueError(
            f"{type(model).__name__} has no decoder blocks with a `self_attn` of the Llama kind, beside which a memory "
            "could stand: give a Llama, Mistral, Qwen2, Qwen3 or the like"
        )
    return found


def _refuse_segment(model: PreTrainedModel, segment: int) -> None:
    longest = getattr(model.config, "max_position_embeddings", segment)
    if segment > longest:
        raise ValueError(f"a segment of {segment} tokens is longer than the {longest} positions of this model")
    window = getattr(model.config, "sliding_window", None)
    if window is not None and getattr(model.config, "use_sliding_window", True) and segment > window:
        raise ValueError(
            f"a segment of {segment} tokens is longer than the window of {window}: what lies between would be seen "
            "neither by attention nor in the memory; choose a segment of at most the window"
        )


def _device(module: nn.Module) -> torch.device:
    return next(module.parameters()).device
