"""The trials of Clustering on Difficulty run, show what speaks against it, and notice when it is broken."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from assay.methods.scaling import clustering_on_difficulty as method
from assay.papers.measurement import Verdict
from assay.trials import discover, run_trial
from assay.trials.scaling import clustering_on_difficulty as trials
from tests.trials.scores import score

SUBSET = "mean absolute error on planted families, of the items kept alone"
PRECISION = "items kept of planted families that are of those that grow"


@pytest.fixture(autouse=True)
def _nothing_found_before() -> Iterator[None]:
    trials._figures.cache_clear()
    yield
    trials._figures.cache_clear()


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.17262")} == {
        "mean_error": "mean-prediction-error-revised",
        "largest_error": "max-prediction-error",
        "first_version": "mean-prediction-error",
        "benchmarks": "benchmarks-predicted",
    }


def test_what_is_planted_is_found_and_the_rivals_are_shown() -> None:
    found = run_trial(trials.mean_error, quick=True)
    assert found.baseline is not None
    assert found.baseline.name == "the same law for the whole set"
    assert found.baseline.value == pytest.approx(3.10)
    assert [arm.name for arm in found.others] == [
        "power law", "sigmoid", "broken power law", "without cross-fitting", "without the map"
    ]  # fmt: skip
    as_it_is = score(found, "mean absolute error on all families")
    assert found.ratio == pytest.approx(as_it_is.others[0].value / as_it_is.candidate)
    assert score(found, SUBSET).met
    assert score(found, PRECISION).met
    assert 0 < score(found, "coverage").candidate <= 100
    assert "nearest neighbour" in found.setting

    largest = run_trial(trials.largest_error, quick=True)
    assert largest.baseline is not None
    assert largest.baseline.value == pytest.approx(6.0)
    assert score(largest, "largest absolute error on all").candidate >= as_it_is.candidate


def at_random(features: Any, radius: float, *, min_size: int) -> list[Any]:
    return np.array_split(np.random.default_rng(0).permutation(len(features)), 8)


def straight(compute: Any, rates: Any) -> Any:
    """A law that stays where the largest model was."""
    return method.PassRateLaw(a=2.0, b=0.0, c=0.0, g=float(rates[-1]) - 0.2, unit=float(compute[0]))


@pytest.mark.parametrize(
    ("broken", "by", "unmet"), [("mean_shift_clusters", at_random, PRECISION), ("fit_law", straight, SUBSET)]
)
def test_a_broken_method_does_not_hold(broken: str, by: Any, unmet: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(method, broken, by)
    found = run_trial(trials.mean_error, quick=True)
    assert found.verdict is Verdict.DOES_NOT_HOLD
    assert not score(found, unmet).met


@pytest.mark.parametrize(
    ("ours", "verdict"),
    [(1.0, Verdict.HOLDS), (3.0, Verdict.DIRECTION_HOLDS), (5.0, Verdict.DOES_NOT_HOLD)],
)
def test_the_verdict_goes_by_the_errors(ours: float, verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> None:
    def figures(*_: object) -> dict[str, Any]:
        rivals = dict.fromkeys((*trials._RIVALS, trials._END_TO_END), 4.0)
        others = dict.fromkeys((trials._OURS, trials._ANYWAY, trials._NO_MAP, trials._NOT_CROSSED), ours)
        errors = rivals | others
        return {"errors": errors, "coverage": 80.0, "fell_back": False, "subset": 1.0, "precision": 95.0}

    monkeypatch.setattr(trials, "_figures", figures)
    assert run_trial(trials.mean_error, quick=True).verdict is verdict
    assert run_trial(trials.largest_error, quick=True).verdict is verdict


def test_what_is_missing_is_said() -> None:
    for trial in (trials.first_version, trials.benchmarks):
        found = run_trial(trial, quick=True)
        assert found.verdict is Verdict.NOT_TESTABLE
        assert "pass rates" in found.missing
