"""Tasks for lm-evaluation-harness: a folder with YAML, Python and items, run by the harness's own command.

    lm_eval run --include_path FOLDER --tasks NAME --model hf --model_args pretrained=...

The YAML says what is asked and how it is scored; the functions that it names stand in ``task.py`` beside it.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from assay.methods._files import written_whole


def write_task(
    folder: str | Path, name: str, *, config: Mapping[str, Any], items: Iterable[Mapping[str, Any]], code: str
) -> Path:
    """Write one task of the harness, whole or not at all.

    Args:
        folder: Made where it is not; a folder of this name is replaced.
        name: Of the task, as the harness's ``--tasks`` takes it.
        config: The YAML's fields. A value that begins with ``!function`` names a function of ``task.py``.
        items: One mapping for each question, JSON as it is.
        code: Of ``task.py``. Its ``load(**kwargs)`` gives ``{"test": Dataset}``; see `LOAD`.

    Returns:
        The folder.

    Raises:
        ValueError: There are no items, or the name is none that the harness could take.
    """
    if not name or not name.replace("_", "").replace("-", "").isalnum():
        raise ValueError(f"the task's name is {name!r}: give letters, digits, - and _")
    rows = [dict(item) for item in items]
    if not rows:
        raise ValueError(f"the task {name} has no items")
    fields = {"task": name, "custom_dataset": "!function task.load", "test_split": "test"} | dict(config)
    with written_whole(folder) as unfinished:
        unfinished.mkdir()
        lines = [f"{key}: {_yaml(value)}" for key, value in fields.items()]
        (unfinished / f"{name}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (unfinished / "task.py").write_text(code, encoding="utf-8")
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (unfinished / "items.jsonl").write_text(content, encoding="utf-8")
    return Path(folder)


def write_answer_task(  # noqa: PLR0913 - all but the first two are keywords
    folder: str | Path,
    name: str,
    *,
    items: Iterable[Mapping[str, Any]],
    figures: Callable[[Mapping[str, Any], str], Mapping[str, float]],
    metrics: Mapping[str, bool],
    tokens: int,
    question: str = "prompt",
    target: str = "",
    temperature: float = 0.0,
) -> Path:
    """Write a task of the harness in which a model answers each item once, in words of its own.

    Args:
        folder: See `write_task`.
        name: Likewise.
        items: Likewise.
        figures: What one item and the answer to it are worth, by metric; a public function of a module.
        metrics: Their names, and whether more is better.
        tokens: Of an answer, at most.
        question: The item's field that is asked.
        target: The item's field with the right answer, if it has one.
        temperature: 0 takes the likeliest token each time.

    Raises:
        ValueError: As `write_task` does.
    """
    sampling = {"do_sample": True, "temperature": temperature} if temperature else {"do_sample": False}
    config = {
        "output_type": "generate_until",
        "doc_to_text": question,
        "doc_to_target": target,
        "process_results": "!function task.process_results",
        "generation_kwargs": {"until": [], "max_gen_toks": tokens} | sampling,
        "metric_list": [
            {"metric": metric, "aggregation": "mean", "higher_is_better": higher} for metric, higher in metrics.items()
        ],
        "metadata": {"version": 1.0},
    }
    code = LOAD + _FIGURES.format(module=figures.__module__, function=figures.__qualname__)
    return write_task(folder, name, config=config, items=items, code=code)


LOAD = '''"""Functions of a task of lm-evaluation-harness."""

import json
from pathlib import Path

from datasets import Dataset


def load(**_):
    """The items that stand beside this file."""
    lines = (Path(__file__).parent / "items.jsonl").read_text(encoding="utf-8").splitlines()
    return {"test": Dataset.from_list([json.loads(line) for line in lines])}
'''
"""The beginning of every ``task.py``; what a task needs besides is added behind it."""

_FIGURES = '''

def process_results(doc, results):
    """The figures of one answer."""
    from {module} import {function}

    return {function}(doc, results[0])
'''


def _yaml(value: Any) -> str:
    """A value as YAML: JSON is YAML, but for what names a function."""
    if isinstance(value, str) and value.startswith("!function "):
        return value
    return json.dumps(value, ensure_ascii=False)
