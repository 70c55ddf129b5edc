"""LayerNorm Scaling against Pre-LN, Pre-LN with scaled init, Post-LN and DeepNorm, each at the best of three rates.

A narrow Llama learns Python's standard library. The arms have the same parameters, see the same batches in the same
order and have the same budget; each is tried at every rate from one seed, then trained from more seeds at its best one,
and at that also with fewer and with more layers. The long size reads the prose of a dictionary instead, at twice the
width and six times the tokens, and leaves out other depths and all times; Post-LN and DeepNorm are then trained from
one seed only. That is ten minutes on one quiet core; within an hour 1,800 steps would be possible.

What is judged is the quotient of two arms, Pre-LN and LayerNorm Scaling. That does not make a hundred steps into the
paper's twenty thousand. A gain so early may be no more than a quicker start, which scaled init gives as well, and that
is what people use today: the other arms stand beside it. What the paper explains the gain by is shown too: the variance
of what each layer puts out, and what each layer is worth.
"""

import math
from dataclasses import asdict, dataclass, replace
from functools import partial
from statistics import mean
from typing import Any

import torch
from transformers import PreTrainedModel

from assay.methods.architecture.layernorm_scaling import LayerNormScaling, depth_report, fold
from assay.testbed.cache import load_or_train
from assay.testbed.evaluation import split_windows
from assay.testbed.models import tiny
from assay.testbed.reading import Reading, reading
from assay.testbed.sweep import Sweep, sweep
from assay.testbed.training import Batches, one_thread, train, windows
from assay.trials import Bench, show_overhead, trial
from assay.trials.architecture._residual import ArrangedLlama, deep_init, scale_init

_PAPER = "2502.05795"
_PLAIN, _OURS, _INIT = "Pre-LN", "LayerNorm Scaling", "Pre-LN with scaled init"
_POST, _DEEP = "Post-LN", "DeepNorm"
_ARMS = (_PLAIN, _OURS, _INIT, _POST, _DEEP)
_PATH = {_POST: "post", _DEEP: "deep"}


