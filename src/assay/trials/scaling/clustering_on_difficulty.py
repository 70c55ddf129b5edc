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
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares  # type: ignore[import-untyped]
from sklearn.datasets import make_classification  # type: ignore[import-untyped]
from sklearn.tree import DecisionTreeClassifier  # type: ignore[import-untyped]

from assay.methods.scaling.clustering_on_difficulty import ClusteringOnDifficulty, PassRateLaw
from assay.testbed.images import digits
from assay.trials import Bench, trial

Floats = NDArray[np.float64]
Curve = Callable[[Floats, Floats], Floats]
"""Parameters and logarithms of compute to accuracies."""

_PAPER = "2502.17262"
_END_TO_END = "the same law for the whole set"
_SIZES = np.array([4, 7, 11, 18, 29, 48, 78, 128])
_LARGE = 1_024
_TRIALS = 100  # the paper's


@trial(_PAPER, claim="mean-prediction-error-revised")
def mean_error(bench: Bench) -> None:
    """Mean error of what is foretold of the large model: one curve for the whole set against curves of clusters."""
    alone, pooled = _trained(bench)
    found = _joined(alone, pooled)
    _measure(bench, "mean absolute error on all families of trained models", found, mean)
    _show(bench, "the same, on those of one data set each", alone)
    _show(bench, "the same, on those of all data sets pooled", pooled)
    _show_doubted(bench, found)
    never, emerge = (_all_found(bench, [(_PLANTED, others)]) for others in _OTHERS)
    _show(bench, "error on planted families in which 30 % never grow", never)
    _show(bench, "error on planted families in which 30 % emerge beyond the ladder", emerge)
    # Where not even what was planted is found, nothing is told by what is foretold of others.
    planted = _joined(never, emerge)
    bench.score(
        "mean absolute error on planted families, of the items kept alone",
        candidate=[mean(each.subset for each in seed) for seed in planted],
        unit="points",
        better="lower",
        at_most=2.0,
        binds="measurement",
    )
    bench.score(
        "items kept of planted families that are of those that grow",
        candidate=[mean(each.precision for each in seed) for seed in planted],
        unit="%",
        better="higher",
        at_least=90.0,
        binds="measurement",
    )


@trial(_PAPER, claim="max-prediction-error")
def largest_error(bench: Bench) -> None:
    """Error on the family that is foretold worst: one curve for the whole set against curves of clusters."""
    found = _joined(*_trained(bench))
    _measure(bench, "largest absolute error on all families of trained models", found, max)


@dataclass(frozen=True)
class _Ladder:
    """Pass or fail of each small model, item and trial, and what the large model's accuracy is."""

    compute: Floats
    passed: NDArray[np.uint8]
    """(models, items, trials)"""
    large: float
    truth: Floats
    """(items,): how often the large model passes."""
    grows: NDArray[np.bool_]
    """(items,): whether an item is one that grows on the ladder."""


@dataclass(frozen=True)
class _Found:
    """Errors of the arms on one ladder, in points, and how far the forecast was covered."""

    errors: dict[str, float]
    coverage: float
    """Per cent."""
    fell_back: bool
    subset: float
    """Error on the items kept alone, in points; 100 where none are."""
    precision: float
    """Per cent of the items kept that were planted to grow; 0 where none are. All are taken to grow if not planted."""


_OURS, _ANYWAY, _NO_MAP, _NOT_CROSSED = "", "clusters at any coverage", "without the map", "without cross-fitting"


def _trained(bench: Bench) -> tuple[list[list[_Found]], list[list[_Found]]]:
    """By seed, what was found on every family of trained models: those on one data set, and those on all."""
    learners = bench.pick(quick=["nearest neighbour"], cpu=list(_LEARNERS))
    sets = bench.pick(quick=["digits"], cpu=list(_DATA))
    bench.setting(
        "trained here",
        model=f"classifiers ({', '.join(learners)})",
        differs=f"classifiers on {', '.join(sets)}, and on all data sets pooled, taught on {_SIZES[0]} to {_SIZES[-1]} "
        f"examples and foretold at {_LARGE:,}, instead of language models of 122M to 7B and 70B on eight benchmarks",
    )
    alone = _all_found(bench, [(data, learner) for data in sets for learner in learners])
    return alone, _all_found(bench, [(_POOLED, learner) for learner in learners])


