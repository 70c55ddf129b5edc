"""What tests of this room share: lm-evaluation-harness, run on a model of random weights."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RunHarness = Callable[[Path, str], dict[str, Any]]


@pytest.fixture
def run_harness(tiny_model: Path) -> RunHarness:
    """Runs one task out of a folder of tasks, and gives the harness's own results; skips where it is not installed."""
    tasks = pytest.importorskip("lm_eval.tasks", reason="lm-evaluation-harness is not installed")
    from lm_eval.evaluator import simple_evaluate  # type: ignore[import-untyped]

    def run(folder: Path, task: str) -> dict[str, Any]:
        manager = tasks.TaskManager(include_path=str(folder), include_defaults=False)
        model = {"model": "hf", "model_args": f"pretrained={tiny_model},device=cpu,dtype=float32", "batch_size": 8}
        results: dict[str, Any] = simple_evaluate(tasks=[task], task_manager=manager, bootstrap_iters=0, **model)
        return results

    return run
