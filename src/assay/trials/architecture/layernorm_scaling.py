"""LayerNorm Scaling against Pre-LN, and against Pre-LN with scaled init, which is what people use today.

A narrow Llama with as many layers as time allows learns Python's standard library. The arms start from the same
weights, see the same batches in the same order and have the same budget; each is trained twice, from two seeds.

The paper's figures are those of its models. Ours are put beside them by setting our Pre-LN to the paper's: what is
judged is the quotient of the two arms. That does not make a hundred steps into the paper's twenty thousand. A gain so
early may be no more than a quicker start, which scaled init gives as well; it stands beside LayerNorm Scaling wherever
that is shown. What the paper explains the gain by is shown too, and is not there so early: deep layers are worth
nothing in any arm, and LayerNorm Scaling turns the stream by a smaller angle, not a larger one.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from statistics import mean, median
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from assay.methods.architecture.layernorm_scaling import depth_report, fold_scales, scale_norms
from assay.testbed.cache import trained
from assay.testbed.models import tiny
from assay.testbed.text import bpe_tokenizer, stdlib_files
from assay.testbed.training import train
from assay.trials import Bench, trial

_PAPER = "2502.05795"
_PLAIN, _OURS, _INIT = "Pre-LN", "LayerNorm Scaling", "Pre-LN with scaled init"
_VOCAB, _LENGTH, _BATCH = 512, 32, 8
# The better of two rates for Pre-LN and LayerNorm Scaling alike; at the other, the paper's 1e-3, such narrow models
# learn little in so few steps, and the arms lie closer together.
_RATE = 3e-3
_CHARACTERS, _HELD_OUT = 400_000, 40_000


@trial(_PAPER, claim="last-layer-variance")
def variance(bench: Bench) -> None:
    """Variance of the last layer's output after training: Pre-LN against LayerNorm Scaling, and scaled init."""
    arms = _arms(bench)
    _beside(bench, "variance of the last layer's output, with Pre-LN's set to 175", arms, "last", paper=175.0)
    _show(bench, arms, "variance of the last layer's output, as it is", "last", better="lower")
    _show(bench, arms, "variance of the first layer's output", "first", better="lower")
    _show(bench, arms, "loss when one layer of the deeper half is left out, rise", "drop", unit="nats", better="higher")
    _show(bench, arms, "angular distance between layers in the deeper half", "angle", better="higher")


@trial(_PAPER, claim="perplexity-130m")
def perplexity(bench: Bench) -> None:
    """Perplexity of held-out text at the same budget: Pre-LN against LayerNorm Scaling, and scaled init."""
    arms = _arms(bench)
    _beside(bench, "perplexity, with Pre-LN's set to 26.73", arms, "perplexity", paper=26.73)
    _show(bench, arms, "perplexity of held-out source code", "perplexity", better="lower")


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


def _arms(bench: Bench) -> dict[str, list[dict[str, float]]]:
    """By arm, its figures from each seed."""
    size = bench.pick(quick=_Size(32, 6, 40), cpu=_Size(32, 12, 100))
    seeds = range(bench.seed, bench.seed + bench.pick(quick=1, cpu=2))
    tokens = size.steps * _BATCH * _LENGTH
    bench.scaled_down(
        f"a Llama {size.hidden} wide with {size.layers} layers, {size.steps} steps and {tokens:,} tokens of Python "
        f"source at a rate of {_RATE:g}, instead of LLaMA-130M, 20,000 steps and 2.2 billion tokens of C4 at 1e-3"
    )
    runs = [(arm, seed) for seed in seeds for arm in (_PLAIN, _OURS, _INIT)]
    found: dict[str, list[dict[str, float]]] = {arm: [] for arm in (_PLAIN, _OURS, _INIT)}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # layers so small are no faster on two, and ten times slower beside another process
    try:
        for arm, seed in bench.progress(runs, "arms"):
            found[arm].append(bench.once(f"{arm}, seed {seed}", partial(_figures, bench, size, arm, seed)))
    finally:
        torch.set_num_threads(threads)
    return found