def _all_found(bench: Bench, families: Sequence[tuple[str, str]]) -> list[list[_Found]]:
    """By seed, what was found on each family."""
    seeds = range(bench.seed, bench.seed + bench.pick(quick=1, cpu=3))
    runs = [(seed, *family) for seed in seeds for family in families]
    found: dict[int, list[_Found]] = {seed: [] for seed in seeds}
    for seed, data, learner in bench.progress(runs, "families"):
        figures = bench.once(f"{data}, {learner}, seed {seed}", partial(_figures, data, learner, seed))
        found[seed].append(_Found(**figures))
    return list(found.values())


@cache
def _figures(data: str, learner: str, seed: int) -> dict[str, Any]:
    """What was found on one family, for whichever trial asks first."""
    family = _drawn if data == _PLANTED else _taught
    return asdict(_foretold(family(data, learner, seed)))


def _foretold(ladder: _Ladder) -> _Found:
    """What every arm says of the large model, against what it does."""
    cod = ClusteringOnDifficulty().fit(ladder.compute, ladder.passed)
    plain = ClusteringOnDifficulty(folds=1).fit(ladder.compute, ladder.passed)
    ours, theirs = cod.forecast(ladder.large), plain.forecast(ladder.large)
    accuracy = ladder.passed.mean((1, 2))
    foretold = {
        _OURS: ours.value,
        _END_TO_END: ours.end_to_end,
        **{name: _extrapolated(ladder, accuracy, *rival) for name, rival in _RIVALS.items()},
        _NOT_CROSSED: theirs.value,
        _ANYWAY: mean(ours.folds) if ours.folds else ours.end_to_end,
        _NO_MAP: ours.subset if ours.folds else ours.end_to_end,
    }
    kept = [cluster.items for fold in cod.folds_ for cluster in fold.clusters if not cluster.dropped]
    items = np.concatenate(kept) if kept else np.empty(0, dtype=np.intp)
    return _Found(
        errors={name: 100 * abs(value - float(ladder.truth.mean())) for name, value in foretold.items()},
        coverage=100 * ours.coverage,
        fell_back=ours.value == ours.end_to_end,
        subset=100 * abs(ours.subset - float(ladder.truth[items].mean())) if kept else 100.0,
        precision=100 * float(ladder.grows[items].mean()) if kept else 0.0,
    )


# Families that are trained


