"""The trials of compute-optimal search run, and notice when search does not heed its rewards."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from assay.methods.reasoning.compute_optimal_tts import Candidate, Solution, _rewards
from assay.papers.measurement import Measurement
from assay.papers.verdict import Verdict
from assay.trials import discover, run_trial
from assay.trials.reasoning import compute_optimal_tts as trials
from assay.trials.reasoning.compute_optimal_tts import _arms, _walks, pretrained
from tests.trials.scores import claimed, score

RIGHT = "questions answered correctly with 16 lines"


def verdicts(measurement: Measurement) -> set[Verdict]:
    """The verdict, or those that it lies between."""
    return set(measurement.verdict_between) or {measurement.verdict}


def _forget() -> None:
    trials._run.cache_clear()
    trials._rewards.cache_clear()


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    _forget()
    yield
    _forget()


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rewards that know the table: in so short a time none are learnt."""
    walks: dict[str, list[int]] = {}
    draw = _walks.Walks.draw

    def remembered(world: Any, number: int, *, seed: int) -> Any:
        questions, drawn = draw(world, number, seed=seed)
        for prompt, walk in zip(questions.prompts, drawn, strict=True):
            walks[" ".join(map(str, (token for token in prompt if token != 2)))] = walk
        return questions, drawn

    def check(prompt: str, steps: Sequence[str]) -> list[float]:
        return _walks._right(walks[prompt], map(int, steps))

    monkeypatch.setattr(_walks.Walks, "draw", remembered)
    monkeypatch.setattr(_walks.Walks, "rewards", lambda *_: check)
    monkeypatch.setattr(_walks.Walks, "body", lambda _: None)
    small = trials._Size((50, 60, 20), 200, 40, (0.7,), n=(16,), places=8)
    monkeypatch.setattr(trials, "_size", lambda _: small)
    monkeypatch.setattr(trials, "_show_other_rewards", lambda *_: None)


def test_they_are_found() -> None:
    assert {each.function: each.claim for each in discover("2502.06703")} == {
        "chosen_search": "math500-1b-majority",
        "small_against_longer": "math500-3b",
        "searched_sums": "math500-1b-majority",
    }


@pytest.mark.usefixtures("exact")
def test_search_with_exact_rewards_is_seen_to_be_better_and_one_that_heeds_none_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measurement = run_trial(trials.chosen_search, quick=True)
    assert verdicts(measurement) <= {Verdict.SEEN, Verdict.DIRECTION_SEEN}
    arms = {each.name: each.value for each in claimed(measurement).others}
    assert arms["best of N by highest score"] <= arms["any of N is right"]
    # Below 1: some answers are right by chance.
    assert score(measurement, "AUC of rewards").candidate > 0.7
    longer = claimed(run_trial(trials.small_against_longer, quick=True))
    assert longer.baseline is not None
    assert longer.candidate > longer.baseline.value

    def deaf(score: Callable[..., None]) -> Callable[..., None]:
        def scored(judge: Any, lines: Sequence[Candidate]) -> None:
            score(judge, lines)
            for line in lines:
                line.scores = [1 - each for each in line.scores]

        return scored

    _forget()
    monkeypatch.setattr(_rewards._TextJudge, "score", deaf(_rewards._TextJudge.score))
    assert Verdict.NOT_SEEN in verdicts(run_trial(trials.chosen_search, quick=True))


def test_on_a_pretrained_model_every_arm_is_measured(tiny_model: Path) -> None:
    pytest.importorskip("reasoning_gym", reason="reasoning-gym is not installed (extra `reasoning`)")
    measurement = run_trial(pretrained.searched_sums, quick=True, model=tiny_model)
    assert measurement.evidence == "real model"
    assert {each.name for each in claimed(measurement).others} >= {"beam", "greedy", "tuned for longer, greedy"}
    assert score(measurement, "time of a question, by that of a greedy answer").candidate > 0


def test_a_smaller_n_is_a_part_of_the_pool_and_votes_are_means_over_parts() -> None:
    candidates = [
        Candidate(tokens=[1] * 3, steps=[[1]], scores=[value], ended="eos", answer=answer)
        for answer, value in (("7", 0.9), ("8", 0.1), ("8", 0.2), ("8", 0.3))
    ]
    pool = [Solution([1], candidates, is_finished=True, tokens=12)]
    questions = _arms.Questions(["?"], lambda _, answer: answer == "7")
    policy: Any = _walks.Walks(0, (1, 1, 1), 1).policy(None)
    assert [o.right for o in _arms.vote_outcomes(policy, questions, pool, _arms.MAJORITY, 4)] == [0]
    assert [o.right for o in _arms.vote_outcomes(policy, questions, pool, _arms.SUMMED, 4)] == [1]
    assert [(o.right, o.tokens) for o in _arms.vote_outcomes(policy, questions, pool, _arms.BEST, 2)] == [(0.5, 6)]
    assert _arms.any_right(questions, pool, 2) == [0.5]
    assert _arms.pass_rates(questions, pool) == [0.25]
    again = _arms.restore(_arms.record(pool))
    assert [(c.answer, c.scores, len(c.tokens)) for c in again[0].candidates] == [
        (c.answer, c.scores, len(c.tokens)) for c in candidates
    ]


def test_made_up_errors_are_labelled_from_the_first_on() -> None:
    row = _walks._labelled([1, 6, 20, 21, 22, 23, 3, 23, 2], [6, 20, 21, 22, 24])
    assert list(row.tokens) == [1, 6, 20, 21, 22, 23, 3, 23]
    assert list(row.ends) == [5, 6, 7, 8]
    assert list(row.values) == [1, 0, 0, 0]
