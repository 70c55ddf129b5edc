"""Attention over the kept tiles only: one fast engine and two to check it by."""

import functools
import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask, flex_attention, noop_mask

from assay.methods.attention.sparge_attn.config import PerHead, SpargeConfig, per_head
from assay.methods.attention.sparge_attn.prediction import BlockPlan, check_shapes, plan_blocks

ENGINES = ("auto", "flex", "masked", "loop")
"""``flex``: compiled FlexAttention over a `BlockMask`, on GPU and x86 CPU, forward only; the one that saves time.
``masked``: SDPA over the whole map with the skipped tiles masked out; needs no compiler, saves nothing. ``loop``: the
reference, tile by tile, with the second filter. ``auto``: ``loop`` if there is a `pv_threshold`, else ``flex``."""

_WARP_ROWS = 32
"""Queries that the second filter judges together: a warp's share of a tile in the official kernels with 32 rows."""


def sparge_attention(  # noqa: PLR0913 - what an attention call is given
    query: Tensor,
    key: Tensor,
    value: Tensor,
    config: SpargeConfig,
    *,
    is_causal: bool = False,
    causal_offset: int | None = None,
    scale: float | None = None,
    query_mask: Tensor | None = None,
    key_mask: Tensor | None = None,
    order: Tensor | None = None,
    engine: str = "auto",
) -> Tensor:
    """Sparse attention in place of ``F.scaled_dot_product_attention``: (B, H, N_q, D), of the dtype of `query`.

    Args:
        query: (B, H, N_q, D).
        key: (B, H_kv, N_k, D).
        value: (B, H_kv, N_k, D_v).
        config: The thresholds.
        is_causal: Query i sees only keys up to ``i + causal_offset``.
        causal_offset: Position of the first query among the keys; needed if N_q and N_k differ.
        scale: Factor on the scores; ``1 / sqrt(D)`` by default.
        query_mask: (B, N_q) bool, False for padding.
        key_mask: (B, N_k) bool, False for padding.
        order: A permutation of the tokens (see `hilbert_order`) that makes blocks compact. Results come back in the
            order of the input.
        engine: One of `ENGINES`.

    Raises:
        ValueError: Arguments do not fit each other, or the engine cannot do what is asked.
    """
    if order is not None:
        if is_causal:
            raise ValueError("order permutes the tokens, which causal masking does not survive")
        if query.shape[-2] != len(order) or key.shape[-2] != len(order):
            raise ValueError(
                f"order is for {len(order)} tokens, not {query.shape[-2]} queries and {key.shape[-2]} keys"
            )
        query, key, value = (x.index_select(-2, order) for x in (query, key, value))
        query_mask, key_mask = (m if m is None else m.index_select(-1, order) for m in (query_mask, key_mask))
    plan = plan_blocks(
        query, key, config,
        is_causal=is_causal, causal_offset=causal_offset, scale=scale, query_mask=query_mask, key_mask=key_mask,
    )  # fmt: skip
    out = attend(query, key, value, plan, scale=scale, pv_threshold=config.pv_threshold, engine=engine)
    return out if order is None else torch.empty_like(out).index_copy_(-2, order, out)


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    plan: BlockPlan,
    *,
    scale: float | None = None,
    pv_threshold: PerHead | None = None,
    engine: str = "auto",
) -> Tensor:
    """Attention over the tiles that `plan` keeps: (B, H, N_q, D_v). A query that sees no key gets zeros.

    Raises:
        ValueError: Shapes do not fit, or the engine is unknown or cannot do what is asked.
    """
    check_shapes(query, key, None, plan.key_mask)
    if value.shape[:-1] != key.shape[:-1]:
        raise ValueError(f"value {tuple(value.shape)} has other keys than key {tuple(key.shape)}")
    if not query.dtype == key.dtype == value.dtype or not query.is_floating_point():
        raise ValueError(f"query, key and value are of one float type, not {query.dtype}, {key.dtype}, {value.dtype}")
    if (query.shape[2], key.shape[2]) != plan.lengths or query.shape[1] != plan.kept.shape[1]:
        raise ValueError(f"the plan is for {plan.kept.shape[1]} heads and (N_q, N_k) = {plan.lengths}")
    if engine not in ENGINES:
        raise ValueError(f"engine {engine!r} is unknown: it is one of {', '.join(ENGINES)}")
    if engine == "auto":
        engine = "flex" if pv_threshold is None else "loop"
    if engine == "loop":
        return attend_by_loop(query, key, value, plan, scale=scale, pv_threshold=pv_threshold)[0]
    if pv_threshold is not None:
        raise ValueError(f"engine {engine!r} cannot see the running maxima that pv_threshold needs: use 'loop'")
    return (_attend_by_flex if engine == "flex" else _attend_by_mask)(query, key, value, plan, scale)


