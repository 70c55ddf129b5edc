r"""How much thinking a reasoning model needs, and how it goes wrong (arXiv 2502.01584, "PhD Knowledge Not Required").

Word puzzles that are hard to find and easy to check show how a reasoning model fails: it gives up, answers what it has
called wrong, wavers, or never stops. The paper asks for what wraps thinking up before the context is full. Here are:

1. `WrapUp`, a logits processor: after so many tokens of thinking it writes what ends it, so that an answer follows.
   With `least` it also keeps a model from ending too early; with `soft_from` the end becomes likelier by steps.
2. `read_traces`, `label_trace`, `label_table`: traces of any API, and what phrases in them show.
3. `budget_curve`: from one finished run of each question the accuracy under every smaller budget, the ceiling that a
   wrap-up could reach, and the plateau beyond which thinking no longer pays.
4. `check_answer`: free answers of several phrases, by whole words, behind the end of thinking only.
5. `generate_word_puzzles`: puzzles of that sort from lists of words, each with one answer by trying all pairs;
   `evaluate` lets a model solve them, `write_harness_task` and `inspect_task` make them tasks.

Use::

    wrap_up = WrapUp.of_text(tokenizer, 2048, close="\n\nTime is up.</think>\nFinal answer:")
    model.generate(**inputs, logits_processor=[wrap_up], max_new_tokens=wrap_up.needed(answer=64))

Departures. The paper names the need of a wrap-up and gives none; this one is ours. The puzzles of the paper belong to
NPR and are not here; ours are made. Labels are phrases and not understanding. A wrap-up changes what a model would have
written: report it as a condition of its own.
"""

from assay.methods.evaluation.reasoning_budget.answers import check_answer
from assay.methods.evaluation.reasoning_budget.evaluating import (
    WordPuzzleReport,
    evaluate,
    inspect_task,
    write_harness_task,
)
from assay.methods.evaluation.reasoning_budget.puzzles import (
    KINDS,
    WordPuzzle,
    generate_word_puzzles,
    solve_word_puzzle,
)
from assay.methods.evaluation.reasoning_budget.traces import (
    BudgetCurve,
    Labels,
    Trace,
    budget_curve,
    label_table,
    label_trace,
    read_traces,
)
from assay.methods.evaluation.reasoning_budget.wrap_up import WrapUp, generate_within

__all__ = [
    "KINDS",
    "BudgetCurve",
    "Labels",
    "Trace",
    "WordPuzzle",
    "WordPuzzleReport",
    "WrapUp",
    "budget_curve",
    "check_answer",
    "evaluate",
    "generate_within",
    "generate_word_puzzles",
    "inspect_task",
    "label_table",
    "label_trace",
    "read_traces",
    "solve_word_puzzle",
    "write_harness_task",
]
