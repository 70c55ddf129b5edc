"""Running means of the tokens so far, and the sums of them that a KV cache keeps for decoding."""

from typing import Any, NamedTuple

import torch
from torch import Tensor
from transformers import Cache

from assay.methods._cache import set_state, state_of


class SlotSums(NamedTuple):
    """What a cache's layer keeps of a mode-``prefix`` mixture."""

    sums: Tensor
    """(B, S, C + 1) in fp32: of each slot its weighted tokens, and last their weights."""

    @property
    def croppable(self) -> bool:
        """A sum does not tell what its last tokens were."""
        return False

    def crop(self, tokens: int) -> "SlotSums":
        """Refuse.

        Raises:
            ValueError: Always.
        """
        raise ValueError(
            f"{tokens} tokens cannot be cropped from a cache of a mode-'prefix' mixture, whose running sums do not "
            "tell what they added: copy the cache before tokens that may go"
        )


def running_means(x: Tensor, weights: Tensor, cache: Cache | None = None, layer: int = 0) -> Tensor:
    """The weighted mean of the tokens up to each one, (B, T, S, C) in fp32.

    Args:
        x: Tokens (B, T, C).
        weights: Of each token in each slot, (B, T, S) in fp32, none negative.
        cache: Holds the sums of what came before and will hold those of these tokens too.
        layer: Which of the cache's layers.

    Raises:
        ValueError: That layer holds tokens of which it has no sums.
    """
    # One more column of ones sums the weights themselves.
    ones = torch.cat([x.float(), x.new_ones(*x.shape[:-1], 1, dtype=torch.float32)], dim=-1)
    sums = (weights[..., None] * ones[..., None, :]).cumsum(1)
    if cache is not None:
        sums = _continued(sums, cache, layer)
    # Before the first real token of a padded row there is nothing to average.
    return sums[..., :-1] / sums[..., -1:].clamp_min(torch.finfo(torch.float32).tiny)


@torch.compiler.disable  # type: ignore[untyped-decorator]  # a compiled step would overwrite the sums of the last one
def _continued(sums: Tensor, cache: Cache, layer: int) -> Tensor:
    """The sums from where the cache's end; the cache is brought up to date."""
    if layer >= len(cache.layers):
        raise ValueError(f"this {type(cache).__name__} has no layer {layer} to keep the sums of a mixture in")
    state = state_of(cache, layer, SlotSums)
    if state is not None:
        sums = sums + state.sums[:, None]
    else:
        _refuse_tokens(cache.layers[layer], layer, new=sums.shape[1])
    set_state(cache, layer, SlotSums(sums[:, -1].clone()))
    return sums


def _refuse_tokens(holder: Any, layer: int, *, new: int) -> None:
    """Refuse a layer that holds more than the new tokens; one of linear attention does not know how many it read."""
    earlier = int(holder.get_seq_length()) - new if hasattr(holder, "get_seq_length") else 0
    if earlier:
        raise ValueError(
            f"layer {layer} of the cache holds {earlier} tokens that no mixture has summed: begin with an empty cache"
        )
