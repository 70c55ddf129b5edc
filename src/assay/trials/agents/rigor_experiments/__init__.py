"""Trials of Curie: are questions answered rightly when the agents that experiment make mistakes, and cheat?"""

from statistics import mean
from typing import Any

from assay.trials import Bench, trial
from assay.trials.agents.rigor_experiments._arms import ARMS, BOTH, PLAIN, RULES, clean, faulty, play, share
from assay.trials.agents.rigor_experiments._faults import FAULTS, Episode
from assay.trials.agents.rigor_experiments._server import FALSE_ALARMS, RECALL

Rows = list[dict[str, Any]]

_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


@trial("2502.16069", claim="correct-answers-gain")
def faults(bench: Bench) -> None:
    """Answers of agents whose work nobody checks against answers behind rules and a reviewer, one fault a question."""
    kinds, asked = bench.pick(quick=3, cpu=len(FAULTS)), bench.pick(quick=1, cpu=4)
    honest, seeds = bench.pick(quick=1, cpu=20), bench.pick(quick=2, cpu=3)
    bench.setting(
        "simulated",
        model="a script that plays all roles on an OpenAI-compatible server",
        differs=f"{kinds * asked} experiments on {asked} of four questions with known answers instead of 46, with real "
        f"data and real runs; each has one of {kinds} kinds of fault in one hand-over, put in by us, and an honest "
        f"second one; the reviewer draws lots: it sees {RECALL:.0%} of faults and doubts {FALSE_ALARMS:.0%} of honest "
        "scripts; the baseline is a loop without checks and not another team's agents",
    )
    plain = _played(bench, "faults as they come", faulty(disguised=False, kinds=kinds, asked=asked, seeds=seeds))
    without = _played(bench, "honest experiments", clean(honest, asked, seeds))
    questions = sorted({row["question"] for row in plain})
    right = {arm: [share(plain, "right", arm=arm, question=each) for each in questions] for arm in ARMS}
    bench.claim(
        bench.compare("questions answered rightly", right, candidate=BOTH, baseline=PLAIN, unit="%", better="higher")
    )
    names = list(FAULTS)[:kinds]
    seen = {arm: [share(plain, "noticed", arm=arm, fault=each) for each in names] for arm in ARMS}
    noticed = {arm: 100 * mean(each == 100 for each in shares) for arm, shares in seen.items()}
    # Both bounds were set before the first run.
    bench.score("kinds of fault noticed in every question", noticed, candidate=RULES, unit="%", better="higher",
                at_least=90.0)  # fmt: skip
    refused = {arm: share(without, "noticed", arm=arm) for arm in ARMS}
    bench.score("honest experiments in which something was refused", refused, candidate=RULES, unit="%",
                better="lower", at_most=0.0)  # fmt: skip
    _show(bench, "faults noticed", plain, "noticed")
    _show(bench, "faults called by their kind", plain, "named")
    _show(bench, "questions answered rightly without any fault", without, "right")
    if not bench.quick:
        hidden = _played(bench, "faults in disguise", faulty(disguised=True))
        _show(bench, "faults in disguise noticed", hidden, "noticed")
        _show(bench, "questions answered rightly, faults in disguise", hidden, "right")
        alike = _played(bench, "faults in disguise in both groups", faulty(disguised=True, in_both=True))
        _show(bench, "faults in disguise in both groups noticed", alike, "noticed")
        _show(bench, "questions answered rightly, faults in disguise in both groups", alike, "right")
    for what, unit in (("runs", "runs"), ("answers", "answers of the model")):
        costs = {arm: mean(row[what] for row in without if row["arm"] == arm) for arm in ARMS}
        bench.score(f"{what} an honest experiment", costs, candidate=BOTH, unit=unit, better="lower")
    lines = {
        arm: [(1 - part) * share(without, "right", arm=arm) + part * share(plain, "right", arm=arm) for part in _SHARES]
        for arm in ARMS
    }
    bench.curve("questions answered rightly, by how many have a fault", lines, candidate=BOTH, along="% of questions",
                at=[100 * part for part in _SHARES], unit="%")  # fmt: skip


def _played(bench: Bench, name: str, episodes: list[Episode]) -> Rows:
    return bench.once(name, lambda: play(bench, episodes, name))


def _show(bench: Bench, name: str, rows: Rows, what: str) -> None:
    arms = {arm: share(rows, what, arm=arm) for arm in ARMS}
    bench.score(name, arms, candidate=BOTH, unit="%", better="higher")
