"""Altering a model: everything is put back, in reverse, and nothing is altered twice."""

import pytest
import torch
from torch import nn

from assay.methods._patching import altered, swap


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 3)
        self.second = nn.Linear(3, 3)
        self.register_buffer("scale", torch.ones(1))
        self.factor = 2.0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.second(self.first(x)) * self.scale * self.factor
        return out


def test_everything_is_put_back_even_after_an_error() -> None:
    block = Block()
    x = torch.randn(2, 3)
    before, names, state = block(x), list(dict(block.named_modules())), dict(vars(block))
    with pytest.raises(RuntimeError, match="inside"), altered(block, "method") as undo:  # noqa: PT012 - it is the block
        swap(undo, block, "forward", lambda x: x)
        swap(undo, block, "first", nn.Identity())
        swap(undo, block, "factor", 5.0)
        swap(undo, block, "scale", torch.zeros(1))
        undo.callback(block.second.register_forward_hook(lambda *_: None).remove)
        assert torch.equal(block(x), x)
        raise RuntimeError("inside")
    assert torch.equal(block(x), before)
    assert list(dict(block.named_modules())) == names
    assert vars(block).keys() == state.keys()
    assert not block.second._forward_hooks


def test_changes_are_undone_in_reverse() -> None:
    block = Block()
    with altered(block, "method") as undo:
        swap(undo, block, "factor", 3.0)
        swap(undo, block, "factor", 4.0)
        assert block.factor == 4.0
    assert block.factor == 2.0


def test_the_same_method_is_refused_twice_and_the_first_one_stays() -> None:
    block = Block()
    with altered(block, "method") as undo:
        swap(undo, block, "factor", 3.0)
        with pytest.raises(ValueError, match="already altered by method"), altered(block, "method"):
            pass
        assert block.factor == 3.0
        with altered(block, "another") as inner:
            swap(inner, block, "factor", 4.0)
        assert block.factor == 3.0
    assert block.factor == 2.0
    with altered(block, "method"):
        pass


def test_a_mark_is_no_part_of_the_models_state() -> None:
    block = Block()
    with altered(block, "method"):
        assert block.state_dict().keys() == Block().state_dict().keys()
