"""LayerNorm Scaling against Pre-LN, Pre-LN with scaled init, Post-LN and DeepNorm, each at the best of three rates.

A narrow Llama learns Python's standard library. The arms have the same parameters, see the same batches in the same
order and have the same budget; each is tried at every rate from one seed, then trained from more seeds at its best one,
and at that also with fewer and with more layers.

The paper's figures are those of its models. Ours are put beside them by setting our Pre-LN to the paper's: what is
judged is the quotient of the two arms. That does not make a hundred steps into the paper's twenty thousand. A gain so
early may be no more than a quicker start, which scaled init gives as well, and scaled init is what people use today:
that no other arm has a lower perplexity is a condition. What the paper explains the gain by is shown too: the variance
of what each layer puts out, and what each layer is worth.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from statistics import mean, median
from typing import Any

import torch
from transformers import PreTrainedModel

from assay.methods.architecture.layernorm_scaling import depth_report, fold_scales, scale_norms
from assay.testbed.cache import trained
from assay.testbed.models import tiny
from assay.testbed.sweep import Sweep, sweep
from assay.testbed.text import library_tokens
from assay.testbed.training import one_thread, train, windows
from assay.trials import Bench, show_overhead, trial
from assay.trials.architecture._residual import ArrangedLlama, deep_init, scale_init

_PAPER = "2502.05795"
_PLAIN, _OURS, _INIT = "Pre-LN", "LayerNorm Scaling", "Pre-LN with scaled init"
_POST, _DEEP = "Post-LN", "DeepNorm"
_ARMS = (_PLAIN, _OURS, _INIT, _POST, _DEEP)
_OTHERS = tuple(arm for arm in _ARMS if arm != _OURS)
_PATH = {_POST: "post", _DEEP: "deep"}
_RATES = (3e-3, 1e-2, 3e-2)
"""Beyond the paper's 1e-3, at which such narrow models learn little in so few steps, whatever the arm."""
_VOCAB, _LENGTH, _BATCH = 512, 32, 8


