"""Mixture of Memories: its three forms are one function, caches and padding change nothing, and it is a model like any.

Between two orders of the same sums the difference is rounding: 1e-5 in fp32 at these sizes.
"""

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.methods.contract import ForGood
from tests.methods.families import VOCAB, ids, logits, tiny_model
from torch import Tensor
from torch.nn.functional import normalize
from transformers import AutoModelForCausalLM, DynamicCache

from assay.methods import load
from assay.methods.architecture.mixture_of_memories import (
    FORMS,
    RULES,
    MixtureOfMemories,
    MomConfig,
    MomForCausalLM,
    MomMixer,
    balance_loss,
    memory_cache,
    router_load,
)
from assay.methods.architecture.mixture_of_memories._rule import chunked, recurrent
from assay.methods.architecture.soft_moe_ffn import SoftMoE

CLOSE: dict[str, Any] = {"rtol": 1e-5, "atol": 1e-5}


def config(**settings: Any) -> MomConfig:
    sizes: dict[str, Any] = {
        "vocab_size": VOCAB, "hidden_size": 32, "num_hidden_layers": 2, "num_heads": 2, "head_dim": 8,
        "chunk_size": 4, "initializer_range": 0.15, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
    }  # fmt: skip
    return MomConfig(**sizes | settings)


def build(**settings: Any) -> Any:
    torch.manual_seed(0)
    return MomForCausalLM(config(**settings)).eval()


def mixer(**settings: Any) -> MomMixer:
    """A layer whose router is far from a draw, and whose states fade visibly."""
    torch.manual_seed(1)
    layer = MomMixer(config(**settings)).eval()
    with torch.no_grad():
        for parameter in layer.parameters():
            if parameter.dim() > 1:
                parameter.copy_(torch.randn_like(parameter) * 0.3)
    return layer


def stream(*shape: int, seed: int = 3) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def state_of(cache: Any) -> Tensor:
    """The first layer's states (B, N, H, d_k, d_v)."""
    state: Tensor = cache.layers[0].recurrent_states[0]
    return state


def calm(model: Any) -> None:
    """Let memories add less: the norm of a head magnifies rounding where a query is nearly at right angles to keys."""
    with torch.no_grad():
        for layer in model.model.layers:
            layer.mixer.o_proj.weight.mul_(0.1)


def routed() -> Any:
    """A model whose loss is a mean over rows, as that of two processes is; the balance loss is none."""
    return build(rule="delta", aux_loss_weight=0.0, use_cache=False)


CONTRACT = ForGood(
    apply=lambda model: MixtureOfMemories(num_memories=2, topk=2, chunk_size=4).apply(model),
    stir=calm,
    trained=routed,
)


# One function in three forms


