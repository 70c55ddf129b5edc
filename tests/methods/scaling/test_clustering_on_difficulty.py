"""Clustering on Difficulty: the law, the clusters, the map; what is foretold, when it is doubted, what is refused."""

import pickle
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.base import clone  # type: ignore[import-untyped]
from sklearn.cluster import MeanShift  # type: ignore[import-untyped]
from tests.methods.pages import run_example

from assay.methods.scaling import clustering_on_difficulty as method
from assay.methods.scaling.clustering_on_difficulty import (
    ClusteringOnDifficulty,
    PassRateLaw,
    cluster_radius,
    fit_law,
    fit_map,
    mean_shift,
    mean_shift_clusters,
)

Floats = NDArray[np.float64]
COMPUTE = np.geomspace(1e19, 3e22, 8)
LARGE = 1e24
KINDS = [
    PassRateLaw(a, b, 0.05, g, unit=1e19) for a, b, g in [(2, 0.3, 0), (4, 0.4, 0), (6, 0.3, 0.25), (5, 0.5, 0.25)]
]


def rates_of(kinds: list[PassRateLaw], items: int, compute: Any = COMPUTE) -> Floats:
    """(models, items): the kinds in turn."""
    return np.stack([kinds[item % len(kinds)](compute) for item in range(items)], axis=-1)


def flat(items: int, rate: float) -> Floats:
    return np.full((len(COMPUTE), items), rate)


def trials_of(rates: Floats, trials: int = 100, seed: int = 0) -> Floats:
    return (np.random.default_rng(seed).random((*rates.shape, trials)) < rates[..., None]).astype(np.float64)


# The law


def test_the_law_is_the_equation() -> None:
    law = PassRateLaw(a=2.0, b=0.5, c=0.1, g=0.2, unit=10.0)
    assert law(10.0) == pytest.approx(0.2 + 0.8 * np.exp(-2.0 - 0.1))
    assert law([40.0, 160.0]) == pytest.approx(0.2 + 0.8 * np.exp(-np.array([1.0, 0.5]) - 0.1))


@settings(max_examples=40)
@given(st.floats(1.0, 8.0), st.floats(0.2, 0.8), st.floats(0.0, 0.5), st.sampled_from([0.0, 0.1, 0.25]))
def test_a_law_without_noise_is_found_again(a: float, b: float, c: float, g: float) -> None:
    law = PassRateLaw(a, b, c, g, unit=COMPUTE[0])
    forecast = fit_law(COMPUTE, law(COMPUTE))
    assert forecast(COMPUTE) == pytest.approx(law(COMPUTE), abs=2e-3)
    assert float(forecast(LARGE)) == pytest.approx(float(law(LARGE)), abs=0.02)


def test_the_unit_of_compute_does_not_matter() -> None:
    rates = KINDS[2](COMPUTE) + 0.01 * np.cos(np.arange(8))
    ours, other = fit_law(COMPUTE, rates), fit_law(COMPUTE / 1e19, rates)
    assert (ours.a, ours.b, ours.c, ours.g) == pytest.approx((other.a, other.b, other.c, other.g), rel=1e-3, abs=1e-6)


def test_rates_that_fall_or_stay_are_fitted_flat() -> None:
    for rates in (np.linspace(0.6, 0.2, 8), np.full(8, 0.4), np.zeros(8), np.ones(8)):
        assert fit_law(COMPUTE, rates)(LARGE) == pytest.approx(rates.mean(), abs=0.02)


# Clusters


def test_clusters_are_of_one_kind_and_within_the_radius() -> None:
    features = trials_of(rates_of(KINDS, 160)).mean(2).T
    radius = cluster_radius(features, quantile=0.1, cap=0.1)
    clusters = mean_shift_clusters(features, radius, min_size=10)
    assert radius <= 0.1 * np.sqrt(8)
    assert sum(map(len, clusters)) == len(set(np.concatenate(clusters).tolist())) > 120
    for items in clusters:
        assert len(items) >= 10
        assert len({item % 4 for item in items.tolist()}) == 1
        among = np.linalg.norm(features[items][:, None] - features[items], axis=2)
        assert among.max() <= 2 * radius


def test_items_that_nobody_passes_and_strays_join_no_cluster() -> None:
    stray = np.random.default_rng(0).random((9, 8))
    features = np.concatenate([np.full((20, 8), 0.5), np.zeros((30, 8)), stray])
    (items,) = mean_shift_clusters(features, 0.28, min_size=10)
    assert items.tolist() == list(range(20))
    assert mean_shift_clusters(np.zeros((30, 8)), 0.28, min_size=10) == []


