"""Scale-Distribution Decoupling (Wang et al. 2025, arXiv 2502.15499): normalise a linear layer's output, then scale it.

**Idea.** A weight matrix carries a size and a direction, and an optimizer learns both at once. Here the norm takes the
size away: the matrix V is left with the distribution of the output, and a vector alpha with its scale. Every
projection puts out something of bounded size, so that deep Post-Norm decoders keep their gradients.

**Equation.** For a projection from n inputs to m outputs, with z = V x::

    y = alpha * z / sqrt(mean(z ** 2) + eps)

The mean is over all m outputs of the projection, without centring. This is done at q, k, v and the output of attention
and on both sides of the feed-forward block; q and k over all heads at once, before these part and rotate.

**Shapes.** x is (..., n), V (m, n), alpha (m,), y (..., m). The norm is taken in fp32, whatever the type of x.

**What follows.** y does not change when V is multiplied by c > 0. So the gradient of V is orthogonal to it and falls as
1/c: the spread of V at the start changes no output, only how fast V turns, and weight decay on V works like a learning
rate. On alpha it would be real shrinkage: leave it out (transformers' Trainer does, by the name ``norm``). The norm
depends on the input, so it stays at inference; nothing can be folded exactly.

**Departures.** The paper gives V ~ N(0, 1 / sqrt(2.5 C)) and alpha = 1, but 1 / sqrt(layers) behind attention and
feed-forward; these are the defaults. The released code differs from it: 1 / sqrt(2 layers) there, and a tenth of the
spread in the run on 2T tokens; q and k normalised head by head unless a flag says otherwise, v only after attention,
gate and up as one vector. The equation is followed here; `Decoupling` has the numbers. Embedding, LM head and the
model's own norms stay as they are: the paper is mostly about Post-Norm blocks, which a model has or has not. A bias,
where the model has one, is added to z before the norm, as in the class that the authors recommend to others.

The way back that keeps what was learnt is `recouple`: the plain layers that come closest on a text, and how close.
Works under ``torch.compile``.

**Use**::

    ScaleDistributionDecoupling().apply(model)   # right after it was made, before its optimizer
    trainer.train()
    model.save_pretrained(folder)
    model = assay.methods.load(folder)
    gradient_report(model, input_ids)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite, sqrt
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from assay.methods._changes import Change, changes_of, note_changes
from assay.methods._decoders import blocks_of, text_config


@dataclass(frozen=True)
class ScaleDistributionDecoupling(Change):
    """Put an `SDDLinear` in the place of each projection of a decoder, with new weights.

    V is drawn from PyTorch's global generator.
    """

    title: ClassVar[str] = "Scale-Distribution Decoupling"

    out_scale: float | None = None
    """Where alpha starts in the output projections of attention and feed-forward; 1 / sqrt(layers) if not given
    (section 4.1). All others start at 1. The released code has 1 / sqrt(2 layers)."""
    std: float | None = None
    """Spread of V at the start; 1 / sqrt(2.5 C) if not given, with C the width of the model (section 4.1)."""
    eps: float = 1e-6
    """Added to the mean square (README of the code)."""
    inner: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "gate_proj", "up_proj", "fc1", "fc_in")
    """Names, in transformers' decoders, of projections that lead into attention or feed-forward."""
    outer: tuple[str, ...] = ("o_proj", "out_proj", "down_proj", "fc2", "fc_out")
    """Names of those that lead back to the residual stream."""

    def __post_init__(self) -> None:
        _check_numbers(out_scale=self.out_scale, std=self.std, eps=self.eps)
        if both := set(self.inner) & set(self.outer):
            raise ValueError(f"{min(both)} is named both as an inner and as an outer projection")

    def check(self, model: PreTrainedModel) -> None:
        """Refuse models that are trained, and blocks with matrices that are not single projections.

        Raises:
            ValueError: The model is trained, or its blocks hold matrices that are not plain ``nn.Linear`` layers of
                one projection each: fused ones, ``Conv1D``, quantised layers, experts.
        """
        for block in blocks_of(model, method=self.title):
            for _ in self._projections(block):
                pass
        if trained := next((path for path, module in model.named_modules() if not _is_new(module)), None):
            raise ValueError(f"{trained} is trained, and decoupling starts a model anew: give it a new one")

    def insert(self, model: PreTrainedModel) -> None:
        """Put the layers in place, with new weights."""
        blocks = blocks_of(model, method=self.title)
        out_scale = self.out_scale or 1 / sqrt(len(blocks))
        std = self.std or 1 / sqrt(2.5 * text_config(model).hidden_size)
        for holder, name, linear in [each for block in blocks for each in self._projections(block)]:
            weight = linear.weight
            decoupled = SDDLinear(
                linear.in_features, linear.out_features, bias=linear.bias is not None,
                scale=out_scale if name in self.outer else 1.0, std=std, eps=self.eps,
                device=weight.device, dtype=weight.dtype,
            )  # fmt: skip
            setattr(holder, name, decoupled)

    def remove(self, model: PreTrainedModel) -> None:
        """Put plain layers with the matrices V in place: the stock architecture, another function. See `recouple`."""
        for path, layer in _decoupled_layers(model).items():
            model.set_submodule(path, layer.linear)

    def _projections(self, block: nn.Module) -> Iterator[tuple[nn.Module, str, nn.Linear]]:
        """The linear layers of a block, each with the module that holds it and its name there."""
        for path, module in block.named_modules():
            if not any(parameter.dim() > 1 for parameter in module.parameters(recurse=False)):
                continue
            holder, _, name = path.rpartition(".")
            if type(module) is not nn.Linear:
                raise ValueError(f"{path} is a {type(module).__name__}: only plain nn.Linear layers can be decoupled")
            if name not in (*self.inner, *self.outer):
                raise ValueError(
                    f"{path} is not known to be one projection, and fused ones must not be normalised together: name "
                    "it in `inner` or `outer` if it is one"
                )
            if module.out_features < 2:
                raise ValueError(f"{path} has a single output, of which a norm leaves only the sign")
            yield block.get_submodule(holder), name, module


