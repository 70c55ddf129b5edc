"""The trials of MatQuant run, show what else could explain the gain, and notice when the method is broken."""

from typing import Any

import pytest
import torch
from torch import Tensor

from assay.methods.compression.matquant import MatQuant, Term, _codes
from assay.papers.measurement import Evidence, Measurement
from assay.papers.verdict import Verdict
from assay.trials import discover, run_trial
from assay.trials.compression import matquant as trials
from tests.trials.scores import claimed, score


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.06786")} == {
        "int2": "int2-accuracy-gain",
        "int8": "int8-task-average",
        "extra_bit": "extra-bit-gain",
        "int2_pretrained": "int2-accuracy-gain",
    }


def loss_at_int2(measurement: Measurement) -> dict[str, float]:
    scores = score(measurement, "held-out loss at int2")
    return {"MatQuant": scores.candidate} | {arm.name: arm.value for arm in scores.others}


@pytest.mark.slow
def test_two_bits_are_better_than_those_of_eight() -> None:
    measurement = run_trial(trials.int2, quick=True)
    assert measurement.evidence is Evidence.TRAINED_HERE
    assert measurement.model == "Llama, 32 wide, 2 layers"
    hit = claimed(measurement)
    assert hit.baseline is not None
    assert hit.baseline.name == "QAT for int2"
    loss = loss_at_int2(measurement)
    assert loss["MatQuant"] < loss["QAT for int8, sliced"] - 0.05
    assert loss["MatQuant"] < loss["quantised after training (PTQ)"] - 0.05
    assert loss["MatQuant"] < loss["QAT for int2"] + 0.06
    for width in ("8", "6, never trained", "4", "3, never trained", "2"):
        scores = score(measurement, f"held-out loss at int{width}")
        arms = [arm.name.removesuffix(" (one seed)") for arm in scores.others]
        assert arms[:3] == [f"QAT for int{width[0]}", "Single-Precision MatQuant", "quantised after training (PTQ)"]
    step = score(measurement, "time forward and backward")
    assert step.baseline is not None
    assert step.baseline.name == "QAT for int2"
    assert [arm.name for arm in step.others] == ["trained on in full precision"]
    assert step.candidate > 1.5 * step.baseline.value


@pytest.mark.slow
def test_eight_bits_are_held_against_training_for_them_alone() -> None:
    hit = claimed(run_trial(trials.int8, quick=True))
    assert hit.baseline is not None
    assert hit.baseline.name == "QAT for int8"
    assert hit.ratio == pytest.approx(hit.candidate / hit.baseline.value)


@pytest.mark.slow
def test_an_extra_bit_costs_little() -> None:
    measurement = run_trial(trials.extra_bit, quick=True)
    assert 2 < score(measurement, "bits of a weight").candidate < 2.1
    assert measurement.verdict is not Verdict.NOT_TESTABLE


@pytest.mark.slow
def test_a_lack_of_a_term_for_two_bits_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(trials._ARMS, "MatQuant", MatQuant(terms=(Term(8), Term(4, 0.1))))
    measurement = run_trial(trials.int2, quick=True)
    assert measurement.verdict is Verdict.NOT_SEEN
    assert loss_at_int2(measurement)["MatQuant"] > loss_at_int2(measurement)["QAT for int2"] + 0.06


@pytest.mark.slow
def test_slices_of_the_wrong_bits_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bits at the bottom of a code instead of those at its top; plain QAT for 2 bits has no others."""

    def bottom(values: Tensor, bits: int, master: int = 8, **_: Any) -> Tensor:
        codes: Tensor = values.to(torch.int16) & (2**bits - 1)
        return codes << (master - bits)

    monkeypatch.setattr(_codes, "cut", bottom)
    measurement = run_trial(trials.int2, quick=True)
    assert measurement.verdict is Verdict.NOT_SEEN
    assert loss_at_int2(measurement)["MatQuant"] > loss_at_int2(measurement)["QAT for int2"] + 0.06
    assert run_trial(trials.int8, quick=True).verdict is Verdict.NOT_SEEN
