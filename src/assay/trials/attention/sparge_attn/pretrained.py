"""SpargeAttn on a real model that reads prose: time of the attention operator, and perplexity.

**What is compared.** The claim's figure is the time of attention on queries, keys and values that the model makes of
4,096 tokens of GCIDE, in four layers spread over it: dense SDPA, which people use today, against SpargeAttn with
thresholds that its own tuner found on two other windows, under the paper's bound for Llama3.1. FlexAttention over all
tiles tells what is the engine's and what is the skipping's. Beside it stand the error, against as many tiles chosen at
random or by nearness; the tiles skipped by layer, and in how long a text; and the perplexity of the whole model, which
the claim is worth nothing without: with the tuned layers sparse, and with every layer at the official defaults.

**The perplexity** is that of the second half of each window, whose tokens see at least 2,048 others: in the first rows
of a causal map there is little to skip. It is divided by that of dense attention on the same window.

**Budget.** The tuner reads its windows once for each layer, which is why four layers are tuned and not thirty. On two
cores reading takes two minutes, tuning one and a half, timing one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import nan
from statistics import fmean
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from assay.methods.attention.sparge_attn import (
    AttentionInput,
    BlockPlan,
    SpargeAttn,
    SpargeConfig,
    TunedSpargeAttn,
    attend,
    sparge_attention,
    tune_heads,
)
from assay.methods.attention.sparge_attn.models import attention_inputs, sparse_layers
from assay.testbed.evaluation import split_windows
from assay.testbed.pretrained import LanguageModel
from assay.testbed.prose import gcide
from assay.trials import Bench, trial
from assay.trials.attention.sparge_attn import (
    _DENSE,
    _OURS,
    _THETAS,
    _TOLERANCE,
    _dense,
    _error,
    _percent,
    _random_tiles,
    _window,
)

_PAPER = "2502.18137"
_L1 = 0.08
"""The paper's bound on the relative L1 error for Llama3.1."""
_CALIBRATION = 2
"""Windows that thresholds are found on."""
_TOPK, _TAU = "topk 0.5 in every layer", "tau 0.98 in every layer"
_DEFAULTS = {_TOPK: SpargeConfig(topk=0.5), _TAU: SpargeConfig(tau=0.98)}
"""The two settings that the official code brings."""
_ENGINE = "auto"

_Calls = Mapping[int, AttentionInput]
_Configs = Mapping[int, SpargeConfig]


