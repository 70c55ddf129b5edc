"""The trials of WiCkeD run, and notice a transform that gives wrong answers or changes nothing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assay.methods.evaluation.wicked import _items as method
from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.testbed.tasks.real_choices import ChoiceQuestion
from assay.trials import discover, run_trial
from assay.trials.evaluation import wicked as trials
from assay.trials.evaluation.wicked import pretrained
from tests.trials.scores import claimed, score


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.18316")} == {
        "rare_option": "mean-accuracy-drop",
        "real_questions": "mean-accuracy-drop",
    }


def test_who_met_none_seldom_falls() -> None:
    measurement = run_trial(trials.rare_option, quick=True)
    assert measurement.evidence is Evidence.TRAINED_HERE
    assert score(measurement, "least accuracy on the questions").met
    assert score(measurement, "fall of accuracy of the model that met none often").met
    assert measurement.verdict is Verdict.DIRECTION_SEEN
    chosen = {arm.name: arm.value for arm in score(measurement, "none chosen").others}
    assert chosen["how often it is right"] == pytest.approx(25, abs=5)


def test_a_transform_that_changes_nothing_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(method, "turn", lambda item, *_: method.WickedItem(item, item, "unchanged"))
    measurement = run_trial(trials.rare_option, quick=True)
    assert measurement.verdict is Verdict.NOT_SEEN
    assert claimed(measurement).difference == 0


def test_a_transform_that_always_says_none_is_right_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the official code does for ARC, where it compares a number with texts: everyone falls."""
    turn = method.turn

    def wrong(*arguments: Any) -> method.WickedItem:
        turned = turn(*arguments)
        return replace(turned, item=replace(turned.item, answer=len(turned.item.choices) - 1))

    monkeypatch.setattr(method, "turn", wrong)
    measurement = run_trial(trials.rare_option, quick=True)
    assert measurement.verdict is Verdict.UNDECIDED
    assert not score(measurement, "fall of accuracy of the model that met none often").met


def made_up(source: str, number: int) -> list[ChoiceQuestion]:
    return [
        ChoiceQuestion(f"{source} {i}", f"Which is {i}?", tuple(f"it is {j}" for j in range(4)), i % 4, str(i))
        for i in range(number)
    ]


def test_a_model_that_knows_nothing_tells_nothing(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "draw_choice_questions", made_up)
    measurement = run_trial(pretrained.real_questions, quick=True, model=tiny_model)
    assert measurement.evidence is Evidence.REAL_MODEL
    assert measurement.verdict is Verdict.UNDECIDED
    assert not score(measurement, "accuracy on the questions as they are").met
    assert {arm.name for arm in score(measurement, "fall of accuracy").others} >= {"words", "terms", "capitals"}
    assert {arm.name for arm in score(measurement, "none of the above chosen").others} >= {
        "letters",
        "where it is right",
    }
