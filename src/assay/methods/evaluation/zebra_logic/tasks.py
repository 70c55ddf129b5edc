"""The puzzles as a task of lm-evaluation-harness, and as one of inspect_ai."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assay.methods.evaluation._harness import write_answer_task
from assay.methods.evaluation.zebra_logic.puzzles import BUCKETS, Puzzle
from assay.methods.evaluation.zebra_logic.scoring import read_table, score_table


def write_harness_task(
    folder: str | Path,
    puzzles: Sequence[Puzzle],
    *,
    name: str = "zebra_logic",
    reasoning: bool = True,
    tokens: int = 4096,
) -> Path:
    """Write puzzles as a task of lm-evaluation-harness: a folder for its ``--include_path``.

    Args:
        folder: Replaced if it is there.
        puzzles: What is asked.
        name: Of the task.
        reasoning: Whether the answer has room to think.
        tokens: Of an answer, at most.

    Raises:
        ValueError: There are no puzzles, or the harness could not take the name.
    """
    buckets = {each.bucket for each in puzzles}
    names = ["solved", "cells", "parsed", *(_metric(bucket) for bucket, _ in BUCKETS if bucket in buckets)]
    items = [each.as_record(reasoning=reasoning) for each in puzzles]
    return write_answer_task(
        folder, name, items=items, figures=figures, metrics=dict.fromkeys(names, True), tokens=tokens
    )


def figures(record: Mapping[str, Any], output: str) -> dict[str, float]:
    """The figures of one answer to a puzzle's record, by name; ``solved`` once more under the bucket's own."""
    score = score_table(record["header"], record["rows"], read_table(output))
    solved = float(score.solved)
    return {
        "solved": solved,
        "cells": score.cell_accuracy,
        "parsed": float(score.parsed),
        _metric(record["bucket"]): solved,
    }


def _metric(bucket: str) -> str:
    return f"solved_{bucket.replace(' ', '_')}"


def inspect_task(puzzles: Sequence[Puzzle], *, reasoning: bool = True, tokens: int = 4096) -> Any:
    """The puzzles as a task of inspect_ai; accuracy is of whole puzzles, of all and by bucket.

    ``inspect_ai.eval(inspect_task(generate_suite(per_size=4)), model="...")``

    Args:
        puzzles: What is asked.
        reasoning: Whether the answer has room to think.
        tokens: Of an answer, at most.

    Raises:
        ValueError: There are no puzzles.
    """
    if not puzzles:
        raise ValueError("there are no puzzles for a task")
    from inspect_ai import Task  # noqa: PLC0415 - heavy, and only for who uses it
    from inspect_ai.dataset import MemoryDataset, Sample  # noqa: PLC0415
    from inspect_ai.model import GenerateConfig  # noqa: PLC0415
    from inspect_ai.scorer import Score, Target, accuracy, grouped, scorer, stderr  # noqa: PLC0415
    from inspect_ai.solver import TaskState, generate  # noqa: PLC0415

    samples = [
        Sample(
            id=each.id,
            input=each.prompt(reasoning=reasoning),
            target=each.answer(),
            metadata={"header": each.header, "rows": each.rows, "bucket": each.bucket},
        )
        for each in puzzles
    ]

    @scorer(metrics=[grouped(accuracy(), "bucket", all=False), accuracy(), stderr()], name="zebra_puzzles")
    def solved() -> Any:
        async def of_state(state: TaskState, target: Target) -> Score:  # noqa: ARG001 - the table says more
            output = state.output.completion
            found = figures(state.metadata, output)
            return Score(value=found["solved"], answer=output, metadata={"cells": found["cells"]})

        return of_state

    return Task(
        dataset=MemoryDataset(samples, name="zebra_logic"),
        solver=generate(),
        scorer=solved(),
        config=GenerateConfig(max_tokens=tokens, temperature=0.0),
        name="zebra_logic",
    )
