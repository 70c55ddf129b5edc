"""Selective answering on models trained here: walks through a table, of which some parts are known better than others.

A small Llama thinks a step a token. Asked before the walk is at its end it must leap over what is left, and cannot:
its confidence should be low there and rise with the budget. That is the control of the real model beside it: here the
forced answer was learnt at every budget, and what confidence should be is known.

Budget on two quiet cores: three seeds of 600 steps, some 35 s of one core, kept in the cache; 400 walks each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import torch

from assay.methods.reasoning.selective_qa import Attempt, BudgetSweep, SelectiveReport, read_attempts
from assay.testbed.models import tiny
from assay.testbed.tasks.table_walk import TableWalk
from assay.testbed.training import one_thread, train_once
from assay.trials import Bench, trial

OURS, RIGHT, WRONG = "forced answers", "right answers", "wrong answers"
THRESHOLDS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.95)
"""From always answering to what the paper singles out."""
_SHOWN = (0.0, 0.5, 0.95)
_BEGIN, _HALF = 1, 0.5

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class _Size:
    places: int
    """Of the table."""
    steps: tuple[int, int]
    """Of a walk, the fewest and the most."""
    updates: int
    """Of the training."""
    walks: int


@trial("2502.13962", claim="confidence-by-budget")
def sure_of_walks(bench: Bench) -> None:
    """How sure a small model is of the end of a walk, by the steps that it may think before it has to say it."""
    reports = _reports(bench)
    budgets = reports[0].budgets
    sure = {
        name: [[_sure(report, right, budget) for report in reports] for budget in budgets]
        for name, right in ((RIGHT, True), (WRONG, False))
    }
    bench.claim(bench.trend("mean confidence of right answers", along=budgets, values=sure[RIGHT]))
    bench.curve("mean confidence", sure, candidate=RIGHT, along="steps of thinking", at=budgets)
    tables = [report.by_budget(repeats=1) for report in reports]
    for column in ("ECE", "AUROC"):
        values = [[table[at][column] for table in tables] for at in range(len(budgets))]
        bench.curve(f"{column} by budget", {OURS: values}, candidate=OURS, along="steps of thinking", at=budgets)
    _check_learnt(bench, reports)


@trial("2502.13962", claim="correct-by-budget")
def right_walks(bench: Bench) -> None:
    """Ends of walks that a small model gets right, by the steps that it may think before it has to say it."""
    reports = _reports(bench)
    budgets = reports[0].budgets
    values = [[100 * float(report.right[at].mean()) for report in reports] for at in range(len(budgets))]
    bench.claim(bench.trend("questions answered correctly", along=budgets, values=values, unit="%"))
    bench.curve("questions answered correctly, by budget", {OURS: values}, candidate=OURS, along="steps of thinking",
                at=budgets, unit="%")  # fmt: skip
    _check_learnt(bench, reports)


@trial("2502.13962", claim="utility-by-threshold")
def worth_of_walks(bench: Bench) -> None:
    """What walks earn where a wrong end costs as much as a right one earns, by the threshold of answering."""
    reports = _reports(bench)
    at = _nearest_half(reports)
    budget = reports[0].budgets[at]
    values = [[report.utility("jeopardy", each, budget=budget).value for report in reports] for each in THRESHOLDS]
    bench.claim(bench.trend("utility a question at Jeopardy odds, half of the answers right", along=THRESHOLDS,
                            values=values))  # fmt: skip
    for odds in ("exam", "jeopardy", "high_stakes"):
        lines = {
            f"threshold {each:g}": [
                [report.utility(odds, each, budget=budget).value for report in reports] for budget in reports[0].budgets
            ]
            for each in _SHOWN
        }
        bench.curve(f"utility by budget, {odds.replace('_', ' ')}", lines, candidate="threshold 0.95",
                    along="steps of thinking", at=reports[0].budgets)  # fmt: skip
    share = [float(report.right[at].mean()) for report in reports]
    bench.score("share right at this budget", share, better="higher", at_least=0.2, at_most=0.8, binds="measurement")
    early = [report.utility("jeopardy", 0.95, budget=0).value for report in reports]
    always = [report.utility("jeopardy", 0.0, budget=0).value for report in reports]
    bench.score("utility without any thinking, at Jeopardy odds", {"threshold 0.95": early, "always answering": always},
                candidate="threshold 0.95", better="higher")  # fmt: skip


@trial("2502.13962", claim="accuracy-by-threshold")
def accuracy_of_walks(bench: Bench) -> None:
    """Accuracy of the ends of walks that are said, by the threshold of saying them."""
    reports = _reports(bench)
    budget = reports[0].budgets[_nearest_half(reports)]
    shares = [[report.accuracy(each, budget=budget) for report in reports] for each in THRESHOLDS]
    values = [[100 * share.value for share in row if share] for row in shares]
    bench.claim(bench.trend("accuracy of the answers that are given", along=THRESHOLDS, values=values, unit="%"))
    answered = [[100 * report.coverage(each, budget=budget).value for report in reports] for each in THRESHOLDS]
    bench.curve("questions answered, by threshold", {OURS: answered}, candidate=OURS, along="threshold", at=THRESHOLDS,
                unit="%")  # fmt: skip
    _check_learnt(bench, reports)


def _check_learnt(bench: Bench, reports: Sequence[SelectiveReport]) -> None:
    """Nothing can be told of a model that knows no step of the table, nor of one that needs none of its thoughts."""
    none, full = ([float(report.right[at].mean()) for report in reports] for at in (0, -1))
    bench.score("share right with all the thinking", full, better="higher", at_least=0.5, binds="measurement")
    gains = [b - a for a, b in zip(none, full, strict=True)]
    bench.score("share right that thinking adds", gains, better="higher", at_least=0.2, binds="measurement")


def _sure(report: SelectiveReport, right: bool, budget: int) -> float:  # noqa: FBT001 - which of the two
    """The mean confidence of the right or the wrong answers; NaN where there are none."""
    mean = report.confidence_where(right=right, budget=budget)
    return mean.value if mean else float("nan")


def _nearest_half(reports: Sequence[SelectiveReport]) -> int:
    """The budget, by its place, at which about as many answers are right as the paper's models have."""
    shares = [sum(float(report.right[at].mean()) for report in reports) / len(reports)
              for at in range(len(reports[0].budgets))]  # fmt: skip
    return min(range(len(shares)), key=lambda at: abs(shares[at] - _HALF))


