"""The trials of SpargeAttn run, and notice when the method is broken."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from assay.methods.attention.sparge_attn import BlockPlan, SpargeConfig, TunedSpargeAttn, models, plan_blocks
from assay.methods.attention.sparge_attn import execution as method
from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.trials import Bench, discover, run_trial
from assay.trials.attention import sparge_attn as trials
from tests.trials.scores import claimed, score

ERROR, SKIPPED = "relative L1 error", "tiles skipped"


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.18137")} == {
        "smooth_video": "operator-speedup",
        "long_smooth_video": "operator-speedup",
        "language_model": "operator-speedup",
        "prose": "operator-speedup",
    }


def test_tiles_are_skipped_at_less_error_than_rivals_of_equal_sparsity() -> None:
    measurement = run_trial(trials.smooth_video, quick=True)
    error = score(measurement, ERROR)
    assert error.met
    assert error.candidate < min(arm.value for arm in error.others)
    skipped = score(measurement, SKIPPED)
    assert skipped.candidate > 30
    assert measurement.evidence is Evidence.SIMULATED
    time = claimed(measurement)
    assert time.baseline is not None
    assert time.baseline.name == "dense SDPA"
    assert {arm.name for arm in time.others} == {"dense FlexAttention", "mask prediction alone"}


def test_the_wrong_tiles_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many tiles as the prediction keeps, but those that it holds for the emptiest."""

    def worst(query: Tensor, key: Tensor, config: SpargeConfig, **rest: Any) -> BlockPlan:
        plan = plan_blocks(query, key, config, **rest)
        return replace(plan, kept=plan.kept.flip(-1))

    monkeypatch.setattr(method, "plan_blocks", worst)
    measurement = run_trial(trials.smooth_video, quick=True, repeats=1)
    assert not score(measurement, ERROR).met
    assert measurement.verdict is Verdict.NOT_SEEN


def test_a_mask_that_skips_nothing_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "_tune", lambda calls: SpargeConfig(tau=1.0, theta=1.0))

    def slow(*arguments: Any, **options: Any) -> Tensor:
        for _ in range(3):
            out = method.sparge_attention(*arguments, **options)
        return out

    monkeypatch.setattr(trials, "sparge_attention", slow)
    measurement = run_trial(trials.long_smooth_video, quick=True, repeats=1)
    assert score(measurement, SKIPPED).candidate == 0
    assert measurement.verdict is Verdict.NOT_SEEN


def test_a_language_model_keeps_its_perplexity_and_loses_it_without_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    measurement = run_trial(trials.language_model, quick=True, repeats=1)
    assert score(measurement, "perplexity over dense").met

    def reckless(model: Any, *_: Any, **__: Any) -> TunedSpargeAttn:
        return TunedSpargeAttn({layer: SpargeConfig(topk=0.01, theta=0.0) for layer in models.sparse_layers(model)})

    def scrambled(query: Tensor, key: Tensor, value: Tensor, plan: BlockPlan, **rest: Any) -> Tensor:
        return method.attend(query, key, value.flip(-2), plan, **rest)

    monkeypatch.setattr(trials, "tune_sparge", reckless)
    monkeypatch.setattr(models, "attend", scrambled)
    broken = run_trial(trials.language_model, quick=True, repeats=1)
    assert not score(broken, "perplexity over dense").met
    assert broken.verdict is Verdict.NOT_SEEN


def test_the_field_is_smooth_and_its_rivals_are_as_sparse() -> None:
    bench = Bench(torch.device("cpu"), quick=True)
    call = trials._field(bench, (4, 8, 8), 2, number=0)
    assert call.query.shape == call.key.shape == call.value.shape == (1, 2, 256, 64)
    torch.testing.assert_close(call.query, trials._field(bench, (4, 8, 8), 2, number=0).query, rtol=0, atol=0)
    cosine = torch.cosine_similarity
    near = cosine(call.query[..., :-1, :], call.query[..., 1:, :], dim=-1).mean()
    far = cosine(call.query[..., :128, :], call.query[..., 128:, :], dim=-1).mean()
    assert near > far + 0.1
    plan = call.plan(SpargeConfig(tau=0.5, theta=0.0, block_q=32, block_k=32))
    assert 0 < float(plan.sparsity.mean()) < 1
    by_chance, window = trials._random_tiles(plan, bench.generator()), trials._window(plan)
    for rival in (by_chance, window):
        assert torch.equal(rival.kept.sum(-1), plan.kept.sum(-1))
    assert not torch.equal(by_chance.kept, plan.kept)
    assert window.kept.diagonal(dim1=-2, dim2=-1).all()