@trial(_PAPER, claim="operator-speedup", pretrained=True)
def prose(bench: Bench) -> None:
    """Dense SDPA against tuned SpargeAttn on a long window of prose: attention of some layers, and perplexity."""
    lm = bench.pretrained
    tested, most = bench.pick(quick=1, cpu=2, cuda=8), bench.pick(quick=1, cpu=4, cuda=8)
    layers = _spread(sorted(sparse_layers(lm.model)), most)
    tokens = min(bench.pick(quick=256, cpu=4_096, cuda=8_192), lm.model.config.max_position_embeddings)
    text = lm.ids(gcide().text(6 * tokens * (_CALIBRATION + tested)))
    windows = split_windows(text, length=tokens, count=_CALIBRATION + tested)
    calibration, windows = windows[:_CALIBRATION], windows[_CALIBRATION:]
    calls = {layer: made[0] for layer in layers if (made := _inputs(lm, layer, windows[:1]))}
    if not calls:
        bench.not_testable("a layer that attends to all tokens before it, which this model lacks")
    bench.on_pretrained(
        f"{tokens:,} tokens of {gcide().name} instead of 128K; layers {', '.join(map(str, calls))}; no INT8"
    )
    lengths = [tokens // 4, tokens // 2, tokens]
    thresholds = {
        layer: bench.once(f"thresholds of layer {layer}", partial(_tune, lm, layer, calibration, lengths))
        for layer in bench.progress(calls, "tuning")
    }
    by_length = [{layer: _config(each[at]) for layer, each in thresholds.items()} for at in range(len(lengths))]
    skipped = [
        fmean(_percent(_first(call, length).plan(configs[layer])) for layer, call in calls.items())
        for length, configs in zip(lengths, by_length, strict=True)
    ]
    name = f"tiles skipped within an error of {_L1}"
    bench.curve(name, {_OURS: skipped}, candidate=_OURS, along="tokens", at=lengths, unit="%")
    tuned = by_length[-1]
    _show_error(bench, calls, tuned)
    _show_perplexity(bench, lm, windows, tuned)
    _race(bench, calls, tuned)


def _race(bench: Bench, calls: _Calls, tuned: _Configs) -> None:
    everything = {layer: call.plan(SpargeConfig(tau=1.0, theta=1.0)) for layer, call in calls.items()}
    arms: dict[str, Callable[[], object]] = {
        _DENSE: lambda: [_dense(call) for call in calls.values()],
        _OURS: lambda: [_sparse(call, tuned[layer]) for layer, call in calls.items()],
        **{name: partial(_all_sparse, calls, config) for name, config in _DEFAULTS.items()},
        "dense FlexAttention": lambda: [_attend(call, everything[layer]) for layer, call in calls.items()],
        "mask prediction alone": lambda: [call.plan(tuned[layer]) for layer, call in calls.items()],
    }
    bench.claim(bench.time("attention operator time", arms, candidate=_OURS, baseline=_DENSE))


def _show_error(bench: Bench, calls: _Calls, tuned: _Configs) -> None:
    """The relative L1 error, a mean over layers, beside rivals that keep as many tiles in each row."""
    errors: dict[str, list[float]] = {}
    for layer, call in calls.items():
        exact, plan = _dense(call), call.plan(tuned[layer])
        rivals = {"random tiles": _random_tiles(plan, bench.generator()), "sliding window": _window(plan)}
        outs = {_OURS: _sparse(call, tuned[layer])}
        outs |= {name: _attend(call, rival) for name, rival in rivals.items()}
        outs |= {name: _sparse(call, config) for name, config in _DEFAULTS.items()}
        for name, out in outs.items():
            errors.setdefault(name, []).append(_error(out, exact))
    means = {name: fmean(each) for name, each in errors.items()}
    bench.score("relative L1 error", means, candidate=_OURS, better="lower")


def _show_perplexity(bench: Bench, lm: LanguageModel, windows: Tensor, tuned: _Configs) -> None:
    """Perplexity and tiles skipped: with the tuned layers sparse and the others dense, and with all of them sparse."""
    arms: dict[str, Any] = {_OURS: TunedSpargeAttn(tuned, min_tokens=1, engine=_ENGINE)}
    for name, config in _DEFAULTS.items():
        arms[name] = SpargeAttn(**vars(config), min_tokens=1, engine=_ENGINE)
    dense: list[float] = bench.once("perplexity, dense", lambda: _perplexities(lm, windows))
    readings = {
        name: bench.once(f"perplexity, {name}", partial(_read_sparsely, lm, windows, setting))
        for name, setting in bench.progress(arms.items(), "perplexity")
    }
    sparse = {name: each["perplexity"] for name, each in readings.items()}
    over = {name: [a / b for a, b in zip(each, dense, strict=True)] for name, each in sparse.items()}
    bench.score("perplexity over dense", over, candidate=_OURS, better="lower", at_most=1.01)
    bench.score("perplexity", {**sparse, "dense": dense}, candidate=_OURS, better="lower")
    skipped = {name: dict(each["skipped"]) for name, each in readings.items()}
    means = {name: fmean(each.values()) for name, each in skipped.items()}
    bench.score("tiles skipped in its layers", means, candidate=_OURS, unit="%", better="higher")
    layers = sorted(set().union(*skipped.values()))
    if len(layers) > 1:
        lines = {name: [each.get(layer, nan) for layer in layers] for name, each in skipped.items()}
        bench.curve("tiles skipped by layer", lines, candidate=_OURS, along="layer", at=layers, unit="%")


def _read_sparsely(lm: LanguageModel, windows: Tensor, setting: SpargeAttn | TunedSpargeAttn) -> dict[str, Any]:
    """The ``perplexity`` of each window, and in per cent the tiles that each layer has ``skipped``."""
    with setting(lm.model) as log:
        perplexities = _perplexities(lm, windows)
    return {"perplexity": perplexities, "skipped": [(at, 100 * share) for at, share in log.sparsity_by_layer.items()]}


@torch.no_grad()
def _perplexities(lm: LanguageModel, windows: Tensor) -> list[float]:
    """Of the second half of each window, which is read at once."""
    model: Any = lm.model
    half = windows.shape[1] // 2
    perplexities = []
    for window in windows:
        logits = model(input_ids=window[None], use_cache=False, logits_to_keep=half + 1).logits[0, :-1]
        perplexities.append(float(cross_entropy(logits.float(), window[-half:]).exp()))
    return perplexities


def _tune(lm: LanguageModel, layer: int, windows: Tensor, lengths: Sequence[int]) -> list[dict[str, Any]]:
    """Thresholds of a layer's heads for each length of text."""
    calls, template = _inputs(lm, layer, windows), SpargeConfig(tau=1.0, inclusive=True)
    configs = [
        tune_heads(
            [_first(call, length) for call in calls], l1=_L1, thetas=_THETAS, tolerance=_TOLERANCE, template=template
        )
        for length in lengths
    ]
    return [{"tau": config.tau, "theta": config.theta} for config in configs]


def _config(thresholds: Mapping[str, Sequence[float]]) -> SpargeConfig:
    return SpargeConfig(tau=tuple(thresholds["tau"]), theta=tuple(thresholds["theta"]), inclusive=True)


def _inputs(lm: LanguageModel, layer: int, windows: Tensor) -> list[AttentionInput]:
    batches = [{"input_ids": window[None], "use_cache": False, "logits_to_keep": 1} for window in windows]
    return attention_inputs(lm.model, layer, batches)


def _first(call: AttentionInput, tokens: int) -> AttentionInput:
    """What the layer gets from the first tokens alone: under causal masking, the first rows."""
    query, key, value = (each[..., :tokens, :].contiguous() for each in (call.query, call.key, call.value))
    return replace(call, query=query, key=key, value=value)


def _spread(layers: Sequence[int], most: int) -> list[int]:
    """So many layers, or all, at even distances, none of them the first or last if there are others."""
    count = min(most, len(layers))
    return [layers[(2 * at + 1) * len(layers) // (2 * count)] for at in range(count)]


def _sparse(call: AttentionInput, config: SpargeConfig) -> Tensor:
    return sparge_attention(call.query, call.key, call.value, config, is_causal=True, scale=call.scale, engine=_ENGINE)


def _all_sparse(calls: _Calls, config: SpargeConfig) -> list[Tensor]:
    return [_sparse(call, config) for call in calls.values()]


def _attend(call: AttentionInput, plan: BlockPlan) -> Tensor:
    return attend(call.query, call.key, call.value, plan, scale=call.scale, engine=_ENGINE)
