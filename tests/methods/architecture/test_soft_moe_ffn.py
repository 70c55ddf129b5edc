"""Soft mixtures: the equations, what leaks and what does not, decoding, files; and a stream that survives a kill."""

import json
import math
import re
import signal
import subprocess
import sys
from copy import deepcopy
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.methods.families import VOCAB, tiny_model
from torch import Tensor, nn
from torch.utils.data import DataLoader
from transformers import (
    AutoModelForCausalLM,
    DynamicCache,
    Qwen2ForCausalLM,
    StaticCache,
    T5Config,
    T5ForConditionalGeneration,
    ViTConfig,
    ViTForImageClassification,
)

from assay.methods.architecture.soft_moe_ffn import (
    Added,
    GatedTwiceMLP,
    PackedStream,
    SoftMoE,
    SoftMoEConfig,
    causality_report,
    convert_ffn,
    load_converted,
)
from assay.methods.architecture.soft_moe_ffn.sums import running_sums

DECODERS = ["llama", "qwen2", "qwen3", "mistral", "gpt2", "gpt_neox"]
MODES = ["dense", "token", "prefix", "sequence"]


def settings_of(mode: Any, **more: Any) -> SoftMoEConfig:
    slots = 2 if mode in ("prefix", "sequence") else 1
    return SoftMoEConfig(**{"mode": mode, "experts": 1 if mode == "dense" else 3, "slots": slots, "width": 24, **more})


def model_of(family: str, mode: Any, *, seed: int = 0, **more: Any) -> Any:
    """A converted model whose mixtures have chosen: new ones weigh all tokens and experts nearly alike."""
    torch.manual_seed(seed)
    model = tiny_model(family)
    convert_ffn(model, settings_of(mode, **more), allow_leak=True)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, SoftMoE):
                module.scale.fill_(4)
    return model


def ids(*shape: int, seed: int = 0) -> Tensor:
    return torch.randint(3, VOCAB, shape, generator=torch.Generator().manual_seed(seed))


def logits(model: Any, tokens: Tensor, **more: Any) -> Tensor:
    with torch.no_grad():
        out: Tensor = model(tokens, **more).logits
    return out


def mixture(mode: Any, *, hidden: int = 8, experts: int = 3, slots: int = 2, seed: int = 0) -> SoftMoE:
    torch.manual_seed(seed)
    made = SoftMoE(hidden, mode=mode, expert=lambda: GatedTwiceMLP(hidden, 5, std=0.5), experts=experts, slots=slots)
    with torch.no_grad():
        made.scale.fill_(3)
    return made


def reference(mix: SoftMoE, x: Tensor) -> Tensor:
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
    means = running_sums(x, weights)
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


