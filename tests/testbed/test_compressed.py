"""Weights are rounded within half a step of their group, or the smallest are zero; the model itself stays as it is."""

from typing import Any

import pytest
import torch
from torch import nn

from assay.testbed.compressed import prune_weights, round_weights
from assay.testbed.models import tiny


@pytest.fixture
def model() -> Any:
    return tiny("llama", vocab_size=20, layers=1)


def linear(model: Any) -> dict[str, torch.Tensor]:
    return {
        name: module.weight
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and name != "lm_head"
    }


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_weights_are_rounded_within_half_a_step(model: Any, bits: int) -> None:
    before = {name: weight.clone() for name, weight in linear(model).items()}
    rounded = round_weights(model, bits=bits, group=32)
    for name, weight in linear(rounded).items():
        groups, old = weight.view(-1, 32), before[name].view(-1, 32)
        step = old.abs().amax(1, keepdim=True) / (2 ** (bits - 1) - 1)
        assert ((groups - old).abs() <= step / 2 + 1e-6).all()
        assert max(len(set(row.tolist())) for row in groups) <= 2**bits - 1
        assert torch.equal(linear(model)[name], before[name])
    assert torch.equal(rounded.lm_head.weight, model.lm_head.weight)


def test_the_smallest_weights_are_zero(model: Any) -> None:
    pruned = prune_weights(model, share=0.3)
    for name, weight in linear(pruned).items():
        gone = weight == 0
        assert float(gone.float().mean()) == pytest.approx(0.3, abs=0.01)
        assert linear(model)[name][gone].abs().max() <= linear(model)[name][~gone].abs().min()
    assert all(
        torch.equal(a, b) for a, b in zip(prune_weights(model, share=0).parameters(), model.parameters(), strict=True)
    )


def test_what_cannot_be_is_refused(model: Any) -> None:
    with pytest.raises(ValueError, match="1 bits"):
        round_weights(model, bits=1)
    with pytest.raises(ValueError, match="no multiple of a group of 48"):
        round_weights(model, bits=4, group=48)
    with pytest.raises(ValueError, match="less than 1"):
        prune_weights(model, share=1.0)
