"""WiCkeD: any multiple-choice benchmark made harder by "None of the above" (Elhady et al. 2025, arXiv 2502.18316).

**Idea.** Of each question one option goes, drawn uniformly, and "None of the above" comes behind those that are left.
Of N options the right one goes once in N, and then the new one is right. Who wins by taking the least bad option loses
there: one must know that none is right.

**Steps.**

1. A question for the *best* of several answers stays as it is: with the best one gone the second best would be right.
   The paper has a classifier for that, of which no weights are to be had here; a rule on the question's words is ours
   (`asks_for_the_best`), and any callable may take its place. Questions with an option about the others ("all of the
   above") stay as well. `WickedReport.why_unchanged` counts both.
2. Of the others one option is drawn by a hash of the seed and the question (its ``id``, or else what it says), removed
   by its number, and the new one put last. The order of the others stays.
3. Questions that stand solved before others go through the same.
4. A model answers both, and the report has the paired difference with its interval (over clusters, if questions hang
   together), McNemar's test, accuracy by what became of a question, and how often "None of the above" was chosen: it
   always stands last, so how often the last option was chosen *before* stands beside it. `Wicked(remove=False)` adds
   the new option and removes none, the control for what its mere sight does.

**Departures** from the official code (ahmedselhady/wicked-benchmarks, read as it stands there). It draws from one
generator for all questions, so that a subset, another order or a cached map draw otherwise; here each question has its
own. For ARC it compares the number of the right option with texts, so that "None of the above" is right of every
question that it changes; for TruthfulQA it draws among four options however many there are. It removes the first of two
options that are alike; here such a question is refused by name (or left, ``unfit="leave"``).

**Scoring.** The paper takes letters. Ranking the options by their likelihood without showing them, which the harness
does for ARC and its like, says little of this benchmark: "None of the above" is a set phrase, and likely as a text
whatever was asked; a model that always takes it is right once in N.

**Use**::

    report = evaluate(model, records)                  # callable, endpoint, transformers model; any records
    report.drop, report.picks_none, report.table()
    wicked_dataset(dataset, Wicked(seed=1))            # datasets in, datasets out
    write_wicked_task("arc_easy", folder)              # lm_eval run --include_path folder --tasks arc_easy_wicked
    write_wicked_tasks(records, folder, "mine")        # --tasks mine,mine_wicked
    inspect_task(records), wicked_samples(dataset)     # inspect_ai
"""

from assay.methods.evaluation.wicked._harness_docs import wicked_config
from assay.methods.evaluation.wicked._harness_files import write_wicked_task, write_wicked_tasks
from assay.methods.evaluation.wicked._inspect import inspect_task, wicked_samples
from assay.methods.evaluation.wicked._items import (
    Wicked,
    WickedItem,
    as_records,
    asks_for_the_best,
    make_wicked,
    wicked_dataset,
)
from assay.methods.evaluation.wicked._report import WickedReport, choose, compare, evaluate

__all__ = [
    "Wicked",
    "WickedItem",
    "WickedReport",
    "as_records",
    "asks_for_the_best",
    "choose",
    "compare",
    "evaluate",
    "inspect_task",
    "make_wicked",
    "wicked_config",
    "wicked_dataset",
    "wicked_samples",
    "write_wicked_task",
    "write_wicked_tasks",
]