@pytest.mark.parametrize("family", DECODERS)
def test_copies_of_its_own_network_leave_a_model_as_it_was(family: str) -> None:
    torch.manual_seed(0)
    model = tiny_model(family)
    before = logits(model, ids(2, 9))
    convert_ffn(model, SoftMoEConfig(mode="token", experts=3, expert="copy"))
    torch.testing.assert_close(logits(model, ids(2, 9)), before, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_one_copy_is_exact(family: str) -> None:
    model = tiny_model(family)
    before = logits(model, ids(2, 9))
    convert_ffn(model, SoftMoEConfig(mode="token", experts=1, expert="copy"))
    assert torch.equal(logits(model, ids(2, 9)), before)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("family", ["qwen2", "gpt2"])
def test_undoing_leaves_nothing_behind(family: str, mode: str) -> None:
    torch.manual_seed(0)
    model = tiny_model(family)
    before, kind, parameters = logits(model, ids(2, 9)), type(model.config), list(model.parameters())
    conversion = convert_ffn(model, settings_of(mode), allow_leak=True)
    assert len(conversion.replaced) == 2
    assert not torch.equal(logits(model, ids(2, 9)), before)
    conversion.undo()
    assert torch.equal(logits(model, ids(2, 9)), before)
    assert [id(each) for each in model.parameters()] == [id(each) for each in parameters]
    assert type(model.config) is kind
    assert "soft_moe" not in model.config.to_dict()
    assert not any(module._forward_pre_hooks or module._forward_hooks for module in model.modules())
    with pytest.raises(ValueError, match="undone already"):
        conversion.undo()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("family", DECODERS)
def test_only_sequence_mode_leaks(family: str, mode: str) -> None:
    report = causality_report(model_of(family, mode), ids(2, 12))
    assert report.own > 0.01
    if mode == "sequence":
        assert report.leaks
        assert abs(report.gap) > 1e-4
    else:
        assert report.leak == 0
        assert not report.leaks
        assert report.gap == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("mode", ["dense", "token", "prefix"])
def test_chunks_through_the_cache_are_the_whole(mode: str) -> None:
    model, tokens = model_of("qwen2", mode), ids(2, 12)
    cache, chunks = DynamicCache(config=model.config), tokens.split([5, 1, 4, 2], dim=1)
    parts = [logits(model, chunk, past_key_values=cache, use_cache=True) for chunk in chunks]
    torch.testing.assert_close(torch.cat(parts, dim=1), logits(model, tokens), atol=1e-5, rtol=1e-5)


def test_a_cache_of_fixed_size_keeps_sums_too_and_forgets_them() -> None:
    model, tokens = model_of("llama", "prefix"), ids(2, 8)
    cache = StaticCache(config=model.config, max_cache_len=16)
    for _ in range(2):
        parts = [logits(model, chunk, past_key_values=cache, use_cache=True) for chunk in tokens.split(4, dim=1)]
        torch.testing.assert_close(torch.cat(parts, dim=1), logits(model, tokens), atol=1e-5, rtol=1e-5)
        cache.reset()


@pytest.mark.parametrize("beams", [1, 3])
def test_generation_is_that_without_a_cache(beams: int) -> None:
    model = model_of("qwen2", "prefix")
    options: dict[str, Any] = {"max_new_tokens": 8, "do_sample": False, "num_beams": beams, "eos_token_id": None}
    tokens = ids(2, 6)
    mask = torch.ones_like(tokens)
    with_cache = model.generate(tokens, attention_mask=mask, **options)
    assert torch.equal(with_cache, model.generate(tokens, attention_mask=mask, use_cache=False, **options))


def test_padding_on_the_left_changes_nothing() -> None:
    model, tokens = model_of("llama", "prefix"), ids(1, 7)
    padded = torch.cat([torch.zeros(1, 3, dtype=torch.long), tokens], dim=1)
    mask = (torch.arange(10) >= 3).long()[None]
    positions = (mask.cumsum(1) - 1).clamp_min(0)
    whole = logits(model, padded, attention_mask=mask, position_ids=positions)
    torch.testing.assert_close(whole[:, 3:], logits(model, tokens), atol=1e-5, rtol=1e-5)
    cache, parts = DynamicCache(config=model.config), []
    for end in (6, 7, 10):
        new = slice(cache.get_seq_length(), end)
        more = {"attention_mask": mask[:, :end], "position_ids": positions[:, new]}
        parts.append(logits(model, padded[:, new], past_key_values=cache, use_cache=True, **more))
    torch.testing.assert_close(torch.cat(parts, dim=1)[:, 3:], whole[:, 3:], atol=1e-5, rtol=1e-5)


def test_padding_is_in_no_slot_of_an_encoder() -> None:
    model, tokens = model_of("bert", "sequence"), ids(1, 7)
    padded = torch.cat([tokens, torch.zeros(1, 3, dtype=torch.long)], dim=1)
    mask = (torch.arange(10) < 7).long()[None]
    alone = logits(model, tokens)
    torch.testing.assert_close(logits(model, padded, attention_mask=mask), alone, atol=1e-5, rtol=1e-5)
    with torch.no_grad():  # the mask may come by place
        torch.testing.assert_close(model(padded, mask).logits, alone, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(logits(model, padded), alone, atol=1e-4)


def test_an_encoder_of_images_learns() -> None:
    torch.manual_seed(0)
    shape: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 8}
    shape |= {"intermediate_size": 32, "patch_size": 2, "num_channels": 1, "num_labels": 2, "initializer_range": 0.2}
    config = ViTConfig(**shape)
    model: Any = ViTForImageClassification(config)
    convert_ffn(model, SoftMoEConfig(mode="sequence", experts=4))
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


@pytest.mark.parametrize("mode", ["token", "prefix"])
def test_in_bf16_too(mode: str) -> None:
    model = model_of("qwen2", mode)
    exact = logits(model, ids(2, 12))
    model = model.bfloat16()
    assert all(parameter.dtype is torch.bfloat16 for parameter in model.parameters())
    rounded = logits(model, ids(2, 12))
    assert rounded.dtype is torch.bfloat16
    assert (rounded.float() - exact).norm() < 0.05 * exact.norm()
    assert causality_report(model, ids(2, 12)).leak == 0


def test_new_networks_take_the_dtype_of_the_old() -> None:
    model = tiny_model("llama").bfloat16()
    convert_ffn(model, settings_of("token"))
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}


