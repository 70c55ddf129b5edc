"""LayerNorm Scaling (Sun et al. 2025, arXiv 2502.05795): multiply what each pre-norm of block l puts out by 1/sqrt(l).

**Idea.** In a pre-norm decoder every block adds to the residual stream, whose variance grows with depth, while what a
block adds does not: a deep block changes next to nothing. A factor that falls with depth holds the growth back.

**Equation.** For block l = 1 ... L, with ``s = 1 / sqrt(l)``::

    x' = x  + Attention(s * Norm1(x))
    y  = x' + FeedForward(s * Norm2(x'))

Both norms of a block share the factor; the final norm before the LM head has none. Nothing is learned or tuned.
Initialise as for Pre-LN without the scaled init of output projections: the paper found the two no better together.

**Shapes.** x, x', y are (B, T, C). A norm is ``weight * normalised(x) + bias``, with weight and bias of shape (C,) or
no bias, so the factor may stand on these as well: ``s * (weight * n + bias) = (s * weight) * n + s * bias``.

**Departures.** The factor is a parametrization of weight and bias, not a product after the norm. Both are one function
with one gradient, but this one leaves forward, hooks and fused norms alone, and folding only writes the product down:
not a bit of the logits changes. Starting the weights at s and training those is something else: Adam's step on the
product is then 1/s larger.

**Use**::

    LayerNormScaling().apply(model)       # right after it was made
    trainer.train()
    fold(model).save_pretrained(folder)   # the stock architecture: any server can run it
    depth_report(model, input_ids)        # what every layer does

A checkpoint before folding is loaded with `assay.methods.load`, to be trained further.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import pi, sqrt
from typing import Any, ClassVar, TypeVar

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.utils import parametrize
from transformers import PreTrainedModel

from assay.methods._changes import Change, changes_of, note_changes
from assay.methods._decoders import blocks_of

M = TypeVar("M", bound=PreTrainedModel)


@dataclass(frozen=True)
class LayerNormScaling(Change):
    """Scale the pre-norms of a decoder: those of block l by 1/sqrt(l)."""

    title: ClassVar[str] = "LayerNorm Scaling"

    allow_trained: bool = False
    """Also scale norms that were trained without it. That makes another function of the model, which must be trained
    further."""

    def check(self, model: PreTrainedModel) -> None:
        """Refuse models of another kind.

        Raises:
            ValueError: It is not pre-norm (post-norm, sandwich norms), has norms that share weights or whose output
                does not grow in proportion to them, or is trained.
        """
        blocks = blocks_of(model, method=self.title)
        _refuse(model, blocks, [_norms(block) for block in blocks], allow_trained=self.allow_trained)

    def insert(self, model: PreTrainedModel) -> None:
        """Give each norm the factor of its block."""
        blocks = blocks_of(model, method=self.title)
        for scale, block in zip(scales(len(blocks)), blocks, strict=True):
            for norm in _norms(block).values():
                for name in [name for name, _ in norm.named_parameters(recurse=False)]:
                    parametrize.register_parametrization(norm, name, _Scale(scale))

    def remove(self, model: PreTrainedModel) -> None:
        """Take the factors away and leave the weights as they are trained: another function, unless they are new."""
        _take_factors(model, write=False)


@dataclass(frozen=True)
class DepthReport:
    """What each layer of a model does to the residual stream; one figure a layer, from the first to the last."""

    variance: tuple[float, ...]
    """Of the layer's output: over the C features, averaged over tokens."""
    angular_distance: tuple[float, ...]
    """Between what goes into the layer and what comes out, averaged over tokens: 0 for the same direction, 1 for the
    opposite one."""
    drop_score: tuple[float, ...]
    """By how much the loss rises when the layer is left out, in nats a token: what the layer is worth."""
    loss: float
    """Of the whole model, in nats a token."""


def scales(layers: int) -> list[float]:
    """The factor of each block, from the first to the last: 1, 0.707, 0.577 ..."""
    return [1 / sqrt(number) for number in range(1, layers + 1)]


