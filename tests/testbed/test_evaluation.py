"""Held-out text: its windows, and what a model makes of them."""

import math

import pytest
import torch
from torch.nn.functional import cross_entropy

from assay.testbed.evaluation import evaluate, split_windows
from assay.testbed.models import tiny


def test_windows_stand_one_behind_the_other() -> None:
    assert split_windows(torch.arange(10), length=3, count=2).tolist() == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(ValueError, match="a text of 10 tokens has no 4 windows of 3"):
        split_windows(torch.arange(10), length=3, count=4)


def test_loss_and_accuracy_are_those_of_all_windows_however_they_are_split() -> None:
    model = tiny("llama", vocab_size=11, layers=1)
    ids = torch.randint(11, (5, 8), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        logits, answers = model(ids).logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten()
    for size in (2, 64):
        figures = evaluate(model, ids, size=size)
        assert math.isclose(figures["loss"], cross_entropy(logits, answers).item(), rel_tol=1e-5)
        assert figures["accuracy"] == 100.0 * int((logits.argmax(-1) == answers).sum()) / 35
