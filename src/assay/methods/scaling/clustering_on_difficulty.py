"""Clustering on Difficulty (Xu et al. 2025, arXiv 2502.17262): extrapolate only the items of a benchmark that scale.

**Idea.** Abilities appear at different scales, so one curve for a whole benchmark bends where its items do not. Items
that small models pass at alike rates are put together; a curve is fitted to each group; groups that visibly scale are
extrapolated; and what these come to is mapped to the whole benchmark by a curve that the small models show.

**Steps.** For models of compute C_1 < ... < C_S, and pass rates P (S, items):

1. The feature of an item is its column of P. Items that no model ever passes join no cluster.
2. Clusters of radius R by a mean shift that is repeated on the items left over (`mean_shift_clusters`).
3. For each cluster's mean pass rate, by least squares, ``y(C) = g + (1 - g) exp(-a (C / C_1)^-b - c)``.
4. Kept are clusters with a > 1, b > 0.1 and c < 1 whose mean pass rate never falls much. The forecast for the subset
   is their mean, weighted by size; the share of all items in it is the *coverage*.
5. A monotone curve from (0, 0) to (1, 1) through the small models' (accuracy on the subset, accuracy on all) maps the
   forecast for the subset to one for all items.

**Cross-fitting**, which the paper has not. Clusters and filter select items by rates that are luck in part, and a curve
fitted to the same rates takes the luck for growth. So the trials behind the rates are dealt into folds: clusters are
found and filtered on all folds but one, curves and map are fitted on that one, each fold in turn, and the forecasts are
averaged. ``folds=1`` is the paper's own procedure.

**Low coverage.** Where few items are kept, the map carries the forecast, and it may be far off. Below `min_coverage`
the forecast is that of one curve for all items, and says so. The map ends at (1, 1): it takes for granted that items
which do not scale on the ladder will once, and is too high where they never do.

**Departures.** The unit of C changes a, and the paper does not tell its own: here it is C_1, so that a > 1 means that
the smallest model passes less than 1/e of what is not guessed. The map is a cubic smoothing spline that may miss by
0.005, as in version 4 of the paper (a quartic in version 1); where that is not monotone, a monotone cubic.
Parameters are checked in `fit`, as scikit-learn's estimators do it, not when they are set.

**Use**::

    cod = ClusteringOnDifficulty().fit(compute, passed)  # (models,) and (models, items, trials)
    cod.predict([1e24])                                  # accuracy on the whole benchmark
    cod.forecast(1e24)                                   # with coverage, subset, folds and warnings
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from math import exp, sqrt
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator, UnivariateSpline  # type: ignore[import-untyped]
from scipy.optimize import least_squares  # type: ignore[import-untyped]
from scipy.spatial.distance import cdist  # type: ignore[import-untyped]
from sklearn.base import BaseEstimator  # type: ignore[import-untyped]
from sklearn.cluster import estimate_bandwidth  # type: ignore[import-untyped]
from sklearn.isotonic import isotonic_regression  # type: ignore[import-untyped]
from sklearn.utils.validation import check_is_fitted  # type: ignore[import-untyped]

Floats = NDArray[np.float64]
Items = NDArray[np.intp]
"""Numbers of items, counted from 0."""

_FEWEST_MODELS = 4
"""As many as the law has parameters."""
_LARGEST_GUESS = 0.99
_AT_ONCE, _MOST_SHIFTS = 1_000, 300


@dataclass(frozen=True)
class PassRateLaw:
    """``g + (1 - g) exp(-a (C / unit)^-b - c)``: the pass rate of alike items as a function of compute C."""

    a: float
    b: float
    c: float
    g: float
    """What guessing gets."""
    unit: float
    """The compute that counts as 1; a depends on it, b, c and g do not."""

    def __call__(self, compute: ArrayLike) -> Floats:
        """Pass rates in [0, 1], in the shape of `compute`."""
        x = np.asarray(compute, dtype=np.float64) / self.unit
        rate: Floats = self.g + (1 - self.g) * np.exp(-self.a * x**-self.b - self.c)
        return rate


@dataclass(frozen=True)
class Cluster:
    """Items of alike difficulty."""

    items: Items
    law: PassRateLaw
    """Fitted to `rates`."""
    rates: Floats
    """(models,): mean pass rate of the items, in the trials that the law is fitted to."""
    dropped: str
    """Why the cluster is not extrapolated; empty if it is."""


@dataclass(frozen=True)
class Fold:
    """What one fold of the trials came to. `subset` and `map` are of the clusters kept, of which there may be none."""

    clusters: tuple[Cluster, ...]
    coverage: float
    """Share of all items in clusters that are kept."""
    map: Callable[[Floats], Floats]
    """From accuracy on the subset to accuracy on all items; rising from (0, 0) to (1, 1)."""

    def subset(self, compute: float) -> float:
        """Forecast for the items kept: the clusters' mean, weighted by size."""
        kept = [cluster for cluster in self.clusters if not cluster.dropped]
        sizes = [len(cluster.items) for cluster in kept]
        return float(np.average([cluster.law(compute) for cluster in kept], weights=sizes))


