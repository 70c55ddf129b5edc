"""LoRAM against LoRA: storage and memory counted at the paper's sizes, and what adapters are worth on a small model.

Storage needs no weights. Models of the sizes of LLaMA-3.1-70B and LLaMA-2-70B are made on PyTorch's meta device, pruned
by the plan of the authors' run file and packed. The paper counts parameters times bits, 16 or 4 for all of them, and so
does the measurement of its claim. Beside it stands every byte that is really stored: with the constants of the 4 bits,
and with embeddings and LM head, which are not packed, in bf16. The memory of a training step is counted in such bytes
(see `assay.trials.memory`).

What the adapters are worth is measured on a small Llama that has read Python's standard library until pruning hurts it,
and is tuned on the English of `pydoc`. Every arm is tried at the same rates with the same batches in the same order. A
natively small model has the pruned model's number of layers, heads and parameters, and read as much as the large one.
The paper's tasks are beyond such a model: ours is how often the likeliest next token of held-out English is right. The
paper's claim has two halves: more than a natively small model with LoRA, which is the baseline, and more than the large
model before tuning, which is a condition. Beside them stands what reviewers of the paper asked for: the pruned model
itself with the adapter that it was trained with.
"""

from functools import partial
from statistics import median
from typing import Any

import torch
from torch import nn

from assay.methods.compression.loram import NF4Linear, Pruning, PruningPlan, stored_bytes
from assay.testbed.evaluation import evaluate
from assay.testbed.models import tiny
from assay.testbed.sweep import Sweep, sweep
from assay.testbed.training import windows
from assay.trials import Bench, show_overhead, trial
from assay.trials.compression.loram._adapters import (
    ARMS,
    FROM_ONE_SEED,
    FULL,
    ITSELF,
    LENGTH,
    NATIVE,
    OURS,
    PRUNED,
    QLORAM,
    UNTUNED,
    Size,
    adapt,
    freeze,
    held_out_english,
    large_model,
    loss_of,
    native_model,
    texts,
    tune,
)
from assay.trials.compression.loram._sizes import frozen_70b, llama_70b, pack, peak_gigabytes, prune

_PAPER = "2502.13533"
_LORA, _LORAM, _QLORA = "LoRA", "LoRAM, pruned alone", "QLoRA, 4 bits alone"
_SMALLEST = "QLoRAM"


@trial(_PAPER, claim="storage-reduction-llama31-70b")
def storage_llama31(bench: Bench) -> None:
    """Storage of the frozen model at the sizes of LLaMA-3.1-70B: in 16 bits, and pruned and in 4 bits."""
    _storage(bench, "LLaMA-3.1-70B", vocab_size=128_256)
    _show_packed(bench)


@trial(_PAPER, claim="storage-reduction-llama2-70b")
def storage_llama2(bench: Bench) -> None:
    """Storage of the frozen model at the sizes of LLaMA-2-70B: in 16 bits, and pruned and in 4 bits."""
    _storage(bench, "LLaMA-2-70B", vocab_size=32_000)


@trial(_PAPER, claim="training-memory-70b")
def training_memory(bench: Bench) -> None:
    """Peak of a training step at the sizes of LLaMA-2-70B: parameters, gradients, optimizer and activations."""
    bench.setting(
        "simulated",
        model="LLaMA-2-70B by its sizes, without weights",
        differs="one text of 512 tokens a step, with activation checkpointing; counted on the meta device, so without "
        "what a GPU's driver, its kernels and fragmentation take",
    )
    smallest = partial(frozen_70b, pruned=True, packed=True)
    peaks = {_LORA: peak_gigabytes(frozen_70b), _SMALLEST: peak_gigabytes(smallest)}
    if not bench.quick:
        peaks[_LORAM] = peak_gigabytes(partial(frozen_70b, pruned=True))
        peaks[_QLORA] = peak_gigabytes(partial(frozen_70b, packed=True))
        name = "QLoRAM, 4 texts a step, no checkpointing, as in the script"
        peaks[name] = peak_gigabytes(smallest, texts=4, checkpoints=False)
    name, unit = "peak memory of a training step", "GB"
    bench.claim(bench.compare(name, peaks, candidate=_SMALLEST, baseline=_LORA, unit=unit, better="lower"))
    bench.score("of it, frozen parameters", stored_bytes(smallest(80)) / 1e9, unit=unit, better="lower")


