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

import tempfile
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from pathlib import Path
from statistics import median
from typing import Any, cast

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel

from assay.methods.compression.loram import (
    NF4,
    Alignment,
    NF4Linear,
    Pruning,
    PruningPlan,
    align,
    recover_adapter,
    stored_bytes,
)
from assay.testbed.evaluation import evaluate, split_windows
from assay.testbed.models import matching_width, tiny
from assay.testbed.sweep import Sweep, sweep
from assay.testbed.text import bpe_tokenizer, pydoc_topics, stdlib_source, token_ids
from assay.testbed.training import train, train_once, windows
from assay.trials import Bench, show_overhead, trial
from assay.trials.memory import step_memory

_PAPER = "2502.13533"
_LORA, _LORAM, _QLORA = "LoRA", "LoRAM, pruned alone", "QLoRA, 4 bits alone"
_SMALLEST = "QLoRAM"
_TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


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
    smallest = partial(_frozen_sized, pruned=True, packed=True)
    peaks = {_LORA: _peak(_frozen_sized), _SMALLEST: _peak(smallest)}
    if not bench.quick:
        peaks[_LORAM] = _peak(partial(_frozen_sized, pruned=True))
        peaks[_QLORA] = _peak(partial(_frozen_sized, packed=True))
        name = "QLoRAM, 4 texts a step, no checkpointing, as in the script"
        peaks[name] = _peak(smallest, texts=4, checkpoints=False)
    name, unit = "peak memory of a training step", "GB"
    bench.claim(bench.compare(name, peaks, candidate=_SMALLEST, baseline=_LORA, unit=unit, better="lower"))
    bench.score("of it, frozen parameters", stored_bytes(smallest(80)) / 1e9, unit=unit, better="lower")


@trial(_PAPER, claim="mathqa-13b")
def quality(bench: Bench) -> None:
    """Next tokens hit after tuning: a natively small model with LoRA against the large one with LoRAM's adapter."""
    size, device = _size(bench), bench.device
    runs = _sweep(bench, size)
    untuned = evaluate(_large(size, device.type).to(device), _held_out())
    hits = runs.tuned.figures("accuracy") | {_UNTUNED: [untuned["accuracy"]]}
    losses = runs.tuned.figures("loss") | {_UNTUNED: [untuned["loss"]]}
    name = "next tokens of held-out English that are hit"
    bench.claim(bench.compare(name, hits, candidate=_OURS, baseline=_NATIVE, unit="%", better="higher"))
    ahead = [each - untuned["accuracy"] for each in hits[_OURS]]
    bench.score("next tokens hit above the untuned", ahead, unit="%", better="higher", at_least=0.0)
    bench.score("held-out loss", losses, candidate=_OURS, unit="nats", better="lower")
    loss = {arm: median(each) for arm, each in losses.items()}
    gain = {arm: 100 * (loss[_UNTUNED] - loss[arm]) / (loss[_UNTUNED] - loss[_FULL]) for arm in _PRUNED}
    bench.score("share of LoRA's gain in loss that is kept", gain, candidate=_OURS, unit="%", better="higher")
    pays = [used - itself for used, itself in zip(losses[_OURS], losses[_ITSELF], strict=True)]
    bench.score("loss of inferring large above inferring small", pays, unit="nats", better="lower")
    bench.score("best rate", runs.best_rates(), candidate=_OURS, better="higher")
    frozen = {_NATIVE: _native(size, device.type), _UNTUNED: _large(size, device.type)}
    frozen |= {arm: _frozen(size, device.type, arm, bench.seed)[0] for arm in _PRUNED}
    # Where pruning hurts little before anything is tuned, "infer large" cannot pay.
    library = windows(_texts()[0], length=_LENGTH, batch=64, seed=-2)(0)
    before = {arm: _loss(model.to(device), library) for arm, model in frozen.items()}
    bench.score("loss on source code before tuning", before, candidate=_OURS, unit="nats", better="lower")
    parameters = {arm: frozen[arm].num_parameters() for arm in (_UNTUNED, _NATIVE, _OURS)}
    bench.score("parameters of the frozen model", parameters, candidate=_OURS, better="lower")
    models = {arm: _adapted(frozen[of], 0) for arm, of in ((_FULL, _UNTUNED), (_OURS, _OURS), (_QLORAM, _QLORAM))}
    batch = windows(_texts()[1], length=_LENGTH, batch=size.batch, seed=0)(0)
    show_overhead(bench, models, candidate=_OURS, baseline=_FULL, batch=batch)