@dataclass(frozen=True)
class Forecast:
    """What is foretold for one model. All figures are accuracies in [0, 1]."""

    compute: float
    value: float
    """On the whole benchmark."""
    end_to_end: float
    """The same by one curve for all items: `value`, where coverage is too low."""
    coverage: float
    """Share of the items whose clusters are extrapolated; the mean over folds."""
    subset: float
    """On these items; NaN if there are none."""
    folds: tuple[float, ...]
    """On the whole benchmark, by each fold that keeps items: how far they differ is luck in the trials alone."""
    warnings: tuple[str, ...]
    """Why not to trust it."""


class ClusteringOnDifficulty(BaseEstimator):  # type: ignore[misc]
    """Forecasts the accuracy of a large model on a benchmark from the pass rates of small ones on its items.

    Args:
        min_cluster_size: Fewer items make no cluster: 10, the paper's.
        bandwidth_quantile: Share of the items that a typical item has within the radius R of clusters, for
            scikit-learn's `estimate_bandwidth`: 0.1, the paper's.
        bandwidth_cap: R is at most this share of the largest possible distance, sqrt(models): a tenth, the paper's.
        min_a: Clusters that grow less are dropped: 1, the paper's, in the unit of the smallest model's compute (ours).
        min_b: The same of the exponent: 0.1, the paper's.
        max_c: Clusters whose loss ends higher are dropped: 1, the paper's; so little is kept of exp(-c).
        max_fall: Clusters whose mean pass rate falls by more from one model to a larger one are dropped: 0.05, ours;
            the paper wants them monotone, without a word on noise.
        map_error: Root mean square by which the map may miss the small models: 0.005, the paper's.
        min_coverage: Below it the end-to-end curve is what is foretold: half of the items, ours. 0 always trusts
            the clusters, if any is kept.
        folds: Into which the trials are dealt for cross-fitting; 1 fits on what was selected by, as the paper does.
        random_state: Seed of the dealing.

    Attributes:
        compute_: (models,): as given.
        end_to_end_: The law, fitted to the accuracy on all items.
        folds_: What each fold came to.
        coverage_: Share of the items whose clusters are extrapolated; the mean over folds.
        warnings_: What speaks against any forecast of this fit.
    """

    def __init__(  # noqa: PLR0913 - all of them are keywords
        self,
        *,
        min_cluster_size: int = 10,
        bandwidth_quantile: float = 0.1,
        bandwidth_cap: float = 0.1,
        min_a: float = 1.0,
        min_b: float = 0.1,
        max_c: float = 1.0,
        max_fall: float = 0.05,
        map_error: float = 0.005,
        min_coverage: float = 0.5,
        folds: int = 2,
        random_state: int = 0,
    ) -> None:
        self.min_cluster_size = min_cluster_size
        self.bandwidth_quantile = bandwidth_quantile
        self.bandwidth_cap = bandwidth_cap
        self.min_a = min_a
        self.min_b = min_b
        self.max_c = max_c
        self.max_fall = max_fall
        self.map_error = map_error
        self.min_coverage = min_coverage
        self.folds = folds
        self.random_state = random_state

    def fit(self, compute: ArrayLike, passed: ArrayLike, *, anchors: ArrayLike | None = None) -> Self:
        """Cluster the items, fit every cluster's curve, and the map.

        Args:
            compute: (models,) or (models, 1): training compute of each model, rising; any unit, the same in `forecast`.
            passed: (models, items, trials): whether a trial passed, or a score in [0, 1]. Or (models, items): pass
                rates, which cannot be cross-fitted; every forecast then says so.
            anchors: (any, items): pass rates of other models, of whatever family, that the map shall go by as well.

        Raises:
            ValueError: A parameter, or what is given, is not of this kind.
        """
        self._check_parameters()
        compute = _checked_compute(compute)
        passed = _checked_passed(passed, models=len(compute), items=3 * self.min_cluster_size)
        others = _checked_anchors(anchors, items=passed.shape[1])
        rates = passed.mean(2)
        self.compute_ = compute
        self.end_to_end_ = fit_law(compute, rates.mean(1))
        self.folds_ = tuple(self._fold(chosen_by, fitted_to, others) for chosen_by, fitted_to in self._dealt(passed))
        self.coverage_ = float(np.mean([fold.coverage for fold in self.folds_]))
        self.warnings_ = tuple(self._doubts(trials=passed.shape[2]))
        return self

    def predict(self, compute: ArrayLike) -> Floats:
        """Accuracy on the whole benchmark, in [0, 1], for each compute; (n,) or (n, 1) gives (n,).

        Whatever a `Forecast` warns of is issued as a `UserWarning`.

        Raises:
            ValueError: A compute is below the smallest model's.
        """
        forecasts = [self.forecast(float(each)) for each in np.ravel(np.asarray(compute, dtype=np.float64))]
        for message in dict.fromkeys(message for forecast in forecasts for message in forecast.warnings):
            warnings.warn(message, UserWarning, stacklevel=2)
        return np.array([forecast.value for forecast in forecasts])

    def forecast(self, compute: float) -> Forecast:
        """What is foretold for a model of this compute, and how far it can be trusted.

        Raises:
            ValueError: `compute` is below the smallest model's.
        """
        check_is_fitted(self)
        smallest, largest = self.compute_[0], self.compute_[-1]
        if not smallest <= compute < np.inf:
            raise ValueError(f"compute is {compute:g}: the curves begin at the smallest model's, {smallest:g}")
        doubts = list(self.warnings_)
        if compute / largest > largest / smallest:
            doubts.append(f"{compute:g} lies further beyond the largest model than that beyond the smallest")
        kept = [fold for fold in self.folds_ if fold.coverage > 0]
        subsets = [fold.subset(compute) for fold in kept]
        values = [float(fold.map(np.array(subset))) for fold, subset in zip(kept, subsets, strict=True)]
        end_to_end = float(self.end_to_end_(compute))
        return Forecast(
            compute=compute,
            value=end_to_end if self._falls_back() else float(np.mean(values)),
            end_to_end=end_to_end,
            coverage=self.coverage_,
            subset=float(np.mean(subsets)) if subsets else float("nan"),
            folds=tuple(values),
            warnings=tuple(doubts),
        )

    def _falls_back(self) -> bool:
        return bool(self.coverage_ == 0 or self.coverage_ < self.min_coverage)

    def _doubts(self, *, trials: int) -> Iterator[str]:
        if self._falls_back():
            yield (
                f"low coverage: the clusters that scale hold {self.coverage_:.0%} of the items, below "
                f"{self.min_coverage:.0%}; one curve for all items is what is foretold"
            )
        if self.folds > trials:
            yield (
                f"not cross-fitted: {trials} trial{'s' * (trials > 1)} of each item cannot be dealt into {self.folds} "
                "folds, and lucky items look as if they scale"
            )

    def _dealt(self, passed: Floats) -> Iterator[tuple[Floats, Floats]]:
        """(models, items) twice for each fold: rates that select, and rates that are fitted."""
        trials = passed.shape[2]
        if self.folds == 1 or self.folds > trials:
            yield passed.mean(2), passed.mean(2)
            return
        order = np.random.default_rng(self.random_state).permutation(trials)
        for fold in np.array_split(order, self.folds):
            rest = np.setdiff1d(order, fold)
            yield passed[:, :, rest].mean(2), passed[:, :, fold].mean(2)

    def _fold(self, chosen_by: Floats, fitted_to: Floats, anchors: Floats) -> Fold:
        radius = cluster_radius(chosen_by.T, quantile=self.bandwidth_quantile, cap=self.bandwidth_cap)
        clusters = tuple(
            Cluster(
                items=items,
                law=fit_law(self.compute_, fitted_to[:, items].mean(1)),
                rates=fitted_to[:, items].mean(1),
                dropped=self._why_dropped(chosen_by[:, items].mean(1)),
            )
            for items in mean_shift_clusters(chosen_by.T, radius, min_size=self.min_cluster_size)
        )
        kept = [cluster.items for cluster in clusters if not cluster.dropped]
        items = np.concatenate(kept) if kept else np.empty(0, dtype=np.intp)
        shown = np.concatenate([fitted_to, anchors])
        subset = shown[:, items].mean(1) if kept else np.empty(0)
        return Fold(
            clusters=clusters,
            coverage=len(items) / fitted_to.shape[1],
            map=fit_map(subset, shown.mean(1)[: len(subset)], error=self.map_error),
        )

    def _why_dropped(self, rates: Floats) -> str:
        law = fit_law(self.compute_, rates)
        fall = float(np.max(np.maximum.accumulate(rates) - rates))
        if fall > self.max_fall:
            return f"falls by {fall:.2f}"
        if law.a <= self.min_a:
            return f"a is {law.a:.2g}: saturated, or flat"
        if law.b <= self.min_b:
            return f"b is {law.b:.2g}: hardly grows"
        if law.c >= self.max_c:
            return f"c is {law.c:.2g}: ends below {exp(-self.max_c):.2f}"
        return ""

    def _check_parameters(self) -> None:
        for name in ("min_cluster_size", "folds"):
            if not getattr(self, name) >= 1:
                raise ValueError(f"{name} is {getattr(self, name)}: at least 1 is needed")
        for name in ("bandwidth_quantile", "bandwidth_cap"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}: it is a share, above 0 and at most 1")
        for name in ("min_a", "min_b", "max_c", "max_fall", "map_error"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)}: it cannot be below 0")
        if not 0 <= self.min_coverage <= 1:
            raise ValueError(f"min_coverage is {self.min_coverage}: it is a share of the items, from 0 to 1")


