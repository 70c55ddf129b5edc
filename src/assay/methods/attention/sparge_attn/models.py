"""SpargeAttn in a model of transformers, for a while."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor
from transformers import PreTrainedModel
from transformers.masking_utils import bidirectional_mask_function, causal_mask_function

from assay.methods._attention import AttentionCall, Output, intercept_attention
from assay.methods._decoders import attention_layers
from assay.methods._files import written_whole
from assay.methods._patching import altered
from assay.methods._traits import ATTENTION, PLACEMENT, Trait, refuse_traits
from assay.methods.attention.sparge_attn.config import SpargeConfig
from assay.methods.attention.sparge_attn.execution import ENGINES, attend
from assay.methods.attention.sparge_attn.prediction import AttentionInput, BlockPlan

_METHOD = "SpargeAttn"
_SUPPORTS = PLACEMENT | ATTENTION - {Trait.SPARSE}
_MASKING = "_sparge_attn_masking"


@dataclass
class SparsityLog:
    """What the attention of a model did while it was sparse."""

    kept: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """Tiles computed, by layer, over all heads and calls."""
    legal: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    """Tiles that dense attention would have computed in the same calls."""
    dense_calls: int = 0
    """Calls that ran densely: decoding steps, prompts below `min_tokens`, masks other than causal and padding."""

    @property
    def sparsity(self) -> float:
        """The share of tiles skipped over all sparse calls; 0 if there were none."""
        legal = sum(self.legal.values())
        return 1 - sum(self.kept.values()) / legal if legal else 0.0

    @property
    def sparsity_by_layer(self) -> dict[int, float]:
        """The same for each layer that ran sparsely."""
        return {layer: 1 - self.kept[layer] / legal for layer, legal in sorted(self.legal.items())}

    def add(self, layer: int, plan: BlockPlan) -> None:
        """Count one call."""
        self.kept[layer] += int(plan.kept.sum())
        self.legal[layer] += int(plan.legal.expand_as(plan.kept).sum())


@dataclass(frozen=True)
class SpargeAttn(SpargeConfig):
    """SpargeAttn with one setting for all layers. Calling it with a model applies it for a ``with`` block.

    Raises:
        ValueError: A value is outside its range, both or neither of `tau` and `topk` are given, the engine is unknown.
    """

    min_tokens: int = 1024
    """Calls with fewer queries run densely: there is nothing to gain. Ours."""
    engine: str = "auto"
    """One of `ENGINES`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        _check(self.min_tokens, self.engine)

    def __call__(self, model: PreTrainedModel) -> AbstractContextManager[SparsityLog]:
        """Run the prefill of a transformers model sparsely inside the block; decoding steps stay dense.

        Causal, bidirectional and padded inputs, chunked prefill and static caches are sparse; layers with a sliding
        window, soft-capped scores, attention sinks or another mask run as before and are counted in
        `SparsityLog.dense_calls`.

        Raises:
            ValueError: The model is in training mode, already sparse or not of a kind that can be.
        """
        return _applied(model, lambda layer: self, self.min_tokens, self.engine)  # noqa: ARG005 - the same for all


