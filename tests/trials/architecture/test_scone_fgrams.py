"""The trials of SCONE run, say what speaks against it, and notice when it is broken."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from assay.methods.architecture.scone_fgrams import FGramTable, FGramVocab, Scone, write_table
from assay.papers.measurement import Evidence, Measurement
from assay.papers.verdict import Verdict
from assay.trials import Bench, discover, run_trial
from assay.trials.architecture import _fgram_tables
from assay.trials.architecture import scone_fgrams as trials
from tests.trials.scores import claimed, score


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.01637")} == {
        "perplexity": "olmo-perplexity",
        "compute_cut": "inference-compute-cut",
        "decode_latency": "decode-latency",
        "table_size": "table-size",
    }


@pytest.fixture(scope="module")
def perplexity() -> Measurement:
    return run_trial(trials.perplexity, quick=True)


def test_perplexity_stands_beside_every_fair_arm(perplexity: Measurement) -> None:
    comparison = claimed(perplexity)
    assert comparison.baseline is not None
    assert comparison.baseline.name == trials._LARGE
    assert {arm.name for arm in comparison.others} == {trials._SMALL, trials._LONGER, trials._ROWS}
    assert (perplexity.evidence, perplexity.model) == (Evidence.TRAINED_HERE, "Llama, 32 wide, 1 layers")
    assert "instead of 1B parameters" in perplexity.differs[0]
    assert score(perplexity, "training compute").candidate > 1


def test_a_larger_model_that_is_no_better_is_no_bar(perplexity: Measurement) -> None:
    bar = score(perplexity, "perplexity of the small model, by the larger one's")
    assert bar.binds == "measurement"
    worse = bar.model_copy(update={"candidate": 0.9, "interval": None})
    beside = tuple(worse if each is bar else each for each in perplexity.beside)
    measurement = perplexity.model_copy(update={"beside": beside})
    assert measurement.verdict is Verdict.UNDECIDED
    assert bar.metric in measurement.verdict_reason


def test_f_grams_hold_facts_for_which_a_small_model_has_no_room(perplexity: Measurement) -> None:
    own = score(perplexity, "accuracy on attributes that each")
    assert own.candidate > 90
    assert own.met
    assert own.figures[trials._SMALL] < 60
    assert score(perplexity, "accuracy on rare entities").candidate > 90


def were_there_a_bar(measurement: Measurement) -> Measurement:
    """The same measurement without the condition on it: in a quick run the larger model is no better."""
    beside = tuple(each for each in measurement.beside if each.binds == "method")
    return measurement.model_copy(update={"beside": beside})


def test_without_matches_it_is_the_small_model_and_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FGramVocab, "match", lambda self, ids, **_: np.full(np.shape(ids), -1))
    measurement = run_trial(trials.perplexity, quick=True)
    comparison = claimed(measurement)
    assert comparison.candidate == pytest.approx(comparison.figures[trials._SMALL], rel=1e-6)
    own = score(measurement, "accuracy on attributes that each")
    assert own.candidate == own.figures[trials._SMALL]
    assert not own.met
    assert were_there_a_bar(measurement).verdict is Verdict.NOT_SEEN


def test_wrong_rows_of_the_table_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each f-gram is served with the vector of another one."""
    forward = FGramTable.forward
    monkeypatch.setattr(
        FGramTable, "forward", lambda self, rows, embed: forward(self, (rows + 1) % len(self.vocab), embed)
    )
    bench = Bench(device=torch.device("cpu"), quick=True)
    assert trials._recall(bench, trials._Facts(32, 8, 16, 40), "own", trials._OURS) < 60


def test_a_table_adds_no_operations() -> None:
    measurement = run_trial(trials.compute_cut, quick=True)
    assert measurement.verdict in {Verdict.SEEN, Verdict.DIRECTION_SEEN}
    assert measurement.evidence is Evidence.SIMULATED
    assert score(measurement, "operations with f-grams").candidate == 1.0


def test_an_encoder_that_is_kept_adds_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table is never written: f-grams are still encoded while serving."""
    insert = Scone.insert
    monkeypatch.setattr(Scone, "insert", lambda self, model: insert(replace(self, source="encoder"), model))
    monkeypatch.setattr(trials, "_put_table", lambda model, folder: None)
    measurement = run_trial(trials.compute_cut, quick=True)
    assert measurement.verdict is Verdict.NOT_SEEN
    assert score(measurement, "operations with f-grams").candidate > 1
    assert not score(measurement, "weights on the model's device").met


def test_decoding_is_timed_against_the_larger_model() -> None:
    measurement = run_trial(trials.decode_latency, quick=True)
    timed = claimed(measurement)
    assert timed.baseline is not None
    assert timed.baseline.name == trials._LARGE
    assert timed.ratio_interval is not None
    assert measurement.evidence is Evidence.SIMULATED


def test_a_slow_search_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    match = FGramVocab.match

    def slow(self: FGramVocab, ids: Any, **how: Any) -> Any:
        for _ in range(1_000):
            match(self, ids, **how)
        return match(self, ids, **how)

    monkeypatch.setattr(FGramVocab, "match", slow)
    assert run_trial(trials.decode_latency, quick=True).verdict is Verdict.NOT_SEEN


def test_the_table_has_the_claimed_size_and_look_ups_are_shown_along_its_rows() -> None:
    measurement = run_trial(trials.table_size, quick=True)
    assert measurement.evidence is Evidence.AS_CLAIMED
    assert measurement.verdict is Verdict.NOT_JUDGED  # a quick run never is in the claim's setting
    assert at_full_size(measurement).verdict is Verdict.HOLDS
    assert 40.96 < claimed(measurement).candidate < 41.4
    assert measurement.curves[0].at == (1e3, 1e4, 1e5)
    assert len(measurement.curves[0].lines) == 3


def test_a_table_of_twice_the_precision_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = partial(write_table, dtype="float32")
    monkeypatch.setattr(_fgram_tables, "write_table", lambda *what, dtype, batch: twice(*what, batch=batch))
    assert at_full_size(run_trial(trials.table_size, quick=True)).verdict is Verdict.DOES_NOT_HOLD


def at_full_size(measurement: Measurement) -> Measurement:
    """What a run with the same figures would be if it were no quick one."""
    return measurement.model_copy(update={"quick": False})


def test_made_up_n_grams_are_all_different_and_well_formed() -> None:
    ngrams = _fgram_tables.make_ngrams(20_000)
    vocab = FGramVocab.of(ngrams)
    assert len(vocab) == 20_000
    assert set(vocab.lengths.tolist()) == {2, 3, 4, 5}