def fit_law(compute: ArrayLike, rates: ArrayLike) -> PassRateLaw:
    """The law that is nearest to pass rates, by least squares; its unit is the smallest compute.

    Args:
        compute: (models,): rising.
        rates: (models,): in [0, 1].
    """
    compute, rates = np.asarray(compute, dtype=np.float64), np.asarray(rates, dtype=np.float64)
    logs = np.log(compute / compute[0])

    def misses(p: Floats) -> Floats:
        a, b, c, g = p
        return np.asarray(g + (1 - g) * np.exp(-a * np.exp(-b * logs) - c) - rates)

    def slopes(p: Floats) -> Floats:
        a, b, c, g = p
        power = np.exp(-b * logs)
        gained = np.exp(-a * power - c)
        by_c = (g - 1) * gained
        return np.stack([by_c * power, -by_c * a * power * logs, by_c, 1 - gained], axis=1)

    ends = ([0, 0, 0, 0], [np.inf, np.inf, np.inf, _LARGEST_GUESS])
    fits = [
        least_squares(misses, start, slopes, bounds=ends, ftol=1e-6, max_nfev=100) for start in _starts(logs, rates)
    ]
    a, b, c, g = min(fits, key=lambda fit: float(fit.cost)).x
    return PassRateLaw(float(a), float(b), float(c), float(g), unit=float(compute[0]))


