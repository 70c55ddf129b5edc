"""Which neurons and key-value groups of each layer stay for training, and the small model that has only these."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self, TypeVar

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import PreTrainedConfig, PreTrainedModel

from assay.methods._changes import Change, changes_of, note_changes
from assay.methods._files import written_whole
from assay.methods._traits import Trait, traits_of
from assay.methods.compression.loram._blocks import (
    FEED_FORWARD,
    INPUTS_PRUNED,
    Shape,
    blocks_of,
    refuse_model,
    shape_of,
)
from assay.methods.compression.loram._scores import Batches, magnitude_worth, random_worth, taylor_worth

M = TypeVar("M", bound=PreTrainedModel)

NAME = "loram-plan:"
"""How a small model is called that was never saved: this and the hash of its plan."""
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

    def prunes(self, number: int) -> int:
        """How many of so many go."""
        return int(self.ratio * number + 1e-9)  # 0.29 * 100 is a little less than 29


class Selection(NamedTuple):
    """What stays of a layer: numbers in the full model, ascending, int64."""

    neurons: Tensor
    groups: Tensor


@dataclass(frozen=True, eq=False)
class PruningPlan:
    """What stays of each layer; two plans are the same if their `hash` is."""

    shape: Shape
    """Of the full model."""
    selections: tuple[Selection, ...]
    """By layer."""
    base: str = ""
    """Name or path of the full model, if it has one."""

    def __post_init__(self) -> None:
        if len(self.selections) != self.shape.layers:
            raise ValueError(f"a plan for {len(self.selections)} layers does not fit a model of {self.shape.layers}")
        for number, selection in enumerate(self.selections):
            for what, of in (("neurons", self.shape.intermediate), ("groups", self.shape.kv_heads)):
                ids: Tensor = getattr(selection, what)
                # Out of order, rotated keys and their queries would no longer belong together.
                if not len(ids) or ids[0] < 0 or ids[-1] >= of or bool((ids.diff() <= 0).any()):
                    raise ValueError(f"the {what} of layer {number} are not ascending numbers from 0 to {of - 1}")

    @classmethod
    def structured(cls, model: PreTrainedModel, pruning: Pruning, batches: Batches | None = None) -> Self:
        """Plan to remove whole neurons and whole key-value groups of a full model, which is left as it is.

        Args:
            model: Llama, Qwen2, Qwen3, Mistral or what is built like them. For the random score it may be on the meta
                device.
            pruning: How much, where, and by which score.
            batches: For the taylor score, a few batches of general text with ``labels``.

        Raises:
            ValueError: The model is of another make, has adapters, is quantised or offloaded; no layer is in the
                range; or the score lacks its text.
        """
        refuse_model(model, "LoRAM")
        shape = shape_of(model)
        pruned = range(shape.layers)[slice(*pruning.layers)]
        if not pruned:
            raise ValueError(f"layers {pruning.layers} are none of the {shape.layers} that this model has")
        if pruning.score == "random":
            worth = random_worth(shape, pruning.seed)
        elif Trait.WEIGHTLESS in traits_of(model):
            raise ValueError(f"a model on the meta device has no weights for the {pruning.score} score: take 'random'")
        elif pruning.score == "magnitude":
            worth = magnitude_worth(model)
        else:
            worth = taylor_worth(model, batches or [])
        selections = [
            Selection(*(_best(each, len(each) - pruning.prunes(len(each)) if number in pruned else len(each))
                        for each in worth[number]))
            for number in range(shape.layers)
        ]  # fmt: skip
        return cls(shape, tuple(selections), model.config.name_or_path or "")

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the full model's sizes and of all that stays."""
        content = sha256(json.dumps(self.shape).encode())
        for selection in self.selections:
            for ids in selection:
                content.update(len(ids).to_bytes(8, "little") + ids.to("cpu", torch.int64).numpy().tobytes())
        return content.hexdigest()

    def features(self, layer: int, name: str) -> Tensor:
        """Which features of a projection stay: inputs of ``o_proj`` and ``down_proj``, outputs of the others."""
        selection = self.selections[layer]
        if name in FEED_FORWARD:
            return selection.neurons
        width = self.shape.features(name) // self.shape.kv_heads
        return (selection.groups[:, None] * width + torch.arange(width, device="cpu")).flatten()

    @torch.no_grad()
    def apply(self, model: M) -> M:
        """A small copy of the full model, of the same class; the full one is left as it is.

        It is saved with ``save_pretrained`` and loaded with `assay.methods.load`. Its configuration carries the plan's
        hash and its sizes. Where all layers have the same, and the architecture can be configured so, it is a stock
        model that ``from_pretrained`` loads as well.

        Raises:
            ValueError: The plan was made for a model of other sizes, or the model has adapters, is quantised or
                offloaded.
        """
        refuse_model(model, "LoRAM")
        if (shape := shape_of(model)) != self.shape:
            raise ValueError(f"the plan is for {self.shape}, and this {type(model).__name__} has {shape}")
        # A deep copy takes what stands in its memo for the original, so nothing is copied that is then thrown away.
        memo: dict[int, Any] = {}
        for layer, weight, bias in _shortened(model, self):
            memo[id(layer.weight)] = weight
            if bias is not None:
                memo[id(layer.bias)] = bias
        small = deepcopy(model, memo)
        _tell_sizes(small)
        small.config.loram_plan = self.hash
        small.name_or_path = small.config.name_or_path = NAME + self.hash  # `peft` writes it into adapters
        if (config := _stock_config(small, self)) is not None:
            vars(small.config).update(vars(config))
        else:
            sizes = [(len(selection.neurons), len(selection.groups)) for selection in self.selections]
            note_changes(small, [*changes_of(small), PrunedSizes(*zip(*sizes, strict=True))])
        return small

    def save(self, path: str | Path) -> None:
        """Write the plan as a safetensors file."""
        tensors = {f"{number}.{what}": ids.contiguous() for number, selection in enumerate(self.selections)
                   for what, ids in selection._asdict().items()}  # fmt: skip
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
        selections = (Selection(tensors[f"{n}.neurons"], tensors[f"{n}.groups"]) for n in range(shape.layers))
        plan = cls(shape, tuple(selections), card["base"])
        if plan.hash != card["hash"]:
            raise ValueError(f"{path} was altered since it was written: its selections have another hash than it says")
        return plan


