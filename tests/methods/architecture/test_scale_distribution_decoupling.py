"""Scale-Distribution Decoupling: the paper's equation and what follows from it, in models and back; what it refuses."""

from copy import deepcopy
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.methods import families
from tests.methods.contract import ForGood
from tests.methods.families import ids, logits, with_other_vectors
from tests.methods.pages import run_example
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from assay.methods.architecture.scale_distribution_decoupling import (
    ScaleDistributionDecoupling,
    SDDLinear,
    gradient_report,
    recouple,
)

LAYERS = 3

OUTER = {
    "llama": ("self_attn.o_proj", "mlp.down_proj"),
    "qwen2": ("self_attn.o_proj", "mlp.down_proj"),
    "olmo2": ("self_attn.o_proj", "mlp.down_proj"),
    "gptj": ("attn.out_proj", "mlp.fc_out"),
    "opt": ("self_attn.out_proj", "fc2"),
}
FAMILIES = list(OUTER)
SDD = ScaleDistributionDecoupling


def as_new(model: Any) -> Any:
    """The model with its norms as they are before training."""
    with torch.no_grad():
        for module in model.modules():
            if "norm" in type(module).__name__.lower():
                for parameter in module.parameters(recurse=False):
                    parameter.fill_(1.0)
    return model


CONTRACT = ForGood(
    apply=lambda model: SDD().apply(as_new(model)),
    revert=SDD.revert,
    restores_logits=False,
    trained=lambda: SDD().apply(families.tiny_model("olmo2")),
)


def build(family: str, *, seed: int = 0) -> Any:
    torch.manual_seed(seed)
    return families.tiny_model(family, LAYERS)


def decoupled(family: str, seed: int = 0, **settings: Any) -> Any:
    return SDD(**settings).apply(build(family, seed=seed))


def equation(v: Tensor, bias: Tensor | None, alpha: Tensor, x: Tensor, eps: float = 1e-6) -> Tensor:
    """The paper's, written down."""
    z = x @ v.T if bias is None else x @ v.T + bias
    return alpha * z / torch.sqrt(z.pow(2).mean(-1, keepdim=True) + eps)


def layer(n: int = 12, m: int = 20, *, seed: int = 0, **settings: Any) -> SDDLinear:
    torch.manual_seed(seed)
    decoupled = SDDLinear(n, m, **settings)
    with torch.no_grad():
        decoupled.norm.weight.add_(torch.randn(m) / 3)
    return decoupled


# The layer


@pytest.mark.parametrize("bias", [False, True])
def test_it_computes_the_equation_and_its_gradient(bias: bool) -> None:
    sdd = layer(bias=bias).double()
    if bias:
        nn.init.normal_(sdd.linear.bias)
    x = torch.randn(3, 5, 12, dtype=torch.float64, requires_grad=True)
    upstream = torch.randn(3, 5, 20, dtype=torch.float64)
    expected = equation(sdd.linear.weight, sdd.linear.bias, sdd.norm.weight, x)
    torch.testing.assert_close(sdd(x), expected)
    sources = [x, *sdd.parameters()]
    for ours, theirs in zip(
        torch.autograd.grad(sdd(x), sources, upstream), torch.autograd.grad(expected, sources, upstream), strict=True
    ):
        torch.testing.assert_close(ours, theirs)


@settings(max_examples=25)
@given(factor=st.floats(1e-2, 1e3), seed=st.integers(0, 50))
def test_the_size_of_v_changes_no_output_and_its_gradient_is_orthogonal_to_it(factor: float, seed: int) -> None:
    small, large = layer(seed=seed, std=1.0, eps=1e-12).double(), layer(seed=seed, std=1.0, eps=1e-12).double()
    with torch.no_grad():
        large.linear.weight.mul_(factor)
    x = torch.randn(7, 12, dtype=torch.float64)
    torch.testing.assert_close(large(x), small(x))
    for each in (small, large):
        each(x).pow(3).sum().backward()
        v, slope = each.linear.weight.detach(), each.linear.weight.grad
        assert slope is not None
        assert abs(float((v * slope).sum())) < 1e-6 * float(v.norm() * slope.norm())
    assert small.linear.weight.grad is not None
    expected = small.linear.weight.grad / factor
    # eps is small beside the outputs of the smaller V, but not nothing.
    torch.testing.assert_close(large.linear.weight.grad, expected, rtol=1e-5, atol=1e-6 * float(expected.abs().max()))


