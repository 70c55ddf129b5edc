"""Matryoshka Quantization: the slices are the paper's, gradients pass straight through, one file serves every width."""

import json
import re
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file
from tests.methods import families
from tests.methods.families import SHAPE, VOCAB, ids, logits
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    Qwen2MoeConfig,
    Qwen2MoeForCausalLM,
    T5Config,
    T5ForConditionalGeneration,
)

from assay.methods.compression.matquant import (
    CodedLinear,
    MatQuant,
    NestedLinear,
    Term,
    cut,
    fold,
    joint_loss,
    load,
    losses,
    mean_bits,
    nest,
    quantised,
    save,
    set_bits,
    sliced,
)

LAYERS = 2
FEED_FORWARD = {
    "llama": [f"model.layers.{n}.mlp.{name}_proj" for n in range(LAYERS) for name in ("gate", "up", "down")],
    "qwen2": [f"model.layers.{n}.mlp.{name}_proj" for n in range(LAYERS) for name in ("gate", "up", "down")],
    "gpt_neox": [f"gpt_neox.layers.{n}.mlp.dense_{way}" for n in range(LAYERS) for way in ("h_to_4h", "4h_to_h")],
    "opt": [f"model.decoder.layers.{n}.fc{i}" for n in range(LAYERS) for i in (1, 2)],
    "bert": [f"bert.encoder.layer.{n}.{part}.dense" for n in range(LAYERS) for part in ("intermediate", "output")],
}
FAMILIES = list(FEED_FORWARD)
MORE = {"qwen2": {"tie_word_embeddings": True}}


def build(family: str = "llama", *, dtype: torch.dtype = torch.float32) -> Any:
    """The same model each time. As in `from_pretrained`, only parameters are of the type, not what rotates."""
    torch.manual_seed(0)
    model = families.tiny_model(family, LAYERS, **MORE.get(family, {}))
    for parameter in model.parameters():
        parameter.data = parameter.data.to(dtype)
    return model


def nested(family: str = "llama", **config: Any) -> Any:
    model = build(family)
    nest(model, MatQuant(**config))
    return model


def batch(*shape: int) -> dict[str, Tensor]:
    return {"input_ids": ids(*shape), "labels": ids(*shape)}


def by_hand(q: int, bits: int, master: int, *, extra_bit: bool) -> int:
    """The paper's slice, in whole numbers of Python."""
    bucket = 1 << (master - bits)
    rounded = q // bucket + int(2 * (q % bucket) >= bucket > 1)
    most = (1 << bits) if extra_bit else (1 << bits) - 1
    return min(rounded, most) * bucket


def equation(weight: Tensor, bits: int) -> Tensor:
    """The paper's weights at a width, with a zero point and in double precision."""
    w = weight.detach().double()
    low, high = w.min(1, keepdim=True).values, w.max(1, keepdim=True).values
    a = (high - low) / 255
    z = -low / a
    q = torch.clamp(torch.round(w / a + z), 0, 255)
    kept: Tensor = torch.clamp(torch.floor(q / 2 ** (8 - bits) + 0.5), 0, 2**bits - 1) * 2 ** (8 - bits)
    return (kept - z) * a


# Codes


@pytest.mark.parametrize("extra_bit", [False, True], ids=["clamped", "extra bit"])
@pytest.mark.parametrize("master", range(1, 9))
def test_every_slice_of_every_code(master: int, extra_bit: bool) -> None:
    codes = torch.arange(2**master, dtype=torch.uint8)
    for bits in range(1, master + 1):
        expected = [by_hand(q, bits, master, extra_bit=extra_bit) for q in codes.tolist()]
        found = cut(codes, bits, master, extra_bit=extra_bit)
        assert found.tolist() == expected
        assert len(set(expected)) == 2**bits + (extra_bit and bits < master)
    assert cut(codes, master, master).tolist() == codes.tolist()


def test_a_cut_rounds_by_the_next_bit_and_stops_at_the_top() -> None:
    codes = torch.tensor([31, 32, 95, 96, 224, 255], dtype=torch.uint8)
    assert cut(codes, 2).tolist() == [0, 64, 64, 128, 192, 192]
    assert cut(codes, 2, extra_bit=True).tolist() == [0, 64, 64, 128, 256, 256]


