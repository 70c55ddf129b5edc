"""GIMMICK's protocol on models trained here: it finds the gap that unequal data leave, and none where data are equal.

A small Llama learns where made-up things of two regions come from (`assay.testbed.tasks.regional_facts`); 40 of 45
questions of its training are about the rich region. It is asked for every thing with and without a hint and a picture.
A second model, trained on as many questions of each region, is the control: a gap of its own would be the protocol's.

Intervals are over clusters, and cover where those that take every question for a draw of its own do not: two regions at
70 and 55.28 % (the paper's largest gap), 120 events of four questions each, which hang together by a spread of 2.5 on
the logit. Both that ours cover and that the others fail is a condition: without it an interval here would mean nothing.

Training ends where the control has 70 % of its titles right: with half as many steps again, things of both regions are
known by heart and no data are missing any more.

Budget on two quiet cores: two models of about 10 s of one core each, kept in the cache.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.methods.evaluation.gimmick import Condition, GroupedItem, GroupReport, conditions, origin_items
from assay.testbed.models import tiny
from assay.testbed.tasks.regional_facts import RegionalFacts
from assay.testbed.training import one_thread, train_once
from assay.trials import Bench, trial

PLAIN, HINTED = Condition(), Condition(hint=("region",))
SEEN = Condition(image=True)
_RICH, _POOR = "rich", "poor"
_UNEQUAL, _EQUAL = "40 of 45 questions of training about the rich region", "as many about each"
_SHARES = {_UNEQUAL: 40 / 45, _EQUAL: 0.5}
_EVENTS, _EACH, _SPREAD = 120, 4, 2.5
_LEVELS = {"70 %": 0.7, "55.28 %": 0.5528}


@dataclass(frozen=True)
class _Size:
    things: int
    countries: int
    hidden: int
    steps: int
    batch: int
    rate: float


@trial("2502.13766", claim="regional-gap")
def unequal_data(bench: Bench) -> None:
    """Score on things of the rich region and of the poor one, by title alone, of a model that read less of the poor."""
    size = bench.pick(
        quick=_Size(12, 5, 48, 200, 48, 5e-3),
        cpu=_Size(60, 12, 64, 400, 64, 3e-3),
        cuda=_Size(2_000, 40, 512, 6_000, 256, 5e-4),
    )
    bench.setting(
        "trained here",
        model=f"Llama, {size.hidden} wide, 2 layers",
        differs=f"{2 * size.things:,} made-up things of two regions and {2 * size.countries} countries instead of 728 "
        "cultural events; pictures are a token that shows another country in 30 of 100 cases",
    )
    reports = {arm: _report(bench, size, share) for arm, share in _SHARES.items()}
    report = reports[_UNEQUAL]
    figures = {group: 100 * report.score(group, PLAIN).value for group in (_RICH, _POOR)}
    bench.claim(bench.compare("score by title", figures, candidate=_POOR, baseline=_RICH, unit="%", better="higher"))
    show_gap(bench, report, _POOR, PLAIN)
    equal = abs(100 * reports[_EQUAL].gap(_POOR, PLAIN).value)
    name = "gap of a model that read as much of each"
    most = bench.pick(quick=25.0, cpu=10.0)  # points; 12 things of a region in a quick run
    bench.score(name, equal, unit="points", better="lower", at_most=most, binds="measurement")
    name = "score of the rich region"
    bench.score(name, figures[_RICH], unit="%", better="higher", at_least=75.0, binds="measurement")
    for what, condition in (("the region as a hint", HINTED), ("a picture", SEEN)):
        gains = {group: 100 * report.gain(group, condition, PLAIN).value for group in (_POOR, _RICH)}
        bench.score(f"gained by {what}", gains, candidate=_POOR, unit="points", better="higher")
    show_coverage(bench)


def show_gap(bench: Bench, report: GroupReport, group: str, condition: Condition) -> None:
    """The gap with its interval; that this is above 0 is a condition: otherwise it may be luck."""
    gap = report.gap(group, condition).scaled(100)
    shown = {"gap": gap.value, "high end of its 95 % interval": gap.high}
    bench.score("gap", shown, candidate="gap", unit="points", better="lower")
    bench.score("low end of its 95 % interval", gap.low, unit="points", better="lower", at_least=0.0)


def _report(bench: Bench, size: _Size, rich_share: float) -> GroupReport:
    task = RegionalFacts(size.things, size.countries, rich_share, seed=bench.seed)
    model = _train(size, task, bench.seed, str(bench.device))
    items = origin_items(task.records(), task.regions, image="image", seed=bench.seed)
    grid = conditions(image=[False, True], hint=["none", "region"])
    scores = {condition: _scores(task, model, items, condition) for condition in grid}
    return GroupReport(tuple(items), scores, _RICH)


def _scores(task: RegionalFacts, model: Any, items: Sequence[GroupedItem], condition: Condition) -> list[float]:
    questions = [
        {
            "title": item.title,
            "choices": item.choices,
            "hint": item.hints["region"] if condition.hint else None,
            "image": item.image if condition.image else None,
        }
        for item in items
    ]
    chosen = task.choose(model, questions)
    return [float(item.choices[pick] == item.answers[0]) for item, pick in zip(items, chosen, strict=True)]


def _train(size: _Size, task: RegionalFacts, seed: int, device: str) -> Any:
    with one_thread():
        return train_once(
            {"task": repr(task), "size": repr(size), "seed": seed},
            lambda: tiny("llama", vocab_size=task.vocab_size, hidden=size.hidden, layers=2, seed=seed),
            lambda step: task.batch(size.batch, seed, step),
            device=device,
            steps=size.steps,
            lr=size.rate,
            seed=seed,
            what=f"{task.rich_share:.0%} about the rich region",
        )


# Do the intervals cover?


def show_coverage(bench: Bench) -> None:
    """How often 95 % intervals of a gap hold the true one, over clusters and over questions."""
    repeats = bench.pick(quick=60, cpu=400)
    hits = bench.once("coverage", lambda: _coverage(repeats, bench.seed))
    name = "coverage of 95 % intervals over clusters, simulated"
    least = bench.pick(quick=85.0, cpu=92.0)
    bench.score(name, 100 * hits[0], unit="%", better="higher", at_least=least, binds="measurement")
    name = "coverage of such that take every question for itself, simulated"
    bench.score(name, 100 * hits[1], unit="%", better="higher", at_most=89.0, binds="measurement")


def _coverage(repeats: int, seed: int) -> list[float]:
    """Shares of the intervals that hold the true gap: over clusters, and over questions."""
    rng = np.random.default_rng(seed)
    levels = [_logit_of(share) for share in _LEVELS.values()]
    (first, higher), (second, lower) = _LEVELS.items()
    events = [f"{region} {event}" for region in _LEVELS for event in range(_EVENTS) for _ in range(_EACH)]
    regions = [event.rpartition(" ")[0] for event in events]
    together = tuple(
        GroupedItem(str(i), "?", ("x",), (r,), e) for i, (r, e) in enumerate(zip(regions, events, strict=True))
    )
    apart = tuple(GroupedItem(str(i), "?", ("x",), (r,), str(i)) for i, r in enumerate(regions))
    hits = np.zeros(2)
    for _ in range(repeats):
        logits = np.repeat(levels, _EVENTS) + _SPREAD * rng.standard_normal(2 * _EVENTS)
        right = rng.random(2 * _EVENTS * _EACH) < np.repeat(1 / (1 + np.exp(-logits)), _EACH)
        for kind, items in enumerate((together, apart)):
            gap = GroupReport(items, {PLAIN: right.astype(float).tolist()}, first).gap(second, PLAIN)
            hits[kind] += gap.low <= higher - lower <= gap.high
    return [float(each) for each in hits / repeats]


def _logit_of(share: float) -> float:
    """The level at which answers are right in this share, over the spread of events; by bisection."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(61)
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        mean = float(weights @ (1 / (1 + np.exp(-middle - _SPREAD * nodes))) / weights.sum())
        low, high = (middle, high) if mean < share else (low, middle)
    return middle
