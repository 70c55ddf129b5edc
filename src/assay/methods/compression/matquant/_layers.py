"""Linear layers whose weights are read at a width, and how they get into a model and out of it again."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - as PyTorch's users know it

from assay.methods.compression.matquant._codes import Codes, cut, quantised

M = TypeVar("M", bound=nn.Module)
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
class MatQuant:
    """What is trained: which layers, at which widths."""

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
        named = {term.bits for term in self.terms} | {term.teacher for term in self.terms if term.teacher is not None}
        return tuple(sorted(named, reverse=True))


class NestedLinear(nn.Linear):
    """A linear layer in training: full-precision weights, read at a width. Made by `nest`."""

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
        return quantised(self.weight, self.matquant.master)


class CodedLinear(nn.Module):
    """A linear layer that holds codes, one byte a weight whatever its width. Made by `load`."""

    values: Tensor
    step: Tensor
    low: Tensor

    def __init__(self, codes: Codes, bias: nn.Parameter | None, matquant: MatQuant, dtype: torch.dtype) -> None:
        super().__init__()
        for name, tensor in codes._asdict().items():
            self.register_buffer(name, tensor)
        self.bias, self.matquant, self.dtype = bias, matquant, dtype
        self.bits = matquant.master
        self.out_features, self.in_features = codes.values.shape

    def forward(self, x: Tensor) -> Tensor:
        """As `nn.Linear`, (..., in) to (..., out), in the type of `x`."""
        return F.linear(x, self.read(self.bits).to(x.dtype), self.bias)

    @property
    def weight(self) -> Tensor:
        """The weight at the layer's width, for code that looks at it."""
        return self.read(self.bits).to(self.dtype)

    def read(self, bits: int) -> Tensor:
        """The weight (out, in) at a width, in fp32."""
        return self.codes().read(bits, self.matquant.master, extra_bit=self.matquant.extra_bit)

    def codes(self) -> Codes:
        """The codes it holds."""
        return Codes(self.values, self.step, self.low)

    def extra_repr(self) -> str:
        """What `print` shows of it."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bits={self.bits}"

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "CodedLinear":  # noqa: FBT001, FBT002 - PyTorch's
        step, low = self.step, self.low
        super()._apply(fn, recurse)
        # A model that is cast to another type must not round what its codes are read with.
        self.step, self.low = step.to(self.step.device), low.to(self.low.device)
        self.dtype = fn(torch.empty(0, dtype=self.dtype)).dtype
        return self


Layer = NestedLinear | CodedLinear


def nest(model: nn.Module, config: MatQuant) -> tuple[str, ...]:
    """Make the linear layers that `config` names nested ones, in place; returns their paths.

    Parameters stay what and where they are, names and all: optimizers, hooks and checkpoints do not notice. Nothing is
    quantised until a width is chosen, by `sliced`, `losses` or `set_bits`.

    Raises:
        ValueError: The model is nested already; no layer has such a name; one that has is no plain `nn.Linear` with
            floating-point weights of its own. Nothing was changed then.
    """
    name = type(model).__name__
    if _found(model):
        raise ValueError(f"this {name} is nested already: `fold` ends that")
    matching = {path: module for path, module in model.named_modules() if re.search(config.targets, path)}
    weighty = {path: module for path, module in matching.items() if _has_matrix(module)}
    if not weighty:
        linears = [path for path, module in model.named_modules() if isinstance(module, nn.Linear)]
        some = ", ".join(linears[:3]) or "none"
        raise ValueError(f"no layer of this {name} has {config.targets!r} in its path; its linear layers: {some} ...")
    users: dict[int, list[str]] = {}
    for path, parameter in model.named_parameters(remove_duplicate=False):
        users.setdefault(id(parameter), []).append(path)
    layers: dict[str, nn.Linear] = {}
    for path, module in weighty.items():
        if type(module) is not nn.Linear:
            raise ValueError(f"{path} is a {type(module).__name__}, not an nn.Linear: narrow `targets` to leave it out")
        if not module.weight.is_floating_point():
            raise ValueError(f"the weights of {path} are {module.weight.dtype}: quantised already")
        if len(users[id(module.weight)]) > 1:
            raise ValueError(
                f"{' and '.join(users[id(module.weight)])} are one tensor: narrow `targets` to leave it out"
            )
        layers[path] = module
    for module in layers.values():
        module.__class__ = NestedLinear
        module.matquant, module.bits = config, None  # type: ignore[assignment]
    return tuple(layers)


def fold(model: M, bits: Bits | None = None) -> M:
    """Make nested or coded layers plain `nn.Linear` again, in place, and return the model.

    Args:
        model: A model that was nested, or loaded.
        bits: The width at which the weights are written down, as numbers of their own type; without it, the
            full-precision weights that were trained.

    Raises:
        ValueError: There is nothing to fold, a width is wrong, or full precision is asked of a model that holds codes.
    """
    widths = _widths(model, bits) if bits is not None else dict.fromkeys(layers_of(model).values())
    for path, layer in layers_of(model).items():
        width = widths[layer]
        if isinstance(layer, CodedLinear):
            if width is None:
                raise ValueError("a loaded model holds codes alone: say at which bits to fold it")
            replace_layer(model, path, _plain(layer, width))
        else:
            if width is not None:
                with torch.no_grad():
                    layer.weight.copy_(layer.read(width))
            del layer.matquant, layer.bits
            layer.__class__ = nn.Linear  # type: ignore[assignment]
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
            raise ValueError("a loaded model holds codes alone: its layers have a width, not full precision")
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
    before = {layer: layer.bits for layer in widths}
    try:
        for layer, width in widths.items():
            layer.bits = width
        yield model
    finally:
        for layer, earlier in before.items():
            layer.bits = earlier  # type: ignore[assignment]


@torch.no_grad()
def mean_bits(model: nn.Module, bits: Bits) -> float:
    """Bits that a weight of the nested or coded layers takes on average at these widths.

    With `MatQuant.extra_bit`, one more for each code beyond the top. The other layers are not counted, nor are the
    two figures that each row is read with.
    """
    taken = weights = 0.0
    for layer, width in _widths(model, bits).items():
        values, master = layer.codes().values, layer.matquant.master
        beyond = int((cut(values, width, master, extra_bit=layer.matquant.extra_bit) == 2**master).sum())
        taken += width * values.numel() + beyond
        weights += values.numel()
    return taken / weights


def layers_of(model: nn.Module) -> dict[str, Layer]:
    """Nested and coded layers by path.

    Raises:
        ValueError: There are none.
    """
    if not (layers := _found(model)):
        raise ValueError(f"this {type(model).__name__} has no nested layers: call `nest` first, or `load` one that has")
    return layers


def replace_layer(model: nn.Module, path: str, module: nn.Module) -> None:
    """Put a module where another one is."""
    parent, _, name = path.rpartition(".")
    owner: Any = model.get_submodule(parent)
    setattr(owner, name, module)


def _found(model: nn.Module) -> dict[str, Layer]:
    return {path: module for path, module in model.named_modules() if isinstance(module, NestedLinear | CodedLinear)}


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


def _plain(layer: CodedLinear, bits: int) -> nn.Linear:
    weight = layer.read(bits).to(layer.dtype)
    linear = nn.Linear(layer.in_features, layer.out_features, bias=False, device="meta")
    linear.weight, linear.bias = nn.Parameter(weight), layer.bias  # type: ignore[assignment]
    return linear.train(layer.training)
