"""A question before its documents is answered by the one fact that has its key."""

import pytest
import torch
from torch import Generator

from assay.testbed.tasks import FIRST, MarkedFacts, marked_batches


@pytest.mark.parametrize(("documents", "length"), [(6, 6), (24, 10)])
def test_the_task(documents: int, length: int) -> None:
    task = MarkedFacts(documents, length)
    prompts, answers = task.draw(50, Generator().manual_seed(0))
    assert prompts.shape == (50, 3 + documents * length + task.instruction)
    assert int(prompts.max()) < task.vocab_size
    key = prompts[:, 2] - FIRST - task.filler
    for row in range(50):
        facts = prompts[row][prompts[row] >= task.first_fact] - task.first_fact
        assert len(facts) == documents
        (fact,) = [int(fact) for fact in facts if int(fact) // task.digits**2 == int(key[row])]
        digits = FIRST + task.filler + task.keys
        first, second = divmod(fact % task.digits**2, task.digits)
        assert answers[row].tolist() == [digits + first, digits + task.digits + second]
    batch = task.batch(50, Generator().manual_seed(0))
    assert torch.equal(batch["input_ids"][:, :-2], prompts)
    assert torch.equal(batch["labels"][:, -2:], answers)
    assert len(batch["logits_to_keep"]) == batch["labels"].shape[1]


def test_batches_go_through_the_stages() -> None:
    batches = marked_batches([(3, 3, 4, 2), (6, 5, 2, 1)], seed=0)
    lengths = [tuple(batches(step)["input_ids"].shape) for step in range(3)]
    assert lengths == [(4, 3 + 9 + 10 + 2)] * 2 + [(2, 3 + 30 + 10 + 2)]
    assert torch.equal(batches(1)["input_ids"], batches(1)["input_ids"])
    assert not torch.equal(batches(0)["input_ids"], batches(1)["input_ids"])