def test_a_slice_of_a_slice_is_another_one() -> None:
    code = torch.tensor([0b00011000], dtype=torch.uint8)
    assert cut(code, 2).item() == 0
    assert cut(cut(code, 4), 2).item() == 0b01000000


@pytest.mark.parametrize("bits", [0, 5, -1])
def test_there_is_no_slice_of_more_bits_than_a_code_has(bits: int) -> None:
    with pytest.raises(ValueError, match=f"a code of 4 bits has no slice of {bits}: cut to 1 ... 4"):
        cut(torch.zeros(1, dtype=torch.uint8), bits, 4)


@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.floats(1e-3, 1e3))
def test_weights_are_read_as_the_equations_say(seed: int, bits: int, size: float) -> None:
    weight = size * torch.randn(4, 7, generator=torch.Generator().manual_seed(seed))
    found, expected = quantised(weight).read(bits).double(), equation(weight, bits)
    step = (weight.amax(1, keepdim=True) - weight.amin(1, keepdim=True)).double() / 255
    # Where a weight lies within rounding of the middle between two codes, either may be taken.
    wrong = (found - expected).abs() > 1e-4 * step
    middle = ((weight.double() - weight.amin(1, keepdim=True).double()) / step % 1 - 0.5).abs() < 1e-3
    assert not (wrong & ~middle).any()
    eight = (quantised(weight).read(8).double() - weight.double()).abs()
    assert (eight <= 0.501 * step).all()


def test_both_ends_of_a_row_are_codes_and_read_exactly() -> None:
    weight = torch.randn(5, 9, generator=torch.Generator().manual_seed(3))
    codes = quantised(weight)
    assert codes.values.dtype is torch.uint8
    assert codes.values.amin(1).tolist() == [0] * 5
    assert codes.values.amax(1).tolist() == [255] * 5
    torch.testing.assert_close(codes.read(8).amin(1), weight.amin(1))
    torch.testing.assert_close(codes.read(8).amax(1), weight.amax(1))


@pytest.mark.parametrize("bits", range(1, 9))
def test_a_constant_row_is_read_as_it_is(bits: int) -> None:
    weight = torch.stack([torch.full((6,), 0.3), torch.zeros(6)])
    assert torch.equal(quantised(weight).read(bits), weight)


# Nesting


