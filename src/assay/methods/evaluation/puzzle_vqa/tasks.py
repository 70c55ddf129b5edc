"""Puzzles as a task of lm-evaluation-harness, in words, and as one of inspect_ai, in two stages, with pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assay.methods._choices import find_letter
from assay.methods.evaluation._harness import write_answer_task
from assay.methods.evaluation.puzzle_vqa.protocol import Rung, TwoStage, named_option, prompt_of
from assay.methods.evaluation.puzzle_vqa.puzzle import Puzzle


def write_harness_task(
    folder: str | Path,
    puzzles: Sequence[Puzzle],
    *,
    name: str = "puzzle_vqa",
    rung: Rung = "caption",
    protocol: TwoStage | None = None,
) -> Path:
    """Write puzzles as a task of lm-evaluation-harness: with options, in words alone, in the first stage.

    The harness asks each item once, so that there is no second stage; ``named`` says how often one would be needed.

    Args:
        folder: Replaced if it is there.
        puzzles: The items.
        name: Of the task.
        rung: What the model is told; not ``image``, since the task has none.
        protocol: How it is asked.

    Raises:
        ValueError: There are no puzzles, the rung is ``image``, or the harness could not take the name.
    """
    if rung == "image":
        raise ValueError("this task of the harness shows no pictures: give a rung from caption on")
    how = protocol or TwoStage()
    items = [each.record() | {"prompt": prompt_of(each, "choice", rung=rung, think=how.think)} for each in puzzles]
    metrics = {"acc": True, "named": True}
    return write_answer_task(
        folder, name, items=items, figures=figures, metrics=metrics, tokens=how.tokens, target="answer"
    )


def figures(record: Mapping[str, Any], text: str) -> dict[str, float]:
    """The figures of one answer of the first stage."""
    options = record["choices"]
    named = named_option(text, len(options))
    chosen = find_letter(text, len(options), choices=options) if named is None else named
    right = chosen is not None and options[chosen] == record["answer"]
    return {"acc": float(right), "named": float(named is not None)}


def inspect_task(
    puzzles: Sequence[Puzzle], *, rung: Rung = "image", size: int = 512, protocol: TwoStage | None = None
) -> Any:
    """Puzzles with options as a task of inspect_ai, in two stages: accuracy by concept.

    Args:
        puzzles: The samples.
        rung: What the model is told; on ``image`` it is shown the picture and nothing else.
        size: Of pictures, in pixels.
        protocol: How it is asked.
    """
    from inspect_ai import Task  # noqa: PLC0415 - heavy, and only for who uses it
    from inspect_ai.dataset import MemoryDataset, Sample  # noqa: PLC0415
    from inspect_ai.model import ChatMessageUser, ContentImage, ContentText, GenerateConfig  # noqa: PLC0415
    from inspect_ai.scorer import Score, Target, accuracy, grouped, scorer, stderr  # noqa: PLC0415
    from inspect_ai.solver import Generate, TaskState, solver  # noqa: PLC0415

    from assay.methods._models import data_url  # noqa: PLC0415

    how = protocol or TwoStage()

    def asked(puzzle: Puzzle) -> ChatMessageUser:
        text = ContentText(text=prompt_of(puzzle, "choice", rung=rung, think=how.think))
        pictures = [ContentImage(image=data_url(puzzle.image(size)))] if rung == "image" else []
        return ChatMessageUser(content=[*pictures, text])

    samples = [
        Sample(
            id=puzzle.id,
            input=[asked(puzzle)],
            target=puzzle.answer,
            metadata={"concept": puzzle.concept, "options": list(puzzle.choices)},
        )
        for puzzle in puzzles
    ]

    @solver
    def two_stages() -> Any:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            state = await generate(state, max_tokens=how.tokens)
            options = state.metadata["options"]
            if how.stages == 2 and named_option(state.output.completion, len(options)) is None:
                letters = " ".join(f"({letter})" for letter in "ABCD"[: len(options)])
                state.messages.append(ChatMessageUser(content=f"Therefore, among {letters}, the answer is:"))
                state = await generate(state, max_tokens=how.extraction_tokens)
            return state

        return solve

    @scorer(metrics=[grouped(accuracy(), "concept"), stderr()], name="puzzle_vqa")
    def right_option() -> Any:
        async def of_state(state: TaskState, target: Target) -> Score:
            text, options = state.output.completion, state.metadata["options"]
            result = figures({"choices": options, "answer": target.text}, text)
            return Score(value=result["acc"], answer=text)

        return of_state

    return Task(
        dataset=MemoryDataset(samples, name="puzzle_vqa"),
        solver=two_stages(),
        scorer=right_option(),
        config=GenerateConfig(temperature=0.0),
        name="puzzle_vqa",
    )
