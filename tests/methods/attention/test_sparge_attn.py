"""SpargeAttn: exact where nothing is skipped, never looks ahead, and three engines that agree."""

import itertools
import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.methods.contract import ForAWhile
from tests.methods.families import family_model, ids, logits
from tests.methods.pages import run_example
from torch import Tensor

from assay.methods.attention.sparge_attn import (
    AttentionInput,
    SpargeAttn,
    SpargeConfig,
    TunedSpargeAttn,
    attend,
    attend_by_loop,
    hilbert_order,
    plan_blocks,
    relative_l1,
    self_similarity,
    sparge_attention,
    tune_heads,
    tune_sparge,
)

SPARSE = SpargeConfig(tau=0.6, theta=0.0, block_q=32, block_k=16)
SMALL: dict[str, Any] = {"theta": 0.0, "block_q": 16, "block_k": 16, "min_tokens": 1, "engine": "masked"}
CONTRACT = ForAWhile(neutral=SpargeAttn(tau=1.0, **SMALL), active=SpargeAttn(tau=0.5, **SMALL))
NEUTRAL = [SpargeConfig(tau=1.0, theta=-1.0), SpargeConfig(tau=0.3, theta=1.0), SpargeConfig(topk=1.0)]


def qkv(
    *, batch: int = 2, heads: int = 4, kv_heads: int = 2, tokens: int = 150, dim: int = 32, seed: int = 0
) -> tuple[Tensor, Tensor, Tensor]:
    """Locally smooth queries, keys and values: a random walk, the same for queries and keys."""
    draw = torch.Generator().manual_seed(seed)
    walk = torch.randn(batch, kv_heads, tokens, dim, generator=draw).cumsum(-2)
    walk = walk - walk.mean(-2, keepdim=True)
    walk = 1.5 * walk / walk.square().mean(-2, keepdim=True).sqrt().clamp(min=0.1)
    noise = torch.randn(batch, heads, tokens, dim, generator=draw)
    value = torch.randn(batch, kv_heads, tokens, dim, generator=draw).cumsum(-2) / math.sqrt(tokens)
    return walk.repeat_interleave(heads // kv_heads, 1) + 0.3 * noise, walk, value


def dense(q: Tensor, k: Tensor, v: Tensor, **kwargs: Any) -> Tensor:
    return F.scaled_dot_product_attention(q, k, v, enable_gqa=True, **kwargs)


# Exactness


@pytest.mark.parametrize("engine", ["masked", "loop"])
@pytest.mark.parametrize("tokens", [1, 128, 150])
def test_neutral_setting_is_dense_attention(engine: str, tokens: int) -> None:
    q, k, v = qkv(tokens=tokens)
    for config, is_causal in itertools.product(NEUTRAL, (False, True)):
        out = sparge_attention(q, k, v, replace(config, block_q=32, block_k=16), is_causal=is_causal, engine=engine)
        torch.testing.assert_close(out, dense(q, k, v, is_causal=is_causal), atol=1e-5, rtol=1e-5)


def test_neutral_guard_trusts_no_block_of_equal_rows() -> None:
    """Cosines of equal rows round to above 1 at times; theta = 1 is dense all the same."""
    q = torch.full((1, 1, 256, 24), 0.1)
    assert plan_blocks(q, q, SpargeConfig(tau=0.1, theta=1.0)).sparsity.item() == 0.0


@pytest.mark.slow
def test_flex_agrees_with_the_reference() -> None:
    """Few calls, since each kind is compiled; the trial's test has the one without any masking in float32."""
    real = torch.ones(2, 150, dtype=torch.bool)
    real[0, :37] = False
    calls: list[tuple[torch.dtype, int, dict[str, Any]]] = [
        (torch.float32, 0, {}),
        (torch.float32, 100, {"causal_offset": 100, "scale": 0.1}),
        (torch.bfloat16, 0, {"key_mask": real, "query_mask": real}),
    ]
    for dtype, first, options in calls:
        q, k, v = (x.to(dtype) for x in qkv())
        flex, loop = (
            sparge_attention(q[:, :, first:], k, v, SPARSE, is_causal=True, engine=engine, **options)
            for engine in ("flex", "loop")
        )
        assert flex.dtype == dtype
        tolerance = 2e-2 if dtype is torch.bfloat16 else 1e-5
        torch.testing.assert_close(flex, loop, atol=tolerance, rtol=tolerance)


@settings(max_examples=40)
@given(
    tokens=st.integers(1, 130),
    heads=st.sampled_from([(1, 1), (4, 2), (3, 1)]),
    tau=st.floats(0.05, 1.0),
    theta=st.floats(-1.0, 1.0),
    is_causal=st.booleans(),
    padded=st.booleans(),
    seed=st.integers(0, 10),
)
def test_masked_agrees_with_the_loop(
    tokens: int, heads: tuple[int, int], tau: float, theta: float, is_causal: bool, padded: bool, seed: int
) -> None:
    q, k, v = qkv(tokens=tokens, heads=heads[0], kv_heads=heads[1], seed=seed)
    mask = torch.rand(2, tokens, generator=torch.Generator().manual_seed(seed)) < 0.8 if padded else None
    config = SpargeConfig(tau=tau, theta=theta, block_q=32, block_k=16)
    outs = [
        sparge_attention(q, k, v, config, is_causal=is_causal, key_mask=mask, query_mask=mask, engine=engine)
        for engine in ("masked", "loop")
    ]
    torch.testing.assert_close(*outs, atol=1e-5, rtol=1e-5)


def test_gradients_of_masked_and_loop_agree() -> None:
    grads = []
    for engine in ("masked", "loop"):
        q, k, v = (x.double().requires_grad_() for x in qkv(tokens=70))
        loss = sparge_attention(q, k, v, SPARSE, is_causal=True, engine=engine).float().square().sum()
        grads.append(torch.autograd.grad(loss, (q, k, v)))
    for masked, loop in zip(*grads, strict=True):
        torch.testing.assert_close(masked, loop, atol=1e-3, rtol=1e-3)


def test_nothing_uninitialised_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = Tensor.new_empty

    def poisoned(self: Tensor, *size: Any, **kwargs: Any) -> Tensor:
        return empty(self, *size, **kwargs).fill_(math.nan)

    monkeypatch.setattr(Tensor, "new_empty", poisoned)
    q, k, v = qkv()
    assert sparge_attention(q, k, v, SPARSE, is_causal=True, engine="loop").isfinite().all()


# Selection


def test_self_similarity_is_the_mean_cosine_of_all_pairs() -> None:
    rows = torch.randn(5, 12, 8, generator=torch.Generator().manual_seed(1))
    pairs = F.cosine_similarity(rows[:, :, None], rows[:, None], dim=-1).mean((-2, -1))
    torch.testing.assert_close(self_similarity(rows), pairs)


@pytest.mark.parametrize("masked", [False, True])
def test_plan_follows_the_paper_row_by_row(masked: bool) -> None:
    """The plan against a plain transcription: loops over blocks, no padding, no vectorised selection."""
    tokens = 150
    q, k, _ = qkv(tokens=tokens, batch=1, heads=2, kv_heads=1)
    config = SpargeConfig(tau=0.7, theta=0.5, block_q=32, block_k=16)
    real = torch.ones(1, tokens, dtype=torch.bool)
    if masked:
        real[0, :20] = False
    kept = plan_blocks(q, k, config, is_causal=True, query_mask=real, key_mask=real).kept
    mean = k[0, 0, real[0]].mean(0)
    for head in range(2):
        for i, rows in enumerate(torch.arange(tokens)[start : start + 32] for start in range(0, tokens, 32)):
            block_q = q[0, head, rows[real[0, rows]]]
            scores: dict[int, float] = {}
            expected = set()
            for j in range(math.ceil(tokens / 16)):
                columns = torch.arange(16 * j, min(16 * j + 16, tokens))
                columns = columns[real[0, columns]]
                if not len(columns) or j * 16 > rows[-1]:
                    continue
                block_k = k[0, 0, columns] - mean
                if self_similarity(block_k) > 0.5:
                    scores[j] = float(block_q.mean(0) @ block_k.mean(0)) / math.sqrt(32)
                else:
                    expected.add(j)
                if not len(block_q) or self_similarity(block_q) <= 0.5:
                    expected.add(j)
            share = torch.tensor(list(scores.values())).softmax(0) if scores else torch.tensor([])
            mass = 0.0
            for rank, index in enumerate(share.argsort(descending=True).tolist()):
                mass += float(share[index])
                if rank == 0 or mass <= 0.7:
                    expected.add(list(scores)[index])
            assert set(kept[0, head, i].nonzero().flatten().tolist()) == expected, (head, i)


@settings(max_examples=30)
@given(
    low=st.floats(0.05, 1.0), high=st.floats(0.05, 1.0), kind=st.sampled_from(["tau", "topk"]), is_causal=st.booleans()
)
def test_a_larger_share_keeps_a_superset(low: float, high: float, kind: str, is_causal: bool) -> None:
    low, high = sorted((low, high))
    q, k, _ = qkv(batch=1)
    few, many = (
        plan_blocks(q, k, SpargeConfig(**{kind: share}, theta=0.0, block_q=32, block_k=16), is_causal=is_causal)  # type: ignore[arg-type]
        for share in (low, high)
    )
    assert not (few.kept & ~many.kept).any()
    assert few.kept.any(-1).all()
    assert not (few.kept & ~few.legal).any()


def test_topk_is_a_share_of_all_blocks_or_of_the_legal_ones() -> None:
    q, k, _ = qkv(batch=1, tokens=256)
    every, legal = (
        plan_blocks(q, k, SpargeConfig(topk=0.5, theta=0.0, block_q=16, block_k=16, topk_share=share), is_causal=True)
        for share in ("all", "legal")
    )
    rows = torch.arange(1, 17)
    assert (every.kept.sum(-1) == rows.clamp(max=8)).all()
    assert (legal.kept.sum(-1) == (rows // 2).clamp(min=1)).all()


def test_inclusive_keeps_one_more_and_sink_keeps_the_first() -> None:
    q, k, _ = qkv(batch=1, tokens=256)
    plain = plan_blocks(q, k, SPARSE)
    inclusive = plan_blocks(q, k, replace(SPARSE, inclusive=True))
    more = inclusive.kept.sum(-1) - plain.kept.sum(-1)
    assert int(more.min()) >= 0
    assert int(more.max()) == 1
    assert not plain.kept[..., 0].all()
    assert plan_blocks(q, k, replace(SPARSE, attention_sink=True)).kept[..., 0].all()


def test_each_head_has_its_own_thresholds() -> None:
    q, k, _ = qkv(tokens=256)
    plan = plan_blocks(q, k, replace(SPARSE, tau=(1.0, 0.5, 0.5, 0.5), theta=(0.0, 0.0, 1.0, 0.0)))
    sparsity = plan.sparsity
    assert (sparsity[:, [0, 2]] == 0).all()
    assert (sparsity[:, [1, 3]] > 0).all()
    assert torch.equal(plan.kept[:, 1], plan_blocks(q, k, replace(SPARSE, tau=0.5)).kept[:, 1])


def test_zero_tokens_are_computed_not_summarised() -> None:
    q, k, v = (torch.zeros(1, 1, 64, 16) for _ in range(3))
    plan = plan_blocks(q, k, replace(SPARSE, theta=0.1))
    assert plan.kept.all()
    assert sparge_attention(q, k, v, SPARSE, engine="masked").isfinite().all()


# Causality


@pytest.mark.parametrize("engine", ["masked", "loop", "flex"])
def test_the_future_has_no_say(engine: str) -> None:
    """What comes after a block changes no output up to its end, not even through the selection; nor do later values."""
    config = replace(SPARSE, smooth_k=False)
    q, k, v = qkv(tokens=150)
    before = sparge_attention(q, k, v, config, is_causal=True, engine=engine)
    q2, k2, v2 = (torch.cat([x[:, :, :64], 7 * torch.randn_like(x[:, :, 64:])], 2) for x in (q, k, v))
    after = sparge_attention(q2, k2, v2, config, is_causal=True, engine=engine)
    assert torch.equal(after[:, :, :64], before[:, :, :64])
    for position in (0, 5, 33, 70):  # inside tiles on the diagonal
        changed = v.clone()
        changed[:, :, position + 1 :] += 100.0
        after = sparge_attention(q, k, changed, config, is_causal=True, engine=engine)
        assert torch.equal(after[:, :, : position + 1], before[:, :, : position + 1])


# Padding, the second filter, Hilbert order


@pytest.mark.parametrize("is_causal", [False, True])
def test_a_padded_sequence_is_like_the_sequence_alone(is_causal: bool) -> None:
    """Padding of whole blocks leaves tiles where they were, so even the selection is the same."""
    q, k, v = qkv(tokens=96, batch=1)
    q_junk, k_junk, v_junk = (torch.cat([torch.full_like(x[:, :, :32], 50.0), x], 2) for x in (q, k, v))
    real = torch.tensor([[False] * 32 + [True] * 96])
    alone = sparge_attention(q, k, v, SPARSE, is_causal=is_causal, engine="masked")
    padded = sparge_attention(
        q_junk, k_junk, v_junk, SPARSE, is_causal=is_causal, key_mask=real, query_mask=real, engine="masked"
    )
    torch.testing.assert_close(padded[:, :, 32:], alone, atol=1e-5, rtol=1e-5)
    if is_causal:
        assert (padded[:, :, :32] == 0).all()


@pytest.mark.parametrize("share", ["all", "legal"])
def test_padding_does_not_count_as_blocks_to_keep_a_share_of(share: Any) -> None:
    q, k, _ = qkv(tokens=128, batch=1)
    config = SpargeConfig(topk=0.5, topk_share=share, block_q=32, block_k=16)
    real = torch.tensor([[False] * 64 + [True] * 64])
    alone = plan_blocks(q[:, :, 64:], k[:, :, 64:], config, is_causal=True).kept
    padded = plan_blocks(q, k, config, is_causal=True, key_mask=real, query_mask=real).kept
    assert torch.equal(padded[:, :, 2:, 4:], alone)


def test_second_filter_is_exact_far_out_and_skips_more_the_nearer() -> None:
    q, k, v = qkv(tokens=256, heads=2)
    plan = plan_blocks(q, k, replace(SPARSE, tau=1.0))
    exact = dense(q, k, v)
    shares, errors = [], []
    for threshold in (None, 1e4, 20.0, 5.0, 0.0):
        out, skipped = attend_by_loop(q, k, v, plan, pv_threshold=threshold)
        shares.append(skipped)
        errors.append(float((out - exact).abs().max()))
    assert shares[:2] == [0.0, 0.0]
    assert shares == sorted(shares)
    assert shares[-1] > 0.05
    assert errors[1] < 1e-5
    assert errors[2] < 1e-3 < errors[4]


def test_hilbert_curve_visits_each_cell_of_a_cube_by_single_steps() -> None:
    for grid in ((8, 8), (4, 4, 4), (2, 2, 2, 2)):
        order = hilbert_order(grid)
        cells = torch.stack(torch.meshgrid(*map(torch.arange, grid), indexing="ij")).flatten(1)[:, order]
        assert (cells.diff(dim=1).abs().sum(0) == 1).all()


@settings(max_examples=40)
@given(grid=st.lists(st.integers(1, 7), min_size=1, max_size=3), before=st.integers(0, 3), after=st.integers(0, 3))
def test_hilbert_order_is_a_permutation_that_leaves_text_alone(grid: list[int], before: int, after: int) -> None:
    order = hilbert_order(grid, text_before=before, text_after=after).tolist()
    total = before + math.prod(grid) + after
    assert sorted(order) == list(range(total))
    assert order[:before] == list(range(before))
    assert order[total - after :] == list(range(total - after, total))


def test_results_come_back_in_the_order_of_the_input() -> None:
    q, k, v = qkv(tokens=96)
    out = sparge_attention(q, k, v, replace(SPARSE, tau=1.0), order=hilbert_order((4, 4, 6)), engine="masked")
    torch.testing.assert_close(out, dense(q, k, v), atol=1e-5, rtol=1e-5)


# Refusals


def tune_with(**arguments: Any) -> SpargeConfig:
    return tune_heads(**{"samples": [AttentionInput(*qkv(tokens=32))], **arguments})


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (SpargeConfig, "either tau or topk"),
        (lambda: SpargeConfig(tau=0.9, topk=0.5), "either tau or topk"),
        (lambda: SpargeConfig(tau=0.0), "tau is 0.0, outside (0, 1]"),
        (lambda: SpargeConfig(tau=float("nan")), "tau is nan"),
        (lambda: SpargeConfig(topk=(0.5, 1.5)), "topk is (0.5, 1.5)"),
        (lambda: SpargeConfig(tau=()), "empty tuple"),
        (lambda: SpargeConfig(tau=0.9, theta=1.5), "theta is 1.5"),
        (lambda: SpargeConfig(tau=0.9, pv_threshold=-1.0), "pv_threshold is -1.0"),
        (lambda: SpargeConfig(tau=0.9, block_k=40), "multiples of 16"),
        (lambda: SpargeConfig(topk=0.9, topk_share="some"), "'all' or 'legal'"),  # type: ignore[arg-type]
        (lambda: SpargeAttn(tau=0.5, engine="fast"), "is unknown"),
        (lambda: TunedSpargeAttn({}, min_tokens=0), "min_tokens is 0"),
        (lambda: tune_with(samples=[]), "at least one sample"),
        (lambda: tune_with(l1=0.0), "0 < l1"),
        (lambda: tune_with(l1=0.07, pv_l1=0.05), "l1 < pv_l1"),
        (lambda: tune_with(thetas=()), "a theta to try"),
        (lambda: tune_with(tolerance=0.0), "tolerance"),
    ],
)
def test_a_bad_setting_is_refused(make: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        make()


def _call(**changes: Any) -> Callable[[], Tensor]:
    q, k, v = qkv(tokens=64)
    arguments = {"query": q, "key": k, "value": v, "config": SPARSE, "engine": "masked", **changes}
    return lambda: sparge_attention(**arguments)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (_call(key=torch.randn(2, 3, 64, 32)), "H is a multiple of H_kv"),
        (_call(query=torch.randn(2, 4, 64, 16)), "B and D are the same"),
        (_call(query=torch.randn(4, 64, 32)), "(B, H, N, D)"),
        (_call(value=torch.randn(2, 2, 60, 32)), "has other keys"),
        (_call(query=torch.randn(2, 4, 64, 32).bfloat16()), "one float type"),
        (_call(query=torch.randn(2, 4, 60, 32), is_causal=True), "needs causal_offset"),
        (_call(causal_offset=3), "without is_causal"),
        (_call(is_causal=True, causal_offset=-1), "would see no key"),
        (_call(key_mask=torch.zeros(2, 1, 64, 64)), "no other masks"),
        (_call(config=replace(SPARSE, tau=(0.5, 0.5))), "2 values for 4 query heads"),
        (_call(config=replace(SPARSE, pv_threshold=5.0)), "use 'loop'"),
        (_call(engine="cuda"), "'cuda' is unknown"),
        (_call(order=torch.arange(64), is_causal=True), "does not survive"),
        (_call(order=torch.arange(60)), "for 60 tokens"),
        (_call(query=torch.randn(2, 4, 64, 32, requires_grad=True), engine="flex"), "is for inference"),
        (
            _call(
                **dict(zip(("query", "key", "value"), (x.double() for x in qkv(tokens=64)), strict=True)), engine="flex"
            ),
            "float64",
        ),
    ],
)
def test_a_bad_call_is_refused(call: Callable[[], Tensor], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        call()


# Tuning


def test_tuned_heads_keep_the_bound_on_every_sample_and_skip_something() -> None:
    samples = [AttentionInput(*qkv(tokens=256, batch=1, seed=seed)) for seed in range(2)]
    template = SpargeConfig(tau=1.0, block_q=32, block_k=16)
    config = tune_heads(samples, l1=0.1, template=template, thetas=(-1.0, 0.5), tolerance=1 / 64)
    assert isinstance(config.tau, tuple)
    assert len(config.tau) == 4
    for sample in samples:
        plan = sample.plan(config)
        out = attend(sample.query, sample.key, sample.value, plan, engine="masked")
        exact = dense(sample.query, sample.key, sample.value)
        assert (relative_l1(out, exact) < 0.1).all()
        assert plan.sparsity.mean() > 0.1
    assert config == tune_heads(samples, l1=0.1, template=template, thetas=(-1.0, 0.5), tolerance=1 / 64)


def test_heads_that_cannot_be_sparse_are_left_dense() -> None:
    draw = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(1, 2, 256, 16, generator=draw) for _ in range(3))
    config = tune_heads([AttentionInput(q, k, v)], l1=0.01, thetas=(-1.0, 0.5), tolerance=1 / 16)
    assert config.tau == config.theta == (1.0, 1.0)