@pytest.mark.parametrize("mode", ["dense", "token", "prefix", "sequence"])
def test_it_compiles_whole(mode: str) -> None:
    model, tokens = model_of("llama", mode), ids(2, 9)
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    torch.testing.assert_close(logits(compiled, tokens, use_cache=False), logits(model, tokens), atol=1e-5, rtol=1e-5)


def test_a_copy_of_a_model_has_surroundings_of_its_own() -> None:
    model, tokens = model_of("llama", "prefix"), ids(2, 9)
    copy = deepcopy(model)
    mask = torch.ones_like(tokens)
    mask[:, :4] = 0
    logits(model, tokens, attention_mask=mask)
    torch.testing.assert_close(logits(copy, tokens), logits(model, tokens))
    report = causality_report(copy, tokens)
    assert report.gap == pytest.approx(0, abs=1e-5)


def test_checkpointed_layers_have_the_same_gradients() -> None:
    model, tokens = model_of("llama", "prefix"), ids(2, 9)
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


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("family", ["qwen2", "gpt_neox", "gpt2"])
def test_saved_and_loaded(family: str, mode: str, tmp_path: Path) -> None:
    model = model_of(family, mode)
    model.save_pretrained(tmp_path)
    loaded = load_converted(tmp_path, allow_leak=True)
    assert type(loaded) is type(model)
    assert torch.equal(logits(loaded, ids(2, 9)), logits(model, ids(2, 9)))
    loaded.save_pretrained(tmp_path / "again")
    again = load_converted(tmp_path / "again", allow_leak=True, dtype=torch.bfloat16)
    assert again.dtype is torch.bfloat16


def test_an_encoder_saved_and_loaded(tmp_path: Path) -> None:
    model = model_of("bert", "sequence")
    model.save_pretrained(tmp_path)
    assert torch.equal(logits(load_converted(tmp_path), ids(2, 9)), logits(model, ids(2, 9)))


def test_auto_classes_refuse_the_folder(tmp_path: Path) -> None:
    model_of("qwen2", "token").save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="soft_moe_qwen2"):
        AutoModelForCausalLM.from_pretrained(tmp_path)


def test_a_leaking_decoder_is_not_loaded_unawares(tmp_path: Path) -> None:
    model_of("qwen2", "sequence").save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="allow_leak=True"):
        load_converted(tmp_path)


def test_what_does_not_fit_is_not_loaded(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no config\.json"):
        load_converted(tmp_path)
    tiny_model("qwen2").save_pretrained(tmp_path / "stock")
    with pytest.raises(ValueError, match="holds a plain qwen2"):
        load_converted(tmp_path / "stock")
    model_of("qwen2", "token").save_pretrained(tmp_path / "changed")
    file = tmp_path / "changed" / "config.json"
    config = json.loads(file.read_text())
    config["soft_moe"]["mode"], config["soft_moe"]["experts"] = "dense", 1
    file.write_text(json.dumps(config))
    with pytest.raises(ValueError, match="does not fit its config"):
        load_converted(tmp_path / "changed")


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
        SoftMoEConfig(**wrong)


@pytest.mark.parametrize("family", DECODERS)
def test_sequence_mode_on_a_decoder_is_refused(family: str) -> None:
    model = tiny_model(family)
    before = logits(model, ids(1, 5))
    with pytest.raises(ValueError, match="lets every token see those after it"):
        convert_ffn(model, settings_of("sequence"))
    with pytest.raises(ValueError, match="is a decoder"):
        convert_ffn(model.base_model, settings_of("sequence"))
    assert torch.equal(logits(model, ids(1, 5)), before)


def test_models_it_is_not_for() -> None:
    with pytest.raises(ValueError, match="BertForSequenceClassification is no decoder"):
        convert_ffn(tiny_model("bert"), settings_of("prefix"))
    with pytest.raises(ValueError, match="OPTDecoderLayer has neither an mlp"):
        convert_ffn(tiny_model("opt"), settings_of("token"))
    t5 = T5ForConditionalGeneration(T5Config(vocab_size=VOCAB, d_model=32, d_ff=48, num_layers=2, num_heads=4))
    with pytest.raises(ValueError, match="neither a decoder nor an encoder"):
        convert_ffn(t5, settings_of("sequence"))
    with pytest.raises(ValueError, match="Linear is neither"):
        convert_ffn(nn.Linear(2, 2), settings_of("token"))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="is converted already"):
        convert_ffn(model_of("llama", "dense"), settings_of("token"))
    chunked = tiny_model("bert", chunk_size_feed_forward=3)
    with pytest.raises(ValueError, match="chunk_size_feed_forward"):
        convert_ffn(chunked, settings_of("sequence"))


