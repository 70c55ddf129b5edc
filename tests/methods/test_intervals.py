"""Intervals over clusters: they cover, where those that take every item for itself do not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.methods._intervals import (
    Floats,
    bootstrap_interval,
    difference_interval,
    holm,
    mean_interval,
    paired_interval,
)


def answers(rng: np.random.Generator, share: float, spread: float, clusters: int, each: int) -> Floats:
    """(clusters, each) right answers; the questions of a cluster hang together by `spread` on the logit."""
    draws = np.log(share / (1 - share)) + spread * rng.standard_normal((clusters, 1))
    right: Floats = (rng.random((clusters, each)) < 1 / (1 + np.exp(-draws))).astype(np.float64)
    return right


def coverage(spread: float, *, clustered: bool, repeats: int = 600) -> float:
    rng = np.random.default_rng(1)
    truth = float(answers(rng, 0.7, spread, 200_000, 1).mean())
    names = np.repeat(np.arange(60), 4).tolist() if clustered else None
    hits = 0
    for _ in range(repeats):
        estimate = mean_interval(answers(rng, 0.7, spread, 60, 4).ravel(), names)
        hits += estimate.low <= truth <= estimate.high
    return hits / repeats


def test_intervals_by_clusters_cover_where_items_hang_together() -> None:
    assert coverage(2.0, clustered=True) >= 0.925
    assert coverage(2.0, clustered=False) <= 0.87


def test_intervals_cover_independent_items_too() -> None:
    assert 0.93 <= coverage(0.0, clustered=True) <= 0.99


def test_a_difference_between_groups_that_share_clusters_uses_them() -> None:
    rng = np.random.default_rng(0)
    ability = rng.standard_normal(50)
    first, second = ability + 0.1 * rng.standard_normal(50) + 0.5, ability + 0.1 * rng.standard_normal(50)
    names = list(range(50))
    shared = difference_interval(first, second, names, names)
    apart = difference_interval(first, second)
    assert shared.value == apart.value == pytest.approx(0.5, abs=0.1)
    assert shared.high - shared.low < 0.3 * (apart.high - apart.low)
    paired = mean_interval(first - second)
    assert shared.low == pytest.approx(paired.low, abs=1e-3)


def test_what_never_varies_is_not_certain() -> None:
    perfect = mean_interval([1.0] * 20)
    assert perfect.value == perfect.high == 1.0
    assert 0.8 < perfect.low < 0.87
    nothing = mean_interval([0.0] * 6)
    assert nothing.low == nothing.value == 0.0  # not a rounding error above it
    assert mean_interval([1.0] * 20, [0] * 10 + [1] * 10).low < perfect.low
    same = mean_interval(np.full(20, 0.5))
    assert same.low < 0.5 < same.high


def test_one_cluster_tells_nothing_of_others() -> None:
    one = mean_interval([1.0, 0.0, 1.0], ["a"] * 3)
    assert (one.low, one.high) == (0.0, 1.0)


def test_the_bootstrap_agrees_with_the_formula() -> None:
    rng = np.random.default_rng(2)
    scores, names = answers(rng, 0.6, 1.0, 80, 5).ravel(), np.repeat(np.arange(80), 5).tolist()
    drawn = bootstrap_interval(lambda rows: float(scores[rows].mean()), len(scores), names)
    formula = mean_interval(scores, names)
    assert drawn.value == formula.value
    assert drawn.low == pytest.approx(formula.low, abs=0.02)
    assert drawn.high == pytest.approx(formula.high, abs=0.02)
    assert drawn == bootstrap_interval(lambda rows: float(scores[rows].mean()), len(scores), names)


def test_a_statistic_that_is_mostly_undefined_is_refused() -> None:
    with pytest.raises(ValueError, match=r"undefined in \d+ of 2000 draws of 3 clusters"):
        bootstrap_interval(lambda rows: 1.0 if len(set(rows)) > 2 else float("nan"), 3)


@pytest.mark.parametrize(
    ("scores", "clusters", "words"),
    [
        ([], None, "at least one"),
        ([1.0, float("nan")], None, "score 1 is nan"),
        ([1.0, 0.0], ["a"], "2 scores and 1 clusters"),
    ],
)
def test_bad_input_is_refused_in_words(scores: list[float], clusters: list[str] | None, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        mean_interval(scores, clusters)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_never_lowers_and_keeps_the_order(p: list[float]) -> None:
    adjusted = holm(p)
    assert (adjusted >= p).all()
    assert (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_paired_scores_reach_to_both_sides() -> None:
    """One right answer lost of 200 is no loss that could not be luck, and none lost is no proof that none ever is."""
    after = np.ones(200)
    none = paired_interval(np.ones(200), after)
    assert none.value == 0
    assert -none.low == none.high == pytest.approx(0.018, abs=0.001)
    after[0] = 0
    one = paired_interval(np.ones(200), after)
    assert one.low < 0 < one.value == pytest.approx(0.005)
    assert one.value < one.high


def test_paired_scores_are_less_unsure_than_those_of_two_groups() -> None:
    rng = np.random.default_rng(0)
    level = rng.standard_normal(100)
    first, second = level + 0.1 * rng.standard_normal(100), level + 0.1 * rng.standard_normal(100) + 0.2
    paired, apart = paired_interval(second, first), difference_interval(second, first)
    assert paired.value == pytest.approx(apart.value)
    assert paired.high - paired.low < 0.2 * (apart.high - apart.low)
    assert paired_interval(second, first, [i // 50 for i in range(100)]).clusters == 2
    with pytest.raises(ValueError, match="there are 100 scores and 99 others"):
        paired_interval(second, first[:99])
