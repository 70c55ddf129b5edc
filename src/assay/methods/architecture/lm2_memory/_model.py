"""LM2's memory in a model: put beside the attention of its blocks, and taken out again."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from transformers import Cache, PreTrainedModel

from assay.methods._cache import cache_among, keep_mask, set_state, state_of
from assay.methods._changes import Change
from assay.methods._decoders import attention_layers, blocks_of, text_config
from assay.methods._patching import unwrap, wrap
from assay.methods._traits import ATTENTION, Trait
from assay.methods.architecture.lm2_memory._memory import GatedMemory, MemoryState


@dataclass(frozen=True)
class LM2Memory(Change):
    """A gated memory beside the attention of a decoder's blocks: the same logits until it is trained.

    ``LM2Memory(slots=32).apply(model)`` puts it in. The weights that the model has keep their names and may be frozen;
    those of the memory have ``.memory.`` in their names. ``LM2Memory.revert(model)`` takes it out; the model's other
    weights stay as they are by then.

    Raises:
        ValueError: A number is not positive, or `layers` is neither ``"all"`` nor numbers of layers. `apply`: the
            model's blocks are not of a kind beside which a memory could stand, one of the layers is not there, or
            heads, segment and model do not go together.
    """

    slots: int = 64
    """Rows of a block's memory. The paper has 2,048, as many as tokens; an update costs slots x segment."""
    heads: int = 4
    """Of reading and of writing; the released module has 8 at a width of 2,048."""
    segment: int = 128
    """Tokens between updates: ours. What lies in a token's own segment it sees through attention alone."""
    layers: str | tuple[int, ...] = "all"
    """Blocks with a memory, from 0; the paper found all of them best."""
    detach_every: int | None = None
    """Updates through which gradients flow, in one forward pass; ``None`` for all of them."""

    title: ClassVar[str] = "LM2's memory"
    supports: ClassVar[frozenset[Trait]] = ATTENTION - {Trait.RECURRENT, Trait.SHARED_STATES, Trait.LOCAL}

    def __post_init__(self) -> None:
        for name in ("slots", "heads", "segment", "detach_every"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}: at least one is needed")
        if isinstance(self.layers, str) and self.layers != "all":
            raise ValueError(f"layers is {self.layers!r}: give 'all', or a tuple of numbers that count from 0")
        if not isinstance(self.layers, str) and (not self.layers or len(set(self.layers)) < len(self.layers)):
            raise ValueError(f"layers is {self.layers!r}: at least one is needed, and each once")

    def check(self, model: PreTrainedModel) -> None:
        name, width = type(model).__name__, text_config(model).hidden_size
        blocks = len(blocks_of(model, method=self.title))
        attention = attention_layers(model, method=self.title)
        if attention.keys() != set(range(blocks)):
            raise ValueError(f"{self.title} cannot be used with this {name}: some of its blocks have no attention")
        if any(not getattr(layer, "is_causal", True) for layer in attention.values()):
            raise ValueError(f"{self.title} cannot be used with this {name}: its attention is not causal")
        if not isinstance(self.layers, str) and (missing := set(self.layers) - set(range(blocks))):
            raise ValueError(f"there is no layer {min(missing)} in this {name}: it has {blocks}")
        if width % self.heads:
            raise ValueError(f"{self.heads} heads do not divide a width of {width}: choose a divisor of it")
        self._check_segment(text_config(model))

    def _check_segment(self, config: Any) -> None:
        longest = getattr(config, "max_position_embeddings", None) or self.segment
        if self.segment > longest:
            raise ValueError(f"a segment of {self.segment} tokens is longer than the {longest} positions of this model")
        window = getattr(config, "sliding_window", None) if getattr(config, "use_sliding_window", True) else None
        if window is not None and self.segment > window:
            raise ValueError(
                f"a segment of {self.segment} tokens is longer than the window of {window}: what lies between would be "
                "seen neither by attention nor in the memory; choose a segment of at most the window"
            )
        chunk = getattr(config, "attention_chunk_size", None)
        if chunk is not None and chunk % self.segment:
            raise ValueError(
                f"attention begins anew after every {chunk} tokens, and segments of {self.segment} would not end "
                "there: choose a divisor"
            )

    def insert(self, model: PreTrainedModel) -> None:
        config: Any = text_config(model)
        attention = attention_layers(model, method=self.title)
        for layer in sorted(attention) if isinstance(self.layers, str) else self.layers:
            memory = GatedMemory(
                config.hidden_size,
                slots=self.slots,
                heads=self.heads,
                segment=self.segment,
                detach_every=self.detach_every,
                spread=getattr(config, "initializer_range", 0.02),
            )
            # While a model is loaded, some architectures' vectors are in memory already, and all else is on meta.
            device = memory.initial.device if memory.initial.is_meta else next(attention[layer].parameters()).device
            attention[layer].memory = memory.to(device, model.dtype)
            memory.hook = attention[layer].register_forward_hook(_add_memory, with_kwargs=True)
        base: Any = model.base_model
        base.memory_hook = base.register_forward_pre_hook(_refuse_rows, with_kwargs=True)
        if model.can_generate():
            wrap(model, "prepare_inputs_for_generation", _prepare)

    def remove(self, model: PreTrainedModel) -> None:
        for attention in attention_layers(model, method=self.title).values():
            if hasattr(attention, "memory"):
                attention.memory.hook.remove()
                del attention.memory
        base: Any = model.base_model
        base.memory_hook.remove()
        del base.memory_hook
        if model.can_generate():
            unwrap(model, "prepare_inputs_for_generation")


