"""Scale-Distribution Decoupling against Pre-Norm, Post-Norm and DeepNorm, over a sweep of learning rates.

A narrow Llama with as many layers as time allows learns Python's standard library. Post-Norm is what it is in the
authors' code: the same norms, and the residual path leaves behind them instead of before. Pre-Norm and Post-Norm begin
with output projections smaller by 1 / sqrt(2 L), as the paper's do, DeepNorm with its own recipe; their feed-forward
blocks are a little wider, so that none has fewer parameters than the decoupled arm. All see the same batches in the
same order and have the same budget. The long size reads the prose of a dictionary instead, at twice the width and four
times the tokens, and leaves out all times; Post-Norm and DeepNorm are then trained from one seed only. That is eight
minutes on one quiet core; within an hour 1,500 steps would be possible.

What is judged is SDD's figure by Pre-Norm's; the other arms stand beside it. The paper's losses are after 200 billion
tokens; the arms are still in their first descent here, where a quicker start and a better end cannot be told apart.
What needs no long training is stability: which rates train at all, and how much of the gradient arrives at the first
layer. That it arrives, at a rate at which plain Post-Norm loses it, is what SDD is for, and a condition.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import mean, median
from typing import Any

import torch
from transformers import LlamaConfig, PreTrainedModel

from assay.methods.architecture.scale_distribution_decoupling import ScaleDistributionDecoupling, gradient_report
from assay.testbed.evaluation import split_windows
from assay.testbed.models import tiny
from assay.testbed.reading import Reading, reading
from assay.testbed.sweep import Sweep, sweep
from assay.testbed.training import Batches, one_thread, train_once, windows
from assay.trials import Bench, show_overhead, trial
from assay.trials.architecture._residual import ArrangedLlama, deep_init, scale_init

_PAPER = "2502.15499"
_PRE, _POST, _DEEP, _OURS = "Pre-Norm", "Post-Norm", "DeepNorm", "SDD"
_ARMS = (_PRE, _POST, _DEEP, _OURS)
_DEFAULT, _HIGH, _HIGHEST = 1, 5, 25
"""Multiples of the learning rate that stands for the paper's 3e-4, see `_rate`."""
_MULTIPLES = (_DEFAULT, _HIGH, _HIGHEST)
_PATH = {_PRE: "pre", _POST: "post", _DEEP: "deep", _OURS: "post"}
_LEARNT = 0.1  # nats by which a model must beat the mere frequency of tokens to count as trained
_SMOOTHED = 10  # steps


@trial(_PAPER, claim="training-loss", long=True)
def training_loss(bench: Bench) -> None:
    """Loss of each arm at the best of three learning rates: Pre-Norm against Post-Norm with SDD, and the others."""
    runs, size = _sweep(bench), _size(bench)
    best, name = runs.tuned, f"loss on held-out {_reading(size).what}"
    _claim(bench, name, best.figures("loss"), unit="nats")
    bench.score("best rate", best.figures("rate"), candidate=_OURS, better="higher")
    by_rate = {rate: runs.at(rate) for rate in _MULTIPLES}
    bench.curve(
        f"{name} against the learning rate",
        {arm: [by_rate[rate].of(arm, "loss") for rate in _MULTIPLES] for arm in _ARMS},
        candidate=_OURS, along="times the default rate", at=_MULTIPLES, unit="nats",
    )  # fmt: skip
    if not bench.long:
        models = {arm: _new(size, arm, bench.seed) for arm in _ARMS}
        with one_thread():
            show_overhead(bench, models, candidate=_OURS, baseline=_PRE, batch=_batches(size, 0)(0))
    bench.score("parameters", best.figures("parameters"), candidate=_OURS, better="lower")


@trial(_PAPER, claim="high-learning-rate-loss", long=True)
def high_rate(bench: Bench) -> None:
    """Loss at five times the default learning rate, which rates train, and the gradient at the first layer."""
    runs, size = _sweep(bench), _size(bench)
    by_rate = {rate: runs.at(rate) for rate in _MULTIPLES}
    losses = {rate: by_rate[rate].figures("loss") for rate in _MULTIPLES}
    for rate in _MULTIPLES:
        name = f"loss on held-out {_reading(size).what} at {rate} times the default rate"
        if rate == _HIGH:
            _claim(bench, name, losses[rate], unit="nats")
        else:
            bench.score(name, losses[rate], candidate=_OURS, unit="nats", better="lower")
    limit = _frequency_loss(size) - _LEARNT
    learning = {arm: [float(sum(median(losses[rate][arm]) < limit for rate in _MULTIPLES))] for arm in _ARMS}
    bench.score("rates that train, of three", learning, candidate=_OURS, better="higher")
    for rate, least, most in ((_HIGH, None, None), (_HIGHEST, 0.1, 100.0)):
        name = f"gradient of the first layer by the last's, at {rate} times the default rate"
        gradients = by_rate[rate].figures("gradient")
        bench.score(name, gradients, candidate=_OURS, better="higher", at_least=least, at_most=most)


@trial(_PAPER, claim="convergence-speed", long=True)
def convergence(bench: Bench) -> None:
    """Steps to the loss that every arm reaches, each at its best learning rate: Pre-Norm against Post-Norm with SDD.

    The claim is on Pre-Norm; what Post-Norm reaches as soon by itself is none of the method's doing, and stands beside.
    """
    runs = _sweep(bench).tuned
    curves = runs.figures(lambda run: _smooth(run["losses"]))
    goals = [max(of_arm[at][-1] for of_arm in curves.values() if at < len(of_arm)) for at in range(len(curves[_OURS]))]
    steps = {
        arm: [next(step for step, loss in enumerate(curve, _SMOOTHED) if loss <= goal)
              for curve, goal in zip(curves[arm], goals, strict=False)]  # some arms have one seed
        for arm in _ARMS
    }  # fmt: skip
    _claim(bench, "steps to equal training loss", steps, unit="steps")
    points = runs.points(lambda run: _smooth(run["losses"])[::_SMOOTHED])
    at = range(_SMOOTHED, len(curves[_OURS][0]) + _SMOOTHED, _SMOOTHED)
    name = "training loss, each arm at its best rate"
    bench.curve(name, points, candidate=_OURS, along="steps", at=at, unit="nats")


