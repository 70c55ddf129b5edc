"""The trials of APE run, and notice when the method is broken."""

from dataclasses import replace
from typing import Any

import pytest
from transformers import PreTrainedModel

from assay.methods.attention.ape import APE, APECache, KVStates, encode_contexts, join
from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.testbed.models import tiny
from assay.trials import Bench, run_trial
from assay.trials.attention import ape as trials
from assay.trials.declaration import trial_of
from tests.trials.scores import claimed, score


def test_every_trial_names_a_claim() -> None:
    functions = [trials.prefill, trials.whole_answer, trials.quality_kept, trials.gain_over_parallel]
    assert [trial_of(function).claimed().key for function in functions] == [
        "prefill-speedup", "end-to-end-speedup", "rag-quality-kept", "rag-gain-over-parallel",
    ]  # fmt: skip


def test_cached_contexts_save_prefill() -> None:
    found = run_trial(trials.prefill, quick=True)
    assert found.verdict is not Verdict.NOT_SEEN
    assert found.evidence is Evidence.SIMULATED
    ratio = claimed(found).ratio
    assert ratio is not None
    assert ratio > 1  # over 15 on a machine that does nothing else


def test_prefill_that_reuses_nothing_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "_shape", _small)

    def encode_again(prefix: KVStates, requests: list[list[KVStates]]) -> APECache:
        for _ in range(3):
            encode_contexts(models[0], prefix, [[5] * 16] * 8)
        return join(prefix, requests)

    models: list[PreTrainedModel] = []

    def remembered(*args: Any, **options: Any) -> PreTrainedModel:
        models.append(tiny(*args, **options))
        return models[-1]

    monkeypatch.setattr(trials, "tiny", remembered)
    monkeypatch.setattr(trials, "join", encode_again)
    found = run_trial(trials.prefill, quick=True)
    assert found.verdict is Verdict.NOT_SEEN


def test_prefill_in_which_order_matters_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "_shape", _small)

    def without_the_last(prefix: KVStates, requests: list[list[KVStates]]) -> APECache:
        return join(prefix, [contexts[:-1] for contexts in requests])

    monkeypatch.setattr(trials, "join", without_the_last)
    found = run_trial(trials.prefill, quick=True)
    assert score(found, "change of the logits").candidate > 0
    assert found.verdict is Verdict.NOT_SEEN


def test_an_answer_by_an_ape_that_is_not_exact_at_neutral_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "_shape", _small)
    assert score(run_trial(trials.whole_answer, quick=True), "relative error").candidate < 1e-4
    monkeypatch.setattr(trials, "NEUTRAL", APE(temperature=0.5, scale=0.5))
    assert run_trial(trials.whole_answer, quick=True).verdict is Verdict.NOT_SEEN


def test_quality_is_kept_and_lost_when_contexts_are_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    found = run_trial(trials.quality_kept, quick=True)
    assert found.verdict is not Verdict.NOT_SEEN
    assert found.evidence is Evidence.TRAINED_HERE
    assert score(found, "change of the logits").candidate == 0

    ape = trials._Arms._ape
    monkeypatch.setattr(trials._Arms, "_ape", lambda _, arm, best: replace(ape(arm, best), temperature=50.0))
    assert run_trial(trials.quality_kept, quick=True).verdict is Verdict.NOT_SEEN


def test_no_gain_is_no_gain(monkeypatch: pytest.MonkeyPatch) -> None:
    logits = trials._Arms.logits
    # APE that leaves its contexts unread.
    monkeypatch.setattr(
        trials._Arms,
        "logits",
        lambda arms, arm, best: logits(arms, arm, APE(temperature=1.0, scale=0.01) if arm == "APE" else best),
    )
    assert run_trial(trials.gain_over_parallel, quick=True).verdict is Verdict.NOT_SEEN


def _small(_: Bench) -> object:
    return trials._Shape(8, 16, 32, 2, 4, 2, 64, 128)
