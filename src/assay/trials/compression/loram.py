"""LoRAM against LoRA: storage and memory counted at the paper's sizes, and what adapters are worth on a small model.

Storage needs no weights. Models of the sizes of LLaMA-3.1-70B and LLaMA-2-70B are made on PyTorch's meta device, pruned
by the plan of the authors' run file and packed. The paper counts parameters times bits, 16 or 4 for all of them, and so
does the measurement of its claim. Beside it stands every byte that is really stored: with the constants of the 4 bits,
and with embeddings and LM head, which are not packed, in bf16. The memory of a training step is counted in such bytes:
operations on that device make tensors that have a size and nothing else. Attention is computed the plain way there,
with its map of T x T, which is more than a fused kernel takes.

What the adapters are worth is measured on a small Llama that has read Python's standard library until pruning hurts it,
and is tuned on the English of `pydoc`. Every arm is tried at the same rates with the same batches in the same order. A
natively small model has the pruned model's number of layers, heads and parameters, and read as much as the large one.
The paper's tasks are beyond such a model: ours is how often the likeliest next token of held-out English is right. The
paper's claim has two halves: more than a natively small model with LoRA, which is the baseline, and more than the large
model before tuning, which is a condition. Beside them stands what reviewers of the paper asked for: the pruned model
itself with the adapter that it was trained with.
"""

import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, cast

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
from assay.papers.comparison import Better
from assay.testbed.cache import trained
from assay.testbed.models import tiny
from assay.testbed.sweep import Sweep, sweep
from assay.testbed.text import bpe_tokenizer, pydoc_topics, stdlib_source
from assay.testbed.training import one_thread, train, windows
from assay.trials import Bench, show_overhead, trial
from assay.trials.bench import Values
from assay.trials.memory import peak_memory

_PAPER = "2502.13533"

_LLAMA_31 = {"vocab_size": 128_256}
_LLAMA_2 = {"vocab_size": 32_000}
_70B: dict[str, Any] = {
    "hidden_size": 8192,
    "intermediate_size": 28_672,
    "num_hidden_layers": 80,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "max_position_embeddings": 4096,
}
"""What both models with 70 billion parameters have."""
_TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@trial(_PAPER, claim="storage-reduction-llama31-70b")
def storage_llama31(bench: Bench) -> None:
    """Storage of the frozen model at the sizes of LLaMA-3.1-70B: in 16 bits, and pruned and in 4 bits."""
    _storage(bench, "LLaMA-3.1-70B", _LLAMA_31)
    _show_packed(bench)


@trial(_PAPER, claim="storage-reduction-llama2-70b")
def storage_llama2(bench: Bench) -> None:
    """Storage of the frozen model at the sizes of LLaMA-2-70B: in 16 bits, and pruned and in 4 bits."""
    _storage(bench, "LLaMA-2-70B", _LLAMA_2)


@trial(_PAPER, claim="training-memory-70b")
def training_memory(bench: Bench) -> None:
    """Peak of a training step at the sizes of LLaMA-2-70B: parameters, gradients, optimizer and activations."""
    bench.setting(
        "simulated",
        model="LLaMA-2-70B by its sizes, without weights",
        differs="one text of 512 tokens a step, with activation checkpointing; counted on the meta device, so without "
        "what a GPU's driver, its kernels and fragmentation take",
    )
    small = partial(_frozen_sized, pruned=True, packed=True)
    others = {}
    if not bench.quick:
        arms = {
            "LoRAM, pruned alone": partial(_frozen_sized, pruned=True),
            "QLoRA, 4 bits alone": partial(_frozen_sized, packed=True),
        }
        others = {arm: _peak(model) for arm, model in arms.items()}
        others["QLoRAM, 4 texts a step, no checkpointing, as in the script"] = _peak(small, texts=4, checkpoints=False)
    peak = bench.compare(
        "peak memory of a training step",
        baseline=("LoRA", _peak(_frozen_sized)),
        candidate=_peak(small),
        others=others,
        unit="GB",
        better="lower",
    )
    bench.claim(peak)
    bench.score("of it, frozen parameters", candidate=stored_bytes(small(80)) / 1e9, unit="GB", better="lower")


