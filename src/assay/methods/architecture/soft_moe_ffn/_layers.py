"""The layers themselves: an expert that gates twice, and the soft mixture in its three forms."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import Cache

from assay.methods._cache import cache_among
from assay.methods._packing import refuse_packed
from assay.methods.architecture.soft_moe_ffn._sums import running_means

Mode = Literal["dense", "token", "prefix", "sequence"]

_SHARPEST = 40.0
"""Where |scale| ends: exp(-2 * 40) is still a normal number of fp32."""


class GatedTwiceMLP(nn.Module):
    """``silu(W3 h) * (W4 h)`` of ``h = silu(W1 x) * (W2 x)``: both layers gate. (..., C) to (..., C), 4 C f weights."""

    def __init__(self, hidden: int, width: int, *, std: float = 0.02) -> None:
        super().__init__()
        self.gate_in = nn.Linear(hidden, width, bias=False)
        self.up = nn.Linear(hidden, width, bias=False)
        self.gate_out = nn.Linear(width, hidden, bias=False)
        self.down = nn.Linear(width, hidden, bias=False)
        for matrix in (self.gate_in, self.up, self.gate_out, self.down):
            nn.init.normal_(matrix.weight, std=std)

    def forward(self, x: Tensor) -> Tensor:
        """Gate, twice."""
        h = functional.silu(self.gate_in(x)) * self.up(x)
        out: Tensor = functional.silu(self.gate_out(h)) * self.down(h)
        return out


@dataclass
class Surroundings:
    """What a feed-forward network is not handed and a mixture must know; its methods are hooks on the model."""

    names: tuple[str, ...] = ()
    """Of the model's arguments, in order."""
    padding: Tensor | None = field(default=None, repr=False)
    """(B, tokens so far), 0 on padding. Stays until the next forward, since checkpointed layers are computed again."""
    cache: Cache | None = field(default=None, repr=False)
    """The KV cache that the layer is given, while it is running."""

    def see_inputs(self, _: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Before the model.

        Raises:
            ValueError: Documents are packed into one row, or the mask is not one of padding.
        """
        inputs = dict(zip(self.names, args, strict=False)) | kwargs
        refuse_packed(inputs, what="slots")
        mask = inputs.get("attention_mask")
        if mask is not None and not (isinstance(mask, Tensor) and mask.dim() == 2):
            kind = f"of {mask.dim()} dimensions" if isinstance(mask, Tensor) else f"that is a {type(mask).__name__}"
            raise ValueError(
                f"an attention mask {kind} does not say which tokens are padding: pass one of (batch, tokens)"
            )
        self.padding = mask

    def see_cache(self, _: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Before a block."""
        self.cache = cache_among((*args, *kwargs.values()))

    def leave_cache(self, *_: Any) -> None:
        """After a block."""
        self.cache = None


class SoftMoELayer(nn.Module):
    """A soft mixture of experts in place of a feed-forward network, (B, T, C) to (B, T, C).

    Args:
        hidden: C.
        mode: ``token``, ``prefix`` or ``sequence``, see the package.
        expert: Makes one expert, a module from (..., C) to (..., C).
        experts: How many.
        slots: Of each expert.
        layer: Number of the block, which is where a cache keeps the sums of ``prefix``.
        surroundings: Written by the model's hooks; a mixture that stands alone has none.
    """

    def __init__(
        self,
        hidden: int,
        *,
        mode: Mode,
        expert: Callable[[], nn.Module],
        experts: int,
        slots: int = 1,
        layer: int = 0,
        surroundings: Surroundings | None = None,
    ) -> None:
        super().__init__()
        self.mode, self.slots, self.layer = mode, slots, layer
        self.surroundings = surroundings or Surroundings()
        self.phi = nn.Parameter(torch.empty(hidden, experts * slots))
        nn.init.normal_(self.phi, std=hidden**-0.5)
        self.scale = nn.Parameter(torch.ones(1))
        self.experts = nn.ModuleList(expert() for _ in range(experts))

    def forward(self, x: Tensor) -> Tensor:
        """Mix.

        Raises:
            ValueError: The attention mask is not (B, tokens), or the cache holds tokens but no sums of them.
        """
        scale = self.scale.float().clamp(-_SHARPEST, _SHARPEST)
        directions = functional.normalize(self.phi.float(), dim=0)
        logits = scale * (functional.normalize(x.float(), dim=-1) @ directions)
        combine = logits.softmax(-1).to(x.dtype)
        if self.mode == "token":
            parts = [combine[..., e : e + 1] * expert(x) for e, expert in enumerate(self.experts)]
            return torch.stack(parts).sum(0)
        real = self._real(x)
        if self.mode == "sequence":
            if real is not None:
                logits = logits.masked_fill(~real[..., None], torch.finfo(logits.dtype).min)
            slots = logits.softmax(1).to(x.dtype).mT @ x
            return combine @ self._outputs(slots)
        # A softmax is the same after any shift, and |scale|, unlike a maximum over tokens, says nothing of later ones.
        weights = (logits - scale.abs()).exp()
        if real is not None:
            weights = weights * real[..., None]
        outputs = self._outputs(running_means(x, weights, self.surroundings.cache, self.layer).to(x.dtype))
        return (combine[..., None] * outputs).sum(-2)

    def extra_repr(self) -> str:
        """For printing."""
        return f"mode={self.mode!r}, experts={len(self.experts)}, slots={self.slots}"

    def _outputs(self, slots: Tensor) -> Tensor:
        """Each expert on its slots, (B, S, C) or (B, T, S, C)."""
        shares = slots.split(self.slots, dim=-2)
        # A copied network may want three dimensions.
        outputs = [expert(share.flatten(1, -2)) for expert, share in zip(self.experts, shares, strict=True)]
        return torch.cat([out.view(share.shape) for out, share in zip(outputs, shares, strict=True)], dim=-2)

    def _real(self, x: Tensor) -> Tensor | None:
        """(B, T), False on padding; nothing where there is none."""
        mask = self.surroundings.padding
        if mask is None:
            return None
        if len(mask) != len(x) or mask.shape[1] < x.shape[1]:
            raise ValueError(
                f"an attention mask of shape {tuple(mask.shape)} does not say which of {x.shape[0]} x {x.shape[1]} "
                "tokens are padding: pass one of (batch, tokens)"
            )
        return mask[:, -x.shape[1] :].bool().to(x.device)
