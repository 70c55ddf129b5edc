"""The trials of InferenceGuard run, and notice when the method is broken."""

from pathlib import Path
from typing import Any

import pytest

from assay.methods.decoding.inference_guard import _guard, _search
from assay.papers.verdict import Verdict
from assay.trials import run_trial
from assay.trials.decoding import inference_guard as trials
from assay.trials.decoding.inference_guard import pretrained
from assay.trials.decoding.inference_guard._arms import ALONE, FILTER, GUARD, beam_weight, matched
from tests.trials.scores import claimed, score

OVER, ANSWERED = "returned over the budget", "answered within the budget"


def test_the_trial_sees_that_answers_keep_within_the_budget() -> None:
    measurement = run_trial(trials.delayed_hazard, quick=True)
    assert measurement.verdict is Verdict.SEEN
    assert claimed(measurement).candidate == 100.0
    assert score(measurement, OVER).candidate == 0.0
    tempted = {arm.name: arm.value for arm in score(measurement, OVER).others}
    assert tempted["beams by reward"] > 90
    assert tempted[FILTER] == 0
    assert 10 < score(measurement, "safe without a search").candidate < 80


def test_the_trial_notices_budgets_that_are_never_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left is that of the prompt, always; and nobody charges the answer anew."""
    monkeypatch.setattr(_search, "budget_left", lambda budget, *_: budget)
    monkeypatch.setattr(_guard, "budget_left", lambda budget, *_: budget)
    measurement = run_trial(trials.delayed_hazard, quick=True)
    assert measurement.verdict is not Verdict.SEEN
    assert claimed(measurement).candidate < 50


def test_the_trial_on_a_real_model_shows_every_arm(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    monkeypatch.setattr(
        pretrained, "load_offence_classifier", lambda: lambda texts: [float("x" in text) for text in texts]
    )
    measurement = run_trial(pretrained.provocations, quick=True, model=tiny_model)
    assert measurement.evidence == "real model"
    assert score(measurement, OVER).candidate == 0.0
    assert {ALONE, FILTER} < {arm.name for arm in score(measurement, "refused").others}


def test_a_weight_is_matched_at_the_guards_reward() -> None:
    def arm(within: float, reward: float) -> dict[str, float]:
        return {"within": within, "reward": reward}

    run: dict[str, Any] = {
        "beams, reward - 1 cost": arm(10, 9),
        "beams, reward - 2 cost": arm(60, 6.8),
        "beams, reward - 4 cost": arm(99, 4),
        GUARD: arm(100, 7),
    }
    arms = [beam_weight(weight) for weight in (1, 2, 4)]
    assert matched([run], arms, slack=0.5) == "beams, reward - 2 cost"
    assert matched([run], arms, slack=0.0) == "beams, reward - 1 cost"
    assert matched([run], arms[1:], slack=0.0) == "beams, reward - 2 cost"