@pytest.mark.parametrize("family", FAMILIES)
def test_the_feed_forward_layers_are_nested_and_nothing_else_changes(family: str) -> None:
    plain, model = build(family), build(family)
    parameters = [id(parameter) for parameter in model.parameters()]
    assert list(nest(model, MatQuant())) == FEED_FORWARD[family]
    assert [path for path, module in model.named_modules() if isinstance(module, NestedLinear)] == FEED_FORWARD[family]
    assert [id(parameter) for parameter in model.parameters()] == parameters
    assert list(model.state_dict()) == list(plain.state_dict())
    assert torch.equal(logits(model, ids(2, 9)), logits(plain, ids(2, 9)))  # the neutral setting: exact


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["fp32", "bf16"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_slice_is_the_model_with_the_equations_weights(family: str, dtype: torch.dtype) -> None:
    model = build(family, dtype=dtype)
    nest(model, MatQuant())
    for bits in (8, 6, 4, 3, 2, 1):
        expected = build(family, dtype=dtype)
        with torch.no_grad():
            for path in FEED_FORWARD[family]:
                layer = expected.get_submodule(path)
                layer.weight.copy_(equation(layer.weight, bits))
        with sliced(model, bits):
            found = logits(model, ids(2, 9))
        near = 1e-4 if dtype is torch.float32 else 0.05
        torch.testing.assert_close(found, logits(expected, ids(2, 9)), atol=near, rtol=near)
        assert found.dtype is dtype


def test_fewer_bits_are_further_from_the_weights() -> None:
    model = nested()
    layer = model.get_submodule(FEED_FORWARD["llama"][0])
    with torch.no_grad():
        off = [float((layer.read(bits) - layer.weight).square().mean()) for bits in range(8, 0, -1)]
    assert off == sorted(off)
    assert off[0] < off[-1] / 1_000


def test_gradients_pass_straight_through() -> None:
    model = nested()
    layer: Any = model.get_submodule(FEED_FORWARD["llama"][1])
    x = torch.randn(3, 32, generator=torch.Generator().manual_seed(1), requires_grad=True)
    for bits in (8, 3, 2):
        with sliced(model, bits):
            layer(x).square().sum().backward()
        plain = nn.Parameter(layer.read(bits).detach().clone())
        F.linear(x, plain).square().sum().backward()
        assert plain.grad is not None
        assert torch.equal(layer.weight.grad, plain.grad)
        layer.weight.grad = None


def test_bf16_weights_are_read_exactly_as_they_will_be_served(tmp_path: Path) -> None:
    model = build(dtype=torch.bfloat16)
    nest(model, MatQuant())
    save(model, tmp_path / "model")
    served = load(tmp_path / "model")
    for bits in (8, 4, 2):
        with sliced(model, bits), sliced(served, bits):
            assert torch.equal(logits(model, ids(2, 9)), logits(served, ids(2, 9)))


def test_widths_differ_by_layer() -> None:
    model, tokens = nested(), ids(2, 9)
    with sliced(model, {r"layers\.0\.": 4, "": 2}):
        mixed = logits(model, tokens)
        widths = {path: layer.bits or 0 for path, layer in model.named_modules() if isinstance(layer, NestedLinear)}
        assert widths == {path: 4 if "layers.0." in path else 2 for path in FEED_FORWARD["llama"]}
    by_hand = build()
    with torch.no_grad():
        for path, width in widths.items():
            layer = by_hand.get_submodule(path)
            layer.weight.copy_(quantised(layer.weight).read(width))
    torch.testing.assert_close(mixed, logits(by_hand, tokens), atol=1e-6, rtol=0)


def test_a_width_ends_with_its_block_even_after_an_error() -> None:
    model, tokens = nested(), ids(2, 9)
    whole = logits(model, tokens)
    with sliced(model, 4):
        four = logits(model, tokens)
        with sliced(model, {"": 2}):
            assert not torch.equal(logits(model, tokens), four)
        with pytest.raises(IndexError), sliced(model, 2):
            logits(model, tokens + VOCAB)  # there are no such tokens
        assert torch.equal(logits(model, tokens), four)
    assert torch.equal(logits(model, tokens), whole)


def test_a_width_may_be_set_for_good() -> None:
    model, tokens = nested(), ids(2, 9)
    whole = logits(model, tokens)
    set_bits(model, 3)
    with sliced(build_nested_like(model), 3) as other:
        assert torch.equal(logits(model, tokens), logits(other, tokens))
    set_bits(model, None)
    assert torch.equal(logits(model, tokens), whole)


def build_nested_like(model: Any) -> Any:
    other = nested()
    other.load_state_dict(model.state_dict())
    return other


def test_attention_may_be_nested_as_well() -> None:
    model = build()
    assert len(nest(model, MatQuant(targets=r"layers\.\d+\..*_proj$"))) == 7 * LAYERS


# The loss


@pytest.mark.parametrize("family", ["llama", "gpt_neox"])
def test_the_joint_loss_is_the_weighted_sum_over_widths(family: str) -> None:
    model, data = nested(family), batch(2, 9)
    expected = torch.zeros(())
    for bits, weight in ((8, 0.1), (4, 0.1), (2, 1.0)):
        with sliced(model, bits):
            expected = expected + weight * model(**data).loss
    torch.testing.assert_close(joint_loss(model, data), expected)
    expected.backward()
    wanted = {path: parameter.grad.clone() for path, parameter in model.named_parameters()}
    model.zero_grad()
    for loss in losses(model, data):
        loss.backward()
    for path, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, wanted[path], atol=1e-6, rtol=1e-4)


