"""The memory as part of a cache's layers, so that it goes wherever their keys and values go."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache as once
from typing import Any

from torch import LongTensor, Tensor
from transformers import Cache, DynamicCache, PreTrainedModel
from transformers.cache_utils import CacheLayerMixin

from assay.methods.architecture.lm2_memory._memory import MemoryState


class _WithMemory(CacheLayerMixin):
    """What a memory adds to a layer of a cache, of whatever class that is."""

    is_compileable = False
    is_croppable = False
    memory_state: MemoryState | None = None

    def crop(self, tokens_to_remove: int) -> None:
        if tokens_to_remove:
            raise ValueError("what was written into a memory cannot be taken back: generate without an assistant")

    def reset(self) -> None:
        super().reset()
        self.memory_state = None

    def reorder_cache(self, beam_idx: LongTensor) -> None:
        super().reorder_cache(beam_idx)
        self._rows(lambda rows: rows.index_select(0, beam_idx.to(rows.device)))

    def batch_repeat_interleave(self, repeats: int) -> None:
        super().batch_repeat_interleave(repeats)  # type: ignore[misc]  # every layer has it, but not their base
        self._rows(lambda rows: rows.repeat_interleave(repeats, dim=0))

    def batch_select_indices(self, indices: Tensor) -> None:
        super().batch_select_indices(indices)  # type: ignore[misc]
        self._rows(lambda rows: rows[indices])

    def _rows(self, change: Callable[[Tensor], Tensor]) -> None:
        if self.memory_state is not None:
            self.memory_state = MemoryState(*map(change, self.memory_state))


def state_of(cache: Cache, layer: int) -> MemoryState | None:
    """The memory of a layer, if it has one by now."""
    state: MemoryState | None = (
        getattr(cache.layers[layer], "memory_state", None) if layer < len(cache.layers) else None
    )
    return state


def set_state(cache: Cache, layer: int, state: MemoryState) -> None:
    """Put a memory into a layer of the cache, which from then on takes it along."""
    held: Any = cache.layers[layer]
    if not isinstance(held, _WithMemory):
        kind: Any = type(held)
        held.__class__ = _kind_with_memory(kind)
    held.memory_state = state


def memory_state(cache: Cache) -> dict[str, Tensor]:
    """The memory in a cache: tensors (B, N, d) and (B, n, d), by ``<layer>.memory`` and ``<layer>.pending``.

    They share no storage with the cache: keep them, write them with safetensors, go on from them with
    `cache_with_memory`.

    Raises:
        ValueError: There is no memory in it.
    """
    found = {
        f"{layer}.{name}": tensor.detach().clone()
        for layer in range(len(cache.layers))
        if (state := state_of(cache, layer)) is not None
        for name, tensor in state._asdict().items()
    }
    if not found:
        raise ValueError("there is no memory in this cache: it comes from a model without one, or has read nothing")
    return found


def cache_with_memory(model: PreTrainedModel, state: Mapping[str, Tensor]) -> DynamicCache:
    """A new cache that holds a memory, but no keys and values: what was read is only remembered.

    Positions begin anew with it.

    Raises:
        ValueError: The model has no memory, or one of other layers, slots, width or segment than the state.
    """
    expected = _memories(model)
    if set(state) != {f"{layer}.{name}" for layer in expected for name in MemoryState._fields}:
        raise ValueError(
            f"the state is that of layers {sorted({int(name.partition('.')[0]) for name in state})}, and this "
            f"{type(model).__name__} has a memory in layers {sorted(expected)}"
        )
    cache = DynamicCache(config=model.config)
    for layer, memory in expected.items():
        held = MemoryState(*(state[f"{layer}.{name}"].to(memory.initial) for name in MemoryState._fields))
        if held.memory.shape[1:] != memory.initial.shape:
            raise ValueError(
                f"layer {layer} has a memory of {tuple(memory.initial.shape)} slots and features, and the state one of "
                f"{tuple(held.memory.shape[1:])}"
            )
        if held.pending.shape[1] >= memory.segment:
            raise ValueError(
                f"layer {layer}: {held.pending.shape[1]} tokens are pending in the state, which a segment of "
                f"{memory.segment} would have written: it is from a model with longer segments"
            )
        set_state(cache, layer, held)
    return cache


def _memories(model: PreTrainedModel) -> dict[int, Any]:
    """The memory of each layer that has one."""
    layers = getattr(model.base_model, "layers", ())
    attentions: Iterator[tuple[int, Any]] = (
        (number, getattr(layer, "self_attn", None)) for number, layer in enumerate(layers)
    )
    return {number: attention.memory for number, attention in attentions if hasattr(attention, "memory")}


@once
def _kind_with_memory(kind: type) -> type:
    return type(f"{kind.__name__}WithMemory", (_WithMemory, kind), {})
