"""Adapters on a small Llama that has read Python's library, pruned or not, and tuned on the English of `pydoc`."""

import tempfile
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import Tensor
from transformers import PreTrainedModel

from assay.methods.compression.loram import NF4, Alignment, Pruning, PruningPlan, align, recover_adapter
from assay.testbed.evaluation import evaluate, split_windows
from assay.testbed.models import matching_width, tiny
from assay.testbed.text import bpe_tokenizer, pydoc_topics, stdlib_source, token_ids
from assay.testbed.training import train, train_once, windows

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
UNTUNED, FULL, NATIVE = "untuned large model", "LoRA on the large model", "LoRA on a natively small model"
OURS, QLORAM = "LoRAM, Taylor, aligned", "QLoRAM, Taylor, aligned, 4 bits"
PLAIN, RANDOM = "LoRAM, Taylor, not aligned", "LoRAM, random, aligned"
ITSELF = "the pruned model itself, Taylor, aligned"
FROM_ONE_SEED = (PLAIN, RANDOM, QLORAM)
ARMS = (FULL, NATIVE, OURS, ITSELF, *FROM_ONE_SEED)
PRUNED = (OURS, *FROM_ONE_SEED)
RATE, VOCAB, LENGTH = 3e-3, 512, 64


@dataclass(frozen=True)
class Size:
    """The large model, and how long it and its adapters are trained."""

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


def tune(device: torch.device, size: Size, arm: str, rate: float, seed: int) -> dict[str, dict[str, float]]:
    """What an adapter comes to on the model that it was trained on, and on the one that it is meant for."""
    frozen, plan = freeze(size, device.type, arm, seed)
    tuned = adapt(frozen, seed).to(device)
    english = windows(texts()[1], length=LENGTH, batch=size.batch, seed=seed + 1)
    train(tuned, english, steps=size.tune, lr=rate, seed=seed, what=arm)
    itself = evaluate(tuned, held_out_english())
    if plan is None:
        return {"itself": itself, "used": itself}
    with tempfile.TemporaryDirectory() as folder:
        small, whole = Path(folder) / "small", Path(folder) / "whole"
        tuned.save_pretrained(str(small), save_embedding_layers=False)
        recover_adapter(small, plan, whole)
        recovered: Any = PeftModel.from_pretrained(large_model(size, device.type), str(whole))
    return {"itself": itself, "used": evaluate(recovered.to(device), held_out_english())}


def freeze(size: Size, device: str, arm: str, seed: int) -> tuple[PreTrainedModel, PruningPlan | None]:
    """What an arm trains its adapter on, and by which plan it was pruned."""
    if arm in (FULL, NATIVE):
        return (large_model if arm == FULL else native_model)(size, device), None
    small, plan = _small(size, device, 0 if arm == PLAIN else size.align, seed if arm == RANDOM else None)
    return NF4().apply(deepcopy(small)) if arm == QLORAM else small, plan


@lru_cache(maxsize=8)
def _small(size: Size, device: str, steps: int, seed: int | None) -> tuple[PreTrainedModel, PruningPlan]:
    """The large model pruned, at random if a seed is given, and aligned for so many steps on what it has read."""
    # The paper's ratio for 13B; the first layer is left whole, as its first four are.
    score, seed = ("taylor", 0) if seed is None else ("random", seed)
    pruning = Pruning(ratio=0.65, layers=(1, None), score=score, seed=seed)
    model: Any = large_model(size, device)
    full: PreTrainedModel = model.to(device)
    library = windows(texts()[0], length=LENGTH, batch=size.batch, seed=-1)
    plan = PruningPlan.structured(full, pruning, [library(step) for step in range(8)])
    small = plan.apply(full)
    if steps:
        align(small, map(library, range(8, 8 + steps)), Alignment(lr=RATE / 3))
    return small, plan


def adapt(model: PreTrainedModel, seed: int, *, targets: tuple[str, ...] = TARGETS, **options: Any) -> Any:
    """A copy of a model with a new adapter of the paper's rank and scale; the frozen weights are the model's own."""
    config = LoraConfig(r=8, lora_alpha=16, target_modules=list(targets), task_type="CAUSAL_LM")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return get_peft_model(deepcopy(model, {id(each): each for each in model.parameters()}), config, **options)


def large_model(size: Size, device: str) -> Any:
    return _pretrain(size, device, size.intermediate, size.kv_heads)


def native_model(size: Size, device: str) -> Any:
    """As deep and wide as the large one, with the heads of its pruned layers, and no fewer parameters than pruned."""
    small, _ = freeze(size, device, PLAIN, 0)
    layer: Any = small.get_submodule(f"model.layers.{size.layers - 1}.self_attn")
    kv_heads = layer.k_proj.out_features // layer.head_dim
    width = matching_width(lambda width: _new(size, width, kv_heads), small.num_parameters())
    return _pretrain(size, device, width, kv_heads)


def _pretrain(size: Size, device: str, intermediate: int, kv_heads: int) -> PreTrainedModel:
    """A model of this size that has read the library."""
    library = windows(texts()[0], length=LENGTH, batch=2 * size.batch, seed=0)
    recipe = vars(size) | {"width": intermediate, "kv_heads": kv_heads}
    new = partial(_new, size, intermediate, kv_heads)
    return train_once(recipe, new, library, device=device, steps=size.steps, lr=RATE, what="reading source code")


def _new(size: Size, intermediate: int, kv_heads: int) -> PreTrainedModel:
    dim = size.hidden // size.heads
    return tiny(
        "llama", vocab_size=VOCAB, hidden=size.hidden, layers=size.layers, intermediate=intermediate, head_dim=dim,
        num_attention_heads=size.heads * kv_heads // size.kv_heads, num_key_value_heads=kv_heads,
    )  # fmt: skip


@cache
def texts() -> tuple[Tensor, Tensor, Tensor]:
    """Token ids of the library's source, of English to tune on, and of English that is held out."""
    library, english, split = stdlib_source(1_000_000), pydoc_topics(), 300_000
    # Both texts are at hand before anything is trained, as they are for the paper's tokeniser.
    tokenizer = bpe_tokenizer([library[:split], english[:split]], VOCAB)
    ids = partial(token_ids, tokenizer)
    return ids(library), ids(english[:split]), ids(english[split : split + 40_000])


def held_out_english() -> Tensor:
    return split_windows(texts()[2], length=LENGTH, count=192)


@torch.no_grad()
def loss_of(model: Any, batch: Mapping[str, Tensor]) -> float:
    return float(model(**{name: ids.to(model.device) for name, ids in batch.items()}).loss)
