"""Judging as a task of inspect_ai: the model that is run is the judge, and its log is read for judgments.

Run the task once with each judge, ``inspect eval judging.py --model openai/gpt-4o`` and so on, then read all logs.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assay.methods.evaluation.preference_leakage._judges import QUESTION, VERDICT_WANTED, read_verdict, settle, wins_of
from assay.methods.evaluation.preference_leakage._score import Judgment


def judging_task(
    prompts: Sequence[str], answers: Mapping[str, Sequence[str]], *, question: str = QUESTION + VERDICT_WANTED
) -> Any:
    """A task of inspect_ai in which the model judges two students' answers to each prompt, in both orders.

    Its score is how often the first student wins; a tie is half.

    Args:
        prompts: No two alike.
        answers: By student, an answer to each prompt; two students.
        question: With ``{prompt}``, ``{first}`` and ``{second}``.

    Raises:
        ValueError: There are not two students, or not an answer to each prompt.
    """
    from inspect_ai import Task  # noqa: PLC0415 - slow to load
    from inspect_ai.dataset import MemoryDataset, Sample  # noqa: PLC0415
    from inspect_ai.solver import generate  # noqa: PLC0415

    if len(answers) != 2 or any(len(texts) != len(prompts) for texts in answers.values()) or not prompts:
        counts = {student: len(texts) for student, texts in answers.items()}
        raise ValueError(f"answers are {counts} to {len(prompts)} prompts: give two students, each with one to each")
    (one, firsts), (two, seconds) = answers.items()
    samples = []
    for number, (prompt, first, second) in enumerate(zip(prompts, firsts, seconds, strict=True)):
        for game, (shown, other) in enumerate(((first, second), (second, first))):
            asked = question.format(prompt=prompt, first=shown, second=other)
            metadata = {"prompt": prompt, "students": [one, two], "game": game}
            samples.append(Sample(id=f"{number}-{game}", input=asked, target="", metadata=metadata))
    return Task(dataset=MemoryDataset(samples), solver=generate(), scorer=_scorer())


def _scorer() -> Any:
    from inspect_ai.scorer import Score, mean, scorer, stderr  # noqa: PLC0415

    @scorer(metrics=[mean(), stderr()])
    def verdict() -> Any:
        """The first student's win in one game."""

        async def score(state: Any, target: Any) -> Any:  # noqa: ARG001 - there is no right answer
            text = state.output.completion
            said = read_verdict(text)
            first, second = wins_of(said) if said else (0.0, 0.0)
            if state.metadata["game"]:
                first, second = second, first
            return Score(value=(1 + first - second) / 2, answer=said, explanation=text)

        return score

    return verdict()


def read_inspect_judgments(
    file: str | Path, *, judge: str = "", categories: Mapping[str, str] | None = None, unread_as_tie: bool = False
) -> list[Judgment]:
    """Judgments of a log of `judging_task`; a student wins where it wins both games.

    Args:
        file: ``.eval`` or ``.json``.
        judge: What to call the judge, other than the model that was run.
        categories: By prompt.
        unread_as_tie: Take an answer without a verdict for a tie, instead of refusing it.

    Raises:
        ValueError: The log is of another task, a game is missing, or an answer has no verdict.
    """
    from inspect_ai.log import read_eval_log  # noqa: PLC0415

    log = read_eval_log(str(file))
    games: dict[str, dict[int, tuple[float, float]]] = {}
    students: dict[str, tuple[str, str]] = {}
    for sample in log.samples or ():
        where, metadata = f"{file}, sample {sample.id}", sample.metadata
        if not {"prompt", "students", "game"} <= metadata.keys():
            raise ValueError(f"{where}: this is no game of a judging task")
        said = next(iter((sample.scores or {}).values())).answer if sample.scores else ""
        if not said and not unread_as_tie:
            raise ValueError(f"{where}: the judge gives no verdict on {metadata['prompt'][:60]!r}")
        wins = wins_of(said or "tie")
        games.setdefault(metadata["prompt"], {})[metadata["game"]] = wins[::-1] if metadata["game"] else wins
        students[metadata["prompt"]] = (metadata["students"][0], metadata["students"][1])
    if not games:
        raise ValueError(f"{file} has no samples: its run {log.status}")
    for prompt, both in games.items():
        if set(both) != {0, 1}:
            raise ValueError(f"{file}: {prompt[:60]!r} has one game only: both orders are needed")
    name, kinds = judge or log.eval.model, categories or {}
    return [
        Judgment(prompt, name, students[prompt], settle(both[0], both[1]), kinds.get(prompt, ""))
        for prompt, both in games.items()
    ]