@trial(_PAPER, claim="mathqa-13b")
def quality(bench: Bench) -> None:
    """Next tokens hit after tuning: a natively small model with LoRA against the large one with LoRAM's adapter."""
    size = _size(bench)
    runs = _sweep(bench, size)
    untuned = _held_out(_on(bench, _base(bench, size)))
    hits = {arm: runs.of(arm, "accuracy") for arm in _ARMS} | {_UNTUNED: [untuned["accuracy"]]}
    ours = hits.pop(_OURS)
    hit = bench.compare(
        "next tokens of held-out English that are hit",
        candidate=ours,
        baseline=(_NATIVE, hits.pop(_NATIVE)),
        others=hits,
        unit="%",
        better="higher",
    )
    bench.claim(hit)
    ahead = [each - untuned["accuracy"] for each in ours]
    bench.score("next tokens hit above the untuned", candidate=ahead, unit="%", better="higher", at_least=0.0)
    losses = {arm: runs.of(arm, "loss") for arm in _ARMS} | {_UNTUNED: [untuned["loss"]]}
    _show(bench, "held-out loss", losses, unit="nats", better="lower")
    loss = {arm: median(each) for arm, each in losses.items()}
    gain = {arm: 100 * (loss[_UNTUNED] - loss[arm]) / (loss[_UNTUNED] - loss[_FULL]) for arm in _LORAM}
    _show(bench, "share of LoRA's gain in loss that is kept", gain, unit="%", better="higher")
    pays = [used - itself for used, itself in zip(losses[_OURS], losses[_ITSELF], strict=True)]
    bench.score("loss of inferring large above inferring small", candidate=pays, unit="nats", better="lower")
    _show(bench, "best rate", {arm: runs.best(arm) for arm in _ARMS}, better="higher")
    _show_pruning(bench, size)
    models = {arm: _adapted(_frozen(bench, size, arm, bench.seed)[0], 0) for arm in (_FULL, _OURS, _QLORAM)}
    batch = windows(_texts().english, length=_LENGTH, batch=size.batch, seed=0)(0)
    others = {_QLORAM: models[_QLORAM]}
    show_overhead(bench, baseline=(_FULL, models[_FULL]), candidate=models[_OURS], others=others, batch=batch)


# Sizes of 70 billion parameters


def _sized(of: dict[str, int]) -> PreTrainedModel:
    """The model without weights, in bf16."""
    with torch.device("meta"):
        model: Any = LlamaForCausalLM(LlamaConfig(**(_70B | of)))
    return cast("PreTrainedModel", model.to(torch.bfloat16))


def _frozen_sized(layers: int, *, pruned: bool = False, packed: bool = False) -> PreTrainedModel:
    """What an arm freezes, of a LLaMA-2-70B of so many layers."""
    model = _sized(_LLAMA_2 | {"num_hidden_layers": layers})
    if pruned:
        model = _plan(model).apply(model)
    return NF4().apply(model) if packed else model


def _plan(full: PreTrainedModel, ratio: float = Pruning.ratio) -> PruningPlan:
    """The run file's plan but for which neurons and groups it keeps, of which the sizes do not depend."""
    return PruningPlan.structured(full, Pruning(ratio=ratio, score="random"))


def _storage(bench: Bench, name: str, of: dict[str, int]) -> None:
    """Count the parameters of the paper's own models, as the paper counts them, and the bytes that they really take."""
    bench.setting(
        "as claimed",
        model=f"{name} by its sizes, without weights",
        differs="which neurons and groups are pruned is drawn at random, and sizes do not depend on that",
    )
    full = _sized(of)
    small = _plan(full).apply(full)
    packed = _packed(small)
    whole = stored_bytes(full)
    counted = bench.compare(
        "parameters of the frozen model times 16 or 4 bits, as the paper counts",
        baseline=("LoRA", 2.0 * _parameters(full)),
        candidate=0.5 * _parameters(small),
        others={"LoRAM, pruned alone": 2.0 * _parameters(small), "QLoRA, 4 bits alone": 0.5 * _parameters(full)},
        unit="B",
        better="lower",
    )
    bench.claim(counted)
    bench.compare(
        "bytes really stored, with constants, and embeddings and LM head in bf16",
        baseline=("LoRA", whole),
        candidate=stored_bytes(packed),
        others={"LoRAM, pruned alone": stored_bytes(small), "QLoRA, 4 bits alone": stored_bytes(_packed(full))},
        unit="B",
        better="lower",
    )
    left = _parameters(full) / _parameters(small)
    bench.score("times fewer parameters, by pruning alone", candidate=left, unit="x", better="higher")
    layers = [module for module in packed.modules() if isinstance(module, NF4Linear)]
    bits = 8 * sum(map(_bytes, layers)) / sum(layer.in_features * layer.out_features for layer in layers)
    bench.score("bits of a packed weight, with its constants", candidate=bits, better="lower", at_most=4.2)
    ratios = bench.pick(quick=(0.5, 0.85), cpu=(0.0, 0.25, 0.5, 0.65, 0.75, 0.85, 0.95))
    smaller = [_plan(full, ratio).apply(full) for ratio in ratios]
    bench.curve(
        "bytes of the frozen model by how much is pruned",
        along="pruned of a layer",
        at=ratios,
        candidate=[stored_bytes(_packed(model)) for model in smaller],
        others={"LoRAM, in bf16": [stored_bytes(model) for model in smaller], "LoRA": [whole for _ in ratios]},
        unit="B",
    )