@given(
    rule=st.sampled_from(sorted(RULES)),
    length=st.integers(2, 23),
    size=st.integers(1, 9),
    memories=st.integers(1, 4),
    chosen=st.integers(1, 4),
    shared=st.booleans(),
    single=st.booleans(),
    seed=st.integers(0, 99),
)
def test_the_forms_agree(
    rule: str, length: int, size: int, memories: int, chosen: int, shared: bool, single: bool, seed: int
) -> None:
    layer = mixer(
        rule=rule, chunk_size=size, num_memories=memories, topk=min(chosen, memories), shared_memory=shared,
        single_kv_proj=single, expand_v=1.5,
    )  # fmt: skip
    x, mask = stream(2, length, 32, seed=seed), torch.ones(2, length)
    mask[0, : length // 3] = 0
    results = []
    for form in FORMS:
        layer.config.form = form
        cache = memory_cache(layer.config)
        with torch.no_grad():
            y, _ = layer(x, mask, cache)
        results.append((y[mask.bool()], state_of(cache)))
    for y, state in results[1:]:
        torch.testing.assert_close(y, results[0][0], **CLOSE)
        torch.testing.assert_close(state, results[0][1], **CLOSE)


@pytest.mark.parametrize("form", FORMS)
def test_gradients_agree(form: str) -> None:
    gradients = []
    for each in ("recurrent", form):
        layer, x = mixer(form=each), stream(2, 11, 32).requires_grad_()
        layer(x)[0].square().sum().backward()
        gradients.append([x.grad, *(parameter.grad for parameter in layer.parameters())])
    assert all(gradient is not None and gradient.abs().sum() > 0 for gradient in gradients[0])
    for ours, reference in zip(gradients[1], gradients[0], strict=True):
        torch.testing.assert_close(ours, reference, rtol=1e-4, atol=1e-4)


def test_the_chunks_are_the_rule_in_double_precision() -> None:
    """Against the equation written down once more, token by token and without a single shared line."""
    generator = torch.Generator().manual_seed(5)
    q, k, v = (torch.randn(1, 1, 1, 13, 6, generator=generator, dtype=torch.double) for _ in range(3))
    beta = torch.rand(1, 1, 1, 13, generator=generator, dtype=torch.double)
    decay = torch.rand(1, 1, 1, 13, generator=generator, dtype=torch.double)
    start = torch.randn(1, 1, 1, 6, 6, generator=generator, dtype=torch.double)
    state, read = start[0, 0, 0], []
    for t in range(13):
        key, value = k[0, 0, 0, t], v[0, 0, 0, t]
        faded = decay[0, 0, 0, t] * state
        state = faded + beta[0, 0, 0, t] * torch.outer(key, value - key @ faded)
        read.append(q[0, 0, 0, t] @ state)
    for form in (recurrent, lambda *inputs, erase: chunked(*inputs, erase=erase, size=5)):
        out, end = form(q, k, v, beta, decay.log(), start, erase=True)  # type: ignore[operator]
        torch.testing.assert_close(out[0, 0, 0], torch.stack(read))
        torch.testing.assert_close(end[0, 0, 0], state)


def test_strong_decay_over_a_long_text_stays_finite() -> None:
    layer = mixer(chunk_size=64)
    with torch.no_grad():
        layer.A_log.fill_(5.0)
        layer.dt_bias.fill_(3.0)
    y, _ = layer(stream(1, 200, 32).requires_grad_())
    y.sum().backward()
    assert y.isfinite().all()
    assert all(parameter.grad.isfinite().all() for parameter in layer.parameters() if parameter.grad is not None)


def test_one_memory_is_the_plain_gated_delta_rule() -> None:
    """With one memory and none shared nothing is left of the router: the layer is a gated delta net."""
    layer = mixer(num_memories=1, topk=1, shared_memory=False)
    x = stream(1, 9, 32)

    def stepped(weight: Tensor, kernel: Tensor) -> Tensor:
        """Projected, convolved one token after the other, and parted into heads: (T, heads, d)."""
        flow = x[0] @ weight.T
        rows = [torch.stack([kernel[:, 3 - i] * flow[t - i] for i in range(4) if t >= i]).sum(0) for t in range(9)]
        heads: Tensor = torch.nn.functional.silu(torch.stack(rows)).unflatten(-1, (2, -1))  # type: ignore[no-untyped-call]
        return heads

    with torch.no_grad():
        q = normalize(stepped(layer.q_proj.weight, layer.q_conv), dim=-1) / 8**0.5
        k = normalize(stepped(layer.k_proj.weight, layer.k_conv), dim=-1)
        v = stepped(layer.v_proj.weight, layer.v_conv)
        beta = (x[0] @ layer.b_proj.weight.T).sigmoid()
        step = torch.nn.functional.softplus(x[0] @ layer.a_proj.weight.T + layer.dt_bias)
        alpha = (-layer.A_log.exp() * step).exp()
        out = torch.zeros(9, 2, 8)
        for head in range(2):
            state = torch.zeros(8, 8)
            for t in range(9):
                state = alpha[t, head] * state
                error = v[t, head] - k[t, head] @ state
                state = state + beta[t, head] * torch.outer(k[t, head], error)
                out[t, head] = q[t, head] @ state
        normed = out / (out.square().mean(-1, keepdim=True) + layer.config.rms_norm_eps).sqrt() * layer.o_norm.weight
        gate = torch.nn.functional.silu(x[0] @ layer.g_proj.weight.T).unflatten(-1, (2, -1))
        expected = (normed * gate).flatten(1) @ layer.o_proj.weight.T
        torch.testing.assert_close(layer(x)[0][0], expected, **CLOSE)


# States


@pytest.mark.parametrize("form", FORMS)
def test_memories_that_are_not_chosen_keep_every_bit(form: str) -> None:
    """A token at a time, and ten at once that are all sent to the same two."""
    layer, cache = mixer(form=form, shared_memory=False), memory_cache(config())
    with torch.no_grad():
        layer(stream(2, 12, 32), None, cache)
        before = state_of(cache).clone()
        assert (before.abs().sum((-1, -2)) > 0).all()
        for length in (1, 10):
            x = stream(2, 1, 32, seed=7).expand(-1, length, -1)
            _, routed = layer(x, None, cache)
            after = state_of(cache).clone()
            for row in range(2):
                chosen = set(routed[row, 0].topk(2).indices.tolist())
                for memory in range(4):
                    same = torch.equal(after[row, memory], before[row, memory])
                    assert same == (memory not in chosen)
            before = after


@pytest.mark.parametrize(
    "settings", [{}, {"form": "gather"}, {"rule": "linear"}, {"single_kv_proj": True}, {"expand_v": 2}]
)
def test_token_by_token_is_the_whole_at_once(settings: dict[str, Any]) -> None:
    model, tokens = build(**settings), ids(2, 13)
    whole = logits(model, tokens)
    cache, parts = None, []
    with torch.no_grad():
        for part in tokens.split([5, 1, 1, 4, 1, 1], dim=1):
            out = model(part, past_key_values=cache, use_cache=True)
            cache = out.past_key_values
            parts.append(out.logits)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, **CLOSE)


