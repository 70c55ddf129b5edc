"""Which tokens matter: the scores of the last window, and the choice of the best."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from assay.methods.attention.fastkv._press import FastKV


class Scorer(Protocol):
    """What ranks tokens; `window_scores` is the paper's. Another one makes another method of the same mechanics."""

    def __call__(
        self, query: Tensor, key: Tensor, press: "FastKV", scaling: float, lengths: Sequence[int], /
    ) -> Tensor:
        """Scores (B, Hkv, m - w); the arguments are those of `window_scores`."""
        ...


def window_scores(query: Tensor, key: Tensor, press: "FastKV", scaling: float, lengths: Sequence[int]) -> Tensor:
    """How much the last w tokens attend to each token before them, per KV head.

    Args:
        query: (B, Hq, w, D), of the last w tokens, as attention sees them.
        key: (B, Hkv, m, D), of all tokens present; row b is its last ``lengths[b]`` columns, the others are padding.
        press: Its `kernel` and `pooling` smooth the scores.
        scaling: What attention multiplies logits with.
        lengths: Tokens that are no padding, per row.

    Returns:
        (B, Hkv, m - w) in float32; what it says of padding means nothing.
    """
    batch, kv_heads, columns, _ = key.shape
    window = query.shape[2]
    column = torch.arange(columns, device=key.device)
    real = column >= columns - torch.tensor(lengths, device=key.device)[:, None]
    seen = (column <= column[-window:, None]) & real[:, None, :]
    grouped = query.view(batch, kv_heads, -1, window, query.shape[-1])
    logits = grouped @ key.unsqueeze(2).transpose(-1, -2) * scaling
    logits = logits.float().masked_fill(~seen[:, None, None], torch.finfo(torch.float32).min)
    # Where a row is shorter than the window, what its padding attends to does not count.
    weights = logits.softmax(-1) * real[:, None, None, -window:, None]
    heads = weights[..., : columns - window].sum(3).flatten(0, 1)
    pool = functional.max_pool1d if press.pooling == "max" else functional.avg_pool1d
    return pool(heads, press.kernel, stride=1, padding=press.kernel // 2).sum(1).view(batch, kv_heads, -1)


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
    taken = torch.tensor(keep, device=device) - window
    best = best.masked_fill(torch.arange(width - window, device=device) >= taken[:, None, None], -1)
    last = torch.arange(columns, columns + window, device=device).expand(batch, heads, window)
    return Selection(torch.cat([best.sort(dim=-1).values.clamp(min=0), last], dim=-1), [width - kept for kept in keep])


def overlaps(
    scores: Sequence[Tensor], lengths: Sequence[int], keep: Sequence[int], passed: Sequence[int]
) -> Tensor | None:
    """For each layer but the last: of the tokens that a later layer keeps, how many this one would have handed on.

    Args:
        scores: For each layer (B, m - w).
        lengths: Tokens that are no padding before the window, per row: its last columns.
        keep: The top tokens of a later layer that count, per row.
        passed: The top tokens that a layer hands on, per row.

    Returns:
        Shares averaged over later layers and rows, on the CPU; ``None`` if no row drops anything.
    """
    curves = []
    for row, (length, kept, handed) in enumerate(zip(lengths, keep, passed, strict=True)):
        if not 0 < kept <= handed < length:
            continue
        ranked = torch.stack([layer[row, -length:] for layer in scores]).argsort(dim=1, descending=True, stable=True)
        ones = torch.ones(ranked.shape, dtype=torch.float64, device=ranked.device)
        wanted = torch.zeros_like(ones).scatter(1, ranked[:, :kept], ones)
        given = torch.zeros_like(ones).scatter(1, ranked[:, :handed], ones)
        shared = given @ wanted.T / kept
        curves.append(torch.stack([shared[layer, layer + 1 :].mean() for layer in range(len(scores) - 1)]))
    return torch.stack(curves).mean(0).cpu() if curves else None


def first_layer(overlaps: Sequence[float], least: float) -> int:
    """The first layer whose overlap reaches `least`, else the last."""
    return next((layer for layer, overlap in enumerate(overlaps) if overlap >= least), len(overlaps) - 1)