def test_caches_that_cannot_be_right_are_refused() -> None:
    model, tokens = model_of("llama", "prefix"), ids(1, 6)
    torch.manual_seed(0)
    other = tiny_model("llama")
    cache = DynamicCache(config=other.config)
    logits(other, tokens, past_key_values=cache, use_cache=True)
    with pytest.raises(ValueError, match="holds 6 tokens that no mixture has summed"):
        logits(model, tokens[:, :1], past_key_values=cache, use_cache=True)
    cache = DynamicCache(config=model.config)
    logits(model, tokens, past_key_values=cache, use_cache=True)
    with pytest.raises(ValueError, match="cannot be cropped"):
        cache.crop(-2)
    assert not cache.layers[0].is_croppable


def test_a_mask_of_other_dimensions_is_refused() -> None:
    model = model_of("llama", "prefix")
    mask = torch.zeros(1, 1, 5, 5)
    with pytest.raises(ValueError, match=r"shape \(1, 1, 5, 5\) does not say which of 1 x 5 tokens are padding"):
        logits(model, ids(1, 5), attention_mask=mask)


def test_what_cannot_be_audited_is_refused() -> None:
    with pytest.raises(ValueError, match="only a decoder has a future to leak"):
        causality_report(tiny_model("bert"), ids(1, 5))
    with pytest.raises(ValueError, match=r"call model\.eval\(\) first"):
        causality_report(tiny_model("llama").train(), ids(1, 5))
    with pytest.raises(ValueError, match="at least 3 tokens"):
        causality_report(tiny_model("llama"), ids(1, 2))


def test_the_losses_of_the_report() -> None:
    model, tokens = model_of("qwen2", "token"), ids(2, 9)
    with torch.no_grad():
        assert causality_report(model, tokens).teacher_forced_loss == pytest.approx(
            model(tokens, labels=tokens).loss.item(), abs=1e-5
        )


# The stream


def tokenize(text: str) -> list[int]:
    return list(text.encode())


def write(path: Path, texts: list[str]) -> Path:
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    return path


def texts(count: int, what: str = "text") -> list[str]:
    return [f"{what} {number} " + chr(97 + number % 26) * (number * 7 % 40) for number in range(count)]


def stream(**more: Any) -> PackedStream:
    return PackedStream(tokenize, **{"length": 16, "end": 0, "seed": 3, **more})


def take(source: PackedStream, windows: int) -> list[list[int]]:
    return [window["input_ids"].tolist() for window in islice(source, windows)]


def documents_in(windows: list[list[int]]) -> list[str]:
    """The whole documents in windows that follow one another from the beginning."""
    return bytes(token for window in windows for token in window).decode().split("\0")[:-1]


def test_an_epoch_has_every_document_once_in_an_order_of_its_own(tmp_path: Path) -> None:
    source = stream()
    assert source.add_source(write(tmp_path / "a.jsonl", texts(20))) == Added(20, 0)
    found = documents_in(take(source, 100))
    assert sorted(found[:20]) == sorted(texts(20)) == sorted(found[20:40])
    assert found[:20] != texts(20)
    assert found[:20] != found[20:40]
    other = stream(seed=4)
    other.add_source(tmp_path / "a.jsonl")
    assert documents_in(take(other, 50))[:20] != found[:20]


