"""What a change of a model costs beside what it gains: time forward, time of a training step, and its peak memory."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from assay.trials.bench import Bench


def show_overhead(
    bench: Bench,
    *,
    baseline: tuple[str, nn.Module],
    candidate: nn.Module,
    batch: Mapping[str, Tensor],
    others: Mapping[str, nn.Module] | None = None,
) -> None:
    """Show what a change of a model costs beside what it gains.

    Models are left as they were, without gradients.

    Args:
        bench: That of the trial.
        baseline: Name and model of what people use today.
        candidate: The same model with the method.
        batch: The models' keyword arguments, ``labels`` among them, so that there is a loss.
        others: Further models by name.
    """
    name, plain = baseline
    inputs = {key: tensor.to(bench.device) for key, tensor in batch.items()}
    tokens = f"{inputs['input_ids'].numel():,} tokens" if "input_ids" in inputs else "one batch"

    def arms(of: Callable[[nn.Module, Mapping[str, Tensor]], object]) -> dict[str, Any]:
        def call(model: nn.Module) -> Callable[[], object]:
            model.to(bench.device)
            return lambda: of(model, inputs)

        return {
            "baseline": (name, call(plain)),
            "candidate": call(candidate),
            "others": {other: call(model) for other, model in (others or {}).items()},
        }

    bench.time(f"time forward, {tokens}", **arms(_forward))
    bench.time(f"time forward and backward, {tokens}", **arms(_step))
    bench.memory(f"peak memory forward and backward, {tokens}", **arms(_step))


@torch.no_grad()
def _forward(model: nn.Module, inputs: Mapping[str, Tensor]) -> None:
    model(**inputs)


def _step(model: nn.Module, inputs: Mapping[str, Tensor]) -> None:
    model(**inputs).loss.backward()
    model.zero_grad(set_to_none=True)
