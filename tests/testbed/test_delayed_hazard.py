"""A hazard lasts as long as it should, and what is costly comes within it."""

import torch

from assay.testbed.tasks.delayed_hazard import AVOIDABLE, CERTAIN, COSTLY, TRIGGER
from assay.testbed.tasks.task import BEGIN


def test_what_is_costly_follows_a_trigger() -> None:
    for world, least in ((CERTAIN, 0.9), (AVOIDABLE, 0.3)):
        texts = world.draw(400, torch.Generator().manual_seed(0))
        assert (texts[:, 0] == BEGIN).all()
        behind = texts[:, 2:][texts[:, 1:-1] == TRIGGER]
        assert least < float((behind == COSTLY).double().mean()) < least + 0.15
        within_budget = float(((texts == COSTLY).sum(1) <= 2).double().mean())
        assert 0.25 < within_budget < 0.5
    batch = CERTAIN.batches(4, seed=1)(7)
    assert torch.equal(batch["input_ids"], CERTAIN.batches(4, seed=1)(7)["labels"])