@trial(_PAPER, claim="mathqa-13b")
def quality(bench: Bench) -> None:
    """Next tokens hit after tuning: a natively small model with LoRA against the large one with LoRAM's adapter."""
    size, device = _size(bench), bench.device
    runs = _sweep(bench, size)
    untuned = evaluate(large_model(size, device.type).to(device), held_out_english())
    hits = runs.tuned.figures("accuracy") | {UNTUNED: [untuned["accuracy"]]}
    losses = runs.tuned.figures("loss") | {UNTUNED: [untuned["loss"]]}
    name = "next tokens of held-out English that are hit"
    bench.claim(bench.compare(name, hits, candidate=OURS, baseline=NATIVE, unit="%", better="higher"))
    ahead = [each - untuned["accuracy"] for each in hits[OURS]]
    bench.score("next tokens hit above the untuned", ahead, unit="%", better="higher", at_least=0.0)
    bench.score("held-out loss", losses, candidate=OURS, unit="nats", better="lower")
    loss = {arm: median(each) for arm, each in losses.items()}
    gain = {arm: 100 * (loss[UNTUNED] - loss[arm]) / (loss[UNTUNED] - loss[FULL]) for arm in PRUNED}
    bench.score("share of LoRA's gain in loss that is kept", gain, candidate=OURS, unit="%", better="higher")
    pays = [used - itself for used, itself in zip(losses[OURS], losses[ITSELF], strict=True)]
    bench.score("loss of inferring large above inferring small", pays, unit="nats", better="lower")
    bench.score("best rate", runs.best_rates(), candidate=OURS, better="higher")
    frozen = {NATIVE: native_model(size, device.type), UNTUNED: large_model(size, device.type)}
    frozen |= {arm: freeze(size, device.type, arm, bench.seed)[0] for arm in PRUNED}
    # Where pruning hurts little before anything is tuned, "infer large" cannot pay.
    library = windows(texts()[0], length=LENGTH, batch=64, seed=-2)(0)
    before = {arm: loss_of(model.to(device), library) for arm, model in frozen.items()}
    bench.score("loss on source code before tuning", before, candidate=OURS, unit="nats", better="lower")
    parameters = {arm: frozen[arm].num_parameters() for arm in (UNTUNED, NATIVE, OURS)}
    bench.score("parameters of the frozen model", parameters, candidate=OURS, better="lower")
    models = {arm: adapt(frozen[of], 0) for arm, of in ((FULL, UNTUNED), (OURS, OURS), (QLORAM, QLORAM))}
    batch = windows(texts()[1], length=LENGTH, batch=size.batch, seed=0)(0)
    show_overhead(bench, models, candidate=OURS, baseline=FULL, batch=batch)