def _add_memory(attention: Any, args: tuple[Any, ...], inputs: dict[str, Any], output: tuple[Any, ...]) -> Any:
    """Add what is read to what attention put out, and write what went into it."""
    x = inputs["hidden_states"] if "hidden_states" in inputs else args[0]
    x = x.to(output[0].device)
    cache = cache_among((*inputs.values(), *args))
    if cache is None:
        read, _ = attention.memory(x, keep=False)
    else:
        read = _go_on(attention, x, cache)
    return (output[0] + read, *output[1:])


@torch.compiler.disable  # type: ignore[untyped-decorator]  # what is pending has another length at each step
def _go_on(attention: Any, x: Tensor, cache: Cache) -> Tensor:
    read, (memory, pending) = attention.memory(x, state_of(cache, attention.layer_idx, MemoryState))
    # A copy: the inputs of a compiled block lie where the next step writes its own.
    set_state(cache, attention.layer_idx, MemoryState(memory, pending.clone()))
    return read  # type: ignore[no-any-return]


def _prepare(stock: Any, *args: Any, **inputs: Any) -> dict[str, Any]:
    """`prepare_inputs_for_generation`, which sees the mask even where the rest is compiled."""
    _refuse_padding(inputs.get("attention_mask"))
    return keep_mask(stock, *args, **inputs)


def _refuse_rows(_: nn.Module, args: tuple[Any, ...], inputs: dict[str, Any]) -> None:
    """A row's segments are counted from its first column, whatever stands there."""
    if torch.compiler.is_compiling():
        return
    mask = inputs.get("attention_mask", args[1] if len(args) > 1 else None)
    positions = inputs.get("position_ids")
    if isinstance(mask, dict) or (isinstance(mask, Tensor) and mask.dim() != 2):
        raise ValueError("a memory counts the tokens of a row: hand over an attention mask of two dimensions, or none")
    _refuse_padding(mask)
    if mask is None and isinstance(positions, Tensor) and bool((positions[..., 1:] < positions[..., :-1]).any()):
        raise ValueError("positions begin anew within a row, and the memory would not: one document a row, not packed")


def _refuse_padding(mask: Any) -> None:
    if isinstance(mask, Tensor) and mask.dim() == 2 and bool((mask[:, 1:] > mask[:, :-1]).any()):
        raise ValueError(
            "a row has padding before tokens, which would shift its segments: pad at the end, and generate only from "
            "rows of one length"
        )
