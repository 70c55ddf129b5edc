"""The trials of SCONE run, say what speaks against it, and notice when it is broken."""

from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from assay.methods.architecture.scone_fgrams import FGramTable, FGramVocab, attach
from assay.methods.architecture.scone_fgrams.table import write_table
from assay.papers.measurement import Measurement, Verdict
from assay.trials import Bench, discover, run_trial
from assay.trials.architecture import scone_fgrams as trials
from tests.trials.scores import score


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.01637")} == {
        "perplexity": "olmo-perplexity",
        "compute_cut": "inference-compute-cut",
        "decode_latency": "decode-latency",
        "downstream": "downstream-average",
        "table_size": "table-size",
    }


@pytest.fixture(scope="module")
def trained() -> Measurement:
    return run_trial(trials.perplexity, quick=True)


def test_perplexity_stands_beside_every_fair_arm(trained: Measurement) -> None:
    assert trained.baseline is not None
    assert trained.baseline.value == 14.598
    assert {arm.name for arm in trained.others} == {trials._SMALL, trials._LONGER, trials._ROWS}
    assert "instead of 1B parameters" in trained.setting
    assert score(trained, "training compute").candidate > 1


def test_f_grams_hold_facts_for_which_a_small_model_has_no_room(trained: Measurement) -> None:
    own = score(trained, "accuracy on attributes that each")
    assert own.candidate > 90
    assert own.met
    assert {arm.name: arm.value for arm in own.others}[trials._SMALL] < 60
    assert score(trained, "accuracy on rare entities").candidate > 90


def test_without_matches_it_is_the_small_model_and_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FGramVocab, "match", lambda self, ids, **_: np.full(np.shape(ids), -1))
    found = run_trial(trials.perplexity, quick=True)
    shown = score(found, "perplexity of held-out")
    arms = {arm.name: arm.value for arm in shown.others}
    assert shown.candidate == pytest.approx(arms[trials._SMALL], rel=1e-6)
    own = score(found, "accuracy on attributes that each")
    assert own.candidate == {arm.name: arm.value for arm in own.others}[trials._SMALL]
    assert found.verdict is Verdict.DOES_NOT_HOLD


def test_wrong_rows_of_the_table_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each f-gram is served with the vector of another one."""
    forward = FGramTable.forward
    monkeypatch.setattr(
        FGramTable, "forward", lambda self, rows, embed: forward(self, (rows + 1) % len(self.vocab), embed)
    )
    bench = Bench(device=torch.device("cpu"), quick=True)
    assert trials._taught(bench, trials._Facts(32, 8, 16, 40), "own", trials._OURS) < 60


def test_a_table_adds_no_operations() -> None:
    found = run_trial(trials.compute_cut, quick=True)
    assert found.verdict in {Verdict.HOLDS, Verdict.DIRECTION_HOLDS}
    assert score(found, "operations with f-grams").candidate == 1.0


def test_an_encoder_that_is_kept_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table is never written: f-grams are still encoded while serving."""
    kept: dict[str, Any] = {}
    monkeypatch.setattr(trials, "FGramRows", lambda vocab, embed: vocab)
    monkeypatch.setattr(trials, "export", lambda model, folder: None)
    monkeypatch.setattr(trials, "detach", lambda model: None)
    monkeypatch.setattr(trials, "attach", lambda model, source: source and kept.update(encoder=attach(model, source)))
    found = run_trial(trials.compute_cut, quick=True)
    assert kept
    assert found.verdict is Verdict.DOES_NOT_HOLD
    assert score(found, "operations with f-grams").candidate > 1
    assert score(found, "weights on the model's device").candidate > found.others[0].value / 1e9


def test_decoding_is_timed_in_the_papers_terms() -> None:
    found = run_trial(trials.decode_latency, quick=True)
    assert found.baseline is not None
    assert found.baseline.value == 6.45
    as_it_is = score(found, "decoding time per token, as it is")
    larger = {arm.name: arm.value for arm in as_it_is.others}[trials._LARGE]
    assert found.candidate == pytest.approx(6.45 * as_it_is.candidate / larger)


def test_a_slow_search_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    match = FGramVocab.match

    def slow(self: FGramVocab, ids: Any, **how: Any) -> Any:
        for _ in range(300):
            match(self, ids, **how)
        return match(self, ids, **how)

    monkeypatch.setattr(FGramVocab, "match", slow)
    assert run_trial(trials.decode_latency, quick=True).verdict is Verdict.DOES_NOT_HOLD


def test_the_table_has_the_claimed_size_and_look_ups_are_shown_along_its_rows() -> None:
    found = run_trial(trials.table_size, quick=True)
    assert found.verdict is Verdict.HOLDS
    assert found.candidate is not None
    assert 40.96 < found.candidate < 41.4
    assert found.curves[0].at == (1e3, 1e4, 1e5)
    assert len(found.curves[0].lines) == 3


def test_a_table_of_twice_the_precision_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = partial(write_table, dtype="float32")
    monkeypatch.setattr(trials, "write_table", lambda *what, dtype, batch: twice(*what, batch=batch))
    found = run_trial(trials.table_size, quick=True)
    assert found.verdict is Verdict.DOES_NOT_HOLD


def test_made_up_n_grams_are_all_different_and_well_formed() -> None:
    ngrams = trials._ngrams(20_000)
    vocab = FGramVocab.of(ngrams)
    assert len(vocab) == 20_000
    assert set(vocab.lengths.tolist()) == {2, 3, 4, 5}


def test_the_shared_attribute_follows_from_the_parts() -> None:
    parts, attributes = trials._entities(trials._Facts(200, 8, 16, 1), "shared")
    told: dict[tuple[int, int], int] = {}
    for (first, _, last), attribute in zip(parts.tolist(), attributes.tolist(), strict=True):
        assert told.setdefault((first, last), attribute) == attribute
    assert len(torch.unique(parts, dim=0)) == 200


def test_what_is_missing_is_said() -> None:
    found = run_trial(trials.downstream, quick=True)
    assert found.verdict is Verdict.NOT_TESTABLE
    assert "500 billion tokens" in found.missing