def test_no_token_sees_a_later_one() -> None:
    model, tokens = build(), ids(1, 12)
    other = tokens.clone()
    other[0, 8:] = ids(4, seed=9)
    torch.testing.assert_close(logits(model, tokens)[:, :8], logits(model, other)[:, :8], rtol=0, atol=0)
    assert not torch.allclose(logits(model, tokens)[:, 8:], logits(model, other)[:, 8:])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("left", [0, 1, 5])
def test_padding_changes_nothing(form: str, left: int) -> None:
    model, tokens, right = build(form=form), ids(1, 9), 5 - left
    padded = torch.nn.functional.pad(tokens, (left, right))
    mask = torch.nn.functional.pad(torch.ones(1, 9, dtype=torch.long), (left, right))
    out = model(padded, attention_mask=mask, use_cache=True)
    torch.testing.assert_close(out.logits[:, left : left + 9], logits(model, tokens), **CLOSE)
    alone = model(tokens, use_cache=True)
    torch.testing.assert_close(out.aux_loss, alone.aux_loss, **CLOSE)
    # What is read next sees the last real tokens, also where padding stood behind them.
    mask = torch.cat([mask, torch.ones(1, 1, dtype=torch.long)], dim=1)
    following = model(tokens[:, :1], attention_mask=mask, past_key_values=out.past_key_values).logits
    expected = model(tokens[:, :1], past_key_values=alone.past_key_values).logits
    torch.testing.assert_close(following, expected, **CLOSE)


# A model like any