def test_windows_are_whole_and_labels_their_copies(tmp_path: Path) -> None:
    source = stream()
    source.add_source(write(tmp_path / "a.jsonl", texts(5)))
    window = next(iter(source))
    assert window["input_ids"].shape == (16,)
    assert torch.equal(window["input_ids"], window["labels"])
    assert window["input_ids"].data_ptr() != window["labels"].data_ptr()


def test_duplicates_are_skipped_within_and_across_sources(tmp_path: Path) -> None:
    source = stream()
    assert source.add_source(write(tmp_path / "a.jsonl", ["one", "two", " one\n", ""])) == Added(2, 1)
    assert source.add_source(write(tmp_path / "b.jsonl", ["two", "three"])) == Added(1, 1)
    (tmp_path / "c.txt").write_text("three\n")
    assert source.add_source(tmp_path / "c.txt") == Added(0, 1)
    (tmp_path / "d.txt").write_text("four")
    assert source.add_source(tmp_path / "d.txt") == Added(1, 0)
    assert sorted(documents_in(take(source, 4))[:4]) == ["four", "one", "three", "two"]


def test_a_source_on_the_way_comes_into_what_is_left_of_the_epoch(tmp_path: Path) -> None:
    source = stream()
    source.add_source(write(tmp_path / "a.jsonl", texts(20)))
    windows = take(source, 8)
    begun = documents_in(windows)
    assert source.add_source(write(tmp_path / "b.jsonl", texts(10, "more") + texts(3))) == Added(10, 3)
    found = documents_in(windows + take(source, 100))
    assert found[: len(begun)] == begun
    assert sorted(found[:30]) == sorted(texts(20) + texts(10, "more"))
    assert sorted(found[30:60]) == sorted(found[:30])


def test_a_file_that_grew_is_added_again(tmp_path: Path) -> None:
    source = stream()
    path = write(tmp_path / "a.jsonl", texts(4))
    source.add_source(path)
    take(source, 2)
    write(path, texts(6))
    assert source.add_source(path) == Added(2, 4)
    other = stream()
    other.load_state_dict(source.state_dict())
    assert take(other, 40) == take(source, 40)


@given(before=st.integers(0, 40), between=st.integers(0, 60), after=st.integers(0, 60), length=st.integers(1, 70))
def test_a_state_goes_on_with_the_very_next_token(
    tmp_path_factory: pytest.TempPathFactory, before: int, between: int, after: int, length: int
) -> None:
    folder = tmp_path_factory.mktemp("sources")
    source = stream(length=length)
    source.add_source(write(folder / "a.jsonl", texts(9)))
    take(source, before)
    source.add_source(write(folder / "b.jsonl", texts(5, "more") + texts(2)))
    take(source, between)
    source.add_source(write(folder / "c.jsonl", texts(3, "last")))
    take(source, after)
    resumed = stream(length=length)
    resumed.load_state_dict(json.loads(json.dumps(source.state_dict())))
    assert resumed.state_dict() == source.state_dict()
    assert take(resumed, 30) == take(source, 30)


def test_with_a_data_loader_the_state_is_that_of_the_last_batch(tmp_path: Path) -> None:
    source, other = stream(), stream()
    source.add_source(write(tmp_path / "a.jsonl", texts(9)))
    loader = iter(DataLoader(source, batch_size=4))
    for _ in range(3):
        next(loader)
    other.load_state_dict(source.state_dict())
    assert torch.equal(next(iter(DataLoader(other, batch_size=4)))["input_ids"], next(loader)["input_ids"])


def test_workers_are_refused(tmp_path: Path) -> None:
    source = stream()
    source.add_source(write(tmp_path / "a.jsonl", texts(9)))
    with pytest.raises(ValueError, match="pass num_workers=0 to the DataLoader"):
        next(iter(DataLoader(source, batch_size=4, num_workers=1)))


_READER = """
import json, sys
from hashlib import sha256
from pathlib import Path
from torch.utils.data import DataLoader
from assay.methods._files import written_whole
from assay.methods.architecture.soft_moe_ffn import PackedStream

folder, batches, standstill = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
stream = PackedStream(lambda text: list(text.encode()), length=16, end=0, seed=3)
log, state = folder / "log", folder / "state.json"
done = 0
if state.exists():
    saved = json.loads(state.read_text())
    stream.load_state_dict(saved["stream"])
    done = saved["done"]
else:
    stream.add_source(folder / "a.jsonl")
for number, batch in enumerate(DataLoader(stream, batch_size=4), done):
    if number == batches:
        break
    digest = sha256(batch["input_ids"].numpy().tobytes()).hexdigest()
    with log.open("a") as file:
        file.write(f"{number} {digest}\\n")
    if number == 5:
        stream.add_source(folder / "b.jsonl")
    if number % 2:
        with written_whole(state) as place:
            place.write_text(json.dumps({"stream": stream.state_dict(), "done": number + 1}))
    if number == standstill:
        print("still", flush=True)
        sys.stdin.readline()
"""


