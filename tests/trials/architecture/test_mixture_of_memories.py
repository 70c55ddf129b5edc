"""The trials of Mixture of Memories run, show cost beside recall, and notice when the memories are of no use."""

from typing import Any

import pytest
import torch
from torch import Tensor

from assay.methods.architecture.mixture_of_memories import MomMixer
from assay.papers.measurement import Verdict
from assay.testbed.sweep import Sweep
from assay.trials import Bench, discover, run_trial
from assay.trials.architecture import mixture_of_memories as trials
from tests.trials.scores import score


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.13685")} == {
        "widened": "over-widened-memory",
        "unshared": "over-no-shared-memory",
        "recall_1b": "recall-average-1b",
        "recall_380m": "recall-average-380m",
        "longbench": "longbench-average",
    }


def test_recall_stands_beside_its_cost() -> None:
    found = run_trial(trials.widened, quick=True)
    assert found.baseline is not None
    assert (found.baseline.name, found.baseline.value) == ("one widened", 26.32)
    assert found.setting.startswith("scaled down: decoders of one layer, 32 wide with one head of 8, and 100 steps")
    recall = score(found, "recall, as it is")
    arms = {arm.name: arm.value for arm in recall.others}
    assert arms.keys() == {"one memory", "one widened", "MoM without shared memory", "full attention"}
    assert found.candidate == pytest.approx(26.32 * recall.candidate / arms["one widened"])
    assert arms["one memory"] > 40  # it has learnt: a guess is right in 25 %
    state, active = (score(found, name) for name in ("state", "active state"))
    sizes = {arm.name: arm.value for arm in state.others}
    assert (state.candidate, sizes["one memory"], sizes["one widened"]) == (5 * 64, 64, 3 * 64)
    assert {arm.name: arm.value for arm in active.others}["one widened"] == active.candidate
    along_pairs, along_tokens = found.curves
    assert (along_pairs.at, along_tokens.at) == ((1, 2, 4), (64, 128))
    assert along_pairs.lines[0].values[1] == recall.candidate
    assert score(found, "parameters").candidate > 0
    assert score(found, "power of the length").candidate < 2


def test_the_router_is_shown() -> None:
    found = run_trial(trials.unshared, quick=True)
    assert found.baseline is not None
    assert found.baseline.value == 26.06
    least, most = (score(found, f"share of tokens of the memory that gets {which}") for which in ("least", "most"))
    assert 0 <= least.candidate <= 25 <= most.candidate <= 50


def test_memories_that_give_nothing_back_do_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    route = MomMixer._route

    def blind(self: Any, logits: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        weights, chosen = route(self, logits, real)
        return (weights if self.config.num_memories == 1 else 0 * weights), chosen

    monkeypatch.setattr(MomMixer, "_route", blind)
    assert run_trial(trials.widened, quick=True).verdict is Verdict.DOES_NOT_HOLD


def test_a_shared_memory_that_confuses_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    route = MomMixer._route

    def drowned(self: Any, logits: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        weights, chosen = route(self, logits, real)
        return (0 * weights if self.config.shared_memory else weights), chosen

    monkeypatch.setattr(MomMixer, "_route", drowned)
    assert run_trial(trials.unshared, quick=True).verdict is Verdict.DOES_NOT_HOLD


def test_what_is_missing_is_said() -> None:
    for trial, missing in ((trials.recall_1b, "1.3B"), (trials.recall_380m, "380M"), (trials.longbench, "LongBench")):
        found = run_trial(trial, quick=True)
        assert found.verdict is Verdict.NOT_TESTABLE
        assert missing in found.missing


def test_a_wide_memory_that_learns_slowly_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """MoM ahead of the widened memory, but behind the plain one: the condition is not met."""
    recall = {
        "one memory": 80.0,
        "one widened": 40.0,
        "MoM": 60.0,
        "MoM without shared memory": 50.0,
        "full attention": 90.0,
    }
    run = {"loss": 1.0, "parameters": 1, "state": 1, "active state": 1}
    cells = {arm: {0.01: [run | {"recall": {"1": value, "2": value, "4": value}}]} for arm, value in recall.items()}
    monkeypatch.setattr(trials, "_sweep", lambda *_: Sweep(cells))
    for other in ("show_overhead", "_lengths"):
        monkeypatch.setattr(trials, other, lambda *_, **__: None)
    bench = Bench(device=torch.device("cpu"), quick=True)
    trials.widened(bench)
    assert bench.result is not None
    assert bench.result.candidate == pytest.approx(26.32 * 60 / 40)
    assert not all(each.met for each in bench.scores)