def _reports(bench: Bench) -> list[SelectiveReport]:
    """One of each seed's model, over walks that begin anywhere as likely."""
    size = bench.pick(
        quick=_Size(6, (2, 5), 100, 60), cpu=_Size(24, (2, 8), 600, 400), cuda=_Size(64, (2, 12), 4_000, 2_000)
    )
    bench.setting(
        "trained here",
        model="Llama, 64 wide, 2 layers",
        differs=f"{size.walks:,} walks of {size.steps[0]} to {size.steps[1]} steps through a table of {size.places} "
        "places instead of AIME and GPQA-diamond, and two models of 32B parameters; no end of thinking is put off",
    )
    return [
        SelectiveReport(read_attempts(bench.once(f"walks, seed {seed}", partial(_walk, bench, seed, size))))
        for seed in bench.seeds(cpu=3)
    ]


def _walk(bench: Bench, seed: int, size: _Size) -> Rows:
    task = TableWalk(size.places, size.steps, seed=seed)
    model: Any = _train(task, size.updates, seed, str(bench.device))
    model.to(bench.device)
    tokenizer = task.tokenizer()
    questions = [
        {"id": at, "prompt": [_BEGIN, *walk[:3]], "gold": tokenizer.decode([walk[-1]])}
        for at, walk in enumerate(task.walks(size.walks, torch.Generator().manual_seed(1_000 + seed)))
    ]
    # A space ends the suffix: words are coded one by one. The mark that ends thinking is the one that is forced.
    sweep = BudgetSweep(tuple(range(task.steps[1] + 1)), suffix="= ", extract="text", stops=(), answer_tokens=2,
                        end="=", waits=0, batch=200)  # fmt: skip
    with one_thread():
        attempts: list[Attempt] = sweep.run(model, questions, tokenizer=tokenizer)
    return [asdict(each) for each in attempts]


def _train(task: TableWalk, steps: int, seed: int, device: str) -> Any:
    with one_thread():
        return train_once(
            {"task": asdict(task), "steps": steps, "seed": seed},
            partial(tiny, "llama", vocab_size=task.vocabulary, layers=2, seed=seed),
            partial(_batch, asdict(task), seed),
            device=device,
            steps=steps,
            lr=3e-3,
            seed=seed,
            what="learning a table",
        )


def _batch(task: Mapping[str, Any], seed: int, step: int) -> Mapping[str, torch.Tensor]:
    return TableWalk(**task).batch(64, torch.Generator().manual_seed(1_000_003 * seed + step))
