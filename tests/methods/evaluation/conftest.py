"""What tests of this room share: lm-evaluation-harness on a model of random weights, inspect_ai on scripted answers."""

import gc
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

RunHarness = Callable[[Path, str], dict[str, Any]]
RunInspect = Callable[[Any, Sequence[str]], Any]


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


@pytest.fixture
def run_inspect(tmp_path: Path) -> RunInspect:
    """Runs a task of inspect_ai on answers given in order, and gives its log; skips where it is not installed."""
    inspect_ai = pytest.importorskip("inspect_ai", reason="inspect_ai is not installed")
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    def run(task: Any, answers: Sequence[str]) -> Any:
        outputs = [ModelOutput.from_content("scripted", answer) for answer in answers]
        for output in outputs:
            output.usage = ModelUsage()  # without one it would fetch a tokenizer to count
        model = get_model("mockllm/model", custom_outputs=outputs)
        how: dict[str, Any] = {"display": "none", "max_connections": 1, "max_samples": 1}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it leaves streams open, which say so when they are collected
            (log,) = inspect_ai.eval(task, model=model, log_dir=str(tmp_path / "logs"), **how)
            gc.collect()
        assert log.status == "success", log.error and log.error.message
        return log

    return run
