"""The trials of Clustering on Difficulty run, show what speaks against it, and notice when it is broken."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from assay.methods.scaling import clustering_on_difficulty as method
from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.trials import discover, run_trial
from assay.trials.scaling import clustering_on_difficulty as trials
from assay.trials.scaling._curves import CURVES
from tests.trials.scores import claimed, score

SUBSET = "mean absolute error on planted families, of the items kept alone"
PRECISION = "items kept of planted families that are of those that grow"


@pytest.fixture(autouse=True)
def _clear_cache() -> Iterator[None]:
    figures = trials._figures  # a test may put another in its place
    figures.cache_clear()
    yield
    figures.cache_clear()


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.17262")} == {
        "mean_error": "mean-prediction-error-revised",
        "largest_error": "max-prediction-error",
    }


def test_what_is_planted_is_found_and_the_rivals_are_shown() -> None:
    measurement = run_trial(trials.mean_error, quick=True)
    mean = claimed(measurement)
    assert mean.baseline is not None
    assert mean.baseline.name == "the same law for the whole set"
    assert [arm.name for arm in mean.others] == [
        "power law", "sigmoid", "broken power law", "without cross-fitting", "without the map"
    ]  # fmt: skip
    assert mean.ratio == pytest.approx(mean.baseline.value / mean.candidate)
    assert score(measurement, SUBSET).met
    assert score(measurement, PRECISION).met
    assert 0 < score(measurement, "coverage").candidate <= 100
    assert measurement.evidence is Evidence.TRAINED_HERE
    assert "nearest neighbour" in measurement.model

    largest = claimed(run_trial(trials.largest_error, quick=True))
    assert largest.candidate >= mean.candidate


def at_random(features: Any, radius: float, *, min_size: int) -> list[Any]:
    return np.array_split(np.random.default_rng(0).permutation(len(features)), 8)


def straight(compute: Any, rates: Any) -> Any:
    """A law that stays where the largest model was."""
    return method.PassRateLaw(a=2.0, b=0.0, c=0.0, g=float(rates[-1]) - 0.2, unit=float(compute[0]))


@pytest.mark.parametrize(
    ("broken", "by", "unmet"), [("mean_shift_clusters", at_random, PRECISION), ("fit_law", straight, SUBSET)]
)
def test_a_method_that_does_not_find_what_was_planted_tells_nothing(
    broken: str, by: Any, unmet: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(method, broken, by)
    measurement = run_trial(trials.mean_error, quick=True)
    assert measurement.verdict is Verdict.UNDECIDED
    assert measurement.verdict_reason.startswith("not a sound measurement")
    assert not score(measurement, unmet).met


@pytest.mark.parametrize(
    ("ours", "verdict"),
    [(1.0, Verdict.SEEN), (3.0, Verdict.DIRECTION_SEEN), (5.0, Verdict.NOT_SEEN)],
)
def test_the_verdict_goes_by_the_errors(ours: float, verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> None:
    def figures(*_: object) -> dict[str, Any]:
        rivals = dict.fromkeys((*CURVES, trials._END_TO_END), 4.0)
        others = dict.fromkeys((trials._OURS, trials._ANYWAY, trials._NO_MAP, trials._NOT_CROSSED), ours)
        errors = rivals | others
        return {"errors": errors, "coverage": 80.0, "fell_back": False, "subset": 1.0, "precision": 95.0}

    monkeypatch.setattr(trials, "_figures", figures)
    assert run_trial(trials.mean_error, quick=True).verdict is verdict
    assert run_trial(trials.largest_error, quick=True).verdict is verdict