@pytest.mark.parametrize("radius", [0.1, 0.28, 0.6])
def test_mean_shift_is_that_of_scikit_learn(radius: float, monkeypatch: pytest.MonkeyPatch) -> None:
    features = trials_of(rates_of(KINDS, 60), trials=30).mean(2).T
    reference = MeanShift(bandwidth=radius).fit(features).cluster_centers_
    ours = mean_shift(features, radius)
    assert len(ours) == len(reference)
    distance = np.linalg.norm(ours[:, None] - reference, axis=2).min(1)
    assert distance == pytest.approx(0, abs=0.05 * radius)
    monkeypatch.setattr(method, "_AT_ONCE", 7)  # in blocks
    assert mean_shift(features, radius) == pytest.approx(ours)


def test_what_the_first_round_leaves_is_clustered_in_the_next() -> None:
    """A dense group beside a thin one: the thin one's items are pulled to the dense centre, from which they are far."""
    features = np.concatenate([np.full((40, 1), 0.5), np.linspace(0.61, 0.69, 12)[:, None]])
    clusters = mean_shift_clusters(features, 0.1, min_size=10)
    assert [len(items) for items in clusters] == [40, 12]


def test_the_radius_is_capped_and_never_nothing() -> None:
    assert cluster_radius(np.eye(8), quantile=1.0, cap=0.1) == pytest.approx(0.1 * np.sqrt(8))
    assert cluster_radius(np.full((50, 8), 0.3), quantile=0.1, cap=0.1) == pytest.approx(0.01 * np.sqrt(8))
    assert cluster_radius(np.zeros((50, 8)), quantile=0.1, cap=0.1) == pytest.approx(0.1 * np.sqrt(8))


# The map


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=12), st.sampled_from([0.0, 0.005, 0.05]))
@example([(0.5, 5e-324)], 0.0)
@example([(0.3, 1e-310), (0.5, 0.1)], 0.005)
def test_the_map_rises_from_corner_to_corner(points: list[tuple[float, float]], error: float) -> None:
    subset, full = np.array(points).reshape(-1, 2).T
    curve = fit_map(subset, full, error=error)
    heights = curve(np.linspace(0, 1, 1001))
    assert (np.diff(heights) >= -1e-6).all()
    assert heights[[0, -1]] == pytest.approx([0, 1], abs=2e-3)
    assert ((heights >= 0) & (heights <= 1)).all()


def test_the_map_goes_by_the_points_it_is_given() -> None:
    subset = np.linspace(0.05, 0.7, 8)
    full = 0.8 * subset**1.3 + 0.2 * subset
    curve = fit_map(subset, full, error=0.005)
    assert np.sqrt(np.mean((curve(subset) - full) ** 2)) <= 0.006
    assert fit_map(subset, subset, error=0.005)(np.array(0.85)) == pytest.approx(0.85, abs=1e-3)


# What is foretold


def test_kinds_that_grow_are_foretold() -> None:
    cod = ClusteringOnDifficulty().fit(COMPUTE, trials_of(rates_of(KINDS, 200)))
    forecast = cod.forecast(LARGE)
    assert forecast.coverage > 0.8
    assert forecast.value == pytest.approx(float(rates_of(KINDS, 200, LARGE).mean()), abs=0.02)
    assert len(forecast.folds) == 2
    assert forecast.warnings == ()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert cod.predict([[LARGE], [1e23]])[0] == forecast.value


def test_items_that_do_not_grow_are_left_out_but_count() -> None:
    rates = np.concatenate([rates_of(KINDS, 160), flat(40, 0.1), flat(20, 0.0)], axis=1)
    cod = ClusteringOnDifficulty().fit(COMPUTE, trials_of(rates))
    growing = [
        item for fold in cod.folds_ for cluster in fold.clusters if not cluster.dropped for item in cluster.items
    ]
    assert max(growing) < 160
    assert 0.5 < cod.coverage_ <= 160 / 220
    subset = float(rates_of(KINDS, 160, LARGE).mean())
    forecast = cod.forecast(LARGE)
    assert forecast.subset == pytest.approx(subset, abs=0.03)
    assert forecast.value < forecast.subset - 0.03


def test_why_a_cluster_is_dropped() -> None:
    falling = np.linspace(0.6, 0.2, 8)[:, None] * np.ones((1, 30))
    rates = np.concatenate([rates_of(KINDS[:2], 60), flat(30, 0.9), falling], axis=1)
    fold = ClusteringOnDifficulty(folds=1).fit(COMPUTE, trials_of(rates)).folds_[0]
    dropped = {int(cluster.items[0]): cluster.dropped for cluster in fold.clusters if cluster.dropped}
    assert any(60 <= first < 90 for first in dropped)
    assert any(first >= 90 and why.startswith("falls by 0.") for first, why in dropped.items())
    assert all(first >= 60 for first in dropped)


