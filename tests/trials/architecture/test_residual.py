"""Baselines of the residual path are what they are called."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from assay.testbed.models import tiny
from assay.trials.architecture._residual import ArrangedLlama, deep_init, scale_init

IDS = torch.arange(3, 12)[None]


def model_of(path: str) -> Any:
    return tiny("llama", vocab_size=60, hidden=16, layers=3, heads=2, kv_heads=2, cls=ArrangedLlama, residual=path)


def test_pre_norm_is_the_stock_llama() -> None:
    stock = tiny("llama", vocab_size=60, hidden=16, layers=3, heads=2, kv_heads=2)
    with torch.no_grad():
        assert torch.equal(model_of("pre")(IDS).logits, stock(IDS).logits)


@pytest.mark.parametrize(("path", "keep"), [("post", 1.0), ("deep", 6**0.25)])
def test_behind_the_sum_every_block_is_as_it_is_written_down(path: str, keep: float) -> None:
    model = model_of(path)
    states: list[Tensor] = []
    for layer in model.model.layers:
        for norm in (layer.input_layernorm, layer.post_attention_layernorm):
            norm.register_forward_hook(lambda _, args, out: states.extend([args[0], out]))
        for sublayer in (layer.self_attn, layer.mlp):
            sublayer.register_forward_hook(lambda _, __, out: states.append(out[0] if isinstance(out, tuple) else out))
    model.model.norm.register_forward_hook(lambda _, args, out: states.extend([args[0], out]))
    with torch.no_grad():
        model(IDS)
    for into, normed, sublayer, after in zip(states[::3], states[1::3], states[2::3], states[3::3], strict=False):
        torch.testing.assert_close(normed, into * into.pow(2).mean(-1, keepdim=True).add(1e-6).rsqrt())
        torch.testing.assert_close(after, keep * normed + sublayer)


def test_how_they_begin() -> None:
    for begin, factor, changed in ((deep_init, 24**-0.25, "vogud"), (scale_init, 6**-0.5, "od")):
        model = model_of("deep")
        before = {name: weight.clone() for name, weight in model.named_parameters()}
        begin(model)
        for name, weight in model.named_parameters():
            own = "_proj." in name and name.split(".")[-2][0] in changed
            torch.testing.assert_close(weight, before[name] * (factor if own else 1.0))


@pytest.mark.parametrize("path", ["post", "deep"])
def test_they_are_loaded_as_they_were(path: str, tmp_path: Path) -> None:
    model = model_of(path)
    model.save_pretrained(tmp_path)
    with torch.no_grad():
        assert torch.equal(ArrangedLlama.from_pretrained(tmp_path)(IDS).logits, model(IDS).logits)


def test_another_path_is_refused() -> None:
    with pytest.raises(ValueError, match=r"config\.residual is 'sandwich'; it is one of pre, post, deep"):
        model_of("sandwich")
