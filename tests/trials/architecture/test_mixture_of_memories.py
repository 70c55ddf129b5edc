"""The trials of Mixture of Memories run, show cost beside recall, and notice when the memories are of no use."""

from typing import Any

import pytest
from torch import Tensor

from assay.methods.architecture.mixture_of_memories import MomMixer
from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.trials import discover, run_trial
from assay.trials.architecture import mixture_of_memories as trials
from tests.trials.scores import claimed, score


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.13685")} == {
        "widened": "over-widened-memory",
        "unshared": "over-no-shared-memory",
    }


def test_recall_stands_beside_its_cost() -> None:
    measurement = run_trial(trials.widened, quick=True)
    recall = claimed(measurement)
    assert recall.baseline is not None
    assert recall.baseline.name == "one widened"
    assert recall.figures.keys() == {"", "one memory", "one widened", "MoM without shared memory", "full attention"}
    assert recall.figures["one memory"] > 40  # it has learnt: a guess is right in 25 %
    assert not any(each.bounded for each in measurement.beside)
    assert (measurement.evidence, measurement.model) == (Evidence.TRAINED_HERE, "delta-rule decoder, 32 wide, 1 layer")
    assert measurement.differs[0].startswith("one head of 8, and 100 steps")
    state, active = (score(measurement, name) for name in ("state", "active state"))
    sizes = {arm.name: arm.value for arm in state.others}
    assert (state.candidate, sizes["one memory"], sizes["one widened"]) == (5 * 64, 64, 3 * 64)
    assert {arm.name: arm.value for arm in active.others}["one widened"] == active.candidate
    along_pairs, along_tokens = measurement.curves
    assert (along_pairs.at, along_tokens.at) == ((1, 2, 4), (64, 128))
    assert along_pairs.lines[0].values[1] == recall.candidate
    assert score(measurement, "parameters").candidate > 0
    assert score(measurement, "power of the length").figures.keys() == {"", "one memory", "full attention"}


def test_the_router_is_shown() -> None:
    measurement = run_trial(trials.unshared, quick=True)
    recall = claimed(measurement)
    assert recall.baseline is not None
    assert recall.baseline.name == "MoM without shared memory"
    least, most = (
        score(measurement, f"share of tokens of the memory that gets {which}") for which in ("least", "most")
    )
    assert 0 <= least.candidate <= 25 <= most.candidate <= 50


def test_memories_that_give_nothing_back_gain_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    route = MomMixer._route

    def blind(self: Any, logits: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        weights, experts = route(self, logits, real)
        return (weights if self.config.num_memories == 1 else 0 * weights), experts

    monkeypatch.setattr(MomMixer, "_route", blind)
    assert run_trial(trials.widened, quick=True).verdict is Verdict.NOT_SEEN


def test_a_shared_memory_that_confuses_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    route = MomMixer._route

    def drowned(self: Any, logits: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        weights, experts = route(self, logits, real)
        return (0 * weights if self.config.shared_memory else weights), experts

    monkeypatch.setattr(MomMixer, "_route", drowned)
    assert run_trial(trials.unshared, quick=True).verdict is Verdict.NOT_SEEN