def cluster_radius(features: Floats, *, quantile: float, cap: float) -> float:
    """The radius of clusters: as scikit-learn estimates it from items that are passed at all, but capped.

    Args:
        features: (items, models): pass rates.
        quantile: Share of the items that a typical item shall have within the radius.
        cap: Share of the largest possible distance, sqrt(models), that the radius does not exceed.
    """
    passed = features[features.any(1)]
    most = cap * sqrt(features.shape[1])
    # Where a tenth of the items share one vector, the estimate may be 0, which is no radius.
    return max(min(float(estimate_bandwidth(passed, quantile=quantile)), most), most / 10) if len(passed) else most


def mean_shift_clusters(features: Floats, radius: float, *, min_size: int) -> list[Items]:
    """Clusters of items no farther than `radius` from their centre, the paper's improved mean shift.

    Mean shift runs on the items left over until it makes no more clusters: each time, members too far from their centre
    are let go, then clusters too small. Items without a single pass, and those that find no cluster, are in none.

    Args:
        features: (items, models): pass rates.
        radius: As given to the kernel, too.
        min_size: Fewer items make no cluster.

    Returns:
        The items of each cluster, those of earlier rounds first.
    """
    clusters: list[Items] = []
    left = np.flatnonzero(features.any(1))
    while len(left) >= min_size:
        far = cdist(features[left], mean_shift(features[left], radius))
        near, nearest = far.min(1) <= radius, far.argmin(1)
        groups = [left[near & (nearest == centre)] for centre in range(far.shape[1])]
        found = [items for items in groups if len(items) >= min_size]
        if not found:
            break
        clusters += found
        left = np.setdiff1d(left, np.concatenate(found))
    return clusters