def fold(model: M) -> M:
    """Write the factors into the norms' weights, in place, and return the model: stock architecture, same logits.

    The parameters stay the objects that they were. Do it after training: an optimizer would go on with other steps.

    Raises:
        ValueError: The model has no factors, or something else parametrizes the same weights.
    """
    LayerNormScaling.of(model)
    _take_factors(model, write=True)
    note_changes(model, [change for change in changes_of(model) if not isinstance(change, LayerNormScaling)])
    return model


@torch.no_grad()
def depth_report(model: PreTrainedModel, input_ids: Tensor, attention_mask: Tensor | None = None) -> DepthReport:
    """What each layer does on a batch of texts, whether the model is scaled, folded or neither; L + 1 forward passes.

    Args:
        model: A decoder-only model in eval mode.
        input_ids: (B, T); held-out text says more than what was trained on.
        attention_mask: (B, T), 0 on padding, which is counted nowhere.

    Raises:
        ValueError: It is no decoder-only model, or in training mode, where dropout would be measured.
    """
    blocks = blocks_of(model, method="depth_report")
    if model.training:
        raise ValueError("the model is in training mode, where dropout would be measured: call model.eval() first")
    mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
    real = mask.bool()
    batch = {"input_ids": input_ids, "attention_mask": mask, "labels": input_ids.masked_fill(~real, -100)}
    variance, angle, drop = [], [], []

    def look(before: Tensor, after: Tensor) -> None:
        before, after = before[real].float(), after[real].float()
        variance.append(float(after.var(-1, correction=0).mean()))
        u, v = nn.functional.normalize(before, dim=-1), nn.functional.normalize(after, dim=-1)
        # The arc cosine of almost one would be mostly rounding.
        angle.append(float(2 / pi * torch.atan2((u - v).norm(dim=-1), (u + v).norm(dim=-1)).mean()))

    with _after(blocks, look):
        loss = _loss(model, batch)
    for block in blocks:
        with _after([block], lambda before, _: before):
            drop.append(_loss(model, batch) - loss)
    return DepthReport(tuple(variance), tuple(angle), tuple(drop), loss)