@pytest.mark.parametrize(
    ("law", "why"),
    [
        (PassRateLaw(0.7, 0.3, 0.0, 0.0, unit=1e19), "a is 0.7"),
        (PassRateLaw(2.0, 0.3, 1.2, 0.0, unit=1e19), "c is 1.2: ends below 0.37"),
        (PassRateLaw(2.0, 0.06, 0.0, 0.0, unit=1e19), "b is 0.0.*: hardly grows"),
        (PassRateLaw(2.0, 0.3, 0.1, 0.0, unit=1e19), "^$"),
    ],
)
def test_each_threshold_drops(law: PassRateLaw, why: str) -> None:
    fold = ClusteringOnDifficulty(folds=1).fit(COMPUTE, rates_of([law], 30)).folds_[0]
    assert [len(cluster.items) for cluster in fold.clusters] == [30]
    assert re.search(why, fold.clusters[0].dropped)


def test_low_coverage_is_said_and_one_curve_foretells() -> None:
    rates = np.concatenate([rates_of(KINDS, 60), flat(140, 0.15)], axis=1)
    cod = ClusteringOnDifficulty().fit(COMPUTE, trials_of(rates))
    forecast = cod.forecast(LARGE)
    assert 0 < forecast.coverage < 0.5
    assert forecast.value == forecast.end_to_end == float(cod.end_to_end_(LARGE))
    assert [message[:12] for message in forecast.warnings] == ["low coverage"]
    assert len(forecast.folds) == 2
    with pytest.warns(UserWarning, match=r"low coverage: .* hold 2\d% .* below 50%"):
        assert cod.predict([LARGE])[0] == forecast.value
    anyway = clone(cod).set_params(min_coverage=0.0).fit(COMPUTE, trials_of(rates)).forecast(LARGE)
    assert anyway.value == pytest.approx(np.mean(forecast.folds))
    assert anyway.warnings == ()


def test_where_nothing_grows_one_curve_foretells_at_any_coverage() -> None:
    forecast = ClusteringOnDifficulty(min_coverage=0.0).fit(COMPUTE, trials_of(flat(60, 0.3))).forecast(LARGE)
    assert (forecast.coverage, forecast.folds) == (0, ())
    assert np.isnan(forecast.subset)
    assert forecast.value == forecast.end_to_end == pytest.approx(0.3, abs=0.05)
    assert "low coverage" in forecast.warnings[0]


def test_what_selects_is_not_what_is_fitted() -> None:
    """Items that are pure luck: those that stood out in half of the trials do not in the other half."""
    trials = trials_of(np.full((4, 400), 0.5), trials=20, seed=1)
    stand_out = []
    for folds in (2, 1):
        cod = ClusteringOnDifficulty(folds=folds).fit(COMPUTE[:4], trials)
        clusters = [cluster for fold in cod.folds_ for cluster in fold.clusters]
        assert len(clusters) > 3
        stand_out.append(np.mean([abs(cluster.rates - 0.5).max() for cluster in clusters]))
    assert stand_out[0] < stand_out[1] / 2


def test_one_fold_fits_what_it_selected_by() -> None:
    trials = trials_of(rates_of(KINDS, 80))
    one = ClusteringOnDifficulty(folds=1).fit(COMPUTE, trials)
    assert one.forecast(LARGE).warnings == ()
    for cluster in one.folds_[0].clusters:
        assert cluster.rates == pytest.approx(trials.mean(2)[:, cluster.items].mean(1))
        assert cluster.law == fit_law(COMPUTE, cluster.rates)


def test_pass_rates_without_trials_are_taken_and_doubted() -> None:
    rates = trials_of(rates_of(KINDS, 80)).mean(2)
    forecast = ClusteringOnDifficulty().fit(COMPUTE, rates).forecast(LARGE)
    alike = ClusteringOnDifficulty(folds=1).fit(COMPUTE, rates).forecast(LARGE)
    assert forecast.value == alike.value
    assert forecast.warnings == (
        "not cross-fitted: 1 trial of each item cannot be dealt into 2 folds, and lucky items look as if they scale",
    )
    assert alike.warnings == ()


def test_a_target_far_off_is_doubted() -> None:
    cod = ClusteringOnDifficulty().fit(COMPUTE, trials_of(rates_of(KINDS, 80)))
    assert cod.forecast(1e26).warnings == ("1e+26 lies further beyond the largest model than that beyond the smallest",)


