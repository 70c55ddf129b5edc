"""Self-logits augmentation: logits read from a band of late layers are mixed into those of the last."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from assay.methods._decoders import decoder_of, text_config
from assay.methods._patching import altered
from assay.methods.decoding.vista_steering._sites import METHOD, SELF_LOGITS, check_range, find_blocks, hidden_of


@dataclass(frozen=True)
class SelfLogits:
    """Mix the logits of a band of layers into the final ones for a ``with`` block: ``with SelfLogits(...)(model):``.

    Raises:
        ValueError: A value is out of its range.
    """

    layers: tuple[int, int]
    """First and last layer of the band, counted from 0 without the embedding, the last included. The official code
    has (25, 30) of 32, the paper the five before the last."""
    alpha: float = 0.3
    """Weight of the band's mean, in [0, 1] (official code: 0.3; the wider the band, the smaller)."""
    apply_norm: bool = True
    """Whether the final norm is applied to the band's states as well (ours); the official code leaves it out."""

    def __post_init__(self) -> None:
        check_range(self.layers)
        if not 0 <= self.alpha <= 1:
            raise ValueError(f"alpha is {self.alpha}: give a share from 0 to 1")

    @contextmanager
    def __call__(self, model: PreTrainedModel) -> Iterator[PreTrainedModel]:
        """Apply it to `model` for a block.

        Raises:
            ValueError: The model is of a kind that this cannot work on, or has it already; the band lies outside of
                it; in the block, the head reads something else than the last block's output behind one norm, is not
                called, or a pass asks for logits of places that cannot be told.
        """
        blocks = find_blocks(model)
        check_range(self.layers, len(blocks))
        head = model.get_output_embeddings()  # type: ignore[no-untyped-call]
        if not isinstance(head, nn.Module):
            raise ValueError(f"{METHOD} mixes the logits of a head, and this {type(model).__name__} has none")
        with altered(model, by=SELF_LOGITS) as undo:
            if self.alpha:
                band = _Band(self, text_config(model).hidden_size)
                for child in decoder_of(model, method=METHOD).children():
                    undo.callback(child.register_forward_hook(band.note).remove)
                undo.callback(blocks[-1].register_forward_hook(band.close).remove)
                undo.callback(model.register_forward_pre_hook(band.begin, with_kwargs=True).remove)
                undo.callback(model.register_forward_hook(band.end).remove)
                first, last = self.layers
                for block in blocks[first : last + 1]:
                    undo.callback(block.register_forward_hook(band.add).remove)
                undo.callback(head.register_forward_hook(band.mix).remove)
            yield model


@dataclass
class _Band:
    """The band's states of the pass that is being made."""

    settings: SelfLogits
    width: int
    norm: nn.Module | None = None
    is_known: bool = False
    """Whether it was seen what stands between the last block and the head: `norm`, or nothing."""
    keep: Any = None
    """``logits_to_keep`` of the pass."""
    states: list[Tensor] = field(default_factory=list)
    last: Tensor | None = None
    """What the last block put out."""
    behind: list[tuple[nn.Module, Tensor]] = field(default_factory=list)
    """What was made of that, and by which module."""
    is_mixed: bool = False
    is_within: bool = False
    """Whether the head is being asked for the band."""

    def begin(self, _: nn.Module, __: Any, kwargs: Any) -> None:
        """Before a pass."""
        self.keep, self.is_mixed = kwargs.get("logits_to_keep"), False
        self._forget()

    def add(self, _: nn.Module, __: Any, out: Any) -> None:
        """Behind a block of the band."""
        self.states.append(hidden_of(out, self.width))

    def close(self, _: nn.Module, __: Any, out: Any) -> None:
        """Behind the last block."""
        self.last = hidden_of(out, self.width)

    def note(self, module: nn.Module, args: Any, out: Any) -> None:
        """Behind a part of the decoder: does it read the last block's output?"""
        if self.is_known or self.last is None or not args or not isinstance(out, Tensor):
            return
        if isinstance(args[0], Tensor) and _are_equal(args[0], self.last):
            self.behind.append((module, out))

    def mix(self, head: nn.Module, args: Any, logits: Tensor) -> Tensor | None:
        """Behind the head: its logits, with the band's."""
        if self.is_within:
            return None
        hidden = args[0]
        first, last = self.settings.layers
        if len(self.states) != last - first + 1 or self.last is None:
            raise ValueError(f"{METHOD} mixes logits of a whole pass: its layers ran {len(self.states)} times of "
                             f"{last - first + 1} before its head did")  # fmt: skip
        if not self.is_known:
            self._learn_norm(hidden)
        parts = [self._place(states, hidden).to(hidden.device) for states in self.states]
        self.is_within = True
        try:
            if self.settings.apply_norm and self.norm is not None:
                parts = [self.norm(part) for part in parts]
            mean = torch.stack([part.float() for part in parts]).mean(0).to(hidden.dtype)
            band: Tensor = head(mean)
        finally:
            self.is_within = False
        self._forget()
        self.is_mixed = True
        return torch.lerp(logits, band, self.settings.alpha)

    def end(self, model: nn.Module, _: Any, __: Any) -> None:
        """Behind a pass."""
        if not self.is_mixed:
            raise ValueError(f"{METHOD} could mix no logits: {type(model).__name__} did not call its head in this pass")

    def _learn_norm(self, hidden: Tensor) -> None:
        """See what makes the head's input of the last block's output.

        Raises:
            ValueError: It is more than one module.
        """
        ways = [*self.behind, *([(None, self.last)] if self.last is not None else [])]
        for module, out in ways:
            if out.shape[::2] == hidden.shape[::2] and _are_equal(self._place(out, hidden), hidden):
                self.norm, self.is_known = module, True
                return
        raise ValueError(
            f"the head reads something else than the last block's output behind one norm: {METHOD} cannot read logits "
            "from other layers of such a model"
        )

    def _place(self, states: Tensor, hidden: Tensor) -> Tensor:
        """A layer's states (B, T, D) at the places that the head is given (B, k, D)."""
        if states.shape[1] != hidden.shape[1] or isinstance(self.keep, Tensor):
            kept = self.keep
            states = states[:, kept if isinstance(kept, Tensor) else slice(-kept, None) if kept else slice(None)]
        if states.shape != hidden.shape:
            raise ValueError(
                f"the head is given {tuple(hidden.shape)} and the layers put out {tuple(states.shape)}: {METHOD} knows "
                "logits_to_keep and no other way to leave places out"
            )
        return states

    def _forget(self) -> None:
        self.states.clear()
        self.behind.clear()
        self.last = None


def _are_equal(one: Tensor, other: Tensor) -> bool:
    return one is other or (one.shape == other.shape and torch.equal(one, other.to(one.device)))
