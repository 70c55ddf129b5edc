"""Visual steering vectors: activations are turned toward a direction while a model writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from math import isfinite
from typing import Any, Literal

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from assay.methods._decoders import decoder_of, text_config
from assay.methods._patching import altered
from assay.methods.decoding.vista_steering._sites import (
    METHOD,
    STEERING,
    check_range,
    find_blocks,
    find_mlps,
    hidden_of,
)

_TINY = 1e-12


@dataclass
class Steering:
    """What steering has done so far in its block."""

    passes: int = 0
    """Forward passes that were steered."""
    tokens: int = 0
    """Tokens that were steered, of all rows, padding included."""


@dataclass(frozen=True)
class VisualSteering:
    """Turn activations toward given vectors for a ``with`` block: ``with VisualSteering(strength=0.1)(model, v):``.

    Raises:
        ValueError: A value is out of its range.
    """

    strength: float = 0.1
    """lambda. The official code has 0.17, 0.1 and 0.01 for LLaVA-1.5 on three tasks: tune it on your own."""
    layers: tuple[int, int] | None = None
    """First and last layer that is steered, counted from 0, the last included; all by default (official code)."""
    site: Literal["mlp", "residual"] = "mlp"
    """What is turned: the MLP's output before the residual add (official code), or the residual stream (paper)."""
    decode_only: bool = False
    """Whether the prompt is left as it is (ours); else it is steered as well (official code)."""

    def __post_init__(self) -> None:
        if not (isfinite(self.strength) and self.strength >= 0):
            raise ValueError(f"strength is {self.strength}: give 0 or more")
        if self.layers is not None:
            check_range(self.layers)
        if self.site not in ("mlp", "residual"):
            raise ValueError(f'site is {self.site!r}: choose "mlp" or "residual"')

    @contextmanager
    def __call__(self, model: PreTrainedModel, vectors: Tensor) -> Iterator[Steering]:
        """Apply it to `model` for a block; yields a count of what is steered.

        Args:
            model: A decoder of transformers, alone or within an image-text model.
            vectors: From `contrast`: (layers, rows, width), one of each row of the batches to come; or (layers, width),
                one for all rows, however many. Of any length, since only their direction counts.

        Raises:
            ValueError: The model is of a kind that this cannot work on, or is already steered; vectors are not of its
                shape, not finite, or zero; in the block, a batch has other rows than the vectors, or with
                `decode_only` the prompt cannot be told from what is written.
        """
        blocks = find_blocks(model)
        first, last = self.layers or (0, len(blocks) - 1)
        check_range((first, last), len(blocks))
        sites = find_mlps(model, blocks) if self.site == "mlp" else blocks
        width = text_config(model).hidden_size
        _check_vectors(vectors, len(blocks), width, range(first, last + 1))
        with altered(model, by=STEERING) as undo:
            units = torch.nn.functional.normalize(vectors.detach().float(), dim=-1)
            hooks = _Hooks(self, model, units)
            decoder = decoder_of(model, method=METHOD)
            undo.callback(decoder.register_forward_pre_hook(hooks.begin, with_kwargs=True).remove)
            for layer in range(first, last + 1):
                # Before other hooks, so that whoever looks at this layer sees what the next one is given.
                turn = sites[layer].register_forward_hook(partial(hooks.turn, layer), prepend=True)
                undo.callback(turn.remove)
            yield hooks.steering


def steer(hidden: Tensor, units: Tensor, strength: float) -> Tensor:
    """Hidden states turned toward directions, with their norms kept; in float32, given back in their own dtype.

    Args:
        hidden: (B, T, D).
        units: (B, D) or (D,), of length 1.
        strength: lambda.
    """
    if not strength:
        return hidden
    x = hidden.float()
    toward = units.to(x.device).unsqueeze(-2)
    length = x.norm(dim=-1, keepdim=True)
    unit = x / length.clamp_min(_TINY)
    against = (-(unit * toward).sum(-1, keepdim=True)).clamp_min(0)
    turned = unit + strength * (1 + against) * toward
    size = turned.norm(dim=-1, keepdim=True)
    # Where x stands exactly against the push, nothing is left whose direction could be taken.
    return torch.where(size > _TINY, turned * (length / size.clamp_min(_TINY)), x).to(hidden.dtype)