def _claim(bench: Bench, metric: str, figures: Mapping[str, Sequence[float]], *, unit: str) -> None:
    bench.claim(bench.compare(metric, figures, candidate=_OURS, baseline=_PRE, unit=unit, better="lower"))


@dataclass(frozen=True)
class _Size:
    hidden: int
    layers: int
    heads: int
    length: int
    batch: int
    steps: int
    vocab: int = 512
    prose: bool = False


def _sweep(bench: Bench) -> Sweep:
    """Every arm at every rate from one seed; from the others at its best rate, and at five times the default one."""
    size = _size(bench)
    tokens = size.steps * size.batch * size.length
    bench.setting(
        "trained here",
        model=f"Llama, {size.hidden} wide, {size.layers} layers",
        differs=f"{size.steps} steps and {tokens:,} tokens of "
        f"{_reading(size).origin} at rates from {_rate(size, _DEFAULT):.2g} to {_rate(size, _HIGHEST):.2g}, instead of "
        "models with 581M and 1B parameters and 200 billion tokens of OLMoE-mix at 3e-4",
    )
    run = partial(_figures, bench.device, size)
    return sweep(
        run, arms=_ARMS, rates=_MULTIPLES, seeds=bench.seeds(cpu=3), also=[_HIGH], once=bench.once,
        one_seed=(_POST, _DEEP) if bench.long else (),
    )  # fmt: skip


def _size(bench: Bench) -> _Size:
    return bench.pick(
        quick=_Size(32, 4, 2, 32, 8, 30), cpu=_Size(32, 12, 2, 32, 8, 100), cuda=_Size(512, 16, 8, 256, 32, 400),
        long=_Size(64, 12, 2, 64, 8, 200, vocab=1024, prose=True),
    )  # fmt: skip


def _reading(size: _Size) -> Reading:
    return reading(size.vocab, prose=size.prose)


def _rate(size: _Size, multiple: float) -> float:
    """As large against the weights at the start, whose spread is 1 / sqrt(2.5 width), as the paper's at 2,048."""
    return multiple * 3e-4 * math.sqrt(2048 / size.hidden)


def _figures(device: torch.device, size: _Size, arm: str, multiple: float, seed: int) -> dict[str, Any]:
    rate = _rate(size, multiple)
    model: Any = _train(device, size, arm, rate, seed)
    model.to(device)
    held_out = split_windows(_reading(size).held_out, length=size.length, count=64)
    report = gradient_report(model, held_out.to(device))
    return {
        "loss": report.loss if math.isfinite(report.loss) else _nothing_learnt(size),
        "gradient": report.ratio if math.isfinite(report.ratio) else 0.0,
        "losses": model.config.losses,
        "rate": rate,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }


class _Decoupled(ArrangedLlama):
    """Post-Norm with decoupled matrices, also when it is loaded."""

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__(config)
        ScaleDistributionDecoupling().insert(self)


def _batches(size: _Size, seed: int) -> Batches:
    return windows(_reading(size).known, length=size.length, batch=size.batch, seed=seed)


def _train(device: torch.device, size: _Size, arm: str, rate: float, seed: int) -> PreTrainedModel:
    """A model of this arm that has read the library at this rate."""
    return train_once(
        {"arm": arm, "size": vars(size), "rate": rate, "seed": seed}, partial(_new, size, arm, seed),
        _batches(size, seed), device=device, steps=size.steps, lr=rate, weight_decay=0.1, seed=seed, what=arm,
        if_diverged=_nothing_learnt(size),
    )  # fmt: skip


def _new(size: _Size, arm: str, seed: int) -> Any:
    """A model of this arm before it is trained."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # of what decoupling draws anew
        model = tiny(
            "llama", vocab_size=size.vocab, hidden=size.hidden, layers=size.layers, heads=size.heads,
            kv_heads=size.heads, intermediate=_width(size, arm), seed=seed,
            initializer_range=1 / math.sqrt(2.5 * size.hidden),
            cls=_Decoupled if arm == _OURS else ArrangedLlama, residual=_PATH[arm],
        )  # fmt: skip
    if arm == _DEEP:
        deep_init(model)
    elif arm != _OURS:
        scale_init(model)
    return model


def _width(size: _Size, arm: str) -> int:
    """Inside the feed-forward block; where there is no alpha, wider by as many parameters as it has, rounded up."""
    width = round(size.hidden * 2.5 / 8) * 8
    return width if arm == _OURS else width + math.ceil((5 * size.hidden + 2 * width) / (3 * size.hidden))


def _frequency_loss(size: _Size) -> float:
    """Loss of a model that knows how frequent each token is, and nothing else, in nats."""
    text = _reading(size)
    counts = torch.bincount(text.known, minlength=size.vocab).double() + 1
    return float(-(counts / counts.sum()).log()[text.held_out].mean())


def _nothing_learnt(size: _Size) -> float:
    """Loss where all tokens are alike: what a run that diverged counts as."""
    return math.log(size.vocab)


def _smooth(losses: Sequence[float]) -> list[float]:
    return [mean(losses[end - _SMOOTHED : end]) for end in range(_SMOOTHED, len(losses) + 1)]
