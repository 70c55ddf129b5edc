"""What an arm of LoRAM freezes at the sizes of 70 billion parameters, without weights, and what a step of it takes."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any, cast

import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel

from assay.methods.compression.loram import NF4, Pruning, PruningPlan
from assay.trials.compression.loram._adapters import TARGETS, adapt
from assay.trials.memory import step_memory

SIZES_70B: dict[str, Any] = {
    "hidden_size": 8192, "intermediate_size": 28_672, "num_hidden_layers": 80, "num_attention_heads": 64,
    "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 4096,
}  # fmt: skip
"""What both models with 70 billion parameters have."""


def llama_70b(**config: int) -> PreTrainedModel:
    """The model without weights, in bf16."""
    with torch.device("meta"):
        model: Any = LlamaForCausalLM(LlamaConfig(**SIZES_70B | config))
    return cast("PreTrainedModel", model.to(torch.bfloat16))


def frozen_70b(layers: int, *, pruned: bool = False, packed: bool = False) -> PreTrainedModel:
    """What an arm freezes, of a LLaMA-2-70B of so many layers."""
    model = llama_70b(vocab_size=32_000, num_hidden_layers=layers)
    if pruned:
        model = prune(model)
    return NF4().apply(model) if packed else model


def prune(full: PreTrainedModel, ratio: float = Pruning.ratio) -> PreTrainedModel:
    """By the run file's plan but for which neurons and groups it keeps, of which the sizes do not depend."""
    return PruningPlan.structured(full, Pruning(ratio=ratio, score="random")).apply(full)


def pack(model: PreTrainedModel) -> PreTrainedModel:
    """A copy in 4 bits."""
    return NF4().apply(deepcopy(model))


def peak_gigabytes(frozen: Callable[[int], PreTrainedModel], *, texts: int = 1, checkpoints: bool = True) -> float:
    """Gigabytes at the peak of a training step, of the model with its adapter.

    All layers but the first four and the last two are alike and take as much each: two depths tell of all others.
    """
    few, more, all_layers = 7, 8, 80
    least, next_ = (peak_bytes(frozen(layers), texts=texts, checkpoints=checkpoints) for layers in (few, more))
    return (least + (all_layers - few) * (next_ - least) / (more - few)) / 1e9


def peak_bytes(model: PreTrainedModel, *, texts: int, checkpoints: bool) -> int:
    tuned = adapt(model, 0, targets=(*TARGETS, "lm_head"), low_cpu_mem_usage=True)
    return step_memory(tuned, texts=texts, tokens=512, checkpoints=checkpoints)
