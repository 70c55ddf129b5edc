"""Small models on disk, and their alignment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import cos, isfinite, pi
from pathlib import Path
from typing import Any, cast

import torch
import transformers
from safetensors.torch import load_file
from torch import Tensor
from transformers import AutoConfig, PreTrainedModel

from assay.methods._files import written_whole
from assay.methods.compression.loram._blocks import shape_of
from assay.methods.compression.loram._plan import PruningPlan

PLAN = "loram_plan.safetensors"


@dataclass(frozen=True)
class Alignment:
    """How a small model is trained on, before anybody adapts it; the paper's script has these figures."""

    lr: float = 5e-5
    """At its highest; it falls to 0 along half a cosine."""
    warmup: int = 100
    """Steps of linear rise; at most a tenth of all steps."""

    def __post_init__(self) -> None:
        if not 0 < self.lr < float("inf"):
            raise ValueError(f"a rate of {self.lr} aligns nothing: give one above 0")
        if self.warmup < 0:
            raise ValueError(f"a warm-up of {self.warmup} steps is none: give 0 or more")


def align(
    small: PreTrainedModel, batches: Iterable[Mapping[str, Tensor]], alignment: Alignment | None = None
) -> list[float]:
    """Train all weights of a small model but its LM head on general text, in place; returns the loss of each step.

    This is the publisher's part: it takes the memory of full training, and as many steps as there are batches. The
    paper takes a few ten million tokens or more of web text and mathematics. AdamW; gradients are clipped to norm 1.

    Raises:
        ValueError: There are no batches, or a loss is not finite.
    """
    alignment = alignment or Alignment()
    steps = list(batches)
    if not steps:
        raise ValueError("alignment wants text: pass batches with input_ids and labels")
    head: Any = small.get_output_embeddings()
    parameters = [each for each in small.parameters() if head is None or each is not head.weight]
    wanted = {each: each.requires_grad for each in small.parameters()}
    optimizer = torch.optim.AdamW(parameters, lr=alignment.lr, weight_decay=0.0)
    warmup = min(alignment.warmup, len(steps) // 10)
    was_training = small.training
    losses: list[float] = []
    small.train()
    try:
        for each in wanted:
            each.requires_grad_(any(each is parameter for parameter in parameters))
        for number, batch in enumerate(steps):
            rise = min(1.0, (number + 1) / max(1, warmup))
            fall = 0.5 + 0.5 * cos(pi * max(0, number - warmup) / max(1, len(steps) - warmup))
            for group in optimizer.param_groups:
                group["lr"] = alignment.lr * rise * fall
            loss = small(**{name: tensor.to(small.device) for name, tensor in batch.items()}).loss
            losses.append(loss.item())
            if not isfinite(losses[-1]):
                raise ValueError(f"the loss is {losses[-1]} at step {number} of the alignment: lower its rate")
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
    finally:
        small.train(was_training)
        for each, required in wanted.items():
            each.requires_grad_(required)
            each.grad = None
    return losses


def save_pruned(small: PreTrainedModel, plan: PruningPlan, folder: str | Path) -> None:
    """Write a small model and its plan to a folder, whole or not at all.

    Raises:
        ValueError: The model was made by another plan.
    """
    if (named := getattr(small.config, "loram_plan", None)) != plan.hash:
        raise ValueError(
            f"this model was pruned by {f'the plan {named[:12]}' if named else 'no plan'}, not by this one"
        )
    with written_whole(folder) as unfinished:
        small.save_pretrained(unfinished)
        plan.save(unfinished / PLAN)


def load_pruned(folder: str | Path) -> tuple[PreTrainedModel, PruningPlan]:
    """A small model that `save_pruned` wrote, in eval mode on the CPU, and its plan; also where layers differ in size.

    Raises:
        ValueError: The folder has no plan, or weights that do not fit it.
    """
    from accelerate import init_empty_weights  # type: ignore[import-untyped]  # noqa: PLC0415 - it comes with peft

    folder = Path(folder)
    plan = PruningPlan.load(folder / PLAN)
    config: Any = AutoConfig.from_pretrained(folder)
    config.name_or_path = str(folder)
    with init_empty_weights():
        model: Any = getattr(transformers, config.architectures[0])(config)
    small = plan.apply(model) if shape_of(model) == plan.shape else model
    tensors: dict[str, Tensor] = {}
    for file in sorted(folder.glob("model*.safetensors")):
        tensors |= load_file(file)
    try:
        missing, unknown = small.load_state_dict(tensors, strict=False, assign=True)
    except RuntimeError as error:
        raise ValueError(f"the weights in {folder} do not fit its plan: {error}") from None
    small.tie_weights()
    if unknown or any(parameter.is_meta for parameter in small.parameters()):
        raise ValueError(f"the weights in {folder} are not those of its configuration: {(unknown or missing)[0]}")
    small.name_or_path = small.config.name_or_path = str(folder)
    return cast("PreTrainedModel", small.eval()), plan
