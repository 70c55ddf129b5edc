"""Which neurons and key-value groups of each layer are kept for training."""

import json
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar, cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import PreTrainedModel

from assay.methods._files import written_whole
from assay.methods.compression.loram._blocks import (
    ATTENTION,
    FEED_FORWARD,
    INPUTS_PRUNED,
    Shape,
    blocks_of,
    shape_of,
)
from assay.methods.compression.loram._scores import Batches, magnitude_worth, random_worth, taylor_worth

M = TypeVar("M", bound=PreTrainedModel)

_FORMAT = 1
_SCORES = ("taylor", "magnitude", "random")


@dataclass(frozen=True)
class Pruning:
    """What is removed for training: the settings of a plan."""

    ratio: float = 0.85
    """Share of the neurons and of the key-value groups that go, rounded down; the paper's for 70B (its run file)."""
    layers: tuple[int, int | None] = (4, -2)
    """Where layers that are pruned begin and end, as in a slice; 4 ... 77 of 80 in the paper's run file."""
    score: str = "taylor"
    """``taylor`` (the paper's LoRAM-Stru, after LLM-Pruner), ``random`` (its LoRAM-Rand) or ``magnitude``."""
    seed: int = 0
    """Of the random score."""

    def __post_init__(self) -> None:
        if not 0 <= self.ratio < 1:
            raise ValueError(f"a ratio of {self.ratio} prunes nothing or all: it is at least 0 and below 1")
        if self.score not in _SCORES:
            raise ValueError(f"there is no score {self.score!r}: take one of {', '.join(_SCORES)}")

    def removed(self, number: int) -> int:
        """How many of so many go."""
        return int(self.ratio * number + 1e-9)  # 0.29 * 100 is a little less than 29


class Kept(NamedTuple):
    """What is left of a layer: numbers in the full model, ascending, int64."""

    neurons: Tensor
    groups: Tensor


