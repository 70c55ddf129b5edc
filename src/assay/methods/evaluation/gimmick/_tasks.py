"""The grid as tasks of lm-evaluation-harness and of inspect_ai, one for each condition."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assay.methods._choices import lettered_prompt
from assay.methods.evaluation._harness import LOAD, write_task
from assay.methods.evaluation.gimmick._asking import Condition, prompt_of
from assay.methods.evaluation.gimmick._items import GroupedItem
from assay.methods.evaluation.gimmick._report import GroupReport

_CONFIG = {
    "output_type": "multiple_choice",
    "doc_to_text": "prompt",
    "doc_to_choice": "letters",
    "doc_to_target": "answer",
    "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
}


def write_harness_tasks(
    items: Sequence[GroupedItem], grid: Sequence[Condition], folder: str | Path, name: str
) -> dict[str, Condition]:
    """Write a task of lm-evaluation-harness for each condition. Items need options, and are asked without images.

    Run them with ``--log_samples``, and read what came of them with `read_harness_samples`.

    Args:
        items: With options.
        grid: See `conditions`.
        folder: That the tasks' folders stand in, for ``lm_eval run --include_path``.
        name: That all tasks begin with.

    Returns:
        The conditions by the names of their tasks.

    Raises:
        ValueError: An item has no options, cannot be asked so, or a condition shows images.
    """
    tasks: dict[str, Condition] = {}
    for condition in grid:
        rows = [_row(item, condition) for item in items]
        task = f"{name}_{_slug(condition)}"
        write_task(Path(folder) / task, task, config=_CONFIG, items=rows, code=LOAD)
        tasks[task] = condition
    return tasks


def read_harness_samples(
    items: Sequence[GroupedItem],
    tasks: dict[str, Condition],
    samples: dict[str, Sequence[dict[str, Any]]],
    *,
    reference: str,
) -> GroupReport:
    """A report of what the harness logged: ``results["samples"]``, or the lines of its files by task.

    Raises:
        ValueError: A task has no samples, or not one of each item.
    """
    scores: dict[Condition, Sequence[float]] = {}
    for task, condition in tasks.items():
        by_id = {str(each["doc"]["id"]): float(each["acc"]) for each in samples.get(task, ())}
        if missing := [item.id for item in items if item.id not in by_id]:
            raise ValueError(
                f"the samples of {task} lack item {missing[0]!r}: run it with --log_samples, without --limit"
            )
        scores[condition] = [by_id[item.id] for item in items]
    return GroupReport(tuple(items), scores, reference)


def inspect_task(items: Sequence[GroupedItem], condition: Condition) -> Any:
    """A task of inspect_ai for one condition, scored by group and with an error over clusters.

    Raises:
        ValueError: An item has no options, or cannot be asked so.
    """
    from inspect_ai import Task  # noqa: PLC0415 - slow to load
    from inspect_ai.dataset import MemoryDataset, Sample  # noqa: PLC0415
    from inspect_ai.scorer import accuracy, choice, grouped, stderr  # noqa: PLC0415
    from inspect_ai.solver import multiple_choice  # noqa: PLC0415

    samples = [
        Sample(
            id=item.id,
            input=_shown(item, condition),
            choices=list(item.choices),
            target=item.as_choice("").letter,
            # A sample counts in one group there: the combination that it belongs to.
            metadata={"group": " + ".join(item.groups), "cluster": item.cluster},
        )
        for item in items
    ]
    metrics: list[Any] = [grouped(accuracy(), "group"), stderr(cluster="cluster")]
    return Task(dataset=MemoryDataset(samples), solver=multiple_choice(), scorer=choice(), metrics=metrics)


def _row(item: GroupedItem, condition: Condition) -> dict[str, Any]:
    asked = item.as_choice(_shown(item, condition))
    letters = [chr(65 + i) for i in range(len(item.choices))]
    prompt = lettered_prompt(asked, ending="Answer:")
    return {"id": item.id, "prompt": prompt, "letters": letters, "answer": asked.answer, "groups": list(item.groups)}


def _shown(item: GroupedItem, condition: Condition) -> str:
    if condition.image:
        raise ValueError(f"'{condition}' shows images, and these tasks are of text: ask with evaluate()")
    if not item.choices:
        raise ValueError(f"item {item.id!r} has no options: these tasks are multiple choice")
    return prompt_of(item, condition)


def _slug(condition: Condition) -> str:
    return re.sub(r"\W+", "_", str(condition).lower()).strip("_")