def test_a_student_matches_the_wider_model() -> None:
    model, data = nested(terms=(Term(2, 0.5), Term(2, 0.25, teacher=8))), batch(2, 9)
    data["attention_mask"] = (torch.arange(9) < torch.tensor([[9], [5]])).long()
    with sliced(model, 8), torch.no_grad():
        teacher = model(**data).logits.softmax(-1)
    with sliced(model, 2):
        out = model(**data)
    places = data["attention_mask"].bool()
    apart = (teacher * (teacher.log() - out.logits.log_softmax(-1))).sum(-1)[places].mean()
    found = list(losses(model, data))  # the teacher has no term of its own
    assert len(found) == 1
    torch.testing.assert_close(found[0], 0.5 * out.loss + 0.25 * apart)
    found[0].backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_no_gradient_reaches_the_teacher() -> None:
    """Plain distillation, 8 bits to 4: its gradient is that of a fixed target."""
    model, data = nested(terms=(Term(4, teacher=8),)), {"input_ids": ids(2, 9)}
    with sliced(model, 8), torch.no_grad():
        target = model(**data).logits.log_softmax(-1)
    with sliced(model, 4):
        mine = model(**data).logits.log_softmax(-1)
        F.kl_div(mine.flatten(0, 1), target.flatten(0, 1), log_target=True, reduction="batchmean").backward()
    wanted = {path: parameter.grad.clone() for path, parameter in model.named_parameters()}
    model.zero_grad()
    joint_loss(model, data).backward()
    for path, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, wanted[path], atol=1e-6, rtol=1e-4)


def test_gradient_checkpointing_is_right_one_loss_at_a_time_and_refused_otherwise() -> None:
    model, data = nested().train(), batch(2, 9)
    for loss in losses(model, data):
        loss.backward()
    wanted = {path: parameter.grad.clone() for path, parameter in model.named_parameters()}
    model.zero_grad()
    model.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    for loss in losses(model, data):
        loss.backward()
    for path, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, wanted[path], atol=1e-6, rtol=1e-4)
    with pytest.raises(ValueError, match="go backward from each of `losses` in turn"):
        joint_loss(model, data)


def test_a_loss_needs_labels() -> None:
    with pytest.raises(ValueError, match="LlamaForCausalLM gave no loss: put labels into the batch"):
        joint_loss(nested(), {"input_ids": ids(1, 5)})
    with pytest.raises(ValueError, match="this LlamaForCausalLM has no nested layers to train"):
        joint_loss(build(), batch(1, 5))


def test_training_lowers_the_loss_at_every_width() -> None:
    model = nested()
    data = {"input_ids": torch.arange(3, 35).repeat(2, 1), "labels": torch.arange(3, 35).repeat(2, 1)}
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)

    def at(width: int) -> float:
        with sliced(model, width), torch.no_grad():
            return float(model(**data).loss)

    before = {width: at(width) for width in (8, 4, 2)}
    for _ in range(40):
        for loss in losses(model, data):
            loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert all(at(width) < before[width] / 2 for width in before)


# Bits


def test_mean_bits_counts_weights() -> None:
    model = nested()
    assert mean_bits(model, 3) == 3.0
    # The three matrices of a layer have the same size.
    assert mean_bits(model, {"down_proj": 8, "": 2}) == pytest.approx((8 + 2 + 2) / 3)


def test_an_extra_bit_costs_what_is_beyond_the_top() -> None:
    model = nested(extra_bit=True)
    codes = torch.cat([model.get_submodule(path).codes().values.flatten() for path in FEED_FORWARD["llama"]])
    beyond = float((codes >= 224).float().mean())
    assert 0 < beyond < 0.2
    assert mean_bits(model, 2) == pytest.approx(2 + beyond)
    assert mean_bits(model, 8) == 8.0
    layer = model.get_submodule(FEED_FORWARD["llama"][0])
    torch.testing.assert_close(layer.read(2).amax(1), layer.codes().step[:, 0] * 256 + layer.codes().low[:, 0])


# Folding, saving, loading


