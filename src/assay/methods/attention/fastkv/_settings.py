"""The hyper-parameters of FastKV, and what they come to for a prompt."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor

from assay.methods.attention.fastkv._scores import Pooling, Scorer, window_scores


@dataclass(frozen=True, kw_only=True)
class Settings:
    """FastKV's hyper-parameters, validated at once.

    Raises:
        ValueError: A value is out of its range.
    """

    tsp_layer: int | Literal["auto"] = "auto"
    """The last layer that reads the whole prompt, from 0. Code: 15 of 32. Ours: ``"auto"``, the one that
    `pick_tsp_layer` picks for the first prompt in the block."""
    tsp_rate: float = 0.2
    """Share of the prompt that goes on to the layers above. Code."""
    retain_rate: float = 0.1
    """Share of the prompt that each layer stores. Code."""
    tsp_tokens: int | None = None
    """A number of tokens instead of `tsp_rate`. Paper's first version: 2048."""
    retain_tokens: int | None = None
    """A number of tokens instead of `retain_rate`. Paper's first version: 512."""
    window: int = 8
    """Tokens at the end of the prompt whose attention ranks the others. Paper and code."""
    kernel: int = 7
    """Width over which scores are smoothed, odd; 1 is none. Paper and code."""
    pooling: Pooling = "max"
    """How they are smoothed. Code's command line: max; paper's first version and the code's class: avg."""
    min_overlap: float = 0.6
    """For ``"auto"``: of the tokens that later layers store, the share that a layer must hand on. Ours."""
    further_turns: bool = False
    """Let several tokens at once follow a compressed prompt, stored whole, as a chat's next turn. Ours: refused unless
    asked for, since a prompt read in chunks looks the same and would be compressed by its first chunk alone."""
    score: Scorer = field(default=window_scores, repr=False)
    """What ranks the tokens. Paper."""

    def __post_init__(self) -> None:
        layer: object = self.tsp_layer
        if layer != "auto" and not (isinstance(layer, int) and layer >= 0):
            raise ValueError(f"tsp_layer is a layer's number from 0 or 'auto', not {self.tsp_layer!r}")
        for name in ("tsp_rate", "retain_rate"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share of the prompt above 0 and at most 1, not {getattr(self, name)}")
        if self.window < 1:
            raise ValueError(f"window is at least 1 token, not {self.window}")
        for name in ("tsp_tokens", "retain_tokens"):
            if (tokens := getattr(self, name)) is not None and tokens <= self.window:
                raise ValueError(
                    f"{name} is {tokens}, but the window's {self.window} tokens are always kept: it must be more"
                )
        if self.kernel < 1 or self.kernel % 2 == 0:
            raise ValueError(f"kernel is an odd number of tokens, not {self.kernel}")
        if self.pooling not in {"max", "avg"}:
            raise ValueError(f"pooling is 'max' or 'avg', not {self.pooling!r}")
        if not 0 < self.min_overlap <= 1:
            raise ValueError(f"min_overlap is a share above 0 and at most 1, not {self.min_overlap}")

    def propagated(self, length: int) -> int:
        """L: how many tokens of a prompt of `length` go on to the layers above the TSP layer."""
        return self._budget(length, self.tsp_tokens, self.tsp_rate, "tsp_rate")

    def retained(self, length: int) -> int:
        """C: how many tokens of a prompt of `length` a layer stores, if it has as many."""
        return self._budget(length, self.retain_tokens, self.retain_rate, "retain_rate")

    def compared(self, length: int) -> tuple[int, int]:
        """What choosing a layer compares: tokens stored and tokens handed on, those of the window not counted."""
        onward = self.propagated(length)
        return min(self.retained(length), onward) - self.window, onward - self.window

    def rank(self, query: Tensor, key: Tensor, lengths: Sequence[int], scaling: float) -> Tensor:
        """The scores (B, Hkv, m - w) of the tokens before the window, of queries (B, Hq, m, D) and keys (B, Hkv, m, D).

        Of fewer than `window` queries, all are the window.
        """
        last = query[:, :, -self.window :]
        return self.score(last, key, lengths, scaling, self.kernel, self.pooling)

    def _budget(self, length: int, tokens: int | None, rate: float, name: str) -> int:
        # The hair keeps 0.29 * 100 at 29, as it is on paper.
        budget = min(length, int(length * rate + 1e-9) if tokens is None else tokens)
        if budget <= self.window and budget < length:
            raise ValueError(
                f"a prompt of {length} tokens at {name} {rate} leaves {budget}, no more than the window of "
                f"{self.window} that is always kept: raise {name}, lower window, or set a number of tokens instead"
            )
        return budget
