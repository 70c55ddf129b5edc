"""Matryoshka Quantization: the slices are the paper's, gradients pass straight through, one file serves every width."""

from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file
from tests.methods import families
from tests.methods.contract import ForGood
from tests.methods.families import VOCAB, family_model, ids, logits
from tests.methods.pages import run_example
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.utils import prune
from transformers import LlamaForCausalLM

from assay.methods import load
from assay.methods.compression.matquant import (
    CodedLinear,
    MatQuant,
    NestedLinear,
    Term,
    cut,
    encode,
    fold,
    joint_loss,
    losses,
    mean_bits,
    quantise,
    set_bits,
    sliced,
)

LAYERS = 2
FEED_FORWARD = {
    "llama": [f"model.layers.{n}.mlp.{name}_proj" for n in range(LAYERS) for name in ("gate", "up", "down")],
    "gpt_neox": [f"gpt_neox.layers.{n}.mlp.dense_{way}" for n in range(LAYERS) for way in ("h_to_4h", "4h_to_h")],
    "opt": [f"model.decoder.layers.{n}.fc{i}" for n in range(LAYERS) for i in (1, 2)],
    "bert": [f"bert.encoder.layer.{n}.{part}.dense" for n in range(LAYERS) for part in ("intermediate", "output")],
}
LLAMA = FEED_FORWARD["llama"]

# `peft` asks transformers by a name that transformers has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")


def build(family: str = "llama", *, dtype: torch.dtype = torch.float32) -> Any:
    """The same model each time. As in `from_pretrained`, only parameters are of the type, not what rotates."""
    torch.manual_seed(0)
    model = families.tiny_model(family, LAYERS)
    for parameter in model.parameters():
        parameter.data = parameter.data.to(dtype)
    return model


def nested(family: str = "llama", dtype: torch.dtype = torch.float32, **config: Any) -> Any:
    return MatQuant(**config).apply(build(family, dtype=dtype))


def batch(*shape: int) -> dict[str, Tensor]:
    return {"input_ids": ids(*shape), "labels": ids(*shape)}


