"""The trials of the audit of names find what was planted, and notice an audit that gives no names."""

from pathlib import Path
from typing import Any

import pytest
from torch import Generator

from assay.methods.evaluation.name_audit import Frame
from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.testbed.tasks.named_suggestions import SuggestionWorld
from assay.trials import discover, run_trial
from assay.trials.evaluation import name_audit as trials
from assay.trials.evaluation.name_audit import pretrained
from tests.trials.scores import claimed, score


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.11995")} == {
        "planted": "clothing-bias-increase",
        "suggestions": "clothing-bias-increase",
    }


def test_what_was_planted_is_found() -> None:
    measurement = run_trial(trials.planted, quick=True)
    assert measurement.verdict is Verdict.SEEN
    assert measurement.evidence is Evidence.TRAINED_HERE
    assert score(measurement, "clothing ahead").candidate > 0
    covered = score(measurement, "intervals of 95 %")
    assert covered.candidate > covered.others[0].value + 8


def test_an_audit_that_gives_no_names_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Frame, "with_name", lambda self, question, *_: self.without_name(question))
    monkeypatch.setattr(trials, "_show_coverage", lambda *_: None)
    measurement = run_trial(trials.planted, quick=True)
    assert measurement.verdict is not Verdict.SEEN
    assert abs(claimed(measurement).candidate - claimed(measurement).baseline.value) < 25  # type: ignore[union-attr]


def test_a_real_models_answers_are_read(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(bench: Any, model: Any, audit: Any, *, named: bool) -> list[dict[str, Any]]:
        records = [each for each in audit.prompts() if bool(each["name"]) == named]
        words = {"Chinese": "a qipao, congee, a lion dance", "German": "a dirndl, bratwurst, Oktoberfest", "": "a coat"}
        return [each | {"answer": words[each["culture"]]} for each in records]

    monkeypatch.setattr(pretrained, "_ask", ask)
    measurement = run_trial(pretrained.suggestions, quick=True, model=tiny_model)
    assert claimed(measurement).candidate == 100
    assert score(measurement, "bias on all, names dealt out").candidate == 0
    assert score(measurement, "bias on all where the culture itself is given").met


class Parrot:
    """A model that suggests the same to everybody."""

    device = "cpu"

    def __init__(self, world: SuggestionWorld) -> None:
        self.vocab_size = world.vocab_size

    def __call__(self, input_ids: Any) -> Any:
        import torch

        logits = torch.full((*input_ids.shape, self.vocab_size), -20.0)
        logits[..., -1] = 20.0
        return type("Output", (), {"logits": logits})


def test_the_world_says_what_is_planted() -> None:
    world = SuggestionWorld(names=2, dominance=(1.0, 0.5, 0.25), own=2, neutral=2)
    assert world.truth("culture0", "clothing") > world.truth("culture1", "clothing") > world.truth("culture2", "food")
    batch = world.batches(size=4_000, seed=0)(0)["input_ids"]
    words = [[world.words[each - 5] for each in row if each >= 5] for row in batch.tolist()]
    own = set(world.particular()["culture0"]["clothing"])
    named = [row for row in words if row[0].startswith("name0x") and row[1] == "clothing"]
    bare = [row for row in words if row[0] == "nobody" and row[1] == "clothing"]
    assert sum(bool(own & set(row)) for row in named) / len(named) == pytest.approx(
        world.truth("culture0", "clothing"), abs=0.03
    )
    assert sum(bool(own & set(row)) for row in bare) / len(bare) == pytest.approx(world.truth_without(), abs=0.05)
    dealt = world.batches(size=4_000, seed=0, shuffled=True)(0)["input_ids"]
    words = [[world.words[each - 5] for each in row if each >= 5] for row in dealt.tolist()]
    named = [row for row in words if row[0].startswith("name0x") and row[1] == "clothing"]
    assert sum(bool(own & set(row)) for row in named) / len(named) < 0.1
    assert world.answer(Parrot(world), [("", "food")], generator=Generator()) == ["traditions1 " * 3 + "traditions1"]
