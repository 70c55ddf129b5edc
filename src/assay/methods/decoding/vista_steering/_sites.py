"""Where VISTA looks and steers: a model's blocks, their MLPs, and the hidden states that come out of them."""

import inspect
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from transformers import PreTrainedModel

from assay.methods._decoders import blocks_of
from assay.methods._traits import Trait, refuse_traits

METHOD = "VISTA"
STEERING, SELF_LOGITS = "vista_steering", "vista_self_logits"
"""What marks a model that is altered."""

_SUPPORTS = frozenset(Trait) - {Trait.ENCODER_DECODER, Trait.WEIGHTLESS}
"""Only activations are looked at, whatever attention makes them."""
_MLPS = ("mlp", "feed_forward", "ffn", "mlp_block", "block_sparse_moe", "moe", "shared_mlp", "fc2")
"""What transformers' blocks call their MLP, or the last layer of one that has no module of its own."""


def find_blocks(model: PreTrainedModel) -> list[Any]:
    """The blocks of a model's decoder, each with a module of its own.

    Raises:
        ValueError: The model is of a kind that VISTA does not work on.
    """
    blocks = blocks_of(model, method=METHOD)
    refuse_traits(model, method=METHOD, supports=_SUPPORTS)
    _refuse_shared(model, blocks)
    return blocks


def find_mlps(model: PreTrainedModel, blocks: Sequence[Any]) -> list[nn.Module]:
    """The module of each block that puts out what its MLP adds to the residual stream.

    Raises:
        ValueError: A block has none, several, or one that adds the residual stream itself.
    """
    mlps = []
    for layer, block in enumerate(blocks):
        children = dict(block.named_children())
        names = [name for name in _MLPS if name in children]
        if len(names) != 1:
            what = " and ".join(names) if names else f"none of {', '.join(_MLPS)}"
            raise ValueError(
                f'{METHOD} at "mlp" needs one MLP in each block, and block {layer} of this {type(model).__name__} has '
                f'{what}: steer at "residual"'
            )
        mlp = children[names[0]]
        if "residual" in inspect.signature(mlp.forward).parameters:
            raise ValueError(
                f"the MLP of {type(block).__name__} adds the residual stream itself, so that there is nothing to steer "
                'before that: steer at "residual"'
            )
        mlps.append(mlp)
    _refuse_shared(model, mlps)
    return mlps


def hidden_of(out: Any, width: int) -> Tensor:
    """The hidden states (B, T, D) of what a module puts out: alone, or first of several things.

    Raises:
        ValueError: They are of another shape.
    """
    hidden = out if isinstance(out, Tensor) else out[0]
    if not isinstance(hidden, Tensor) or hidden.dim() != 3 or hidden.shape[-1] != width:
        shape = tuple(hidden.shape) if isinstance(hidden, Tensor) else type(hidden).__name__
        raise ValueError(f"{METHOD} works on hidden states of (batch, tokens, {width}), and a layer put out {shape}")
    return hidden


def check_range(layers: tuple[int, int], count: int | None = None) -> None:
    """Refuse a range of layers, first and last, that is reversed or outside of a model's.

    Raises:
        ValueError: It is.
    """
    first, last = layers
    if not 0 <= first <= last:
        raise ValueError(f"layers are {layers}: give the first and the last, counted from 0, the last included")
    if count is not None and last >= count:
        raise ValueError(f"layers {first} to {last} are not all there: this model has {count}, 0 to {count - 1}")


def _refuse_shared(model: PreTrainedModel, modules: Sequence[nn.Module]) -> None:
    if len(set(map(id, modules))) < len(modules):
        raise ValueError(
            f"{METHOD} cannot be used with this {type(model).__name__}: some of its layers share their modules, so "
            "that one layer's direction cannot be told from another's"
        )
