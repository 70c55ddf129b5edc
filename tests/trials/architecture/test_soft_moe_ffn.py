"""The trials of Steel-LLM run, show the leak of the paper's own block, and notice when something is broken."""

from typing import Any

import pytest
import torch
from torch import Tensor

from assay.methods.architecture.soft_moe_ffn import SoftMoELayer
from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.trials import discover, run_trial
from assay.trials.architecture import soft_moe_ffn as trials
from tests.trials.scores import claimed, score


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.06635")} == {
        "language_ratio": "matched-language-ratio-ceval",
        "throughput": "training-throughput",
    }


def test_the_ratio_is_measured_and_only_the_papers_block_leaks() -> None:
    found = run_trial(trials.language_ratio, quick=True)
    accuracy = claimed(found)
    assert accuracy.baseline is not None
    assert accuracy.baseline.name == "majority only"
    assert accuracy.figures.keys() == {"", "majority only", "majority only, as many tokens", "100% added"}
    assert score(found, "next-token accuracy in held-out help texts").figures.keys() == accuracy.figures.keys()
    leak = score(found, "change of earlier logits")
    assert leak.met
    by_block = {arm.name: arm.value for arm in leak.others}
    assert by_block.pop("the paper's, over the sequence") > 1e-3
    assert max(by_block.values()) <= 1e-5
    assert score(found, "loss decoded less loss as trained").met
    assert {line.name for curve in found.curves for line in curve.lines} >= {"gated twice, no mixture"}
    assert (found.evidence, found.model) == (Evidence.TRAINED_HERE, "Qwen2, 32 wide, 2 layers")
    assert found.differs[0].startswith("6 gated-twice experts per token, 40 steps")


def test_of_a_mixture_that_leaks_nothing_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = SoftMoELayer.forward

    def forward(self: Any, x: Tensor) -> Tensor:
        return plain(self, x + x.mean(1, keepdim=True))

    monkeypatch.setattr(SoftMoELayer, "forward", forward)
    found = run_trial(trials.language_ratio, quick=True)
    assert found.verdict is Verdict.UNDECIDED
    assert "change of earlier logits" in found.verdict_reason
    assert not score(found, "change of earlier logits").met
    assert not score(found, "loss decoded less loss as trained").met


def test_kernels_that_compute_something_else_are_no_gain(monkeypatch: pytest.MonkeyPatch) -> None:
    found = run_trial(trials.throughput, quick=True)
    assert score(found, "loss after 2 steps").met
    timed = claimed(found)
    assert timed.baseline is not None
    assert timed.baseline.name == "unfused"
    assert {arm.name for arm in timed.others} == {"fused attention only", "fused norms only", "fused AdamW only"}
    assert found.evidence is Evidence.SIMULATED

    def wrong(model: Any) -> None:
        for module in model.modules():
            if "RMSNorm" in type(module).__name__:
                torch.nn.init.constant_(module.weight, 2.0)

    monkeypatch.setattr(trials, "_fuse_norms", wrong)
    found = run_trial(trials.throughput, quick=True)
    assert found.verdict is Verdict.NOT_SEEN
    assert not score(found, "loss after 2 steps").met
