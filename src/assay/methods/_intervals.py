"""Intervals for scores whose items hang together: questions about one event, answers under names of one culture.

A *cluster* is what was drawn independently; its items were not. An interval that takes every item for a draw of its own
is too narrow as soon as items of one cluster are alike. All intervals here treat clusters as the draws:

- `mean_interval`: of a mean. Variance by clusters (the linearised, "sandwich" form with the factor G / (G - 1)) and
  Student's t with G - 1 degrees of freedom for G clusters; shares of right answers by Wilson's interval at the
  effective number of items (Korn and Graubard's), which is sound at 0 and at 1 too.
- `paired_interval`: of the mean difference between two scores of the same items.
- `difference_interval`: of the means of two groups that may share clusters.
- `bootstrap_interval`: of any statistic, by drawing clusters with replacement.
- `holm`: p-values of many tests, adjusted.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval."""

    value: float
    low: float
    high: float
    items: int
    clusters: int
    confidence: float = CONFIDENCE

    def __str__(self) -> str:
        """``0.714 [0.650, 0.770]``."""
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"

    def scaled(self, factor: float) -> "Estimate":
        """The same in another unit: 100 for per cent."""
        low, high = sorted((self.low * factor, self.high * factor))
        return Estimate(self.value * factor, low, high, self.items, self.clusters, self.confidence)

    def as_record(self) -> dict[str, float]:
        """As a row of a table."""
        return {"value": self.value, "low": self.low, "high": self.high, "items": self.items, "clusters": self.clusters}


def mean_interval(
    scores: ArrayLike, clusters: Sequence[Hashable] | None = None, *, confidence: float = CONFIDENCE
) -> Estimate:
    """The mean of scores, with an interval over clusters.

    Args:
        scores: (items,).
        clusters: (items,): what each item belongs to; each is its own if left out.
        confidence: Of the interval, within (0, 1).

    Raises:
        ValueError: There are none, some are no finite numbers, or the lengths differ.
    """
    values, codes = _checked(scores, clusters, confidence)
    mean, count = float(values.mean()), int(codes.max()) + 1
    error = _standard_error(values - mean, codes, len(values))
    if np.isin(values, (0.0, 1.0)).all():
        low, high = _share_interval(mean, error, len(values), count, confidence)
    else:
        reach = _reach(error, values, count, confidence)
        low, high = mean - reach, mean + reach
    return Estimate(mean, low, high, len(values), count, confidence)


def paired_interval(
    scores: ArrayLike, others: ArrayLike, clusters: Sequence[Hashable] | None = None, *, confidence: float = CONFIDENCE
) -> Estimate:
    """How much higher scores are than others of the same items, item by item: the mean of scores - others.

    It reaches to both sides, also where no item has a lower score than the other: that none was seen is luck in part.

    Raises:
        ValueError: There are none, not as many of both, or some are no finite numbers.
    """
    first, second = np.asarray(scores, dtype=np.float64), np.asarray(others, dtype=np.float64)
    if first.shape != second.shape:
        raise ValueError(f"there are {len(first)} scores and {len(second)} others: give both of each item")
    values, codes = _checked(first - second, clusters, confidence)
    mean, count = float(values.mean()), int(codes.max()) + 1
    reach = _reach(_standard_error(values - mean, codes, len(values)), values, count, confidence)
    return Estimate(mean, mean - reach, mean + reach, len(values), count, confidence)


