"""Lets a model solve a suite of puzzles, and tables how many of each bucket it did."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from assay.methods._intervals import Estimate, mean_interval
from assay.methods._models import as_model
from assay.methods.evaluation.zebra_logic.generating import SIZES, generate_suite
from assay.methods.evaluation.zebra_logic.puzzles import BUCKETS, Puzzle
from assay.methods.evaluation.zebra_logic.scoring import Score, pass_at, score


@dataclass(frozen=True)
class Attempt:
    """A model's answers to one puzzle."""

    puzzle: Puzzle
    outputs: tuple[str, ...]
    scores: tuple[Score, ...]

    def pass_at(self, k: int) -> float:
        """The chance that one of `k` answers solves the puzzle."""
        return pass_at(k, right=sum(each.solved for each in self.scores), of=len(self.scores))


@dataclass(frozen=True)
class ZebraReport:
    """What a model made of a suite. Answers to one puzzle are a cluster: intervals are over puzzles."""

    model: str
    attempts: tuple[Attempt, ...]

    def solved(self, bucket: str = "") -> Estimate:
        """The share of answers in which every cell is right."""
        return self._mean(bucket, lambda each: float(each.solved))

    def cells(self, bucket: str = "") -> Estimate:
        """The share of right cells."""
        return self._mean(bucket, lambda each: each.cell_accuracy)

    def parsed(self, bucket: str = "") -> Estimate:
        """The share of answers that have a table."""
        return self._mean(bucket, lambda each: float(each.parsed))

    def solved_by_one_of(self, k: int, bucket: str = "") -> Estimate:
        """The share of puzzles that one of `k` answers solves."""
        return mean_interval([each.pass_at(k) for each in self._of(bucket)])

    def table(self) -> list[dict[str, Any]]:
        """A row for each figure of all puzzles and of each bucket, in per cent."""
        figures = {"puzzles solved": self.solved, "right cells": self.cells, "answers with a table": self.parsed}
        buckets = [name for name, _ in BUCKETS if any(each.puzzle.bucket == name for each in self.attempts)]
        return [
            {"model": self.model, "bucket": bucket or "all", "figure": name, "unit": "%"}
            | figure(bucket).scaled(100).as_record()
            for bucket in ["", *buckets]
            for name, figure in figures.items()
        ]

    def _of(self, bucket: str) -> list[Attempt]:
        attempts = [each for each in self.attempts if bucket in {"", each.puzzle.bucket}]
        if not attempts:
            raise ValueError(f"no puzzle is in the bucket {bucket!r}: there are {', '.join(b for b, _ in BUCKETS)}")
        return attempts

    def _mean(self, bucket: str, figure: Callable[[Score], float]) -> Estimate:
        attempts = self._of(bucket)
        names = [index for index, each in enumerate(attempts) for _ in each.scores]
        return mean_interval([figure(score) for each in attempts for score in each.scores], names)


def evaluate(  # noqa: PLR0913 - all but the model are keywords
    model: Any,
    *,
    puzzles: Sequence[Puzzle] | None = None,
    per_size: int = 4,
    sizes: Iterable[tuple[int, int]] = SIZES,
    samples: int = 1,
    tokens: int = 4096,
    temperature: float | None = None,
    reasoning: bool = True,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> ZebraReport:
    """Let a model solve puzzles.

    Args:
        model: Whatever `as_model` takes.
        puzzles: A suite that is there already; else one is made.
        per_size: Puzzles of each size; 40 in the paper.
        sizes: Houses and attributes.
        samples: Answers to each puzzle.
        tokens: Of an answer, at most (4,096 in the official code).
        temperature: Of the sampling; greedy (as in the official code) for one answer, 1 for more.
        reasoning: Whether the answer has room to think.
        seed: Of puzzles and sampling.
        progress: Told how many puzzles of how many are done.

    Raises:
        ValueError: There are no puzzles, or no samples.
    """
    suite = generate_suite(per_size=per_size, seed=seed, sizes=sizes) if puzzles is None else list(puzzles)
    if not suite or samples < 1:
        raise ValueError(f"{len(suite)} puzzles and {samples} answers to each tell nothing: give one or more")
    if temperature is None:
        temperature = 1.0 if samples > 1 else 0.0
    asked, attempts = as_model(model), []
    step = max(1, 16 // samples)
    for start in range(0, len(suite), step):
        part = suite[start : start + step]
        prompts = [each.prompt(reasoning=reasoning) for each in part for _ in range(samples)]
        outputs = asked.answer(prompts, tokens=tokens, temperature=temperature, seed=seed + start)
        for index, puzzle in enumerate(part):
            own = tuple(outputs[index * samples : (index + 1) * samples])
            attempts.append(Attempt(puzzle, own, tuple(score(puzzle, each) for each in own)))
        if progress:
            progress(start + len(part), len(suite))
    return ZebraReport(asked.name, tuple(attempts))
