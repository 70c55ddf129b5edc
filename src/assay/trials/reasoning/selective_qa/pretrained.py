"""Selective answering on a pretrained model: capitals and currencies, of which it knows about half.

The model says what it knows about the country, for 0 to 64 tokens, and the answer is forced behind that. Which of two
requests to think with it gets was settled on 16 facts of each relation by the accuracy at 64 tokens: "think step by
step" loses more. What it thinks may well name an answer, right or wrong; so beside the confidence of right answers
stands that of wrong ones, and how well it tells the two apart.

Rivals answer without thinking: ten samples of an answer cost the tokens of one thinking of 64. Thresholds (and a
budget, where one is chosen) come from four fifths of the facts and are judged on the fifth that is left, in turn.

Budget on two quiet cores: 200 facts. 13,000 tokens of thinking, 5,000 of forced answers, 11,000 of samples and what it
says of its confidence, 7,000 for the cost: about seven minutes, of which later trials take what the first has asked.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from math import isnan

import numpy as np

from assay.methods._branches import Usage
from assay.methods._intervals import paired_interval
from assay.methods.reasoning.selective_qa import Attempt, SelectiveReport
from assay.testbed.pretrained import LanguageModel
from assay.trials import Bench, trial
from assay.trials.reasoning.selective_qa import RIGHT, THRESHOLDS, WRONG
from assay.trials.reasoning.selective_qa._cost import ANEW, LONGEST, NONE, ONE, OURS, SAMPLES, cost, ways
from assay.trials.reasoning.selective_qa._facts import (
    CHOSEN,
    SURE,
    Size,
    cross_fitted,
    groups,
    rivals,
    sampled,
    swept,
)

_ALWAYS, _RANDOM = "always answering", "random abstention, as often as ours"
_ALONG = "tokens of thinking"
_ODDS = {
    "exam": "a wrong answer costs 0",
    "jeopardy": "a wrong answer costs 1",
    "high_stakes": "a wrong answer costs 20",
}


def _begin(bench: Bench) -> tuple[LanguageModel, Size]:
    size = bench.pick(
        quick=Size(3, (0, 2, 4), 2, answer=4),
        cpu=Size(100, (0, 8, 16, 32, 64), 10),
        cuda=Size(115, (0, 16, 32, 64, 128, 256), 40),
    )
    lm = bench.on_pretrained(
        f"capitals and currencies of {size.facts} countries each instead of AIME and GPQA-diamond, up to "
        f"{size.budgets[-1]} tokens of thinking instead of 8,000, and no reasoning model of 32B parameters"
    )
    return lm, size


@trial("2502.13962", claim="confidence-by-budget", pretrained=True)
def sure_of_facts(bench: Bench) -> None:
    """How sure a real model is of capitals and currencies that it gets right, by the tokens that it may think."""
    lm, size = _begin(bench)
    attempts = swept(bench, lm, size)
    reports = [SelectiveReport(group) for group in groups(attempts)]
    sure = {
        name: [_defined(_confidence(report, budget, right=right) for report in reports) for budget in size.budgets]
        for name, right in ((RIGHT, True), (WRONG, False))
    }
    bench.claim(bench.trend("mean confidence of right answers", along=size.budgets, values=sure[RIGHT]))
    whole = SelectiveReport(attempts)
    lines = {
        name: [_confidence(whole, budget, right=right) for budget in size.budgets]
        for name, right in ((RIGHT, True), (WRONG, False))
    }
    always = whole.right.all(0)
    lines["answers that are right at every budget"] = [
        float(row[always].mean()) if always.any() else float("nan") for row in whole.confidences
    ]
    bench.curve("mean confidence", lines, candidate=RIGHT, along=_ALONG, at=size.budgets)
    _show_calibration(bench, attempts, size)
    fewest = float(whole.right.sum(1).min())
    bench.score("right answers at the budget that has fewest", fewest, better="higher",
                at_least=bench.pick(quick=1.0, cpu=40.0), binds="measurement")  # fmt: skip
    last = [each for each in attempts if each.budget == size.budgets[-1]]
    stopped = {"thinking that had ended by itself": [each.natural_stop for each in last],
               "answers that were cut off": [not each.closed for each in attempts]}  # fmt: skip
    shares = {name: 100 * float(np.mean(flags)) for name, flags in stopped.items()}
    bench.score("what was cut short", shares, candidate="answers that were cut off", unit="%", better="lower")
    if not bench.quick:
        _show_cost(bench, lm, size, attempts)


@trial("2502.13962", claim="correct-by-budget", pretrained=True)
def right_facts(bench: Bench) -> None:
    """Capitals and currencies that a real model gets right, by the tokens that it may think."""
    lm, size = _begin(bench)
    attempts = swept(bench, lm, size)
    reports = [SelectiveReport(group) for group in groups(attempts)]
    values = [[100 * float(report.right[at].mean()) for report in reports] for at in range(len(size.budgets))]
    bench.claim(bench.trend("questions answered correctly", along=size.budgets, values=values, unit="%"))
    lines = {"all": [float(np.mean(row)) for row in values]}
    for relation in ("capital", "currency"):
        part = SelectiveReport([each for each in attempts if each.id.startswith(relation)])
        lines[relation] = [100 * float(row.mean()) for row in part.right]
    bench.curve(
        "questions answered correctly, by budget", lines, candidate="all", along=_ALONG, at=size.budgets, unit="%"
    )
    none, full = (SelectiveReport(attempts).right[at].astype(float) for at in (0, -1))
    gain = paired_interval(full, none).scaled(100)
    ends = {"all the thinking": gain.value, "low end of its 95 % interval": gain.low, "high end": gain.high}
    bench.score("gain over an answer at once", ends, candidate="all the thinking", unit="points", better="higher")
    by_vote = [float(each.right) for each in sampled(bench, lm, size)]
    shares = {"all the thinking": 100 * float(full.mean()), "an answer at once": 100 * float(none.mean()),
              "vote of samples at as many tokens": 100 * float(np.mean(by_vote))}  # fmt: skip
    bench.score("questions answered correctly, by arm", shares, candidate="all the thinking", unit="%", better="higher",
                at_least=bench.pick(quick=0.0, cpu=20.0), at_most=80.0, binds="measurement")  # fmt: skip


@trial("2502.13962", claim="utility-by-threshold", pretrained=True)
def worth_of_facts(bench: Bench) -> None:
    """What a real model's answers earn at Jeopardy odds, by the threshold above which it answers."""
    lm, size = _begin(bench)
    attempts = swept(bench, lm, size)
    last = [each for each in attempts if each.budget == size.budgets[-1]]
    reports = [SelectiveReport(group) for group in groups(last)]
    values = [[report.utility("jeopardy", each).value for report in reports] for each in THRESHOLDS]
    name = f"utility a question at Jeopardy odds, {size.budgets[-1]} tokens of thinking"
    bench.claim(bench.trend(name, along=THRESHOLDS, values=values))
    whole = SelectiveReport(attempts)
    for odds, words in _ODDS.items():
        lines = {
            f"threshold {each:g}": [whole.utility(odds, each, budget=budget).value for budget in size.budgets]
            for each in (0.0, 0.5, 0.95)
        }
        bench.curve(f"utility by budget, {words}", lines, candidate="threshold 0.95", along=_ALONG, at=size.budgets)
    arms = {SURE: last, CHOSEN: attempts} | rivals(bench, lm, size, attempts)
    for odds, words in _ODDS.items():
        _show_utility(bench, arms, odds, words)
    share = 100 * float(whole.right[-1].mean())
    least = bench.pick(quick=0.0, cpu=20.0)
    bench.score("questions answered correctly", share, unit="%", better="higher", at_least=least, at_most=80.0,
                binds="measurement")  # fmt: skip


