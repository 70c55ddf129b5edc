"""Whether a confidence is worth anything: how far it is from the accuracy, and how well it orders the answers."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assay.methods._intervals import Estimate, bootstrap_interval, mean_interval

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """How far confidences are from the truth."""

    error: Estimate
    """The expected calibration error: mean distance of confidence and accuracy over bins, by their size."""
    brier: Estimate
    bins: tuple[tuple[float, float, int], ...]
    """Of each bin: mean confidence, accuracy, number of items."""


@dataclass(frozen=True)
class RiskCoverage:
    """What is gained by answering only where confidence is high."""

    coverage: Floats
    """Share of items answered, from the most confident on."""
    risk: Floats
    """Share of these that are wrong."""
    area: Estimate
    """Under the curve (AURC): the mean risk over all coverages; lower is better."""
    best_area: float
    """Of an ordering that has every right answer first."""
    auroc: float
    """The chance that a right answer has more confidence than a wrong one."""


def calibration_error(
    confidences: ArrayLike,
    right: ArrayLike,
    *,
    bins: int = 10,
    clusters: Sequence[Hashable] | None = None,
    repeats: int = 500,
    seed: int = 0,
) -> Calibration:
    """Expected calibration error and Brier score, with intervals.

    Bins hold equally many items (adaptive), so that no bin is a handful. The error is biased upwards by its bins, the
    more the fewer items there are; its interval is that of the bootstrap over clusters, with the same bias.

    Args:
        confidences: (items,), within [0, 1].
        right: (items,): whether each answer is.
        bins: How many.
        clusters: (items,): what each belongs to.
        repeats: Draws of the bootstrap.
        seed: Of the draws.

    Raises:
        ValueError: A confidence is outside [0, 1], or there are fewer items than bins.
    """
    p, y = _checked(confidences, right)
    if not 1 <= bins <= len(p):
        raise ValueError(f"{len(p)} items give no {bins} bins")
    error = bootstrap_interval(
        lambda rows: _error(p[rows], y[rows], bins), len(p), clusters, repeats=repeats, seed=seed
    )
    order = np.argsort(p, kind="stable")
    table = tuple(
        (float(p[part].mean()), float(y[part].mean()), len(part)) for part in np.array_split(order, bins) if len(part)
    )
    return Calibration(error, mean_interval((p - y) ** 2, clusters), table)


def risk_coverage(
    confidences: ArrayLike,
    right: ArrayLike,
    *,
    clusters: Sequence[Hashable] | None = None,
    repeats: int = 500,
    seed: int = 0,
) -> RiskCoverage:
    """Risk against coverage when the least confident answers are withheld, and the area under it.

    Items of equal confidence are answered together: each counts with their mean risk, so that their order is no luck.

    Args:
        confidences: (items,), any numbers that rise with confidence.
        right: (items,): whether each answer is.
        clusters: (items,): what each belongs to.
        repeats: Draws of the bootstrap.
        seed: Of the draws.

    Raises:
        ValueError: There are no items, or a confidence is no finite number.
    """
    p, y = _checked(confidences, right, unit=False)
    risk = _risks(p, y)
    area = bootstrap_interval(
        lambda rows: float(_risks(p[rows], y[rows]).mean()), len(p), clusters, repeats=repeats, seed=seed
    )
    count = len(y)
    best = float(_risks(y, y).mean()) if y.any() and not y.all() else float(1 - y.mean())
    return RiskCoverage(np.arange(1, count + 1) / count, risk, area, best, auroc(p, y))


def auroc(scores: ArrayLike, labels: ArrayLike) -> float:
    """The chance that a positive item scores above a negative one, ties by half; NaN where one kind is missing."""
    from scipy.stats import rankdata  # type: ignore[import-untyped] # noqa: PLC0415 - slow to load

    s, y = np.asarray(scores, dtype=np.float64), np.asarray(labels, dtype=bool)
    positive, negative = int(y.sum()), int((~y).sum())
    if not positive or not negative:
        return float("nan")
    return float((rankdata(s)[y].sum() - positive * (positive + 1) / 2) / (positive * negative))


def _error(p: Floats, y: Floats, bins: int) -> float:
    parts = np.array_split(np.argsort(p, kind="stable"), bins)
    return float(sum(abs(float((p[part] - y[part]).sum())) for part in parts)) / len(p)


def _risks(p: Floats, y: Floats) -> Floats:
    """The risk at each coverage; within ties, wrong answers spread evenly."""
    _, codes = np.unique(-p, return_inverse=True)
    sizes, wrong = np.bincount(codes), np.bincount(codes, weights=1 - y)
    each = np.repeat(wrong / sizes, sizes)
    risks: Floats = each.cumsum() / np.arange(1, len(p) + 1)
    return risks


def _checked(confidences: ArrayLike, right: ArrayLike, *, unit: bool = True) -> tuple[Floats, Floats]:
    p, y = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if p.ndim != 1 or p.shape != y.shape or not len(p):
        raise ValueError(f"confidences have the shape {p.shape} and labels {y.shape}: give one of each for each item")
    if not np.isin(y, (0.0, 1.0)).all():
        raise ValueError("right is neither true nor false for an item")
    bad = np.flatnonzero(~np.isfinite(p) | (unit & ((p < 0) | (p > 1))))
    if bad.size:
        where = "outside [0, 1]" if unit else "no finite number"
        raise ValueError(f"the confidence of item {bad[0]} is {p[bad[0]]}: {where}")
    return p, y
