"""Ladders of small learners of one kind, taught on ever more examples, and the large one that is to be foretold.

An item is an image or point to be classified, a trial another draw of the examples, and their number stands for
compute. Families of one data set have items of one kind; the pooled one has items of all, as a benchmark has of many
subjects.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import make_classification  # type: ignore[import-untyped]
from sklearn.tree import DecisionTreeClassifier  # type: ignore[import-untyped]

from assay.testbed.images import digits

Floats = NDArray[np.float64]
SIZES = np.array([4, 7, 11, 18, 29, 48, 78, 128])
"""Examples that the small models of a ladder are taught on."""
LARGE = 1_024
"""Examples that the large model is taught on."""
TRIALS = 100
POOLED = "pooled"


@dataclass(frozen=True)
class Ladder:
    """Pass or fail of each small model, item and trial, and what the large model's accuracy is."""

    compute: Floats
    passed: NDArray[np.uint8]
    """(models, items, trials)"""
    large: float
    truth: Floats
    """(items,): how often the large model passes."""
    grows: NDArray[np.bool_]
    """(items,): whether an item is one that grows on the ladder."""


@cache
def teach_ladder(data: str, learner: str, seed: int) -> Ladder:
    """A ladder of one kind of learner on one kind of data, or on 100 items of each kind."""
    if data == POOLED:
        parts = [teach_ladder(each, learner, seed) for each in DATA]
        passed_all = np.concatenate([part.passed[:, :100] for part in parts], axis=1)
        truth = np.concatenate([part.truth[:100] for part in parts])
        return replace(parts[0], passed=passed_all, truth=truth, grows=np.ones(len(truth), dtype=np.bool_))
    random = np.random.default_rng([seed, list(DATA).index(data), list(LEARNERS).index(learner)])
    x, y, queries, answers = DATA[data](seed)
    teach = LEARNERS[learner]

    def passed(size: int, draws: int) -> NDArray[np.uint8]:
        """(items, draws)."""
        subsets = [random.permutation(len(x))[:size] for _ in range(draws)]
        right = [teach(x[rows], y[rows], queries, random) == answers for rows in subsets]
        return np.stack(right, axis=1).astype(np.uint8)

    stacked = np.stack([passed(int(size), TRIALS) for size in SIZES])
    return Ladder(
        compute=SIZES.astype(np.float64),
        passed=stacked,
        large=LARGE,
        truth=passed(LARGE, TRIALS // 5).mean(1),
        grows=np.ones(len(queries), dtype=np.bool_),
    )


Classes = NDArray[np.int64]
Examples = tuple[Floats, Classes, Floats, Classes]
"""To be taught on and to be asked: points (n, features) and classes (n,) of each."""


def _digits(seed: int, *, noise: float) -> Examples:
    parts = digits(seed=seed)
    random = np.random.default_rng(seed)
    (x, y), (queries, answers) = ((part.images.flatten(1).numpy(), part.labels.numpy()) for part in parts)
    return x + noise * random.normal(size=x.shape), y, queries + noise * random.normal(size=queries.shape), answers


def _mixture(seed: int, *, classes: int, separation: float) -> Examples:
    x, y = make_classification(
        1_800, 16, n_informative=8, n_classes=classes, class_sep=separation, flip_y=0.0, random_state=seed
    )
    return x[400:], y[400:], x[:400], y[:400]


DATA: dict[str, Callable[[int], Examples]] = {
    "digits": partial(_digits, noise=0.0),
    "noisy digits": partial(_digits, noise=0.4),
    "mixture": partial(_mixture, classes=5, separation=1.5),
    "harder mixture": partial(_mixture, classes=8, separation=1.0),
}


def _nearest(x: Floats, y: Classes, queries: Floats, random: np.random.Generator) -> Classes:  # noqa: ARG001
    """The class of the nearest example."""
    nearest: Classes = y[((x**2).sum(1) - 2 * queries @ x.T).argmin(1)]
    return nearest


def _tree(x: Floats, y: Classes, queries: Floats, random: np.random.Generator) -> Classes:
    grown = DecisionTreeClassifier(max_features="sqrt", random_state=int(random.integers(1 << 31))).fit(x, y)
    return np.asarray(grown.predict(queries))


def _network(x: Floats, y: Classes, queries: Floats, random: np.random.Generator) -> Classes:
    """One hidden layer as wide as there are examples; its input weights stay random, its output is solved for."""
    weights = random.normal(size=(x.shape[1], len(x))) / np.sqrt(x.shape[1])
    bias = random.normal(size=len(x))
    hidden, targets = np.maximum(x @ weights + bias, 0), np.eye(int(y.max()) + 1)[y]
    ridge = 1e-2 * float((hidden**2).sum(0).mean()) + 1e-6
    out = np.linalg.solve(hidden.T @ hidden + ridge * np.eye(len(x)), hidden.T @ targets)
    return np.asarray((np.maximum(queries @ weights + bias, 0) @ out).argmax(1))


LEARNERS = {"nearest neighbour": _nearest, "tree": _tree, "network": _network}