@trial("2502.13962", claim="accuracy-by-threshold", pretrained=True)
def accuracy_of_facts(bench: Bench) -> None:
    """Accuracy of the answers that a real model gives, by the threshold above which it answers."""
    lm, size = _begin(bench)
    attempts = swept(bench, lm, size)
    last = [each for each in attempts if each.budget == size.budgets[-1]]
    values = [_defined(_accuracy(SelectiveReport(group), each) for group in groups(last)) for each in THRESHOLDS]
    bench.claim(bench.trend("accuracy of the answers that are given", along=THRESHOLDS, values=values, unit="%"))
    whole = SelectiveReport(attempts)
    for name, figure in (("accuracy of the answers given", _accuracy), ("questions answered", _coverage)):
        lines = {f"{budget} tokens": [figure(whole, each, budget) for each in THRESHOLDS] for budget in size.budgets}
        bench.curve(
            f"{name}, by threshold",
            lines,
            candidate=f"{size.budgets[-1]} tokens",
            along="threshold",
            at=THRESHOLDS,
            unit="%",
        )
    arms = {SURE: last} | rivals(bench, lm, size, attempts)
    areas = {arm: SelectiveReport(rows).risk_coverage(repeats=1) for arm, rows in arms.items()}
    bench.score(
        "area under risk and coverage (AURC)",
        {arm: each.area.value for arm, each in areas.items()},
        candidate=SURE,
        better="lower",
    )
    bench.score(
        "chance that a right answer is the surer one (AUROC)",
        {arm: each.auroc for arm, each in areas.items()},
        candidate=SURE,
        better="higher",
    )