def test_generation_reads_a_prompt_in_parts_and_takes_any_kind_of_cache() -> None:
    model, tokens = build(), ids(2, 9)
    mask = torch.ones_like(tokens)
    tokens[1, :4], mask[1, :4] = 0, 0
    options: dict[str, Any] = {"attention_mask": mask, "max_new_tokens": 5, "do_sample": False, "eos_token_id": None}
    expected = model.generate(tokens, use_cache=False, **options)
    for more in ({}, {"prefill_chunk_size": 2}, {"cache_implementation": "static"}, {"num_return_sequences": 1}):
        assert torch.equal(model.generate(tokens, **more, **options), expected)


def test_beams_carry_their_states() -> None:
    model, tokens = build(), ids(2, 5)
    inputs: dict[str, Any] = {"max_new_tokens": 6, "num_beams": 3, "do_sample": False, "eos_token_id": None}
    assert torch.equal(model.generate(tokens, **inputs), model.generate(tokens, use_cache=False, **inputs))


@pytest.mark.parametrize("tied", [False, True])
def test_it_is_saved_and_loaded(tied: bool, tmp_path: Path) -> None:
    model, tokens = build(tie_word_embeddings=tied, num_memories=3, expand_v=1.5, rule="delta"), ids(2, 9)
    model.save_pretrained(tmp_path)
    for way in (load, AutoModelForCausalLM.from_pretrained, MomForCausalLM.from_pretrained):
        again: Any = way(tmp_path)  # type: ignore[operator]
        assert type(again) is MomForCausalLM
        assert again.config.num_memories == 3
        assert torch.equal(logits(again.eval(), tokens), logits(model, tokens))


def test_a_folder_names_the_module_to_load_it_with(tmp_path: Path) -> None:
    build().save_pretrained(tmp_path)
    file = tmp_path / "config.json"
    home = json.loads(file.read_text())["assay_module"]
    assert import_module(f"assay.methods.{home}").MomForCausalLM is MomForCausalLM
    file.write_text(file.read_text().replace(home, "architecture.mixture_of_dreams"))
    with pytest.raises(ValueError, match=r"'architecture\.mixture_of_dreams', which this version"):
        load(tmp_path)


