"""GIMMICK's protocol: one question under controlled inputs, scored by group (Schneider et al. 2025, arXiv 2502.13766).

**Idea.** Ask the same question with and without an image, a title, a hint, with wrong options from far or near, and
report each score by group, such as the region that the question is about. What is found is a contrast, not a level: how
far one group is behind another, what an image or a hint is worth, and to whom.

**Steps.**

1. Items: any questions with a group and a cluster (`grouped_items`), or questions for the origin of things made from
   records (`origin_items`): the right place and three that are none of the thing's origins; *hard* ones lie in the
   thing's own regions. Options are drawn for each item from the seed and its id.
2. Conditions: a grid of image, title and hints (`conditions`); one that leaves nothing to go by is refused.
3. Answers: letters or ranked options, or open answers that are compared as words. Scores are in [0, 1].
4. Report (`GroupReport`): score by group and condition; the gap to a reference group; the worst gap, with an interval
   made for the largest of so many; the gain of one condition over another, item by item; how much of a gap it closes.

All intervals are over *clusters*: what was drawn is events, each of which feeds many questions that hang together.
One that takes every question for a draw of its own covers too seldom (of 95 % intervals about 80 % where questions of
an event hang together strongly). An item counts in each of its groups, and once in ``all``; `GroupReport.macro` lets
groups count alike.

**Departures** from the official code (floschne/gimmick, read as it stands there). It reports means alone. Its relaxed
matches look for one text within the other, so that an empty answer matches everything and "A" any word with an a; here
whole words are compared, and nothing matches an empty text. It draws options from one generator. A judge's negative
score means an error there, and is averaged; here a score outside [0, 1] is refused. A judge is any function of the
answer and the item (``scorer=``). Videos, and the naming and describing tasks, are questions with images here.

**Use**::

    items = grouped_items(records, groups="region", cluster="country", hints={"region": "region"})
    report = evaluate(model, items, conditions(hint=["none", "region"]), reference="Europe")
    report.table(), report.worst_gap(report.conditions[0]), report.plot("gaps.svg")
    write_harness_tasks(items, grid, folder, "origin"), inspect_task(items, condition)
"""

from assay.methods.evaluation.gimmick._asking import Condition, ask, conditions, matches, prompt_of
from assay.methods.evaluation.gimmick._items import GroupedItem, grouped_items, origin_items
from assay.methods.evaluation.gimmick._report import ALL, GroupReport, evaluate
from assay.methods.evaluation.gimmick._tasks import inspect_task, read_harness_samples, write_harness_tasks

__all__ = [
    "ALL",
    "Condition",
    "GroupReport",
    "GroupedItem",
    "ask",
    "conditions",
    "evaluate",
    "grouped_items",
    "inspect_task",
    "matches",
    "origin_items",
    "prompt_of",
    "read_harness_samples",
    "write_harness_tasks",
]
