"""Which tokens matter: the scores of the last window, and the choice of the best."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn import functional

Pooling = Literal["max", "avg"]


class Scorer(Protocol):
    """What ranks tokens; `window_scores` is the paper's. Another one makes another method of the same mechanics."""

    def __call__(
        self, query: Tensor, key: Tensor, lengths: Sequence[int], scaling: float, kernel: int, pooling: Pooling, /
    ) -> Tensor:
        """Scores (B, Hkv, m - w); the arguments are those of `window_scores`."""
        ...


def window_scores(
    query: Tensor, key: Tensor, lengths: Sequence[int], scaling: float, kernel: int = 7, pooling: Pooling = "max"
) -> Tensor:
    """How much the last w tokens attend to each token before them, per KV head.

    Args:
        query: (B, Hq, w, D), of the last w tokens, as attention sees them.
        key: (B, Hkv, m, D), of all tokens present; row b is its last ``lengths[b]`` columns, the others are padding.
        lengths: Tokens that are no padding, per row.
        scaling: What attention multiplies logits with.
        kernel: Width over which scores are smoothed, odd.
        pooling: How they are smoothed.

    Returns:
        (B, Hkv, m - w) in float32; what it says of padding means nothing.
    """
    batch, kv_heads, columns, _ = key.shape
    window = query.shape[2]
    column = torch.arange(columns, device=key.device)
    real = column >= columns - torch.tensor(lengths, device=key.device)[:, None]
    visible = (column <= column[-window:, None]) & real[:, None, :]
    grouped = query.view(batch, kv_heads, -1, window, query.shape[-1])
    logits = grouped @ key.unsqueeze(2).transpose(-1, -2) * scaling
    logits = logits.float().masked_fill(~visible[:, None, None], torch.finfo(torch.float32).min)
    # Where a row is shorter than the window, what its padding attends to does not count.
    weights = logits.softmax(-1) * real[:, None, None, -window:, None]
    heads = weights[..., : columns - window].sum(3).flatten(0, 1)
    pool = functional.max_pool1d if pooling == "max" else functional.avg_pool1d
    return pool(heads, kernel, stride=1, padding=kernel // 2).sum(1).view(batch, kv_heads, -1)


class Selection(NamedTuple):
    """Columns to keep of rows that keep different numbers of them."""

    columns: Tensor
    """(B, H, C), ascending, with C the most that a row keeps; of a row that keeps fewer, the first ones are padding."""
    padding: list[int]
    """For each row, how many are."""


def select(scores: Tensor, keep: Sequence[int], lengths: Sequence[int], window: int) -> Selection:
    """The columns of the highest scores and of the last `window` tokens; of equal scores the earlier ones.

    Args:
        scores: (B, H, m - window).
        keep: Tokens to keep per row, the window included; at most the row's length.
        lengths: Tokens that are no padding, per row: its last columns.
        window: Tokens at the end that are always kept, at most m.
    """
    batch, heads, columns = scores.shape
    device = scores.device
    width = max(*keep, window)
    start = columns + window - torch.tensor(lengths, device=device)
    scores = scores.masked_fill(torch.arange(columns, device=device) < start[:, None, None], -torch.inf)
    best = scores.argsort(dim=-1, descending=True, stable=True)[..., : width - window]
    count = torch.tensor(keep, device=device) - window
    best = best.masked_fill(torch.arange(width - window, device=device) >= count[:, None, None], -1)
    last = torch.arange(columns, columns + window, device=device).expand(batch, heads, window)
    return Selection(
        torch.cat([best.sort(dim=-1).values.clamp(min=0), last], dim=-1), [width - number for number in keep]
    )


def overlaps(
    scores: Sequence[Tensor], lengths: Sequence[int], keep: Sequence[int], pass_on: Sequence[int]
) -> Tensor | None:
    """For each layer but the last: of the tokens that a later layer keeps, how many this one would have handed on.

    Args:
        scores: For each layer (B, m - w).
        lengths: Tokens that are no padding before the window, per row: its last columns.
        keep: The top tokens of a later layer that count, per row.
        pass_on: The top tokens that a layer hands on, per row.

    Returns:
        Shares averaged over later layers and rows, on the CPU; ``None`` if no row drops anything.
    """
    curves = []
    for row, (length, top, onward) in enumerate(zip(lengths, keep, pass_on, strict=True)):
        if not 0 < top <= onward < length:
            continue
        ranks = torch.stack([layer[row, -length:] for layer in scores]).argsort(dim=1, descending=True, stable=True)
        ones = torch.ones(ranks.shape, dtype=torch.float64, device=ranks.device)
        targets = torch.zeros_like(ones).scatter(1, ranks[:, :top], ones)
        survivors = torch.zeros_like(ones).scatter(1, ranks[:, :onward], ones)
        shares = survivors @ targets.T / top
        curves.append(torch.stack([shares[layer, layer + 1 :].mean() for layer in range(len(scores) - 1)]))
    return torch.stack(curves).mean(0).cpu() if curves else None


def first_layer(overlaps: Sequence[float], least: float) -> int:
    """The first layer whose overlap reaches `least`, else the last."""
    return next((layer for layer, overlap in enumerate(overlaps) if overlap >= least), len(overlaps) - 1)
