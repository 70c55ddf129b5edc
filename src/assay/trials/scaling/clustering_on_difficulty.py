"""Clustering on Difficulty against curves fitted end to end, on ladders of models whose large one is really trained.

The paper's models, 122M to 70B, are not to be had. A ladder here is eight small learners of one kind, taught on 4 to
128 examples, and the one to be foretold, taught on 1,024: as far beyond the ladder, against its length, as the paper's
70B is beyond its 7B. An item is an image or point to be classified, a trial another draw of the training examples, and
the number of examples stands for compute. A pooled family has items of all data sets, as a benchmark has of many
subjects. Nothing of a ladder is made by the law that is fitted to it. Beside them are families that are: planted groups
that grow, and 30 % of items that do not on the ladder, to see that what is planted is found.

All arms see the same trials of the same small models. The rivals are the same law for the whole set, a power law, a
sigmoid in the logarithm of compute and a smoothly broken power law, each fitted by least squares from several starts.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial
from statistics import mean
from typing import Any

import numpy as np

from assay.methods.scaling.clustering_on_difficulty import ClusteringOnDifficulty, PassRateLaw
from assay.testbed.ladders import DATA, LARGE, LEARNERS, POOLED, SIZES, TRIALS, Ladder, teach_ladder
from assay.trials import Bench, trial
from assay.trials.scaling._curves import CURVES, extrapolate

_PAPER = "2502.17262"
_OURS, _END_TO_END = "clusters", "the same law for the whole set"
_ANYWAY, _NO_MAP, _NOT_CROSSED = "clusters at any coverage", "without the map", "without cross-fitting"
_ARMS = (_OURS, _END_TO_END, *CURVES, _NOT_CROSSED, _NO_MAP)
_PLANTED = "planted"
_NEVER, _EMERGE = _OTHERS = ("the others never grow", "the others emerge later")

Figures = dict[str, Any]
"""Of one family: ``errors`` of the arms in points; ``coverage`` of the forecast in per cent; whether it ``fell_back``
to one curve; ``subset``, the error in points on the items kept alone, 100 where none are; ``precision``, the per cent
of these that were planted to grow, 0 where none are kept."""
Families = list[list[Figures]]
"""By seed, the figures of each family."""


@trial(_PAPER, claim="mean-prediction-error-revised")
def mean_error(bench: Bench) -> None:
    """Mean error of what is foretold of the large model: one curve for the whole set against curves of clusters."""
    alone, pooled = _learners(bench)
    families = _join(alone, pooled)
    _claim(bench, "mean absolute error on all families of trained models", families, mean)
    _show(bench, "the same, on those of one data set each", alone)
    _show(bench, "the same, on those of all data sets pooled", pooled)
    _show_doubts(bench, [each for seed in families for each in seed])
    never, emerge = (_run(bench, [(_PLANTED, others)]) for others in _OTHERS)
    _show(bench, "error on planted families in which 30 % never grow", never)
    _show(bench, "error on planted families in which 30 % emerge beyond the ladder", emerge)
    # Where not even what was planted is found, nothing is told by what is foretold of others.
    subset, precision = (
        [mean(each[figure] for each in seed) for seed in _join(never, emerge)] for figure in ("subset", "precision")
    )
    name = "mean absolute error on planted families, of the items kept alone"
    bench.score(name, subset, unit="points", better="lower", at_most=2.0, binds="measurement")
    name = "items kept of planted families that are of those that grow"
    bench.score(name, precision, unit="%", better="higher", at_least=90.0, binds="measurement")


@trial(_PAPER, claim="max-prediction-error")
def largest_error(bench: Bench) -> None:
    """Error on the family that is foretold worst: one curve for the whole set against curves of clusters."""
    families = _join(*_learners(bench))
    _claim(bench, "largest absolute error on all families of trained models", families, max)


def _claim(bench: Bench, metric: str, families: Families, over: Callable[[list[float]], float]) -> None:
    errors = _errors(families, over)
    bench.claim(bench.compare(metric, errors, candidate=_OURS, baseline=_END_TO_END, unit="points", better="lower"))


def _show(bench: Bench, name: str, families: Families) -> None:
    bench.score(name, _errors(families, mean), candidate=_OURS, unit="points", better="lower")


def _show_doubts(bench: Bench, families: list[Figures]) -> None:
    """Coverage, and how far off the clusters would have been where they were not trusted."""
    bench.score("coverage", mean(each["coverage"] for each in families), unit="%", better="higher")
    doubted = [each["errors"] for each in families if each["fell_back"]]
    share = 100 * len(doubted) / len(families)
    bench.score("families that are not covered", share, unit="%", better="lower")
    if doubted:
        errors = {arm: mean(each[arm] for each in doubted) for arm in (_OURS, _ANYWAY)}
        name = "mean absolute error on these, foretold by the same law for the whole set"
        bench.score(name, errors, candidate=_OURS, unit="points", better="lower")


def _errors(families: Families, over: Callable[[list[float]], float]) -> dict[str, list[float]]:
    """Each arm's mean or largest error over families, seed by seed."""
    return {arm: [over([each["errors"][arm] for each in seed]) for seed in families] for arm in _ARMS}


