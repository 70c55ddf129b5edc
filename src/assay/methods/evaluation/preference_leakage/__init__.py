"""Preference leakage (Li et al. 2025, arXiv 2502.01534): does a judge favour students of the model that it is kin to?

**Idea.** Two students answer the same prompts. One was trained on data that model i wrote, the other on data of model
j, and i and j both judge every pair of answers. Each judge's win rate for *its* student is held against the win rate
that the other judge gives the same student: how good the student is cancels, and kinship stays.

**Equations** (section 3.3). WR_k(S) is the share of prompts on which judge k lets student S win against the other one;
a tie is no win, and no half of one::

    AVG_i = (WR_i(S_i) + WR_j(S_i)) / 2
    PLS(i, j) = 1/2 * [(WR_i(S_i) - AVG_i) / AVG_i + (WR_j(S_j) - AVG_j) / AVG_j]

in per cent. The average is over the two judges of one student; that over the two students of one judge comes close to
it on some of the paper's figures, and is wrong. The score is 0 where the judges agree, at most 100, and the same for
(i, j) and (j, i). Since it is relative to AVG, it is large where win rates are tiny: look at these too.

**Steps.** Judgments come from files of AlpacaEval and Arena-Hard (`read_alpaca_eval`, `read_arena_hard`), from judges
that are asked here (`compare_answers`), or from logs of inspect_ai (`judging_task`, `read_inspect_judgments`).
`measure_leakage` scores two judges; `leakage_report` all that are related to a student, by kind of kinship, with the
judges that are kin to none beside them.

**Departures.** The paper gives no intervals: here prompts are drawn with replacement, the same ones for both judges, by
clusters where there are any; and a permutation test swaps the judges' labels prompt by prompt. The official code takes
verdicts that it cannot read for ties, and knows from the names of two models which answer was shown first: here the
one is refused, and the other read from the data. The paper's rates on AlpacaEval are controlled for length: give the
reader the column that has them.

**Use**::

    judgments = read_arena_hard("gpt.jsonl", baseline="S_gem") + read_arena_hard("gem.jsonl", baseline="S_gem")
    report = leakage_report(judgments, {"gpt": "S_gpt", "gem": "S_gem"})
    for row in report.table(): ...
"""

from assay.methods.evaluation.preference_leakage._inspect import judging_task, read_inspect_judgments
from assay.methods.evaluation.preference_leakage._judges import (
    AnswerPair,
    Judge,
    ask_for_verdicts,
    compare_answers,
    compare_letters,
    compare_likelihoods,
    tell_students_apart,
)
from assay.methods.evaluation.preference_leakage._readers import read_alpaca_eval, read_arena_hard
from assay.methods.evaluation.preference_leakage._score import (
    Judgment,
    Leakage,
    LeakageReport,
    Rates,
    leakage_by_category,
    leakage_report,
    leakage_score,
    measure_leakage,
)

__all__ = [
    "AnswerPair",
    "Judge",
    "Judgment",
    "Leakage",
    "LeakageReport",
    "Rates",
    "ask_for_verdicts",
    "compare_answers",
    "compare_letters",
    "compare_likelihoods",
    "judging_task",
    "leakage_by_category",
    "leakage_report",
    "leakage_score",
    "measure_leakage",
    "read_alpaca_eval",
    "read_arena_hard",
    "read_inspect_judgments",
    "tell_students_apart",
]