@cache
def _taught(data: str, learner: str, seed: int) -> _Ladder:
    """A ladder of one kind of learner on one kind of data, or on 100 items of each kind."""
    if data == _POOLED:
        parts = [_taught(each, learner, seed) for each in _DATA]
        passed_all = np.concatenate([part.passed[:, :100] for part in parts], axis=1)
        truth = np.concatenate([part.truth[:100] for part in parts])
        return replace(parts[0], passed=passed_all, truth=truth, grows=np.ones(len(truth), dtype=np.bool_))
    random = np.random.default_rng([seed, list(_DATA).index(data), list(_LEARNERS).index(learner)])
    x, y, asked, answers = _DATA[data](seed)
    teach = _LEARNERS[learner]

    def passed(size: int, draws: int) -> NDArray[np.uint8]:
        """(items, draws)."""
        chosen = [random.permutation(len(x))[:size] for _ in range(draws)]
        right = [teach(x[rows], y[rows], asked, random) == answers for rows in chosen]
        return np.stack(right, axis=1).astype(np.uint8)

    stacked = np.stack([passed(int(size), _TRIALS) for size in _SIZES])
    return _Ladder(
        compute=_SIZES.astype(np.float64),
        passed=stacked,
        large=_LARGE,
        truth=passed(_LARGE, _TRIALS // 5).mean(1),
        grows=np.ones(len(asked), dtype=np.bool_),
    )


_Classes = NDArray[np.int64]
_Examples = tuple[Floats, _Classes, Floats, _Classes]
"""To be taught on and to be asked: points (n, features) and classes (n,) of each."""


def _digits(seed: int, *, noise: float) -> _Examples:
    parts = digits(seed=seed)
    random = np.random.default_rng(seed)
    (x, y), (asked, answers) = ((part.images.flatten(1).numpy(), part.labels.numpy()) for part in parts)
    return x + noise * random.normal(size=x.shape), y, asked + noise * random.normal(size=asked.shape), answers


def _mixture(seed: int, *, classes: int, separation: float) -> _Examples:
    x, y = make_classification(
        1_800, 16, n_informative=8, n_classes=classes, class_sep=separation, flip_y=0.0, random_state=seed
    )
    return x[400:], y[400:], x[:400], y[:400]


_DATA: dict[str, Callable[[int], _Examples]] = {
    "digits": partial(_digits, noise=0.0),
    "noisy digits": partial(_digits, noise=0.4),
    "mixture": partial(_mixture, classes=5, separation=1.5),
    "harder mixture": partial(_mixture, classes=8, separation=1.0),
}


_POOLED = "pooled"


def _nearest(x: Floats, y: _Classes, asked: Floats, random: np.random.Generator) -> _Classes:  # noqa: ARG001
    """The class of the nearest example."""
    nearest: _Classes = y[((x**2).sum(1) - 2 * asked @ x.T).argmin(1)]
    return nearest


def _tree(x: Floats, y: _Classes, asked: Floats, random: np.random.Generator) -> _Classes:
    grown = DecisionTreeClassifier(max_features="sqrt", random_state=int(random.integers(1 << 31))).fit(x, y)
    return np.asarray(grown.predict(asked))


def _network(x: Floats, y: _Classes, asked: Floats, random: np.random.Generator) -> _Classes:
    """One hidden layer as wide as there are examples; its input weights stay random, its output is solved for."""
    weights = random.normal(size=(x.shape[1], len(x))) / np.sqrt(x.shape[1])
    bias = random.normal(size=len(x))
    hidden, wanted = np.maximum(x @ weights + bias, 0), np.eye(int(y.max()) + 1)[y]
    ridge = 1e-2 * float((hidden**2).sum(0).mean()) + 1e-6
    out = np.linalg.solve(hidden.T @ hidden + ridge * np.eye(len(x)), hidden.T @ wanted)
    return np.asarray((np.maximum(asked @ weights + bias, 0) @ out).argmax(1))


_LEARNERS = {"nearest neighbour": _nearest, "tree": _tree, "network": _network}


# Families that are planted


def _drawn(_: str, others: str, seed: int) -> _Ladder:
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
    passed = random.random((8, items, _TRIALS)) < rates[:8, :, None]
    return _Ladder(compute, passed.astype(np.uint8), large, rates[8], grows=np.arange(items) >= flat)


_PLANTED = "planted"
_NEVER, _EMERGE = _OTHERS = ("the others never grow", "the others emerge later")


# Rivals


def _power_law(p: Floats, logs: Floats) -> Floats:
    top, lost, exponent = p
    return np.asarray(top - lost * np.exp(-exponent * logs))


def _sigmoid(p: Floats, logs: Floats) -> Floats:
    low, rise, slope, middle = p
    return np.asarray(low + rise / (1 + np.exp(-slope * (logs - middle))))


def _broken_power_law(p: Floats, logs: Floats) -> Floats:
    """The error rate by Caballero et al. (2210.14891) with one break."""
    end, lost, before, more, middle, width = p
    error = end + lost * np.exp(-before * logs - more * width * np.logaddexp(0, (logs - middle) / width))
    return np.asarray(1 - error)


# Curve, lower and upper ends of its parameters, and those from which it is fitted.
_RIVALS: dict[str, tuple[Curve, Sequence[float], Sequence[float], list[tuple[float, ...]]]] = {
    "power law": (_power_law, (0, 0, 0), (1, 2, 5), [(t, 0.5, b) for t in (0.7, 0.95) for b in (0.1, 0.4, 1.0)]),
    "sigmoid": (
        _sigmoid, (0, 0, 0, -10), (1, 1, 10, 20), [(0.1, 0.8, k, m) for k in (0.3, 1.0, 3.0) for m in (1.0, 4.0)],
    ),
    "broken power law": (
        _broken_power_law, (0, 0, 0, 0, -10, 0.05), (1, 2, 5, 5, 20, 5),
        [(0.1, 0.7, 0.2, k, m, w) for k in (0.2, 1.0) for m in (1.0, 3.0) for w in (0.3, 1.0)],
    ),
}  # fmt: skip


def _extrapolated(
    ladder: _Ladder,
    accuracy: Floats,
    curve: Curve,
    low: Sequence[float],
    high: Sequence[float],
    starts: list[tuple[float, ...]],
) -> float:
    logs = np.log(ladder.compute / ladder.compute[0])
    fits = [
        least_squares(lambda p: curve(p, logs) - accuracy, start, bounds=(low, high), ftol=1e-6, max_nfev=100)
        for start in starts
    ]
    best = min(fits, key=lambda fit: float(fit.cost)).x
    return float(np.clip(curve(best, np.log([ladder.large / ladder.compute[0]]))[0], 0, 1))


# What is handed in


def _joined(first: list[list[_Found]], second: list[list[_Found]]) -> list[list[_Found]]:
    return [a + b for a, b in zip(first, second, strict=True)]


def _over(found: list[list[_Found]], arm: str, over: Callable[[list[float]], float]) -> list[float]:
    """By seed, an arm's mean or largest error over families."""
    return [over([each.errors[arm] for each in seed]) for seed in found]


def _by_arm(found: list[list[_Found]], over: Callable[[list[float]], float]) -> dict[str, list[float]]:
    """Each arm's errors, seed by seed."""
    return {arm: _over(found, arm, over) for arm in (_OURS, _END_TO_END, *_RIVALS, _NOT_CROSSED, _NO_MAP)}


def _measure(bench: Bench, metric: str, found: list[list[_Found]], over: Callable[[list[float]], float]) -> None:
    """Measure the claim: the arms' errors, against one curve for the whole set."""
    errors = _by_arm(found, over)
    taken = bench.compare(
        metric,
        candidate=errors.pop(_OURS),
        baseline=(_END_TO_END, errors.pop(_END_TO_END)),
        others=errors,
        unit="points",
        better="lower",
    )
    bench.claim(taken)


def _show(bench: Bench, name: str, found: list[list[_Found]]) -> None:
    """Show the arms' mean errors beside it."""
    errors = _by_arm(found, mean)
    bench.score(name, candidate=errors.pop(_OURS), others=errors, unit="points", better="lower")


def _show_doubted(bench: Bench, found: list[list[_Found]]) -> None:
    """Coverage, and how far off the clusters would have been where they were not trusted."""
    every = [each for seed in found for each in seed]
    bench.score("coverage", candidate=mean(each.coverage for each in every), unit="%", better="higher")
    doubted = [each for each in every if each.fell_back]
    bench.score("families that are not covered", candidate=100 * len(doubted) / len(every), unit="%", better="lower")
    if doubted:
        bench.score(
            "mean absolute error on these, foretold by the same law for the whole set",
            candidate=mean(each.errors[_OURS] for each in doubted),
            others={_ANYWAY: mean(each.errors[_ANYWAY] for each in doubted)},
            unit="points",
            better="lower",
        )
