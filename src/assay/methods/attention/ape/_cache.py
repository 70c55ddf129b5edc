"""The cache of a batch of requests: the states of a prefix, of each request's contexts, and of what follows."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from assay.methods.attention.ape._states import KVStates


class APECache(DynamicCache):
    """States of a batch of requests: the prefix, each request's contexts (padded to equal length), what follows.

    `join` makes it. What follows the contexts is appended as to any `DynamicCache`; `rewind` takes it away again, so
    that the next question can be put to the same contexts.
    """

    def __init__(
        self, keys: Tensor, values: Tensor, *, prefix_length: int, starts: Tensor, context_mask: Tensor
    ) -> None:
        """Wrap joined states.

        Args:
            keys: (layers, batch, key heads, prefix + contexts, head size).
            values: As `keys`.
            prefix_length: Tokens of the prefix.
            starts: (batch,) the position at which each request's question begins.
            context_mask: (batch, contexts) whether a context column holds a token, and not padding.
        """
        super().__init__()
        for key, value in zip(keys, values, strict=True):
            layer = DynamicLayer()
            layer.lazy_initialization(key, value)
            layer.keys, layer.values = key, value  # Not through `update`, which would copy them.
            self.layers.append(layer)
        self.prefix_length = prefix_length
        self.starts = starts
        self.context_mask = context_mask
        self.ragged = not bool(context_mask.all())

    @property
    def context_length(self) -> int:
        """Columns that contexts take, padding included."""
        return self.context_mask.shape[1]

    def rewind(self) -> None:
        """Forget what came after the contexts."""
        self.crop(self.prefix_length + self.context_length - self.get_seq_length())

    def inputs(self, question: Tensor, attention_mask: Tensor | None = None) -> dict[str, Any]:
        """What ``model(...)`` or ``model.generate(...)`` must be called with to put a question.

        Args:
            question: (batch, tokens) ids, left-padded where lengths differ.
            attention_mask: (batch, tokens), 0 where `question` is padding.

        Raises:
            ValueError: The batch is another than the cache's, or the mask is not the question's.
        """
        if question.shape[0] != self.starts.shape[0]:
            raise ValueError(f"{question.shape[0]} questions for a cache of {self.starts.shape[0]} requests")
        own = torch.ones_like(question) if attention_mask is None else attention_mask.to(question)
        if own.shape != question.shape:
            raise ValueError(f"a mask of shape {tuple(own.shape)} for questions of shape {tuple(question.shape)}")
        whole = torch.cat([self._columns().to(own), own], dim=1)
        return {"input_ids": question, "past_key_values": self} | self.places(question.shape[1], whole)

    def places(self, tokens: int, attention_mask: Tensor | None) -> dict[str, Tensor]:
        """Mask and positions for the next `tokens` tokens.

        Args:
            tokens: How many are about to be put in.
            attention_mask: (batch, all columns up to and including these), or nothing if the question has no padding.

        Raises:
            ValueError: The mask has another shape.
        """
        stored = self.get_seq_length()
        fixed = self.prefix_length + self.context_length
        batch = self.starts.shape[0]
        if attention_mask is None:
            columns = self._columns()
            attention_mask = torch.cat([columns, columns.new_ones(batch, stored + tokens - fixed)], dim=1)
        if attention_mask.shape != (batch, stored + tokens):
            raise ValueError(
                f"an attention mask of shape {tuple(attention_mask.shape)} does not cover the cache: "
                f"{(batch, stored + tokens)} is needed, as APECache.inputs() makes it"
            )
        before = attention_mask[:, fixed:].long().cumsum(dim=1)[:, -tokens:] - 1
        return {"attention_mask": attention_mask, "position_ids": self.starts[:, None] + before.clamp(min=0)}

    def _columns(self) -> Tensor:
        return torch.cat(
            [self.context_mask.new_ones(self.starts.shape[0], self.prefix_length), self.context_mask], dim=1
        ).long()

    def reorder_cache(self, beam_idx: torch.LongTensor) -> None:
        """Reorder the batch, for beam search."""
        super().reorder_cache(beam_idx)
        self._take(beam_idx)

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Repeat every row."""
        super().batch_repeat_interleave(repeats)
        self._take(torch.arange(self.starts.shape[0]).repeat_interleave(repeats))

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep some rows."""
        super().batch_select_indices(indices)
        self._take(indices)

    def _take(self, rows: Tensor) -> None:
        rows = rows.to(self.starts.device)
        self.starts, self.context_mask = self.starts[rows], self.context_mask[rows]


def join(
    prefix: KVStates, requests: Sequence[Sequence[KVStates]], *, device: torch.device | str | None = None
) -> APECache:
    """Put the prefix, once, and each request's contexts together into one cache.

    Args:
        prefix: From `encode_prefix`.
        requests: For each request of the batch its contexts; their number and lengths may differ.
        device: Where the model is; the prefix's device if left out.

    Raises:
        ValueError: There is no request, or a context was encoded by another model, in another dtype or behind another
            prefix.
    """
    if not requests:
        raise ValueError("there is no request to join contexts for")
    for context in (context for contexts in requests for context in contexts):
        for what, theirs, ours in (
            ("by another model", context.model, prefix.model),
            ("behind another prefix", context.behind, prefix.digest),
            (f"in {context.keys.dtype} and the prefix in {prefix.keys.dtype}", context.keys.dtype, prefix.keys.dtype),
        ):
            if theirs != ours:
                raise ValueError(f"a context was encoded {what}: encode it again")
    device = prefix.keys.device if device is None else torch.device(device)
    lengths = [sum(context.keys.shape[2] for context in contexts) for contexts in requests]
    ordered = [sorted(contexts, key=lambda context: context.digest) for contexts in requests]
    states = []
    for part in ("keys", "values"):
        first = getattr(prefix, part).to(device)
        rows = []
        for contexts, length in zip(ordered, lengths, strict=True):
            padding = first.new_zeros(*first.shape[:2], max(lengths) - length, first.shape[3])
            own = [getattr(context, part).to(device, non_blocking=True) for context in contexts]
            rows.append(torch.cat([first, *own, padding], dim=2))
        states.append(torch.stack(rows, dim=1) if len(rows) > 1 else rows[0][:, None])
    starts = [max([prefix.end, *(context.end for context in contexts)]) for contexts in requests]
    return APECache(
        *states,
        prefix_length=prefix.keys.shape[2],
        starts=torch.tensor(starts, device=device),
        context_mask=torch.arange(max(lengths), device=device)[None] < torch.tensor(lengths, device=device)[:, None],
    )