def test_the_second_filter_is_tuned_within_its_own_bound() -> None:
    q, k, v = qkv(tokens=128, batch=1, heads=2)
    sample = AttentionInput(q, k, v)
    template = SpargeConfig(tau=1.0, block_q=32, block_k=16)
    config = tune_heads([sample], l1=0.05, pv_l1=0.06, template=template, thetas=(-1.0,), tolerance=1 / 16)
    out, skipped = attend_by_loop(q, k, v, sample.plan(config), pv_threshold=config.pv_threshold)
    assert (relative_l1(out, dense(q, k, v)) < 0.06).all()
    assert skipped > 0


# Models


@pytest.fixture(scope="module")
def model() -> Any:
    return family_model("llama")


def test_prompts_are_sparse_and_decoding_is_dense(model: Any) -> None:
    prompt: dict[str, Any] = {"input_ids": ids(2, 150), "attention_mask": torch.ones(2, 150, dtype=torch.long)}
    prompt["attention_mask"][0, :40] = 0
    greedy: dict[str, Any] = {"max_new_tokens": 4, "do_sample": False}
    for cache in ({}, {"cache_implementation": "static", "disable_compile": True}):
        with CONTRACT.active(model) as log:
            model.generate(**prompt, **greedy, **cache)
        assert log.sparsity > 0.1
        assert sorted(log.sparsity_by_layer) == [0, 1]
        assert log.dense_calls == 2 * 3  # two layers, and three steps after the prompt
    encoder = family_model("bert")
    with CONTRACT.active(encoder) as log:
        logits(encoder, ids(2, 40))
    assert (log.dense_calls, log.sparsity > 0.1) == (0, True)