class _Scale(nn.Module):
    """The parametrization of a norm's weight or bias."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, parameter: Tensor) -> Tensor:
        return parameter * self.scale

    def extra_repr(self) -> str:
        return f"{self.scale:.4g}"


def _take_factors(model: nn.Module, *, write: bool) -> None:
    """End the parametrization of all norms; `write` the products down, or leave the weights without the factors."""
    scaled: dict[nn.Module, list[str]] = {}
    for path, module in model.named_modules():
        parametrized: Any = getattr(module, "parametrizations", {})
        for name, steps in parametrized.items():
            if any(isinstance(step, _Scale) for step in steps):
                scaled.setdefault(module, []).append(name)
                if len(steps) > 1:
                    raise ValueError(f"{path}.{name} has another parametrization as well: remove that one first")
    for module, names in scaled.items():
        # A deep copy shares the class that PyTorch made for the original, and would take its weight away.
        shared = type(module)
        module.__class__ = type(shared.__name__, shared.__bases__, dict(vars(shared)))
        for name in names:
            parametrize.remove_parametrizations(module, name, leave_parametrized=write)


def _norms(block: nn.Module) -> dict[str, nn.Module]:
    """The norms on the residual path of a block, not those inside its attention."""
    return {name: child for name, child in block.named_children() if "norm" in type(child).__name__.lower()}


def _refuse(
    model: PreTrainedModel, blocks: Sequence[nn.Module], norms: Sequence[dict[str, nn.Module]], *, allow_trained: bool
) -> None:
    """Whatever LayerNorm Scaling is not meant for, in words."""
    name, all_norms = type(model).__name__, [norm for group in norms for norm in group.values()]
    if any(parametrize.is_parametrized(norm) for norm in all_norms):
        raise ValueError(f"something else parametrizes the norms of this {name}: scale them before that")
    parameters = [parameter for norm in all_norms for parameter in norm.parameters()]
    if len(set(parameters)) < len(parameters):
        raise ValueError(f"layers of this {name} share a norm, which cannot have the factors of several layers")
    feeding = _feeding(model, blocks, norms)
    for block, group in zip(blocks, norms, strict=True):
        kind = type(block).__name__
        if not group:
            raise ValueError(f"{kind} has no norm to scale")
        if aside := [path for path, norm in group.items() if norm not in feeding]:
            raise ValueError(
                f"{kind} is not a pre-norm block: the output of its {' and '.join(aside)} goes into neither attention "
                "nor MLP (post-norm, or sandwich norms); such models keep the variance down by themselves"
            )
        for path, norm in group.items():
            if not _is_proportional(norm):
                raise ValueError(
                    f"the factor cannot be folded into {path} of {kind}: the output of {type(norm).__name__} does not "
                    "double when its weights do"
                )
    if not allow_trained and not all(map(_is_new, all_norms)):
        raise ValueError(
            f"the norms of this {name} are trained: scaling them makes another function of it. Scale a new model, or "
            "pass allow_trained=True and train it further"
        )


@torch.no_grad()
def _feeding(
    model: PreTrainedModel, blocks: Sequence[nn.Module], norms: Sequence[dict[str, nn.Module]]
) -> set[nn.Module]:
    """The norms whose output goes into attention or MLP, as one pass over two tokens shows.

    Names do not tell: ``post_attention_layernorm`` stands before the MLP in Llama, and behind attention in OLMo 2.
    """
    outputs: list[tuple[nn.Module, Tensor]] = []
    inputs: list[Any] = []
    with ExitStack() as undo:
        undo.enter_context(torch.random.fork_rng())  # a new model with dropout is in training mode
        for block, group in zip(blocks, norms, strict=True):
            for child in block.children():
                if child in group.values():
                    hook = child.register_forward_hook(lambda norm, _, out: outputs.append((norm, out)))
                elif any(True for _ in child.parameters()):
                    hook = child.register_forward_pre_hook(
                        lambda _, args, kwargs: inputs.extend([*args, *kwargs.values()]), with_kwargs=True
                    )
                else:
                    continue
                undo.callback(hook.remove)
        model.base_model(torch.zeros(1, 2, dtype=torch.long, device=model.device))
    return {norm for norm, out in outputs if any(each is out for each in inputs)}


def _is_proportional(norm: nn.Module) -> bool:
    """Whether twice the weight and bias give twice the output; not so where one is added to the weight, as in Gemma."""
    parameters = dict(norm.named_parameters())
    if "weight" not in parameters:
        return False
    weight = parameters["weight"]
    x = torch.linspace(-1, 2, weight.numel(), device=weight.device, dtype=weight.dtype)[None]
    doubled = functional_call(norm, {name: 2 * parameter for name, parameter in parameters.items()}, (x,))
    return torch.allclose(doubled, 2 * norm(x))


def _is_new(norm: nn.Module) -> bool:
    return all(bool((value == (name != "bias")).all()) for name, value in norm.named_parameters())


@contextmanager
def _after(blocks: Sequence[nn.Module], call: Callable[[Tensor, Tensor], Tensor | None]) -> Iterator[None]:
    """Hand what goes into each block and what comes out to `call`; what it returns, if anything, comes out instead."""

    def hook(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> Any:
        before = args[0] if args else kwargs["hidden_states"]
        rest = None if isinstance(out, Tensor) else out[1:]
        instead = call(before, out if rest is None else out[0])
        return instead if instead is None or rest is None else (instead, *rest)

    with ExitStack() as undo:
        for block in blocks:
            undo.callback(block.register_forward_hook(hook, with_kwargs=True).remove)
        yield


def _loss(model: PreTrainedModel, batch: dict[str, Tensor]) -> float:
    return float(model(**batch, use_cache=False).loss)
