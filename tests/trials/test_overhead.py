"""What a change of a model costs: shown beside its gain, never in its place."""

import torch

from assay.trials import Bench, show_overhead
from tests.methods.families import tiny_model

IDS = torch.randint(3, 40, (2, 16), generator=torch.Generator().manual_seed(0))
BATCH = {"input_ids": IDS, "labels": IDS}


def test_the_costs_of_a_deeper_model() -> None:
    bench = Bench(torch.device("cpu"), repeats=3)
    shallow, deep = tiny_model("llama", layers=1), tiny_model("llama", layers=8)
    losses = {"shallow": 3.0, "deep": 2.0}
    bench.claim(bench.compare("loss", losses, candidate="deep", baseline="shallow", better="lower"))
    models = {"shallow": shallow, "deep": deep, "again": shallow}
    show_overhead(bench, models, candidate="deep", baseline="shallow", batch=BATCH)
    assert bench.claimed is not None
    assert bench.claimed.metric == "loss"
    forward, step, memory = bench.beside
    assert [cost.metric for cost in bench.beside] == [
        "time forward, 32 tokens", "time forward and backward, 32 tokens",
        "peak memory forward and backward, 32 tokens",
    ]  # fmt: skip
    for cost in (forward, step, memory):
        assert list(cost.figures) == ["", "shallow", "again"]
        assert cost.candidate > 1.5 * cost.figures["shallow"]
    assert memory.figures["shallow"] == memory.figures["again"]
    assert all(parameter.grad is None for parameter in deep.parameters())