def _figures(bench: Bench, size: _Size, arm: str, seed: int) -> dict[str, float]:
    model: Any = _taught(size, arm, seed)
    _, held_out = _tokens()
    windows = held_out[: 64 * _LENGTH].view(-1, _LENGTH)
    report = depth_report(model.to(bench.device), windows.to(bench.device))
    deep = slice(size.layers // 2, None)
    return {
        "perplexity": math.exp(report.loss),
        "first": report.variance[0],
        "last": report.variance[-1],
        "drop": mean(report.drop_score[deep]),
        "angle": mean(report.angular_distance[deep]),
    }


def _taught(size: _Size, arm: str, seed: int) -> PreTrainedModel:
    """A model of this arm that has read the library; scales are folded, so that it is of the stock architecture."""
    text, _ = _tokens()

    def batch(step: int) -> dict[str, Tensor]:
        generator = torch.Generator().manual_seed(1_000_003 * seed + step)
        starts = torch.randint(len(text) - _LENGTH, (_BATCH,), generator=generator)
        ids = torch.stack([text[start : start + _LENGTH] for start in starts.tolist()])
        return {"input_ids": ids, "labels": ids}

    def build() -> PreTrainedModel:
        model = tiny(
            "llama", vocab_size=_VOCAB, hidden=size.hidden, layers=size.layers, heads=2, kv_heads=2, seed=seed,
            initializer_range=0.02,  # the paper's
        )  # fmt: skip
        if arm == _INIT:
            _scale_init(model)
        if arm == _OURS:
            scale_norms(model)
        train(model, batch, steps=size.steps, lr=_RATE, weight_decay=0.0, seed=seed, what=arm)
        return fold_scales(model) if arm == _OURS else model

    return trained({"arm": arm, "shape": [size.hidden, size.layers], "steps": size.steps, "seed": seed}, build)


@torch.no_grad()
def _scale_init(model: Any) -> None:
    """Begin with smaller output projections, by 1 / sqrt(2 L), as GPT-2, Megatron and OLMo do."""
    layers = model.model.layers
    for layer in layers:
        for projection in (layer.self_attn.o_proj, layer.mlp.down_proj):
            projection.weight /= math.sqrt(2 * len(layers))


@cache
def _tokens() -> tuple[Tensor, Tensor]:
    """The library's source as token ids: what is trained on, and other modules that are held out."""
    sources = [source for _, source in stdlib_files()]
    random.Random(0).shuffle(sources)  # noqa: S311 - a split, not a secret
    text = "\n".join(sources)[: _CHARACTERS + _HELD_OUT]
    tokenizer = bpe_tokenizer(text[:_CHARACTERS], _VOCAB)
    known, held_out = (torch.tensor(tokenizer(part)["input_ids"]) for part in (text[:_CHARACTERS], text[_CHARACTERS:]))
    return known, held_out


def _of(arms: dict[str, list[dict[str, float]]], arm: str, figure: str) -> list[float]:
    return [run[figure] for run in arms[arm]]


def _beside(bench: Bench, metric: str, arms: dict[str, list[dict[str, float]]], figure: str, *, paper: float) -> None:
    """Hand in a figure in the paper's terms: each seed's Pre-LN counts as the paper's."""
    plain = _of(arms, _PLAIN, figure)

    def set_to(values: Sequence[float]) -> list[float]:
        return [paper * (value / base) for value, base in zip(values, plain, strict=True)]

    bench.measure(
        metric,
        baseline=(_PLAIN, set_to(plain)),
        candidate=set_to(_of(arms, _OURS, figure)),
        others={_INIT: set_to(_of(arms, _INIT, figure))},
        better="lower",
    )


def _show(
    bench: Bench, arms: dict[str, list[dict[str, float]]], name: str, figure: str, *, unit: str = "", better: Any
) -> None:
    """Show the median of a figure over seeds, as it was measured."""
    others = {arm: median(_of(arms, arm, figure)) for arm in (_PLAIN, _INIT)}
    bench.score(name, candidate=median(_of(arms, _OURS, figure)), others=others, unit=unit, better=better)
