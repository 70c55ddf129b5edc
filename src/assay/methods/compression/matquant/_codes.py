"""Integer codes of a weight, and their slices."""

from typing import NamedTuple

import torch
from torch import Tensor


class Codes(NamedTuple):
    """A weight as integers; row by row it is ``step * values + low``."""

    values: Tensor
    """(out, in), uint8."""
    step: Tensor
    """(out, 1), fp32."""
    low: Tensor
    """(out, 1), fp32: the smallest weight of each row."""

    def read(self, bits: int, master: int = 8, *, extra_bit: bool = False) -> Tensor:
        """The weight (out, in) in fp32, with its codes cut to `bits`."""
        return self.step * cut(self.values, bits, master, extra_bit=extra_bit) + self.low


def quantise(weight: Tensor, bits: int = 8) -> Codes:
    """The codes of a weight (out, in): each row's smallest weight is 0 and its largest 2^bits - 1."""
    weight = weight.detach().float()
    low, high = weight.aminmax(dim=1, keepdim=True)
    top = 2**bits - 1
    step = (high - low) / top
    step = torch.where(step > 0, step, 1.0)  # a constant row: all its codes are 0, which reads as `low`
    return Codes(((weight - low) / step).round().clamp(0, top).to(torch.uint8), step, low)


def cut(values: Tensor, bits: int, master: int = 8, *, extra_bit: bool = False) -> Tensor:
    """Codes of `master` bits cut to their top `bits`, in the scale that they had; int16, of the same shape.

    Cutting a cut code again may give another one: 0b00011000 is 0b0010 in 4 bits, and that is 0b01 in 2 bits, but at
    once in 2 bits it is 0b00. Widths are always cut from the full code.

    Args:
        values: Integers from 0 to 2^master - 1.
        bits: From 1 to `master`.
        master: Bits of the full code.
        extra_bit: Let codes round up beyond the top of the narrower range, to 2^master.

    Raises:
        ValueError: There is no slice of so many bits.
    """
    if not 1 <= bits <= master:
        raise ValueError(f"a code of {master} bits has no slice of {bits}: cut to 1 ... {master}")
    dropped = master - bits
    half = (1 << dropped) >> 1
    top = (values.to(torch.int16) + half) >> dropped
    if not extra_bit:
        top = top.clamp(max=2**bits - 1)
    return top << dropped
