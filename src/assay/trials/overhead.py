"""What a change of a model costs beside what it gains: time forward, time of a training step, and its peak memory."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from assay.trials.bench import Bench


def show_overhead(
    bench: Bench, models: Mapping[str, nn.Module], *, candidate: str, baseline: str, batch: Mapping[str, Tensor]
) -> None:
    """Show what a change of a model costs beside what it gains.

    Models are left as they were, without gradients.

    Args:
        bench: That of the trial.
        models: The model of each arm.
        candidate: The arm that has the method.
        baseline: The arm that is what people use today.
        batch: The models' keyword arguments, ``labels`` among them, so that there is a loss.
    """
    inputs = {name: tensor.to(bench.device) for name, tensor in batch.items()}
    tokens = f"{inputs['input_ids'].numel():,} tokens" if "input_ids" in inputs else "one batch"
    for model in models.values():
        model.to(bench.device)

    def calls(of: Callable[[nn.Module, Mapping[str, Tensor]], object]) -> dict[str, Any]:
        return {arm: partial(of, model, inputs) for arm, model in models.items()}

    roles = {"candidate": candidate, "baseline": baseline}
    bench.time(f"time forward, {tokens}", calls(_forward), **roles)
    bench.time(f"time forward and backward, {tokens}", calls(_step), **roles)
    bench.memory(f"peak memory forward and backward, {tokens}", calls(_step), **roles)


@torch.no_grad()
def _forward(model: nn.Module, inputs: Mapping[str, Tensor]) -> None:
    model(**inputs)


def _step(model: nn.Module, inputs: Mapping[str, Tensor]) -> None:
    model(**inputs).loss.backward()
    model.zero_grad(set_to_none=True)