def mean_shift(points: Floats, radius: float) -> Floats:
    """Centres of mean shift with a flat kernel, started from every point; those with the most points around first.

    What scikit-learn's `MeanShift` computes one point after the other, here for all points at once.

    Args:
        points: (points, features).
        radius: Of the kernel. Of centres that are closer to each other, the one with more points around stays.
    """
    ends, around = [], []
    for begin in range(0, len(points), _AT_ONCE):
        at = points[begin : begin + _AT_ONCE].copy()
        moving = np.arange(len(at))
        for _ in range(_MOST_SHIFTS):
            near = (cdist(at[moving], points) <= radius).astype(np.float64)
            shifted = near @ points / near.sum(1, keepdims=True)
            moved = np.linalg.norm(shifted - at[moving], axis=1) > 1e-3 * radius
            at[moving] = shifted
            moving = moving[moved]
            if not len(moving):
                break
        ends.append(at)
        around.append((cdist(at, points) <= radius).sum(1))
    centres = np.unique(np.column_stack([-np.concatenate(around), np.concatenate(ends)]), axis=0)
    kept: list[Floats] = []
    for centre in centres[:, 1:]:
        if not kept or (cdist(centre[None], np.array(kept)) > radius).all():
            kept.append(centre)
    return np.array(kept)


