"""The memory in a cache, as tensors to keep and to go on from."""

from collections.abc import Mapping

from torch import Tensor
from transformers import Cache, DynamicCache, PreTrainedModel

from assay.methods._cache import set_state, state_of
from assay.methods.architecture.lm2_memory._memory import GatedMemory, MemoryState


def memory_state(cache: Cache) -> dict[str, Tensor]:
    """The memory in a cache: tensors (B, N, d) and (B, n, d), by ``<layer>.memory`` and ``<layer>.pending``.

    They share no storage with the cache: keep them, write them with safetensors, go on from them with
    `cache_with_memory`.

    Raises:
        ValueError: There is no memory in it.
    """
    tensors = {
        f"{layer}.{name}": tensor.detach().clone()
        for layer in range(len(cache.layers))
        if (state := state_of(cache, layer, MemoryState)) is not None
        for name, tensor in state._asdict().items()
    }
    if not tensors:
        raise ValueError("there is no memory in this cache: it comes from a model without one, or has read nothing")
    return tensors


def cache_with_memory(model: PreTrainedModel, state: Mapping[str, Tensor]) -> DynamicCache:
    """A new cache that holds a memory, but no keys and values: what was read is only remembered.

    Positions begin anew with it.

    Raises:
        ValueError: The model has no memory, or one of other layers, slots, width or segment than the state.
    """
    memories = memories_of(model)
    if set(state) != {f"{layer}.{name}" for layer in memories for name in MemoryState._fields}:
        raise ValueError(
            f"the state is that of layers {sorted({int(name.partition('.')[0]) for name in state})}, and this "
            f"{type(model).__name__} has a memory in layers {sorted(memories)}"
        )
    cache = DynamicCache(config=model.config)
    for layer, memory in memories.items():
        slots, pending = (state[f"{layer}.{name}"] for name in MemoryState._fields)
        if slots.shape[1:] != memory.initial.shape:
            raise ValueError(
                f"layer {layer} has a memory of {tuple(memory.initial.shape)} slots and features, and the state one of "
                f"{tuple(slots.shape[1:])}"
            )
        if pending.shape[1] >= memory.segment:
            raise ValueError(
                f"layer {layer}: {pending.shape[1]} tokens are pending in the state, which a segment of "
                f"{memory.segment} would have written: it is from a model with longer segments"
            )
        set_state(cache, layer, MemoryState(slots, pending))
    return cache


def memories_of(model: PreTrainedModel) -> dict[int, GatedMemory]:
    """The memory of each layer that has one, by the layer's number."""
    return {
        module.layer_idx: module.memory  # type: ignore[misc]
        for module in model.modules()
        if isinstance(getattr(module, "memory", None), GatedMemory)
    }
