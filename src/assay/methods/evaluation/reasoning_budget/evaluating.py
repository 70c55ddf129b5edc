"""Lets a model solve word puzzles, and tables how many it did; the same as tasks of two harnesses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.methods._intervals import Estimate, mean_interval
from assay.methods._models import as_model
from assay.methods.evaluation._harness import write_answer_task
from assay.methods.evaluation.reasoning_budget.answers import check_answer
from assay.methods.evaluation.reasoning_budget.puzzles import WordPuzzle, generate_word_puzzles
from assay.methods.evaluation.reasoning_budget.traces import Labels, Trace, label_trace


@dataclass(frozen=True)
class WordPuzzleReport:
    """What a model made of word puzzles. Each puzzle is a cluster."""

    model: str
    puzzles: tuple[WordPuzzle, ...]
    outputs: tuple[str, ...]
    right: tuple[bool, ...]
    labels: tuple[Labels, ...]

    def accuracy(self, kind: str = "") -> Estimate:
        """The share that is answered right."""
        return mean_interval(
            [float(r) for puzzle, r in zip(self.puzzles, self.right, strict=True) if kind in {"", puzzle.kind}]
        )

    def table(self) -> list[dict[str, Any]]:
        """A row for the accuracy on all and on each kind, and for each label, in per cent."""
        kinds = ["", *dict.fromkeys(each.kind for each in self.puzzles)]
        rows = [
            {"model": self.model, "kind": kind or "all", "figure": "right answers", "unit": "%"}
            | self.accuracy(kind).scaled(100).as_record()
            for kind in kinds
        ]
        shown = {"gave_up": "gives up", "knows_wrong": "answers what it called wrong", "unfinished": "thinks on"}
        for name, words in shown.items():
            estimate = mean_interval([float(getattr(each, name)) for each in self.labels]).scaled(100)
            rows.append({"model": self.model, "kind": "all", "figure": words, "unit": "%"} | estimate.as_record())
        return rows


def evaluate(
    model: Any,
    *,
    puzzles: Sequence[WordPuzzle] | None = None,
    size: int = 100,
    tokens: int = 4096,
    start: str = "<think>",
    end: str = "</think>",
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> WordPuzzleReport:
    """Let a model solve word puzzles, without examples and without an instruction on form.

    Args:
        model: Whatever `as_model` takes.
        puzzles: Those that there are already; else they are made.
        size: How many are made.
        tokens: Of an answer with its thinking, at most.
        start: What thinking begins with in the text, if it is there.
        end: What it ends with.
        seed: Of the puzzles.
        progress: Told how many of how many are done.

    Raises:
        ValueError: There are no puzzles.
    """
    items = generate_word_puzzles(size, seed=seed) if puzzles is None else list(puzzles)
    if not items:
        raise ValueError("there are no puzzles")
    asked, outputs = as_model(model), list[str]()
    for begin in range(0, len(items), 16):
        part = items[begin : begin + 16]
        outputs += asked.answer([each.text for each in part], tokens=tokens, seed=seed)
        if progress:
            progress(len(outputs), len(items))
    right = [_is_right(each.gold, text, start, end) for each, text in zip(items, outputs, strict=True)]
    labels = [label_trace(_as_trace(text, start, end)) for text in outputs]
    return WordPuzzleReport(asked.name, tuple(items), tuple(outputs), tuple(right), tuple(labels))


def _is_right(gold: Any, text: str, start: str, end: str) -> bool:
    # Thoughts without an end are no answer.
    return not (start in text and end not in text) and check_answer(text, gold, end=end)


def _as_trace(text: str, start: str, end: str) -> Trace:
    thinking, mark, answer = text.rpartition(end)
    finished = bool(mark) or start not in text
    # Without marks, all of it is both: what it says of itself, and what it answers.
    return Trace(thinking if mark else text, answer if mark else text, 0, finished)


def figures(record: Mapping[str, Any], output: str) -> dict[str, float]:
    """The figures of one answer to a puzzle's record, by name."""
    return {"right": float(_is_right(record["gold"], output, "<think>", "</think>"))}


def write_harness_task(
    folder: str | Path, puzzles: Sequence[WordPuzzle], *, name: str = "word_puzzles", tokens: int = 4096
) -> Path:
    """Write puzzles as a task of lm-evaluation-harness: a folder for its ``--include_path``.

    Raises:
        ValueError: There are no puzzles, or the harness could not take the name.
    """
    return write_answer_task(
        folder,
        name,
        items=[each.as_record() for each in puzzles],
        figures=figures,
        metrics={"right": True},
        tokens=tokens,
        question="question",
    )


def inspect_task(puzzles: Sequence[WordPuzzle], *, tokens: int = 4096) -> Any:
    """Puzzles as a task of inspect_ai; of a model's reasoning content nothing is credited.

    Raises:
        ValueError: There are no puzzles.
    """
    if not puzzles:
        raise ValueError("there are no puzzles")
    from inspect_ai import Task  # noqa: PLC0415 - heavy, and only for who uses it
    from inspect_ai.dataset import MemoryDataset, Sample  # noqa: PLC0415
    from inspect_ai.model import GenerateConfig  # noqa: PLC0415
    from inspect_ai.scorer import Score, Target, accuracy, grouped, scorer, stderr  # noqa: PLC0415
    from inspect_ai.solver import TaskState, generate  # noqa: PLC0415

    samples = [
        Sample(id=each.id, input=each.text, target=", ".join(each.answer), metadata=each.as_record())
        for each in puzzles
    ]

    @scorer(metrics=[grouped(accuracy(), "kind", all=False), accuracy(), stderr()], name="word_puzzles")
    def named_both() -> Any:
        async def of_state(state: TaskState, target: Target) -> Score:  # noqa: ARG001 - the record has its parts
            output = state.output.completion
            return Score(value=figures(state.metadata, output)["right"], answer=output)

        return of_state

    return Task(
        dataset=MemoryDataset(samples, name="word_puzzles"),
        solver=generate(),
        scorer=named_both(),
        config=GenerateConfig(max_tokens=tokens, temperature=0.0),
        name="word_puzzles",
    )