@pytest.mark.parametrize("family", FAMILIES)
def test_folding_leaves_the_stock_architecture(family: str) -> None:
    plain, model = build(family), nested(family)
    with sliced(model, 3):
        three = logits(model, ids(2, 9))
    assert torch.equal(logits(fold(deepcopy(model), 3), ids(2, 9)), three)
    assert fold(model) is model
    assert [type(module) for module in model.modules()] == [type(module) for module in plain.modules()]
    assert [set(vars(module)) for module in model.modules()] == [set(vars(module)) for module in plain.modules()]
    assert torch.equal(logits(model, ids(2, 9)), logits(plain, ids(2, 9)))
    nest(model, MatQuant())  # and once more


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["fp32", "bf16"])
@pytest.mark.parametrize("family", FAMILIES)
def test_one_file_is_loaded_at_any_width(family: str, dtype: torch.dtype, tmp_path: Path) -> None:
    model = build(family, dtype=dtype)
    nest(model, MatQuant())
    save(model, tmp_path / "model")
    for bits in (8, 6, 3, 2, {r"\.0\.": 4, "": 2}):
        loaded = load(tmp_path / "model", bits)
        with sliced(model, bits):
            assert torch.equal(logits(loaded, ids(2, 9)), logits(model, ids(2, 9)))
        assert [path for path, module in loaded.named_modules() if isinstance(module, CodedLinear)] == (
            FEED_FORWARD[family]
        )
        before = logits(loaded, ids(2, 9))
        stock = fold(loaded, bits)
        assert torch.equal(logits(stock, ids(2, 9)), before)
        assert {name: tensor.dtype for name, tensor in stock.state_dict().items()} == {
            name: tensor.dtype for name, tensor in fold(deepcopy(model)).state_dict().items()
        }
    stock.save_pretrained(tmp_path / "stock")
    assert torch.equal(logits(type(stock).from_pretrained(tmp_path / "stock"), ids(2, 9)), before)


def test_a_nested_model_is_saved_in_full_precision_as_any_other(tmp_path: Path) -> None:
    model = nested()
    set_bits(model, 2)
    model.save_pretrained(tmp_path)
    assert torch.equal(logits(LlamaForCausalLM.from_pretrained(tmp_path), ids(1, 5)), logits(build(), ids(1, 5)))


