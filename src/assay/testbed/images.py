"""Images that every machine with scikit-learn has: 1,797 handwritten digits of 8 by 8."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Digits:
    """Images (n, 1, 8, 8) in [0, 1], and the digit of each (n,)."""

    images: torch.Tensor
    labels: torch.Tensor


def digits(*, seed: int = 0, held_out: int = 360) -> tuple[Digits, Digits]:
    """The digits for training, and `held_out` for testing, after a seeded shuffle."""
    from sklearn.datasets import load_digits  # type: ignore[import-untyped]  # noqa: PLC0415 - slow to import

    data = load_digits()
    images = torch.tensor(data.images, dtype=torch.float32).unsqueeze(1) / 16.0
    labels = torch.tensor(data.target, dtype=torch.long)
    if not 0 < held_out < len(labels):
        raise ValueError(f"held_out is {held_out}: there are {len(labels)} digits to divide")
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    train, test = order[held_out:], order[:held_out]
    return Digits(images[train], labels[train]), Digits(images[test], labels[test])
