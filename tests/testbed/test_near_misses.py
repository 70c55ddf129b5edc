"""Recall under near misses asks for a needle that is there, once."""

import torch

from assay.testbed.tasks import near_misses


def test_near_misses_ask_for_a_needle_that_is_there() -> None:
    task = near_misses.recall_near_misses(8, 3)
    parts = task.parts(16, torch.Generator().manual_seed(0))
    assert parts.documents.shape == (16, 8, 6)
    for row in range(16):
        for question, answer in zip(parts.questions[row], parts.answers[row], strict=True):
            key = (question[1] - near_misses.A) * near_misses.HALF + question[2] - near_misses.B
            needle = near_misses.NEEDLE + key * near_misses.VALUES + answer - near_misses.VALUE
            assert (parts.documents[row] == needle).sum() == 1
    assert int(task.draw(64, torch.Generator().manual_seed(0))["input_ids"].max()) < task.vocab_size
