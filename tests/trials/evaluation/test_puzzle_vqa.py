"""The trials of puzzles in pictures run, and notice when options are worth nothing or the protocol reads wrongly."""

from pathlib import Path
from typing import Any

import pytest
import torch

from assay.methods.evaluation.puzzle_vqa import protocol as method
from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.trials import discover, run_trial
from assay.trials.evaluation import puzzle_vqa as trials
from assay.trials.evaluation.puzzle_vqa import _learners, pretrained
from tests.trials.scores import claimed, score


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.01081")} == {
        "seen_with_and_without_options": "abstract-format-gap",
        "abstract_captions": "abstract-format-gap",
        "algorithmic_captions": "algorithmic-format-gap",
    }


def test_options_help_a_network_and_captions_a_reader() -> None:
    measurement = run_trial(trials.seen_with_and_without_options, quick=True)
    assert measurement.evidence is Evidence.TRAINED_HERE
    accuracy = claimed(measurement)
    assert accuracy.baseline is not None
    assert accuracy.baseline.name == trials.CHOICE
    assert accuracy.baseline.value > accuracy.candidate
    assert measurement.verdict in (Verdict.SEEN, Verdict.DIRECTION_SEEN)
    read = score(measurement, "accuracy with options of a transformer")
    assert read.candidate > read.others[0].value
    assert {line.name for line in measurement.curves[0].lines} == {"", trials.CHOICE}


@pytest.fixture
def _learnt_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """What networks come to is given, so that only the protocol is tried."""
    monkeypatch.setattr(trials, "_see", lambda size, seed: {
        trials.OPEN: [20.0, 60.0] + [60.0] * (size.epochs - 2), trials.CHOICE: [30.0, 74.0] + [74.0] * (size.epochs - 2)
    })  # fmt: skip
    monkeypatch.setattr(trials, "_read", lambda *_: {trials._READ: 90.0, trials._BLIND: 25.0})


@pytest.mark.usefixtures("_learnt_elsewhere")
def test_the_gap_is_taken_where_half_is_right_and_options_that_give_nothing_away_are_not_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measurement = run_trial(trials.seen_with_and_without_options, quick=True)
    assert measurement.verdict is Verdict.SEEN
    assert score(measurement, "epochs until then").candidate == 2
    figures = dict.fromkeys((trials.OPEN, trials.CHOICE), [60.0] * 8)
    monkeypatch.setattr(trials, "_see", lambda *_: figures)
    assert run_trial(trials.seen_with_and_without_options, quick=True).verdict is Verdict.NOT_SEEN


@pytest.mark.usefixtures("_learnt_elsewhere")
def test_a_second_stage_that_reads_nothing_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(method, "extraction_prompt", lambda reply: reply.prompt)
    measurement = run_trial(trials.seen_with_and_without_options, quick=True)
    assert measurement.verdict is Verdict.UNDECIDED
    assert not score(measurement, "accuracy of a scripted model").met


def test_no_puzzle_that_is_asked_was_learnt_from() -> None:
    learnt, asked, names = trials._puzzles(200, 100, seed=0)
    assert not {puzzle.caption for puzzle in learnt} & {puzzle.caption for puzzle in asked}
    assert (len(learnt), len(asked)) == (200, 100)
    logits = torch.zeros(100, len(names))

    def guess(inputs: Any) -> Any:
        return inputs

    opened, chosen = _learners.by_format(guess, logits, asked, names)  # type: ignore[arg-type]
    assert 0 <= opened <= chosen <= 100


def test_a_model_that_only_guesses_tells_nothing(tiny_model: Path) -> None:
    measurement = run_trial(pretrained.algorithmic_captions, quick=True, model=tiny_model)
    assert measurement.evidence is Evidence.REAL_MODEL
    assert measurement.verdict is not Verdict.SEEN
    assert score(measurement, "answers that need the second stage").candidate == 100


def test_rounds_have_a_puzzle_of_each_kind() -> None:
    from assay.methods.evaluation.puzzle_vqa import Reply, make

    replies = [Reply(puzzle, "choice", "caption", "", "") for puzzle in make(["clock", "maze"], 3)]
    assert pretrained._by_round(replies, [1, 1, 0, 1, 0, 0]) == [100.0, 50.0, 0.0]
