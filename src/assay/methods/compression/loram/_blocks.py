"""The linear layers of a decoder's blocks, and which of their features belong to one neuron or one key-value group."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import nn
from transformers import PreTrainedModel

ATTENTION, FEED_FORWARD = ("q_proj", "k_proj", "v_proj", "o_proj"), ("gate_proj", "up_proj", "down_proj")
INPUTS_PRUNED = ("o_proj", "down_proj")
"""Layers that lose columns; all others lose rows."""


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

    attention: nn.Module
    mlp: nn.Module

    def __getitem__(self, name: str) -> nn.Linear:
        layer: nn.Linear = getattr(self.attention if name in ATTENTION else self.mlp, name)
        return layer


def blocks_of(model: nn.Module) -> list[Block]:
    """The blocks of a decoder, from the first to the last.

    Raises:
        ValueError: They are not made as Llama's are, or their layers are not plain ones.
    """
    name = type(model).__name__
    layers: Any = getattr(model.base_model, "layers", None) if isinstance(model, PreTrainedModel) else None
    if layers is None:
        raise ValueError(
            f"{name} has no list of layers where transformers' Llama has it: LoRAM knows Llama, Qwen2, Qwen3 and "
            "Mistral, before they are wrapped in anything else"
        )
    blocks = []
    for number, layer in enumerate(layers):
        block = Block(getattr(layer, "self_attn", nn.Identity()), getattr(layer, "mlp", nn.Identity()))
        for projection in (*ATTENTION, *FEED_FORWARD):
            found = getattr(block.attention if projection in ATTENTION else block.mlp, projection, None)
            if type(found) is not nn.Linear:
                what = "is missing" if found is None else f"is a {type(found).__name__}"
                raise ValueError(
                    f"{projection} of layer {number} of this {name} {what}, and LoRAM prunes plain nn.Linear layers: "
                    "before adapters and quantisation, and no fused layers or experts"
                )
        blocks.append(block)
    return blocks


def shape_of(model: nn.Module) -> Shape:
    """The sizes of a full model.

    Raises:
        ValueError: As `blocks_of`, or the blocks differ in size.
    """
    shapes = set()
    blocks = blocks_of(model)
    for block in blocks:
        dim: Any = block.attention.head_dim
        intermediate, hidden = block["gate_proj"].weight.shape
        query, key = len(block["q_proj"].weight), len(block["k_proj"].weight)
        shapes.add(Shape(len(blocks), hidden, intermediate, query // dim, key // dim, dim))
    if len(shapes) != 1:
        raise ValueError(
            f"the blocks of this {type(model).__name__} differ in size: it is pruned already; plan on the full model"
        )
    return shapes.pop()