def _show_utility(bench: Bench, arms: dict[str, list[Attempt]], odds: str, words: str) -> None:
    """What each arm earns a question with a threshold chosen on others, and what ours gains over always answering."""
    earned = {arm: cross_fitted(rows, odds) for arm, rows in arms.items()}
    ours, coverage = earned[SURE]
    report = SelectiveReport(arms[SURE])
    always = dict(zip(report.questions, report.gains(odds, 0.0).tolist(), strict=True))
    figures = {arm: float(np.mean(list(gains.values()))) for arm, (gains, _) in earned.items()}
    figures[_ALWAYS] = float(np.mean(list(always.values())))
    figures[_RANDOM] = coverage * figures[_ALWAYS]
    bench.score(f"utility a question, {words}, thresholds chosen on others", figures, candidate=SURE, better="higher")
    gain = paired_interval(list(ours.values()), [always[each] for each in ours])
    ends = {"ours": gain.value, "low end of its 95 % interval": gain.low, "high end": gain.high}
    bench.score(f"gain over always answering, {words}", ends, candidate="ours", better="higher")


def _show_calibration(bench: Bench, attempts: Sequence[Attempt], size: Size) -> None:
    """How far confidence is from accuracy and how well it orders answers, by budget, for the three confidences."""
    kinds = {kind: SelectiveReport(attempts, confidence=kind).by_budget(repeats=1) for kind in ("sum", "mean", "min")}  # type: ignore[arg-type]
    for column in ("ECE", "Brier", "AURC", "AUROC"):
        lines = {kind: [row[column] for row in rows] for kind, rows in kinds.items()}
        name = f"{column} by budget, confidence by the {', '.join(kinds)} of the answer's tokens"
        bench.curve(name, lines, candidate="sum", along=_ALONG, at=size.budgets)


def _show_cost(bench: Bench, lm: LanguageModel, size: Size, attempts: Sequence[Attempt]) -> None:
    """What the sweep costs, against plain decoding; what is read anew has its chains already."""
    figures = bench.once("cost", partial(cost, lm, size=size, rounds=2))
    for name, what, unit in (
        ("time of computing, a question", "seconds", "s"),
        ("tokens read and written, a question", "tokens", "tokens"),
        ("passes of a batch of 16", "passes", ""),
    ):
        bench.compare(name, figures[what], candidate=OURS, baseline=ONE, better="lower", unit=unit)
    by_vote = 100 * float(np.mean([each.right for each in sampled(bench, lm, size)]))
    by_budget = {each: 100 * float(SelectiveReport(attempts).right[at].mean()) for at, each in enumerate(size.budgets)}
    right = {NONE: by_budget[size.budgets[0]], LONGEST: by_budget[size.budgets[-1]], SAMPLES: by_vote}
    spent = {arm: (figures["seconds"][arm], share) for arm, share in right.items()}
    bench.spend("capitals and currencies of countries", spent, candidate=LONGEST)
    arms = ways(lm, size, 4)
    calls = {arm: partial(arms[arm], Usage()) for arm in (OURS, LONGEST, ONE)}
    bench.memory("peak memory of a batch of 4", calls, candidate=OURS, baseline=ONE)
    exact = 100.0 if lm.dtype == "float32" else None
    same = figures["same"][OURS]
    bench.score(f"answers that are those with {ANEW}", same, unit="%", better="higher", at_least=exact)
    bench.score("largest difference of their confidences", figures["apart"][OURS], better="lower")


def _confidence(report: SelectiveReport, budget: int, *, right: bool) -> float:
    mean = report.confidence_where(right=right, budget=budget)
    return mean.value if mean else float("nan")


def _accuracy(report: SelectiveReport, threshold: float, budget: int | None = None) -> float:
    share = report.accuracy(threshold, budget=budget)
    return 100 * share.value if share else float("nan")


def _coverage(report: SelectiveReport, threshold: float, budget: int | None = None) -> float:
    return 100 * report.coverage(threshold, budget=budget).value


def _defined(values: Iterable[float]) -> list[float]:
    """Without those of groups in which nothing is right, or answered."""
    return [value for value in values if not isnan(value)]