@dataclass(frozen=True)
class PrunedSizes(Change):
    """Notes how large the layers of a small model are, where they differ; `PruningPlan.apply` writes it down."""

    title: ClassVar[str] = "LoRAM"

    neurons: tuple[int, ...]
    """By layer."""
    groups: tuple[int, ...]
    """By layer."""

    def check(self, model: PreTrainedModel) -> None:  # noqa: ARG002 - every model is refused
        """Refuse: sizes alone do not say what is pruned.

        Raises:
            ValueError: Always.
        """
        raise ValueError("LoRAM prunes by a plan, into a copy: use `PruningPlan.structured(...).apply(model)`")

    @torch.no_grad()
    def insert(self, model: PreTrainedModel) -> None:
        """Make the layers of a model that is being loaded as small as its weights are."""
        selections = (
            Selection(torch.arange(neurons, device="cpu"), torch.arange(groups, device="cpu"))
            for neurons, groups in zip(self.neurons, self.groups, strict=True)
        )
        for layer, weight, bias in _shortened(model, PruningPlan(shape_of(model), tuple(selections))):
            layer.weight = weight
            if bias is not None:
                layer.bias = bias
        _tell_sizes(model)

    def remove(self, model: PreTrainedModel) -> None:
        """Refuse: what was pruned is not in the small model.

        Raises:
            ValueError: Always.
        """
        raise ValueError(f"this {type(model).__name__} does not hold what was pruned: take the full model again")


def _shortened(model: nn.Module, plan: PruningPlan) -> Iterator[tuple[nn.Linear, nn.Parameter, nn.Parameter | None]]:
    """Each projection of the blocks with its new weight, and its new bias if that gets shorter."""
    for number, block in enumerate(blocks_of(model)):
        for name, layer in block:
            side = 1 if name in INPUTS_PRUNED else 0
            features = plan.features(number, name).to(layer.weight.device)
            bias: nn.Parameter | None = layer.bias
            yield (
                layer,
                _selected(layer.weight, side, features),
                _selected(bias, 0, features) if bias is not None and side == 0 else None,
            )


def _tell_sizes(small: nn.Module) -> None:
    """Set the numbers by which modules know their sizes to those of their weights."""
    for block in blocks_of(small):
        for _, layer in block:
            layer.out_features, layer.in_features = layer.weight.shape
        block.mlp.intermediate_size = block["gate_proj"].out_features


def _stock_config(small: PreTrainedModel, plan: PruningPlan) -> PreTrainedConfig | None:
    """The configuration by which a stock model has the sizes of the small one; ``None`` if there is none."""
    sizes = {(len(selection.neurons), len(selection.groups)) for selection in plan.selections}
    if len(sizes) > 1 or changes_of(small):
        return None
    neurons, groups = sizes.pop()
    new = {
        "intermediate_size": neurons,
        "num_attention_heads": groups * plan.shape.heads // plan.shape.kv_heads,
        "num_key_value_heads": groups,
        "head_dim": plan.shape.head_dim,
    }
    try:
        config: PreTrainedConfig = type(small.config).from_dict(small.config.to_dict() | new)
        with torch.device("meta"):
            stock: Any = type(small)(config)
    except (ValueError, StrictDataclassError):  # as Llama's, that wants the hidden size to be a multiple of the heads
        return None
    return config if _sizes(stock) == _sizes(small) else None


def _sizes(model: nn.Module) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in (*model.named_parameters(), *model.named_buffers())}


def _best(worth: Tensor, number: int) -> Tensor:
    return worth.topk(number).indices.sort().values


def _selected(parameter: Tensor, side: int, features: Tensor) -> nn.Parameter:
    return nn.Parameter(parameter.detach().index_select(side, features), requires_grad=parameter.requires_grad)
