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

The long size is twice as wide and recalls twice the pairs, in half as many steps more, and leaves out all times; a
single memory and full attention are then trained from one seed only. Beside recall it shows the loss of the same
decoders on the prose of a dictionary, each at the best of two rates. That is seven minutes on one quiet core; within an
hour two layers and 32 pairs would be possible.

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
from assay.testbed.evaluation import evaluate, split_windows
from assay.testbed.models import tiny
from assay.testbed.reading import reading
from assay.testbed.sweep import Runs, sweep
from assay.testbed.tasks import Task, accuracy, associative_recall, curriculum
from assay.testbed.training import train_once, windows
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
_SMOOTHED = 20  # steps


@trial(_PAPER, claim="over-widened-memory", long=True)
def widened(bench: Bench) -> None:
    """Recall of MoM against one memory widened to its active state, one as it is, full attention; what each costs."""
    size = _size(bench)
    runs = _sweep(bench, size)
    _claim(bench, size, runs, baseline=_WIDE)
    recall = runs.points(lambda run: [run["recall"][str(pairs)] for pairs in size.tested])
    name = f"recall; training had up to {size.pairs[-1]} pairs"
    bench.curve(name, recall, candidate=_OURS, along="pairs", at=size.tested, unit="%")
    for figure in ("parameters", "state", "active state"):
        bench.score(figure, runs.figures(figure), candidate=_OURS, better="lower")
    bench.score("loss", runs.figures("loss"), candidate=_OURS, unit="nats", better="lower")
    if bench.long:
        _prose(bench, size)
        return
    models = {arm: _new(size, arm, 0) for arm in (_ONE, _WIDE, _OURS, _FULL)}
    batch = size.task(size.pairs[-1]).held_out(size.batch)
    show_overhead(bench, models, candidate=_OURS, baseline=_ONE, batch=batch)
    _lengths(bench)


@trial(_PAPER, claim="over-no-shared-memory", long=True)
def unshared(bench: Bench) -> None:
    """Recall of MoM with and without the shared memory; how evenly the router fills the others."""
    size = _size(bench)
    runs = _sweep(bench, size)
    _claim(bench, size, runs, baseline=_BARE)
    least = {arm: runs.of(arm, lambda run: min(run["load"])) for arm in (_OURS, _BARE)}
    most = {arm: runs.of(arm, lambda run: max(run["load"])) for arm in (_OURS, _BARE)}
    name = "share of tokens of the memory that gets"
    bench.score(f"{name} least", least, candidate=_OURS, unit="%", better="higher")
    bench.score(f"{name} most", most, candidate=_OURS, unit="%", better="lower")


def _claim(bench: Bench, size: "_Size", runs: Runs, *, baseline: str) -> None:
    """Hand in the recall of the most pairs in training, of each seed."""
    recall = runs.figures(lambda run: run["recall"][str(size.pairs[-1])])
    bench.claim(bench.compare("recall", recall, candidate=_OURS, baseline=baseline, unit="%", better="higher"))


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
        long=_Size(64, 8, (4, 8, 16), 24, 32, 32, 32, 600, 16),
    )
    bench.setting(
        "trained here",
        model=f"delta-rule decoder, {size.hidden} wide, 1 layer",
        differs=f"one head of {size.head_dim}, and {size.steps} steps "
        f"of recalling up to {size.pairs[-1]} pairs, instead of 380M parameters, 15 billion tokens and six benchmarks",
    )
    return size


def _sweep(bench: Bench, size: _Size) -> Runs:
    run, rates = partial(_figures, bench, size), bench.pick(quick=(0.02,), cpu=(5e-3, 1.5e-2))
    one_seed = (_ONE, _FULL) if bench.long else ()
    return sweep(run, arms=_ARMS, rates=rates, seeds=bench.seeds(cpu=3), one_seed=one_seed, once=bench.once).tuned


def _figures(bench: Bench, size: _Size, arm: str, rate: float, seed: int) -> dict[str, Any]:
    model: Any = _trained(bench.device, size, arm, rate, seed)
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


def _trained(device: torch.device, size: _Size, arm: str, rate: float, seed: int) -> PreTrainedModel:
    """A model of this arm that has learnt to recall ever more pairs."""
    batches = curriculum([size.task(pairs) for pairs in size.pairs], size.batch, steps=size.steps, seed=seed)
    recipe = {"arm": arm, "size": vars(size), "rate": rate, "seed": seed}
    return train_once(
        recipe, partial(_new, size, arm, seed), batches,
        device=device, steps=size.steps, lr=rate, seed=seed, what=arm,
    )  # fmt: skip


def _prose(bench: Bench, size: _Size) -> None:
    """Loss of every arm after as many steps on real prose as each stage of the recall has, from one seed."""
    text, length = reading(512, prose=True), 64
    batches = windows(text.known, length=length, batch=8, seed=bench.seed)
    held_out = split_windows(text.held_out, length=length, count=256)
    steps = size.steps // len(size.pairs)

    def run(arm: str, rate: float, seed: int) -> dict[str, float]:
        recipe = {"arm": arm, "size": vars(size), "rate": rate, "seed": seed, "text": text.origin, "length": length}
        model: Any = train_once(
            recipe, partial(_new, size, arm, seed, vocabulary=512), batches,
            device=bench.device, steps=steps, lr=rate, seed=seed, what=f"{arm}, prose",
        )  # fmt: skip
        return evaluate(model.to(bench.device), held_out)

    def once(name: str, compute: Callable[[], dict[str, float]]) -> dict[str, float]:
        return bench.once(f"prose, {name}", compute)

    runs = sweep(run, arms=_ARMS, rates=bench.pick(cpu=(5e-3, 1.5e-2)), seeds=[bench.seed], once=once).tuned
    name = f"loss on held-out {text.origin} after {steps} steps"
    bench.score(name, runs.figures("loss"), candidate=_OURS, unit="nats", better="lower")


def _new(size: _Size, arm: str, seed: int, *, vocabulary: int | None = None) -> PreTrainedModel:
    """A model of this arm before it is trained, on the task's tokens or so many others."""
    vocabulary = vocabulary or size.task(size.pairs[0]).vocab_size
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
        "vocab_size": 64, "hidden_size": 64, "num_hidden_layers": 1, "num_heads": 2, "head_dim": 32,
    }  # fmt: skip
    models: dict[str, Any] = {
        _OURS: MomForCausalLM(MomConfig(**shape)).eval(),
        _ONE: MomForCausalLM(MomConfig(**shape | _MEMORIES[_ONE])).eval(),
        _FULL: tiny("llama", vocab_size=64, hidden=64, layers=1, heads=2, kv_heads=2, max_position_embeddings=at[-1]),
    }

    def forward(arm: str, length: float) -> Callable[[], object]:
        model = models[arm].to(bench.device)
        ids = torch.randint(3, 64, (1, int(length)), generator=bench.generator(), device=bench.device)
        return lambda: torch.no_grad()(model)(input_ids=ids, use_cache=False, logits_to_keep=1)

    arms = {arm: partial(forward, arm) for arm in models}
    curve = bench.time_curve("forward pass", arms, candidate=_OURS, along="tokens", at=at)
    power = {line.name or _OURS: _power(curve.at, line.values) for line in curve.lines}
    bench.score("power of the length that time grows by", power, candidate=_OURS, better="lower")


def _power(lengths: Sequence[float], seconds: Sequence[float]) -> float:
    """The slope of the line through all points, both axes logarithmic."""
    return linear_regression([math.log(length) for length in lengths], [math.log(each) for each in seconds]).slope