def difference_interval(
    scores: ArrayLike,
    others: ArrayLike,
    clusters: Sequence[Hashable] | None = None,
    other_clusters: Sequence[Hashable] | None = None,
    *,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """How much higher the mean of one group of items is than another's: mean(scores) - mean(others).

    Clusters of equal name are one cluster, in both groups. For scores of the same items, take `paired_interval`.

    Raises:
        ValueError: A group is empty, scores are no finite numbers, or only one of the groups has clusters.
    """
    if (clusters is None) != (other_clusters is None):
        raise ValueError("one group has clusters and the other has none: give both or neither")
    first, second = np.asarray(scores, dtype=np.float64), np.asarray(others, dtype=np.float64)
    if clusters is None or other_clusters is None:
        clusters, other_clusters = range(len(first)), range(len(first), len(first) + len(second))
    if not len(first) or not len(second):
        raise ValueError("a group has no scores: a difference needs both")
    names = [*clusters, *other_clusters]
    values, codes = _checked(np.concatenate([first, second]), names, confidence)
    count = int(codes.max()) + 1
    gap = float(first.mean() - second.mean())
    influence = np.concatenate([(first - first.mean()) / len(first), -(second - second.mean()) / len(second)])
    error = _standard_error(influence, codes, 1)
    reach = _reach(error, values, count, confidence)
    return Estimate(gap, gap - reach, gap + reach, len(values), count, confidence)


def bootstrap_interval(
    statistic: Callable[[NDArray[np.intp]], float],
    items: int,
    clusters: Sequence[Hashable] | None = None,
    *,
    confidence: float = CONFIDENCE,
    repeats: int = 2_000,
    seed: int = 0,
) -> Estimate:
    """Any statistic of items, with a percentile interval over clusters drawn with replacement.

    Args:
        statistic: Takes the numbers of the items drawn, with repetitions; gives a figure, NaN where it is undefined.
        items: How many there are.
        clusters: (items,): what each belongs to.
        confidence: Of the interval.
        repeats: Draws.
        seed: Of the draws.

    Raises:
        ValueError: The statistic is undefined for the items themselves, or for more than a tenth of the draws.
    """
    _, codes = _checked(np.zeros(items), clusters, confidence)
    order = np.argsort(codes, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(codes))[:-1])
    rng = np.random.default_rng(seed)
    value = float(statistic(np.arange(items)))
    if np.isnan(value):
        raise ValueError("the statistic is undefined for these items")
    draws = []
    for _ in range(repeats):
        drawn = rng.integers(len(members), size=len(members))
        draws.append(float(statistic(np.concatenate([members[i] for i in drawn]))))
    defined = np.array([each for each in draws if not np.isnan(each)])
    if len(defined) < ceil(0.9 * repeats):
        raise ValueError(
            f"the statistic is undefined in {repeats - len(defined)} of {repeats} draws of {len(members)} clusters"
        )
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Estimate(value, min(float(low), value), max(float(high), value), items, len(members), confidence)


def holm(p_values: ArrayLike) -> Floats:
    """P-values of several tests, adjusted by Holm's step-down method: the chance of one false alarm stays below each.

    Raises:
        ValueError: One lies outside [0, 1].
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.size and not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"a p-value lies outside [0, 1]: {p[~((p >= 0) & (p <= 1))][0]}")
    order = np.argsort(p)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p)))), 1.0)
    return adjusted


def _checked(
    scores: ArrayLike, clusters: Sequence[Hashable] | None, confidence: float
) -> tuple[Floats, NDArray[np.intp]]:
    """Scores, and for each the number of its cluster, counted from 0."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}: give a share between 0 and 1")
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or not len(values):
        raise ValueError(f"scores have the shape {values.shape}: give one for each item, and at least one")
    if not np.isfinite(values).all():
        index = int(np.flatnonzero(~np.isfinite(values))[0])
        raise ValueError(f"score {index} is {values[index]}: give finite numbers")
    if clusters is None:
        return values, np.arange(len(values))
    if len(clusters) != len(values):
        raise ValueError(f"there are {len(values)} scores and {len(clusters)} clusters: give one for each score")
    numbers: dict[Hashable, int] = {}
    return values, np.array([numbers.setdefault(each, len(numbers)) for each in clusters], dtype=np.intp)


def _standard_error(influence: Floats, codes: NDArray[np.intp], divisor: float) -> float:
    totals = np.bincount(codes, weights=influence) / divisor
    count = len(totals)
    return sqrt(count / (count - 1) * float((totals**2).sum())) if count > 1 else float("inf")


def _reach(error: float, values: Floats, clusters: int, confidence: float) -> float:
    """Half the width of an interval; where nothing varies, as far as what was not seen may be in so many clusters."""
    from scipy.stats import t  # type: ignore[import-untyped] # noqa: PLC0415 - slow to load

    span = float(max(values.max(), 0.0) - min(values.min(), 0.0)) or 1.0
    if clusters < 2:
        return float("inf")
    if error < 1e-12 * span:
        return span * (1.0 - float(((1 - confidence) / 2) ** (1 / clusters)))
    return float(t.ppf((1 + confidence) / 2, clusters - 1)) * error


def _share_interval(share: float, error: float, items: int, clusters: int, confidence: float) -> tuple[float, float]:
    """Wilson's interval at the number of independent items that would vary as much."""
    from scipy.stats import norm, t  # noqa: PLC0415 - slow to load

    if clusters < 2:
        return 0.0, 1.0
    z = float(norm.ppf((1 + confidence) / 2))
    spread = share * (1 - share)
    if spread == 0:
        effective = float(clusters)
    else:
        # No more than the items themselves, but for luck in few clusters; and t for z, since the error is estimated.
        wider = (z / float(t.ppf((1 + confidence) / 2, clusters - 1))) ** 2 if clusters < items else 1.0
        effective = min(spread / error**2, float(items)) * wider if error else float(items)
    middle = (share + z * z / (2 * effective)) / (1 + z * z / effective)
    reach = z * sqrt(spread / effective + z * z / (4 * effective**2)) / (1 + z * z / effective)
    return min(max(middle - reach, 0.0), share), max(min(middle + reach, 1.0), share)
