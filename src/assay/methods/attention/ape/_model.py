"""APE applied to a model for a while."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import local
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.masking_utils import sdpa_mask

from assay.methods._attention import AttentionCall, intercept_attention
from assay.methods._patching import altered
from assay.methods.attention.ape._attention import ape_attention, ape_weights
from assay.methods.attention.ape._cache import APECache
from assay.methods.attention.ape._states import layers_of

if TYPE_CHECKING:
    from assay.methods._attention import MakeMask, Output


@dataclass(frozen=True, kw_only=True)
class APE:
    """APE: its fields are the two numbers that repair attention over contexts encoded in parallel.

    Calling it with a model applies it for a ``with`` block.

    Raises:
        ValueError: One of them is not a positive finite number.
    """

    temperature: float = 0.9
    """T: divides the logits of context tokens; below 1 sharpens. 0.9 is the official README's; tune it (`tune`)."""
    scale: float = 0.9
    """S: the contexts' log-sum-exp is multiplied by S * T, as the official code does; official README's default."""

    def __post_init__(self) -> None:
        for name, value in (("temperature", self.temperature), ("scale", self.scale)):
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be a positive number, not {value}")

    @contextmanager
    def __call__(self, model: PreTrainedModel) -> Iterator[PreTrainedModel]:
        """Let `model` attend by APE wherever it is given an `APECache`, in forward and generate, until the block ends.

        Calls with any other cache, or none, are the model's own. The layers learn a request's lengths from its cache,
        so several requests may be under way at once, each in a thread of its own.

        Raises:
            ValueError: The model is of a kind that APE would get wrong (no RoPE, sliding windows, attention sinks,
                soft-capped scores ...), or is already altered by APE; in the block, its attention is not what it
                seemed, or has dropout.
        """
        layers = layers_of(model)
        with altered(model, by="ape") as undo:
            requests = _Requests(self, frozenset(layers), type(model).__name__)
            intercept_attention(undo, layers.values(), "ape", requests.attend, make_mask=requests.make_mask)
            reader: nn.Module = model.base_model
            undo.callback(reader.register_forward_pre_hook(requests.begin, with_kwargs=True).remove)
            undo.callback(reader.register_forward_hook(requests.end, always_call=True).remove)
            yield model


NEUTRAL = APE(temperature=1.0, scale=1.0)
"""No repair: plain parallel encoding behind a shared prefix."""


@dataclass(frozen=True)
class _Request:
    """A pass over an `APECache`."""

    contexts: tuple[int, int]
    """The columns of the contexts, ``[begin, end)``."""
    ragged: bool
    pending: set[int]
    """The layers that have not attended yet."""


class _Current(local):
    request: _Request | None = None
    """The pass that this thread is in."""


class _Requests:
    """What happens to the passes of a model inside of one block."""

    def __init__(self, ape: APE, layers: frozenset[int], name: str) -> None:
        self._ape, self._layers, self._name = ape, layers, name
        self._current = _Current()

    def begin(
        self, _: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Give a pass over an `APECache` its mask and positions."""
        if any(isinstance(value, APECache) for value in args):
            raise ValueError("APE looks for its cache among the keywords: pass it as past_key_values=...")
        cache = kwargs.get("past_key_values")
        if isinstance(cache, APECache):
            inputs = (*args[:1], kwargs.get("input_ids"), kwargs.get("inputs_embeds"))
            rows, tokens = next(value for value in inputs if value is not None).shape[:2]
            if (more := rows // cache.starts.shape[0]) > 1:  # Beams, or several answers to each question.
                cache.batch_repeat_interleave(more)
            kwargs |= cache.places(tokens, kwargs.get("attention_mask"))
            contexts = (cache.prefix_length, cache.prefix_length + cache.context_length)
            self._current.request = _Request(contexts, cache.ragged, set(self._layers))
        return args, kwargs

    def end(self, _: nn.Module, __: Any, output: Any) -> None:
        """Forget the pass; called after an error too, without an output."""
        request, self._current.request = self._current.request, None
        if output is not None and request is not None and request.pending:
            raise ValueError(
                f"APE cannot be used with this {self._name}: the attention of layer {min(request.pending)} does not go "
                "through transformers' AttentionInterface"
            )

    def make_mask(self, stock: "MakeMask", **keywords: Any) -> Any:
        """Of a pass over an `APECache`, true where a token sees a column; else the model's own mask."""
        return stock(**keywords) if self._current.request is None else sdpa_mask(**keywords)

    def attend(self, call: AttentionCall) -> "Output":
        """The attention of one layer."""
        if (request := self._current.request) is None:
            return call.stock()
        if call.dropout:
            raise ValueError("APE is for inference: call model.eval(), so that attention has no dropout")
        alterations = call.alterations
        if call.mask is not None and call.mask.dtype != torch.bool:  # Not as `make_mask` made it.
            alterations.append("numbers of its own to add to scores")
        if alterations:
            raise ValueError(
                f"APE cannot be used with this {self._name}: {type(call.module).__name__} takes "
                f"{', '.join(alterations)}, which APE does not know"
            )
        request.pending.discard(call.layer)
        how: dict[str, Any] = {
            "contexts": request.contexts, "temperature": self._ape.temperature, "scale": self._ape.scale,
            "scaling": call.scaling, "mask": call.mask, "ragged": request.ragged,
        }  # fmt: skip
        output = ape_attention(call.query, call.key, call.value, **how).transpose(1, 2).contiguous()
        return output, ape_weights(call.query, call.key, **how) if call.options.get("output_attentions") else None