def test_a_killed_process_resumes_with_the_same_batches(tmp_path: Path) -> None:
    batches = 40
    write(tmp_path / "a.jsonl", texts(30))
    write(tmp_path / "b.jsonl", texts(30, "more") + texts(4))
    command = [sys.executable, "-c", _READER, str(tmp_path), str(batches)]
    with subprocess.Popen([*command, "8"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "still\n"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    subprocess.run([*command, "-1"], check=True)
    # The batch logged after the last state is read a second time, and must be the same.
    logged = [line.split() for line in (tmp_path / "log").read_text().splitlines()]
    assert len(logged) == batches + 1
    uninterrupted, expected = stream(), {}
    uninterrupted.add_source(tmp_path / "a.jsonl")
    for number, batch in enumerate(islice(DataLoader(uninterrupted, batch_size=4), batches)):
        expected[str(number)] = sha256(batch["input_ids"].numpy().tobytes()).hexdigest()
        if number == 5:
            uninterrupted.add_source(tmp_path / "b.jsonl")
    assert all(expected[number] == digest for number, digest in logged)
    assert {number for number, _ in logged} == expected.keys()
    assert len(set(expected.values())) == batches


def test_what_a_stream_refuses(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="length is 0"):
        stream(length=0)
    source = stream()
    with pytest.raises(ValueError, match="add_source comes first"):
        next(iter(source))
    with pytest.raises(ValueError, match="there is no file"):
        source.add_source(tmp_path / "none.jsonl")
    (tmp_path / "wrong.jsonl").write_text('{"text": "a"}\n{"body": "b"}\n')
    with pytest.raises(ValueError, match='the line at byte 14 is no JSON object with a "text"'):
        source.add_source(tmp_path / "wrong.jsonl")
    source = stream()
    path = write(tmp_path / "a.jsonl", texts(4))
    source.add_source(path)
    state = source.state_dict()
    with pytest.raises(ValueError, match="this stream has sources"):
        source.load_state_dict(state)
    with pytest.raises(ValueError, match="its length differ"):
        stream(length=8).load_state_dict(state)
    with pytest.raises(ValueError, match="its tokens differ"):
        PackedStream(lambda text: [1] * len(text), length=16, end=0, seed=3).load_state_dict(state)
    write(path, texts(4, "other"))
    with pytest.raises(ValueError, match="is gone or has changed"):
        stream().load_state_dict(state)


def test_a_source_that_cannot_be_read_adds_nothing(tmp_path: Path) -> None:
    source = stream()
    (tmp_path / "wrong.jsonl").write_text('{"text": "a"}\nnothing\n')
    with pytest.raises(ValueError, match="is no JSON object"):
        source.add_source(tmp_path / "wrong.jsonl")
    assert source.state_dict()["sources"] == []
    assert source.add_source(write(tmp_path / "right.jsonl", ["a"])) == Added(1, 0)


# On your model


def test_on_a_model_of_yours(tmp_path: Path) -> None:
    """Mixtures of copies go into a trained model, are trained on a stream, and the model is saved."""
    torch.manual_seed(0)
    model = tiny_model("qwen2")
    assert isinstance(model, Qwen2ForCausalLM)
    convert_ffn(model, SoftMoEConfig(mode="token", experts=2, expert="copy"))
    source = PackedStream(lambda text: [3 + byte % 32 for byte in text.encode()], length=16, end=2)
    source.add_source(write(tmp_path / "a.jsonl", texts(20)))
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
    assert torch.equal(logits(load_converted(tmp_path / "model"), ids(2, 9)), logits(model, ids(2, 9)))


def test_the_page_on_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = Path(__file__).parents[3] / "docs" / "methods" / "soft_moe_ffn.md"
    snippets = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(snippets) == 1
    exec(compile(snippets[0], str(page), "exec"), {})
