import pytest
import torch

from assay.testbed.images import digits


def test_digits_are_divided_repeatably() -> None:
    train, test = digits(seed=1)
    again, _ = digits(seed=1)
    other, _ = digits(seed=2)
    assert train.images.shape == (1437, 1, 8, 8)
    assert test.images.shape == (360, 1, 8, 8)
    assert torch.equal(train.images, again.images)
    assert not torch.equal(train.images, other.images)
    assert (train.images.min().item(), train.images.max().item()) == (0.0, 1.0)
    together = torch.cat([train.labels, test.labels]).bincount()
    assert together.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # as scikit-learn documents


def test_a_division_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="1797 digits to divide"):
        digits(held_out=1797)
