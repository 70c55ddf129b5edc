"""Frozen weights in 4 bits: NF4 with doubly quantised constants, as QLoRA stores them, in plain PyTorch."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - as PyTorch's users know it
from transformers import PreTrainedModel

from assay.methods._changes import Change
from assay.methods._traits import ATTENTION, Trait
from assay.methods.compression.loram._blocks import blocks_of

BLOCK = 64
"""Weights that share a scale; QLoRA's."""
GROUP = 256
"""Scales that share a scale of their own; QLoRA's."""


def nf4_levels() -> Tensor:
    """The 16 values of a code: quantiles of a normal distribution, scaled to -1 ... 1, with 0 among them; fp32."""
    # So far from the middle that the outermost quantile is finite; from QLoRA's code.
    most = 0.9677083
    above = torch.special.ndtri(torch.linspace(most, 0.5, 9, dtype=torch.float64)[:-1])
    below = -torch.special.ndtri(torch.linspace(most, 0.5, 8, dtype=torch.float64)[:-1])
    levels = torch.cat([below, above.new_zeros(1), above.flip(0)])
    return (levels / levels.abs().max()).float()


class NF4Linear(nn.Linear):
    """A linear layer whose frozen weight is held as 4-bit codes, two a byte; a base layer for `peft`'s LoRA.

    Neither direction keeps the unpacked weight: it is read anew in the backward pass.
    """

    absmax: Tensor
    """(blocks,), int8: the largest magnitude of each block, less their mean."""
    scale: Tensor
    """(groups of blocks,), fp32."""
    mean: Tensor
    """(), fp32."""
    levels: Tensor

    def __init__(self, layer: nn.Linear) -> None:
        nn.Module.__init__(self)
        self.out_features, self.in_features = layer.weight.shape
        self.training = layer.training
        codes, absmax, scale, mean = _packed(layer.weight.detach())
        self.weight = nn.Parameter(codes, requires_grad=False)
        self.bias = layer.bias
        self.register_buffer("absmax", absmax)
        self.register_buffer("scale", scale)
        self.register_buffer("mean", mean)
        self.register_buffer("levels", nf4_levels().to(codes.device))

    def forward(self, x: Tensor) -> Tensor:
        """As `nn.Linear`, (..., in) to (..., out), in the type of `x`; no gradient goes to the weight."""
        product: Any = _Product.apply
        out: Tensor = product(x, self.weight, self.absmax, self.scale, self.mean, self.levels, self.out_features)
        bias: Tensor | None = self.bias
        return out if bias is None else out + bias

    def unpacked(self) -> Tensor:
        """The weight (out, in) that the codes say, in fp32."""
        return _unpacked(
            self.weight, self.absmax, self.scale, self.mean, self.levels, (self.out_features, self.in_features)
        )


@dataclass(frozen=True)
class NF4(Change):
    """Holds the projections of a model's blocks in 4 bits, for training adapters on it; there is no way back.

    Applied in place: `deepcopy` the model first if its weights are needed still. Saved with ``save_pretrained``, it
    takes as little room on disk.
    """

    title: ClassVar[str] = "NF4"
    supports = ATTENTION | {Trait.WEIGHTLESS}

    def check(self, model: PreTrainedModel) -> None:
        """Refuse other blocks than LoRAM's, full or pruned, and weights that are not finite."""
        for number, block in enumerate(blocks_of(model)):
            for name, layer in block:
                if not layer.weight.is_meta and not bool(layer.weight.isfinite().all()):
                    raise ValueError(
                        f"{name} of layer {number} has weights that are not finite: there is no code for these"
                    )

    def insert(self, model: PreTrainedModel) -> None:
        """Replace each projection by its codes."""
        for block in blocks_of(model):
            for name, layer in block:
                setattr(block.holder(name), name, NF4Linear(layer))

    def remove(self, model: PreTrainedModel) -> None:
        """Refuse: the codes are all there is."""
        raise ValueError(f"this {type(model).__name__} holds its weights in 4 bits alone: load the original again")


def stored_bytes(model: nn.Module) -> int:
    """Bytes of all parameters and buffers of a model, those that two modules share counted once."""
    return sum(tensor.numel() * tensor.element_size() for tensor in (*model.parameters(), *model.buffers()))


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, x: Tensor, codes: Tensor, absmax: Tensor, scale: Tensor, mean: Tensor, levels: Tensor, rows: int
    ) -> Tensor:
        ctx.save_for_backward(codes, absmax, scale, mean, levels)
        ctx.shape = rows, x.shape[-1]
        return F.linear(x, _unpacked(codes, absmax, scale, mean, levels, ctx.shape, x.dtype))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        (gradient,) = gradients
        codes, absmax, scale, mean, levels = ctx.saved_tensors
        weight = _unpacked(codes, absmax, scale, mean, levels, ctx.shape, gradient.dtype)
        return gradient @ weight, None, None, None, None, None, None


def _packed(weight: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Codes two a byte, and the constants of their blocks."""
    if weight.is_meta:  # only sizes, of which the way there would take its time
        number = -(-weight.numel() // BLOCK)
        sizes = ((number * BLOCK // 2, torch.uint8), (number, torch.int8), (-(-number // GROUP), torch.float32))
        codes, absmax, scale = (weight.new_empty(size, dtype=dtype) for size, dtype in sizes)
        return codes, absmax, scale, weight.new_empty((), dtype=torch.float32)
    blocks = _filled(weight.float().flatten(), BLOCK)
    absmax, scale, mean = _packed_absmax(blocks.abs().amax(1))
    read = _read_absmax(absmax, scale, mean)
    levels = nf4_levels().to(weight.device)
    # What the codes will be multiplied with again, so that the rounding of the scales is not paid twice.
    near = torch.where(read > 0, read, 1.0)[:, None]
    codes = torch.bucketize(blocks / near, (levels[1:] + levels[:-1]) / 2).to(torch.uint8).flatten()
    return codes[::2] << 4 | codes[1::2], absmax, scale, mean


def _packed_absmax(absmax: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    mean = absmax.mean()
    groups = _filled(absmax - mean, GROUP)
    scale = groups.abs().amax(1) / 127
    codes = (groups / torch.where(scale > 0, scale, 1.0)[:, None]).round().to(torch.int8)
    return codes.flatten()[: len(absmax)].clone(), scale, mean


def _read_absmax(codes: Tensor, scale: Tensor, mean: Tensor) -> Tensor:
    return (_filled(codes.float(), GROUP) * scale[:, None]).flatten()[: len(codes)] + mean


def _unpacked(
    codes: Tensor,
    absmax: Tensor,
    scale: Tensor,
    mean: Tensor,
    levels: Tensor,
    shape: tuple[int, int],
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    # Both codes of a byte are looked up at once: half the indices.
    pairs = torch.stack([levels.repeat_interleave(16), levels.repeat(16)], dim=1).to(dtype)
    values = pairs[codes.int()].view(-1, BLOCK)
    values *= _read_absmax(absmax, scale, mean).to(dtype)[:, None]
    return values.flatten()[: shape[0] * shape[1]].view(shape)


def _filled(values: Tensor, size: int) -> Tensor:
    """A flat tensor in rows of `size`, the last filled up with zeros."""
    return F.pad(values, (0, -len(values) % size)).view(-1, size)
