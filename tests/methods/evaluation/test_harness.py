"""A task that is written is one that lm-evaluation-harness loads, asks and scores."""

from pathlib import Path

import pytest
from tests.methods.evaluation.conftest import RunHarness

from assay.methods.evaluation._harness import LOAD, write_task

CHOICE = {
    "output_type": "multiple_choice",
    "doc_to_text": "{{question}}\nAnswer:",
    "doc_to_choice": "choices",
    "doc_to_target": "answer",
    "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
}


def test_the_harness_runs_what_was_written(tmp_path: Path, run_harness: RunHarness) -> None:
    items = [{"question": f"{i} and 1?", "choices": ["yes", "no"], "answer": i % 2} for i in range(4)]
    write_task(tmp_path / "toy", "toy_choice", config=CHOICE, items=items, code=LOAD)
    results = run_harness(tmp_path, "toy_choice")
    assert results["n-samples"]["toy_choice"]["effective"] == 4
    assert 0 <= results["results"]["toy_choice"]["acc,none"] <= 1


def test_a_task_without_items_or_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the task toy has no items"):
        write_task(tmp_path / "toy", "toy", config=CHOICE, items=[], code=LOAD)
    with pytest.raises(ValueError, match="the task's name is 'a b'"):
        write_task(tmp_path / "toy", "a b", config=CHOICE, items=[{}], code=LOAD)
    assert not (tmp_path / "toy").exists()
