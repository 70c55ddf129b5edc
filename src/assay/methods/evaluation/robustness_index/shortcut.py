"""The shortcut test: a classifier of the target, trained where the confounder goes along with it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from assay.methods._intervals import Estimate, mean_interval
from assay.methods.evaluation.robustness_index.labels import Floats, Labels, Numbers, checked_rows, codes_of
from assay.methods.evaluation.robustness_index.neighbours import Flags, quotient


@dataclass(frozen=True)
class ShortcutResult:
    """How well a classifier does that could take the confounder for the target."""

    home_share: float
    """Of training records of a target, those with its home confounder; 1 over the confounders is no shortcut."""
    accuracy: Estimate
    """On test records whose target tells nothing of the confounder."""
    change: float
    """Relative to the accuracy at the first home share: below 0 is a loss."""


def shortcut_test(
    embeddings: ArrayLike,
    target: Labels,
    confounder: Labels,
    groups: Labels | None = None,
    *,
    home_shares: Sequence[float] | None = None,
    strength: float = 1.0,
    repeats: int = 5,
    seed: int = 0,
) -> list[ShortcutResult]:
    """Train linear classifiers of the target where it goes along with the confounder, and test them where it does not.

    The groups of each pair of labels are dealt into halves, for training and for testing. Each target has a home
    confounder, in turn. All training sets are of one size and have as many records of each target; only what
    confounders these have differs.

    Args:
        embeddings: See `RobustnessAudit.fit`, as the next three.
        target: What is learnt.
        confounder: What may be learnt instead.
        groups: Never in training and test at once.
        home_shares: From least to most; without a shortcut, half-way, 0.9 and all by default.
        strength: C of scikit-learn's `LogisticRegression`, on features of unit variance; 1, its own default.
        repeats: Of the deal.
        seed: Of the deal.

    Raises:
        ValueError: See `RobustnessAudit.fit`; or a half lacks records of a pair of labels.
    """
    rows = checked_rows(embeddings)
    targets, confounders = codes_of("target", target, len(rows)), codes_of("confounder", confounder, len(rows))
    own = np.arange(len(rows)) if groups is None else codes_of("group", groups, len(rows), fewest=1)
    even = 1 / (confounders.max() + 1)
    shares = [even, (1 + even) / 2, 0.9, 1.0] if home_shares is None else list(home_shares)
    if not shares or min(shares) < even - 1e-9 or max(shares) > 1:
        raise ValueError(f"home_shares are {shares}: give shares from {even:.3g}, which is no shortcut, to 1")
    right: list[list[Floats]] = [[] for _ in shares]
    tested: list[Numbers] = []
    for repeat in range(repeats):
        rng = np.random.default_rng([seed, repeat])
        halves = _deal(own, targets * (confounders.max() + 1) + confounders, rng)
        test = _equal_cells(np.flatnonzero(halves), targets, confounders, rng)
        tested.append(own[test])
        pool = rng.permutation(np.flatnonzero(~halves))
        for place, share in enumerate(shares):
            train = _at_home(pool, targets, confounders, share)
            right[place].append(_classify(rows, targets, train, test, strength))
    clusters = np.concatenate(tested).tolist()
    accuracies = [mean_interval(np.concatenate(each), clusters) for each in right]
    return [
        ShortcutResult(share, each, quotient(each.value, accuracies[0].value) - 1)
        for share, each in zip(shares, accuracies, strict=True)
    ]


def _deal(groups: Numbers, pairs: Numbers, rng: np.random.Generator) -> Flags:
    """(records,): which half each is in; the groups of each pair of labels (that of the first record) are halved."""
    _, first = np.unique(groups, return_index=True)
    order = np.lexsort((rng.random(len(first)), pairs[first]))
    halves = np.empty(len(first), dtype=bool)
    halves[order] = np.arange(len(first)) % 2 == 1
    return halves[groups]


def _equal_cells(records: Numbers, targets: Numbers, confounders: Numbers, rng: np.random.Generator) -> Numbers:
    records = rng.permutation(records)
    parts = [
        records[(targets[records] == i) & (confounders[records] == j)]
        for i in range(targets.max() + 1)
        for j in range(confounders.max() + 1)
    ]
    fewest = min(map(len, parts))
    if not fewest:
        raise ValueError("half of the groups lack a pair of target and confounder: give more groups of each pair")
    return np.concatenate([part[:fewest] for part in parts])


def _at_home(pool: Numbers, targets: Numbers, confounders: Numbers, share: float) -> Numbers:
    """Training records, equally many of each target, of which a share has the target's home confounder."""
    many = confounders.max() + 1
    cells = [
        [pool[(targets[pool] == i) & (confounders[pool] == (i + j) % many)] for j in range(many)]
        for i in range(targets.max() + 1)
    ]
    size = min(len(cell) for row in cells for cell in row)
    if not size:
        raise ValueError("half of the groups lack a pair of target and confounder: give more groups of each pair")
    home = round(share * size)
    away = np.diff(np.linspace(0, size - home, many).round().astype(int))
    return np.concatenate([part[:count] for row in cells for part, count in zip(row, (home, *away), strict=True)])


def _classify(rows: Floats, targets: Numbers, train: Numbers, test: Numbers, strength: float) -> Floats:
    """Which test records a linear classifier gets right: 1 or 0."""
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # noqa: PLC0415 - slow to load
    from sklearn.pipeline import make_pipeline  # type: ignore[import-untyped]  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # type: ignore[import-untyped]  # noqa: PLC0415

    model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=1_000))
    predicted = model.fit(rows[train], targets[train]).predict(rows[test])
    right: Floats = (predicted == targets[test]).astype(np.float64)
    return right
