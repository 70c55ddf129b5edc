"""LayerNorm Scaling: the paper's equation, folded without a trace; and what it refuses."""

import math
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.methods import families
from tests.methods.contract import ForGood
from tests.methods.families import ids, logits, with_other_vectors
from tests.methods.pages import run_example
from torch import nn
from torch.nn.utils import parametrizations, parametrize
from transformers import AutoModelForCausalLM

from assay.methods import load
from assay.methods.architecture.layernorm_scaling import LayerNormScaling, depth_report, fold

LAYERS = 3

PRE_NORMS = {
    "llama": ("model.layers.{}.input_layernorm", "model.layers.{}.post_attention_layernorm"),
    "qwen2": ("model.layers.{}.input_layernorm", "model.layers.{}.post_attention_layernorm"),
    "gpt2": ("transformer.h.{}.ln_1", "transformer.h.{}.ln_2"),
    "gpt_neox": ("gpt_neox.layers.{}.input_layernorm", "gpt_neox.layers.{}.post_attention_layernorm"),
    "gptj": ("transformer.h.{}.ln_1",),
    "opt": ("model.decoder.layers.{}.self_attn_layer_norm", "model.decoder.layers.{}.final_layer_norm"),
}
FAMILIES = list(PRE_NORMS)

CONTRACT = ForGood(
    apply=lambda model: LayerNormScaling(allow_trained=True).apply(model),
    revert=LayerNormScaling.revert,
    trained=lambda: LayerNormScaling().apply(families.tiny_model("llama")),
)


def build(family: str, *, seed: int = 0) -> Any:
    torch.manual_seed(seed)
    return families.tiny_model(family, LAYERS)


def equation(family: str, model: Any) -> Any:
    """The paper's equation on a model without factors: what each norm puts out is multiplied."""
    for number in range(LAYERS):
        for path in PRE_NORMS[family]:
            norm = model.get_submodule(path.format(number))
            norm.register_forward_hook(lambda _, __, out, layer=number + 1: out / math.sqrt(layer))
    return model


# The method


@pytest.mark.parametrize("family", FAMILIES)
def test_every_pre_norm_of_a_block_has_the_blocks_factor_and_no_other_norm_has_one(family: str) -> None:
    model = LayerNormScaling().apply(build(family))
    expected = {path.format(n): 1 / math.sqrt(n + 1) for n in range(LAYERS) for path in PRE_NORMS[family]}
    assert {path for path, module in model.named_modules() if parametrize.is_parametrized(module)} == set(expected)
    assert all((model.get_submodule(path).weight == scale).all() for path, scale in expected.items())


@pytest.mark.parametrize("family", FAMILIES)
def test_it_computes_the_equation(family: str) -> None:
    plain, model = build(family), build(family)
    LayerNormScaling().apply(model)
    expected = logits(equation(family, with_other_vectors(plain)), ids(2, 9))
    torch.testing.assert_close(logits(with_other_vectors(model), ids(2, 9)), expected, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(logits(model, ids(2, 9)), logits(build(family), ids(2, 9)), atol=1e-2)


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_its_gradients_are_those_of_the_equation(family: str) -> None:
    plain, model = equation(family, build(family)), build(family)
    LayerNormScaling().apply(model)
    for each in (plain, model):
        each(ids(2, 9), labels=ids(2, 9)).loss.backward()
    ours = {path.replace("parametrizations.", "").replace(".original", ""): p for path, p in model.named_parameters()}
    for path, parameter in plain.named_parameters():
        torch.testing.assert_close(ours[path].grad, parameter.grad, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_folding_leaves_the_stock_architecture_with_the_same_logits(family: str) -> None:
    stock, model = build(family), build(family)
    LayerNormScaling().apply(model)
    before = logits(with_other_vectors(model), ids(2, 9))
    parameters = {id(parameter) for parameter in model.parameters()}
    assert fold(model) is model
    assert {id(parameter) for parameter in model.parameters()} == parameters
    assert [type(module) for module in model.modules()] == [type(module) for module in stock.modules()]
    assert torch.equal(logits(model, ids(2, 9)), before)
    stock.load_state_dict(model.state_dict())
    torch.testing.assert_close(logits(stock, ids(2, 9)), before, atol=1e-6, rtol=0)


def test_a_copy_is_folded_alone() -> None:
    model = build("llama")
    LayerNormScaling().apply(model)
    before = logits(model, ids(2, 9))
    assert torch.equal(logits(fold(deepcopy(model)), ids(2, 9)), before)
    assert torch.equal(logits(model, ids(2, 9)), before)
    fold(model)


def test_the_random_numbers_of_a_training_are_not_touched() -> None:
    model = build("gpt2").train()  # with dropout
    before = torch.random.get_rng_state()
    LayerNormScaling().apply(model)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert model.training


# What it refuses


def refuses(model: Any, words: str, **how: Any) -> None:
    before = deepcopy(model.state_dict())
    with pytest.raises(ValueError, match=words):
        LayerNormScaling(**how).apply(model)
    after = model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[path], value) for path, value in before.items())


@pytest.mark.parametrize(
    ("family", "words"),
    [
        ("olmo2", "^Olmo2DecoderLayer is not a pre-norm block: the output of its .* neither attention nor MLP"),
        ("gemma2", "^Gemma2DecoderLayer is not a pre-norm block"),
        ("openai_gpt", "^Block is not a pre-norm block"),
        ("opt_post_norm", "^OPTDecoderLayer is not a pre-norm block"),
        ("gemma", "the output of GemmaRMSNorm does not double when its weights do"),
        ("olmo", "the output of OlmoLayerNorm does not double when its weights do"),
    ],
)
def test_blocks_and_norms_that_it_does_not_fit_are_refused_by_name(family: str, words: str) -> None:
    refuses(build(family), words)