@dataclass(frozen=True)
class TunedSpargeAttn:
    """SpargeAttn with a setting for each layer, as `tune_sparge` finds them; called like `SpargeAttn`.

    Raises:
        ValueError: The engine is unknown, or `min_tokens` is none.
    """

    layers: Mapping[int, SpargeConfig]
    """The setting of each layer, by its number; a layer that is not there stays dense."""
    min_tokens: int = 1024
    """Calls with fewer queries run densely: there is nothing to gain. Ours."""
    engine: str = "auto"
    """One of `ENGINES`."""

    def __post_init__(self) -> None:
        _check(self.min_tokens, self.engine)

    def __call__(self, model: PreTrainedModel) -> AbstractContextManager[SparsityLog]:
        """What `SpargeAttn` does when it is called."""
        return _applied(model, self.layers.get, self.min_tokens, self.engine)

    def save(self, path: str | Path) -> None:
        """Write it as JSON, whole or not at all."""
        with written_whole(path) as file:
            file.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ValueError: The file is not such a file.
        """
        try:
            settings = json.loads(Path(path).read_text(encoding="utf-8"))
            layers = {int(layer): SpargeConfig(**_with_tuples(config)) for layer, config in settings["layers"].items()}
            return cls(**{**settings, "layers": layers})
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is not a file of SpargeAttn settings: {error}") from error


def sparse_layers(model: PreTrainedModel) -> dict[int, Any]:
    """The attention modules of a model that can be sparse, by number of their layer.

    Raises:
        ValueError: There are none, or the model chooses keys by a method of its own or is an encoder-decoder.
    """
    layers = attention_layers(model, method=_METHOD)
    refuse_traits(model, method=_METHOD, supports=_SUPPORTS)
    return layers


@torch.no_grad()
def attention_inputs(
    model: PreTrainedModel, layer: int, batches: Iterable[Mapping[str, Tensor]]
) -> list[AttentionInput]:
    """What the attention of one layer gets while the model runs densely over `batches`."""
    inputs: list[AttentionInput] = []

    def record(call: AttentionCall) -> Output:
        if call.layer == layer and (tensors := _input(call)) is not None:
            inputs.append(_aligned(tensors)[0])
        return call.stock()

    with _intercepted(model, record):
        for batch in batches:
            model(**batch)
    return inputs


@dataclass(frozen=True, eq=False)
class _Masking:
    """Masking that a plan can express. It is attached to the mask that stands for it."""

    offset: int | None
    """Causal masking: query i sees keys up to ``i + offset``. ``None``: no causal masking."""
    keys: int
    """How many keys there are; what a static cache holds beyond them is empty."""
    key_mask: Tensor | None
    """(B, keys) bool, False for padding."""


@contextmanager
def _applied(
    model: PreTrainedModel, config_of: Callable[[int], SpargeConfig | None], min_tokens: int, engine: str
) -> Iterator[SparsityLog]:
    log = SparsityLog()

    def run(call: AttentionCall) -> Output:
        config = config_of(call.layer)
        inputs = None if config is None or call.query.shape[2] < min_tokens else _input(call)
        if config is None or inputs is None:
            log.dense_calls += 1
            return call.stock()
        inputs, back = _aligned(inputs)
        plan = inputs.plan(config)
        log.add(call.layer, plan)
        output = attend(
            inputs.query, inputs.key, inputs.value, plan,
            scale=inputs.scale, pv_threshold=config.pv_threshold, engine=engine,
        )  # fmt: skip
        output = output if back is None else _columns(output, back)
        return output.transpose(1, 2).contiguous(), None

    with _intercepted(model, run):
        yield log


@contextmanager
def _intercepted(model: PreTrainedModel, run: Callable[[AttentionCall], Output]) -> Iterator[None]:
    layers = sparse_layers(model)
    if model.training:
        raise ValueError("sparse attention is for inference: call model.eval() first")
    with altered(model, by="sparge_attn") as undo:
        intercept_attention(undo, layers.values(), "sparge_attn", run, make_mask=_mask)
        yield


def _mask(stock: Callable[..., Any], **keywords: Any) -> Any:
    """The model's own mask, with the masking attached that it stands for, where a plan can express it."""
    mask = stock(**keywords)
    function = keywords.get("mask_function", causal_mask_function)
    causal, queries = function is causal_mask_function, keywords["q_length"]
    plain = causal or function is bidirectional_mask_function
    if mask is None or not plain or queries == 1 or keywords.get("local_size") or keywords.get("kv_offset"):
        return mask
    offset = int(keywords.get("q_offset", 0)) if causal else None
    keys = keywords["kv_length"] if offset is None else offset + queries
    key_mask = keywords.get("attention_mask")
    if key_mask is not None:
        if key_mask.shape[1] < keys:
            return mask
        key_mask = None if bool(key_mask[:, :keys].all()) else key_mask[:, :keys].bool()
    setattr(mask, _MASKING, _Masking(offset, keys, key_mask))
    return mask


def _input(call: AttentionCall) -> AttentionInput | None:
    """What a plan is made from; ``None`` if the call is not of plain attention, or decodes."""
    queries = call.query.shape[2]
    masking: _Masking | None = getattr(call.mask, _MASKING, None)
    if call.mask is None and call.inner == "eager":
        masking = _Masking(None, call.key.shape[2], None)
    elif call.mask is None:
        is_causal = call.options.get("is_causal")
        is_causal = getattr(call.module, "is_causal", True) if is_causal is None else is_causal
        masking = _Masking(0, queries, None) if is_causal else _Masking(None, call.key.shape[2], None)
    windowed = call.options.get("sliding_window") is not None
    if masking is None or queries == 1 or windowed or call.dropout or call.alterations:
        return None
    if call.key.shape[2] < masking.keys or masking.offset not in (None, masking.keys - queries):
        return None
    key, value = call.key[:, :, : masking.keys], call.value[:, :, : masking.keys]
    key_mask = masking.key_mask if masking.key_mask is None else masking.key_mask.to(call.query.device)
    query_mask = None
    if key_mask is not None and (masking.offset is not None or queries == key.shape[2]):
        first = masking.offset or 0
        query_mask = key_mask[:, first : first + queries]
    is_causal = masking.offset is not None
    return AttentionInput(call.query, key, value, is_causal, masking.offset, call.scaling, query_mask, key_mask)


def _aligned(inputs: AttentionInput) -> tuple[AttentionInput, Tensor | None]:
    """Rows begun at their first real token, so that a padded row has the tiles that it has alone.

    Also returned are the columns (B, N) that put the output back; ``None`` if nothing was moved.
    """
    mask = inputs.key_mask
    if mask is None or inputs.query.shape[2] != inputs.key.shape[2]:
        return inputs, None
    padding = mask.int().argmax(-1, keepdim=True)
    if not bool(padding.any()):
        return inputs, None
    column, width = torch.arange(mask.shape[1], device=mask.device), mask.shape[1]
    columns = (column + padding) % width
    query, key, value = (_columns(tensor, columns) for tensor in (inputs.query, inputs.key, inputs.value))
    mask = mask.gather(1, columns)
    moved = replace(inputs, query=query, key=key, value=value, query_mask=mask, key_mask=mask)
    return moved, (column - padding) % width


def _columns(tensor: Tensor, columns: Tensor) -> Tensor:
    """Columns (B, N) of (B, H, N, D)."""
    return tensor.gather(2, columns[:, None, :, None].expand(-1, tensor.shape[1], -1, tensor.shape[3]))


def _check(min_tokens: int, engine: str) -> None:
    if engine not in ENGINES:
        raise ValueError(f"engine {engine!r} is unknown: it is one of {', '.join(ENGINES)}")
    if min_tokens < 1:
        raise ValueError(f"min_tokens is {min_tokens}: it is at least 1")


def _with_tuples(config: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in config.items()}
