"""A small language model that proposes plans over scikit-learn: which search finds more of what is needed with it?

Tasks are functions of scikit-learn, as in the trial beside this one. The model goes on with a list behind two
examples, since in a chat 29 of its 47 answers held no plan. It is shown the steps so far, with the names of what was
found for them. Beside both searches stands retrieval for the request, with as many symbols as the plan of the rewriting
search.

Code is not asked of it: for seven functions it called none of the symbols that it was shown, nor, for four of them,
where these were just the needed ones.

Budget on two quiet cores: 8 tasks, 2 times 6 plans each, of up to 48 tokens rewritten and of 20 added: 4,000 tokens
sampled, 25,000 read; a minute and a half.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from assay.methods._models import Model, as_model
from assay.methods.agents.repo_plan_search import (
    ModelProposer,
    Mutation,
    Oracle,
    Plan,
    PlanSearch,
    ProposalError,
    plan_recall,
)
from assay.testbed.pretrained import LanguageModel
from assay.trials import Bench, trial
from assay.trials.agents.repo_plan_search import MONOTONIC, PLAIN, UNCONSTRAINED
from assay.trials.agents.repo_plan_search._tasks import Indexed, Task, ask_plainly, by_group, index_repository

_EXAMPLES = """Request: Read a table from a file and show the mean of each column.
Steps so far:
1. Show the mean. [mean, show_all]
{ask}
{answer}

Request: Check that the input is valid and predict a class for each row.
Steps so far:
1. Validate the input array. [check_array, validate]
2. Predict. [predict, predict_proba]
{ask}
{other}

Request: {{request}}
Steps so far:
{{steps}}
{ask}
"""
_BETTER = _EXAMPLES.format(
    ask="Better steps:",
    answer="1. Read the table from the file.\n2. Compute the mean of each column.\n3. Print each name with its mean.",
    other="1. Validate the input array.\n2. Compute the decision function.\n3. Take the class with the highest score.",
)
_NEXT = _EXAMPLES.format(
    ask="Next step:", answer="2. Compute the mean of each column.", other="3. Take the class with the highest score."
)
_ARMS: dict[str, tuple[Mutation, str, int]] = {
    UNCONSTRAINED: ("unconstrained", _BETTER, 48),
    MONOTONIC: ("monotonic", _NEXT, 20),
}
"""How each mutates, what the model is asked, and how many tokens it may write."""


@dataclass(frozen=True)
class _Size:
    below: str
    """A folder of scikit-learn, or all of it."""
    tasks: int
    budget: int


@trial("2502.15872", claim="unconstrained-mutation-gain", pretrained=True)
def proposed_by_a_model(bench: Bench) -> None:
    """Symbols found by a search that rewrites plans and by one that only adds steps, with a small model's proposals."""
    size = bench.pick(quick=_Size("cluster", 1, 3), cpu=_Size("", 8, 7), cuda=_Size("", 100, 20))
    lm = bench.on_pretrained(
        f"{size.tasks} functions of scikit-learn, to be written again, instead of LongCodeArena; {size.budget} plans "
        "instead of 20; symbols are found by words of docstrings"
    )
    indexed = index_repository("sklearn", size.below, size.tasks, bench.seed)
    rows = [
        bench.once(task.path, partial(_try, lm, indexed, task, size.budget, bench.seed))
        for task in bench.progress(indexed.tasks, "functions")
    ]
    found = {arm: by_group([row["found"][arm] for row in rows]) for arm in (UNCONSTRAINED, MONOTONIC, PLAIN)}
    bench.claim(
        bench.compare("needed symbols found", found, candidate=UNCONSTRAINED, baseline=MONOTONIC, unit="%",
                      better="higher")
    )  # fmt: skip
    for arm in _ARMS:
        told = 100 * (1 - sum(row["unreadable"][arm] for row in rows) / sum(row["asked"][arm] for row in rows))
        bench.score(f"answers that held a plan, {arm}", told, unit="%", better="higher")


@dataclass(frozen=True)
class _FirstParagraph:
    """A model that is heard up to the first empty line: what comes behind is the next example."""

    model: Model

    @property
    def name(self) -> str:
        return self.model.name

    def answer(self, prompts: Sequence[str], **how: Any) -> list[str]:
        return [answer.partition("\n\n")[0] for answer in self.model.answer(prompts, **how)]


def _try(lm: LanguageModel, indexed: Indexed, task: Task, budget: int, seed: int) -> dict[str, dict[str, float]]:
    """What each search finds for one function with the model's proposals."""
    model = _FirstParagraph(as_model(lm.model, lm.tokenizer, name=lm.name, chat=False))
    plans, asked, unreadable = {}, {}, {}
    for arm, (mutation, prompt, tokens) in _ARMS.items():
        proposer = ModelProposer(
            model, indexed.index, mutation, tokens=tokens, temperature=0.7, prompt=prompt, retries=1, seed=seed
        )
        search = PlanSearch(indexed.index, proposer, scorer=Oracle(task.needed), budget=budget)
        try:
            plans[arm] = search.run(task.request).plan
        except ProposalError:
            plans[arm] = Plan(task.request)
        asked[arm], unreadable[arm] = float(proposer.calls), float(proposer.unreadable)
    plans[PLAIN] = ask_plainly(indexed, task, max(1, len(plans[UNCONSTRAINED].symbols)))
    found = {arm: plan_recall(plan, task.needed) for arm, plan in plans.items()}
    return {"found": found, "asked": asked, "unreadable": unreadable}
