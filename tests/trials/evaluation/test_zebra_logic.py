"""The trials of ZebraLogic run, show the peer, and notice when puzzles are no proper ones or none gets harder."""

from pathlib import Path
from typing import Any

import pytest

from assay.methods.evaluation.zebra_logic import generate, generating, score
from assay.methods.evaluation.zebra_logic.attributes import ATTRIBUTES
from assay.methods.evaluation.zebra_logic.puzzles import KINDS, Clue
from assay.papers.verdict import Verdict
from assay.trials import discover, run_trial
from assay.trials.evaluation import zebra_logic as trials
from assay.trials.evaluation.zebra_logic import pretrained
from assay.trials.evaluation.zebra_logic._reasoner import Reasoner, _read
from tests.trials.scores import claimed
from tests.trials.scores import score as figure


def test_they_are_found() -> None:
    assert {trial.function: (trial.claim, trial.pretrained) for trial in discover("2502.01100")} == {
        "bounded_reasoner": ("accuracy-by-search-space", False),
        "solved_by_size": ("accuracy-by-search-space", True),
    }


def test_a_bounded_reasoner_solves_less_of_what_is_larger() -> None:
    measurement = run_trial(trials.bounded_reasoner, quick=True)
    assert measurement.verdict is Verdict.SEEN, measurement.verdict_reason
    assert claimed(measurement).candidate < 0
    assert figure(measurement, "puzzles with exactly one solution").candidate == 100
    assert figure(measurement, "clues that could go").candidate == 0
    large = figure(measurement, "puzzles solved, extra large")
    assert large.candidate < {arm.name: arm.value for arm in large.others}["8 guesses"]


def test_puzzles_with_every_clue_tell_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "_peers", lambda *_: [])
    monkeypatch.setattr(generating, "minimise", lambda clues, *_: list(clues)[:60])
    monkeypatch.setattr(generating, "proved", lambda puzzle: puzzle)
    monkeypatch.setattr(trials, "_rank_correlation", lambda *_: 1.0)
    measurement = run_trial(trials.bounded_reasoner, quick=True)
    assert measurement.verdict is not Verdict.SEEN
    assert not figure(measurement, "clues that could go").met


def test_the_reasoner_reads_what_is_asked() -> None:
    puzzle = generate(4, 5, seed=2)
    assert score(puzzle, Reasoner(guesses=500)(puzzle.prompt())).solved
    kinds = {"found_at": 3, "not_at": 1}
    thing = {value: (n, v) for n, each in enumerate(puzzle.attributes) for v, value in enumerate(each.values)}
    for kind in KINDS:
        for a in thing.values():
            b: Any = kinds.get(kind) or next(each for each in thing.values() if each[0] != a[0])
            assert _read(f"12. {puzzle.words(Clue(kind, a, b))}", thing) == Clue(kind, a, b)
    with pytest.raises(ValueError, match="reads like 0 kinds of clue"):
        _read("1. `Ada` is near `Bo`.", thing)


def test_attributes_have_phrases_that_can_be_told_apart() -> None:
    values = [value for each, _ in ATTRIBUTES.values() for value in each]
    assert len(set(values)) == len(values)


def test_a_model_is_asked(tiny_model: Path) -> None:
    measurement = run_trial(pretrained.solved_by_size, quick=True, model=tiny_model)
    assert claimed(measurement).candidate == 0
    assert measurement.verdict is not Verdict.SEEN
    assert figure(measurement, "answers with a table, 2*2, small").candidate == 0
