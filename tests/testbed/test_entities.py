"""Entities are all different, and only their attributes are asked for."""

import torch

from assay.testbed.tasks import IGNORED, draw_entities, entity_batches, entity_vocabulary


def test_an_attribute_follows_from_the_parts() -> None:
    entities = draw_entities(200, tokens=8, attributes=16, from_parts=True)
    attribute_of: dict[tuple[int, int], int] = {}
    for first, _, last, attribute in entities.tolist():
        assert attribute_of.setdefault((first, last), attribute) == attribute
    assert len(torch.unique(entities[:, :3], dim=0)) == 200


def test_entities_stand_in_rows_as_often_as_their_weights_say() -> None:
    entities = draw_entities(4, tokens=2, attributes=3)
    weights = torch.tensor([1.0, 1.0, 0.0, 2.0])
    batches = entity_batches(entities, weights, size=50, seed=0)
    batch = batches(0)
    assert torch.equal(batch["input_ids"], entity_batches(entities, weights, size=50, seed=0)(0)["input_ids"])
    assert not torch.equal(batch["input_ids"], batches(1)["input_ids"])
    rows = batch["input_ids"].view(-1, 4)
    counts = [int((rows == entity).all(1).sum()) for entity in entities]
    assert (sum(counts), counts[2]) == (800, 0)
    assert abs(counts[3] - 400) < 80
    answers = batch["labels"] != IGNORED
    assert torch.equal(batch["labels"][answers], rows[:, 3])
    assert int(rows.max()) < entity_vocabulary(tokens=2, attributes=3)