class Wrapper(nn.Module):
    """Something around a model, as data-parallel wrappers are."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, **batch: Tensor) -> SimpleNamespace:
        return SimpleNamespace(loss=self.model(**batch).loss)


class Joint(Wrapper):
    """A nested model whose loss is the joint one."""

    def forward(self, **batch: Tensor) -> SimpleNamespace:
        return SimpleNamespace(loss=joint_loss(self.model, batch))


def trained() -> nn.Module:
    return Joint(MatQuant().apply(families.tiny_model("qwen2")))


CONTRACT = ForGood(apply=MatQuant().apply, revert=MatQuant.revert, keeps_logits=True, trained=trained)


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
    top: Tensor = torch.clamp(torch.floor(q / 2 ** (8 - bits) + 0.5), 0, 2**bits - 1) * 2 ** (8 - bits)
    return (top - z) * a


# Codes


@pytest.mark.parametrize("extra_bit", [False, True], ids=["clamped", "extra bit"])
@pytest.mark.parametrize("master", range(1, 9))
def test_every_slice_of_every_code(master: int, extra_bit: bool) -> None:
    codes = torch.arange(2**master, dtype=torch.uint8)
    for bits in range(1, master + 1):
        expected = [by_hand(q, bits, master, extra_bit=extra_bit) for q in codes.tolist()]
        assert cut(codes, bits, master, extra_bit=extra_bit).tolist() == expected
        assert len(set(expected)) == 2**bits + (extra_bit and bits < master)
    assert cut(codes, master, master).tolist() == codes.tolist()


def test_a_slice_of_a_slice_is_another_one_and_there_is_none_of_more_bits() -> None:
    code = torch.tensor([0b00011000], dtype=torch.uint8)
    for bits in (0, 5, -1):
        with pytest.raises(ValueError, match=f"a code of 4 bits has no slice of {bits}: cut to 1 ... 4"):
            cut(code, bits, 4)
    assert cut(code, 2).item() == 0
    assert cut(cut(code, 4), 2).item() == 0b01000000


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.floats(1e-3, 1e3))
def test_weights_are_read_as_the_equations_say(seed: int, bits: int, size: float) -> None:
    weight = size * torch.randn(4, 7, generator=torch.Generator().manual_seed(seed))
    actual, expected = quantise(weight).read(bits).double(), equation(weight, bits)
    step = (weight.amax(1, keepdim=True) - weight.amin(1, keepdim=True)).double() / 255
    # Where a weight lies within rounding of the middle between two codes, either may be taken.
    wrong = (actual - expected).abs() > 1e-4 * step
    middle = ((weight.double() - weight.amin(1, keepdim=True).double()) / step % 1 - 0.5).abs() < 1e-3
    assert not (wrong & ~middle).any()
    eight = (quantise(weight).read(8).double() - weight.double()).abs()
    assert (eight <= 0.501 * step).all()


def test_both_ends_of_a_row_are_codes_and_read_exactly_and_so_are_constant_rows() -> None:
    weight = torch.randn(5, 9, generator=torch.Generator().manual_seed(3))
    codes = quantise(weight)
    assert codes.values.dtype is torch.uint8
    assert codes.values.amin(1).tolist() == [0] * 5
    assert codes.values.amax(1).tolist() == [255] * 5
    torch.testing.assert_close(codes.read(8).amin(1), weight.amin(1))
    torch.testing.assert_close(codes.read(8).amax(1), weight.amax(1))
    constant = torch.stack([torch.full((6,), 0.3), torch.zeros(6)])
    assert all(torch.equal(quantise(constant).read(bits), constant) for bits in range(1, 9))


# Nesting


@pytest.mark.parametrize("family", FEED_FORWARD)
def test_the_feed_forward_layers_are_nested_and_nothing_else_changes(family: str) -> None:
    plain, model = build(family), build(family)
    parameters = [id(parameter) for parameter in model.parameters()]
    MatQuant().apply(model)
    assert [path for path, module in model.named_modules() if isinstance(module, NestedLinear)] == FEED_FORWARD[family]
    assert [id(parameter) for parameter in model.parameters()] == parameters
    assert list(model.state_dict()) == list(plain.state_dict())


@pytest.mark.parametrize(
    ("family", "dtype"), [(each, torch.float32) for each in FEED_FORWARD] + [("llama", torch.bfloat16)]
)
def test_a_slice_is_the_model_with_the_equations_weights(family: str, dtype: torch.dtype) -> None:
    model = nested(family, dtype)
    for bits in (8, 3, 2):
        expected = build(family, dtype=dtype)
        with torch.no_grad():
            for path in FEED_FORWARD[family]:
                layer = expected.get_submodule(path)
                layer.weight.copy_(equation(layer.weight, bits))
        with sliced(model, bits):
            actual = logits(model, ids(2, 9))
        near = 1e-4 if dtype is torch.float32 else 0.05
        torch.testing.assert_close(actual, logits(expected, ids(2, 9)), atol=near, rtol=near)
        assert actual.dtype is dtype


def test_gradients_pass_straight_through() -> None:
    model = nested()
    layer: Any = model.get_submodule(LLAMA[1])
    x = torch.randn(3, 32, generator=torch.Generator().manual_seed(1), requires_grad=True)
    for bits in (8, 3, 2):
        with sliced(model, bits):
            layer(x).square().sum().backward()
        plain = nn.Parameter(layer.read(bits).detach().clone())
        F.linear(x, plain).square().sum().backward()
        assert plain.grad is not None
        assert torch.equal(layer.weight.grad, plain.grad)
        layer.weight.grad = None


def test_widths_differ_by_layer() -> None:
    model, tokens = nested(), ids(2, 9)
    with sliced(model, {r"layers\.0\.": 4, "": 2}):
        mixed = logits(model, tokens)
        widths = {path: layer.bits or 0 for path, layer in model.named_modules() if isinstance(layer, NestedLinear)}
        assert widths == {path: 4 if "layers.0." in path else 2 for path in LLAMA}
    expected = build()
    with torch.no_grad():
        for path, width in widths.items():
            layer = expected.get_submodule(path)
            layer.weight.copy_(quantise(layer.weight).read(width))
    torch.testing.assert_close(mixed, logits(expected, tokens), atol=1e-6, rtol=0)


def test_a_width_ends_with_its_block_even_after_an_error_or_is_set_for_good() -> None:
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
    set_bits(model, 4)
    assert torch.equal(logits(model, tokens), four)
    set_bits(model, None)
    assert torch.equal(logits(model, tokens), whole)


# The loss


def test_the_joint_loss_is_the_weighted_sum_over_widths() -> None:
    model, data = nested(), batch(2, 9)
    expected = torch.zeros(())
    for bits, weight in ((8, 0.1), (4, 0.1), (2, 1.0)):
        with sliced(model, bits):
            expected = expected + weight * model(**data).loss
    torch.testing.assert_close(joint_loss(model, data), expected)
    torch.testing.assert_close(joint_loss(Wrapper(model), data), expected)
    expected.backward()
    gradients = {path: parameter.grad.clone() for path, parameter in model.named_parameters()}
    model.zero_grad()
    for loss in losses(model, data):
        loss.backward()
    for path, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients[path], atol=1e-6, rtol=1e-4)


def test_a_student_matches_the_wider_model() -> None:
    model, data = nested(terms=(Term(2, 0.5), Term(2, 0.25, teacher=8))), batch(2, 9)
    data["attention_mask"] = (torch.arange(9) < torch.tensor([[9], [5]])).long()
    with sliced(model, 8), torch.no_grad():
        teacher = model(**data).logits.softmax(-1)
    with sliced(model, 2):
        out = model(**data)
    places = data["attention_mask"].bool()
    apart = (teacher * (teacher.log() - out.logits.log_softmax(-1))).sum(-1)[places].mean()
    (loss,) = losses(model, data)  # the teacher has no term of its own
    torch.testing.assert_close(loss, 0.5 * out.loss + 0.25 * apart)
    loss.backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_no_gradient_reaches_the_teacher() -> None:
    """Plain distillation, 8 bits to 4: its gradient is that of a fixed target."""
    model, data = nested(terms=(Term(4, teacher=8),)), {"input_ids": ids(2, 9)}
    with sliced(model, 8), torch.no_grad():
        target = model(**data).logits.log_softmax(-1)
    with sliced(model, 4):
        mine = model(**data).logits.log_softmax(-1)
        F.kl_div(mine.flatten(0, 1), target.flatten(0, 1), log_target=True, reduction="batchmean").backward()
    gradients = {path: parameter.grad.clone() for path, parameter in model.named_parameters()}
    model.zero_grad()
    joint_loss(model, data).backward()
    for path, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients[path], atol=1e-6, rtol=1e-4)


def test_gradient_checkpointing_is_right_one_loss_at_a_time_and_refused_otherwise() -> None:
    model, data = nested().train(), batch(2, 9)
    for loss in losses(model, data):
        loss.backward()
    gradients = {path: parameter.grad.clone() for path, parameter in model.named_parameters()}
    model.zero_grad()
    model.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    for loss in losses(model, data):
        loss.backward()
    for path, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients[path], atol=1e-6, rtol=1e-4)
    with pytest.raises(ValueError, match="go backward from each of `losses` in turn"):
        joint_loss(model, data)


# Bits


def test_mean_bits_counts_weights() -> None:
    model = nested()
    assert mean_bits(model, 3) == 3.0
    # The three matrices of a layer have the same size.
    assert mean_bits(model, {"down_proj": 8, "": 2}) == pytest.approx((8 + 2 + 2) / 3)


def test_an_extra_bit_costs_what_is_beyond_the_top() -> None:
    model = nested(extra_bit=True)
    codes = torch.cat([model.get_submodule(path).codes().values.flatten() for path in LLAMA])
    beyond = float((codes >= 224).float().mean())
    assert 0 < beyond < 0.2
    assert mean_bits(model, 2) == pytest.approx(2 + beyond)
    assert mean_bits(model, 8) == 8.0
    layer = model.get_submodule(LLAMA[0])
    torch.testing.assert_close(layer.read(2).amax(1), layer.codes().step[:, 0] * 256 + layer.codes().low[:, 0])


# Folding and coding


@pytest.mark.parametrize("family", ["llama", "bert"])
def test_folding_leaves_the_stock_architecture(family: str) -> None:
    plain, model = build(family), nested(family)
    with sliced(model, 3):
        three = logits(model, ids(2, 9))
    for folded in (fold(deepcopy(model), 3), fold(encode(deepcopy(model)), 3)):
        assert torch.equal(logits(folded, ids(2, 9)), three)
        assert [type(module) for module in folded.modules()] == [type(module) for module in plain.modules()]
        assert type(folded.config) is type(plain.config)
        MatQuant().apply(folded)  # and once more


@pytest.mark.parametrize(("family", "dtype"), [("llama", torch.float32), ("opt", torch.bfloat16)])
def test_one_file_of_codes_is_loaded_at_any_width(family: str, dtype: torch.dtype, tmp_path: Path) -> None:
    model = nested(family, dtype)
    encode(deepcopy(model)).save_pretrained(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    assert not {f"{path}.weight" for path in FEED_FORWARD[family]} & set(tensors)
    assert all(tensors[f"{path}.values"].dtype is torch.uint8 for path in FEED_FORWARD[family])
    loaded: Any = load(tmp_path)
    coded = [path for path, module in loaded.named_modules() if isinstance(module, CodedLinear)]
    assert coded == FEED_FORWARD[family]
    widths: list[Any] = [6, 2, {r"\.0\.": 4, "": 2}]
    for bits in widths:
        with sliced(model, bits), sliced(loaded, bits):
            expected = logits(model, ids(2, 9))
            assert torch.equal(logits(loaded, ids(2, 9)), expected)
        assert torch.equal(logits(fold(deepcopy(loaded), bits), ids(2, 9)), expected)
    with sliced(model, 8):
        assert torch.equal(logits(loaded, ids(2, 9)), logits(model, ids(2, 9)))  # the full code until one chooses
    assert {weight.dtype for weight in fold(loaded, 4).parameters()} == {dtype}


def test_what_codes_are_read_with_is_never_rounded(tmp_path: Path) -> None:
    model = encode(nested())
    model.save_pretrained(tmp_path)
    for other in (load(tmp_path, dtype=torch.bfloat16), deepcopy(model).bfloat16()):
        for path in LLAMA:
            layer: Any = other.get_submodule(path)
            assert torch.equal(layer.read(4), model.get_submodule(path).read(4))
            assert layer.weight.dtype is torch.bfloat16
        assert logits(other, ids(1, 5)).dtype is torch.bfloat16
        assert {weight.dtype for weight in fold(other, 4).parameters()} == {torch.bfloat16}


def test_a_nested_model_is_saved_to_train_on_from(tmp_path: Path) -> None:
    model = nested(terms=(Term(3, 0.5), Term(2, teacher=8)), extra_bit=True)
    model.save_pretrained(tmp_path)
    loaded: Any = load(tmp_path)
    assert MatQuant.of(loaded) == MatQuant.of(model) == loaded.get_submodule(LLAMA[0]).matquant
    torch.testing.assert_close(joint_loss(loaded, batch(2, 9)), joint_loss(model, batch(2, 9)))


def test_weights_and_codes_on_disk_are_read_at_their_width_too(tmp_path: Path) -> None:
    """Layers that accelerate has dispatched are refused, and so is what would come too late for one that is loaded."""
    build().save_pretrained(tmp_path / "stock")
    nested().save_pretrained(tmp_path / "nested")
    encode(nested()).save_pretrained(tmp_path / "coded")
    places = dict.fromkeys(["model.embed_tokens", "model.rotary_emb", "model.layers.0", "model.norm", "lm_head"], "cpu")
    options: Any = {"device_map": places | {"model.layers.1": "disk"}, "offload_folder": tmp_path / "offload"}
    with pytest.raises(ValueError, match="some of its weights are not on its device"):
        MatQuant().apply(LlamaForCausalLM.from_pretrained(tmp_path / "stock", **options))
    with sliced(nested(), 2) as model:
        expected = logits(model, ids(2, 9))
    for folder in ("nested", "coded"):
        loaded: Any = load(tmp_path / folder, **options)
        with sliced(loaded, 2):
            assert torch.equal(logits(loaded, ids(2, 9)), expected)
        with pytest.raises(ValueError, match=r"something else computes in the place of model\.layers"):
            fold(loaded, 2)
        assert mean_bits(loaded, 2) == 2.0


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
    with pytest.raises(ValueError, match=r"the term of 4 bits has a weight of 0\.0"):
        Term(4, 0.0)
    with pytest.raises(ValueError, match="8 bits cannot learn from 2: a teacher has more bits"):
        Term(8, teacher=2)


def refuses(model: Any, words: str, **config: Any) -> None:
    kinds = [type(module) for module in model.modules()]
    with pytest.raises(ValueError, match=words):
        MatQuant(**config).apply(model)
    assert [type(module) for module in model.modules()] == kinds


def test_layers_that_are_no_plain_linear_are_refused() -> None:
    refuses(build("gpt2"), r"transformer\.h\.0\.mlp\.c_fc is a Conv1D, not an nn\.Linear")
    refuses(build("qwen2_moe"), r"model\.layers\.0\.mlp\..* not an nn\.Linear: narrow `targets`")
    refuses(build(), "not an nn.Linear", targets="embed_tokens")
    tied = families.tiny_model("llama", tie_word_embeddings=True)
    refuses(tied, r"lm_head\.weight are one tensor: narrow `targets`", targets="lm_head")
    refuses(build(), r"no layer of this LlamaForCausalLM has 'experts' in its path; its .*: model\.", targets="experts")
    eight: Any = build()
    eight.model.layers[0].mlp.up_proj.weight = nn.Parameter(torch.ones(48, 32, dtype=torch.int8), requires_grad=False)
    refuses(eight, r"the weights of model\.layers\.0\.mlp\.up_proj are torch\.int8: quantised already")
    masked: Any = build()
    prune.random_unstructured(masked.model.layers[1].mlp.up_proj, "weight", amount=0.5)
    refuses(masked, r"the weights of model\.layers\.1\.mlp\.up_proj are computed from others")


def test_adapters_come_after_nesting_and_never_before() -> None:
    config = LoraConfig(target_modules="all-linear", init_lora_weights=False)
    tuned: Any = get_peft_model(build(), config)
    refuses(tuned, "MatQuant goes into models of transformers, which PeftModel is not")
    refuses(tuned.base_model.model, r"it has adapters \(model\.layers\.0\.self_attn\.q_proj")
    later: Any = get_peft_model(nested(), config)
    layers = [path for path, module in later.named_modules() if isinstance(module, NestedLinear)]
    assert all(path.endswith(".base_layer") for path in layers)
    assert len(layers) == len(LLAMA)


@pytest.mark.parametrize(
    ("bits", "words"),
    [
        (9, r"mlp\.gate_proj has codes of 8 bits: give it a width of 1 \.\.\. 8, not 9"),
        (0, "not 0"),
        ({"up_proj": 4}, r"no width for model\.layers\.0\.mlp\.gate_proj: none of 'up_proj' is found"),
        ({"": 4, "up_proj": 2}, "no nested layer is left for 'up_proj': the first match counts"),
    ],
)
def test_wrong_widths_are_refused(bits: Any, words: str) -> None:
    model = nested()
    for call in (set_bits, mean_bits, fold):
        with pytest.raises(ValueError, match=words):
            call(model, bits)
    with pytest.raises(ValueError, match=words), sliced(model, bits):
        pass
    assert torch.equal(logits(model, ids(1, 5)), logits(build(), ids(1, 5)))


def test_calls_that_need_other_layers_are_refused() -> None:
    stock, coded, infinite = build(), encode(nested()), nested()
    with torch.no_grad():
        infinite.get_submodule(LLAMA[0]).weight[0, 0] = float("nan")
    calls: list[tuple[Any, str]] = [
        (lambda: set_bits(stock, 4), "this LlamaForCausalLM has no nested layers: apply MatQuant"),
        (lambda: fold(stock, 4), "this LlamaForCausalLM has no nested layers: apply MatQuant"),
        (lambda: encode(stock), "this LlamaForCausalLM has no nested layers: apply MatQuant"),
        (lambda: joint_loss(stock, batch(1, 5)), "this LlamaForCausalLM has no nested layers to train"),
        (lambda: joint_loss(nested(), {"input_ids": ids(1, 5)}), "gave no loss: put labels into the batch"),
        (lambda: set_bits(coded, None), "a coded model holds codes alone"),
        (lambda: joint_loss(coded, batch(1, 5)), "has no nested layers to train"),
        (lambda: MatQuant.revert(coded), "MatQuant's coded form was put on top of MatQuant"),
        (lambda: encode(coded), "has MatQuant's coded form already"),
        (lambda: encode(infinite), "gate_proj has weights that are not finite"),
    ]
    for call, words in calls:
        with pytest.raises(ValueError, match=words):
            call()


def test_an_encoder_decoder_whose_code_looks_at_weights(tmp_path: Path) -> None:
    t5 = MatQuant().apply(families.family_model("t5"))
    encode(deepcopy(t5)).save_pretrained(tmp_path)
    loaded: Any = load(tmp_path)
    with torch.no_grad(), sliced(t5, 2), sliced(loaded, 2):
        torch.testing.assert_close(loaded(**batch(2, 7)).loss, t5(**batch(2, 7)).loss)


def test_the_page_on_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_example("matquant")


def test_codes_are_not_made_inside_of_a_slice() -> None:
    model = MatQuant().apply(family_model("llama"))
    with sliced(model, 4), pytest.raises(ValueError, match="is read at 4 bits: leave `sliced`"):
        encode(model)
