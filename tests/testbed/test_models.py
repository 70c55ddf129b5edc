import pytest
import torch
from transformers import LlamaForCausalLM

from assay.testbed.models import FAMILIES, tiny


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
