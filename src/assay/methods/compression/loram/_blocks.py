"""The linear layers of a decoder's blocks, and which of their features belong to one neuron or one key-value group."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import nn
from transformers import PreTrainedModel

from assay.methods import _decoders
from assay.methods._traits import Trait, refuse_traits

ATTENTION, FEED_FORWARD = ("q_proj", "k_proj", "v_proj", "o_proj"), ("gate_proj", "up_proj", "down_proj")
PROJECTIONS = (*ATTENTION, *FEED_FORWARD)
INPUTS_PRUNED = ("o_proj", "down_proj")
"""Layers that lose columns; all others lose rows."""
_NORMS = ("q_norm", "k_norm")
"""What attention may hold beside its projections, if it is of the size of one head: it is the same for all heads."""
_SUPPORTS = frozenset(
    {Trait.SOFTCAP, Trait.SLIDING, Trait.LOCAL, Trait.NO_ROPE, Trait.ROPE_BY_LENGTH, Trait.WEIGHTLESS}
)


class Shape(NamedTuple):
    """Sizes that all blocks of a full model have."""

    layers: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    head_dim: int

    def features(self, name: str) -> int:
        """How many features the layer of this name has on the side that pruning shortens."""
        if name in FEED_FORWARD:
            return self.intermediate
        return self.head_dim * (self.heads if name in ("q_proj", "o_proj") else self.kv_heads)


@dataclass(frozen=True)
class Block:
    """One block's linear layers by name, and the modules that hold them."""

    attention: Any
    mlp: Any

    def __getitem__(self, name: str) -> nn.Linear:
        layer: nn.Linear = getattr(self.holder(name), name)
        return layer

    def __iter__(self) -> Iterator[tuple[str, nn.Linear]]:
        return ((name, self[name]) for name in PROJECTIONS)

    def holder(self, name: str) -> Any:
        """The module of which the layer of this name is an attribute."""
        return self.attention if name in ATTENTION else self.mlp


def refuse_model(model: PreTrainedModel, method: str) -> None:
    """Refuse a model of which LoRAM does not know the attention, or of which the weights are not at hand.

    Raises:
        ValueError: It is such a model.
    """
    _decoders.blocks_of(model, method=method, encoders=True)
    if _decoders.text_config(model) is not model.config:
        raise ValueError(f"{method} cannot be used with this {type(model).__name__}: it reads more than text")
    refuse_traits(model, method=method, supports=_SUPPORTS)


def blocks_of(model: nn.Module) -> list[Block]:
    """The blocks of a decoder, from the first to the last.

    Raises:
        ValueError: They are not made as Llama's are, or their layers are not plain ones.
    """
    blocks = []
    for number, layer in enumerate(_decoders.blocks_of(model, method="LoRAM", encoders=True)):
        block = Block(getattr(layer, "self_attn", None), getattr(layer, "mlp", None))
        where = f"of layer {number} of this {type(model).__name__}"
        for name in PROJECTIONS:
            projection = getattr(block.holder(name), name, None)
            if type(projection) is not nn.Linear:
                what = "is missing" if projection is None else f"is a {type(projection).__name__}"
                raise ValueError(
                    f"{name} {where} {what}, and LoRAM prunes plain nn.Linear layers: before adapters and "
                    "quantisation, and no fused layers or experts"
                )
        _refuse_other_parameters(block, where)
        blocks.append(block)
    return blocks


def shape_of(model: nn.Module) -> Shape:
    """The sizes of a full model.

    Raises:
        ValueError: As `blocks_of`, or the blocks differ in size.
    """
    blocks = blocks_of(model)
    shapes = {_shape(block, len(blocks)) for block in blocks}
    if len(shapes) != 1:
        raise ValueError(
            f"the blocks of this {type(model).__name__} differ in size: it is pruned already; plan on the full model"
        )
    return shapes.pop()


def _shape(block: Block, layers: int) -> Shape:
    dim: int = block.attention.head_dim
    intermediate, hidden = block["gate_proj"].weight.shape
    query, key = len(block["q_proj"].weight), len(block["k_proj"].weight)
    return Shape(layers, hidden, intermediate, query // dim, key // dim, dim)


def _refuse_other_parameters(block: Block, where: str) -> None:
    """Refuse what depends on heads or neurons in ways that are not known here: norms over all heads, gates, sinks."""
    dim = getattr(block.attention, "head_dim", None)
    sizes = {name: block[name].weight.shape for name in PROJECTIONS}
    query, key, inner = sizes["q_proj"][0], sizes["k_proj"][0], sizes["gate_proj"][0]
    sound = (
        isinstance(dim, int) and key % dim == 0 and query % key == 0 and sizes["o_proj"][1] == query
        and sizes["v_proj"][0] == key and sizes["up_proj"][0] == inner == sizes["down_proj"][1]
    )  # fmt: skip
    if not sound:
        raise ValueError(f"the projections {where} do not have Llama's sizes: LoRAM does not know how to prune them")
    if hasattr(block.attention, "num_heads"):
        raise ValueError(f"attention {where} reckons with a number of heads of its own: LoRAM cannot prune it")
    for module in (block.attention, block.mlp):
        for path, parameter in module.named_parameters():
            name = path.partition(".")[0]
            if name in PROJECTIONS or (name in _NORMS and parameter.shape == (dim,)):
                continue
            raise ValueError(
                f"{path} {where} belongs to heads or neurons in a way that LoRAM does not know how to prune"
            )
    if getattr(block.mlp, "activation_sparsity", 0):
        raise ValueError(f"the neurons {where} are compared with each other: LoRAM cannot prune them one by one")