def _show_packed(bench: Bench) -> None:
    """The same bytes of a model that has weights, and what is left of these."""
    full: Any = tiny("llama", vocab_size=512, hidden=256, layers=8, heads=16, kv_heads=8, intermediate=896)
    plan = PruningPlan.structured(full, Pruning(layers=(1, -1), score="magnitude"))
    small = plan.apply(full)
    packed = _packed(small)
    weights = {path: module.weight.detach() for path, module in small.named_modules() if isinstance(module, nn.Linear)}
    error = [
        float((layer.unpacked() - weights[path]).norm() / weights[path].norm())
        for path, layer in packed.named_modules()
        if isinstance(layer, NF4Linear)
    ]
    name = "times fewer bytes of a small model that was really packed"
    times = stored_bytes(full.to(torch.bfloat16)) / stored_bytes(packed.to(torch.bfloat16))
    bench.score(name, candidate=times, unit="x", better="higher")
    bench.score("relative error of its packed weights", candidate=median(error), better="lower", at_most=0.15)


def _packed(model: PreTrainedModel) -> PreTrainedModel:
    """A copy in 4 bits."""
    return NF4().apply(deepcopy(model))


def _bytes(layer: NF4Linear) -> int:
    """Of a packed weight and its constants; the 16 levels are the same for all."""
    return stored_bytes(layer) - layer.levels.nbytes


def _parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def _peak(frozen: Callable[[int], PreTrainedModel], *, texts: int = 1, checkpoints: bool = True) -> float:
    """Gigabytes of the model, its adapter, the optimizer, and all that a training step makes, at their peak.

    All layers but the first four and the last two are alike and take as much each: two depths tell of all others.
    """
    few, more, all_layers = 7, 8, 80
    least, next_ = (_peak_of(frozen(layers), texts, checkpoints=checkpoints) for layers in (few, more))
    return (least + (all_layers - few) * (next_ - least) / (more - few)) / 1e9


def _peak_of(model: PreTrainedModel, texts: int, *, checkpoints: bool) -> float:
    tuned = _adapted(model, 0, [*_TARGETS, "lm_head"], meta=True)
    tuned.train()
    if checkpoints:
        tuned.base_model.model.activation_checkpointing_enable({"use_reentrant": False})
    adapter: int = sum(parameter.nbytes for parameter in tuned.parameters() if parameter.requires_grad)
    ids = torch.zeros(texts, 512, dtype=torch.long, device="meta")
    # A whole mask is taken as it is; to make one, transformers would look at values, and there are none.
    mask = torch.zeros(1, 1, 512, 512, dtype=torch.bfloat16, device="meta")

    def step() -> None:
        tuned(input_ids=ids, attention_mask=mask, labels=ids, use_cache=False).loss.backward()

    moments = 2 * adapter  # AdamW's
    return stored_bytes(tuned) + moments + peak_memory(step, torch.device("cpu"))


# What adapters are worth


