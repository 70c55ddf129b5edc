"""Mixture of Memories against one memory, one widened to the same active state, none shared, and full attention.

Decoders of one layer learn associative recall: pairs of a key and a value, then keys, each to be answered by its value,
on a rising number of pairs. A head's keys are narrower than there are pairs: one state must mix some of them up.
The widened memory has values as many times wider as MoM has states that a token updates. All arms see the same batches
in the same order, have the same budget, and are tried at the same rates. Parameters and state stand beside accuracy:
MoM has more of both than a single memory, and more state than the widened one.

The rule is the delta rule without decay, of which the task has no use, and convolutions begin by passing the present
token on: with decays and convolutions drawn at random, whether an arm learns the task at all in the steps that there
are is a matter of the seed. Full attention gets two layers: without a convolution one layer cannot look behind a key
that it has seen before.

What is judged is the quotient of two arms' accuracies. The others stand beside it, the single memory as it is among
them: to be ahead of a wider one that is merely slower to learn is no proof of anything.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import linear_regression, mean
from typing import Any

import torch
from transformers import PreTrainedModel

from assay.methods.architecture.mixture_of_memories import MomConfig, MomForCausalLM, router_load
from assay.testbed.cache import trained
from assay.testbed.models import tiny
from assay.testbed.sweep import Sweep, sweep
from assay.testbed.tasks import Task, accuracy, associative_recall, curriculum
from assay.testbed.training import one_thread, train
from assay.trials import Bench, show_overhead, trial

_PAPER = "2502.13685"
_OURS, _BARE, _ONE, _WIDE, _FULL = "MoM", "MoM without shared memory", "one memory", "one widened", "full attention"
_MEMORIES: dict[str, dict[str, Any]] = {
    _ONE: {"num_memories": 1, "topk": 1, "shared_memory": False},
    _WIDE: {"num_memories": 1, "topk": 1, "shared_memory": False, "expand_v": 3.0},
    _OURS: {},  # the paper's: 4, 2 of them for a token, and one shared
    _BARE: {"shared_memory": False},
}
_ARMS = (*_MEMORIES, _FULL)
_RATES = (5e-3, 1.5e-2)
_SMOOTHED = 20  # steps


@trial(_PAPER, claim="over-widened-memory")
def widened(bench: Bench) -> None:
    """Recall of MoM against one memory widened to its active state, one as it is, full attention; what each costs."""
    size = _size(bench)
    found = _sweep(bench, size)
    recall = {arm: _accuracies(found, arm, size.pairs[-1]) for arm in _ARMS}
    _claim(bench, recall, baseline=_WIDE)
    bench.curve(
        f"recall; training had up to {size.pairs[-1]} pairs", along="pairs", at=size.tested, unit="%",
        candidate=[_accuracies(found, _OURS, pairs) for pairs in size.tested],
        others={arm: [_accuracies(found, arm, pairs) for pairs in size.tested] for arm in _ARMS if arm != _OURS},
    )  # fmt: skip
    for figure, better in (("parameters", "lower"), ("state", "lower"), ("active state", "lower"), ("loss", "lower")):
        _show(bench, found, figure, better, unit="nats" if figure == "loss" else "")
    models: dict[str, Any] = {arm: _new(size, arm, 0) for arm in (_ONE, _WIDE, _OURS, _FULL)}
    show_overhead(
        bench, baseline=(_ONE, models[_ONE]), candidate=models[_OURS],
        others={_WIDE: models[_WIDE], _FULL: models[_FULL]}, batch=dict(size.task(size.pairs[-1]).held_out(size.batch)),
    )  # fmt: skip
    _lengths(bench)


@trial(_PAPER, claim="over-no-shared-memory")
def unshared(bench: Bench) -> None:
    """Recall of MoM with and without the shared memory; how evenly the router fills the others."""
    size = _size(bench)
    found = _sweep(bench, size)
    recall = {arm: _accuracies(found, arm, size.pairs[-1]) for arm in _ARMS}
    _claim(bench, recall, baseline=_BARE)
    for name, which in (("least", min), ("most", max)):
        share = {arm: [which(load) for load in found.of(arm, "load")] for arm in (_OURS, _BARE)}
        bench.score(f"share of tokens of the memory that gets {name}", candidate=share[_OURS], unit="%",
                    others={_BARE: share[_BARE]}, better="higher" if which is min else "lower")  # fmt: skip


@dataclass(frozen=True)
class _Size:
    hidden: int
    head_dim: int
    pairs: tuple[int, ...]
    """Stages of the training, each for an equal share of the steps; the last is what is judged."""
    beyond: int
    """Pairs of a test that goes beyond the training."""
    keys: int
    values: int
    batch: int
    steps: int
    chunk: int

    @property
    def tested(self) -> tuple[int, ...]:
        return (*self.pairs, self.beyond)

    def task(self, pairs: int) -> Task:
        return associative_recall(pairs=pairs, keys=self.keys, values=self.values, questions=min(pairs, 8))


def _size(bench: Bench) -> _Size:
    size = bench.pick(
        quick=_Size(32, 8, (1, 2), 4, 4, 4, 32, 100, 16),
        cpu=_Size(32, 8, (2, 4, 8), 16, 16, 8, 32, 400, 16),
        cuda=_Size(256, 32, (8, 32, 128), 256, 256, 64, 64, 3000, 64),
    )
    bench.setting(
        "trained here",
        model=f"delta-rule decoder, {size.hidden} wide, 1 layer",
        differs=f"one head of {size.head_dim}, and {size.steps} steps "
        f"of recalling up to {size.pairs[-1]} pairs, instead of 380M parameters, 15 billion tokens and six benchmarks",
    )
    return size


def _sweep(bench: Bench, size: _Size) -> Sweep:
    with one_thread():
        return sweep(
            partial(_figures, bench, size),
            arms=_ARMS, rates=bench.pick(quick=(0.02,), cpu=_RATES),
            seeds=range(bench.seed, bench.seed + bench.pick(quick=1, cpu=3)), once=bench.once, track=bench.progress,
        )  # fmt: skip


def _figures(bench: Bench, size: _Size, arm: str, rate: float, seed: int) -> dict[str, Any]:
    model: Any = _taught(bench.device, size, arm, rate, seed)
    model.to(bench.device)
    config, tests = model.config, {pairs: size.task(pairs).held_out(256, seed=seed) for pairs in size.tested}
    hardest = tests[size.pairs[-1]]["input_ids"]
    if arm == _FULL:
        state = active = config.num_hidden_layers * 2 * config.hidden_size * hardest.shape[1]
        load = None
    else:
        state, active = config.state_size, config.active_state_size
        load = (100 / config.topk * router_load(model, hardest[:64].to(bench.device))[0]).tolist()
    return {
        "loss": mean(config.losses[-_SMOOTHED:]),
        "recall": {str(pairs): accuracy(model, test, size=64) for pairs, test in tests.items()},
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "state": state,
        "active state": active,
        "load": load,
    }


def _taught(device: torch.device, size: _Size, arm: str, rate: float, seed: int) -> PreTrainedModel:
    stages = [size.task(pairs) for pairs in size.pairs]

    def build() -> PreTrainedModel:
        model: Any = _new(size, arm, seed)
        model.to(device)
        batches = curriculum(stages, size.batch, steps=size.steps, seed=seed)
        model.config.losses = train(model, batches, steps=size.steps, lr=rate, seed=seed, what=arm)
        taught: PreTrainedModel = model.cpu()
        return taught

    return trained({"arm": arm, "size": vars(size), "rate": rate, "seed": seed}, build)


def _new(size: _Size, arm: str, seed: int) -> PreTrainedModel:
    vocabulary = size.task(size.pairs[0]).vocab_size
    if arm == _FULL:
        return tiny("llama", vocab_size=vocabulary, hidden=size.hidden, layers=2, heads=2, kv_heads=2,
                    intermediate=2 * size.hidden, seed=seed)  # fmt: skip
    config = MomConfig(
        vocab_size=vocabulary, hidden_size=size.hidden, num_hidden_layers=1, num_heads=1, head_dim=size.head_dim,
        intermediate_size=2 * size.hidden, initializer_range=size.hidden**-0.5, chunk_size=size.chunk, rule="delta",
        **_MEMORIES[arm],
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        model: Any = MomForCausalLM(config)
        mixer = model.model.layers[0].mixer
        for kernel in (mixer.q_conv, mixer.k_conv, mixer.v_conv):
            kernel.zero_()[:, -1] = 1
    made: PreTrainedModel = model.eval()
    return made


def _lengths(bench: Bench) -> None:
    """Seconds of a forward pass against the length of the text, of one layer of each kind."""
    at = bench.pick(quick=[64, 128], cpu=[512, 1024, 2048, 4096, 8192], cuda=[2048, 8192, 32_768])
    shape: dict[str, Any] = {
        "vocab_size": 64,
        "hidden_size": 64,
        "num_hidden_layers": 1,
        "num_heads": 2,
        "head_dim": 32,
    }
    models: dict[str, Any] = {
        _OURS: MomForCausalLM(MomConfig(**shape)).eval(),
        _ONE: MomForCausalLM(MomConfig(**shape | _MEMORIES[_ONE])).eval(),
        _FULL: tiny("llama", vocab_size=64, hidden=64, layers=1, heads=2, kv_heads=2, max_position_embeddings=at[-1]),
    }

    def forward(arm: str) -> Callable[[float], Callable[[], object]]:
        model = models[arm].to(bench.device)

        def at_length(length: float) -> Callable[[], object]:
            shape = (1, int(length))
            ids = torch.randint(3, 64, shape, generator=bench.generator(), device=bench.device)
            return lambda: torch.no_grad()(model)(input_ids=ids, use_cache=False, logits_to_keep=1)

        return at_length

    curve = bench.time_curve(
        "forward pass", along="tokens", at=at, candidate=forward(_OURS),
        others={arm: forward(arm) for arm in (_ONE, _FULL)},
    )  # fmt: skip
    power = {line.name: _power(curve.at, line.values) for line in curve.lines}
    bench.score("power of the length that time grows by", candidate=power.pop(""), better="lower", others=power)


def _power(lengths: Sequence[float], seconds: Sequence[float]) -> float:
    """The slope of the line through all points, both axes logarithmic."""
    return linear_regression([math.log(length) for length in lengths], [math.log(each) for each in seconds]).slope


def _accuracies(found: Sweep, arm: str, pairs: int) -> list[float]:
    return [recall[str(pairs)] for recall in found.of(arm, "recall")]


def _claim(bench: Bench, recall: dict[str, list[float]], *, baseline: str) -> None:
    """Hand in the accuracies of each seed against those of one of the arms."""
    against = (baseline, recall[baseline])
    others = {arm: recall[arm] for arm in _ARMS if arm not in (_OURS, baseline)}
    bench.claim(
        bench.compare("recall", baseline=against, candidate=recall[_OURS], others=others, unit="%", better="higher")
    )


def _show(bench: Bench, found: Sweep, figure: str, better: Any, *, unit: str = "") -> None:
    """Show a figure of each seed."""
    others = {arm: found.of(arm, figure) for arm in _ARMS if arm != _OURS}
    bench.score(figure, candidate=found.of(_OURS, figure), others=others, unit=unit, better=better)
