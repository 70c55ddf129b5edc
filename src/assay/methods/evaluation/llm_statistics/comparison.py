"""Is one model better, was a text trained on, is a group worse off: differences with tests and intervals."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assay.methods._intervals import Estimate, difference_interval, mean_interval

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """One model against another on the same items."""

    first: Estimate
    second: Estimate
    difference: Estimate
    """Of the means, first minus second, paired."""
    only_first: int
    """Items that only the first has right; of scores, those where it scores higher."""
    only_second: int
    p_value: float
    """McNemar's exact test, for right and wrong answers without clusters; of Student's t over clusters for all else."""

    def __str__(self) -> str:
        """``0.71 - 0.64 = 0.070 [0.010, 0.130], p = 0.02``."""
        return f"{self.first.value:.2f} - {self.second.value:.2f} = {self.difference}, p = {self.p_value:.2g}"


@dataclass(frozen=True)
class GroupGap:
    """How far one group's mean is from the reference's."""

    group: Hashable
    score: Estimate
    gap: Estimate
    """Reference minus group; the intervals of all groups hold at once."""


def compare(
    first: ArrayLike,
    second: ArrayLike,
    *,
    clusters: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
) -> Difference:
    """Whether one model is better than another that answered the same items.

    Args:
        first: (items,): right (1) or wrong (0), or any score.
        second: Of the same items, in the same order.
        clusters: (items,): what each belongs to.
        confidence: Of the intervals.

    Raises:
        ValueError: The two have different numbers of items.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(
            f"the first has {a.size} scores and the second {b.size}: both must have answered the same items"
        )
    difference = mean_interval(a - b, clusters, confidence=confidence)
    more, less = int((a > b).sum()), int((b > a).sum())
    binary = bool(np.isin(np.concatenate([a, b]), (0.0, 1.0)).all())
    p = _mcnemar(more, less) if binary and clusters is None else _t_test(a - b, clusters)
    singles = [mean_interval(each, clusters, confidence=confidence) for each in (a, b)]
    return Difference(singles[0], singles[1], difference, more, less, p)


def items_needed(difference: float, *, disagreement: float, power: float = 0.8, alpha: float = 0.05) -> int:
    """How many items show that one model is better, if it is by so much.

    Args:
        difference: Of the accuracies, as a share: 0.02 is two points.
        disagreement: The share of items that only one of the two has right; at least the difference.
        power: The chance to see it.
        alpha: Of a two-sided test.

    Raises:
        ValueError: The models disagree on fewer items than they differ by.
    """
    if not 0 < abs(difference) <= disagreement <= 1:
        raise ValueError(
            f"accuracies {difference:g} apart need disagreement on at least that share, not {disagreement:g}"
        )
    for name, share in (("power", power), ("alpha", alpha)):
        if not 0 < share < 1:
            raise ValueError(f"{name} is {share}: give a share between 0 and 1")
    normal = NormalDist()
    under_null = normal.inv_cdf(1 - alpha / 2) * sqrt(disagreement)
    under_truth = normal.inv_cdf(power) * sqrt(max(disagreement - difference**2, 0.0))
    return ceil(((under_null + under_truth) / difference) ** 2)


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """P-values adjusted so that, of the tests that are called, the expected share of false alarms stays below each."""
    from scipy.stats import false_discovery_control  # type: ignore[import-untyped] # noqa: PLC0415 - slow to load

    return np.asarray(false_discovery_control(np.asarray(p_values, dtype=np.float64)), dtype=np.float64)


def membership_advantage(members: ArrayLike, others: ArrayLike, *, confidence: float = 0.95) -> Estimate:
    """How much better than chance a score tells texts that were trained on from others: hits minus false alarms.

    The threshold is found on every second text and the advantage measured on the rest; its interval adds the exact
    binomial ones of the two rates, each at half the error, and so covers at least as often as it says.

    Args:
        members: (texts,): scores, higher for what looks trained on (a loss, with its sign turned).
        others: Likewise, of texts that were not.
        confidence: Of the interval.

    Raises:
        ValueError: There are fewer than four of either.
    """
    from scipy.stats import binomtest  # noqa: PLC0415 - slow to load

    a, b = np.asarray(members, dtype=np.float64), np.asarray(others, dtype=np.float64)
    if min(len(a), len(b)) < 4:
        raise ValueError(f"there are {len(a)} members and {len(b)} others: it takes four of each")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("a score is no finite number")
    thresholds = np.unique(np.concatenate([a[::2], b[::2]]))
    advantages = [(a[::2] >= t).mean() - (b[::2] >= t).mean() for t in thresholds]
    threshold = thresholds[int(np.argmax(advantages))]
    hits, alarms = a[1::2] >= threshold, b[1::2] >= threshold
    level = (1 + confidence) / 2
    hit, alarm = (binomtest(int(each.sum()), len(each)).proportion_ci(level) for each in (hits, alarms))
    value = float(hits.mean() - alarms.mean())
    count = len(hits) + len(alarms)
    return Estimate(value, float(hit.low - alarm.high), float(hit.high - alarm.low), count, count, confidence)


def group_gaps(
    scores: ArrayLike,
    groups: Sequence[Hashable],
    *,
    reference: Hashable,
    clusters: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
) -> list[GroupGap]:
    """How far each group's mean score is from a reference group's, the intervals of all gaps holding at once.

    Args:
        scores: (items,).
        groups: (items,): the group of each.
        reference: The group that the others are held against.
        clusters: (items,): what each belongs to.
        confidence: That no interval misses (by Bonferroni).

    Raises:
        ValueError: There is no such group, or no other.
    """
    values, names = np.asarray(scores, dtype=np.float64), list(groups)
    if len(values) != len(names):
        raise ValueError(f"there are {len(values)} scores and {len(names)} groups: give one for each score")
    others = [each for each in dict.fromkeys(names) if each != reference]
    if reference not in names or not others:
        raise ValueError(
            f"the groups are {', '.join(map(repr, dict.fromkeys(names)))}: a gap needs {reference!r} and another"
        )
    level = 1 - (1 - confidence) / len(others)
    units = list(range(len(names))) if clusters is None else list(clusters)
    rows = {group: [i for i, name in enumerate(names) if name == group] for group in [reference, *others]}

    def part(group: Hashable) -> tuple[Floats, list[Hashable]]:
        return values[rows[group]], [units[i] for i in rows[group]]

    (ours, our_units) = part(reference)
    gaps = []
    for group in others:
        theirs, their_units = part(group)
        gap = difference_interval(ours, theirs, our_units, their_units, confidence=level)
        gaps.append(GroupGap(group, mean_interval(theirs, their_units, confidence=confidence), gap))
    return gaps


def _mcnemar(more: int, less: int) -> float:
    from scipy.stats import binomtest  # noqa: PLC0415 - slow to load

    return float(binomtest(more, more + less).pvalue) if more + less else 1.0


def _t_test(differences: Floats, clusters: Sequence[Hashable] | None) -> float:
    from scipy.stats import t  # noqa: PLC0415 - slow to load

    estimate = mean_interval(differences, clusters)
    reach = estimate.high - estimate.value
    if not differences.any() or estimate.clusters < 2:
        return 1.0
    error = reach / float(t.ppf(0.975, estimate.clusters - 1))
    return float(2 * t.sf(abs(estimate.value) / error, estimate.clusters - 1))
