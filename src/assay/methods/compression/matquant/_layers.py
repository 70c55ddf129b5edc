"""Linear layers whose weights are read at a width, and how they get into a model and out of it again."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - as PyTorch's users know it
from transformers import PreTrainedModel

from assay.methods._changes import Change, changes_of, note_changes
from assay.methods._traits import ATTENTION, Trait
from assay.methods.compression.matquant._codes import Codes, cut, quantise

M = TypeVar("M", bound=nn.Module)
P = TypeVar("P", bound=PreTrainedModel)
Bits = int | Mapping[str, int]
"""A width for all layers, or one for each regular expression; the first that is found in a layer's path counts."""

FEED_FORWARD = (
    r"\.(mlp|ffn|feed_forward|DenseReluDense)\.|\.fc[12]$|\.intermediate\.dense$|\.layer\.\d+\.output\.dense$"
)
"""Paths of the feed-forward layers in transformers' models."""


@dataclass(frozen=True)
class Term:
    """One term of the loss: the model at a width, held against the labels or against a larger width."""

    bits: int
    weight: float = 1.0
    teacher: int | None = None
    """The width whose output is the target, instead of the labels."""

    def __post_init__(self) -> None:
        if not (0 < self.weight < float("inf")):
            raise ValueError(f"the term of {self.bits} bits has a weight of {self.weight}: give it one above 0")
        if self.teacher is not None and self.teacher <= self.bits:
            raise ValueError(f"{self.bits} bits cannot learn from {self.teacher}: a teacher has more bits")


@dataclass(frozen=True)
class MatQuant(Change):
    """Nests layers: they keep their weights, and can be read at every width; which layers, and the widths trained.

    Applied, a model computes what it did, until a width is chosen by `sliced`, `losses` or `set_bits`. Parameters stay
    what and where they are, names and all: optimizers, hooks and checkpoints do not notice. ``revert`` leaves the
    full-precision weights, as they were trained; `fold` writes a width down instead.
    """

    title: ClassVar[str] = "MatQuant"
    supports = ATTENTION | {Trait.ENCODER_DECODER}

    terms: tuple[Term, ...] = (Term(8, 0.1), Term(4, 0.1), Term(2, 1.0))
    """The widths are the paper's. So are the weights, as far as we know: its text was not at hand to make sure. One
    term of `master` bits is plain QAT; one of fewer is Single-Precision MatQuant."""
    master: int = 8
    """Bits of the full code; 8 in the paper."""
    targets: str = FEED_FORWARD
    """Regular expression that is found in the paths of the layers: in the paper, those of the feed-forward blocks."""
    extra_bit: bool = False
    """Keep codes that round beyond the top of a narrower range; off in the first version of the paper."""

    def __post_init__(self) -> None:
        if not 1 <= self.master <= 8:
            raise ValueError(f"codes of {self.master} bits are not kept here: master is 1 ... 8")
        if not self.terms:
            raise ValueError("a loss without terms trains nothing: name at least one width")
        for width in self.widths:
            if not 1 <= width <= self.master:
                raise ValueError(
                    f"a code of {self.master} bits has no slice of {width}: widths are 1 ... {self.master}"
                )
        try:
            re.compile(self.targets)
        except re.error as error:
            raise ValueError(f"targets is no regular expression: {self.targets!r}: {error}") from None

    @property
    def widths(self) -> tuple[int, ...]:
        """All widths that a step passes through the model, teachers' included, from the largest."""
        widths = {term.bits for term in self.terms} | {term.teacher for term in self.terms if term.teacher is not None}
        return tuple(sorted(widths, reverse=True))

    def check(self, model: PreTrainedModel) -> None:
        """Refuse a model without such layers, and layers that are no plain ones with weights of their own.

        Raises:
            ValueError: No layer has such a path; one that has is no `nn.Linear` with floating-point weights of its
                own, or something else computes in its place.
        """
        _targets(model, self.targets)

    def insert(self, model: PreTrainedModel) -> None:
        """Make the layers nested ones: the modules stay, and are of another class."""
        for layer in _targets(model, self.targets).values():
            layer.__class__ = NestedLinear
            layer.matquant, layer.bits = self, None  # type: ignore[assignment]

    def remove(self, model: PreTrainedModel) -> None:
        """Make the nested layers plain ones again."""
        layers = layers_of(model)
        _refuse_hooks(layers)
        for layer in layers.values():
            _make_plain(layer)


