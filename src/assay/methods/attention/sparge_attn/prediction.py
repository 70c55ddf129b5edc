"""Which tiles of the attention map to compute: the block map from averages, guarded by self-similarity."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor

from assay.methods.attention.sparge_attn.config import SpargeConfig, per_head

_ROUNDING = 1e-4
"""So that a share of 0.7 of 10 blocks is 7 of them in float32 too."""


@dataclass(frozen=True, eq=False)
class BlockPlan:
    """The tiles that one attention call computes. ``dataclasses.replace(plan, kept=...)`` makes it compute others.

    Let nq, nk be the numbers of blocks. `legal` and `whole` are (B or 1, 1, nq, nk), since heads share them.
    """

    kept: Tensor
    """(B, H, nq, nk) bool: tiles to compute; a subset of `legal`."""
    legal: Tensor
    """Tiles in which masking leaves at least one pair."""
    whole: Tensor
    """Tiles in which masking leaves every pair."""
    block: tuple[int, int]
    """Queries and keys in a block; the last block may be ragged."""
    lengths: tuple[int, int]
    """N_q and N_k."""
    offset: int | None
    """Causal masking: query i sees keys up to ``i + offset``. ``None``: no causal masking."""
    key_mask: Tensor | None
    """(B, N_k) bool, False for padding."""

    @property
    def sparsity(self) -> Tensor:
        """(B, H): the share of the legal tiles that is skipped."""
        return 1 - self.kept.sum((-2, -1)) / self.legal.sum((-2, -1)).clamp(min=1)

    def pairs(self) -> Tensor:
        """(B, H, N_q, N_k) bool: every pair of query and key that the plan computes. As large as the dense map."""
        (n_q, n_k), (block_q, block_k), device = self.lengths, self.block, self.kept.device
        kept = self.kept.repeat_interleave(block_q, -2)[..., :n_q, :].repeat_interleave(block_k, -1)[..., :n_k]
        if self.offset is not None:
            kept &= torch.arange(n_k, device=device) <= torch.arange(n_q, device=device)[:, None] + self.offset
        return kept if self.key_mask is None else kept & self.key_mask[:, None, None, :]


def plan_blocks(
    query: Tensor,
    key: Tensor,
    config: SpargeConfig,
    *,
    is_causal: bool = False,
    causal_offset: int | None = None,
    scale: float | None = None,
    query_mask: Tensor | None = None,
    key_mask: Tensor | None = None,
) -> BlockPlan:
    """Predict which tiles matter (section 3 of the paper: preview and guard).

    Args:
        query: (B, H, N_q, D).
        key: (B, H_kv, N_k, D).
        config: The thresholds.
        is_causal: Query i sees only keys up to ``i + causal_offset``.
        causal_offset: Position of the first query among the keys; needed if N_q and N_k differ.
        scale: Factor on the scores; ``1 / sqrt(D)`` by default.
        query_mask: (B, N_q) bool, False for padding: such queries have no say in the average of their block.
        key_mask: (B, N_k) bool, False for padding: such keys are never attended to.

    Raises:
        ValueError: Shapes do not fit, or causal masking with N_q != N_k and no offset.
    """
    heads, n_q, n_k = query.shape[1], query.shape[2], key.shape[2]
    check_shapes(query, key, query_mask, key_mask)
    offset = _offset(n_q, n_k, is_causal=is_causal, causal_offset=causal_offset)
    legal, whole = _geometry(config, (n_q, n_k), offset, key_mask, query.device)

    pooled_q, similar_q = _summarise(query, config.block_q, query_mask)
    pooled_k, similar_k = _summarise(_centred(key, key_mask) if config.smooth_k else key, config.block_k, key_mask)
    groups = heads // key.shape[1]
    pooled_k, similar_k = pooled_k.repeat_interleave(groups, 1), similar_k.repeat_interleave(groups, 1)

    theta = per_head(config.guard, heads, "theta", query.device)[:, None]
    # Cosines of equal rows may round to just above 1; at theta = 1 no block is to be summarised.
    trusted_q = (similar_q > theta) & (theta < 1)
    trusted_k = ((similar_k > theta) & (theta < 1))[..., None, :]

    candidates = legal & trusted_k
    scores = pooled_q @ pooled_k.mT * (scale if scale is not None else query.shape[-1] ** -0.5)
    # A row without any candidate has no softmax; the guard keeps all of it below.
    share = scores.masked_fill(~candidates, -math.inf).softmax(-1).nan_to_num(0.0)
    kept = (_selected(share, legal, config) & candidates) | ~trusted_k | ~trusted_q[..., None]
    if config.attention_sink:
        kept[..., 0] = True
    return BlockPlan(kept & legal, legal, whole, (config.block_q, config.block_k), (n_q, n_k), offset, key_mask)


@dataclass(frozen=True, eq=False)
class AttentionInput:
    """What one attention call gets; shapes as in `plan_blocks`."""

    query: Tensor
    key: Tensor
    value: Tensor
    is_causal: bool = False
    causal_offset: int | None = None
    scale: float | None = None
    query_mask: Tensor | None = None
    key_mask: Tensor | None = None

    def plan(self, config: SpargeConfig) -> BlockPlan:
        """`plan_blocks` of this input."""
        return plan_blocks(
            self.query, self.key, config,
            is_causal=self.is_causal, causal_offset=self.causal_offset, scale=self.scale,
            query_mask=self.query_mask, key_mask=self.key_mask,
        )  # fmt: skip


def self_similarity(blocks: Tensor) -> Tensor:
    """The mean cosine of all pairs of rows, each row with itself included: (..., rows, D) to (...).

    It is the squared length of the mean of the unit rows, which takes one pass in place of all pairs. A zero row is
    unlike every other.
    """
    return F.normalize(blocks.float(), dim=-1).mean(-2).square().sum(-1)


def check_shapes(query: Tensor, key: Tensor, query_mask: Tensor | None, key_mask: Tensor | None) -> None:
    """Refuse, in words, shapes that do not fit each other.

    Raises:
        ValueError: They do not.
    """
    if query.ndim != 4 or key.ndim != 4:
        raise ValueError(f"query and key are (B, H, N, D), not {tuple(query.shape)} and {tuple(key.shape)}")
    if query.shape[0] != key.shape[0] or query.shape[3] != key.shape[3] or query.shape[1] % key.shape[1]:
        raise ValueError(
            f"query {tuple(query.shape)} and key {tuple(key.shape)} do not fit: "
            "B and D are the same, H is a multiple of H_kv"
        )
    if 0 in query.shape or 0 in key.shape:
        raise ValueError(f"query {tuple(query.shape)} or key {tuple(key.shape)} is empty")
    for name, mask, tensor in (("query_mask", query_mask, query), ("key_mask", key_mask, key)):
        expected = (tensor.shape[0], tensor.shape[2])
        if mask is not None and (mask.dtype != torch.bool or tuple(mask.shape) != expected):
            raise ValueError(
                f"{name} is a bool tensor of shape {expected}, not {mask.dtype} of {tuple(mask.shape)}: "
                "no other masks are supported"
            )


def _offset(n_q: int, n_k: int, *, is_causal: bool, causal_offset: int | None) -> int | None:
    if not is_causal:
        if causal_offset is not None:
            raise ValueError("causal_offset is given without is_causal=True")
        return None
    if causal_offset is None:
        if n_q != n_k:
            raise ValueError(
                f"causal attention of {n_q} queries to {n_k} keys needs causal_offset, the position of the first query"
            )
        return 0
    if causal_offset < 0:
        raise ValueError(f"causal_offset is {causal_offset}: the first query would see no key")
    return causal_offset


def _geometry(
    config: SpargeConfig, lengths: tuple[int, int], offset: int | None, key_mask: Tensor | None, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Tiles with any, and tiles with only, pairs that masking allows: twice (B or 1, 1, nq, nk) bool."""
    (n_q, n_k), block_q, block_k = lengths, config.block_q, config.block_k
    first_q = torch.arange(0, n_q, block_q, device=device)
    first_k = torch.arange(0, n_k, block_k, device=device)
    legal = torch.ones(1, 1, len(first_q), len(first_k), dtype=torch.bool, device=device)
    whole = legal
    if offset is not None:
        last_q, last_k = (first_q + block_q).clamp(max=n_q) - 1, (first_k + block_k).clamp(max=n_k) - 1
        legal = legal & (first_k <= last_q[:, None] + offset)
        whole = whole & (last_k <= first_q[:, None] + offset)
    if key_mask is not None:
        ragged = (0, -n_k % block_k)
        blocks = (len(key_mask), 1, 1, len(first_k), block_k)
        legal = legal & F.pad(key_mask, ragged, value=False).reshape(blocks).any(-1)
        whole = whole & F.pad(key_mask, ragged, value=True).reshape(blocks).all(-1)
    return legal, whole