def _join(first: Families, second: Families) -> Families:
    return [a + b for a, b in zip(first, second, strict=True)]


def _learners(bench: Bench) -> tuple[Families, Families]:
    """What is foretold of every family of trained models: those on one data set, and those on all."""
    learners = bench.pick(quick=["nearest neighbour"], cpu=list(LEARNERS))
    sets = bench.pick(quick=["digits"], cpu=list(DATA))
    bench.setting(
        "trained here",
        model=f"classifiers ({', '.join(learners)})",
        differs=f"classifiers on {', '.join(sets)}, and on all data sets pooled, taught on {SIZES[0]} to {SIZES[-1]} "
        f"examples and foretold at {LARGE:,}, instead of language models of 122M to 7B and 70B on eight benchmarks",
    )
    alone = _run(bench, [(data, learner) for data in sets for learner in learners])
    return alone, _run(bench, [(POOLED, learner) for learner in learners])


def _run(bench: Bench, families: Sequence[tuple[str, str]]) -> Families:
    by_seed: dict[int, list[Figures]] = {seed: [] for seed in bench.seeds(cpu=3)}
    runs = [(seed, *family) for seed in by_seed for family in families]
    for seed, data, learner in bench.progress(runs, "families"):
        by_seed[seed].append(bench.once(f"{data}, {learner}, seed {seed}", partial(_figures, data, learner, seed)))
    return list(by_seed.values())


@cache
def _figures(data: str, learner: str, seed: int) -> Figures:
    """What every arm says of one family's large model, against what it does, for whichever trial asks first."""
    ladder = (_plant if data == _PLANTED else teach_ladder)(data, learner, seed)
    cod = ClusteringOnDifficulty().fit(ladder.compute, ladder.passed)
    plain = ClusteringOnDifficulty(folds=1).fit(ladder.compute, ladder.passed)
    ours, theirs = cod.forecast(ladder.large), plain.forecast(ladder.large)
    accuracy = ladder.passed.mean((1, 2))
    forecasts = {
        _OURS: ours.value,
        _END_TO_END: ours.end_to_end,
        **{name: extrapolate(name, ladder.compute, accuracy, ladder.large) for name in CURVES},
        _NOT_CROSSED: theirs.value,
        _ANYWAY: mean(ours.folds) if ours.folds else ours.end_to_end,
        _NO_MAP: ours.subset if ours.folds else ours.end_to_end,
    }
    trusted = [cluster.items for fold in cod.folds_ for cluster in fold.clusters if not cluster.dropped]
    items = np.concatenate(trusted) if trusted else np.empty(0, dtype=np.intp)
    return {
        "errors": {name: 100 * abs(value - float(ladder.truth.mean())) for name, value in forecasts.items()},
        "coverage": 100 * ours.coverage,
        "fell_back": ours.value == ours.end_to_end,
        "subset": 100 * abs(ours.subset - float(ladder.truth[items].mean())) if trusted else 100.0,
        "precision": 100 * float(ladder.grows[items].mean()) if trusted else 0.0,
    }


def _plant(_: str, others: str, seed: int) -> Ladder:
    """600 items: eight groups of somewhat different a that grow by the law, and 30 % that do not on the ladder."""
    random = np.random.default_rng([seed, _OTHERS.index(others)])
    compute, large, items, flat = np.geomspace(1, 3e3, 8), 3e5, 600, 180
    groups = [random.uniform((1.5, 0.25, 0.0), (8.0, 0.6, 0.3)) for _ in range(8)]
    rates = np.empty((9, items))
    for item in range(items):
        a, b, c = groups[item % 8]
        law = PassRateLaw(a * np.exp(random.normal(0, 0.1)), b, c, g=0.25 * (item % 8 >= 4), unit=1.0)
        rates[:, item] = law([*compute, large]) if item >= flat else random.uniform(0, 0.3)
    if others == _EMERGE:
        rates[8, :flat] += (1 - rates[8, :flat]) * random.uniform(0, 0.5, flat)
    passed = random.random((8, items, TRIALS)) < rates[:8, :, None]
    return Ladder(compute, passed.astype(np.uint8), large, rates[8], grows=np.arange(items) >= flat)
