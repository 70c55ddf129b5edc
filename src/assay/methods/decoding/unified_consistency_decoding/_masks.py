"""Masks that say who sees whom, where text is read from left to right and an image in all directions."""

import torch
from torch import Tensor

TEXT, PADDING = 0, -1
"""Kinds of tokens; those of an image have its number, from 1 on."""


def joint_mask(kinds: Tensor) -> Tensor:
    """Who sees whom: a token of text what stands before it, one of an image also all of its image (Show-o's attention).

    Args:
        kinds: (B, L) `TEXT`, `PADDING`, or the number of an image.

    Returns:
        (B, L, L), a row for each token that sees. Padding sees itself alone and is seen by none.
    """
    length = kinds.shape[1]
    before = torch.ones(length, length, dtype=torch.bool, device=kinds.device).tril()
    same_image = (kinds[:, :, None] == kinds[:, None, :]) & (kinds[:, :, None] > TEXT)
    real = kinds != PADDING
    sees = (before | same_image) & real[:, :, None] & real[:, None, :]
    return sees | torch.eye(length, dtype=torch.bool, device=kinds.device)


def additive(sees: Tensor, dtype: torch.dtype) -> Tensor:
    """(B, 1, Q, K) of (B, Q, K): 0 where a token may look, the lowest number of the model's type elsewhere."""
    mask = torch.zeros(sees.shape, dtype=dtype, device=sees.device)
    return mask.masked_fill_(~sees, torch.finfo(dtype).min)[:, None]