@dataclass(frozen=True, eq=False)
class PruningPlan:
    """What is kept of each layer; two plans are the same if their `hash` is."""

    shape: Shape
    """Of the full model."""
    kept: tuple[Kept, ...]
    """By layer."""
    base: str = ""
    """Name or path of the full model, if it has one."""

    def __post_init__(self) -> None:
        if len(self.kept) != self.shape.layers:
            raise ValueError(f"a plan for {len(self.kept)} layers does not fit a model of {self.shape.layers}")
        for number, kept in enumerate(self.kept):
            for what, of in (("neurons", self.shape.intermediate), ("groups", self.shape.kv_heads)):
                ids: Tensor = getattr(kept, what)
                # Out of order, rotated keys and their queries would no longer belong together.
                if not len(ids) or ids[0] < 0 or ids[-1] >= of or bool((ids.diff() <= 0).any()):
                    raise ValueError(f"the {what} of layer {number} are not ascending numbers from 0 to {of - 1}")

    @classmethod
    def structured(cls, model: PreTrainedModel, pruning: Pruning, batches: Batches | None = None) -> Self:
        """Plan to remove whole neurons and whole key-value groups of a full model, which is left as it is.

        Args:
            model: Llama, Qwen2, Qwen3 or Mistral. For the random score it may be on the meta device.
            pruning: How much, where, and by which score.
            batches: For the taylor score, a few batches of general text with ``labels``.

        Raises:
            ValueError: The model is of another make, no layer is in the range, or the score lacks its text.
        """
        shape = shape_of(model)
        pruned = range(shape.layers)[slice(*pruning.layers)]
        if not pruned:
            raise ValueError(f"layers {pruning.layers} are none of the {shape.layers} that this model has")
        if pruning.score == "random":
            worth = random_worth(shape, pruning.seed)
        elif model.device.type == "meta":
            raise ValueError(f"a model on the meta device has no weights for the {pruning.score} score: take 'random'")
        elif pruning.score == "magnitude":
            worth = magnitude_worth(model)
        else:
            worth = taylor_worth(model, batches or [])
        kept = [
            Kept(*(_best(each, len(each) - pruning.removed(len(each)) if number in pruned else len(each))
                   for each in worth[number]))
            for number in range(shape.layers)
        ]  # fmt: skip
        return cls(shape, tuple(kept), model.config.name_or_path or "")

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the full model's sizes and of all that is kept."""
        content = sha256(json.dumps(self.shape).encode())
        for kept in self.kept:
            for ids in kept:
                content.update(len(ids).to_bytes(8, "little") + ids.to("cpu", torch.int64).numpy().tobytes())
        return content.hexdigest()

    @property
    def is_uniform(self) -> bool:
        """Whether all layers keep as much, so that a plain configuration can say it."""
        return len({(len(kept.neurons), len(kept.groups)) for kept in self.kept}) == 1

    def features(self, layer: int, name: str) -> Tensor:
        """Which features of a projection are kept: inputs of ``o_proj`` and ``down_proj``, outputs of the others."""
        kept = self.kept[layer]
        if name in FEED_FORWARD:
            return kept.neurons
        width = self.shape.features(name) // self.shape.kv_heads
        return (kept.groups[:, None] * width + torch.arange(width)).flatten()

    @torch.no_grad()
    def apply(self, model: M) -> M:
        """A small copy of the full model, of the same class; the full one is left as it is.

        Its configuration carries the plan's hash, and its new sizes where all layers have the same. Where some were
        left whole, save and load it with `save_pruned` and `load_pruned`.

        Raises:
            ValueError: The plan was made for a model of other sizes.
        """
        if (shape := shape_of(model)) != self.shape:
            raise ValueError(f"the plan is for {self.shape}, and this {type(model).__name__} has {shape}")
        # A deep copy takes what stands in its memo for the original, so nothing is copied that is then thrown away.
        memo: dict[int, Any] = {}
        for number, block in enumerate(blocks_of(model)):
            for name in (*ATTENTION, *FEED_FORWARD):
                layer, features = block[name], self.features(number, name).to(block[name].weight.device)
                side = 1 if name in INPUTS_PRUNED else 0
                memo[id(layer.weight)] = _selected(layer.weight, side, features)
                bias: Tensor | None = layer.bias
                if bias is not None and side == 0:
                    memo[id(bias)] = _selected(bias, 0, features)
        small = deepcopy(model, memo)
        for block in blocks_of(small):
            for name in (*ATTENTION, *FEED_FORWARD):
                block[name].out_features, block[name].in_features = block[name].weight.shape
            setattr(block.mlp, "intermediate_size", block["gate_proj"].out_features)  # noqa: B010 - untyped there
        self._describe(small)
        return small

    def save(self, path: str | Path) -> None:
        """Write the plan as a safetensors file."""
        tensors = {f"{number}.{what}": ids.contiguous() for number, kept in enumerate(self.kept)
                   for what, ids in kept._asdict().items()}  # fmt: skip
        card = {"format": _FORMAT, "shape": self.shape._asdict(), "base": self.base, "hash": self.hash}
        with written_whole(path) as unfinished:
            save_file(tensors, unfinished, metadata={"loram": json.dumps(card)})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The plan that `save` wrote.

        Raises:
            ValueError: There is none at `path`, or it is damaged or of another format.
        """
        if not Path(path).is_file():
            raise ValueError(f"there is no plan at {path}")
        try:
            with safe_open(path, framework="pt") as opened:
                card = json.loads((opened.metadata() or {}).get("loram", "{}"))
                tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - it is no mapping
        except SafetensorError as error:
            raise ValueError(f"{path} is damaged: {error}") from None
        if card.get("format") != _FORMAT:
            raise ValueError(f"{path} is no plan of format {_FORMAT}: it says {card.get('format')}")
        shape = Shape(**card["shape"])
        kept = tuple(Kept(tensors[f"{n}.neurons"], tensors[f"{n}.groups"]) for n in range(shape.layers))
        plan = cls(shape, kept, card["base"])
        if plan.hash != card["hash"]:
            raise ValueError(f"{path} was altered since it was written: what it keeps has another hash than it says")
        return plan

    def _describe(self, small: PreTrainedModel) -> None:
        """Say in the configuration what the small model is; `peft` writes its name into the adapters of it."""
        config: Any = small.config
        config.loram_plan = self.hash
        heads = len(self.kept[0].groups) * self.shape.heads // self.shape.kv_heads
        if self.is_uniform and fits_configuration(small, heads):
            config.intermediate_size = len(self.kept[0].neurons)
            config.num_attention_heads, config.num_key_value_heads = heads, len(self.kept[0].groups)
            config.head_dim = self.shape.head_dim
        small.name_or_path = config.name_or_path = NAME + self.hash


NAME = "loram-plan:"
"""How a small model is called that was never saved: this and the hash of its plan."""


def fits_configuration(model: PreTrainedModel, heads: int) -> bool:
    """Llama's configuration wants the hidden size to be a multiple of the number of heads."""
    hidden: int = cast("Any", model.config).hidden_size
    return hidden % heads == 0


def _best(worth: Tensor, number: int) -> Tensor:
    return worth.topk(number).indices.sort().values


def _selected(parameter: Tensor, side: int, features: Tensor) -> nn.Parameter:
    return nn.Parameter(parameter.detach().index_select(side, features), requires_grad=parameter.requires_grad)
