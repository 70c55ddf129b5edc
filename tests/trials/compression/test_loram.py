"""The trials of LoRAM run, count what the paper counts, and notice when the method is broken."""

from typing import Any

import pytest
import torch

from assay.methods.compression.loram import Pruning, PruningPlan, _nf4, _recover
from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.trials import discover, run_trial
from assay.trials.compression import loram as trials
from assay.trials.compression.loram._adapters import ARMS, OURS
from assay.trials.compression.loram._sizes import SIZES_70B, frozen_70b, peak_bytes
from tests.trials.scores import claimed, score

# `peft` asks transformers by a name that transformers has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.13533")} == {
        "storage_llama31": "storage-reduction-llama31-70b",
        "storage_llama2": "storage-reduction-llama2-70b",
        "training_memory": "training-memory-70b",
        "quality": "mathqa-13b",
        "quality_pretrained": "mathqa-13b",
    }


@pytest.mark.parametrize(("trial", "paper"), [("storage_llama31", 15.81), ("storage_llama2", 16.95)])
def test_the_papers_count_is_found_and_bytes_are_more(trial: str, paper: float) -> None:
    measurement = run_trial(getattr(trials, trial), quick=True)
    assert measurement.evidence is Evidence.AS_CLAIMED
    assert claimed(measurement).ratio == pytest.approx(paper, abs=0.005)
    stored = score(measurement, "bytes really stored").ratio
    assert stored is not None
    assert paper / 2 < stored < paper
    assert score(measurement, "bits of a packed weight").candidate == pytest.approx(4.127, abs=0.001)


def test_a_plan_that_keeps_all_does_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pruning, "prunes", lambda self, number: 0)
    measurement = run_trial(trials.storage_llama2, quick=True)
    assert score(measurement, "times fewer parameters").candidate == 1
    assert claimed(measurement).ratio == 4  # the 4 bits alone
    assert score(measurement, "bytes really stored").ratio == pytest.approx(3.7, abs=0.1)
    assert measurement.verdict is Verdict.DIRECTION_SEEN


def test_constants_that_take_more_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_nf4, "BLOCK", 8)
    assert run_trial(trials.storage_llama2, quick=True).verdict is Verdict.NOT_SEEN


@pytest.mark.slow
def test_a_training_step_fits_twenty_gigabytes() -> None:
    measurement = run_trial(trials.training_memory, quick=True)
    assert measurement.verdict is Verdict.SEEN
    assert measurement.evidence is Evidence.SIMULATED
    assert score(measurement, "of it, frozen parameters").candidate < claimed(measurement).candidate < 20


def test_two_depths_tell_of_all_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of narrow models, in which a layer's own work does not hide what all layers keep."""
    monkeypatch.setitem(SIZES_70B, "hidden_size", 1024)
    monkeypatch.setitem(SIZES_70B, "intermediate_size", 1024)
    by_two = [peak_bytes(frozen_70b(layers), texts=1, checkpoints=True) for layers in (7, 8, 10)]
    assert by_two[2] - by_two[1] == pytest.approx(2 * (by_two[1] - by_two[0]), rel=0.02)


@pytest.mark.slow
def test_an_adapter_is_worth_something_on_the_large_model() -> None:
    measurement = run_trial(trials.quality, quick=True)
    hit = claimed(measurement)
    assert hit.baseline is not None
    assert hit.baseline.name == "LoRA on a natively small model"
    assert score(measurement, "next tokens hit above the untuned").met
    loss = {arm.name: arm.value for arm in score(measurement, "held-out loss").others}
    assert score(measurement, "held-out loss").candidate < loss["untuned large model"]
    assert set(loss) == {*ARMS, "untuned large model"} - {OURS}


@pytest.mark.slow
def test_an_adapter_recovered_wrongly_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recovery that turns what it learnt into its opposite: worse than not to tune."""
    right = _recover.recover

    def wrong(state: Any, plan: PruningPlan) -> dict[str, torch.Tensor]:
        return {key: -4 * tensor if "lora_B" in key else tensor for key, tensor in right(state, plan).items()}

    monkeypatch.setattr(_recover, "recover", wrong)
    measurement = run_trial(trials.quality, quick=True)
    assert measurement.verdict is Verdict.NOT_SEEN
    assert not score(measurement, "next tokens hit above the untuned").met
