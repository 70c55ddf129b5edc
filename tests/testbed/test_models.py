from typing import Any

import pytest
import torch
from transformers import LlamaForCausalLM

from assay.testbed.models import FAMILIES, grow_llama, matching_width, tiny


@pytest.mark.parametrize("family", FAMILIES)
def test_a_seed_gives_one_model(family: str) -> None:
    ids = torch.arange(12).view(2, 6)
    one, same, other = (tiny(family, vocab_size=40, layers=2, seed=seed)(ids).logits for seed in (0, 0, 1))
    assert one.shape == (2, 6, 40)
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_the_global_generator_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    tiny("llama", vocab_size=40, layers=1)
    assert torch.equal(before, torch.random.get_rng_state())


def test_settings_reach_the_configuration() -> None:
    model = tiny("mistral", vocab_size=40, hidden=48, layers=1, heads=6, kv_heads=3, sliding_window=8)
    assert (model.config.num_key_value_heads, model.config.head_dim, model.config.sliding_window) == (3, 8, 8)
    assert tiny("mistral", vocab_size=40, layers=1).config.sliding_window is None


class Own(LlamaForCausalLM):
    pass


def test_a_class_of_ones_own_begins_with_the_same_weights() -> None:
    own, stock = tiny("llama", vocab_size=40, layers=1, cls=Own), tiny("llama", vocab_size=40, layers=1)
    assert type(own) is Own
    assert all(map(torch.equal, own.parameters(), stock.parameters()))


def test_what_cannot_be_built_is_refused() -> None:
    with pytest.raises(ValueError, match="no tiny 'gpt5'; there are llama"):
        tiny("gpt5", vocab_size=40)
    with pytest.raises(ValueError, match="does not go into 5 heads"):
        tiny("llama", vocab_size=40, heads=5)


def test_a_grown_model_says_the_same() -> None:
    model: Any = tiny("llama", vocab_size=50, hidden=64, layers=2, heads=2, kv_heads=1)
    with torch.no_grad():
        for norm in (model.model.norm, model.model.layers[0].input_layernorm):
            norm.weight.uniform_(0.5, 2.0)
    large = grow_llama(model, hidden=256, intermediate=512, layers=5)
    ids = torch.randint(3, 50, (2, 20), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(large(ids).logits, model(ids).logits)
    assert large.num_parameters() > 20 * model.num_parameters()
    with pytest.raises(ValueError, match="a Llama 64 wide with 2 layers"):
        grow_llama(model, hidden=100, intermediate=512, layers=5)


def test_a_matching_width_is_the_smallest_that_has_as_many_parameters() -> None:
    def new(width: int) -> Any:
        return tiny("llama", vocab_size=40, hidden=16, layers=2, heads=2, kv_heads=2, intermediate=width)

    goal = new(30).num_parameters()
    assert [matching_width(new, goal + more) for more in (0, -1, 1)] == [30, 30, 31]
    assert matching_width(new, 0) == 1