_UNTUNED, _FULL, _NATIVE = "untuned large model", "LoRA on the large model", "LoRA on a natively small model"
_OURS, _QLORAM = "LoRAM, Taylor, aligned", "QLoRAM, Taylor, aligned, 4 bits"
_PLAIN, _RANDOM = "LoRAM, Taylor, not aligned", "LoRAM, random, aligned"
_ITSELF = "the pruned model itself, Taylor, aligned"
_BY_SEED, _ONCE = (_FULL, _NATIVE, _OURS, _ITSELF), (_PLAIN, _RANDOM, _QLORAM)
"""Arms that are only shown are tried at all rates from one seed."""
_ARMS = (*_BY_SEED, *_ONCE)
_LORAM = (_OURS, _PLAIN, _RANDOM, _QLORAM)
_RATIO, _PRUNED = 0.65, (1, None)
"""The paper's ratio for 13B; the first layer is left whole, as its first four are."""
_RATE = 3e-3
_VOCAB, _LENGTH, _WINDOWS = 512, 64, 192
_LIBRARY, _ENGLISH = 1_000_000, 300_000
"""Characters that are read before tuning, and that are tuned on; what is left of the English is held out."""


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
    times = _parameters(_base(bench, size)) / _parameters(_frozen(bench, size, _OURS, bench.seed)[0])
    step = size.batch * _LENGTH
    bench.setting(
        "trained here",
        model=f"Llama, {size.hidden} wide, {size.layers} layers",
        differs=f"read {2 * size.steps * step:,} tokens of source code, pruned to {times:.2f} times fewer parameters, "
        f"aligned on {size.align * step:,} tokens and tuned on {size.tune * step:,} of English; next tokens, not "
        "MathQA; instead of LLaMA-2-13B and OpenHermes",
    )
    rates = bench.pick(quick=(1.5e-2,), cpu=(1e-2, 3e-2))
    seeds = range(bench.seed, bench.seed + bench.pick(quick=1, cpu=3))

    def run(arm: str, rate: float, seed: int) -> dict[str, Any]:
        arm, reading = (_OURS, "itself") if arm == _ITSELF else (arm, "used")
        name = f"adapter of {arm}, rate {rate:g}, seed {seed}"
        found = bench.once(name, partial(_figures, bench, size, arm, rate, seed))
        return cast("dict[str, Any]", found[reading])

    with one_thread():
        of_seeds = sweep(run, arms=_BY_SEED, rates=rates, seeds=seeds, once=bench.once, track=bench.progress)
        of_one = sweep(run, arms=_ONCE, rates=rates, seeds=seeds[:1], once=bench.once, track=bench.progress)
    return Sweep(of_seeds.cells | of_one.cells)


def _figures(bench: Bench, size: _Size, arm: str, rate: float, seed: int) -> dict[str, Any]:
    """What an adapter comes to on the model that it was trained on, and on the one that it is meant for."""
    frozen, plan = _frozen(bench, size, arm, seed)
    tuned = _on(bench, _adapted(frozen, seed))
    english = windows(_texts().english, length=_LENGTH, batch=size.batch, seed=seed + 1)
    train(tuned, english, steps=size.tune, lr=rate, seed=seed, what=arm)
    itself = _held_out(tuned)
    if plan is None:
        return {"itself": itself, "used": itself}
    with tempfile.TemporaryDirectory() as folder:
        trained_on, meant_for = Path(folder) / "small", Path(folder) / "whole"
        tuned.save_pretrained(str(trained_on), save_embedding_layers=False)
        recover_adapter(trained_on, plan, meant_for)
        whole = PeftModel.from_pretrained(_base(bench, size), str(meant_for))
    return {"itself": itself, "used": _held_out(_on(bench, whole))}


def _frozen(bench: Bench, size: _Size, arm: str, seed: int) -> tuple[PreTrainedModel, PruningPlan | None]:
    """What an arm trains its adapter on, and by which plan it was pruned."""
    if arm == _FULL:
        return _base(bench, size), None
    if arm == _NATIVE:
        return _native(bench, size), None
    score, drawn = ("random", seed) if arm == _RANDOM else ("taylor", 0)
    pruning = Pruning(ratio=_RATIO, layers=_PRUNED, score=score, seed=drawn)
    small, plan = _small(size, bench.device.type, pruning, steps=0 if arm == _PLAIN else size.align)
    return _packed(small) if arm == _QLORAM else small, plan


def _adapted(model: PreTrainedModel, seed: int, targets: Sequence[str] = _TARGETS, *, meta: bool = False) -> Any:
    """A copy of a model with a new adapter of the paper's rank and scale."""
    config = LoraConfig(r=8, lora_alpha=16, target_modules=list(targets), task_type="CAUSAL_LM")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return get_peft_model(deepcopy(model), config, low_cpu_mem_usage=meta)


@lru_cache(maxsize=8)
def _small(size: _Size, device: str, pruning: Pruning, *, steps: int) -> tuple[PreTrainedModel, PruningPlan]:
    """The large model pruned, and aligned for so many steps on the text that it has read."""
    made: Any = _made(size, device, size.intermediate, size.kv_heads)
    full: PreTrainedModel = made.to(device)
    library = windows(_texts().library, length=_LENGTH, batch=size.batch, seed=-1)
    plan = PruningPlan.structured(full, pruning, [library(step) for step in range(8)])
    small = plan.apply(full)
    if steps:
        align(small, map(library, range(8, 8 + steps)), Alignment(lr=_RATE / 3))
    return small, plan


def _on(bench: Bench, model: Any) -> Any:
    return model.to(bench.device)


def _base(bench: Bench, size: _Size) -> PreTrainedModel:
    """The large model."""
    return _made(size, bench.device.type, size.intermediate, size.kv_heads)


