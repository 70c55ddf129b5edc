"""The trials of preference leakage run, give the paper's table, and notice when the score is broken."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from assay.methods.evaluation import preference_leakage as method
from assay.methods.evaluation.preference_leakage import _score
from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.testbed.tasks.dictionary_words import Definition
from assay.trials import discover, run_trial
from assay.trials.evaluation import preference_leakage as trials
from assay.trials.evaluation.preference_leakage import _languages, pretrained
from assay.trials.evaluation.preference_leakage._published import _ROWS, PAIRS, published_score
from tests.trials.scores import claimed, score

# `peft` asks transformers by a name that transformers has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")

TABLE = {
    ("Arena-Hard", "Mistral-7B"): (28.7, -1.5, 13.1),
    ("Arena-Hard", "Qwen-2.5-14B"): (37.1, 1.0, 25.4),
    ("AlpacaEval 2.0", "Mistral-7B"): (18.4, 1.4, 19.8),
    ("AlpacaEval 2.0", "Qwen-2.5-14B"): (18.6, 2.3, 18.4),
}
"""Table 1 as it is printed, by the pairs of `PAIRS`."""


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.01534")} == {
        "table_alpacaeval": "alpacaeval-leakage",
        "table_arena_hard": "arena-hard-leakage",
        "table_mean": "mean-leakage",
        "by_share": "leakage-by-synthetic-share",
        "little_synthetic_data": "little-synthetic-data-leakage",
        "tuned_copies": "alpacaeval-leakage",
        "recognition": "student-classifier-accuracy",
    }


@pytest.mark.parametrize(("cell", "printed"), TABLE.items())
def test_the_table_comes_out_of_the_printed_rates(cell: tuple[str, str], printed: tuple[float, ...]) -> None:
    assert len(_ROWS) == 12
    for pair, value in zip(PAIRS, printed, strict=True):
        assert published_score(*cell, pair) == pytest.approx(value, abs=0.1)


@pytest.mark.parametrize("trial", [trials.table_alpacaeval, trials.table_arena_hard, trials.table_mean])
def test_the_claims_hold_by_the_printed_rates(trial: Any) -> None:
    measurement = run_trial(trial, quick=True)
    assert measurement.verdict is Verdict.SEEN  # a quick run is never in the claim's own setting
    assert measurement.evidence is Evidence.AS_CLAIMED
    assert len(claimed(measurement).others) == 5


def test_leakage_grows_with_the_share() -> None:
    measurement = run_trial(trials.by_share, quick=True)
    assert measurement.verdict is Verdict.SEEN
    kinship = score(measurement, "score by kinship to the judge")
    assert kinship.candidate > kinship.others[0].value
    little = run_trial(trials.little_synthetic_data, quick=True)
    assert little.verdict in (Verdict.SEEN, Verdict.DIRECTION_SEEN)


def test_a_score_that_is_blind_to_the_judge_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each judge's rates in the place of the other's."""
    right = _score._scores
    monkeypatch.setattr(_score, "_scores", lambda rates: right(rates[:, ::-1]))
    _languages.run.cache_clear()
    try:
        assert run_trial(trials.by_share, quick=True).verdict is Verdict.NOT_SEEN
        assert run_trial(trials.table_arena_hard, quick=True).verdict is Verdict.NOT_SEEN
    finally:
        _languages.run.cache_clear()


def test_judges_of_copies_by_likelihood_and_letter(tiny_model: Path) -> None:
    from assay.testbed.pretrained import load_language_model

    lm = load_language_model(tiny_model)
    words = [f"{a}{b}" for a in ("ab", "cd", "ef", "gh") for b in ("xx", "yy", "zz")]
    works = {
        name: tuple(Definition(word, f"{word} is {mark * 6}") for word in (*words, *(f"{name}{n}" for n in range(4))))
        for name, mark in (("p", "!"), ("q", "?"))
    }
    size = pretrained._Size((2, 1), 2, 6, 8, 2, 2)
    figures = pretrained._measure_all(lm, works, size, 0)
    assert figures["generators"] == ("p", "q")
    assert len(figures["likelihood"]) == 3 * 8
    assert len(figures["letter"]) == 2 * 2
    rows = pretrained._judgments(figures["likelihood"])
    assert {row.judge for row in rows} == {"p", "q", "untuned model"}
    assert all(sum(row.wins) in (0, 1) for row in rows)
    assert np.isfinite(figures["apart"])
    batch = pretrained._batches(lm, works["p"], size)(0)
    labelled = batch["input_ids"][0][batch["labels"][0] != -100]
    assert str(lm.tokenizer.decode(labelled)).startswith(" abxx is !")
    assert torch.equal(batch["attention_mask"].sum(1) > 0, torch.ones(2, dtype=torch.bool))


def test_method_and_trial_share_one_score() -> None:
    assert method.leakage_score is _score.leakage_score
