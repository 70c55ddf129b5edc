"""LayerNorm Scaling against Pre-LN, Pre-LN with scaled init, Post-LN and DeepNorm, each at the best of three rates.

A narrow Llama learns Python's standard library. The arms have the same parameters, see the same batches in the same
order and have the same budget; each is tried at every rate from one seed, then trained from more seeds at its best one,
and at that also with fewer and with more layers.

What is judged is the quotient of two arms, Pre-LN and LayerNorm Scaling. That does not make a hundred steps into the
paper's twenty thousand. A gain so early may be no more than a quicker start, which scaled init gives as well, and that
is what people use today: the other arms stand beside it. What the paper explains the gain by is shown too: the variance
of what each layer puts out, and what each layer is worth.
"""

import math
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from statistics import mean
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
    _claim(bench, "variance of the last layer's output", last)
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
    _claim(bench, "perplexity of held-out source code", found)
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
    bench.setting(
        "trained here",
        model=f"Llama, {size.hidden} wide, {size.layers} layers",
        differs=f"{size.steps} steps and {tokens:,} tokens of "
        f"Python source at rates from {min(rates):g} to {max(rates):g}, instead of LLaMA-130M, 20,000 steps and "
        "2.2 billion tokens of C4 at 1e-3",
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


def _claim(bench: Bench, metric: str, found: dict[str, list[float]]) -> None:
    """Hand in the claim's figure, of each seed."""
    others = {arm: found[arm] for arm in (_INIT, _POST, _DEEP)}
    baseline = (_PLAIN, found[_PLAIN])
    bench.claim(bench.compare(metric, baseline=baseline, candidate=found[_OURS], others=others, better="lower"))


def _show(bench: Bench, name: str, found: dict[str, list[float]], *, unit: str = "", better: Any) -> None:
    """Show a figure of each seed."""
    others = {arm: found[arm] for arm in _OTHERS}
    bench.score(name, candidate=found[_OURS], others=others, unit=unit, better=better)