def test_another_change_goes_on_top(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = SoftMoE(mode="token", experts=2).apply(build())
    model.save_pretrained(tmp_path)
    for again in (load(tmp_path), AutoModelForCausalLM.from_pretrained(tmp_path).eval()):
        assert torch.equal(logits(again, ids(2, 9)), logits(model, ids(2, 9)))


def test_states_are_full_in_bfloat16_and_under_autocast() -> None:
    layer, x, cache = mixer(), stream(2, 9, 32), memory_cache(config())
    exact = layer(x)[0].detach()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = layer(x)[0].detach()
    assert (out.float() - exact).norm() / exact.norm() < 0.1
    layer.bfloat16()(x.bfloat16(), None, cache)
    assert state_of(cache).dtype == torch.float32


@pytest.mark.parametrize("form", ["dense", "recurrent"])
def test_it_compiles_as_one_graph(form: str) -> None:
    layer, x = mixer(form=form), stream(2, 5, 32)
    expected, _ = layer(x)
    compiled, _ = torch.compile(layer, backend="eager", fullgraph=True)(x)
    gradients = [torch.autograd.grad(each.square().sum(), layer.k_proj.weight)[0] for each in (compiled, expected)]
    torch.testing.assert_close(*gradients, **CLOSE)


def test_checkpointed_gradients_are_the_same() -> None:
    tokens, gradients = ids(2, 9), []
    for checkpointed in (False, True):
        model = build().train()
        if checkpointed:
            model.activation_checkpointing_enable()
        model(tokens, labels=tokens).loss.backward()
        gradients.append(model.model.layers[0].mixer.k_proj.weight.grad)
    torch.testing.assert_close(gradients[1], gradients[0])


# Routing


def test_the_balance_loss_is_topk_at_its_least() -> None:
    even = torch.zeros(1, 4, 4) + 8 * torch.eye(4) + 4 * torch.eye(4).roll(1, 1)
    assert balance_loss([even], 2).item() == pytest.approx(2.0)
    crowded = even[:, :1].expand(1, 4, 4)
    assert balance_loss([crowded], 2).item() == pytest.approx(4 * crowded[0, 0].softmax(-1).topk(2).values.sum().item())
    # Layers are pooled: what one crowds the others may even out.
    assert balance_loss([crowded, crowded.roll(2, -1)], 2).item() < balance_loss([crowded], 2).item()
    assert balance_loss([crowded.bfloat16()], 2).dtype == torch.float32


def test_it_joins_the_loss_in_training_alone() -> None:
    model, tokens = build(aux_loss_weight=0.5), ids(2, 9)
    out = model(tokens, labels=tokens)
    plain = torch.nn.functional.cross_entropy(out.logits[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())
    torch.testing.assert_close(out.loss, plain)
    torch.testing.assert_close(model.train()(tokens, labels=tokens).loss, plain + 0.5 * out.aux_loss)


def test_the_load_is_counted() -> None:
    model, tokens = build(), ids(2, 9)
    shares = router_load(model, tokens)
    with torch.no_grad():
        routed = model(tokens).router_logits
    for layer, row in zip(routed, shares, strict=True):
        counts = torch.bincount(layer.topk(2).indices.flatten(), minlength=4) / 18
        torch.testing.assert_close(row, counts)
    mask = torch.ones(2, 12, dtype=torch.long)
    mask[:, 9:] = 0
    torch.testing.assert_close(router_load(model, torch.nn.functional.pad(tokens, (0, 3)), mask), shares)
    with pytest.raises(ValueError, match="router_load was given no tokens"):
        router_load(model, ids(1, 0))


def test_more_memories_cost_state_not_queries() -> None:
    plain, more = config(num_memories=2), config(num_memories=8)
    assert more.state_size == 9 * 2 * 8 * 8
    assert more.state_size == 3 * plain.state_size
    assert more.active_state_size == plain.active_state_size == 3 * 2 * 8 * 8
    cache = build(num_memories=8)(ids(1, 3), use_cache=True).past_key_values
    assert state_of(cache).numel() == more.state_size
    shared = sum(p.numel() for p in build(num_memories=8, single_kv_proj=True).parameters())
    single = sum(p.numel() for p in build(num_memories=1, topk=1, shared_memory=False).parameters())
    assert shared - single == 2 * 32 * 7


# From a model with attention


@pytest.mark.parametrize("family", ["llama", "qwen2", "qwen3"])
def test_a_decoder_gives_all_but_its_attention(family: str) -> None:
    torch.manual_seed(0)
    model: Any = tiny_model(family)
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    new: Any = MixtureOfMemories(num_memories=3, topk=1).apply(model)
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())
    assert torch.equal(new.lm_head.weight, model.lm_head.weight)
    assert torch.equal(new.model.layers[1].mlp.up_proj.weight, model.model.layers[1].mlp.up_proj.weight)
    attention, memories = model.model.layers[1].self_attn, new.model.layers[1].mixer
    assert torch.equal(memories.q_proj.weight, attention.q_proj.weight)
    assert torch.equal(memories.o_proj.weight, attention.o_proj.weight)
    keys = memories.k_proj.weight.view(4, 4, 8, 32)  # states, heads, d_k, width; two heads shared one
    assert torch.equal(keys[3], attention.k_proj.weight.view(2, 8, 32).repeat_interleave(2, 0))
    new.train()(ids(2, 9), labels=ids(2, 9)).loss.backward()
    assert memories.router.weight.grad is not None
    assert new.generation_config is not model.generation_config


def test_values_may_be_wider_than_those_of_attention() -> None:
    new: Any = MixtureOfMemories(expand_v=2.0).apply(tiny_model("llama"))
    assert new.model.layers[0].mixer.v_proj.weight.shape == (5 * 4 * 16, 32)
    with pytest.raises(ValueError, match=r"expand_v is 0\.3: 2\.4 is no width"):
        MixtureOfMemories(expand_v=0.3).apply(tiny_model("llama"))


@pytest.mark.parametrize(
    ("family", "words"),
    [
        ("gpt2", "GPT2LMHeadModel cannot take memories: its configuration has no"),
        ("mixtral", r"its weights have another layout, model\.layers\.0\.mlp\.down_proj"),
        ("minicpm3", "its attention has no q_proj"),
        ("gemma", "it computes something else, even without its attention"),
        ("bert", "BertForSequenceClassification writes no text"),
    ],
)
def test_other_builds_are_refused(family: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        MixtureOfMemories().apply(tiny_model(family))


# Refusals


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_memories": 0, "topk": 0}, "num_memories is 0: at least one"),
        ({"topk": 5}, "topk is 5: a token cannot be sent to more than the 4 memories"),
        ({"rule": "hebbian"}, "no rule 'hebbian'; there are gated_delta, delta"),
        ({"form": "sorted"}, "no form 'sorted'; there are dense, gather, recurrent"),
        ({"expand_v": 0.3}, r"expand_v is 0.3: 2.4 is no width"),
        ({"conv_size": 1}, "conv_size is 1"),
        ({"aux_loss_weight": -1.0}, "cannot be negative"),
    ],
)
def test_a_wrong_configuration_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        config(**settings)
    if "expand_v" not in settings:  # whether it fits is for the model to say
        with pytest.raises(ValueError, match=message):
            MixtureOfMemories(**settings)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"attention_mask": torch.ones(1, 1, 6, 6)}, "a mask of 4 dimensions says which token sees which"),
        ({"position_ids": torch.tensor([[0, 1, 2, 0, 1, 2]])}, "position_ids says that documents are packed"),
        ({"cu_seq_lens_q": torch.tensor([0, 3, 6])}, "cu_seq_lens_q says that documents are packed"),
        ({"inputs_embeds": torch.zeros(1, 6, 32)}, "either input_ids or inputs_embeds"),
        ({"attention_mask": torch.tensor([[1, 1, 0, 0, 1, 1]])}, "padding between the tokens of a row"),
    ],
)
def test_wrong_inputs_are_refused(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()(ids(1, 6), **inputs)


def test_a_mask_of_another_shape_is_refused_by_the_layer() -> None:
    with pytest.raises(ValueError, match=r"the mask of 2 x 6 tokens is \(2, 5\)"):
        mixer()(stream(2, 6, 32), torch.ones(2, 5))


def test_a_cache_for_attention_is_refused() -> None:
    with pytest.raises(ValueError, match=r"layer 0 finds no memories in this DynamicCache: give it what memory_cache"):
        build()(ids(1, 6), past_key_values=DynamicCache())
    with pytest.raises(ValueError, match="keeps states, not keys and values"):
        memory_cache(config()).update(torch.zeros(1), torch.zeros(1), 0)


def test_a_part_with_padding_before_its_tokens_is_refused() -> None:
    model, tokens = build(), ids(1, 6)
    cache = model(tokens, use_cache=True).past_key_values
    for mask in ([[1, 1, 1, 1, 1, 1, 0, 1, 1]], [[0, 1, 1]]):
        with pytest.raises(ValueError, match="a mask of all that was read so far"):
            model(tokens[:, :3], attention_mask=torch.tensor(mask), past_key_values=cache)
    with pytest.raises(ValueError, match="2 tokens cannot be cropped from a cache of memories"):
        cache.layers[0].crop(-2)


def test_the_page_on_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = Path(__file__).parents[3] / "docs" / "methods" / "mixture_of_memories.md"
    snippets = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(snippets) == 1
    exec(compile(snippets[0], str(page), "exec"), {})
