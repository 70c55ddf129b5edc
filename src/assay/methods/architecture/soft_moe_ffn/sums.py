"""Running means of the tokens so far, and the sums of them that a KV cache keeps for decoding."""

from functools import cache as kept
from typing import Any, cast

import torch
from torch import Tensor
from transformers.cache_utils import CacheLayerMixin


def running_sums(x: Tensor, weights: Tensor, cache: Any = None, layer: int = 0) -> Tensor:
    """The weighted mean of the tokens up to each one, (B, T, S, C) in fp32.

    Args:
        x: Tokens (B, T, C).
        weights: Of each token in each slot, (B, T, S) in fp32, none negative.
        cache: A `transformers.Cache` that holds what came before and will hold these, or None.
        layer: Which of the cache's layers.

    Raises:
        ValueError: That layer holds tokens of which it has no sums.
    """
    # One more column of ones sums the weights themselves.
    ones = torch.cat([x.float(), x.new_ones(*x.shape[:-1], 1, dtype=torch.float32)], dim=-1)
    sums = (weights[..., None] * ones[..., None, :]).cumsum(1)
    if cache is not None:
        held = _slot_layer(cache, layer, x.shape[1])
        if held.slot_sums is not None:
            sums = sums + held.slot_sums[:, None]
        held.slot_sums = sums[:, -1]
    # Before the first real token of a padded row there is nothing to average.
    return sums[..., :-1] / sums[..., -1:].clamp_min(torch.finfo(torch.float32).tiny)


class SlotLayer(CacheLayerMixin):
    """What a cache layer does for the sums (B, S, C + 1) beside its keys and values. Mixed into the layer's class."""

    slot_sums: Tensor | None = None
    is_croppable = False  # a sum does not tell what its last tokens were

    def reset(self) -> None:
        """Forget."""
        super().reset()
        self.slot_sums = None

    def reorder_cache(self, beam_idx: Any) -> None:
        """Give each beam the sums of the one it goes on from."""
        super().reorder_cache(beam_idx)
        self._select(beam_idx)

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Repeat each row."""
        cast("Any", super()).batch_repeat_interleave(repeats)
        if self.slot_sums is not None:
            self.slot_sums = self.slot_sums.repeat_interleave(repeats, dim=0)

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep these rows."""
        cast("Any", super()).batch_select_indices(indices)
        self._select(indices)

    def crop(self, tokens_to_remove: int) -> None:
        """Refuse, unless nothing is to go.

        Raises:
            ValueError: There is something to remove.
        """
        if tokens_to_remove:
            raise ValueError(
                "a cache of a mode-'prefix' mixture cannot be cropped: its running sums do not tell what their last "
                "tokens added. Copy the cache before the tokens that may go"
            )

    def _select(self, rows: Tensor) -> None:
        if self.slot_sums is not None:
            self.slot_sums = self.slot_sums[rows.to(self.slot_sums.device)]


def _slot_layer(cache: Any, layer: int, new: int) -> Any:
    """The cache's layer, made one that keeps sums when its first tokens arrive."""
    found = cache.layers[layer]
    if not isinstance(found, SlotLayer):
        if int(found.get_seq_length()) != new:
            raise ValueError(
                f"layer {layer} of the cache holds {int(found.get_seq_length()) - new} tokens that no mixture has "
                "summed: begin with an empty cache"
            )
        found.__class__ = _with_sums(cast("type[CacheLayerMixin]", type(found)))
    return found


@kept
def _with_sums(of: type[CacheLayerMixin]) -> type:
    return type(f"Slot{of.__name__}", (SlotLayer, of), {})
