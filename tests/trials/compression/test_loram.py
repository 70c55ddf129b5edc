"""The trials of LoRAM run, count what the paper counts, and notice when the method is broken."""

from typing import Any

import pytest
import torch

from assay.methods.compression.loram import Pruning, PruningPlan, _nf4, _recover
from assay.papers.measurement import Verdict
from assay.trials import discover, run_trial
from assay.trials.compression import loram as trials
from tests.trials.scores import score

# `peft` asks transformers by a name that transformers has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.13533")} == {
        "storage_llama31": "storage-reduction-llama31-70b",
        "storage_llama2": "storage-reduction-llama2-70b",
        "training_memory": "training-memory-70b",
        "quality": "mathqa-13b",
        "gsm8k": "gsm8k-13b",
    }


@pytest.mark.parametrize(("trial", "claimed"), [("storage_llama31", 15.81), ("storage_llama2", 16.95)])
def test_the_papers_count_is_found_and_bytes_are_more(trial: str, claimed: float) -> None:
    found = run_trial(getattr(trials, trial), quick=True)
    assert found.verdict is Verdict.DIRECTION_HOLDS
    assert score(found, "that times 16 bits by 4").candidate == pytest.approx(claimed, abs=0.005)
    assert found.ratio is not None
    assert claimed / 2 < found.ratio < claimed
    assert score(found, "bits of a packed weight").candidate == pytest.approx(4.127, abs=0.001)


def test_a_plan_that_keeps_all_does_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pruning, "removed", lambda self, number: 0)
    found = run_trial(trials.storage_llama2, quick=True)
    assert score(found, "times fewer parameters").candidate == 1
    assert found.ratio == pytest.approx(3.7, abs=0.1)  # the 4 bits alone


def test_constants_that_take_more_do_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_nf4, "BLOCK", 8)
    assert run_trial(trials.storage_llama2, quick=True).verdict is Verdict.DOES_NOT_HOLD


@pytest.mark.slow
def test_a_training_step_fits_twenty_gigabytes() -> None:
    found = run_trial(trials.training_memory, quick=True)
    assert found.verdict is Verdict.HOLDS
    assert found.candidate is not None
    assert score(found, "of it, frozen parameters").candidate < found.candidate < 20


def test_two_depths_tell_of_all_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of narrow models, in which a layer's own work does not hide what all layers keep."""
    monkeypatch.setitem(trials._70B, "hidden_size", 1024)
    monkeypatch.setitem(trials._70B, "intermediate_size", 1024)
    by_two = [trials._peak_of(trials._frozen_sized(layers), 1, checkpoints=True) for layers in (7, 8, 10)]
    assert by_two[2] - by_two[1] == pytest.approx(2 * (by_two[1] - by_two[0]), rel=0.02)


@pytest.mark.slow
def test_an_adapter_is_worth_something_on_the_large_model() -> None:
    found = run_trial(trials.quality, quick=True)
    assert found.verdict in {Verdict.HOLDS, Verdict.DIRECTION_HOLDS, Verdict.DOES_NOT_HOLD}
    assert found.baseline is not None
    assert found.baseline.value == pytest.approx(29.61)
    assert score(found, "next tokens hit above the untuned").met
    loss = {arm.name: arm.value for arm in score(found, "held-out loss").others}
    assert score(found, "held-out loss").candidate < loss["untuned large model"]
    assert set(loss) == {*trials._ARMS, "untuned large model"} - {trials._OURS}


@pytest.mark.slow
def test_an_adapter_recovered_wrongly_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recovery that turns what it learnt into its opposite: worse than not to tune."""
    right = _recover.recovered

    def wrong(state: Any, plan: PruningPlan) -> dict[str, torch.Tensor]:
        return {key: -4 * tensor if "lora_B" in key else tensor for key, tensor in right(state, plan).items()}

    monkeypatch.setattr(_recover, "recovered", wrong)
    found = run_trial(trials.quality, quick=True)
    assert found.verdict is Verdict.DOES_NOT_HOLD
    assert not score(found, "next tokens hit above the untuned").met


def test_what_is_missing_is_said() -> None:
    found = run_trial(trials.gsm8k, quick=True)
    assert found.verdict is Verdict.NOT_TESTABLE
    assert "OpenHermes" in found.missing
