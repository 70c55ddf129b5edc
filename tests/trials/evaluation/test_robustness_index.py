"""The trial of the robustness index runs on the real encoder, and notices when index or correction are broken."""

from typing import Any

import numpy as np
import pytest

from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.testbed.image_encoder import load_image_encoder
from assay.testbed.resources import NotFetchedError
from assay.testbed.tasks.centres import CENTRES, tinted_digits
from assay.trials import discover, run_trial
from assay.trials.evaluation import robustness_index as trials
from assay.trials.evaluation._robustness_index import combat, taught_features
from tests.trials.scores import claimed, score


@pytest.fixture(scope="module", autouse=True)
def _encoder() -> None:
    try:
        load_image_encoder()
    except NotFetchedError as error:
        pytest.skip(str(error))


def test_it_is_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2501.18055")} == {
        "centre_prediction": "centre-prediction"
    }


def test_the_centre_is_told_and_the_control_comes_out() -> None:
    measurement = run_trial(trials.centre_prediction, quick=True)
    assert measurement.verdict is Verdict.SEEN
    assert measurement.evidence is Evidence.REAL_MODEL
    both = claimed(measurement)
    assert both.baseline is not None
    assert both.candidate > both.baseline.value
    assert score(measurement, "same centre among the wrong neighbours").candidate > 1.5
    back = score(measurement, "index that comes back by a correction")
    assert [arm.name for arm in back.others] == ["ComBat"]
    assert [curve.name.partition(" of ")[0] for curve in measurement.curves] == ["robustness index (ratio)"] * 3


def tied_to_the_centre(features: Any, centres: Any) -> Any:
    return np.asarray(features) + 0.1 * np.asarray(centres)[:, None]


@pytest.fixture
def _only_the_control(monkeypatch: pytest.MonkeyPatch) -> None:
    """What real patches come to is taken from elsewhere, so that only the control is computed."""
    figures = {"centre": 0.9, "kind": 0.5, "centre by vote": 0.9, "kind by vote": 0.5, "strength": 2.0, "index": 1.0,
               "errors": 0.4, "chance of errors": 0.2, "back": {"less the mean of each centre": 1.0, "ComBat": 1.0},
               "losses": {trials._OURS: 10.0}, "indices": {trials._OURS: [2.0, 0.5]},
               "over_k": {trials._OURS: [1.0] * 20}}  # fmt: skip
    monkeypatch.setattr(trials, "_tissue", lambda *_: figures)


@pytest.mark.usefixtures("_only_the_control")
def test_a_broken_correction_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "subtract_means", tied_to_the_centre)
    measurement = run_trial(trials.centre_prediction, quick=True)
    assert measurement.verdict is Verdict.UNDECIDED
    assert not score(measurement, "the digits' index that comes back").met


@pytest.mark.usefixtures("_only_the_control")
def test_neighbours_that_are_drawn_blindly_tell_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from assay.methods.evaluation.robustness_index import audit

    def blindly(rows: Any, groups: Any, k: int) -> Any:
        return np.random.default_rng(0).integers(0, len(rows), (len(rows), k))

    monkeypatch.setattr(audit, "nearest_outside", blindly)
    measurement = run_trial(trials.centre_prediction, quick=True)
    assert measurement.verdict is Verdict.UNDECIDED
    assert not score(measurement, "the digits' index at tint 1").met or not score(measurement, "largest rise").met


@pytest.mark.usefixtures("_only_the_control")
@pytest.mark.parametrize(
    ("centre", "verdict"), [(0.9, Verdict.SEEN), (0.52, Verdict.DIRECTION_SEEN), (0.3, Verdict.NOT_SEEN)]
)
def test_the_verdict_goes_by_what_is_told(centre: float, verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = trials._tissue({}, None, 0) | {"centre": centre}  # type: ignore[arg-type]
    monkeypatch.setattr(trials, "_tissue", lambda *_: figures)
    control = {"plain": [4.0, 3.0, 1.5, 0.7, 0.5], "centred": [4.0] * 5, "random": 1.0, "augmented": 2.0, "taught": 1.0}
    monkeypatch.setattr(trials, "_digits", lambda *_: control)
    assert run_trial(trials.centre_prediction, quick=True).verdict is verdict


def test_combat_takes_away_what_centres_add_and_multiply() -> None:
    rng = np.random.default_rng(0)
    centres = np.arange(500) % CENTRES
    plain = rng.normal(size=(500, 6))
    shift = np.arange(CENTRES, dtype=np.float64)[centres, None]
    shifted = plain * (1 + 0.5 * shift) + shift
    corrected = combat(shifted, centres)
    means, spreads = (np.array([part(corrected[centres == each], axis=0) for each in range(CENTRES)])
                      for part in (np.mean, np.std))  # fmt: skip
    assert np.ptp(means, axis=0).max() < 0.1 * np.ptp(shifted)
    assert (spreads.max(0) / spreads.min(0)).max() < 1.15


def test_networks_are_asked_for_digits_that_they_did_not_learn() -> None:
    features, digits, centres = taught_features(1.0, 0, augmented=True, epochs=1, each=4)
    assert len(features) == len(tinted_digits(strength=1.0, each=4)[0]) / 2
    assert set(np.bincount(10 * centres + digits).tolist()) == {2}
