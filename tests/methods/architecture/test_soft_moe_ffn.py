"""Soft mixtures: the equations, what leaks and what does not, caches, files and refusals."""

import json
import math
import re
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.methods.contract import ForGood
from tests.methods.families import ids, logits, tiny_model
from torch import Tensor, nn
from torch.utils.data import DataLoader
from transformers import DynamicCache, StaticCache, ViTConfig, ViTForImageClassification

from assay.methods import load
from assay.methods.architecture.soft_moe_ffn import (
    GatedTwiceMLP,
    PackedStream,
    SoftMoE,
    SoftMoELayer,
    causality_report,
)
from assay.methods.architecture.soft_moe_ffn._sums import running_means

MODES = ["dense", "token", "prefix", "sequence"]


def settings(mode: Any, **more: Any) -> SoftMoE:
    slots = 2 if mode in ("prefix", "sequence") else 1
    experts = 1 if mode == "dense" else 3
    return SoftMoE(**{"mode": mode, "experts": experts, "slots": slots, "width": 24, "allow_leak": True, **more})


def sharpen(model: nn.Module) -> None:
    """Let mixtures choose: new ones weigh all tokens and experts nearly alike."""
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, SoftMoELayer):
                module.scale.fill_(4)


def changed(family: str, mode: Any, **more: Any) -> Any:
    torch.manual_seed(0)
    model = settings(mode, **more).apply(tiny_model(family))
    sharpen(model)
    return model


CONTRACT = ForGood(
    apply=lambda model: SoftMoE(mode="prefix", experts=2, slots=2, width=24).apply(model),
    revert=SoftMoE.revert,
    stir=sharpen,
    trained=lambda: SoftMoE(mode="prefix", experts=2).apply(tiny_model("qwen2", use_cache=False)),
)


def mixture(mode: Any, *, hidden: int = 8, experts: int = 3, slots: int = 2, seed: int = 0) -> SoftMoELayer:
    torch.manual_seed(seed)
    expert = partial(GatedTwiceMLP, hidden, 5, std=0.5)
    layer = SoftMoELayer(hidden, mode=mode, expert=expert, experts=experts, slots=slots)
    with torch.no_grad():
        layer.scale.fill_(3)
    return layer


