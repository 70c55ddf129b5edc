"""The layers themselves: an expert that gates twice, and the soft mixture in its three forms."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import Cache

from assay.methods.architecture.soft_moe_ffn.sums import running_sums

Mode = Literal["dense", "token", "prefix", "sequence"]
Expert = Literal["gated_twice", "copy"]

_SHARPEST = 40.0
"""Where |scale| ends: exp(-2 * 40) is still a normal number of fp32."""


@dataclass(frozen=True)
class SoftMoEConfig:
    """What becomes of a model's feed-forward blocks.

    Raises:
        ValueError: There is no such mode or expert, a number is not positive, or the mode has no use for it.
    """

    mode: Mode = "token"
    """Ours: the paper has ``sequence``, which leaks in a decoder."""
    experts: int = 6
    """The paper's, Table 1."""
    slots: int = 1
    """Of each expert; the released model's. Only ``prefix`` and ``sequence`` have slots."""
    expert: Expert = "gated_twice"
    """The paper's; ``copy`` begins each expert as a copy of the network that is replaced."""
    width: int | None = None
    """Inside a gated-twice expert; a quarter of the model's ``intermediate_size`` if not given, as released."""

    def __post_init__(self) -> None:
        if self.mode not in get_args(Mode) or self.expert not in get_args(Expert):
            raise ValueError(
                f"mode {self.mode!r} and expert {self.expert!r}: there are {', '.join(get_args(Mode))}, and "
                f"{', '.join(get_args(Expert))}"
            )
        for name in ("experts", "slots", "width"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or value < 1):
                raise ValueError(f"{name} is {value}: at least 1 is needed")
        if self.slots > 1 and self.mode in ("dense", "token"):
            raise ValueError(f"mode {self.mode!r} has no slots: {self.slots} of them want prefix or sequence")
        if self.mode == "dense" and (self.experts > 1 or self.expert == "copy"):
            raise ValueError("mode 'dense' is one gated-twice network: pass experts=1, and no copies")
        if self.expert == "copy" and self.width is not None:
            raise ValueError(f"a copy has the width of what it copies: width={self.width} is for gated_twice")


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

    mask_at: int = 1
    """Which of the model's arguments the attention mask is."""
    padding: Tensor | None = field(default=None, repr=False)
    """(B, tokens so far), 0 on padding. Kept until the next forward, since checkpointed layers are computed again."""
    cache: Cache | None = field(default=None, repr=False)
    """The KV cache that the layer is given, while it is running."""

    def see_padding(self, _: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Before the model."""
        self.padding = args[self.mask_at] if len(args) > self.mask_at else kwargs.get("attention_mask")

    def see_cache(self, _: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Before a block, which knows the cache under one name or another."""
        self.cache = next((value for value in (*args, *kwargs.values()) if isinstance(value, Cache)), None)

    def leave_cache(self, *_: Any) -> None:
        """After a block."""
        self.cache = None


class SoftMoE(nn.Module):
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
        kept = self._kept(x)
        if self.mode == "sequence":
            if kept is not None:
                logits = logits.masked_fill(~kept[..., None], torch.finfo(logits.dtype).min)
            slots = logits.softmax(1).to(x.dtype).mT @ x
            return combine @ self._called(slots)
        # A softmax is the same after any shift, and |scale|, unlike a maximum over tokens, says nothing of later ones.
        weights = (logits - scale.abs()).exp()
        if kept is not None:
            weights = weights * kept[..., None]
        called = self._called(running_sums(x, weights, self.surroundings.cache, self.layer).to(x.dtype))
        return (combine[..., None] * called).sum(-2)

    def extra_repr(self) -> str:
        """For printing."""
        return f"mode={self.mode!r}, experts={len(self.experts)}, slots={self.slots}"

    def _called(self, slots: Tensor) -> Tensor:
        """Each expert on its slots, (..., S, C)."""
        shares = slots.split(self.slots, dim=-2)
        return torch.cat([expert(share) for expert, share in zip(self.experts, shares, strict=True)], dim=-2)

    def _kept(self, x: Tensor) -> Tensor | None:
        """(B, T), False on padding; nothing where there is none."""
        padding = self.surroundings.padding
        if padding is None:
            return None
        if padding.dim() != 2 or padding.shape[0] != x.shape[0] or padding.shape[1] < x.shape[1]:
            raise ValueError(
                f"an attention mask of shape {tuple(padding.shape)} does not say which of {x.shape[0]} x {x.shape[1]} "
                "tokens are padding: pass one of (batch, tokens)"
            )
        return padding[:, -x.shape[1] :].bool()