def test_a_second_chunk_of_the_prompt_is_exact(model: Any) -> None:
    tokens = ids(2, 150)
    with torch.no_grad(), CONTRACT.neutral(model) as log:
        first = model(tokens[:, :90], use_cache=True)
        second = model(tokens[:, 90:], past_key_values=first.past_key_values)
    torch.testing.assert_close(torch.cat([first.logits, second.logits], 1), logits(model, tokens), atol=1e-4, rtol=1e-4)
    assert log.dense_calls == 0


def test_short_prompts_and_unnamed_layers_stay_dense(model: Any) -> None:
    before = logits(model, ids(2, 40))
    with SpargeAttn(tau=0.3)(model) as log:
        assert torch.equal(logits(model, ids(2, 40)), before)
    assert (log.dense_calls, log.sparsity) == (2, 0.0)
    with TunedSpargeAttn({1: SpargeConfig(tau=0.3, theta=0.0)}, min_tokens=1, engine="masked")(model) as log:
        logits(model, ids(2, 40))
    assert (list(log.sparsity_by_layer), log.dense_calls) == ([1], 1)


@pytest.mark.parametrize("family", ["mistral_window", "gpt_oss_full", "gpt_oss", "gemma2", "vaultgemma"])
def test_windows_sinks_and_soft_caps_stay_dense_and_as_they_are(family: str) -> None:
    """Also in implementations of attention that take sinks and ignore them, or soft caps and refuse them."""
    model, tokens = family_model(family), ids(2, 24)
    before, text = logits(model, tokens), model.generate(tokens, max_new_tokens=5, do_sample=False)
    with CONTRACT.active(model) as log:
        assert torch.equal(logits(model, tokens), before)
        assert torch.equal(model.generate(tokens, max_new_tokens=5, do_sample=False), text)
    assert not log.legal
    assert log.dense_calls == 2 + 2 * 5


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: family_model("deepseek_v32"), "chooses its keys by an index of its own"),
        (lambda: family_model("gptj"), "AttentionInterface"),
        (lambda: family_model("bart"), "encoder"),
        (lambda: family_model("llama").train(), r"model\.eval\(\)"),
        (lambda: torch.nn.Linear(2, 2), "AttentionInterface"),
    ],
)
def test_models_that_it_cannot_be_used_with(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(ValueError, match=words), CONTRACT.active(make()):
        pass


def test_a_model_is_tuned_saved_and_run(tmp_path: Path, model: Any) -> None:
    tokens = ids(2, 256)
    progress: list[tuple[int, int]] = []
    template = SpargeConfig(tau=1.0, block_q=32, block_k=16)
    setting = tune_sparge(
        model, [{"input_ids": tokens}], l1=0.3, template=template, thetas=(-1.0,), tolerance=1 / 16,
        progress=lambda *numbers: progress.append(numbers),
    )  # fmt: skip
    assert sorted(setting.layers) == [0, 1]
    assert progress == [(1, 2), (2, 2)]
    path = tmp_path / "heads.json"
    small = replace(setting, min_tokens=1, engine="masked")
    small.save(path)
    assert TunedSpargeAttn.load(path) == small
    assert [p.name for p in tmp_path.iterdir()] == ["heads.json"]
    before = logits(model, tokens)
    with small(model) as log:
        assert not torch.equal(logits(model, tokens), before)
    assert log.sparsity > 0.1
    with pytest.raises(ValueError, match="at least one batch"):
        tune_sparge(model, [])


@pytest.mark.parametrize(
    "content",
    ["", "[1]", '{"0": {}}', '{"layers": {"0": {"tau": 3}}}', '{"layers": {"0": {"a": 1}}}', '{"layers": {}, "a": 1}'],
)
def test_a_file_that_holds_no_settings_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "heads.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="is not a file of SpargeAttn settings"):
        TunedSpargeAttn.load(path)


def test_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    run_example("sparge_attn")
    assert "of the tiles were skipped" in capsys.readouterr().out
