"""The trials of FastKV run, and notice when the method is broken."""

from time import thread_time
from typing import Any

import pytest
from torch import Tensor

from assay.methods.attention.fastkv import FastKV, RetainedLayer, Selection, select
from assay.methods.attention.fastkv import _reading as method
from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.trials import discover, run_trial
from assay.trials.attention import fastkv as trials
from tests.trials.scores import claimed, score


def test_they_are_found() -> None:
    claims = {trial.function: trial.claim for trial in discover("2502.01068")}
    assert claims == {
        "reading": "prefill-speedup",
        "first_token": "time-to-first-token",
        "decoding": "decoding-speedup",
        "answering": "prefill-speedup",
    }


def test_reading() -> None:
    measured = run_trial(trials.reading, quick=True)
    loss = score(measured, "accuracy lost to the full cache")
    assert loss.met
    assert loss.candidate <= 2.0
    arms = {arm.name: arm.value for arm in score(measured, "accuracy on key-value documents").others}
    assert arms["full cache"] >= 90
    assert arms["StreamingLLM"] < 60
    assert arms["random tokens"] < 70
    assert arms["FastKV at layer 0"] < arms["FastKV at layer 2"] - 20
    assert score(measured, "work of the full prefill over FastKV's").candidate > 1.5
    assert measured.evidence is Evidence.SIMULATED
    assert measured.model == "Llama of random weights, 64 wide, 4 layers"
    assert measured.differs[0].startswith(
        "time on random weights and a prompt of 1,024 random tokens; accuracy on recall"
    )


def test_reading_the_wrong_tokens_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def worst(scores: Tensor, *rest: Any) -> Selection:
        return select(-scores, *rest)

    monkeypatch.setattr(method, "select", worst)
    measured = run_trial(trials.reading, quick=True)
    assert not score(measured, "accuracy lost to the full cache").met
    assert measured.verdict is Verdict.NOT_SEEN


def test_a_model_that_did_not_learn_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "_STAGES", ((3, 3, 8, 2),))
    measured = run_trial(trials.reading, quick=True)
    assert measured.verdict is Verdict.NOT_TESTABLE


def test_first_token() -> None:
    measured = run_trial(trials.first_token, quick=True)
    time = claimed(measured)
    assert time.baseline is not None
    assert time.baseline.name == "SnapKV"
    assert time.ratio is not None  # how large it is at this size is a matter of luck


def test_choosing_the_layer_for_every_prompt_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """More readings of the whole prompt take longer than is saved."""
    begin = method.Reading._begin

    def choose_again(self: method.Reading, *rest: Any) -> None:
        for _ in range(3 if self.press.tsp_rate < 1 else 0):
            self.tsp_layer = self._prompt = None
            begin(self, *rest)
        begin(self, *rest)

    monkeypatch.setattr(method.Reading, "_begin", choose_again)
    assert run_trial(trials.first_token, quick=True, repeats=1).verdict is Verdict.NOT_SEEN


def test_decoding() -> None:
    measured = run_trial(trials.decoding, quick=True)
    assert score(measured, "share of the cache that is stored").candidate == pytest.approx(10, abs=0.1)
    assert {arm.name for arm in claimed(measured).others} >= {"SnapKV", "full cache of 1/2", "full cache of 1/10"}


def test_a_cache_that_is_slow_to_grow_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    update = RetainedLayer.update

    def slow(self: RetainedLayer, *rest: Any) -> Any:
        began = thread_time()
        while self.is_initialized and thread_time() - began < 0.05:
            pass
        return update(self, *rest)

    monkeypatch.setattr(FastKV, "retained", lambda self, length: length)
    monkeypatch.setattr(RetainedLayer, "update", slow)
    assert run_trial(trials.decoding, quick=True, repeats=1).verdict is Verdict.NOT_SEEN