@dataclass
class _Hooks:
    """What is done before and within a pass."""

    settings: VisualSteering
    model: PreTrainedModel
    units: Tensor
    steering: Steering = field(default_factory=Steering)
    is_steered: bool = True
    """Of the pass that is being made."""
    is_first: bool = True
    """Whether no layer of it was steered yet."""

    def begin(self, _: nn.Module, args: Any, kwargs: Any) -> None:
        """Before the decoder reads: is this a pass to be steered?"""
        self.is_steered = not self.settings.decode_only or _is_written(self.model, args, kwargs)
        self.is_first = True

    def turn(self, layer: int, _: nn.Module, __: Any, out: Any) -> Any:
        """Behind a layer: its output, turned."""
        units, strength = self.units[layer], self.settings.strength
        hidden = hidden_of(out, units.shape[-1])
        if units.dim() == 2 and len(units) != len(hidden):
            raise ValueError(
                f"vectors are of {len(units)} rows and the batch has {len(hidden)}: give each row its own "
                "(vectors.repeat_interleave(beams, dim=1) where a prompt has several), or one of (layers, width) for "
                "all"
            )
        if not self.is_steered or not strength:
            return None
        if self.is_first:
            self.is_first = False
            self.steering.passes += 1
            self.steering.tokens += hidden.shape[0] * hidden.shape[1]
        turned = steer(hidden, units, strength)
        return turned if isinstance(out, Tensor) else type(out)((turned, *out[1:]))


def _is_written(model: PreTrainedModel, args: Any, kwargs: Any) -> bool:
    """Whether a pass reads a token that was written, and not the prompt.

    Raises:
        ValueError: That cannot be told.
    """
    cache = kwargs.get("past_key_values")
    if cache is None:
        use = kwargs.get("use_cache")
        if kwargs.get("cache_params") is not None or not (text_config(model).use_cache if use is None else use):
            raise ValueError("decode_only tells the prompt by an empty cache (past_key_values): generate with one")
        return False
    before = int(cache.get_seq_length())
    given = next(each for each in (kwargs.get("input_ids"), kwargs.get("inputs_embeds"), *args) if each is not None)
    tokens = int(given.shape[1])
    if before and tokens > 1:
        raise ValueError(
            f"{tokens} tokens are read behind {before}: with decode_only the prompt is read in one pass, and each "
            "token that is written in one"
        )
    return before > 0


def _check_vectors(vectors: Tensor, layers: int, width: int, steered: range) -> None:
    """Refuse what are no directions of a model.

    Raises:
        ValueError: They are none.
    """
    shape = tuple(vectors.shape)
    fits = len(shape) in (2, 3) and (shape[0], shape[-1]) == (layers, width) and vectors.numel()
    if not fits or not vectors.is_floating_point():
        raise ValueError(
            f"vectors are {shape} of {vectors.dtype}: for this model give numbers of ({layers}, rows, {width}), or "
            f"({layers}, {width}) for all rows"
        )
    for layer in steered:
        if not bool(vectors[layer].isfinite().all()):
            raise ValueError(f"the vectors of layer {layer} are not finite: the model overflows in {vectors.dtype}")
        lengths = vectors[layer].float().norm(dim=-1)
        if not bool((lengths > _TINY).all()):
            row = f", row {int(lengths.argmin())}" if lengths.dim() else ""
            raise ValueError(
                f"the vector of layer {layer}{row} is zero and has no direction: the two prompts differ in nothing "
                "there; leave that layer out (layers=...) or give others"
            )
