"""The trials of statistics for language models run, and notice procedures that do not keep their promise."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.methods.evaluation.llm_statistics import GumbelWatermark, SplitConformal, conformal
from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.testbed.pretrained import load_language_model
from assay.testbed.tasks.country_facts import CountryFact
from assay.trials import discover, run_trial
from assay.trials.bench import Bench
from assay.trials.evaluation import llm_statistics as trials
from assay.trials.evaluation.llm_statistics import pretrained
from tests.trials.scores import score


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.17814")} == {
        "coverage": "coverage-by-level",
        "sets": "coverage-by-level",
        "marks": "watermark-power-by-length",
        "entropy": "errors-by-semantic-entropy",
    }


def test_what_is_promised_is_kept_and_the_rivals_do_not() -> None:
    measurement = run_trial(trials.coverage, quick=True)
    assert measurement.verdict is Verdict.SEEN
    assert measurement.evidence is Evidence.SIMULATED
    off = score(measurement, "distance from the rate")
    assert off.met
    assert off.others[0].value > 2 * off.candidate
    judge = next(arm for arm in score(measurement, "intervals of 90 %").others if arm.name == "judge alone")
    assert judge.value < 50


def test_a_quantile_that_is_too_low_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conformal, "conformal_quantile", lambda scores, alpha: float(np.quantile(scores, 0.5)))
    measurement = run_trial(trials.coverage, quick=True)
    assert measurement.verdict is Verdict.NOT_SEEN
    assert not score(measurement, "distance from the rate").met


def test_sets_of_a_model_that_knows_nothing_hold_the_right_option_all_the_same(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ignorant(bench: Any, lm: Any, each: int) -> Any:
        rng = np.random.default_rng(0)
        return rng.dirichlet(np.ones(4), size=200), rng.integers(4, size=200)

    monkeypatch.setattr(pretrained, "_probabilities", ignorant)
    measurement = run_trial(pretrained.sets, quick=True, model=tiny_model)
    assert score(measurement, "distance from the rate").met
    monkeypatch.setattr(SplitConformal, "predict_set", lambda self, p: np.ones(p.shape, dtype=bool))
    assert run_trial(pretrained.sets, quick=True, model=tiny_model).verdict is Verdict.NOT_SEEN


def test_marks_are_found_in_what_a_model_writes(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def written(bench: Bench, lm: Any, arm: str, texts: int, tokens: int) -> list[list[int]]:
        import torch

        mark, generator = GumbelWatermark(key=bench.seed + 1), torch.Generator().manual_seed(0)
        ids = torch.randint(20, 250, (texts, 4), generator=generator)
        law = torch.zeros(texts, 259)
        for _ in range(tokens):
            scores = mark.mark(ids, law) if arm == pretrained._GUMBEL else law
            ids = torch.cat([ids, torch.multinomial(scores.softmax(-1), 1, generator=generator)], dim=1)
        return ids[:, 4:].tolist()  # type: ignore[no-any-return]

    monkeypatch.setattr(pretrained, "_write", written)
    measurement = run_trial(pretrained.marks, quick=True, model=tiny_model)
    assert measurement.curves[0].lines[0].values[-1] == 100
    assert score(measurement, "false alarms").met


def test_each_answer_gets_its_doubts(tiny_model: Path) -> None:
    facts = tuple(CountryFact("capital", *pair) for pair in (("France", "Paris"), ("Ghana", "Accra"), ("Peru", "Lima")))
    rows = pretrained._answers(load_language_model(tiny_model), facts, 2, seed=0)
    assert len(rows) == 3
    assert all(row[pretrained._LIKELIHOOD] > 0 and not row["right"] for row in rows)