def _centred(key: Tensor, mask: Tensor | None) -> Tensor:
    key = key.float()
    if mask is None:
        return key - key.mean(-2, keepdim=True)
    real = mask[:, None, :, None]
    return key - (key * real).sum(-2, keepdim=True) / real.sum(-2, keepdim=True).clamp(min=1)


def _summarise(tokens: Tensor, block: int, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Mean token (B, H, blocks, D) and self-similarity (B, H, blocks) of each block, both in float32."""
    length = tokens.shape[-2]
    real = tokens.new_ones(1, 1, length, dtype=torch.float32) if mask is None else mask[:, None].float()
    if ragged := -length % block:
        tokens, real = F.pad(tokens, (0, 0, 0, ragged)), F.pad(real, (0, ragged))
    tokens = tokens.float().reshape(*tokens.shape[:2], -1, block, tokens.shape[-1])
    real = real.reshape(*real.shape[:2], -1, block)
    weight = (real / real.sum(-1, keepdim=True).clamp(min=1)).expand(tokens.shape[:-1])
    # The mean and the mean direction as one product, which touches the tokens once.
    directed = weight / torch.linalg.vector_norm(tokens, dim=-1).clamp(min=1e-12)
    mean, direction = (torch.stack([weight, directed], -2) @ tokens).unbind(-2)
    return mean, direction.square().sum(-1)


def _selected(share: Tensor, legal: Tensor, config: SpargeConfig) -> Tensor:
    """The largest entries of each row: (B, H, nq, nk) bool, at least one in a row."""
    heads, blocks = share.shape[1], share.shape[-1]
    largest_first = share.sort(dim=-1, descending=True, stable=True)
    kind, threshold = config.selection
    if kind == "tau":
        tau = per_head(threshold, heads, "tau", share.device)[:, None]
        within = (largest_first.values.cumsum(-1) <= tau[..., None]).sum(-1)
        # A rounded sum may exceed 1, but at tau = 1 nothing is to be left out.
        count = torch.where(tau >= 1, blocks, within + int(config.inclusive))
    else:
        topk = per_head(threshold, heads, "topk", share.device)[:, None]
        # Blocks of padding alone do not count: a padded row keeps what it keeps alone.
        total = legal.any(-2).sum(-1, keepdim=True) if config.topk_share == "all" else legal.sum(-1)
        count = (topk * total + _ROUNDING).long()
    chosen = torch.arange(blocks, device=share.device) < count.clamp(min=1)[..., None]
    return torch.zeros_like(share, dtype=torch.bool).scatter(-1, largest_first.indices, chosen.expand_as(share))
