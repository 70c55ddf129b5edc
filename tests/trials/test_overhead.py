"""What a change of a model costs: shown beside its gain, never in its place."""

import pytest
import torch

from assay.trials import Bench, show_overhead
from tests.methods.families import tiny_model

IDS = torch.randint(3, 40, (2, 16), generator=torch.Generator().manual_seed(0))
BATCH = {"input_ids": IDS, "labels": IDS}


def test_the_costs_of_a_deeper_model() -> None:
    bench = Bench(torch.device("cpu"), repeats=3)
    shallow, deep = tiny_model("llama", layers=1), tiny_model("llama", layers=8)
    bench.measure("loss", baseline=("shallow", 3.0), candidate=2.0, better="lower")
    show_overhead(bench, baseline=("shallow", shallow), candidate=deep, batch=BATCH, others={"again": shallow})
    assert bench.result is not None
    assert bench.result.metric == "loss"
    forward, step, memory = bench.scores
    assert [score.name for score in bench.scores] == [
        "time forward, 32 tokens", "time forward and backward, 32 tokens",
        "peak memory forward and backward, 32 tokens",
    ]  # fmt: skip
    for score in (forward, step, memory):
        assert [arm.name for arm in score.others] == ["shallow", "again"]
        assert score.candidate > 1.5 * score.others[0].value
    assert memory.others[0].value == memory.others[1].value
    assert all(parameter.grad is None for parameter in deep.parameters())


def test_a_cost_is_not_a_claim() -> None:
    model = tiny_model("llama")
    with pytest.raises(ValueError, match="show_overhead comes after the measurement"):
        show_overhead(Bench(torch.device("cpu")), baseline=("plain", model), candidate=model, batch=BATCH)
