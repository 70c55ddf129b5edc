"""What a method keeps of a text beside keys and values: as part of a cache's layers, so that it goes wherever they go.

A state is a named tuple of tensors whose first dimension is the batch. It follows beams, returned sequences and
selections of rows, and is forgotten by ``reset``; how tokens are taken back is a method of its own::

    class MemoryState(NamedTuple):
        memory: Tensor

        @property
        def croppable(self) -> bool: ...

        def crop(self, tokens: int) -> "MemoryState": ...

    set_state(cache, layer, MemoryState(memory))
    state = state_of(cache, layer, MemoryState)

A layer holds one state of each type.
"""

from collections.abc import Callable, Iterable
from functools import cache as once
from typing import Any, TypeVar

from torch import LongTensor, Tensor
from transformers import Cache

S = TypeVar("S")


def state_of(cache: Cache, layer: int, kind: type[S]) -> S | None:
    """The state of a type that a layer of the cache holds, if it holds one by now."""
    states = getattr(cache.layers[layer], "states", {}) if layer < len(cache.layers) else {}
    state: S | None = states.get(kind)
    return state


def set_state(cache: Cache, layer: int, state: tuple[Tensor, ...]) -> None:
    """Put a state into a layer of the cache, in the place of an earlier one of its type.

    The layer's class becomes one that takes states along. Whether it can be compiled stays as it is, since transformers
    decides by it how masks are made.
    """
    holder: Any = cache.layers[layer]
    if not hasattr(holder, "states"):
        kind: Any = type(holder)
        holder.__class__ = _with_states(kind)
        holder.states = {}
    holder.states[type(state)] = state


def cache_among(values: Iterable[Any]) -> Cache | None:
    """The cache among the inputs or outputs of a module; architectures have several names for it."""
    return next((value for value in values if isinstance(value, Cache)), None)


def keep_mask(stock: Callable[..., Any], input_ids: Tensor, *args: Any, **inputs: Any) -> dict[str, Any]:
    """`prepare_inputs_for_generation` with the mask as it was handed in, (B, T), from which padding can be seen.

    For a static cache transformers makes one of four dimensions out of it at that place, and otherwise in the model.
    To be put into a model with `assay.methods._patching.wrap`.
    """
    prepared: dict[str, Any] = stock(input_ids, *args, **inputs)
    mask, other = inputs.get("attention_mask"), prepared.get("attention_mask")
    # Where there is none, a recurrent model has read the padding already.
    if other is not None and (mask is None or (isinstance(mask, Tensor) and mask.dim() == 2)):
        prepared["attention_mask"] = other if isinstance(other, Tensor) and other.dim() == 2 else mask
    return prepared


@once
def _with_states(kind: Any) -> Any:
    """The class of a cache's layer, with states; layers of the several kinds have no base in common."""

    class WithStates(kind):  # type: ignore[misc]
        _layer_type = None  # not to be taken for the class of such layers
        states: dict[type, Any]

        @property
        def is_croppable(self) -> bool:
            layer: bool = super().is_croppable
            return layer and all(state.croppable for state in self.states.values())

        def crop(self, tokens_to_remove: int) -> None:
            if tokens_to_remove:
                self.states = {kind: state.crop(abs(tokens_to_remove)) for kind, state in self.states.items()}
            super().crop(tokens_to_remove)

        def reset(self) -> None:
            super().reset()
            self.states = {}

        def reorder_cache(self, beam_idx: LongTensor) -> None:
            super().reorder_cache(beam_idx)
            self.change_rows(lambda rows: rows.index_select(0, beam_idx.to(rows.device)))

        def batch_repeat_interleave(self, repeats: int) -> None:
            super().batch_repeat_interleave(repeats)
            self.change_rows(lambda rows: rows.repeat_interleave(repeats, dim=0))

        def batch_select_indices(self, indices: Tensor) -> None:
            super().batch_select_indices(indices)
            self.change_rows(lambda rows: rows[indices])

        def change_rows(self, change: Callable[[Tensor], Tensor]) -> None:
            self.states = {kind: kind(*map(change, state)) for kind, state in self.states.items()}

    return WithStates
