"""What holds of every method whose models are trained: in two processes as in one, compiled, in half precision."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.methods.trained import batch, makers, new_model, train

ROOT = Path(__file__).parents[2]
pytestmark = [
    # peft asks transformers for something under its old name.
    pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning"),
    # Where its graph breaks, as at a search in numpy, dynamo looks at the gradients of whatever it has at hand.
    pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf:UserWarning"),
]


@pytest.fixture(scope="module")
def in_two_processes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, torch.Tensor]]:
    pytest.importorskip("accelerate")
    out = tmp_path_factory.mktemp("two") / "weights.pt"
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m", "tests.methods.trained"]
    ended = subprocess.run(
        [sys.executable, *launch, str(out)],
        cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False, timeout=1800,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-2000:]
    weights: dict[str, dict[str, torch.Tensor]] = torch.load(out)
    return weights


@pytest.mark.parametrize("method", makers())
def test_two_processes_of_accelerate_come_to_what_one_does(method: str, in_two_processes: dict[str, Any]) -> None:
    before = {name: weight.detach().clone() for name, weight in new_model(method).named_parameters()}
    alone = train(new_model(method))
    assert alone.keys() == in_two_processes[method].keys()
    for name, weight in alone.items():
        torch.testing.assert_close(in_two_processes[method][name], weight, atol=1e-5, rtol=1e-4)
    assert sum(not torch.equal(before[name], weight) for name, weight in alone.items()) > 5


@pytest.mark.parametrize("method", makers())
def test_compiled_it_has_the_same_loss_and_gradients(method: str) -> None:
    model = new_model(method)
    compiled: Any = torch.compile(new_model(method), backend="aot_eager")
    plain, fast = model(**batch(0)).loss, compiled(**batch(0)).loss
    torch.testing.assert_close(fast, plain)
    plain.backward()
    fast.backward()
    other = dict(compiled._orig_mod.named_parameters())
    for name, weight in model.named_parameters():
        if weight.grad is not None:
            torch.testing.assert_close(other[name].grad, weight.grad, atol=1e-5, rtol=1e-3)


@pytest.mark.parametrize("method", makers())
def test_it_is_trained_in_bfloat16(method: str) -> None:
    model = new_model(method).bfloat16()
    losses = []
    optimizer = torch.optim.SGD([weight for weight in model.parameters() if weight.requires_grad], lr=0.1)
    for _ in range(8):
        loss = model(**batch(0)).loss
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
        optimizer.zero_grad()
    assert {weight.dtype for weight in model.parameters() if weight.is_floating_point()} == {torch.bfloat16}
    assert losses[-1] < losses[0]
    exact = new_model(method)(**batch(0)).loss.item()
    assert losses[0] == pytest.approx(exact, rel=0.05)