def reference(mix: SoftMoELayer, x: Tensor) -> Tensor:
    """The equations, a token and a slot at a time."""
    out = torch.zeros_like(x)
    length, slots = x.shape[1], mix.phi.shape[1]
    for row in range(len(x)):
        units = x[row] / x[row].norm(dim=-1, keepdim=True)
        score = mix.scale * (units @ (mix.phi / mix.phi.norm(dim=0, keepdim=True)))
        for t in range(length):
            share = score[t].softmax(0)
            seen = t + 1 if mix.mode == "prefix" else length
            for slot in range(slots):
                put = x[row, t]
                if mix.mode != "token":
                    put = (score[:seen, slot].softmax(0)[:, None] * x[row, :seen]).sum(0)
                out[row, t] += share[slot] * mix.experts[slot // mix.slots](put)
    return out


# The layers


def test_the_gated_twice_network() -> None:
    torch.manual_seed(0)
    network, x = GatedTwiceMLP(6, 4, std=0.5), torch.randn(2, 3, 6)
    with torch.no_grad():
        g, u = x @ network.gate_in.weight.T, x @ network.up.weight.T
        h = g * torch.sigmoid(g) * u
        g, u = h @ network.gate_out.weight.T, h @ network.down.weight.T
        torch.testing.assert_close(network(x), g * torch.sigmoid(g) * u)
    assert sum(parameter.numel() for parameter in network.parameters()) == 4 * 6 * 4


@pytest.mark.parametrize("mode", ["token", "prefix", "sequence"])
def test_it_computes_the_equations(mode: str) -> None:
    mix = mixture(mode, slots=1 if mode == "token" else 2)
    x = torch.randn(2, 7, 8, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        torch.testing.assert_close(mix(x), reference(mix, x), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("mode", ["token", "prefix", "sequence"])
def test_it_learns_everywhere(mode: str) -> None:
    mix = mixture(mode, slots=1 if mode == "token" else 2)
    x = torch.randn(2, 7, 8, requires_grad=True)
    mix(x).square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() and p.grad.abs().sum() > 0 for p in mix.parameters())
    assert x.grad is not None
    assert x.grad.isfinite().all()


@given(scale=st.floats(-60, 60), length=st.integers(1, 40), seed=st.integers(0, 99))
def test_prefix_means_are_means_at_any_sharpness(scale: float, length: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(1, length, 4, generator=generator)
    cosines = torch.rand(1, length, 3, generator=generator) * 2 - 1
    scale = max(-40, min(40, scale))
    weights = (scale * cosines - abs(scale)).exp()
    means = running_means(x, weights)
    for t in range(length):
        expected = torch.einsum("bts,btc->bsc", (scale * cosines[:, : t + 1]).softmax(1), x[:, : t + 1])
        torch.testing.assert_close(means[:, t], expected, atol=1e-4, rtol=1e-4)


def test_a_scale_beyond_forty_counts_as_forty() -> None:
    mix, x = mixture("prefix"), torch.randn(1, 9, 8)
    outputs = []
    with torch.no_grad():
        for scale in (40.0, 400.0):
            mix.scale.fill_(scale)
            outputs.append(mix(x))
    assert torch.equal(*outputs)
    assert outputs[0].isfinite().all()


# The models


@pytest.mark.parametrize("family", ["llama", "gpt2", "bert"])
def test_copies_of_its_own_network_leave_a_model_as_it_was(family: str) -> None:
    torch.manual_seed(0)
    model = tiny_model(family)
    before = logits(model, ids(2, 9))
    SoftMoE(mode="token", experts=3, expert="copy").apply(model)
    torch.testing.assert_close(logits(model, ids(2, 9)), before, atol=1e-5, rtol=1e-5)
    SoftMoE(mode="token", experts=1, expert="copy").apply(SoftMoE.revert(model))
    assert torch.equal(logits(model, ids(2, 9)), before)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("family", ["qwen2", "gpt2"])
def test_reverting_leaves_nothing_behind(family: str, mode: str) -> None:
    torch.manual_seed(0)
    model = tiny_model(family)
    before, parameters, config = logits(model, ids(2, 9)), list(model.parameters()), model.config.to_dict()
    settings(mode).apply(model)
    assert not torch.equal(logits(model, ids(2, 9)), before)
    assert SoftMoE.revert(model) is model
    assert torch.equal(logits(model, ids(2, 9)), before)
    assert [id(each) for each in model.parameters()] == [id(each) for each in parameters]
    assert model.config.to_dict() == config
    assert not any(module._forward_pre_hooks or module._forward_hooks for module in model.modules())


def test_reverting_follows_where_the_model_went() -> None:
    model = changed("gpt2", "prefix").train().bfloat16()
    SoftMoE.revert(model)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}
    assert all(module.training for module in model.modules())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("family", ["qwen2", "gpt2", "phi"])
def test_only_sequence_mode_leaks(family: str, mode: str) -> None:
    report = causality_report(changed(family, mode), ids(2, 12))
    assert report.own > 0.01
    if mode == "sequence":
        assert report.leaks
        assert abs(report.gap) > 1e-4
    else:
        assert report.leak == 0
        assert not report.leaks
        assert report.gap == pytest.approx(0, abs=1e-5)


def test_a_cache_is_read_in_pieces_and_forgets() -> None:
    model, tokens = changed("llama", "prefix"), ids(2, 8)
    for cache in (DynamicCache(config=model.config), StaticCache(config=model.config, max_cache_len=16)):
        for _ in range(2):
            with torch.no_grad():
                parts = [
                    model(chunk, past_key_values=cache, use_cache=True).logits for chunk in tokens.split([3, 1, 4], 1)
                ]
            torch.testing.assert_close(torch.cat(parts, dim=1), logits(model, tokens), atol=1e-5, rtol=1e-5)
            if isinstance(cache, StaticCache):
                cache.reset()
            else:
                cache = DynamicCache(config=model.config)  # noqa: PLW2901 - one without layers cannot be reset


def test_generation_on_a_static_cache_is_that_on_a_dynamic_one() -> None:
    model, tokens = changed("llama", "prefix"), ids(2, 20)
    mask = torch.ones_like(tokens)
    tokens[1, :6], mask[1, :6] = 0, 0
    options = {"attention_mask": mask, "max_new_tokens": 8, "do_sample": False, "disable_compile": True}
    expected = model.generate(tokens, **options)
    assert torch.equal(model.generate(tokens, cache_implementation="static", **options), expected)
    cache = StaticCache(config=model.config, max_cache_len=40)
    assert torch.equal(model.generate(tokens, past_key_values=cache, **options), expected)


def test_beams_carry_their_sums() -> None:
    model, tokens = changed("qwen2", "prefix"), ids(2, 6)
    options: dict[str, Any] = {"max_new_tokens": 8, "do_sample": False, "num_beams": 3}
    assert torch.equal(model.generate(tokens, **options), model.generate(tokens, use_cache=False, **options))


def test_a_cache_holds_sums_and_not_the_prompt() -> None:
    model = changed("llama", "prefix")
    cache: Any = DynamicCache(config=model.config)
    with torch.no_grad():
        model(ids(2, 30), past_key_values=cache, use_cache=True)
    (state,) = cache.layers[0].states.values()
    assert state.sums.untyped_storage().nbytes() == 2 * 6 * 33 * 4


def test_padding_is_in_no_slot_of_an_encoder() -> None:
    model, tokens = changed("bert", "sequence"), ids(1, 7)
    padded = torch.cat([tokens, torch.zeros(1, 3, dtype=torch.long)], dim=1)
    mask = (torch.arange(10) < 7).long()[None]
    alone = logits(model, tokens)
    with torch.no_grad():
        torch.testing.assert_close(model(padded, attention_mask=mask).logits, alone, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(model(padded, mask).logits, alone, atol=1e-5, rtol=1e-5)  # it may come by place
    assert not torch.allclose(logits(model, padded), alone, atol=1e-4)


def test_an_encoder_of_images_learns() -> None:
    torch.manual_seed(0)
    shape: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 8}
    shape |= {"intermediate_size": 32, "patch_size": 2, "num_channels": 1, "num_labels": 2, "initializer_range": 0.2}
    config = ViTConfig(**shape)
    model: Any = SoftMoE(mode="sequence", experts=4).apply(ViTForImageClassification(config))
    images = torch.randn(16, 1, 8, 8)
    labels = (images.mean((1, 2, 3)) > 0).long()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(40):
        loss = model(images, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 3


def test_new_networks_take_the_dtype_of_the_old() -> None:
    model = settings("token").apply(tiny_model("llama").bfloat16())
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}
    assert causality_report(model, ids(2, 12)).leak == 0


@pytest.mark.parametrize("mode", ["token", "prefix", "sequence"])
def test_it_compiles_whole(mode: str) -> None:
    model, tokens = changed("llama", mode), ids(2, 9)
    model.config.use_cache = False
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    torch.testing.assert_close(logits(compiled, tokens), logits(model, tokens), atol=1e-5, rtol=1e-5)


def test_a_copy_of_a_model_has_surroundings_of_its_own() -> None:
    model, tokens = changed("llama", "prefix"), ids(2, 9)
    copy = deepcopy(model)
    mask = torch.ones_like(tokens)
    mask[:, :4] = 0
    model(tokens, attention_mask=mask)
    torch.testing.assert_close(logits(copy, tokens), logits(model, tokens))
    report = causality_report(copy, tokens)
    assert report.gap == pytest.approx(0, abs=1e-5)


def test_checkpointed_layers_have_the_same_gradients() -> None:
    model, tokens = changed("llama", "prefix"), ids(2, 9)
    gradients = []
    for checkpointed in (False, True):
        model.train()
        if checkpointed:
            model.activation_checkpointing_enable()
        model.zero_grad()
        model(tokens, attention_mask=torch.ones_like(tokens), labels=tokens).loss.backward()
        gradients.append([parameter.grad.clone() for parameter in model.parameters()])
    for plain, again in zip(*gradients, strict=True):
        torch.testing.assert_close(plain, again)


# Files


@pytest.mark.parametrize("mode", ["dense", "token", "sequence"])
@pytest.mark.parametrize("family", ["gpt2", "bert"])
def test_saved_and_loaded(family: str, mode: str, tmp_path: Path) -> None:
    model = changed(family, mode)
    model.save_pretrained(tmp_path)
    loaded: Any = load(tmp_path)
    assert type(loaded) is type(model)
    assert torch.equal(logits(loaded, ids(2, 9)), logits(model, ids(2, 9)))
    assert SoftMoE.of(loaded) == settings(mode)


def test_a_loaded_model_has_no_way_back(tmp_path: Path) -> None:
    changed("llama", "prefix").save_pretrained(tmp_path)
    loaded: Any = load(tmp_path)
    before = logits(loaded, ids(2, 9))
    with pytest.raises(ValueError, match="the networks that they replaced were not saved"):
        SoftMoE.revert(loaded)
    assert torch.equal(logits(loaded, ids(2, 9)), before)
    assert SoftMoE.of(loaded).mode == "prefix"


def test_weights_of_another_shape_are_not_loaded(tmp_path: Path) -> None:
    changed("qwen2", "token").save_pretrained(tmp_path)
    file = tmp_path / "config.json"
    config = json.loads(file.read_text())
    config["assay_changes"][0]["settings"] |= {"mode": "dense", "experts": 1}
    file.write_text(json.dumps(config))
    with pytest.raises(ValueError, match=r"are not those of its config\.json"):
        load(tmp_path)


# Refusals


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"mode": "top-k"}, "mode 'top-k'"),
        ({"expert": "dense"}, "expert 'dense'"),
        ({"experts": 0}, "experts is 0: at least 1"),
        ({"mode": "prefix", "slots": 0}, "slots is 0: at least 1"),
        ({"mode": "token", "slots": 2}, "mode 'token' has no slots"),
        ({"mode": "dense"}, "one gated-twice network"),
        ({"mode": "token", "expert": "copy", "width": 8}, "has the width of what it copies"),
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SoftMoE(**wrong)


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_sequence_mode_on_a_decoder_is_refused(family: str) -> None:
    model = tiny_model(family)
    before = logits(model, ids(1, 5))
    with pytest.raises(ValueError, match="lets every token see those after it"):
        settings("sequence", allow_leak=False).apply(model)
    with pytest.raises(ValueError, match="is a decoder"):
        settings("sequence", allow_leak=False).apply(model.base_model)
    assert torch.equal(logits(model, ids(1, 5)), before)