def attend_by_loop(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    plan: BlockPlan,
    *,
    scale: float | None = None,
    pv_threshold: PerHead | None = None,
) -> tuple[Tensor, float]:
    """The reference: the online softmax of FlashAttention, a tile at a time, in float32.

    Returns:
        The output (B, H, N_q, D_v), and the share of the value products of kept tiles that the second filter skipped.
    """
    (block_q, block_k), heads, groups = plan.block, query.shape[1], query.shape[1] // key.shape[1]
    # Scores in powers of two, as the kernels have them: it is the unit of pv_threshold.
    q = query.float() * ((query.shape[-1] ** -0.5 if scale is None else scale) * math.log2(math.e))
    k, v = key.float().repeat_interleave(groups, 1), value.float().repeat_interleave(groups, 1)
    reach = None if pv_threshold is None else per_head(pv_threshold, heads, "pv_threshold", q.device)[:, None, None]
    allowed = plan.pairs()
    out = q.new_empty(*q.shape[:-1], v.shape[-1])
    products = skipped = 0
    for rows, row in _blocks(q.shape[2], block_q):
        peak = q.new_full((*q.shape[:2], len(row), 1), torch.finfo(torch.float32).min / 2)  # below every score
        total, acc = torch.zeros_like(peak), q.new_zeros(*q.shape[:2], len(row), v.shape[-1])
        for columns, column in _blocks(k.shape[2], block_k):
            if not plan.kept[:, :, row.start // block_q, column.start // block_k].any():
                continue
            scores = (q[:, :, rows] @ k[:, :, columns].mT).masked_fill(~allowed[:, :, rows, columns], -math.inf)
            tile_peak = scores.amax(-1, keepdim=True)
            new_peak = peak.maximum(tile_peak)
            weights = (scores - new_peak).exp2()
            rescale = (peak - new_peak).exp2()
            if reach is not None:
                needed = _warps(tile_peak - peak) + reach > 0
                weights = weights * needed
                computed = tile_peak > -math.inf
                products += int(computed.sum())
                skipped += int((computed & ~needed).sum())
            acc = acc * rescale + weights @ v[:, :, columns]
            total = total * rescale + weights.sum(-1, keepdim=True)
            peak = new_peak
        out[:, :, rows] = acc / total.where(total > 0, 1.0)
    return out.to(query.dtype), skipped / max(products, 1)


def block_mask(plan: BlockPlan) -> BlockMask:
    """The plan as a `BlockMask` of FlexAttention; only tiles that masking cuts through are masked pair by pair."""
    full, partial = plan.kept & plan.whole, plan.kept & ~plan.whole
    return BlockMask.from_kv_blocks(
        *_listed(partial),
        *_listed(full),
        BLOCK_SIZE=plan.block,
        mask_mod=_mask_mod(plan),
        seq_lengths=plan.lengths,
        compute_q_blocks=False,  # only the backward pass needs them
    )


def _attend_by_mask(query: Tensor, key: Tensor, value: Tensor, plan: BlockPlan, scale: float | None) -> Tensor:
    pairs = plan.pairs()
    out = F.scaled_dot_product_attention(query, key, value, attn_mask=pairs, scale=scale, enable_gqa=True)
    return out.masked_fill(~pairs.any(-1, keepdim=True), 0.0)


def _attend_by_flex(query: Tensor, key: Tensor, value: Tensor, plan: BlockPlan, scale: float | None) -> Tensor:
    if torch.is_grad_enabled() and any(x.requires_grad for x in (query, key, value)):
        raise ValueError("engine 'flex' is for inference: call it under torch.no_grad(), or use 'masked' to train")
    if query.dtype not in {torch.float32, torch.bfloat16, torch.float16}:
        raise ValueError(f"engine 'flex' computes in float32, bfloat16 or float16, not {query.dtype}")
    default_scale = query.shape[-1] ** -0.5
    if scale is not None and scale != default_scale:
        # Each new scale would be compiled anew.
        query = query * (scale / default_scale)
    options = None
    if query.device.type == "cuda":
        # A kernel's own tile has to divide the plan's.
        options = {"BLOCK_M": math.gcd(plan.block[0], 128), "BLOCK_N": math.gcd(plan.block[1], 64)}
    compiled = _compiled_flex_attention(query.device.type)
    out: Tensor = compiled(
        query,
        key,
        value,
        block_mask=block_mask(plan),
        enable_gqa=key.shape[1] != query.shape[1],
        kernel_options=options,
    )
    return out


@functools.cache
def _compiled_flex_attention(device: str) -> Callable[..., Any]:
    # On CPU the kernel for dynamic lengths is as fast as the one for fixed lengths. One is compiled for each block
    # size, dtype and kind of masking; past a limit torch would fall back to the whole map in silence, so an error is
    # asked for instead, and the limit is lifted.
    dynamic = True if device == "cpu" else None
    compiled: Callable[..., Any] = torch.compile(  # type: ignore[call-overload] # the stubs lack the last argument
        flex_attention, dynamic=dynamic, fullgraph=True, recompile_limit=256
    )
    return compiled


def _mask_mod(plan: BlockPlan) -> Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]:
    """What masking allows, pair by pair. It closes over tensors alone: a new offset or mask needs no new kernel."""
    (n_q, n_k), device = plan.lengths, plan.kept.device
    if plan.key_mask is None:
        if plan.offset is None:
            return noop_mask
        first = torch.tensor(plan.offset, device=device)
        return lambda _b, _h, q, k: k <= q + first
    # For each key the first query that sees it; padding is seen by none. The table has fixed sizes, powers of two,
    # since for CPUs torch 2.13 generates C++ that does not compile if a captured tensor has dynamic ones.
    earliest = torch.arange(n_k, device=device) - (n_k if plan.offset is None else plan.offset)
    table = torch.full((_power_of_two(len(plan.key_mask)), _power_of_two(n_k)), n_q, device=device)
    table[: len(plan.key_mask), :n_k] = earliest.where(plan.key_mask, n_q)
    torch._dynamo.mark_static(table)  # noqa: SLF001 - documented under this name
    return lambda b, _h, q, k: q >= table[b, k]


def _power_of_two(size: int) -> int:
    return 1 << (size - 1).bit_length()


def _listed(tiles: Tensor) -> tuple[Tensor, Tensor]:
    """How many tiles each row has, and their columns, those first: (..., nq) and (..., nq, nk) int32."""
    columns = tiles.to(torch.int8).argsort(dim=-1, descending=True, stable=True)
    return tiles.sum(-1, dtype=torch.int32), columns.to(torch.int32)


def _blocks(length: int, size: int) -> list[tuple[slice, range]]:
    ranges = [range(start, min(start + size, length)) for start in range(0, length, size)]
    return [(slice(r.start, r.stop), r) for r in ranges]


def _warps(gaps: Tensor) -> Tensor:
    """The largest of each group of rows, for each of its rows: (B, H, rows, 1) to the same shape."""
    rows = gaps.shape[-2]
    padded = F.pad(gaps, (0, 0, 0, -rows % _WARP_ROWS), value=-math.inf)
    return padded.reshape(*gaps.shape[:-2], -1, _WARP_ROWS, 1).amax(-2).repeat_interleave(_WARP_ROWS, -2)[..., :rows, :]
