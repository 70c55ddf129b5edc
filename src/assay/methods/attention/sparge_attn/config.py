"""Which tiles of the attention map SpargeAttn keeps."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

PerHead = float | tuple[float, ...]
"""One value for all heads, or one for each query head."""


@dataclass(frozen=True)
class SpargeConfig:
    """Which tiles are kept. Exactly one of `tau` and `topk` is given.

    Raises:
        ValueError: A value is outside its range, or both or neither of `tau` and `topk` are given.
    """

    tau: PerHead | None = None
    """Keep the largest entries of a row of the block map up to this share of its mass; 1 keeps all.
    Official code: 0.98."""
    topk: PerHead | None = None
    """Keep this share of the entries of a row of the block map; 1 keeps all. Official code: 0.5."""
    theta: PerHead | None = None
    """Self-similarity that a block must exceed to be summarised; 1 makes attention dense, 0 turns the guard off.
    ``None``, as in the official code: 0.6 with `tau`, -0.1 with `topk`."""
    pv_threshold: PerHead | None = None
    """Skip a value product this many powers of two below the running maximum (the paper's -lambda); ``None``: never.
    Official code: 50 on CUDA, 20 in Triton. Ours is ``None``, since FlexAttention cannot do it."""
    block_q: int = 128  # official code
    block_k: int = 64  # official code
    inclusive: bool = False
    """Also keep the entry with which the mass passes `tau`. Official code: no, so the mass kept is below `tau`."""
    smooth_k: bool = True
    """Subtract the mean key before the guard looks at keys. Official code."""
    attention_sink: bool = False
    """Always keep the first block of keys. Official code: off, but on after tuning."""
    topk_share: Literal["all", "legal"] = "all"
    """What `topk` is a share of under causal masking. Official code: of all blocks, so that early rows keep everything
    and `topk` 0.5 skips a quarter; ``legal`` counts only blocks that the row may see."""

    def __post_init__(self) -> None:
        if (self.tau is None) == (self.topk is None):
            raise ValueError("give either tau or topk, not both and not neither")
        for name, low, high in (("tau", 0, 1), ("topk", 0, 1), ("theta", -1, 1), ("pv_threshold", 0, float("inf"))):
            value = getattr(self, name)
            values = value if isinstance(value, tuple) else () if value is None else (value,)
            if value == ():
                raise ValueError(f"{name} is an empty tuple: give one value, or one for each head")
            open_below = name in {"tau", "topk"}
            if any(not (low < x <= high if open_below else low <= x <= high) for x in values):
                raise ValueError(f"{name} is {value}, outside {'(' if open_below else '['}{low}, {high}]")
        for name in ("block_q", "block_k"):
            size = getattr(self, name)
            if size < 16 or size % 16:
                raise ValueError(f"{name} is {size}: block sizes are multiples of 16")
        if self.topk_share not in {"all", "legal"}:
            raise ValueError(f"topk_share is {self.topk_share!r}: it is 'all' or 'legal'")

    @property
    def selection(self) -> tuple[Literal["tau", "topk"], PerHead]:
        """Which of `tau` and `topk` is given, and its value."""
        if self.tau is not None:
            return "tau", self.tau
        return "topk", self.topk if self.topk is not None else 1.0

    @property
    def guard(self) -> PerHead:
        """`theta`, its default filled in."""
        return self.theta if self.theta is not None else _GUARDS[self.selection[0]]


_GUARDS = {"tau": 0.6, "topk": -0.1}  # official code


def per_head(value: PerHead, heads: int, name: str, device: torch.device) -> Tensor:
    """`value` as a float32 tensor of shape (heads,).

    Raises:
        ValueError: It is a vector for another number of heads.
    """
    values = value if isinstance(value, tuple) else (value,) * heads
    if len(values) != heads:
        raise ValueError(f"{name} has {len(values)} values for {heads} query heads")
    return torch.tensor(values, dtype=torch.float32, device=device)
