"""The trials of LM2's memory run, and a broken memory is noticed."""

from typing import Any

import pytest
import torch
from torch import Tensor

from assay.methods.architecture.lm2_memory import GatedMemory
from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.trials import discover, run_trial
from assay.trials.architecture import lm2_memory as trials
from tests.trials.scores import claimed, score

SIZE = trials._Size(32, 8, 16, 64, 6, 24, 4, 12, (32, 64, 128), 16)


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.06049")} == {
        "over_rmt": "babilong-over-rmt",
        "over_llama": "babilong-over-llama",
    }


def test_arms_begin_alike_and_the_wider_one_has_no_fewer_parameters() -> None:
    arms: dict[str, Any] = {arm: trials._new(SIZE, arm, 0) for arm in trials._ARMS}
    plain, tokens = arms["window"], trials._training_batch(SIZE, 0, 0)["input_ids"]
    for arm in ("RMT", "LM2", "full attention"):
        weights = arms[arm].state_dict()
        assert all(torch.equal(weights[name], tensor) for name, tensor in plain.state_dict().items())
    with torch.no_grad():
        assert torch.equal(arms["LM2"](tokens).logits, plain(tokens).logits)
    assert arms["window, more parameters"].num_parameters() >= arms["LM2"].num_parameters()
    assert arms["LM2"].num_parameters() > plain.num_parameters()


def test_rmt_sees_its_segment_and_earlier_ones_through_its_tokens_alone() -> None:
    model: Any = trials._new(SIZE, "RMT", 0)
    ids = trials._training_batch(SIZE, 0, 0)["input_ids"]
    embeddings = model.model.embed_tokens.weight
    for place in (3, 16, 40):
        logits = model(ids).logits[0]
        inputs = torch.autograd.grad(logits[place].square().sum(), embeddings, retain_graph=True)[0].any(-1)
        assert set(inputs.nonzero().flatten().tolist()) == set(ids[0, : place + 1].tolist())


@pytest.mark.parametrize("trial", [trials.over_rmt, trials.over_llama])
def test_all_arms_are_compared(trial: Any) -> None:
    measurement = run_trial(trial, quick=True)
    assert claimed(measurement).figures.keys() == {"", *trials._ARMS} - {"LM2"}
    assert not any(each.bounded for each in measurement.beside)
    assert (measurement.evidence, measurement.model) == (Evidence.TRAINED_HERE, "Mistral, 32 wide, 2 layers")
    assert measurement.differs[0].startswith("stories of 64 tokens in training and up to 128 in the test")
    if trial is trials.over_llama:
        assert {arm.name for arm in score(measurement, "parameters").others} == set(trials._ARMS) - {"LM2"}
        assert score(measurement, "time forward, ").candidate > 0


@pytest.mark.parametrize("trial", [trials.over_rmt, trials.over_llama])
def test_a_memory_that_hands_out_noise_gains_nothing(trial: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def noise(_: GatedMemory, text: Tensor, __: list[Tensor]) -> Tensor:
        return 1e3 * torch.randn_like(text)

    monkeypatch.setattr(GatedMemory, "_read", noise)
    measurement = run_trial(trial, quick=True)
    assert measurement.verdict is Verdict.NOT_SEEN
    assert claimed(measurement).candidate < 15