def test_where_it_starts() -> None:
    torch.manual_seed(0)
    sdd = SDDLinear(400, 300, bias=True, scale=0.25)
    assert float(sdd.linear.weight.detach().std()) == pytest.approx(1 / sqrt(2.5 * 400), rel=0.02)
    assert (sdd.norm.weight == 0.25).all()
    assert sdd.linear.bias is not None
    assert not sdd.linear.bias.any()
    assert (sdd.in_features, sdd.out_features) == (400, 300)
    x = torch.randn(50, 400)
    torch.testing.assert_close(sdd(x).pow(2).mean(-1).sqrt(), torch.full((50,), 0.25), rtol=1e-3, atol=0)


def test_in_bf16_it_is_as_exact_as_its_input() -> None:
    sdd, x = layer(64, 96), torch.randn(16, 64)
    half = deepcopy(sdd).bfloat16()
    out = half(x.bfloat16())
    assert out.dtype == torch.bfloat16
    exact = sdd(x).detach()
    assert float((out.detach().float() - exact).norm() / exact.norm()) < 0.01
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = sdd(x)
    assert mixed.dtype == torch.bfloat16
    assert float((mixed.detach().float() - exact).norm() / exact.norm()) < 0.01


def test_an_input_of_zeros_gives_zeros_and_finite_gradients() -> None:
    sdd, x = layer(), torch.zeros(2, 12, requires_grad=True)
    assert not sdd(x).any()
    sdd(x).sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


# Models