class NestedLinear(nn.Linear):
    """A linear layer in training: full-precision weights, read at a width. Made by `MatQuant`."""

    matquant: MatQuant
    bits: int | None
    """The width it is read at; None reads the weights as they are."""

    def forward(self, x: Tensor) -> Tensor:
        """As `nn.Linear`, (..., in) to (..., out)."""
        return F.linear(x, self.weight if self.bits is None else self.read(self.bits), self.bias)

    def read(self, bits: int) -> Tensor:
        """The weight (out, in) at a width, in its own type; gradients go to the full-precision weight, unchanged."""
        read = self.codes().read(bits, self.matquant.master, extra_bit=self.matquant.extra_bit)
        # What is added is 0 exactly: w + (read - w) would not be `read` again after rounding.
        return read.to(self.weight.dtype) + (self.weight - self.weight.detach())

    def codes(self) -> Codes:
        """The codes of the weights as they are now."""
        return quantise(self.weight, self.matquant.master)


class CodedLinear(nn.Module):
    """A linear layer that holds codes, one byte a weight whatever its width. Made by `encode`."""

    values: Tensor
    """(out, in), uint8."""
    step: Tensor
    """(out, 1), fp32 as its bits in int32: a model that is cast or loaded in another type must not round it."""
    low: Tensor
    """(out, 1), as `step`."""
    like: Tensor
    """Empty; of the type of the weights that the layer stands for, and cast with the model."""

    def __init__(self, codes: Codes, bias: nn.Parameter | None, matquant: MatQuant, dtype: torch.dtype) -> None:
        super().__init__()
        self.register_buffer("values", codes.values)
        self.register_buffer("step", codes.step.view(torch.int32))
        self.register_buffer("low", codes.low.view(torch.int32))
        self.register_buffer("like", codes.step.new_empty(0, dtype=dtype), persistent=False)
        self.bias, self.matquant, self.bits = bias, matquant, matquant.master
        self.out_features, self.in_features = codes.values.shape

    def forward(self, x: Tensor) -> Tensor:
        """As `nn.Linear`, (..., in) to (..., out), in the type of `x`."""
        return F.linear(x, self.read(self.bits).to(x.dtype), self.bias)

    @property
    def weight(self) -> Tensor:
        """The weight at the layer's width, for code that looks at it."""
        return self.read(self.bits).to(self.like.dtype)

    def read(self, bits: int) -> Tensor:
        """The weight (out, in) at a width, in fp32."""
        return self.codes().read(bits, self.matquant.master, extra_bit=self.matquant.extra_bit)

    def codes(self) -> Codes:
        """The codes it holds."""
        return Codes(self.values, self.step.view(torch.float32), self.low.view(torch.float32))

    def extra_repr(self) -> str:
        """What `print` shows of it."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bits={self.bits}"


Layer = NestedLinear | CodedLinear


@dataclass(frozen=True)
class Coding(Change):
    """Leaves the 8-bit codes of nested layers in the place of their weights; what `encode` applies."""

    title: ClassVar[str] = "MatQuant's coded form"
    supports = MatQuant.supports

    def check(self, model: PreTrainedModel) -> None:
        """Refuse a model that is not nested, and weights for which there is no code."""
        for path, layer in layers_of(model).items():
            _refuse_hooks({path: layer})
            if isinstance(layer, NestedLinear) and layer.bits is not None:
                raise ValueError(
                    f"{path} is read at {layer.bits} bits: leave `sliced`, or set_bits(model, None), first"
                )
            if not layer.weight.isfinite().all():
                raise ValueError(f"{path} has weights that are not finite: there is no code for these")

    def insert(self, model: PreTrainedModel) -> None:
        """Put the codes in."""
        for path, layer in layers_of(model).items():
            coded = CodedLinear(layer.codes(), layer.bias, layer.matquant, layer.weight.dtype)
            model.set_submodule(path, coded.train(layer.training))

    def remove(self, model: PreTrainedModel) -> None:
        """Refuse: the weights are gone."""
        raise ValueError(f"this {type(model).__name__} holds codes alone: `fold` it at a width")


def encode(model: P) -> P:
    """Leave 8-bit codes of nested layers in the place of their weights, in place, and return the model.

    A byte is held for each of their weights; widths may be changed by `sliced` and `set_bits`, and the full code is
    read until one is. ``save_pretrained`` writes the codes, ``assay.methods.load`` reads them, and ``fold(model,
    bits)`` makes a stock model of them.

    Raises:
        ValueError: The model has no nested layers, is coded already, or has weights that are not finite.
    """
    return Coding().apply(model)


def fold(model: P, bits: Bits) -> P:
    """Write nested or coded layers down at these widths, as plain `nn.Linear`, in place, and return the model.

    Raises:
        ValueError: There is nothing to fold, a width is wrong, or another change was put on top.
    """
    layers, widths = layers_of(model), _widths(model, bits)
    _refuse_hooks(layers)
    changes = changes_of(model)
    if not isinstance(changes[-1], MatQuant | Coding):
        raise ValueError(f"{changes[-1].title} was put on top of MatQuant: revert it first")
    for path, layer in layers.items():
        weight = layer.read(widths[layer]).detach()
        if isinstance(layer, CodedLinear):
            linear = nn.Linear(layer.in_features, layer.out_features, bias=False, device="meta")
            linear.weight, linear.bias = nn.Parameter(weight.to(layer.like.dtype)), layer.bias  # type: ignore[assignment]
            model.set_submodule(path, linear.train(layer.training))
        else:
            with torch.no_grad():
                layer.weight.copy_(weight)
            _make_plain(layer)
    note_changes(model, [change for change in changes if not isinstance(change, MatQuant | Coding)])
    return model


def set_bits(model: nn.Module, bits: Bits | None) -> None:
    """Read all nested or coded layers at these widths from now on; None is full precision, of nested ones.

    Raises:
        ValueError: The model has no such layers, a width is not from 1 to `MatQuant.master`, or an expression fits no
            layer, or a layer none of them.
    """
    if bits is None:
        layers = layers_of(model).values()
        if any(isinstance(layer, CodedLinear) for layer in layers):
            raise ValueError("a coded model holds codes alone: its layers have a width, not full precision")
        for layer in layers:
            layer.bits = None  # type: ignore[assignment]
    else:
        for layer, width in _widths(model, bits).items():
            layer.bits = width


@contextmanager
def sliced(model: M, bits: Bits) -> Iterator[M]:
    """Inside the block, nested or coded layers are read at these widths; may be nested, the innermost counts.

    Raises:
        ValueError: As `set_bits`.
    """
    widths = _widths(model, bits)
    before: dict[Layer, Any] = {layer: layer.bits for layer in widths}
    try:
        for layer, width in widths.items():
            layer.bits = width
        yield model
    finally:
        for layer, earlier in before.items():
            layer.bits = earlier


@torch.no_grad()
def mean_bits(model: nn.Module, bits: Bits) -> float:
    """Bits that a weight of the nested or coded layers takes on average at these widths.

    With `MatQuant.extra_bit`, one more for each code beyond the top. The other layers are not counted, nor are the
    two figures that each row is read with.

    Raises:
        ValueError: As `set_bits`; or codes are to be counted that are not at hand.
    """
    total = weights = 0.0
    for layer, width in _widths(model, bits).items():
        number, master = layer.out_features * layer.in_features, layer.matquant.master
        total += width * number
        weights += number
        if layer.matquant.extra_bit:
            values = layer.codes().values
            if values.is_meta:
                raise ValueError(
                    "codes beyond the top are counted, and some are not on their device: load the model whole"
                )
            total += int((cut(values, width, master, extra_bit=True) == 2**master).sum())
    return total / weights


def layers_of(model: nn.Module) -> dict[str, Layer]:
    """Nested and coded layers by path.

    Raises:
        ValueError: There are none.
    """
    layers: dict[str, Layer] = {
        path: module for path, module in model.named_modules() if isinstance(module, NestedLinear | CodedLinear)
    }
    if not layers:
        raise ValueError(f"this {type(model).__name__} has no nested layers: apply MatQuant, or load a model that has")
    return layers


def _targets(model: nn.Module, pattern: str) -> dict[str, nn.Linear]:
    """The layers by path in which the pattern is found; refuses what cannot be nested."""
    matching = {path: module for path, module in model.named_modules() if re.search(pattern, path)}
    weighty = {path: module for path, module in matching.items() if _has_matrix(module)}
    if not weighty:
        linears = [path for path, module in model.named_modules() if isinstance(module, nn.Linear)]
        raise ValueError(
            f"no layer of this {type(model).__name__} has {pattern!r} in its path; its linear layers: "
            f"{', '.join(linears[:3]) or 'none'} ..."
        )
    users: dict[int, list[str]] = {}
    for path, parameter in model.named_parameters(remove_duplicate=False):
        users.setdefault(id(parameter), []).append(path)
    layers: dict[str, nn.Linear] = {}
    for path, module in weighty.items():
        if type(module) is not nn.Linear:
            raise ValueError(f"{path} is a {type(module).__name__}, not an nn.Linear: narrow `targets` to leave it out")
        if not module.weight.is_floating_point():
            raise ValueError(f"the weights of {path} are {module.weight.dtype}: quantised already")
        names = users.get(id(module.weight), [])
        if not names:
            raise ValueError(f"the weights of {path} are computed from others (pruned or normalised): undo that first")
        if len(names) > 1:
            raise ValueError(f"{' and '.join(names)} are one tensor: narrow `targets` to leave it out")
        layers[path] = module
    _refuse_hooks(layers)
    return layers


def _refuse_hooks(layers: Mapping[str, nn.Module]) -> None:
    """Refuse layers whose class does not decide what they compute: accelerate sets ``forward`` on each module."""
    for path, layer in layers.items():
        if "forward" in vars(layer):
            raise ValueError(
                f"something else computes in the place of {path} (accelerate, most likely): load the model whole"
            )


def _make_plain(layer: Any) -> None:
    del layer.matquant, layer.bits
    layer.__class__ = nn.Linear


def _widths(model: nn.Module, bits: Bits) -> dict[Layer, int]:
    """The width of every layer."""
    layers = layers_of(model)
    by_pattern = {"": bits} if isinstance(bits, int) else bits
    unused, widths = set(by_pattern), {}
    for path, layer in layers.items():
        pattern = next((each for each in by_pattern if re.search(each, path)), None)
        if pattern is None:
            raise ValueError(f"no width for {path}: none of {', '.join(map(repr, by_pattern))} is found in that path")
        unused.discard(pattern)
        width, master = by_pattern[pattern], layer.matquant.master
        if not 1 <= width <= master:
            raise ValueError(f"{path} has codes of {master} bits: give it a width of 1 ... {master}, not {width}")
        widths[layer] = width
    if unused:
        raise ValueError(f"no nested layer is left for {', '.join(map(repr, sorted(unused)))}: the first match counts")
    return widths


def _has_matrix(module: nn.Module) -> bool:
    return any(parameter.dim() > 1 for parameter in module.parameters(recurse=False)) or isinstance(module, nn.Linear)