def test_the_file_holds_one_byte_a_weight(tmp_path: Path) -> None:
    model = nested("qwen2")  # its embeddings are tied
    save(model, tmp_path / "model")
    with safe_open(tmp_path / "model" / "matquant.safetensors", framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    for path in FEED_FORWARD["qwen2"]:
        assert tensors[f"{path}.values"].dtype is torch.uint8
        assert f"{path}.weight" not in tensors
    assert not {"lm_head.weight", "model.embed_tokens.weight"} <= set(tensors)
    loaded: Any = load(tmp_path / "model")
    assert loaded.lm_head.weight is loaded.model.embed_tokens.weight


def test_a_loaded_model_may_be_cast_and_saved_again(tmp_path: Path) -> None:
    model = nested()
    save(model, tmp_path / "first")
    loaded: Any = load(tmp_path / "first", 4)
    before = {path: loaded.get_submodule(path).read(4) for path in FEED_FORWARD["llama"]}
    loaded.bfloat16()
    assert logits(loaded, ids(1, 5)).dtype is torch.bfloat16
    assert all(torch.equal(loaded.get_submodule(path).read(4), weight) for path, weight in before.items())
    save(loaded, tmp_path / "second")
    again, stock = load(tmp_path / "second", 4).state_dict(), fold(load(tmp_path / "second"), 4)
    assert list(again) == list(loaded.state_dict())
    assert all(torch.equal(again[name], tensor) for name, tensor in loaded.state_dict().items())
    assert {parameter.dtype for parameter in stock.parameters()} == {torch.bfloat16}
    assert {parameter.dtype for parameter in fold(loaded, 4).parameters()} == {torch.bfloat16}


def test_the_random_numbers_of_others_are_not_touched(tmp_path: Path) -> None:
    save(nested(), tmp_path / "model")
    before = torch.random.get_rng_state()
    load(tmp_path / "model")
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_loaded_model_generates_and_changes_its_width_meanwhile(tmp_path: Path) -> None:
    save(nested(), tmp_path / "model")
    model: Any = load(tmp_path / "model", 2)
    with sliced(model, 8):
        eight = model.generate(ids(1, 4), max_new_tokens=5, do_sample=False, min_new_tokens=5)
    assert eight.shape == (1, 9)
    assert model.get_submodule(FEED_FORWARD["llama"][0]).bits == 2


@pytest.mark.slow
def test_it_compiles() -> None:
    torch.manual_seed(0)
    model = families.tiny_model("llama", layers=1)
    nest(model, MatQuant(terms=(Term(8, 0.5), Term(2))))
    data = batch(2, 8)
    compiled: Any = torch.compile(model, backend="aot_eager")
    torch.testing.assert_close(joint_loss(compiled, data), joint_loss(model, data))


# What it refuses


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"terms": ()}, "a loss without terms trains nothing"),
        ({"terms": (Term(9),)}, "a code of 8 bits has no slice of 9: widths are 1 ... 8"),
        ({"terms": (Term(0),)}, "a code of 8 bits has no slice of 0"),
        ({"terms": (Term(4),), "master": 2}, "a code of 2 bits has no slice of 4"),
        ({"terms": (Term(2, teacher=8),), "master": 4}, "a code of 4 bits has no slice of 8"),
        ({"master": 9}, "codes of 9 bits are not kept here: master is 1 ... 8"),
        ({"targets": "("}, r"targets is no regular expression: '\('"),
    ],
)
def test_wrong_settings_are_refused(config: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        MatQuant(**config)


def test_wrong_terms_are_refused() -> None:
    with pytest.raises(ValueError, match=r"the term of 4 bits has a weight of 0\.0"):
        Term(4, 0.0)
    with pytest.raises(ValueError, match="8 bits cannot learn from 2: a teacher has more bits"):
        Term(8, teacher=2)


def refuses(model: Any, words: str, **config: Any) -> None:
    kinds = [type(module) for module in model.modules()]
    with pytest.raises(ValueError, match=words):
        nest(model, MatQuant(**config))
    assert [type(module) for module in model.modules()] == kinds


def test_layers_that_are_no_plain_linear_are_refused() -> None:
    gpt2 = GPT2LMHeadModel(GPT2Config(vocab_size=VOCAB, n_embd=32, n_layer=1, n_head=4))
    refuses(gpt2, r"transformer\.h\.0\.mlp\.c_fc is a Conv1D, not an nn\.Linear")
    moe = Qwen2MoeForCausalLM(
        Qwen2MoeConfig(
            **SHAPE, num_hidden_layers=1, num_experts=4, moe_intermediate_size=16, shared_expert_intermediate_size=16
        )
    )
    refuses(moe, r"model\.layers\.0\.mlp\..* not an nn\.Linear: narrow `targets`")
    refuses(build(), "not an nn.Linear", targets="embed_tokens")
    refuses(build("qwen2"), r"lm_head\.weight are one tensor: narrow `targets`", targets="lm_head")
    refuses(
        build(),
        r"no layer of this LlamaForCausalLM has 'experts' in its path; its linear layers: model\.",
        targets="experts",
    )
    eight: Any = build()
    eight.model.layers[0].mlp.up_proj.weight = nn.Parameter(torch.ones(48, 32, dtype=torch.int8), requires_grad=False)
    refuses(eight, r"the weights of model\.layers\.0\.mlp\.up_proj are torch\.int8: quantised already")
    refuses(nested(), "this LlamaForCausalLM is nested already: `fold` ends that")


@pytest.mark.parametrize(
    ("bits", "words"),
    [
        (9, r"mlp\.gate_proj has codes of 8 bits: give it a width of 1 \.\.\. 8, not 9"),
        (0, "not 0"),
        ({"up_proj": 4}, r"no width for model\.layers\.0\.mlp\.gate_proj: none of 'up_proj' is found"),
        ({"": 4, "up_proj": 2}, "no nested layer is left for 'up_proj': the first match counts"),
    ],
)
def test_wrong_widths_are_refused(bits: Any, words: str, tmp_path: Path) -> None:
    model = nested()
    save(model, tmp_path / "model")
    for call in (set_bits, mean_bits, fold):
        with pytest.raises(ValueError, match=words):
            call(model, bits)
    with pytest.raises(ValueError, match=words), sliced(model, bits):
        pass
    with pytest.raises(ValueError, match=words):
        load(tmp_path / "model", bits)
    assert torch.equal(logits(model, ids(1, 5)), logits(build(), ids(1, 5)))


def test_a_model_without_nested_layers_has_no_widths(tmp_path: Path) -> None:
    for call in (lambda: set_bits(build(), 4), lambda: fold(build()), lambda: save(build(), tmp_path / "model")):
        with pytest.raises(ValueError, match="this LlamaForCausalLM has no nested layers: call `nest` first"):
            call()
    assert list(tmp_path.iterdir()) == []


def test_codes_have_no_full_precision(tmp_path: Path) -> None:
    save(nested(), tmp_path / "model")
    for call in (fold, lambda model: set_bits(model, None)):
        with pytest.raises(ValueError, match="a loaded model holds codes alone"):
            call(load(tmp_path / "model"))
    with pytest.raises(ValueError, match="has no nested layers to train"):
        joint_loss(load(tmp_path / "model"), batch(1, 5))


def test_what_cannot_be_saved_or_loaded_is_said(tmp_path: Path) -> None:
    model = nested()
    save(model, tmp_path / "model")
    file = tmp_path / "model" / "matquant.safetensors"
    with pytest.raises(ValueError, match=r"empty holds no checkpoint of `save`: there is no matquant\.safetensors"):
        load(tmp_path / "empty")
    with torch.no_grad():
        model.get_submodule(FEED_FORWARD["llama"][0]).weight[0, 0] = float("nan")
    with pytest.raises(ValueError, match=r"gate_proj has weights that are not finite"):
        save(model, tmp_path / "model")
    load(tmp_path / "model")  # what was there is there still
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"matquant\.safetensors is damaged: .*; save the model again"):
        load(tmp_path / "model")
    save_file({"weight": torch.ones(2)}, file)
    with pytest.raises(ValueError, match="is of format None, and this reads 1"):
        load(tmp_path / "model")