@pytest.mark.parametrize("family", FAMILIES)
def test_every_projection_of_every_block_is_replaced_and_nothing_else(family: str) -> None:
    stock, model = build(family), build(family)
    SDD().apply(model)
    linear = {path for path, module in stock.named_modules() if isinstance(module, nn.Linear)} - {"lm_head"}
    replaced = {path for path, module in model.named_modules() if isinstance(module, SDDLinear)}
    assert replaced == linear
    for path in replaced:
        layer = model.get_submodule(path)
        assert layer.norm.weight.tolist() == pytest.approx(
            [1 / sqrt(LAYERS) if path.endswith(OUTER[family]) else 1.0] * layer.out_features
        )
        assert (layer.linear.bias is None) == (stock.get_submodule(path).bias is None)
        assert float(layer.linear.weight.detach().std()) == pytest.approx(1 / sqrt(2.5 * 32), rel=0.15)
    after = dict(model.named_parameters())
    for path, parameter in stock.named_parameters():
        if path.rpartition(".")[0] not in linear:
            assert torch.equal(after[path], parameter)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_computes_the_equation(family: str) -> None:
    model, plain = with_other_vectors(decoupled(family)), build(family)
    own = model.state_dict()
    for path, module in model.named_modules():
        if isinstance(module, SDDLinear):
            norm, linear = module.norm.weight, module.linear

            def forward(x: Tensor, a: Tensor = norm, v: nn.Linear = linear) -> Tensor:
                return equation(v.weight, v.bias, a, x)

            plain.get_submodule(path).forward = forward
    rest = {path: value for path, value in own.items() if ".linear." not in path and ".norm.weight" not in path}
    plain.load_state_dict(rest | {p: v for p, v in own.items() if p in plain.state_dict()}, strict=False)
    expected = logits(plain, ids(2, 9))
    torch.testing.assert_close(logits(model, ids(2, 9)), expected, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(expected, logits(build(family), ids(2, 9)), atol=1e-2)


def test_the_spread_at_the_start_changes_gradients_alone() -> None:
    large, small = decoupled("llama", std=0.4), decoupled("llama", std=0.04)
    torch.testing.assert_close(logits(large, ids(2, 9)), logits(small, ids(2, 9)), atol=1e-3, rtol=1e-3)
    ours, theirs = gradient_report(small, ids(2, 9)), gradient_report(large, ids(2, 9))
    for a, b in zip(ours.norms, theirs.norms, strict=True):
        assert a / b == pytest.approx(10, rel=0.01)


# The way back


def test_where_all_tokens_have_one_mean_square_the_way_back_is_exact() -> None:
    model = with_other_vectors(decoupled("qwen2", eps=1e-12))
    tokens = torch.full((2, 1), 7)
    before = logits(model, tokens)
    errors = recouple(model, tokens)
    assert len(errors) == 7 * LAYERS
    assert max(errors.values()) < 1e-3
    torch.testing.assert_close(logits(model, tokens), before, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", ["llama", "opt"])
def test_the_way_back_leaves_the_stock_architecture(family: str) -> None:
    stock, model = build(family), with_other_vectors(decoupled(family))
    errors = recouple(model, ids(4, 9))
    assert [type(module) for module in model.modules()] == [type(module) for module in stock.modules()]
    assert set(model.state_dict()) == set(stock.state_dict())
    assert model.config.to_dict() == stock.config.to_dict()
    assert all(0 < error < 1 for error in errors.values())


def test_the_errors_are_what_the_plain_layers_are_off_by() -> None:
    """Of the first projections, whose input is the same before and after."""
    model, tokens = with_other_vectors(decoupled("llama")), ids(4, 9)
    query = model.model.layers[0].self_attn.q_proj
    x = model.model.layers[0].input_layernorm(model.model.embed_tokens(tokens))
    with torch.no_grad():
        before = query(x)
        errors = recouple(model, tokens)
        plain = model.model.layers[0].self_attn.q_proj
        off = float((plain(x) - before).norm() / before.norm())
        assert errors["model.layers.0.self_attn.q_proj"] == pytest.approx(off, rel=1e-3)
        for factor in (0.98, 1.02):
            assert float((factor * plain(x) - before).norm() / before.norm()) > off


def test_there_must_be_something_to_go_back_from() -> None:
    with pytest.raises(ValueError, match="has no Scale-Distribution Decoupling: `apply` comes first"):
        recouple(build("llama"), ids(1, 5))
    with pytest.raises(ValueError, match=r"call model\.eval\(\) first"):
        recouple(decoupled("llama").train(), ids(1, 5))
    silent = decoupled("llama")
    nn.init.zeros_(silent.model.layers[1].mlp.up_proj.norm.weight)
    with pytest.raises(ValueError, match=r"layers\.1\.mlp\.up_proj put out nothing"):
        recouple(silent, ids(1, 5))
    assert isinstance(silent.model.layers[0].mlp.up_proj, SDDLinear)


# What it refuses


def refuses(model: Any, message: str) -> None:
    before = [type(module) for module in model.modules()]
    with pytest.raises(ValueError, match=message) as refusal:
        SDD().apply(model)
    assert "\n" not in str(refusal.value)
    assert [type(module) for module in model.modules()] == before


def test_matrices_that_are_not_single_projections_and_trained_models_are_refused() -> None:
    refuses(build("gpt2"), r"attn\.c_attn is a Conv1D: only plain nn\.Linear")
    refuses(build("gpt_neox"), "query_key_value is not known to be one projection")
    refuses(build("mixtral"), "is a Mixtral.*: only plain")
    model = build("llama")
    parametrizations.spectral_norm(model.model.layers[2].mlp.down_proj)
    refuses(model, "only plain nn.Linear layers can be decoupled")
    model = build("llama")
    model.model.layers[1].mlp.up_proj = nn.Linear(32, 1)
    refuses(model, r"mlp\.up_proj has a single output")
    refuses(with_other_vectors(build("llama")), r"layers\.0\.input_layernorm is trained, and decoupling starts .* anew")


def test_names_may_be_given() -> None:
    model = build("llama")
    for block in model.model.layers:
        block.mlp.rise = block.mlp.up_proj
        del block.mlp.up_proj
    refuses(model, r"mlp\.rise is not known")
    SDD(inner=(*SDD().inner, "rise")).apply(model)
    assert isinstance(model.model.layers[0].mlp.rise, SDDLinear)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"std": 0.0}, r"std is 0\.0: it must be a positive number"),
        ({"eps": float("nan")}, "eps is nan"),
        ({"out_scale": -1.0}, r"out_scale is -1\.0"),
        ({"inner": ("fc1", "fc2")}, "fc2 is named both"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SDD(**settings)
    with pytest.raises(ValueError, match="1 output: the norm of a single number leaves only its sign"):
        SDDLinear(4, 1)


# The report


@pytest.mark.parametrize("family", ["llama", "opt"])
def test_the_report_is_what_backward_leaves(family: str) -> None:
    model, tokens = decoupled(family), ids(2, 9)
    report = gradient_report(model, tokens)
    assert all(parameter.grad is None for parameter in model.parameters())
    loss = model(tokens, labels=tokens).loss
    loss.backward()
    assert report.loss == pytest.approx(float(loss.detach()), rel=1e-5)
    blocks = next(module for module in model.modules() if isinstance(module, nn.ModuleList))
    for norm, block in zip(report.norms, blocks, strict=True):
        squares = [p.grad.pow(2).sum() for p in block.parameters() if p.dim() > 1 and p.grad is not None]
        assert norm == pytest.approx(float(torch.stack(squares).sum().sqrt()), rel=1e-4)
    assert report.ratio == report.norms[0] / report.norms[-1]


def test_the_page_on_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_example("scale_distribution_decoupling")
