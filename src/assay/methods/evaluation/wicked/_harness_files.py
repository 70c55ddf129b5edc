"""Folders that lm-evaluation-harness runs: a task of its own turned, or questions of yours and their WiCkeD."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from assay.methods._choices import Record
from assay.methods._files import written_whole
from assay.methods.evaluation._harness import write_task
from assay.methods.evaluation.wicked._harness_docs import wicked_config
from assay.methods.evaluation.wicked._items import Wicked, make_wicked
from assay.methods.evaluation.wicked._report import Scoring

_LETTERS = "'ABCDEFGHIJKLMNOPQRSTUVWXYZ'"
_SHOWN = {
    "doc_to_text": "{{question}}{% for each in choices %}\n{{"
    + _LETTERS
    + "[loop.index0]}}. {{each}}{% endfor %}\nAnswer:",
    "doc_to_choice": "{{" + _LETTERS + "[:choices|length]|list}}",
}
_HIDDEN = {"doc_to_text": "{{question}}\nAnswer:", "doc_to_choice": "choices"}
_METRICS = {"letter": ("acc",), "likelihood": ("acc", "acc_norm")}
_CODE = '''"""Functions of a task of lm-evaluation-harness."""

import json
from pathlib import Path

from datasets import Dataset


def load(**_):
    """The items that stand beside this file; those that are shown solved are a split of their own."""
    lines = (Path(__file__).parent / "items.jsonl").read_text(encoding="utf-8").splitlines()
    items = [json.loads(line) for line in lines]
    splits = {"test": [each for each in items if not each["shown"]], "shown": [each for each in items if each["shown"]]}
    return {name: Dataset.from_list(rows) for name, rows in splits.items() if rows}
'''


def write_wicked_task(
    source: str | Path,
    folder: str | Path,
    settings: Wicked | None = None,
    *,
    options: str | Sequence[str] | None = None,
    question: str | None = None,
) -> Path:
    """Write a file by which the harness runs the WiCkeD of any of its multiple-choice tasks, ``<task>_wicked``.

    Args:
        source: The task's name, such as ``arc_easy``, or its YAML file.
        folder: Made if it is not there; files of other tasks stay.
        settings: Of the transform.
        options: See `wicked_config`.
        question: See `wicked_config`.

    Returns:
        The file; ``lm_eval run --include_path FOLDER --tasks <task>_wicked ...`` runs it.

    Raises:
        ValueError: There is no such task, it has no options, or the settings have a function that has no name.
    """
    from assay.methods.evaluation.wicked import _harness_task as harness  # noqa: PLC0415 - loads the harness

    named = str(Path(source).resolve()) if str(source).endswith((".yaml", ".yml")) else str(source)
    task = wicked_config(harness.load_config(named), settings, options=options, question=question)["task"]
    given = {"options": options, "question": question}
    lines = {
        "task": json.dumps(task),
        "class": f"!function {harness.__name__}.{harness.WickedTask.__name__}",
        harness.OF: json.dumps(named),
        harness.SETTINGS: _as_yaml(settings or Wicked()),
        harness.FIELDS: json.dumps({key: value for key, value in given.items() if value}),
    }
    file = Path(folder) / f"{task}.yaml"
    with written_whole(file) as unfinished:
        unfinished.write_text("".join(f"{key}: {value}\n" for key, value in lines.items()), encoding="utf-8")
    return file


def _as_yaml(settings: Wicked) -> str:
    values = []
    for each in fields(settings):
        value = getattr(settings, each.name)
        if callable(value):
            if "<" in value.__qualname__ or value.__module__ == "__main__":
                raise ValueError(f"{each.name} is {value.__qualname__}: give a function that can be imported by name")
            values.append(f"{each.name}: !function {value.__module__}.{value.__qualname__}")
        else:
            values.append(f"{each.name}: {json.dumps(value, ensure_ascii=False)}")
    return "{" + ", ".join(values) + "}"


def write_wicked_tasks(  # noqa: PLR0913 - all but three are keywords
    records: Iterable[Record],
    folder: str | Path,
    name: str,
    settings: Wicked | None = None,
    *,
    scoring: Scoring = "letter",
    shots: int = 0,
    question: str = "question",
    choices: str = "choices",
    answer: str = "answer",
) -> Path:
    """Write two tasks of the harness from records: the questions as they are, ``<name>``, and ``<name>_wicked``.

    The folders need nothing of this library.

    Args:
        records: Questions with options; see `make_wicked`.
        folder: That the two folders stand in.
        name: Of the first task.
        settings: Of the transform.
        scoring: ``letter`` shows the options and takes a letter, ``likelihood`` ranks them without showing them.
        shots: So many of the first records are not asked; solved, they stand before each question. Their WiCkeD stand
            before the WiCkeD, as in the paper.
        question: The field of the question.
        choices: The field of the options.
        answer: The field of the right one.

    Returns:
        The folder, for ``lm_eval run --include_path``.

    Raises:
        ValueError: A record cannot be turned, or none is left to be asked.
    """
    items = make_wicked(records, settings, question=question, choices=choices, answer=answer)
    if not 0 <= shots < len(items):
        raise ValueError(f"{shots} of {len(items)} records are to be shown solved: leave some to be asked")
    template = _SHOWN if scoring == "letter" else _HIDDEN
    config: dict[str, Any] = {
        "output_type": "multiple_choice",
        **template,
        "doc_to_target": "answer",
        "metric_list": [
            {"metric": each, "aggregation": "mean", "higher_is_better": True} for each in _METRICS[scoring]
        ],
        "num_fewshot": shots,
    } | ({"fewshot_split": "shown", "fewshot_config": {"sampler": "first_n"}} if shots else {})
    for task, side in ((name, "original"), (f"{name}_wicked", "item")):
        rows = [
            {
                "id": (item := getattr(each, side)).id,
                "question": item.question,
                "choices": list(item.choices),
                "answer": item.answer,
                "wicked": each.kind,
                "shown": place < shots,
            }
            for place, each in enumerate(items)
        ]
        write_task(Path(folder) / task, task, config=config, items=rows, code=_CODE)
    return Path(folder)
