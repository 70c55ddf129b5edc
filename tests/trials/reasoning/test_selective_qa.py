"""The trials of selective answering run, and notice chains that do not think and confidences that say nothing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from assay.methods.reasoning.selective_qa import Attempt, _chains
from assay.papers.verdict import Verdict
from assay.testbed.pretrained import load_language_model
from assay.testbed.tasks.country_facts import CountryFact
from assay.trials import discover, run_trial
from assay.trials.reasoning import selective_qa as trials
from assay.trials.reasoning.selective_qa import _cost, _facts, pretrained
from tests.trials.scores import claimed, score

BUDGETS = (0, 2, 4)
FACTS = 80


def made_up(*, calibrated: bool = True) -> list[Attempt]:
    """The more is thought the surer, and the more is right; or surer the other way round."""
    attempts = []
    for number in range(FACTS):
        for budget in BUDGETS:
            right = number % 8 <= budget
            sure = 0.58 + 0.1 * budget if right else 0.01 * number
            relation = "capital" if number % 2 else "currency"
            confidence = sure if calibrated else 0.99 - sure
            attempts.append(Attempt(f"{relation} {number}", "x", right, confidence, budget))
    return attempts


def hand(monkeypatch: pytest.MonkeyPatch, attempts: list[Attempt]) -> None:
    """Have the trials measure these."""
    once = [each for each in attempts if each.budget == 0]
    arms = dict.fromkeys((_facts.AT_ONCE, _facts.SHARE, _facts.ENTROPY, _facts.VERBAL), once)
    monkeypatch.setattr(pretrained, "swept", lambda *_: attempts)
    monkeypatch.setattr(pretrained, "sampled", lambda *_: once)
    monkeypatch.setattr(pretrained, "rivals", lambda *_: arms)


def test_they_are_found() -> None:
    claims = {"confidence-by-budget", "correct-by-budget", "utility-by-threshold", "accuracy-by-threshold"}
    found = {(trial.claim, trial.pretrained) for trial in discover("2502.13962")}
    assert found == {(claim, real) for claim in claims for real in (False, True)}


def test_a_model_is_surer_and_more_often_right_after_more_steps() -> None:
    for trial in (trials.sure_of_walks, trials.right_walks):
        measurement = run_trial(trial, quick=True)
        assert measurement.verdict is Verdict.SEEN, (trial.__name__, measurement.verdict_reason)
    assert claimed(run_trial(trials.accuracy_of_walks, quick=True)).candidate > 0  # one seed leaves it open
    assert score(run_trial(trials.worth_of_walks, quick=True), "utility without any thinking").others[0].value < 0


def test_chains_that_do_not_think_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_chains.Chains, "think", lambda self, budget: None)
    measurement = run_trial(trials.right_walks, quick=True)
    assert measurement.verdict is Verdict.UNDECIDED
    assert "share right" in measurement.verdict_reason


def test_confidences_that_say_nothing_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Attempt, "how_sure", lambda self, kind: 1.0 - self.confidence)
    assert run_trial(trials.accuracy_of_walks, quick=True).verdict is not Verdict.SEEN
    assert run_trial(trials.sure_of_walks, quick=True).verdict is Verdict.NOT_SEEN


REAL = [pretrained.sure_of_facts, pretrained.right_facts, pretrained.worth_of_facts, pretrained.accuracy_of_facts]


def test_trials_on_a_real_model_see_what_is_there(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    hand(monkeypatch, made_up())
    for trial in REAL:
        measurement = run_trial(trial, quick=True, model=tiny_model)
        assert measurement.verdict is Verdict.SEEN, (trial.__name__, measurement.verdict_reason)
        assert measurement.evidence == "real model"


def test_trials_on_a_real_model_see_what_is_not_there(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    hand(monkeypatch, made_up(calibrated=False))
    for trial in (pretrained.sure_of_facts, pretrained.worth_of_facts, pretrained.accuracy_of_facts):
        measurement = run_trial(trial, quick=True, model=tiny_model)
        assert measurement.verdict in (Verdict.NOT_SEEN, Verdict.UNDECIDED), trial.__name__


def test_thresholds_are_chosen_on_the_other_groups() -> None:
    attempts = [each for each in made_up() if each.budget == 4]
    gains, answered = _facts.cross_fitted(attempts, "high_stakes")
    assert list(gains) == [each.id for group in _facts.groups(attempts) for each in group]
    right = [each for each in attempts if each.right]
    assert sum(gains.values()) == len(right)
    assert answered == pytest.approx(len(right) / FACTS)
    assert len(_facts.groups(attempts)) == _facts.GROUPS


@pytest.fixture
def _few_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    def few(relation: str) -> Sequence[CountryFact]:
        return tuple(CountryFact(relation, f"Land {number}", "a b") for number in range(3))

    monkeypatch.setattr(_facts, "country_facts", few)


@pytest.mark.usefixtures("_few_facts")
def test_every_arm_is_asked(tiny_model: Path) -> None:
    lm, size = load_language_model(tiny_model), _facts.Size(2, (0, 3), 2, answer=3)
    facts = _facts.all_facts(size)
    assert [each.relation for each in facts] == ["capital", "currency"] * 2
    rows: list[dict[str, Any]] = _facts._sweep(lm, size=size, start=0)
    assert [(row["id"], row["budget"]) for row in rows][:3] == [
        ("capital of Land 0", 0),
        ("capital of Land 0", 3),
        ("currency of Land 0", 0),
    ]
    samples = _facts._sample(lm, size=size, start=0, seed=1)
    assert samples == _facts._sample(lm, size=size, start=0, seed=1)
    assert {row["confidence"] for row in samples} <= {0.0, 0.5, 1.0}
    assert len(_facts._say(lm, size=size, start=2)) == 2
    figures = _cost.cost(lm, size=size, rounds=1, count=4)
    assert figures["same"][_cost.OURS] == [100.0]
    assert figures["tokens"][_cost.OURS] < figures["tokens"][_cost.ANEW]
    assert figures["passes"][_cost.ONE] < figures["passes"][_cost.LONGEST] < figures["passes"][_cost.OURS]


@pytest.mark.parametrize(
    ("answer", "gold", "right"),
    [
        ("the Russian rubles", "ruble", True),
        ("Paris", "paris", True),
        ("Parisian", "Paris", False),
        ("euro", "Euro", True),
    ],
)
def test_an_answer_is_right_that_names_the_thing(answer: str, gold: str, right: bool) -> None:
    assert _facts.names(answer, gold) is right