def _native(bench: Bench, size: _Size) -> PreTrainedModel:
    """As deep and wide as the large one, with the heads of its pruned layers, and no fewer parameters than pruned."""
    small, _ = _frozen(bench, size, _PLAIN, 0)
    layer: Any = small.get_submodule(f"model.layers.{size.layers - 1}.self_attn")
    kv_heads = layer.k_proj.out_features // layer.head_dim
    return _made(size, bench.device.type, _intermediate(size, _parameters(small), kv_heads), kv_heads)


def _intermediate(size: _Size, parameters: int, kv_heads: int) -> int:
    """How wide feed-forward blocks are when a model has at least so many parameters."""
    narrow, wide = (_parameters(_new(size, width, kv_heads)) for width in (1, 2))
    return 1 + math.ceil((parameters - narrow) / (wide - narrow))


def _new(size: _Size, intermediate: int, kv_heads: int) -> PreTrainedModel:
    dim = size.hidden // size.heads
    return tiny(
        "llama", vocab_size=_VOCAB, hidden=size.hidden, layers=size.layers, intermediate=intermediate, head_dim=dim,
        num_attention_heads=size.heads * kv_heads // size.kv_heads, num_key_value_heads=kv_heads,
    )  # fmt: skip


def _made(size: _Size, device: str, intermediate: int, kv_heads: int) -> PreTrainedModel:
    """A model of this size that has read the library."""

    def build() -> PreTrainedModel:
        model: Any = _new(size, intermediate, kv_heads)
        library = windows(_texts().library, length=_LENGTH, batch=2 * size.batch, seed=0)
        what = f"a model of {_parameters(model):,} parameters"
        train(model.to(device), library, steps=size.steps, lr=_RATE, what=what)
        return cast("PreTrainedModel", model.cpu())

    return trained(vars(size) | {"width": intermediate, "kv_heads": kv_heads, "device": device}, build)


class _Texts(NamedTuple):
    library: Tensor
    english: Tensor
    held_out: Tensor
    """English."""


@cache
def _texts() -> _Texts:
    """Token ids of the library's source, and of the help texts on the language."""
    library, english = stdlib_source(_LIBRARY), pydoc_topics()
    # Both texts are at hand before anything is trained, as they are for the paper's tokeniser.
    tokenizer = bpe_tokenizer([library[:_ENGLISH], english[:_ENGLISH]], _VOCAB)
    parts = (library, english[:_ENGLISH], english[_ENGLISH : _ENGLISH + 40_000])
    return _Texts(*(torch.tensor(tokenizer(part)["input_ids"]) for part in parts))


@torch.no_grad()
def _held_out(model: Any) -> dict[str, float]:
    """Loss in nats and next tokens that are hit in per cent, of held-out English."""
    text = _texts().held_out
    loss = right = asked = 0.0
    for ids in text[: _WINDOWS * _LENGTH].view(-1, _LENGTH).split(64):
        found = model(input_ids=ids.to(model.device)).logits[:, :-1].flatten(0, 1).float()
        wanted = ids[:, 1:].flatten().to(model.device)
        loss += float(nn.functional.cross_entropy(found, wanted, reduction="sum"))
        right += int((found.argmax(-1) == wanted).sum())
        asked += len(wanted)
    return {"loss": loss / asked, "accuracy": 100 * right / asked}


def _show_pruning(bench: Bench, size: _Size) -> None:
    """How much pruning hurts before anything is tuned: where it does not, "infer large" cannot pay."""
    library = windows(_texts().library, length=_LENGTH, batch=64, seed=-2)(0)

    def loss(model: Any) -> float:
        with torch.no_grad():
            return float(_on(bench, model)(**{name: ids.to(bench.device) for name, ids in library.items()}).loss)

    models = {arm: _frozen(bench, size, arm, bench.seed)[0] for arm in _LORAM}
    losses = {_NATIVE: loss(_native(bench, size)), _UNTUNED: loss(_base(bench, size))}
    losses |= {arm: loss(model) for arm, model in models.items()}
    _show(bench, "loss on source code before tuning", losses, unit="nats", better="lower")
    parameters = {_UNTUNED: _parameters(_base(bench, size)), _NATIVE: _parameters(_native(bench, size))}
    parameters |= {_OURS: _parameters(models[_OURS])}
    _show(bench, "parameters of the frozen model", parameters, better="lower")


def _show(bench: Bench, name: str, figures: Mapping[str, Values], *, better: Better, unit: str = "") -> None:
    others = {arm: figure for arm, figure in figures.items() if arm != _OURS}
    bench.score(name, candidate=figures[_OURS], others=others, unit=unit, better=better)