def fit_map(subset: Floats, full: Floats, *, error: float) -> Callable[[Floats], Floats]:
    """A curve that rises from (0, 0) to (1, 1) past the points, at a root mean square of at most about `error`.

    A cubic smoothing spline; where that falls anywhere or misses by more, a monotone cubic through the nearest rising
    points.

    Args:
        subset: (models,): accuracies on the items kept.
        full: (models,): accuracies on all items.
        error: Root mean square that is taken for noise.
    """
    order = np.argsort(subset, kind="stable")
    x = np.concatenate([[0.0], subset[order], [1.0]]).round(6)  # what is closer makes no slope
    y = np.concatenate([[0.0], full[order], [1.0]])
    weights = np.where((np.arange(len(x)) % (len(x) - 1)) == 0, 1e4, 1.0)  # the corners are given, not measured
    grid = np.linspace(0, 1, 501)
    if error > 0 and len(x) > 3:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it missed the error, which is looked at here
            spline = UnivariateSpline(x, y, weights, k=3, s=len(subset) * error**2)
        near = np.sqrt(((spline(x) - y)[1:-1] ** 2).mean()) <= 1.1 * error
        if near and (np.diff(spline(grid)) >= 0).all():
            return partial(_clipped, spline)
    places, of = np.unique(x, return_inverse=True)
    weight = np.bincount(of, weights)
    rising = isotonic_regression(np.bincount(of, weights * y) / weight, sample_weight=weight, y_min=0, y_max=1)
    with np.errstate(over="ignore"):  # the harmonic mean with a slope next to 0 is next to 0, by way of infinity
        return partial(_clipped, PchipInterpolator(places, rising))


def _clipped(curve: Callable[[Floats], Floats], at: Floats) -> Floats:
    return np.clip(curve(at), 0, 1)


def _starts(logs: Floats, rates: Floats) -> Floats:
    """(starts, 4): the best of a grid, one for each of several c. What g is follows from the others."""
    a, b = np.geomspace(0.03, 30, 16)[:, None], np.geomspace(0.05, 3, 12)
    starts = []
    for c in (0.01, 0.3, 1.0):
        gained = np.exp(-a[..., None] * np.exp(-b[:, None] * logs) - c)
        lost = 1 - gained
        g = np.clip(((rates - gained) * lost).sum(-1) / (lost**2).sum(-1), 0.001, _LARGEST_GUESS - 0.01)
        misses = ((g[..., None] + (1 - g[..., None]) * gained - rates) ** 2).sum(-1)
        i, j = np.unravel_index(misses.argmin(), misses.shape)
        starts.append((a[i, 0], b[j], c, g[i, j]))
    return np.array(starts)


def _checked_compute(compute: ArrayLike) -> Floats:
    found = np.asarray(compute, dtype=np.float64)
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    if found.ndim != 1:
        raise ValueError(f"compute has shape {found.shape}: one figure for each model is needed")
    if len(found) < _FEWEST_MODELS:
        raise ValueError(f"compute is of {len(found)} models: the law has four parameters, so at least four are needed")
    if not (np.isfinite(found).all() and (found > 0).all()):
        raise ValueError("compute must be finite and above 0 for every model")
    if not (np.diff(found) > 0).all():
        raise ValueError("compute must rise from model to model: sort the models by it, and give none twice")
    return found


def _checked_passed(passed: ArrayLike, *, models: int, items: int) -> Floats:
    found = np.asarray(passed, dtype=np.float64)
    if found.ndim == 2:
        found = found[..., None]
    if found.ndim != 3 or found.shape[0] != models or found.shape[2] == 0:
        raise ValueError(
            f"passed has shape {np.shape(passed)}: (models, items, trials) or (models, items) with {models} models "
            "is needed"
        )
    if found.shape[1] < items:
        raise ValueError(f"passed has {found.shape[1]} items: clusters need at least {items}, three times the smallest")
    if not ((found >= 0) & (found <= 1)).all():
        raise ValueError("passed must lie from 0 to 1 everywhere, and NaN does not: leave out items that were not run")
    return found


def _checked_anchors(anchors: ArrayLike | None, *, items: int) -> Floats:
    found = np.empty((0, items)) if anchors is None else np.asarray(anchors, dtype=np.float64)
    if found.ndim != 2 or found.shape[1] != items:
        raise ValueError(f"anchors have shape {found.shape}: (models, {items}) is needed, the items as in passed")
    if not ((found >= 0) & (found <= 1)).all():
        raise ValueError("anchors must lie from 0 to 1 everywhere, and NaN does not")
    return found