@dataclass(frozen=True)
class GradientReport:
    """How much of the gradient reaches each layer of a model, from the first to the last."""

    norms: tuple[float, ...]
    """Norm of the gradient over the layer's matrices."""
    loss: float
    """In nats a token."""

    @property
    def ratio(self) -> float:
        """The first layer's norm by the last one's: near 0 where the gradient vanishes, far above 1 where it grows."""
        return self.norms[0] / self.norms[-1] if self.norms[-1] else float("inf")


class SDDLinear(nn.Module):
    """A linear layer with its output normalised and scaled: in the place of an ``nn.Linear``.

    Its parameters are ``linear.weight`` (V), ``linear.bias`` if any, and ``norm.weight`` (alpha). Adapters such as LoRA
    and quantisation belong on ``linear``, in front of the norm: there they can be merged.

    Raises:
        ValueError: It has a single output, of which the norm would leave the sign, or a number is not positive.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        bias: bool = False,
        scale: float = 1.0,
        std: float | None = None,
        eps: float = 1e-6,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        """Make the layer.

        Args:
            in_features: Size of the input.
            out_features: Size of the output, over which the mean square is taken.
            bias: Add one, before the norm.
            scale: Where all of alpha starts.
            std: Spread of V at the start; 1 / sqrt(2.5 in_features) if not given.
            eps: Added to the mean square.
            device: Of the parameters.
            dtype: Of the parameters.
        """
        super().__init__()
        std = 1 / sqrt(2.5 * in_features) if std is None else std
        _check_numbers(scale=scale, std=std, eps=eps)
        if out_features < 2:
            raise ValueError(f"{out_features} output: the norm of a single number leaves only its sign")
        self.linear = nn.Linear(in_features, out_features, bias=bias, device=device, dtype=dtype)
        self.norm = _RMSNorm(out_features, eps=eps, device=device, dtype=dtype)
        nn.init.normal_(self.linear.weight, std=std)
        if self.linear.bias is not None:
            nn.init.zeros_(self.linear.bias)
        nn.init.constant_(self.norm.weight, scale)

    @property
    def in_features(self) -> int:
        """Size of the input."""
        return self.linear.in_features

    @property
    def out_features(self) -> int:
        """Size of the output."""
        return self.linear.out_features

    def forward(self, x: Tensor) -> Tensor:
        """(..., in_features) to (..., out_features)."""
        out: Tensor = self.norm(self.linear(x))
        return out


@torch.no_grad()
def recouple(model: PreTrainedModel, input_ids: Tensor) -> dict[str, float]:
    """Put plain ``nn.Linear`` layers back, the closest there are on a text; returns how far off each is, by its path.

    A projection becomes W = c diag(alpha) V, with the one number c for which W x is closest to what was put out. That
    is exact where z has the same mean square at every token, and else off by the returned share of the output's norm.
    The errors of many layers add up: look at the model's loss, and train it further if that has risen.

    Args:
        model: A decoupled model, in eval mode.
        input_ids: (B, T), like what the model is used on.

    Raises:
        ValueError: The model is not decoupled, or in training mode, or a projection saw nothing of the text.
    """
    ScaleDistributionDecoupling.of(model)
    layers = _decoupled_layers(model)
    if model.training:
        raise ValueError("the model is in training mode, where dropout would be measured: call model.eval() first")
    # By layer, sums over tokens: of y * u, u * u and y * y, with u = alpha * z.
    sums = {module: torch.zeros(3, dtype=torch.float64) for module in layers.values()}

    def add(module: nn.Module, args: tuple[Tensor, ...], out: Tensor) -> None:
        layer = cast("SDDLinear", module)
        y, u = out.double(), layer.norm.weight.double() * layer.linear(args[0]).double()
        sums[layer] += torch.stack([(y * u).sum(), (u * u).sum(), (y * y).sum()]).cpu()

    hooks = [module.register_forward_hook(add) for module in layers.values()]
    try:
        model(input_ids, use_cache=False)
    finally:
        for hook in hooks:
            hook.remove()
    if unseen := next((path for path, module in layers.items() if not sums[module][1] > 0), None):
        raise ValueError(f"{unseen} put out nothing on this text: give another one, so that something can stand in")
    errors = {}
    for path, module in layers.items():
        yu, uu, yy = sums[module].tolist()
        errors[path] = sqrt(max(0.0, 1 - yu * yu / (uu * yy)))
        factors = yu / uu * module.norm.weight.float()
        module.linear.weight.copy_(factors[:, None] * module.linear.weight)
        if module.linear.bias is not None:
            module.linear.bias.copy_(factors * module.linear.bias)
        model.set_submodule(path, module.linear)
    note_changes(model, [each for each in changes_of(model) if not isinstance(each, ScaleDistributionDecoupling)])
    return errors


def gradient_report(model: PreTrainedModel, input_ids: Tensor) -> GradientReport:
    """How much of the gradient reaches each layer, decoupled or not; gradients that the model holds stay as they are.

    Args:
        model: A decoder-only model.
        input_ids: (B, T).

    Raises:
        ValueError: It is no decoder-only model.
    """
    blocks = blocks_of(model, method="gradient_report")
    matrices = [[parameter for parameter in block.parameters() if parameter.dim() > 1] for block in blocks]
    loss = cast("Any", model)(input_ids, labels=input_ids, use_cache=False).loss
    gradients = iter(torch.autograd.grad(loss, [matrix for group in matrices for matrix in group]))
    norms = [sqrt(sum(float(next(gradients).float().square().sum()) for _ in group)) for group in matrices]
    return GradientReport(tuple(norms), float(loss.detach()))


class _RMSNorm(nn.RMSNorm):
    """In fp32 at least, and in the input's type again after that; under autocast the weight may have another one."""

    def forward(self, x: Tensor) -> Tensor:
        wide = torch.promote_types(x.dtype, torch.float32)
        return nn.functional.rms_norm(x.to(wide), self.normalized_shape, self.weight.to(wide), self.eps).to(x.dtype)


def _decoupled_layers(model: nn.Module) -> dict[str, SDDLinear]:
    return {path: module for path, module in model.named_modules() if isinstance(module, SDDLinear)}


def _check_numbers(**numbers: float | None) -> None:
    for name, value in numbers.items():
        if value is not None and not (isfinite(value) and value > 0):
            raise ValueError(f"{name} is {value}: it must be a positive number")


def _is_new(module: nn.Module) -> bool:
    """Whether a module is no norm, or one whose weights are all alike; without values (on ``meta``) it is new."""
    if "norm" not in type(module).__name__.lower():
        return True
    values = [parameter for parameter in module.parameters(recurse=False) if not parameter.is_meta]
    return all(bool((value == value.flatten()[0]).all()) for value in values)
