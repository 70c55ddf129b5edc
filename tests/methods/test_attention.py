"""Attention that is intercepted: every call is seen, stock attention is computed bit for bit, all is undone."""

from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
import torch

from assay.methods._attention import AttentionCall, intercept_attention
from assay.methods._decoders import attention_layers
from assay.methods._patching import altered
from tests.methods.families import DECODERS, TABLE, each, family_model, ids, tiny_model

ALTERED = {"sinks": "s_aux", "softcap": "softcap"}
"""Traits of families that a call tells of, and the option that does."""


def written(model: Any) -> torch.Tensor:
    """Logits of a prompt with padding, and of three tokens after it."""
    tokens, mask = ids(2, 14), torch.ones(2, 14, dtype=torch.long)
    mask[1, :4] = 0
    output = model.generate(
        tokens, attention_mask=mask, max_new_tokens=3, do_sample=False, output_logits=True, return_dict_in_generate=True
    )
    return torch.stack(output.logits)


@pytest.mark.parametrize("family", each(DECODERS))
def test_stock_attention_is_what_the_model_computes(family: str) -> None:
    before, model = written(family_model(family)), family_model(family)
    calls: list[AttentionCall] = []

    def attend(call: AttentionCall) -> Any:
        calls.append(call)
        return call.stock()

    layers: dict[int, Any] = {}
    with suppress(ValueError):  # of a model without attention, or with attention of its own
        layers = attention_layers(model, method="Toy")
    with altered(model, by="toy") as undo:
        intercept_attention(undo, layers.values(), "toy", attend)
        assert torch.equal(written(model), before)
    assert {call.layer for call in calls} == set(layers)
    for trait, option in ALTERED.items():
        assert any(option in call.alterations for call in calls) == (trait in TABLE[family].traits)
    assert not [name for module in model.modules() for name in vars(module) if "toy" in name]
    assert model.config._attn_implementation == family_model(family).config._attn_implementation


@pytest.mark.parametrize("family", ["bloom", "mamba"])
def test_a_model_that_takes_no_implementation_is_refused(family: str) -> None:
    with pytest.raises(ValueError, match=r"^Toy cannot be used with this \w+: its attention does not go through"):
        attention_layers(family_model(family), method="Toy")


def test_two_methods_at_once_hand_on_to_each_other() -> None:
    model = family_model("llama")
    before, order = written(model), []

    def named(name: str) -> Any:
        def attend(call: AttentionCall) -> Any:
            order.append(name)
            return call.stock()

        return attend

    layers = attention_layers(model, method="Toy").values()
    with altered(model, by="outer") as first, altered(model, by="inner") as second:
        intercept_attention(first, layers, "outer", named("outer"))
        intercept_attention(second, layers, "inner", named("inner"))
        assert torch.equal(written(model), before)
    assert order[:4] == ["inner", "outer", "inner", "outer"]


def test_what_a_method_computes_takes_the_place_of_attention() -> None:
    model = family_model("llama")
    silenced = family_model("llama")
    for layer in silenced.model.layers:
        torch.nn.init.zeros_(layer.self_attn.o_proj.weight)
    with altered(model, by="toy") as undo:
        layers = attention_layers(model, method="Toy").values()
        intercept_attention(undo, layers, "toy", lambda call: (torch.zeros_like(call.stock()[0]), None))
        assert torch.equal(written(model), written(silenced))


def test_another_model_of_the_same_configuration_is_left_alone() -> None:
    torch.manual_seed(0)
    model = tiny_model("llama")
    twin = type(model)(model.config).eval()
    before = written(twin)
    with altered(model, by="toy") as undo:
        layers = attention_layers(model, method="Toy").values()
        intercept_attention(undo, layers, "toy", lambda call: (torch.zeros_like(call.stock()[0]), None))
        assert torch.equal(written(twin), before)


def test_each_part_of_a_model_keeps_its_own_implementation() -> None:
    model = family_model("llava")
    model.set_attn_implementation({"text_config": "eager", "vision_config": "sdpa"})

    def implementations() -> list[str]:
        config: Any = model.config
        return [each._attn_implementation for each in (config, config.text_config, config.vision_config)]

    before = implementations()
    with altered(model, by="toy") as undo:
        intercept_attention(undo, attention_layers(model, method="Toy").values(), "toy", lambda call: call.stock())
        assert implementations() == [before[0], "toy_eager", "sdpa"]
    assert implementations() == before


def test_a_configuration_can_be_copied_meanwhile() -> None:
    model = family_model("llama")
    with altered(model, by="toy") as undo:
        intercept_attention(undo, attention_layers(model, method="Toy").values(), "toy", lambda call: call.stock())
        assert deepcopy(model.config)._attn_implementation == model.config._attn_implementation
        assert "vocab_size" in model.config.to_dict()


def test_models_are_compiled_as_before_after_a_method_has_been_used() -> None:
    torch.manual_seed(0)
    model = tiny_model("llama")
    with altered(model, by="toy") as undo:
        intercept_attention(undo, attention_layers(model, method="Toy").values(), "toy", lambda call: call.stock())
        model(ids(1, 5))
    compiled: Any = torch.compile(tiny_model("llama"), backend="eager", fullgraph=True)
    compiled(ids(1, 5), use_cache=False)


def test_another_implementation_set_inside_the_block_is_refused() -> None:
    model = family_model("llama")
    with altered(model, by="toy") as undo:
        intercept_attention(undo, attention_layers(model, method="Toy").values(), "toy", lambda call: call.stock())
        model.set_attn_implementation("eager")
        with pytest.raises(ValueError, match="became 'eager' inside the block of toy: set it before you enter"):
            model(ids(1, 5))


def test_a_model_is_not_copied_while_it_is_altered() -> None:
    model = family_model("llama")
    with altered(model, by="toy"), pytest.raises(ValueError, match="leave the `with` block first"):
        deepcopy(model)
    deepcopy(model)
