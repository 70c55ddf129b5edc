"""The trials of AdaptiveStep run, and notice rewards that choose badly and borders that stand anywhere."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from assay.methods._branches import Written
from assay.methods.reasoning.adaptive_step import (
    ConfidenceSplitter,
    GuidedDecoding,
    LabelledSteps,
    Rollouts,
    StepTraining,
)
from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.testbed.tasks.crossroads import _CLUE, _OPTION
from assay.trials import discover, run_trial
from assay.trials.reasoning import adaptive_step as trials
from assay.trials.reasoning.adaptive_step import _arms, _sums, pretrained
from tests.trials.scores import claimed, score


@pytest.fixture(autouse=True)
def _nothing_kept() -> Any:
    trials._run.cache_clear()
    pretrained._MEASURED.clear()
    yield
    trials._run.cache_clear()
    pretrained._MEASURED.clear()


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.13943")} == {
        "cost_of_labels": "construction-cost",
        "guided": "guided-decoding-gsm8k",
        "cost_on_sums": "construction-cost",
        "guided_on_sums": "guided-decoding-gsm8k",
    }


def test_both_trials_show_one_run_and_cuts_are_at_choices() -> None:
    cost = run_trial(trials.cost_of_labels, quick=True)
    assert cost.evidence is Evidence.TRAINED_HERE
    assert score(cost, "borders that are choices, at a quantile of 2%").met
    sure = score(cost, "mean probability of tokens written")
    assert sure.candidate < 0.8 < sure.others[0].value
    assert claimed(cost).baseline is not None


@pytest.mark.parametrize(("sign", "verdicts"), [(1, {Verdict.SEEN, Verdict.DIRECTION_SEEN}), (-1, {Verdict.NOT_SEEN})])
def test_rewards_that_know_gain_and_their_opposite_is_noticed(
    monkeypatch: pytest.MonkeyPatch, sign: int, verdicts: set[Verdict]
) -> None:
    right = GuidedDecoding._choose

    def known(_: Any, texts: Sequence[Sequence[int]], candidates: Tensor) -> Tensor:
        rows = zip(texts, candidates.tolist(), strict=True)
        return torch.tensor([[sign * _good([*text, token]) for token in row] for text, row in rows])

    def choose(self: Any, _: Any, *rest: Any) -> Tensor:
        return right(self, known, *rest)

    monkeypatch.setattr(GuidedDecoding, "_choose", choose)
    assert run_trial(trials.guided, quick=True).verdict in verdicts


def _good(text: Sequence[int]) -> float:
    """Whether all choices so far are right."""
    question, answer, task = text[:5], text[5:], trials._TASK
    pairs = zip(task.choices(question), question[2:], strict=True)
    return float(
        all(answer[place] == _OPTION + task._right(clue - _CLUE) for place, clue in pairs if place < len(answer))
    )


def test_borders_that_stand_anywhere_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def anywhere(_: ConfidenceSplitter, log_probs: Sequence[float], mask: Any = None) -> list[int]:
        return [3, 20]

    monkeypatch.setattr(ConfidenceSplitter, "borders", anywhere)
    measurement = run_trial(trials.cost_of_labels, quick=True)
    assert not score(measurement, "borders that are choices, at a quantile of 2%").met
    assert measurement.verdict is Verdict.UNDECIDED


def test_rewards_choose_among_answers_and_their_opposite_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pieces at a size at which rewards are learnt."""
    size = trials._Size(32, 300, 32, 6e-3, (12, 12), (4, 4), (64,), 1)
    task = trials._TASK
    policy = _arms.Policy(trials._policy(size, 0, "cpu"), task.is_right, 34, temperature=1.0)
    source = policy.sample(task.questions(120, seed=1), 4, seed=0)
    tested = policy.sample(task.questions(60, seed=2), 8, seed=1)
    splitter = ConfidenceSplitter.fit(source.log_probs(), 0.1, boundary="after")

    def cut(each: Written) -> list[int]:
        return splitter.ends(each.log_probs)

    rollouts = Rollouts(number=2, temperature=1.0, tokens=34, batch=512)
    labels = _arms.label(policy, source.cut(cut), budget=10_000, rollouts=rollouts, seed=0)
    training = StepTraining("all", epochs=4, lr=3e-3, batch=16)
    chosen = _arms.best_of_n(_arms.train(policy, labels.within(10_000), training), tested, cut)
    at_random = sum(sum(group) for group in tested.right) / 480
    assert sum(chosen) / 60 > at_random + 0.08
    right = LabelledSteps.labels

    def opposite(self: LabelledSteps) -> Any:
        labels = right(self)
        return type(labels)(labels.tokens, labels.ends, [1 - value for value in labels.values])

    monkeypatch.setattr(LabelledSteps, "labels", opposite)
    misled = _arms.best_of_n(_arms.train(policy, labels.within(10_000), training), tested, cut)
    assert sum(misled) / 60 < at_random


def test_smaller_budgets_are_parts_of_larger_ones() -> None:
    assert _arms.rollouts_to_reach(0.5, [0, 10, 20], [0.1, 0.3, 0.7]) == pytest.approx(15)
    assert _arms.rollouts_to_reach(0.1, [0, 10], [0.1, 0.3]) == 0
    assert _arms.rollouts_to_reach(0.9, [0, 10], [0.1, 0.3]) == 20


def test_the_mean_over_choices_of_some_answers() -> None:
    written = [[Written([5, 6], [0.0, 0.0], "eos") for _ in range(4)]]
    sampled = _arms.Sampled([[7]], written, [[False, True, False, False]])

    def scores(*_: Any, **__: Any) -> list[list[float]]:
        return [[0.9], [0.8], [0.2], [0.1]]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_arms, "score_steps", scores)
        assert _arms.best_of_n(None, sampled, lambda _: [2]) == [0.0]
        # Of the six pairs, the right one is best in those with one of the two behind it.
        assert _arms.best_of_n(None, sampled, lambda _: [2], number=2) == pytest.approx([2 / 6])


def test_a_pretrained_model_is_cut_labelled_and_guided(tiny_model: Path) -> None:
    pytest.importorskip("reasoning_gym", reason="reasoning-gym is not installed (extra `reasoning`)")
    cost = run_trial(pretrained.cost_on_sums, quick=True, model=tiny_model)
    assert cost.evidence is Evidence.REAL_MODEL
    borders = score(cost, "borders of the least sure")
    assert borders.candidate + sum(arm.value for arm in borders.others) == pytest.approx(100)
    guided = run_trial(pretrained.guided_on_sums, quick=True, model=tiny_model)
    assert {arm.name for arm in claimed(guided).others} == {trials.GUIDED_BEFORE}


def test_what_a_border_is_is_told_from_its_line(tiny_model: Path) -> None:
    from assay.testbed.pretrained import load_language_model

    lm = load_language_model(tiny_model)
    text = lm.ids("8 - 7 = 1\n1 + 2 = 3\nAnswer: 3\n").tolist()
    kinds = {place: _sums._kind(lm, text, place) for place in (2, 8, 10, 28)}
    result, begin, operator, other = _sums._KINDS
    assert kinds == {2: operator, 8: result, 10: begin, 28: other}