@pytest.mark.parametrize(
    ("family", "mode", "words"),
    [
        ("bert", "prefix", "BertForSequenceClassification is no decoder"),
        ("opt", "token", "OPTDecoderLayer has neither an mlp"),
        ("t5", "sequence", "it is an encoder-decoder"),
        ("bloom", "token", "the BloomMLP of BloomBlock is called with more than the tokens"),
        ("gpt_oss", "token", "the GptOssMLP of GptOssDecoderLayer returns something else than a vector for each token"),
        ("gemma3n", "prefix", "some of its layers share their keys and values"),
    ],
)
def test_models_it_is_not_for(family: str, mode: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        settings(mode).apply(tiny_model(family))


def test_settings_that_a_model_has_no_use_for() -> None:
    with pytest.raises(ValueError, match="chunk_size_feed_forward"):
        settings("sequence").apply(tiny_model("bert", chunk_size_feed_forward=3))
    with pytest.raises(ValueError, match="MixtralDecoderLayer has experts of its own"):
        SoftMoE(experts=2, expert="copy").apply(tiny_model("mixtral"))


def test_caches_that_cannot_be_right_are_refused() -> None:
    model, tokens = changed("llama", "prefix"), ids(1, 6)
    torch.manual_seed(0)
    other = tiny_model("llama")
    cache = DynamicCache(config=other.config)
    other(tokens, past_key_values=cache, use_cache=True)
    with pytest.raises(ValueError, match="holds 6 tokens that no mixture has summed"):
        model(tokens[:, :1], past_key_values=cache, use_cache=True)
    cache = DynamicCache(config=model.config)
    model(tokens, past_key_values=cache, use_cache=True)
    with pytest.raises(ValueError, match="2 tokens cannot be cropped"):
        cache.crop(-2)
    assert not cache.layers[0].is_croppable


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"attention_mask": torch.zeros(1, 1, 5, 5)}, "of 4 dimensions does not say which tokens are padding"),
        ({"attention_mask": torch.ones(2, 5)}, r"shape \(2, 5\) does not say which of 1 x 5 tokens are padding"),
        ({"attention_mask": {"full_attention": None}}, "that is a dict does not say which"),
        ({"position_ids": torch.tensor([[0, 1, 2, 0, 1]])}, "position_ids says that documents are packed"),
    ],
)
def test_inputs_that_slots_cannot_follow_are_refused(inputs: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        changed("llama", "prefix")(ids(1, 5), **inputs)


def test_what_cannot_be_audited_is_refused() -> None:
    with pytest.raises(ValueError, match="only a decoder has a future to leak"):
        causality_report(tiny_model("bert"), ids(1, 5))
    with pytest.raises(ValueError, match=r"call model\.eval\(\) first"):
        causality_report(tiny_model("llama").train(), ids(1, 5))
    with pytest.raises(ValueError, match="at least 3 tokens"):
        causality_report(tiny_model("llama"), ids(1, 2))


def test_the_losses_of_the_report() -> None:
    model, tokens = changed("qwen2", "token"), ids(2, 9)
    with torch.no_grad():
        assert causality_report(model, tokens).teacher_forced_loss == pytest.approx(
            model(tokens, labels=tokens).loss.item(), abs=1e-5
        )


# On your model


def test_on_a_model_of_yours(tmp_path: Path) -> None:
    """Mixtures of copies go into a trained model, are trained on a stream, and the model is saved."""
    torch.manual_seed(0)
    model: Any = SoftMoE(mode="token", experts=2, expert="copy").apply(tiny_model("qwen2"))
    source = PackedStream(lambda text: [3 + byte % 32 for byte in text.encode()], length=16, end=2)
    lines = [json.dumps({"text": f"text {number} " + chr(97 + number) * number}) + "\n" for number in range(20)]
    (tmp_path / "a.jsonl").write_text("".join(lines))
    source.add_source(tmp_path / "a.jsonl")
    optimizer, losses = torch.optim.AdamW(model.parameters(), lr=3e-3), []
    for batch, _ in zip(DataLoader(source, batch_size=8), range(40), strict=False):
        loss = model(**batch).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
    report = causality_report(model.eval(), ids(2, 9))
    assert report.leak == 0
    assert math.isfinite(report.decoded_loss)
    model.save_pretrained(tmp_path / "model")
    assert torch.equal(logits(load(tmp_path / "model"), ids(2, 9)), logits(model, ids(2, 9)))


def test_the_page_on_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = Path(__file__).parents[3] / "docs" / "methods" / "soft_moe_ffn.md"
    snippets = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(snippets) == 1
    exec(compile(snippets[0], str(page), "exec"), {})