@trial(_PAPER, claim="last-layer-variance", long=True)
def variance(bench: Bench) -> None:
    """Variance of the last layer's output after training: Pre-LN against LayerNorm Scaling, and three other arms."""
    size, every_rate = _size(bench), _sweep(bench)
    runs = every_rate.tuned
    last = runs.figures(_last_variance)
    bench.claim(
        bench.compare("variance of the last layer's output", last, candidate=_OURS, baseline=_PLAIN, better="lower")
    )
    # A higher rate alone makes it larger: where the best ones differ, arms can only be compared at the same rate.
    for rate in _rates(bench) if bench.long else ():
        name = f"variance of the last layer's output, all at {rate:g}, first seed"
        first = {arm: [values[0]] for arm, values in every_rate.at(rate).figures(_last_variance).items()}
        bench.score(name, first, candidate=_OURS, better="lower")
    deep = slice(size.layers // 2, None)
    drops = runs.figures(lambda run: mean(run["drop"][deep]))
    angles = runs.figures(lambda run: mean(run["angle"][deep]))
    name = "loss when one layer of the deeper half is left out, rise"
    bench.score(name, drops, candidate=_OURS, unit="nats", better="higher")
    name = "angular distance between layers in the deeper half"
    bench.score(name, angles, candidate=_OURS, better="higher")
    layers: dict[str, Any] = {"candidate": _OURS, "along": "layer", "at": range(1, size.layers + 1)}
    bench.curve("variance of each layer's output", runs.points("variance"), **layers)
    bench.curve("loss when a layer is left out, rise", runs.points("drop"), unit="nats", **layers)


def _last_variance(run: dict[str, Any]) -> float:
    of_last: float = run["variance"][-1]
    return of_last


@trial(_PAPER, claim="perplexity-130m", long=True)
def perplexity(bench: Bench) -> None:
    """Perplexity of held-out text at the same budget: Pre-LN against LayerNorm Scaling, and three other arms."""
    size, runs = _size(bench), _sweep(bench)
    perplexities = runs.tuned.figures("perplexity")
    name = f"perplexity of held-out {_reading(size).what}"
    bench.claim(bench.compare(name, perplexities, candidate=_OURS, baseline=_PLAIN, better="lower"))
    bench.score("best rate", runs.best_rates(), candidate=_OURS, better="higher")
    if bench.long:
        return
    depths = bench.pick(quick=(3, size.layers), cpu=(6, size.layers, 24))
    by_depth: dict[str, list[Any]] = {arm: [] for arm in _ARMS}
    with one_thread():
        for depth, arm in bench.progress([(depth, arm) for depth in depths for arm in _ARMS], "depths"):
            deeper = partial(_figures, bench.device, replace(size, layers=depth), arm, runs.best(arm), bench.seed)
            own = depth == size.layers
            by_depth[arm].append(
                perplexities[arm] if own else bench.once(f"{arm}, {depth} layers", deeper)["perplexity"]
            )
        name = "perplexity against depth, at the rate that is best at the middle one"
        bench.curve(name, by_depth, candidate=_OURS, along="layers", at=depths)
        models = {arm: _new(size, arm, bench.seed) for arm in (_PLAIN, _OURS)}
        show_overhead(bench, models, candidate=_OURS, baseline=_PLAIN, batch=_batches(size, 0)(0))


@dataclass(frozen=True)
class _Size:
    hidden: int
    layers: int
    steps: int
    length: int = 32
    batch: int = 8
    vocab: int = 512
    prose: bool = False


def _size(bench: Bench) -> _Size:
    return bench.pick(
        quick=_Size(32, 6, 30),
        cpu=_Size(32, 12, 100),
        long=_Size(64, 12, 300, length=64, vocab=1024, prose=True),
    )


def _rates(bench: Bench) -> tuple[float, ...]:
    return bench.pick(quick=(3e-3,), cpu=(3e-3, 1e-2, 3e-2), long=(3e-3, 1e-2))


def _reading(size: _Size) -> Reading:
    return reading(size.vocab, prose=size.prose)


def _sweep(bench: Bench) -> Sweep:
    """Every arm at every rate from one seed, and from others at its best rate."""
    size, rates = _size(bench), _rates(bench)
    tokens, origin = size.steps * size.batch * size.length, _reading(size).origin
    bench.setting(
        "trained here",
        model=f"Llama, {size.hidden} wide, {size.layers} layers",
        differs=f"{size.steps} steps and {tokens:,} tokens of "
        # The paper's 1e-3 teaches such narrow models little in so few steps, whatever the arm.
        f"{origin} at rates from {min(rates):g} to {max(rates):g}, instead of LLaMA-130M, 20,000 steps and "
        "2.2 billion tokens of C4 at 1e-3",
    )
    run = partial(_figures, bench.device, size)
    one_seed = (_POST, _DEEP) if bench.long else ()
    return sweep(run, arms=_ARMS, rates=rates, seeds=bench.seeds(cpu=3), one_seed=one_seed, once=bench.once)


def _figures(device: torch.device, size: _Size, arm: str, rate: float, seed: int) -> dict[str, Any]:
    model: Any = _train(size, arm, rate, seed)
    held_out = split_windows(_reading(size).held_out, length=size.length, count=64)
    report = depth_report(model.to(device), held_out.to(device))
    loss = report.loss if math.isfinite(report.loss) else math.log(size.vocab)  # as if nothing had been learnt
    return {
        "loss": loss,
        "perplexity": math.exp(loss),
        "variance": report.variance,
        "drop": report.drop_score,
        "angle": report.angular_distance,
    }


def _train(size: _Size, arm: str, rate: float, seed: int) -> PreTrainedModel:
    """A model of this arm that has read the library; scales are folded, so that it needs no code of theirs."""
    batches = _batches(size, seed)

    def build() -> PreTrainedModel:
        model = _new(size, arm, seed)
        # That a run diverged its figures show.
        train(model, batches, steps=size.steps, lr=rate, weight_decay=0.0, seed=seed, what=arm, if_diverged=math.inf)
        return fold(model) if arm == _OURS else model

    recipe = {"arm": arm, "size": asdict(size), "rate": rate, "seed": seed}
    return load_or_train(recipe, build)


def _batches(size: _Size, seed: int) -> Batches:
    return windows(_reading(size).known, length=size.length, batch=size.batch, seed=seed)


def _new(size: _Size, arm: str, seed: int) -> PreTrainedModel:
    """A model of this arm before it is trained."""
    model = tiny(
        "llama", vocab_size=size.vocab, hidden=size.hidden, layers=size.layers, heads=2, kv_heads=2, seed=seed,
        initializer_range=0.02,  # the paper's
        cls=ArrangedLlama, residual=_PATH.get(arm, "pre"),
    )  # fmt: skip
    if arm == _OURS:
        LayerNormScaling().apply(model)
    if arm == _INIT:
        scale_init(model)
    if arm == _DEEP:
        deep_init(model)
    return model
