"""Models that a method changed and that are then trained, one of each method; run as a module, it trains all of them.

    torchrun --nproc_per_node 2 -m tests.methods.trained weights.pt

leaves in the file what every model's weights have become under accelerate, by method and parameter.
"""

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from assay.methods.architecture.layernorm_scaling import scale_norms
from assay.methods.architecture.scale_distribution_decoupling import decouple
from assay.methods.compression.matquant import MatQuant, joint_loss, nest
from tests.methods.families import VOCAB, tiny_model

STEPS, ROWS, TOKENS = 3, 4, 12


class Joint(nn.Module):
    """A nested model whose loss is the joint one."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, **batch: Tensor) -> SimpleNamespace:
        return SimpleNamespace(loss=joint_loss(self.model, batch))


def scaled() -> nn.Module:
    model: nn.Module = tiny_model("llama")
    scale_norms(model)  # type: ignore[arg-type]
    return model


def decoupled() -> nn.Module:
    model: nn.Module = tiny_model("olmo2")
    decouple(model)  # type: ignore[arg-type]
    return model


def nested() -> nn.Module:
    model: nn.Module = tiny_model("qwen2")
    nest(model, MatQuant())
    return Joint(model)


MAKE: dict[str, Callable[[], nn.Module]] = {
    "layernorm_scaling": scaled,
    "scale_distribution_decoupling": decoupled,
    "matquant": nested,
}
"""By the method's name. Each model takes ``input_ids`` and ``labels`` and returns something with a ``loss``."""


def made(method: str) -> nn.Module:
    """The same model each time, in training mode."""
    torch.manual_seed(0)
    return MAKE[method]().train()


def batch(step: int) -> dict[str, Tensor]:
    """The rows of a step, the same for everyone."""
    ids = torch.randint(3, VOCAB, (ROWS, TOKENS), generator=torch.Generator().manual_seed(step))
    return {"input_ids": ids, "labels": ids}


def trained(model: nn.Module, accelerator: Any = None) -> dict[str, Tensor]:
    """The weights after a few steps on all rows of each batch; with an `accelerator`, this process has its share."""
    optimizer: Any = torch.optim.SGD([weight for weight in model.parameters() if weight.requires_grad], lr=0.05)
    wrapped = model
    rows = slice(None)
    if accelerator:
        wrapped, optimizer = accelerator.prepare(model, optimizer)
        rows = slice(accelerator.process_index, None, accelerator.num_processes)
    for step in range(STEPS):
        loss = wrapped(**{name: tensor[rows] for name, tensor in batch(step).items()}).loss
        accelerator.backward(loss) if accelerator else loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return {name: weight.detach().clone() for name, weight in model.named_parameters()}


def main() -> None:
    from accelerate import Accelerator

    accelerator = Accelerator(cpu=True)
    if accelerator.num_processes != 2:
        raise SystemExit(f"this wants two processes and is one of {accelerator.num_processes}")
    weights = {method: trained(made(method), accelerator) for method in MAKE}
    if accelerator.is_main_process:
        torch.save(weights, sys.argv[1])
    accelerator.end_training()


if __name__ == "__main__":
    main()
