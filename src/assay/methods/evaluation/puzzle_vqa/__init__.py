"""PuzzleVQA and AlgoPuzzleVQA, made anew (Toh et al. 2025, arXiv 2502.01081): puzzles that no model has read before.

**Idea.** A program draws each puzzle, so that its answer, what is seen, the rule and what follows are known. A model is
asked with options and without, and told more and more: where it fails is then known too. A seed makes a new set.

**Puzzles.** 28 kinds in two families: ten *abstract* ones, of the paper's concepts (colours, numbers, shapes, sizes and
their pairs), and eighteen *algorithmic* ones under the paper's names (mazes, jugs, clocks, queens, a cube ...). They
are made anew, not copied: drawings, words and ranges are ours. Each puzzle has random numbers of its own, decided by
seed, kind and number; each answer is proved by `solve`, which reads the words alone and works in another way.

**Protocol** (version 1 of the paper). First the question, with ``(A) .. (D)`` in the choice format, and "Let's think
step by step". The answer counts if exactly one bracketed letter stands in it. If not, the model sees its own words
again and is asked "Therefore, among (A) .. (D), the answer is:". Open answers are graded by a model, or by how they
end.

**The ladder.** ``image``: the picture alone. ``caption``: what is seen, in words. ``explanation``: the rule as well.
``deduction``: what follows, cut before the answer. A model that fails on the picture and not on the caption does not
see well; one that fails on the caption and not on the explanation does not find rules. From ``caption`` on a model of
text can be asked. For kinds that ask for the fewest steps, the deduction says no more than the rule.

**Departures**, from the authors' code: options are compared whole, where "1" was found in "12"; the second stage offers
the letters that there are, and no letter stands for the first option where none is read; it is read more freely than
the first, for its prompt invites "B."; all models get one prompt; both stages are kept; a grader without a verdict is
counted as such, and not as wrong. Of numbers, the right one is as often the least as the largest of the options.

**Use**::

    puzzles = make(["colour_hexagon", "maze"], n=100, seed=0)
    report = evaluate(model, items=puzzles, rungs=("image", "caption"))     # callable, endpoint or transformers model
    report.table(); report.gap(); report.second_stage()
"""

from assay.methods.evaluation.puzzle_vqa.making import FAMILIES, KINDS, make, make_one
from assay.methods.evaluation.puzzle_vqa.protocol import (
    FORMATS,
    RUNGS,
    Reply,
    TwoStage,
    ends_in,
    extraction_prompt,
    graded,
    named_option,
    prompt_of,
)
from assay.methods.evaluation.puzzle_vqa.puzzle import Puzzle
from assay.methods.evaluation.puzzle_vqa.report import PuzzleReport, evaluate
from assay.methods.evaluation.puzzle_vqa.solving import solve
from assay.methods.evaluation.puzzle_vqa.tasks import inspect_task, write_harness_task

__all__ = [
    "FAMILIES",
    "FORMATS",
    "KINDS",
    "RUNGS",
    "Puzzle",
    "PuzzleReport",
    "Reply",
    "TwoStage",
    "ends_in",
    "evaluate",
    "extraction_prompt",
    "graded",
    "inspect_task",
    "make",
    "make_one",
    "named_option",
    "prompt_of",
    "solve",
    "write_harness_task",
]
