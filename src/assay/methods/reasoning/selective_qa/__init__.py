r"""Selective answering under thinking budgets (Jurayj, Cheng, Van Durme 2025, arXiv 2502.13962).

**Idea.** A model that reasons may also keep silent. Let it think for so many tokens, force an answer there, take the
probability of the answer's tokens for its confidence, and answer only above a threshold. Budget and threshold are
varied together, and a wrong answer costs something.

1. The model thinks, the likeliest token each time. Where it ends before the largest budget, the end is taken back and
   "Wait" put there instead, at most `BudgetSweep.waits` times.
2. At each budget b the first b tokens of the chain are followed by the suffix that asks for the answer, which is
   written greedily. Its confidence is c = exp(sum of log p) over the tokens of the answer itself; mean and least are
   kept beside it, since the sum is hard on long answers.
3. Answered is what has c >= θ and is not empty. Of n questions, coverage = answered / n, accuracy = right / answered
   (undefined where nothing is), utility = (right - λ wrong) / n: λ is 0 at an exam, 1 at Jeopardy, 20 at high stakes.

**Use**::

    sweep = BudgetSweep(budgets=range(0, 4001, 200), extract="choice")
    attempts = sweep.run(model, questions, tokenizer=tokenizer)         # or an Endpoint; write_attempts keeps them
    report = SelectiveReport(attempts, calibration=0.5)
    report.table(budget=4000); report.best_threshold("jeopardy"); report.plot("utility.png")
    policy = report.to_policy("jeopardy")                               # policy(answer, confidence): answer or ABSTAIN

**Cost.** Prefixes of one chain are nested: each chain is read and written once, and each budget adds the suffix and the
answer on a fork of the cache (a copy, while it lasts). `reference_sweep` is the plain loop, which reads all anew.

**Departures.** From the official code (wjurayj/final_answer): work is on token ids, where it decodes the prefix without
the marks of a chat and codes it again; the answer ends at its closing string, where digits behind it are read along and
a letter may become two; tokens that hold several digits count; an empty answer is an abstention, where it gets the
confidence exp(-5); accuracy of no answers is undefined, where it is 0. A utility is by question. Ours are the choice of
a threshold on questions of their own, risk-coverage, calibration errors, intervals over questions, answers that are
one of given options (their probability among these), and endpoints (without waiting: a server does not tell how many
tokens the word has).
"""

from assay.methods.reasoning.selective_qa._attempts import Attempt, read_attempts, write_attempts
from assay.methods.reasoning.selective_qa._policy import ABSTAIN, Policy
from assay.methods.reasoning.selective_qa._reference import reference_sweep
from assay.methods.reasoning.selective_qa._report import ODDS, SelectiveReport
from assay.methods.reasoning.selective_qa._sweep import BudgetSweep, SweepError

__all__ = [
    "ABSTAIN",
    "ODDS",
    "Attempt",
    "BudgetSweep",
    "Policy",
    "SelectiveReport",
    "SweepError",
    "read_attempts",
    "reference_sweep",
    "write_attempts",
]