# Sizes of 70 billion parameters

_70B: dict[str, Any] = {
    "hidden_size": 8192, "intermediate_size": 28_672, "num_hidden_layers": 80, "num_attention_heads": 64,
    "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 4096,
}  # fmt: skip
"""What both models with 70 billion parameters have."""


def _sized(**config: int) -> PreTrainedModel:
    """The model without weights, in bf16."""
    with torch.device("meta"):
        model: Any = LlamaForCausalLM(LlamaConfig(**_70B | config))
    return cast("PreTrainedModel", model.to(torch.bfloat16))


def _frozen_sized(layers: int, *, pruned: bool = False, packed: bool = False) -> PreTrainedModel:
    """What an arm freezes, of a LLaMA-2-70B of so many layers."""
    model = _sized(vocab_size=32_000, num_hidden_layers=layers)
    if pruned:
        model = _prune(model)
    return NF4().apply(model) if packed else model


def _prune(full: PreTrainedModel, ratio: float = Pruning.ratio) -> PreTrainedModel:
    """By the run file's plan but for which neurons and groups it keeps, of which the sizes do not depend."""
    return PruningPlan.structured(full, Pruning(ratio=ratio, score="random")).apply(full)


def _packed(model: PreTrainedModel) -> PreTrainedModel:
    """A copy in 4 bits."""
    return NF4().apply(deepcopy(model))


