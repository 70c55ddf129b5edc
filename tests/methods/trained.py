"""Trains one model of each method that declares one; run as a module, in two processes of accelerate.

    torchrun --nproc_per_node 2 -m tests.methods.trained weights.pt

leaves in the file what every model's weights have become, by method and parameter.
"""

import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from tests.methods.contract import ForGood, contracts
from tests.methods.families import VOCAB

STEPS, ROWS, TOKENS = 3, 4, 12


def makers() -> dict[str, Callable[[], nn.Module]]:
    """What makes the model of each method, by its name: the `trained` of its contract."""
    return {
        method: contract.trained
        for method, contract in contracts().items()
        if isinstance(contract, ForGood) and contract.trained
    }


def new_model(method: str) -> nn.Module:
    """The same model each time, in training mode."""
    torch.manual_seed(0)
    return makers()[method]().train()


def batch(step: int) -> dict[str, Tensor]:
    """The rows of a step, the same for everyone."""
    ids = torch.randint(3, VOCAB, (ROWS, TOKENS), generator=torch.Generator().manual_seed(step))
    return {"input_ids": ids, "labels": ids}


def train(model: nn.Module, accelerator: Any = None) -> dict[str, Tensor]:
    """Train a few steps and return the weights; with an `accelerator`, this process takes its share of the rows."""
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
    weights = {method: train(new_model(method), accelerator) for method in makers()}
    if accelerator.is_main_process:
        torch.save(weights, sys.argv[1])
    accelerator.end_training()


if __name__ == "__main__":
    main()