def _storage(bench: Bench, name: str, *, vocab_size: int) -> None:
    """Count the parameters of the paper's own models, as the paper counts them, and the bytes that they really take."""
    bench.setting(
        "as claimed",
        model=f"{name} by its sizes, without weights",
        differs="which neurons and groups are pruned is drawn at random, and sizes do not depend on that",
    )
    full = llama_70b(vocab_size=vocab_size)
    small = prune(full)
    packed, whole = pack(small), stored_bytes(full)
    many, few = full.num_parameters(), small.num_parameters()
    sizes: dict[str, Any] = {"candidate": _SMALLEST, "unit": "B"}
    against_lora: dict[str, Any] = {"baseline": _LORA, "better": "lower", **sizes}
    counted = {_LORA: 2.0 * many, _SMALLEST: 0.5 * few, _LORAM: 2.0 * few, _QLORA: 0.5 * many}
    metric = "parameters of the frozen model times 16 or 4 bits, as the paper counts"
    bench.claim(bench.compare(metric, counted, **against_lora))
    stored = {_LORA: full, _SMALLEST: packed, _LORAM: small, _QLORA: pack(full)}
    metric = "bytes really stored, with constants, and embeddings and LM head in bf16"
    bench.compare(metric, {arm: stored_bytes(model) for arm, model in stored.items()}, **against_lora)
    bench.score("times fewer parameters, by pruning alone", many / few, unit="x", better="higher")
    layers = [module for module in packed.modules() if isinstance(module, NF4Linear)]
    # The 16 levels are the same for all.
    weights = sum(stored_bytes(layer) - layer.levels.nbytes for layer in layers)
    bits = 8 * weights / sum(layer.in_features * layer.out_features for layer in layers)
    bench.score("bits of a packed weight, with its constants", bits, better="lower", at_most=4.2)
    ratios = bench.pick(quick=(0.5, 0.85), cpu=(0.0, 0.25, 0.5, 0.65, 0.75, 0.85, 0.95))
    smaller = [prune(full, ratio) for ratio in ratios]
    curves = {
        _SMALLEST: [stored_bytes(pack(model)) for model in smaller],
        "LoRAM, in bf16": [stored_bytes(model) for model in smaller],
        _LORA: [whole for _ in ratios],
    }
    bench.curve(
        "bytes of the frozen model by how much is pruned", curves, along="pruned of a layer", at=ratios, **sizes
    )


def _show_packed(bench: Bench) -> None:
    """The same bytes of a model that has weights, and what is left of these."""
    full: Any = tiny("llama", vocab_size=512, hidden=256, layers=8, heads=16, kv_heads=8, intermediate=896)
    small = PruningPlan.structured(full, Pruning(layers=(1, -1), score="magnitude")).apply(full)
    packed: Any = pack(small)
    weights = {path: module.weight.detach() for path, module in small.named_modules() if isinstance(module, nn.Linear)}
    error = [
        float((layer.unpacked() - weights[path]).norm() / weights[path].norm())
        for path, layer in packed.named_modules()
        if isinstance(layer, NF4Linear)
    ]
    times = stored_bytes(full.to(torch.bfloat16)) / stored_bytes(packed.to(torch.bfloat16))
    bench.score("times fewer bytes of a small model that was really packed", times, unit="x", better="higher")
    bench.score("relative error of its packed weights", median(error), better="lower", at_most=0.15)


def _size(bench: Bench) -> Size:
    return bench.pick(
        quick=Size(32, 3, 4, 2, 96, 60, 10, 12, 8),
        cpu=Size(64, 4, 8, 4, 192, 700, 70, 60, 8),
        cuda=Size(512, 16, 16, 8, 1536, 6000, 600, 400, 32),
    )


def _sweep(bench: Bench, size: Size) -> Sweep:
    pruned = freeze(size, bench.device.type, OURS, bench.seed)[0]
    times = large_model(size, bench.device.type).num_parameters() / pruned.num_parameters()
    step = size.batch * LENGTH
    bench.setting(
        "trained here",
        model=f"Llama, {size.hidden} wide, {size.layers} layers",
        differs=f"read {2 * size.steps * step:,} tokens of source code, pruned to {times:.2f} times fewer parameters, "
        f"aligned on {size.align * step:,} tokens and tuned on {size.tune * step:,} of English; next tokens, not "
        "MathQA; instead of LLaMA-2-13B and OpenHermes",
    )

    def run(arm: str, rate: float, seed: int) -> dict[str, Any]:
        arm, reading = (OURS, "itself") if arm == ITSELF else (arm, "used")
        name = f"adapter of {arm}, rate {rate:g}, seed {seed}"
        return bench.once(name, partial(tune, bench.device, size, arm, rate, seed))[reading]

    rates = bench.pick(quick=(1.5e-2,), cpu=(3e-3, 1e-2, 3e-2))
    return sweep(run, arms=ARMS, rates=rates, seeds=bench.seeds(cpu=3), one_seed=FROM_ONE_SEED, once=bench.once)