def _storage(bench: Bench, name: str, *, vocab_size: int) -> None:
    """Count the parameters of the paper's own models, as the paper counts them, and the bytes that they really take."""
    bench.setting(
        "as claimed",
        model=f"{name} by its sizes, without weights",
        differs="which neurons and groups are pruned is drawn at random, and sizes do not depend on that",
    )
    full = _sized(vocab_size=vocab_size)
    small = _prune(full)
    packed, whole = _packed(small), stored_bytes(full)
    many, few = full.num_parameters(), small.num_parameters()
    sizes: dict[str, Any] = {"candidate": _SMALLEST, "unit": "B"}
    against_lora: dict[str, Any] = {"baseline": _LORA, "better": "lower", **sizes}
    counted = {_LORA: 2.0 * many, _SMALLEST: 0.5 * few, _LORAM: 2.0 * few, _QLORA: 0.5 * many}
    metric = "parameters of the frozen model times 16 or 4 bits, as the paper counts"
    bench.claim(bench.compare(metric, counted, **against_lora))
    stored = {_LORA: full, _SMALLEST: packed, _LORAM: small, _QLORA: _packed(full)}
    metric = "bytes really stored, with constants, and embeddings and LM head in bf16"
    bench.compare(metric, {arm: stored_bytes(model) for arm, model in stored.items()}, **against_lora)
    bench.score("times fewer parameters, by pruning alone", many / few, unit="x", better="higher")
    layers = [module for module in packed.modules() if isinstance(module, NF4Linear)]
    # The 16 levels are the same for all.
    weights = sum(stored_bytes(layer) - layer.levels.nbytes for layer in layers)
    bits = 8 * weights / sum(layer.in_features * layer.out_features for layer in layers)
    bench.score("bits of a packed weight, with its constants", bits, better="lower", at_most=4.2)
    ratios = bench.pick(quick=(0.5, 0.85), cpu=(0.0, 0.25, 0.5, 0.65, 0.75, 0.85, 0.95))
    smaller = [_prune(full, ratio) for ratio in ratios]
    curves = {
        _SMALLEST: [stored_bytes(_packed(model)) for model in smaller],
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
    packed: Any = _packed(small)
    weights = {path: module.weight.detach() for path, module in small.named_modules() if isinstance(module, nn.Linear)}
    error = [
        float((layer.unpacked() - weights[path]).norm() / weights[path].norm())
        for path, layer in packed.named_modules()
        if isinstance(layer, NF4Linear)
    ]
    times = stored_bytes(full.to(torch.bfloat16)) / stored_bytes(packed.to(torch.bfloat16))
    bench.score("times fewer bytes of a small model that was really packed", times, unit="x", better="higher")
    bench.score("relative error of its packed weights", median(error), better="lower", at_most=0.15)


def _peak(frozen: Callable[[int], PreTrainedModel], *, texts: int = 1, checkpoints: bool = True) -> float:
    """Gigabytes at the peak of a training step, of the model with its adapter.

    All layers but the first four and the last two are alike and take as much each: two depths tell of all others.
    """
    few, more, all_layers = 7, 8, 80
    least, next_ = (_peak_of(frozen(layers), texts=texts, checkpoints=checkpoints) for layers in (few, more))
    return (least + (all_layers - few) * (next_ - least) / (more - few)) / 1e9


def _peak_of(model: PreTrainedModel, *, texts: int, checkpoints: bool) -> int:
    tuned = _adapted(model, 0, targets=(*_TARGETS, "lm_head"), low_cpu_mem_usage=True)
    return step_memory(tuned, texts=texts, tokens=512, checkpoints=checkpoints)


# What adapters are worth

_UNTUNED, _FULL, _NATIVE = "untuned large model", "LoRA on the large model", "LoRA on a natively small model"
_OURS, _QLORAM = "LoRAM, Taylor, aligned", "QLoRAM, Taylor, aligned, 4 bits"
_PLAIN, _RANDOM = "LoRAM, Taylor, not aligned", "LoRAM, random, aligned"
_ITSELF = "the pruned model itself, Taylor, aligned"
_ONLY_SHOWN = (_PLAIN, _RANDOM, _QLORAM)
_ARMS = (_FULL, _NATIVE, _OURS, _ITSELF, *_ONLY_SHOWN)
_PRUNED = (_OURS, *_ONLY_SHOWN)
_RATE, _VOCAB, _LENGTH = 3e-3, 512, 64


@dataclass(frozen=True)
class _Size:
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    intermediate: int
    steps: int
    """Until pruning hurts; of twice the batch."""
    align: int
    tune: int
    batch: int


def _size(bench: Bench) -> _Size:
    return bench.pick(
        quick=_Size(32, 3, 4, 2, 96, 60, 10, 12, 8),
        cpu=_Size(64, 4, 8, 4, 192, 700, 70, 60, 8),
        cuda=_Size(512, 16, 16, 8, 1536, 6000, 600, 400, 32),
    )


def _sweep(bench: Bench, size: _Size) -> Sweep:
    pruned = _frozen(size, bench.device.type, _OURS, bench.seed)[0]
    times = _large(size, bench.device.type).num_parameters() / pruned.num_parameters()
    step = size.batch * _LENGTH
    bench.setting(
        "trained here",
        model=f"Llama, {size.hidden} wide, {size.layers} layers",
        differs=f"read {2 * size.steps * step:,} tokens of source code, pruned to {times:.2f} times fewer parameters, "
        f"aligned on {size.align * step:,} tokens and tuned on {size.tune * step:,} of English; next tokens, not "
        "MathQA; instead of LLaMA-2-13B and OpenHermes",
    )

    def run(arm: str, rate: float, seed: int) -> dict[str, Any]:
        arm, reading = (_OURS, "itself") if arm == _ITSELF else (arm, "used")
        name = f"adapter of {arm}, rate {rate:g}, seed {seed}"
        return bench.once(name, partial(_figures, bench.device, size, arm, rate, seed))[reading]

    rates = bench.pick(quick=(1.5e-2,), cpu=(1e-2, 3e-2))
    return sweep(run, arms=_ARMS, rates=rates, seeds=bench.seeds(cpu=3), only_shown=_ONLY_SHOWN, once=bench.once)


def _figures(device: torch.device, size: _Size, arm: str, rate: float, seed: int) -> dict[str, dict[str, float]]:
    """What an adapter comes to on the model that it was trained on, and on the one that it is meant for."""
    frozen, plan = _frozen(size, device.type, arm, seed)
    tuned = _adapted(frozen, seed).to(device)
    english = windows(_texts()[1], length=_LENGTH, batch=size.batch, seed=seed + 1)
    train(tuned, english, steps=size.tune, lr=rate, seed=seed, what=arm)
    itself = evaluate(tuned, _held_out())
    if plan is None:
        return {"itself": itself, "used": itself}
    with tempfile.TemporaryDirectory() as folder:
        small, whole = Path(folder) / "small", Path(folder) / "whole"
        tuned.save_pretrained(str(small), save_embedding_layers=False)
        recover_adapter(small, plan, whole)
        recovered: Any = PeftModel.from_pretrained(_large(size, device.type), str(whole))
    return {"itself": itself, "used": evaluate(recovered.to(device), _held_out())}


def _frozen(size: _Size, device: str, arm: str, seed: int) -> tuple[PreTrainedModel, PruningPlan | None]:
    """What an arm trains its adapter on, and by which plan it was pruned."""
    if arm in (_FULL, _NATIVE):
        return (_large if arm == _FULL else _native)(size, device), None
    small, plan = _small(size, device, 0 if arm == _PLAIN else size.align, seed if arm == _RANDOM else None)
    return _packed(small) if arm == _QLORAM else small, plan


@lru_cache(maxsize=8)
def _small(size: _Size, device: str, steps: int, drawn: int | None) -> tuple[PreTrainedModel, PruningPlan]:
    """The large model pruned, at random if a seed is given, and aligned for so many steps on what it has read."""
    # The paper's ratio for 13B; the first layer is left whole, as its first four are.
    score, seed = ("taylor", 0) if drawn is None else ("random", drawn)
    pruning = Pruning(ratio=0.65, layers=(1, None), score=score, seed=seed)
    model: Any = _large(size, device)
    full: PreTrainedModel = model.to(device)
    library = windows(_texts()[0], length=_LENGTH, batch=size.batch, seed=-1)
    plan = PruningPlan.structured(full, pruning, [library(step) for step in range(8)])
    small = plan.apply(full)
    if steps:
        align(small, map(library, range(8, 8 + steps)), Alignment(lr=_RATE / 3))
    return small, plan


def _adapted(model: PreTrainedModel, seed: int, *, targets: tuple[str, ...] = _TARGETS, **options: Any) -> Any:
    """A copy of a model with a new adapter of the paper's rank and scale."""
    config = LoraConfig(r=8, lora_alpha=16, target_modules=list(targets), task_type="CAUSAL_LM")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return get_peft_model(deepcopy(model), config, **options)


def _large(size: _Size, device: str) -> Any:
    return _pretrained(size, device, size.intermediate, size.kv_heads)


def _native(size: _Size, device: str) -> Any:
    """As deep and wide as the large one, with the heads of its pruned layers, and no fewer parameters than pruned."""
    small, _ = _frozen(size, device, _PLAIN, 0)
    layer: Any = small.get_submodule(f"model.layers.{size.layers - 1}.self_attn")
    kv_heads = layer.k_proj.out_features // layer.head_dim
    width = matching_width(lambda width: _new(size, width, kv_heads), small.num_parameters())
    return _pretrained(size, device, width, kv_heads)


def _pretrained(size: _Size, device: str, intermediate: int, kv_heads: int) -> PreTrainedModel:
    """A model of this size that has read the library."""
    library = windows(_texts()[0], length=_LENGTH, batch=2 * size.batch, seed=0)
    recipe = vars(size) | {"width": intermediate, "kv_heads": kv_heads}
    new = partial(_new, size, intermediate, kv_heads)
    return train_once(recipe, new, library, device=device, steps=size.steps, lr=_RATE, what="reading source code")


def _new(size: _Size, intermediate: int, kv_heads: int) -> PreTrainedModel:
    dim = size.hidden // size.heads
    return tiny(
        "llama", vocab_size=_VOCAB, hidden=size.hidden, layers=size.layers, intermediate=intermediate, head_dim=dim,
        num_attention_heads=size.heads * kv_heads // size.kv_heads, num_key_value_heads=kv_heads,
    )  # fmt: skip


@cache
def _texts() -> tuple[Tensor, Tensor, Tensor]:
    """Token ids of the library's source, of English to tune on, and of English that is held out."""
    library, english, split = stdlib_source(1_000_000), pydoc_topics(), 300_000
    # Both texts are at hand before anything is trained, as they are for the paper's tokeniser.
    tokenizer = bpe_tokenizer([library[:split], english[:split]], _VOCAB)
    ids = partial(token_ids, tokenizer)
    return ids(library), ids(english[:split]), ids(english[split : split + 40_000])


def _held_out() -> Tensor:
    return split_windows(_texts()[2], length=_LENGTH, count=192)


@torch.no_grad()
def _loss(model: Any, batch: Mapping[str, Tensor]) -> float:
    return float(model(**{name: ids.to(model.device) for name, ids in batch.items()}).loss)