class GullwingForCausalLM(LlamaForCausalLM):
    """A class that transformers does not have."""


def test_a_class_of_ones_own_is_named_at_loading(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = GullwingForCausalLM(LlamaConfig(**SHAPE, num_hidden_layers=1)).eval()
    nest(model, MatQuant())
    save(model, tmp_path / "model")
    with pytest.raises(ValueError, match="GullwingForCausalLM is not one of transformers' classes: pass it as"):
        load(tmp_path / "model")
    loaded = load(tmp_path / "model", model_class=GullwingForCausalLM)
    assert isinstance(loaded, PreTrainedModel)
    with sliced(model, 8):
        assert torch.equal(logits(loaded, ids(1, 5)), logits(model, ids(1, 5)))
    other = load_config_of_another_size(tmp_path / "model")
    with pytest.raises(ValueError, match="does not fit LlamaForCausalLM"):
        load(other, model_class=LlamaForCausalLM)


def load_config_of_another_size(folder: Path) -> Path:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"vocab_size": VOCAB + 1}), encoding="utf-8")
    return folder


# On your model


def test_an_encoder_decoder_whose_code_looks_at_weights(tmp_path: Path) -> None:
    torch.manual_seed(0)
    shape: dict[str, Any] = {
        "vocab_size": VOCAB,
        "decoder_start_token_id": 0,
        "d_model": 32,
        "d_kv": 8,
        "d_ff": 48,
        "num_layers": 1,
        "num_heads": 4,
    }
    t5 = T5ForConditionalGeneration(T5Config(**shape)).eval()
    assert len(nest(t5, MatQuant())) == 4
    save(t5, tmp_path / "t5")
    data = batch(2, 7)
    with torch.no_grad(), sliced(t5, 2):
        expected = t5(**data).loss
        torch.testing.assert_close(load(tmp_path / "t5", 2)(**data).loss, expected)


def test_a_wrapped_model_trains_too() -> None:
    """Anything with nested layers inside that gives a loss: what data-parallel wrappers are."""

    class Wrapper(nn.Module):
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, **data: Tensor) -> Any:
            return SimpleNamespace(loss=self.inner(**data).loss)

    model, data = nested(), batch(2, 9)
    torch.testing.assert_close(joint_loss(Wrapper(model), data), joint_loss(model, data))


def test_the_page_on_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = Path(__file__).parents[3] / "docs" / "methods" / "matquant.md"
    snippets = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(snippets) == 1
    exec(compile(snippets[0], str(page), "exec"), {})
