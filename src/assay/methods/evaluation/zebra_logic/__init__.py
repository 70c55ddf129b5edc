"""ZebraLogic (arXiv 2502.01100): logic grid puzzles of known size and hardness, made without end.

A puzzle has N houses and M attributes, so that there are exactly (N!)^M tables, of which its clues leave one. How much
of a model's accuracy is left as that number grows says more of it than one score.

1. `generate` draws a table, lists every clue that is true of it, and takes clues away, in weighted random order, as
   long as no other table fits (python-sat decides). No clue is left that could go. A plain search, which had no part in
   that, proves the solution to be the only one.
2. `Puzzle.text` puts it into words, `Puzzle.prompt` asks for a JSON table.
3. `score` reads the last complete table of an answer, and counts its right cells; a puzzle is solved where all are.
4. `select` chooses among several answers, `pass_at` tells what the best of k would reach.
5. `conflicts` measures hardness: how often a SAT solver runs into a contradiction.

Use::

    puzzles = generate_suite(per_size=4)
    report = evaluate(model, puzzles=puzzles)      # any callable, endpoint or model of transformers
    report.solved("small"), report.table()

`write_harness_task` and `inspect_task` put the puzzles into other harnesses; `cell_reward` and `puzzle_reward` are
rewards of TRL.

Departures. The generator is not released, and the loop printed in the paper's algorithm would end at the first removal
that succeeds; it is read as "go on until nothing can go". Weights of removal are those of the nearest public kin, which
leaves sets of clues that are not minimal; ours are. Conflicts are those of Minisat on a propositional encoding (the
final one included), over eight orders of clauses, where the paper has Z3's: rank the puzzles by them, and compare no
figure. Cells are compared as in the official code; house and attribute names are taken in any case, too. The official
evaluator forgets its selection mode once a puzzle has a single valid answer; here the mode is that of each call.
"""

from assay.methods.evaluation.zebra_logic.evaluating import Attempt, ZebraReport, evaluate
from assay.methods.evaluation.zebra_logic.generating import SIZES, generate, generate_suite
from assay.methods.evaluation.zebra_logic.puzzles import BUCKETS, Attribute, Clue, Puzzle, bucket
from assay.methods.evaluation.zebra_logic.scoring import (
    Score,
    cell_reward,
    pass_at,
    puzzle_reward,
    read_table,
    score,
    select,
)
from assay.methods.evaluation.zebra_logic.solving import NotUniqueError, conflicts, find_needless, solve
from assay.methods.evaluation.zebra_logic.tasks import inspect_task, write_harness_task

__all__ = [
    "BUCKETS",
    "SIZES",
    "Attempt",
    "Attribute",
    "Clue",
    "NotUniqueError",
    "Puzzle",
    "Score",
    "ZebraReport",
    "bucket",
    "cell_reward",
    "conflicts",
    "evaluate",
    "find_needless",
    "generate",
    "generate_suite",
    "inspect_task",
    "pass_at",
    "puzzle_reward",
    "read_table",
    "score",
    "select",
    "solve",
    "write_harness_task",
]
