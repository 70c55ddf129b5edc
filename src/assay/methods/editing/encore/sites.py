"""Where a decoder is edited: its blocks and the projections that end their MLPs; how to read and move what passes."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from assay.methods._decoders import blocks_of, text_config
from assay.methods._traits import ATTENTION, refuse_traits

_PROJECTIONS = ("mlp.down_proj", "mlp.c_proj", "mlp.dense_4h_to_h", "mlp.fc_out", "mlp.fc2")


@dataclass(frozen=True)
class Site:
    """One block that is edited."""

    layer: int
    path: str
    """Of the projection's weight in the model."""
    block: nn.Module
    projection: nn.Module

    @property
    def weight(self) -> Tensor:
        """As the model stores it: (d, d_ff), or (d_ff, d) in a `Conv1D`."""
        return cast("Tensor", self.projection.weight)

    @property
    def width(self) -> int:
        """d_ff: of the keys."""
        return self.weight.shape[0 if isinstance(self.projection, Conv1D) else 1]

    def as_stored(self, update: Tensor) -> Tensor:
        """An update (d, d_ff) in the shape of the weight."""
        return update.T if isinstance(self.projection, Conv1D) else update


def find_sites(model: nn.Module, layers: Sequence[int]) -> list[Site]:
    """The sites of these blocks, tried out: what is added behind the projection comes out of the block.

    Raises:
        ValueError: The model is not of this kind, or not in the state to be edited.
    """
    name = type(model).__name__
    blocks = blocks_of(model, method="ENCORE")
    refuse_traits(cast("PreTrainedModel", model), method="ENCORE", supports=ATTENTION)
    if model.training:
        raise ValueError("the model is in training mode, where dropout would blur its keys: call model.eval() first")
    paths = {module: path for path, module in model.named_modules()}
    holders: dict[Tensor, list[str]] = {}
    for path, parameter in model.named_parameters(remove_duplicate=False):
        holders.setdefault(parameter, []).append(path)
    sites = []
    for layer in layers:
        if layer >= len(blocks):
            raise ValueError(f"there is no block {layer} in this {name}: it has {len(blocks)}, counted from 0")
        projection = _projection(blocks[layer])
        path = f"{paths[projection]}.weight"
        weight = projection.weight
        if not isinstance(weight, nn.Parameter) or not weight.is_floating_point() or weight.dim() != 2:
            raise ValueError(f"{path} is quantised or parametrized: edit the model before that is done to it")
        if len(holders[weight]) > 1:
            raise ValueError(f"{path} is shared with {holders[weight][1]}: an edit would change both")
        sites.append(Site(layer, path, blocks[layer], projection))
    _try_out(cast("PreTrainedModel", model), sites)
    return sites


def fingerprint(sites: Sequence[Site]) -> str:
    """SHA-256 of the weights at the sites: two models of one fingerprint can share covariances and journals."""
    digest = sha256()
    for site in sites:
        digest.update(f"{site.path} {list(site.weight.shape)} {site.weight.dtype}\0".encode())
        digest.update(site.weight.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


@contextmanager
def without_gradients(model: nn.Module) -> Iterator[None]:
    """No parameter wants a gradient inside, so that one with respect to an activation costs only what lies above it."""
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    for parameter in trainable:
        parameter.requires_grad = False
    try:
        yield
    finally:
        for parameter in trainable:
            parameter.requires_grad = True


@contextmanager
def shift(module: nn.Module, places: Tensor, by: Tensor) -> Iterator[list[Tensor]]:
    """Add to the module's output in the one pass made inside, and yield a list with what stood there before.

    Args:
        module: Puts out (B, T, d), alone or first in a tuple.
        places: (B,): the position in each row.
        by: (B, d), or (1, d) for all rows.
    """
    before: list[Tensor] = []

    def hook(_: nn.Module, __: Any, out: Any) -> Any:
        hidden = _hidden(out)
        rows = torch.arange(len(hidden), device=hidden.device)
        before.append(hidden[rows, places].detach())
        added = torch.zeros_like(hidden).index_put((rows, places), by.to(hidden.dtype).expand(len(hidden), -1))
        return hidden + added if isinstance(out, Tensor) else (hidden + added, *out[1:])

    with ExitStack() as undo:
        undo.callback(module.register_forward_hook(hook).remove)
        yield before


@contextmanager
def record(site: Site) -> Iterator[tuple[list[Tensor], list[Tensor]]]:
    """Yield two lists: what goes into the site's projection (B, T, d_ff), and what comes out of its block (B, T, d)."""
    inputs: list[Tensor] = []
    outputs: list[Tensor] = []
    with ExitStack() as undo:
        into = site.projection.register_forward_pre_hook(lambda _, args: inputs.append(args[0].detach()))
        undo.callback(into.remove)
        out_of = site.block.register_forward_hook(lambda _, __, out: outputs.append(_hidden(out).detach()))
        undo.callback(out_of.remove)
        yield inputs, outputs


def _hidden(out: Any) -> Tensor:
    """The hidden states of what a module puts out: alone, or first of several things."""
    hidden: Tensor = out if isinstance(out, Tensor) else out[0]
    return hidden


def _projection(block: nn.Module) -> nn.Module:
    modules = dict(block.named_modules())
    for path in _PROJECTIONS:
        if isinstance(projection := modules.get(path), (nn.Linear, Conv1D)):
            return projection
    raise ValueError(
        f"{type(block).__name__} has no single projection at the end of its MLP, such as {' or '.join(_PROJECTIONS)}: "
        "mixtures of experts and quantised layers cannot be edited"
    )


@torch.no_grad()
def _try_out(model: PreTrainedModel, sites: Sequence[Site]) -> None:
    """Refuse blocks that scale or normalise what the projection puts out, as the least-squares problem does not."""
    ids = torch.tensor([[0, 1]], device=model.device)
    place = torch.tensor([1], device=model.device)
    for site in sites:
        sums = []
        for size in (0.0, 1.0):
            push = torch.full((1, text_config(model).hidden_size), size, device=model.device)
            with record(site) as (_, outputs), shift(site.projection, place, push):
                model(input_ids=ids, use_cache=False)
            if outputs[0].dim() != 3:
                raise ValueError(f"{type(site.block).__name__} puts out several streams, not one of (batch, tokens, d)")
            sums.append(outputs[0][0, 1].double())
        change = sums[1] - sums[0]
        if not torch.allclose(change, torch.ones_like(change), atol=1e-3 + 2e-2 * float(sums[0].abs().max())):
            raise ValueError(
                f"{type(site.block).__name__} does not add what {site.path} puts out to the residual stream as it is "
                "(a norm or a factor behind the MLP)"
            )
