"""Prediction-powered inference: the mean of what people would say, from a few of their labels and a judge's many."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_ENOUGH_LABELS = 50
"""From so many labels on, the weight may be found on the labels that it is used on."""
_FOLDS = 5


@dataclass(frozen=True)
class PredictionPowered:
    """An estimate from human labels and a judge's predictions."""

    value: float
    low: float
    high: float
    weight: float
    """That the judge got: 0 is the labels alone, 1 is plain prediction-powered inference."""
    labels: int
    effective_labels: float
    """So many human labels alone would give as narrow an interval."""
    confidence: float

    def __str__(self) -> str:
        """``0.612 [0.571, 0.653], as 212 labels``."""
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}], as {self.effective_labels:.0f} labels"


def ppi_mean(
    human: ArrayLike,
    judge: ArrayLike,
    judge_rest: ArrayLike,
    *,
    confidence: float = 0.95,
    weight: float | None = None,
) -> PredictionPowered:
    """The mean human score of all items, of which people scored a few and a judge all (PPI++).

    ``w mean(judge_rest) + mean(human - w judge)``, which is right on the average however wrong the judge is. The weight
    w that makes it most certain is ``cov(human, judge) / ((1 + n / N) var(judge))``, within [0, 1].

    Args:
        human: (n,): people's scores of the items that they labelled.
        judge: (n,): the judge's scores of the same items.
        judge_rest: (N,): the judge's scores of items drawn alike that nobody labelled.
        confidence: Of the interval, which is the normal one.
        weight: Of the judge; found as above if left out, in five folds where there are under 50 labels.

    Raises:
        ValueError: There are fewer than two labels or unlabelled items, lengths differ, or scores are not finite.
    """
    y, f, rest = _checked(human, judge, judge_rest, confidence)
    if weight is not None and not 0 <= weight <= 1:
        raise ValueError(f"weight is {weight}: give 0 (the labels alone) to 1")
    weights = np.full(len(y), weight) if weight is not None else _weights(y, f, rest)
    mean_weight = float(weights.mean())
    value = mean_weight * float(rest.mean()) + float((y - weights * f).mean())
    error = sqrt(mean_weight**2 * float(rest.var()) / len(rest) + float((y - weights * f).var()) / len(y))
    reach = _normal_quantile(confidence) * error
    effective = float(y.var()) / error**2 if error else float(len(y))
    return PredictionPowered(value, value - reach, value + reach, mean_weight, len(y), effective, confidence)


def ppi_difference(
    human: tuple[ArrayLike, ArrayLike],
    judge: tuple[ArrayLike, ArrayLike],
    judge_rest: tuple[ArrayLike, ArrayLike],
    *,
    confidence: float = 0.95,
) -> PredictionPowered:
    """How much better people find one model than another on the same items: a difference, or a win rate's edge.

    Args:
        human: Of the first and of the second model: (n,) scores of the labelled items, in one order.
        judge: Likewise, the judge's scores of these.
        judge_rest: Likewise, (N,) of the rest.
        confidence: Of the interval.

    Raises:
        ValueError: As `ppi_mean`, or the two models have different numbers of scores.
    """
    pairs = []
    for name, (first, second) in (("human", human), ("judge", judge), ("judge_rest", judge_rest)):
        a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
        if a.shape != b.shape:
            raise ValueError(f"{name} has {len(a)} scores of the first model and {len(b)} of the second: pair them")
        pairs.append(a - b)
    return ppi_mean(*pairs, confidence=confidence)


def _weights(y: Floats, f: Floats, rest: Floats) -> Floats:
    """The best weight of the judge for each label: one for all, or for each fold the one of the other folds."""
    if len(y) >= _ENOUGH_LABELS:
        return np.full(len(y), _best_weight(y, f, rest))
    folds = np.arange(len(y)) % min(_FOLDS, len(y) // 2)
    if folds.max() == 0:  # two or three labels tell nothing of a judge
        return np.zeros(len(y))
    weights = np.empty(len(y))
    for fold in range(int(folds.max()) + 1):
        others = folds != fold
        weights[~others] = _best_weight(y[others], f[others], rest)
    return weights


def _best_weight(y: Floats, f: Floats, rest: Floats) -> float:
    covariance = float(((y - y.mean()) * (f - f.mean())).mean())
    spread = float(np.concatenate([f, rest]).var(ddof=1))
    return min(max(covariance / ((1 + len(y) / len(rest)) * spread), 0.0), 1.0) if spread else 0.0


def _normal_quantile(confidence: float) -> float:
    from statistics import NormalDist  # noqa: PLC0415 - beside its use

    return NormalDist().inv_cdf((1 + confidence) / 2)


def _checked(human: ArrayLike, judge: ArrayLike, rest: ArrayLike, confidence: float) -> tuple[Floats, Floats, Floats]:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}: give a share between 0 and 1")
    named = {"human": human, "judge": judge, "judge_rest": rest}
    arrays = {name: np.asarray(values, dtype=np.float64) for name, values in named.items()}
    for name, values in arrays.items():
        if values.ndim != 1 or len(values) < 2:
            raise ValueError(f"{name} has the shape {values.shape}: give one score for each item, and two or more")
        if not np.isfinite(values).all():
            index = int(np.flatnonzero(~np.isfinite(values))[0])
            raise ValueError(f"{name}[{index}] is {values[index]}: give finite scores")
    y, f, others = arrays.values()
    if len(y) != len(f):
        raise ValueError(f"there are {len(y)} human labels and {len(f)} of the judge on them: give both for each item")
    return y, f, others
