"""The Hilbert curve over a grid of tokens: neighbours on the curve are neighbours in the grid."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor


def hilbert_order(grid: Sequence[int], *, text_before: int = 0, text_after: int = 0) -> Tensor:
    """The permutation that lines up the cells of a grid along a Hilbert curve (section 3.7 of the paper).

    Tokens of a grid, such as the frames, rows and columns of a video, usually stand in row-major order, where a block
    of 64 is a thin line. Along the curve it is a compact lump, whose tokens are more alike.
    ``tokens[..., order, :]`` is the curve's order. Text tokens before and after the grid keep their places.

    A grid whose sides are not all the same power of two gets its part of the curve through the cube around it.

    Args:
        grid: Sides, the slowest axis first: (T, H, W) or any other number of axes.
        text_before: Tokens before the grid.
        text_after: Tokens after it.

    Returns:
        (text_before + prod(grid) + text_after) int64.

    Raises:
        ValueError: A side is below 1, or a number of text tokens below 0.
    """
    if not grid or min(grid) < 1 or min(text_before, text_after) < 0:
        raise ValueError(f"sides {tuple(grid)} are at least 1, text tokens ({text_before}, {text_after}) at least 0")
    cells = torch.stack(torch.meshgrid(*(torch.arange(side) for side in grid), indexing="ij")).flatten(1)
    curve = _distance(cells, bits=max((max(grid) - 1).bit_length(), 1)).argsort() + text_before
    end = text_before + math.prod(grid)
    return torch.cat([torch.arange(text_before), curve, torch.arange(end, end + text_after)])


def _distance(cells: Tensor, bits: int) -> Tensor:
    """How far along the curve each cell lies: (axes, cells) to (cells). J. Skilling's transform, 2004."""
    x = list(cells.clone())
    for bit in reversed(range(1, bits)):
        side, low = 1 << bit, (1 << bit) - 1
        for axis in range(len(x)):
            far = (x[axis] & side).bool()
            swap = torch.where(far, 0, (x[0] ^ x[axis]) & low)
            x[axis] = x[axis] ^ swap
            x[0] = x[0] ^ torch.where(far, low, swap)
    for axis in range(1, len(x)):
        x[axis] = x[axis] ^ x[axis - 1]
    flips = torch.zeros_like(x[0])
    for bit in reversed(range(1, bits)):
        flips = torch.where((x[-1] & (1 << bit)).bool(), flips ^ ((1 << bit) - 1), flips)
    distance = torch.zeros_like(x[0])
    for bit in reversed(range(bits)):
        for coordinate in x:
            distance = distance << 1 | ((coordinate ^ flips) >> bit & 1)
    return distance