@trial(_PAPER, claim="last-layer-variance")
def variance(bench: Bench) -> None:
    """Variance of the last layer's output after training: Pre-LN against LayerNorm Scaling, and three other arms."""
    size, runs = _sweep(bench)
    last = {arm: [values[-1] for values in runs.of(arm, "variance")] for arm in _ARMS}
    _beside(bench, "variance of the last layer's output, with Pre-LN's set to 175", last, paper=175.0)
    _show(bench, "variance of the last layer's output, as it is", last, better="lower")
    deep = slice(size.layers // 2, None)
    for name, figure, unit in (
        ("loss when one layer of the deeper half is left out, rise", "drop", "nats"),
        ("angular distance between layers in the deeper half", "angle", ""),
    ):
        means = {arm: [mean(values[deep]) for values in runs.of(arm, figure)] for arm in _ARMS}
        _show(bench, name, means, unit=unit, better="higher")
    for name, figure, unit in (
        ("variance of each layer's output", "variance", ""),
        ("loss when a layer is left out, rise", "drop", "nats"),
    ):
        layers = {arm: list(zip(*runs.of(arm, figure), strict=True)) for arm in _ARMS}
        bench.curve(name, along="layer", at=range(1, size.layers + 1), candidate=layers.pop(_OURS), others=layers,
                    unit=unit)  # fmt: skip


@trial(_PAPER, claim="perplexity-130m")
def perplexity(bench: Bench) -> None:
    """Perplexity of held-out text at the same budget: Pre-LN against LayerNorm Scaling, and three other arms."""
    size, runs = _sweep(bench)
    found = {arm: runs.of(arm, "perplexity") for arm in _ARMS}
    _beside(bench, "perplexity, with Pre-LN's set to 26.73", found, paper=26.73)
    _show(bench, "perplexity of held-out source code", found, better="lower")
    ahead = min(median(found[arm]) for arm in _OTHERS) / median(found[_OURS])
    bench.score("perplexity of the best other arm, by LayerNorm Scaling's", candidate=ahead, better="higher",
                at_least=1.0)  # fmt: skip
    _show(bench, "best rate", {arm: [runs.best(arm)] for arm in _ARMS}, better="higher")
    depths = bench.pick(quick=(3, size.layers), cpu=(6, size.layers, 24))
    at: dict[str, list[Any]] = {arm: [] for arm in _ARMS}
    with one_thread():
        for depth, arm in bench.progress([(depth, arm) for depth in depths for arm in _ARMS], "depths"):
            deeper = partial(_figures, bench.device, replace(size, layers=depth), arm, runs.best(arm), bench.seed)
            own = depth == size.layers
            at[arm].append(found[arm] if own else bench.once(f"{arm}, {depth} layers", deeper)["perplexity"])
        bench.curve("perplexity against depth, at the rate that is best at the middle one", along="layers", at=depths,
                    candidate=at.pop(_OURS), others=at)  # fmt: skip
        new = {arm: _new(size, arm, bench.seed) for arm in (_PLAIN, _OURS)}
        batch = windows(library_tokens(_VOCAB)[0], length=_LENGTH, batch=_BATCH, seed=0)(0)
        show_overhead(bench, baseline=(_PLAIN, new[_PLAIN]), candidate=new[_OURS], batch=batch)


@trial(_PAPER, claim="perplexity-250m")
def perplexity_250m(bench: Bench) -> None:
    """Perplexity of a model of 250M parameters."""
    bench.not_testable("3.9B tokens of C4 and the GPU hours to train 250M parameters on them, once for each arm")


@trial(_PAPER, claim="perplexity-drop-1b")
def perplexity_1b(bench: Bench) -> None:
    """Perplexity of a model of 1B parameters."""
    bench.not_testable("8.9B tokens of C4 and the GPU days to train 1B parameters on them, once for each arm")


@trial(_PAPER, claim="fine-tuned-average-250m")
def fine_tuned(bench: Bench) -> None:
    """Accuracy after fine-tuning a model of 250M parameters."""
    bench.not_testable("Commonsense170K, and a model of 250M parameters pre-trained in each arm")


@dataclass(frozen=True)
class _Size:
    hidden: int
    layers: int
    steps: int


def _sweep(bench: Bench) -> tuple[_Size, Sweep]:
    """Every arm at every rate from one seed, and from others at its best rate."""
    size = bench.pick(quick=_Size(32, 6, 30), cpu=_Size(32, 12, 100))
    rates, seeds = bench.pick(quick=((3e-3,), 1), cpu=(_RATES, 3))
    tokens = size.steps * _BATCH * _LENGTH
    bench.scaled_down(
        f"a Llama {size.hidden} wide with {size.layers} layers, {size.steps} steps and {tokens:,} tokens of Python "
        f"source at rates from {min(rates):g} to {max(rates):g}, instead of LLaMA-130M, 20,000 steps and 2.2 billion "
        "tokens of C4 at 1e-3"
    )
    with one_thread():
        return size, sweep(
            partial(_figures, bench.device, size),
            arms=_ARMS, rates=rates, seeds=range(bench.seed, bench.seed + seeds), once=bench.once, track=bench.progress,
        )  # fmt: skip


def _figures(device: torch.device, size: _Size, arm: str, rate: float, seed: int) -> dict[str, Any]:
    model: Any = _taught(size, arm, rate, seed)
    held_out = library_tokens(_VOCAB)[1][: 64 * _LENGTH].view(-1, _LENGTH)
    report = depth_report(model.to(device), held_out.to(device))
    loss = report.loss if math.isfinite(report.loss) else math.log(_VOCAB)  # as if nothing had been learnt
    return {
        "loss": loss,
        "perplexity": math.exp(loss),
        "variance": report.variance,
        "drop": report.drop_score,
        "angle": report.angular_distance,
    }


def _taught(size: _Size, arm: str, rate: float, seed: int) -> PreTrainedModel:
    """A model of this arm that has read the library; scales are folded, so that it needs no code of theirs."""
    batches = windows(library_tokens(_VOCAB)[0], length=_LENGTH, batch=_BATCH, seed=seed)

    def build() -> PreTrainedModel:
        model = _new(size, arm, seed)
        with suppress(ValueError):  # that it diverged its figures will show
            train(model, batches, steps=size.steps, lr=rate, weight_decay=0.0, seed=seed, what=arm)
        return fold_scales(model) if arm == _OURS else model

    recipe = {"arm": arm, "shape": [size.hidden, size.layers], "steps": size.steps, "rate": rate, "seed": seed}
    return trained(recipe, build)


def _new(size: _Size, arm: str, seed: int) -> PreTrainedModel:
    """A model of this arm before it is trained."""
    model = tiny(
        "llama", vocab_size=_VOCAB, hidden=size.hidden, layers=size.layers, heads=2, kv_heads=2, seed=seed,
        initializer_range=0.02,  # the paper's
        cls=ArrangedLlama, residual=_PATH.get(arm, "pre"),
    )  # fmt: skip
    if arm == _OURS:
        scale_norms(model)
    if arm == _INIT:
        scale_init(model)
    if arm == _DEEP:
        deep_init(model)
    return model


def _beside(bench: Bench, metric: str, found: dict[str, list[float]], *, paper: float) -> None:
    """Hand in a figure in the paper's terms: each seed's Pre-LN counts as the paper's."""

    def set_to(values: Sequence[float]) -> list[float]:
        return [paper * (value / base) for value, base in zip(values, found[_PLAIN], strict=True)]

    bench.measure(
        metric,
        baseline=(_PLAIN, set_to(found[_PLAIN])),
        candidate=set_to(found[_OURS]),
        others={arm: set_to(found[arm]) for arm in (_INIT, _POST, _DEEP)},
        better="lower",
    )


def _show(bench: Bench, name: str, found: dict[str, list[float]], *, unit: str = "", better: Any) -> None:
    """Show the median of a figure over seeds, as it was measured."""
    others = {arm: median(found[arm]) for arm in _OTHERS}
    bench.score(name, candidate=median(found[_OURS]), others=others, unit=unit, better=better)
