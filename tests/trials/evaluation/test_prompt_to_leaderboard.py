"""The trials of Prompt-to-Leaderboard run, and notice when the prompt is not heard."""

from typing import Any

import numpy as np
import pytest

from assay.methods.evaluation.prompt_to_leaderboard import PromptToLeaderboard
from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.testbed.resources import NotFetchedError
from assay.testbed.tasks import arena
from assay.trials import discover, run_trial
from assay.trials.evaluation import prompt_to_leaderboard as trials
from assay.trials.evaluation.prompt_to_leaderboard import _arena
from tests.trials.scores import claimed, score

WORDS = ("def", "paragraph", "country", "capital", "meant", "What is", "word", "shelf", "continent", "currency", "Add")


def hears_words(per_topic: int, device: str) -> Any:
    """An encoder that only knows some words."""
    return lambda texts: np.array([[float(word in text) for word in WORDS] for text in texts])


@pytest.fixture
def _quick_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        arena.topical_prompts(2)
    except NotFetchedError as error:
        pytest.skip(str(error))
    monkeypatch.setattr(trials, "_encoder", hears_words)
    monkeypatch.setattr(trials, "_serve", lambda *_: {"one for all": 1.0, "reads": 2.0})
    trials._measured.cache_clear()
    trials._budgets.cache_clear()


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.14855")} == {
        "routed": "arena-rating-gain",
        "more_votes": "vote-prediction-scaling",
        "routed_by_states": "arena-rating-gain",
    }


@pytest.mark.usefixtures("_quick_encoder")
def test_a_router_that_reads_the_prompt_gains() -> None:
    measurement = run_trial(trials.routed, quick=True)
    assert measurement.verdict in (Verdict.SEEN, Verdict.DIRECTION_SEEN)
    assert measurement.evidence is Evidence.SIMULATED
    rating = claimed(measurement)
    assert rating.baseline is not None
    assert rating.candidate > rating.baseline.value
    assert score(measurement, "nats gained where topics tell nothing").met
    assert score(measurement, "least advantage of the mix").met
    assert run_trial(trials.more_votes, quick=True).verdict in (Verdict.SEEN, Verdict.UNDECIDED)


@pytest.mark.usefixtures("_quick_encoder")
def test_strengths_of_another_prompt_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = PromptToLeaderboard.strengths
    monkeypatch.setattr(PromptToLeaderboard, "strengths", lambda self, prompts: -right(self, prompts))
    measurement = run_trial(trials.routed, quick=True)
    assert measurement.verdict is Verdict.NOT_SEEN


def test_the_arena_is_what_was_planted() -> None:
    try:
        planted = arena.plant_arena(6, models=4, by_topic=1.0, seed=3)
    except NotFetchedError as error:
        pytest.skip(str(error))
    assert len(set(planted.prompts)) == 36
    assert planted.prompts == arena.plant_arena(6, models=2, by_topic=0.0, seed=0).prompts
    wins = planted.wins([0, 1])
    assert wins.mean(1) == pytest.approx([0.5, 0.5])
    votes = planted.draw_votes([0], 4_000, seed=0)
    won = [vote["model_a" if vote["winner"] == "model_a" else "model_b"] for vote in votes]
    met = [name for vote in votes for name in (vote["model_a"], vote["model_b"])]
    shares = [won.count(name) / met.count(name) for name in planted.models]
    assert shares == pytest.approx(wins[0].tolist(), abs=0.04)
    learnt, unseen = _arena.split(planted)
    assert not set(learnt) & set(unseen)
