"""The trials of experiments by agents run, and notice rules that let everything pass."""

import random
from pathlib import Path
from typing import Any

import pytest

from assay.methods.agents.rigor_experiments import Checks, SandboxError, SubprocessRunner, check_script
from assay.papers.verdict import Verdict
from assay.trials import discover, run_trial
from assay.trials.agents import rigor_experiments as trials
from assay.trials.agents.rigor_experiments import _arms as arms
from assay.trials.agents.rigor_experiments import pretrained
from assay.trials.agents.rigor_experiments._faults import FAULTS, Episode
from assay.trials.agents.rigor_experiments._questions import inputs, questions
from assay.trials.agents.rigor_experiments._server import playing
from tests.methods.sandboxed import need_sandbox
from tests.trials.scores import claimed, score


@pytest.fixture(scope="module")
def runner() -> arms.RememberingRunner:
    return arms.RememberingRunner(allow=True)


@pytest.fixture
def _run_once(monkeypatch: pytest.MonkeyPatch, runner: arms.RememberingRunner) -> None:
    """What one test has run, another is told."""
    monkeypatch.setattr(arms, "RememberingRunner", lambda **_: runner)


def test_they_are_found() -> None:
    found = {(trial.claim, trial.pretrained) for trial in discover("2502.16069")}
    assert found == {("correct-answers-gain", False), ("correct-answers-gain", True)}


@pytest.mark.usefixtures("_run_once")
def test_rules_see_the_faults_that_a_plain_loop_believes() -> None:
    need_sandbox()
    measurement = run_trial(trials.faults, quick=True)
    assert measurement.verdict in (Verdict.SEEN, Verdict.DIRECTION_SEEN), measurement.verdict_reason
    assert claimed(measurement).figures[arms.PLAIN] < claimed(measurement).candidate == 100
    assert score(measurement, "faults noticed").figures[arms.PLAIN] == 0
    assert score(measurement, "honest experiments").candidate == 0


@pytest.mark.usefixtures("_run_once")
def test_rules_that_let_everything_pass_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    need_sandbox()
    monkeypatch.setattr("assay.methods.agents.rigor_experiments._checks.check_script", lambda *_: [])
    monkeypatch.setattr("assay.methods.agents.rigor_experiments._checks.check_run", lambda *_, **__: iter(()))
    for rule in ("_again", "_constants", "_inputs", "_contradiction"):
        monkeypatch.setattr(Checks, rule, lambda *_: None)
    monkeypatch.setattr(Checks, "_same", lambda *_: False)
    measurement = run_trial(trials.faults, quick=True)
    assert measurement.verdict is Verdict.NOT_SEEN
    assert "kinds of fault noticed" in measurement.verdict_reason


def test_where_nothing_can_be_shut_in_it_is_not_testable(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise SandboxError("a program cannot be shut in on this system")

    monkeypatch.setattr(SubprocessRunner, "run", refuse)
    measurement = run_trial(trials.faults, quick=True)
    assert measurement.verdict is Verdict.NOT_TESTABLE
    assert "cannot be shut in" in measurement.missing


def test_every_fault_is_in_the_first_hand_over_of_one_group() -> None:
    groups = set()
    for question in questions(3):
        assert check_script(question.plan, question.script()) == []
        for fault in FAULTS:
            for disguised in (False, True):
                episode = Episode(question, fault, disguised)
                groups.add(episode.in_control)
                first = episode.hand_over(control=episode.in_control, attempt=1)
                assert first.script != question.script(), (question.name, fault, disguised)
                compile(first.script, fault, "exec")
                assert episode.hand_over(control=episode.in_control, attempt=2).script == question.script()
                assert episode.hand_over(control=not episode.in_control, attempt=1).script == question.script()
    assert groups == {True, False}


def test_the_server_answers_the_protocol() -> None:
    episode = Episode(questions()[0], "crash")
    with playing() as server:
        endpoint = server.play(episode)
        (plan,) = endpoint.answer(["You plan a controlled experiment"])
        assert '"order": "sorted"' in plan
        (script,) = endpoint.answer(["You write\nPartition: plan-1/control-1\n"])
        assert script.startswith("Here it is.\n```python\n")
        server.lots = random.Random(1)
        reviews = endpoint.answer(["You check\nPartition: plan-1/control-1\n"] * 40)
    assert {each.partition(":")[0] for each in reviews} == {"REJECT", "ACCEPT"} or not episode.in_control


def test_the_data_are_real() -> None:
    files = inputs()
    assert len(files["words.txt"].split()) > 1_000
    assert len(files["breast_cancer.csv"].splitlines()) == 569


def test_a_real_model_is_asked(tiny_model: Path) -> None:
    measurement = run_trial(pretrained.scripts_of_a_model, quick=True, model=tiny_model)
    assert measurement.evidence == "real model"
    assert claimed(measurement).figures == {"": 0.0, arms.PLAIN: 0.0}
    assert score(measurement, "hand-overs that held a script").candidate == 0.0