def test_shared_norms_are_refused() -> None:
    model = build("llama")
    model.model.layers[1].input_layernorm = model.model.layers[0].input_layernorm
    refuses(model, "layers of this LlamaForCausalLM share a norm")
    model = build("gpt2")
    model.transformer.h[2].ln_2.bias = model.transformer.h[0].ln_2.bias
    refuses(model, "layers of this GPT2LMHeadModel share a norm")


def test_trained_weights_are_refused_unless_it_is_meant() -> None:
    model = with_other_vectors(build("gpt2"))
    refuses(model, "trained: scaling them makes another function of it.* pass allow_trained=True")
    LayerNormScaling(allow_trained=True).apply(model)


def test_there_must_be_something_to_fold() -> None:
    with pytest.raises(ValueError, match="has no LayerNorm Scaling: `apply` comes first"):
        fold(build("llama"))
    model = build("llama")
    parametrizations.spectral_norm(model.model.layers[0].mlp.up_proj)
    LayerNormScaling().apply(model)
    fold(model)
    assert parametrize.is_parametrized(model.model.layers[0].mlp.up_proj)


def test_a_weight_that_something_else_parametrizes_as_well_is_not_folded() -> None:
    model = build("llama")
    LayerNormScaling().apply(model)
    parametrize.register_parametrization(model.model.layers[1].input_layernorm, "weight", nn.Identity())
    with pytest.raises(ValueError, match=r"layers\.1\.input_layernorm\.weight has another parametrization as well"):
        fold(model)
    assert parametrize.is_parametrized(model.model.layers[0].input_layernorm)


# The report


@pytest.mark.parametrize("family", FAMILIES)
def test_the_report_is_what_hidden_states_and_shorter_models_say(family: str) -> None:
    model, tokens = build(family), ids(2, 9)
    report = depth_report(model, tokens)
    assert len(report.variance) == len(report.angular_distance) == len(report.drop_score) == LAYERS
    with torch.no_grad():
        out = model(tokens, labels=tokens, output_hidden_states=True)
    assert report.loss == pytest.approx(float(out.loss), abs=1e-5)
    # What comes after the last layer is given out normed, so only the others can be compared.
    for number, (before, after) in enumerate(zip(out.hidden_states, out.hidden_states[1:-1], strict=False)):
        assert report.variance[number] == pytest.approx(float(after.var(-1, correction=0).mean()), rel=1e-4)
        cosine = nn.functional.cosine_similarity(before.double(), after.double(), dim=-1)
        assert report.angular_distance[number] == pytest.approx(float(cosine.arccos().mean()) / math.pi, abs=1e-4)


def test_a_dropped_layer_is_a_model_without_it() -> None:
    model, tokens = build("llama"), ids(2, 9)
    report = depth_report(model, tokens)
    shorter = deepcopy(model)
    del shorter.model.layers[1]
    with torch.no_grad():
        loss = float(shorter(tokens, labels=tokens, use_cache=False).loss)
    assert report.drop_score[1] == pytest.approx(loss - report.loss, abs=1e-5)
    assert torch.equal(logits(model, tokens), logits(build("llama"), tokens))
    with pytest.raises(ValueError, match=r"call model\.eval\(\) first"):
        depth_report(model.train(), tokens)


def test_padding_counts_nowhere() -> None:
    model, tokens = build("llama"), ids(1, 9)
    padded = torch.cat([tokens, torch.zeros(1, 4, dtype=torch.long)], dim=1)
    mask = (torch.arange(13) < 9).long()[None]
    alone, report = depth_report(model, tokens), depth_report(model, padded, mask)
    for ours, theirs in zip(
        (*report.variance, *report.angular_distance, *report.drop_score, report.loss),
        (*alone.variance, *alone.angular_distance, *alone.drop_score, alone.loss),
        strict=True,
    ):
        assert ours == pytest.approx(theirs, abs=1e-5)


def test_a_layer_that_does_nothing_is_worth_nothing() -> None:
    model = build("llama")
    with torch.no_grad():
        model.model.layers[1].self_attn.o_proj.weight.zero_()
        model.model.layers[1].mlp.down_proj.weight.zero_()
    report = depth_report(model, ids(2, 9))
    assert report.angular_distance[1] == pytest.approx(0, abs=1e-6)
    assert report.drop_score[1] == pytest.approx(0, abs=1e-6)
    assert report.variance[1] == pytest.approx(report.variance[0])


def test_a_checkpoint_before_folding_is_gone_on_from(tmp_path: Path) -> None:
    model = LayerNormScaling().apply(build("qwen2"))
    model.save_pretrained(tmp_path)
    again: Any = load(tmp_path)
    gradients: list[dict[str, Any]] = []
    for each in (model, again):
        each(input_ids=ids(2, 6), labels=ids(2, 6)).loss.backward()
        gradients.append({name: weight.grad for name, weight in each.named_parameters()})
    assert any("parametrizations" in name for name in gradients[0])
    assert all(torch.equal(gradient, gradients[1][name]) for name, gradient in gradients[0].items())
    before = logits(again, ids(2, 6))
    fold(again).save_pretrained(tmp_path / "folded")
    assert torch.equal(logits(AutoModelForCausalLM.from_pretrained(tmp_path / "folded"), ids(2, 6)), before)


def test_the_page_on_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_example("layernorm_scaling")
