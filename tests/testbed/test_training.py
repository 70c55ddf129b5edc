from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from assay.testbed import models, tasks
from assay.testbed.progress import showing, track
from assay.testbed.training import mixed_windows, train, train_once, windows

TASK = tasks.key_value_documents(documents=2, length=3, subjects=4, values=4, filler=4, questions=2)


def learn(steps: int, lr: float = 3e-3, seed: int = 0, **config: Any) -> tuple[nn.Module, list[float]]:
    model = models.tiny("llama", vocab_size=TASK.vocab_size, hidden=32, layers=2, **config)
    return model, train(model, TASK.batches(32), steps=steps, lr=lr, seed=seed)


def test_a_tiny_model_learns_a_tiny_task() -> None:
    model, losses = learn(150, lr=1e-2)
    assert len(losses) == 150
    assert tasks.accuracy(model, TASK.held_out(256)) > 90.0
    assert not model.training
    assert all(parameter.grad is None for parameter in model.parameters())


def test_training_is_repeatable_to_the_bit_dropout_included() -> None:
    runs = [learn(4, seed=seed, attention_dropout=0.3) for seed in (0, 0, 1)]
    assert runs[0][1] == runs[1][1]
    assert runs[0][1][1:] != runs[2][1][1:]
    for one, same in zip(runs[0][0].parameters(), runs[1][0].parameters(), strict=True):
        assert torch.equal(one, same)


def test_the_global_generator_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    learn(2, attention_dropout=0.3)
    assert torch.equal(before, torch.random.get_rng_state())


def test_progress_is_shown_by_whoever_asks() -> None:
    calls: list[tuple[str, int]] = []

    def show(iterable: Any, what: str) -> Any:
        calls.append((what, len(iterable)))
        return iter(iterable)

    with showing(show):
        learn(3)
    assert list(track([1, 2], "nothing to see")) == [1, 2]
    assert calls == [("training", 3)]


def test_a_training_that_goes_nowhere_says_so() -> None:
    model = models.tiny("llama", vocab_size=TASK.vocab_size, layers=1)
    with torch.no_grad():
        next(model.parameters())[:] = float("nan")
    with pytest.raises(ValueError, match=r"the loss is nan at step 0; lower lr, which is 0\.1"):
        train(model, TASK.batches(64), steps=3, lr=0.1)
    assert not model.training
    with pytest.raises(ValueError, match="0 steps"):
        train(model, TASK.batches(4), steps=0)


def test_windows_are_the_same_for_a_seed_and_lie_within_the_text() -> None:
    text = torch.arange(50)
    batches, again, other = (windows(text, length=8, batch=4, seed=seed) for seed in (1, 1, 2))
    for step in range(5):
        ids = batches(step)["input_ids"]
        assert torch.equal(ids, again(step)["input_ids"])
        assert ids.shape == (4, 8)
        assert torch.equal(ids, ids[:, :1] + torch.arange(8))
        assert batches(step)["labels"] is ids or torch.equal(batches(step)["labels"], ids)
    assert not all(torch.equal(batches(step)["input_ids"], other(step)["input_ids"]) for step in range(5))
    assert not torch.equal(batches(0)["input_ids"], batches(1)["input_ids"])
    with pytest.raises(ValueError, match="a text of 8 tokens has no window of 8"):
        windows(text[:8], length=8, batch=1, seed=0)


def test_a_run_that_diverges_counts_as_said() -> None:
    model = models.tiny("llama", vocab_size=TASK.vocab_size, layers=1)
    losses = train(model, TASK.batches(4), steps=5, lr=float("inf"), if_diverged=7.0)
    assert losses == [7.0] * 5
    assert not model.training


def test_a_model_is_trained_once_and_keeps_its_losses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path))
    new = partial(models.tiny, "llama", vocab_size=TASK.vocab_size, hidden=32, layers=1)
    first, again = (train_once({"number": number}, new, TASK.batches(4), steps=3, lr=1e-2, seed=1) for number in (1, 1))
    trained_here = new()
    assert first.config.losses == again.config.losses == train(trained_here, TASK.batches(4), steps=3, lr=1e-2, seed=1)
    for one, same, here in zip(first.parameters(), again.parameters(), trained_here.parameters(), strict=True):
        assert torch.equal(one, same)
        assert torch.equal(one, here)
    assert len([path for path in (tmp_path / "models").iterdir() if path.is_dir()]) == 1


def test_windows_of_one_text_are_the_same_whatever_else_is_in_the_batch() -> None:
    first, second = torch.arange(50), torch.arange(100, 160)
    both = mixed_windows((first, 3), (second, 2), length=8, seed=5)(4)["input_ids"]
    assert both.shape == (5, 8)
    assert torch.equal(both[:3], mixed_windows((first, 3), (second, 0), length=8, seed=5)(4)["input_ids"])
    assert (both[3:] >= 100).all()
