"""The trials of VISTA run, and notice when nothing is steered."""

from pathlib import Path
from typing import Any

import pytest

from assay.methods.decoding.vista_steering import ChairReport, _steering, chair
from assay.papers.verdict import Verdict
from assay.testbed.tasks.scenes import NAMES, Scenes
from assay.trials import run_trial
from assay.trials.decoding import vista_steering as trials
from assay.trials.decoding.vista_steering import pretrained
from assay.trials.decoding.vista_steering._arms import BOTH, FOREIGN, PLAIN, RANDOM, Arm, best_strength
from tests.trials.scores import claimed, score

SHARE = "made up without VISTA"


def test_the_trial_shows_every_arm_and_what_was_given_up() -> None:
    measurement = run_trial(trials.captions, quick=True)
    assert measurement.evidence == "trained here"
    assert claimed(measurement).candidate != claimed(measurement).baseline.value  # type: ignore[union-attr]
    assert {PLAIN, RANDOM, FOREIGN, BOTH} < {arm.name for arm in score(measurement, "recall").others}
    assert score(measurement, SHARE).candidate > 5
    assert score(measurement, "recall given up").bounded


def test_the_trial_notices_when_nothing_is_steered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_steering, "steer", lambda hidden, *_: hidden)
    measurement = run_trial(trials.captions, quick=True)
    assert measurement.verdict is Verdict.NOT_SEEN
    assert score(measurement, "recall given up").candidate == 0


@pytest.mark.parametrize(
    ("made_up", "verdict"), [(2, Verdict.SEEN), (3, Verdict.DIRECTION_SEEN), (4, Verdict.NOT_SEEN)]
)
def test_the_verdict_follows_what_is_made_up(monkeypatch: pytest.MonkeyPatch, made_up: int, verdict: Verdict) -> None:
    """Four scenes in ten get a thing too many; of the steered ones so many."""

    def describe(_: Any, scenes: Scenes, arm: Arm) -> ChairReport:
        gold = scenes.gold()
        wrong = 4 if arm.steering is None else made_up
        told = [
            " ".join([*there, *([next(name for name in NAMES if name not in there)] if number % 10 < wrong else [])])
            for number, there in enumerate(gold)
        ]
        return chair(told, gold, {name: [] for name in NAMES})

    monkeypatch.setattr(trials, "_describe", describe)
    measurement = run_trial(trials.captions, quick=True)
    assert measurement.verdict is verdict


def test_a_strength_keeps_recall() -> None:
    def figures(made_up: float, recall: float) -> dict[str, float]:
        return {"CHAIR_I": made_up, "recall": recall}

    plain = figures(10, 90)
    assert best_strength(plain, {0.1: figures(9, 90), 0.2: figures(7, 89.5), 0.4: figures(1, 60)}) == 0.2
    assert best_strength(plain, {0.1: figures(9, 80), 0.2: figures(7, 70)}) == 0.1


def test_the_trial_on_a_real_model_shows_every_arm(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "place_names", lambda: {"x": [], "y": []})
    monkeypatch.setattr(pretrained, "told_capitals", _told)
    measurement = run_trial(pretrained.told_places, quick=True, model=tiny_model)
    assert measurement.evidence == "real model"
    assert {PLAIN, RANDOM, FOREIGN, BOTH} < {arm.name for arm in score(measurement, "recall").others}
    assert score(measurement, "strength that was chosen").candidate == 0.02


def _told(count: int, *, first: int = 0) -> list[Any]:
    from assay.testbed.tasks.told_capitals import ToldCapitals

    return [ToldCapitals(f"x is {number}.", "Tell of it.", frozenset({"x"})) for number in range(first, first + count)]