def test_anchors_bend_the_map() -> None:
    """Items that no model here passes: that a large one does is only seen by a model from elsewhere."""
    rates = np.concatenate([rates_of(KINDS, 160), flat(60, 0.0)], axis=1)
    anchor = np.concatenate([np.full((1, 160), 0.8), np.full((1, 60), 0.6)], axis=1)
    cod = ClusteringOnDifficulty()
    without = cod.fit(COMPUTE, trials_of(rates)).forecast(LARGE)
    bent = cod.fit(COMPUTE, trials_of(rates), anchors=anchor).forecast(LARGE)
    assert bent.subset == without.subset
    assert bent.value > without.value + 0.02


def test_it_is_an_estimator_of_scikit_learn() -> None:
    cod = ClusteringOnDifficulty(min_a=0.5, folds=4)
    assert cod.get_params()["min_a"] == 0.5
    assert clone(cod).get_params() == cod.get_params()
    trials = trials_of(rates_of(KINDS, 80))
    cod.fit(COMPUTE[:, None], trials)
    assert len(cod.folds_) == 4
    forecast = cod.forecast(LARGE)
    assert pickle.loads(pickle.dumps(cod)).forecast(LARGE) == forecast
    again, other = (clone(cod).set_params(random_state=seed).fit(COMPUTE, trials).forecast(LARGE) for seed in (0, 1))
    assert forecast == again != other


# What it refuses

GOOD = rates_of(KINDS, 40)


@pytest.mark.parametrize(
    ("compute", "passed", "words"),
    [
        (COMPUTE[:3], GOOD[:3], "compute is of 3 models: the law has four parameters"),
        (COMPUTE[::-1], GOOD, "compute must rise from model to model"),
        (COMPUTE[[0, 1, 1, 2, 3, 4, 5, 6]], GOOD, "compute must rise from model to model"),
        ([0.0, *COMPUTE[1:]], GOOD, "compute must be finite and above 0"),
        ([*COMPUTE[:-1], np.inf], GOOD, "compute must be finite and above 0"),
        (np.ones((4, 2)), GOOD, r"compute has shape \(4, 2\): one figure for each model"),
        (COMPUTE, GOOD[:7], r"passed has shape \(7, 40\): .* with 8 models is needed"),
        (COMPUTE, GOOD[..., None][..., :0], r"passed has shape \(8, 40, 0\)"),
        (COMPUTE, 100 * GOOD, "passed must lie from 0 to 1 everywhere"),
        (COMPUTE, np.where(GOOD > 0.6, np.nan, GOOD), "passed must lie from 0 to 1 everywhere, and NaN does not"),
        (COMPUTE, GOOD[:, :29], "passed has 29 items: clusters need at least 30"),
    ],
)
def test_what_is_given_must_be_of_this_kind(compute: Any, passed: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ClusteringOnDifficulty().fit(compute, passed)


@pytest.mark.parametrize(
    "parameter",
    [
        {"folds": 0}, {"min_cluster_size": 0}, {"bandwidth_cap": 0.0}, {"bandwidth_quantile": 1.5}, {"min_a": -1.0},
        {"min_b": -0.1}, {"max_c": float("nan")}, {"max_fall": -0.1}, {"map_error": -0.1}, {"min_coverage": 1.1},
    ],
)  # fmt: skip
def test_parameters_are_checked_when_fitted(parameter: dict[str, Any]) -> None:
    ((name, value),) = parameter.items()
    with pytest.raises(ValueError, match=f"^{name} is {value}"):
        ClusteringOnDifficulty(**parameter).fit(COMPUTE, GOOD)


def test_calls_that_foretell_nothing_are_refused() -> None:
    cod = ClusteringOnDifficulty()
    with pytest.raises(ValueError, match="not fitted yet"):
        cod.forecast(LARGE)
    with pytest.raises(ValueError, match=r"anchors have shape \(1, 39\): \(models, 40\) is needed"):
        cod.fit(COMPUTE, GOOD, anchors=GOOD[:1, 1:])
    with pytest.raises(ValueError, match="anchors must lie from 0 to 1"):
        cod.fit(COMPUTE, GOOD, anchors=2 * GOOD)
    cod.fit(COMPUTE, trials_of(GOOD))
    with pytest.raises(ValueError, match=r"compute is 1e\+18: the curves begin at the smallest model's, 1e\+19"):
        cod.predict([1e18])
    with pytest.raises(ValueError, match="compute is nan"):
        cod.forecast(float("nan"))


def test_the_page_on_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_example("clustering_on_difficulty")
