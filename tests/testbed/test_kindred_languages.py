"""Kindred languages share what they are said to share, and are told apart by who has read them."""

import pytest
import torch

from assay.testbed.models import tiny
from assay.testbed.tasks import kindred_languages as task


def test_what_is_shared_is_alike_and_rows_are_chances() -> None:
    alike, apart = (task.draw_languages(2, tokens=12, shared=share, seed=0) for share in (1.0, 0.0))
    assert torch.equal(alike[0], alike[1])
    assert (apart[0] - apart[1]).abs().max() > 0.05
    assert torch.allclose(apart.sum(-1), torch.ones(2, 12))


def test_texts_follow_the_language_and_repeat_by_seed() -> None:
    certain = torch.roll(torch.eye(6), 1, dims=1)
    texts = task.write_texts(certain, 4, length=9, generator=torch.Generator().manual_seed(0))
    assert ((texts[:, 2:] - texts[:, 1:-1]) % 6 == 1).all()
    batches = task.text_batches(texts, size=3, seed=1)
    assert torch.equal(batches(5)["input_ids"], batches(5)["labels"])
    assert torch.equal(batches(5)["input_ids"], batches(5)["input_ids"])


def test_a_model_goes_on_and_tells_likelihoods() -> None:
    model = tiny("llama", vocab_size=task.vocabulary(6), hidden=16, layers=1)
    beginnings = task.write_texts(torch.full((6, 6), 1 / 6), 5, length=3, generator=torch.Generator().manual_seed(0))
    texts = task.continue_texts(model, beginnings, length=7, generator=torch.Generator().manual_seed(0))
    assert texts.shape == (5, 7)
    assert torch.equal(texts[:, :3], beginnings)
    assert int(texts[:, 1:].min()) >= task.vocabulary(0)
    logs = model(input_ids=texts).logits.log_softmax(-1)
    by_hand = torch.stack([logs[:, at - 1].gather(1, texts[:, at, None])[:, 0] for at in range(3, 7)]).mean(0)
    assert task.likelihood_of_texts(model, texts, start=3) == pytest.approx(by_hand.tolist())
