"""The attention of APE: a fast path and a naive reference."""

import torch
from torch import Tensor

_SCORES_AT_ONCE = 2**26
"""Attention scores held at a time, in float32 numbers; a longer question is taken in pieces."""


def ape_attention(  # noqa: PLR0913 - all but the first three are keywords
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    contexts: tuple[int, int],
    temperature: float,
    scale: float,
    scaling: float | None = None,
    mask: Tensor | None = None,
    ragged: bool = True,
) -> Tensor:
    """Attention of question and answer tokens over prefix, contexts and themselves.

    Args:
        query: (batch, query heads, queries, head size).
        key: (batch, key heads, keys, head size); the number of query heads is a multiple of the key heads.
        value: Like `key`; its head size may differ.
        contexts: The columns ``[begin, end)`` of `key` that hold the contexts.
        temperature: T, by which the logits of contexts are divided.
        scale: S; the log-sum-exp of contexts is multiplied by S * T.
        scaling: What dot products are multiplied by; one over the root of the head size if left out.
        mask: (batch or 1, heads or 1, queries, keys): true, or 0 where it is a number to add, where a query sees a key.
        ragged: Whether `mask` hides any context at all. If not, saying so saves a pass over all of them.

    Returns:
        (batch, query heads, queries, head size of `value`), in the dtype of `query`.
    """
    rows = max(1, _SCORES_AT_ONCE // (query.shape[0] * query.shape[1] * key.shape[2]))
    pieces = []
    for first in range(0, query.shape[2], rows):
        part = slice(first, first + rows)
        visible = None if mask is None else mask[:, :, part]
        groups = _groups(query[:, :, part], key, contexts, temperature, scaling, visible, ragged=ragged)
        shares = _shares(groups, scale * temperature)
        mixed = torch.zeros((), device=query.device)
        for share, (weights, _), values in zip(shares, groups, _split(value, contexts), strict=True):
            # Query heads that share a key head become rows of one product: keys and values are never repeated.
            together = weights.shape[1] // values.shape[1] * weights.shape[2]
            grouped = weights.to(value.dtype).view(*values.shape[:2], together, weights.shape[3])
            mixed = mixed + share * (grouped @ values).reshape(*weights.shape[:3], -1)
        pieces.append(mixed.to(query.dtype))
    return pieces[0] if len(pieces) == 1 else torch.cat(pieces, dim=2)


def ape_weights(
    query: Tensor,
    key: Tensor,
    *,
    contexts: tuple[int, int],
    temperature: float,
    scale: float,
    scaling: float | None = None,
    mask: Tensor | None = None,
    ragged: bool = True,
) -> Tensor:
    """The weights of `ape_attention`: (batch, query heads, queries, keys), at least float32, each row sums to 1."""
    groups = _groups(query, key, contexts, temperature, scaling, mask, ragged=ragged)
    shares = _shares(groups, scale * temperature)
    inside, others = (share * weights for share, (weights, _) in zip(shares, groups, strict=True))
    return torch.cat([others[..., : contexts[0]], inside, others[..., contexts[0] :]], dim=-1)


_Group = tuple[Tensor, Tensor]
"""Weights within a group, (batch, query heads, queries, keys of it), and its log-sum-exp, the same with one key."""


def _groups(
    query: Tensor,
    key: Tensor,
    contexts: tuple[int, int],
    temperature: float,
    scaling: float | None,
    mask: Tensor | None,
    *,
    ragged: bool,
) -> tuple[_Group, _Group]:
    """Contexts, and the rest."""
    scaling = query.shape[3] ** -0.5 if scaling is None else scaling
    inside, others = _split(key, contexts)
    masks: tuple[Tensor | None, Tensor | None] = (None, None)
    if mask is not None:
        masks = _split(mask.transpose(2, 3), contexts)
    return (
        _attend(query, inside, scaling / temperature, masks[0] if ragged else None),
        _attend(query, others, scaling, masks[1]),
    )


def _attend(query: Tensor, key: Tensor, scaling: float, mask: Tensor | None) -> _Group:
    batch, heads, queries, size = query.shape
    grouped = query.reshape(batch * key.shape[1], -1, size)
    flat = key.flatten(0, 1).transpose(1, 2)
    # Scaled within the product, before its result is rounded to the model's dtype.
    scores = torch.baddbmm(query.new_zeros(1, 1, 1), grouped, flat, beta=0, alpha=scaling)
    scores = scores.view(batch, heads, queries, -1).to(torch.promote_types(query.dtype, torch.float32))
    if mask is not None:
        mask = mask.transpose(2, 3)
        # The least number and not infinity: a group of which a query sees nothing then gets no share, but no NaN.
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min) if mask.dtype == torch.bool else scores + mask
    return scores.softmax(dim=-1), scores.logsumexp(dim=-1, keepdim=True)


def _shares(groups: tuple[_Group, _Group], factor: float) -> tuple[Tensor, Tensor]:
    """What contexts get, their log-sum-exp multiplied by `factor`, and the rest: (batch, query heads, queries, 1)."""
    (_, inside), (_, others) = groups
    shares = torch.cat([factor * inside, others], dim=-1).softmax(dim=-1)
    return shares[..., :1], shares[..., 1:]


def _split(states: Tensor, contexts: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Columns (the dimension before last) of the contexts, and all others."""
    first, end = contexts
    return states[:, :, first:end], torch.cat([states[:, :, :first], states[:, :, end:]], dim=2)


def ape_attention_reference(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    contexts: tuple[int, int],
    temperature: float,
    scale: float,
    scaling: float | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """What `ape_attention` computes, as the paper puts it: two groups, one query at a time, merged by their masses."""
    scaling = query.shape[3] ** -0.5 if scaling is None else scaling
    share = query.shape[1] // key.shape[1]
    out = torch.zeros(*query.shape[:3], value.shape[3], dtype=torch.float32)
    for b in range(query.shape[0]):
        for h in range(query.shape[1]):
            for i in range(query.shape[2]):
                groups: dict[bool, list[int]] = {True: [], False: []}
                for j in range(key.shape[2]):
                    if mask is None or mask[b % mask.shape[0], h % mask.shape[1], i, j]:
                        groups[contexts[0] <= j < contexts[1]].append(j)
                masses, outputs = [], []
                for is_context, members in groups.items():
                    if not members:
                        continue
                    logits = key[b, h // share, members].float() @ query[b, h, i].float() * scaling
                    logits = logits / temperature if is_context else logits
                    mass = torch.logsumexp(logits, dim=0)
                    masses.append(scale * temperature * mass if is_context else mass)
                    outputs.append((logits - mass).exp() @ value[b, h // share, members].float())
                out[b, h, i] = torch.stack(masses).softmax(dim=0) @ torch.stack(outputs)
    return out.to(query.dtype)
