"""FastKV's hyper-parameters, and applying them to a model."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from transformers import PreTrainedModel

from assay.methods._patching import altered
from assay.methods.attention.fastkv._model import decoder_of
from assay.methods.attention.fastkv._reading import Reading
from assay.methods.attention.fastkv._scores import Scorer, window_scores


@dataclass(frozen=True, kw_only=True)
class FastKV:
    """FastKV's hyper-parameters, validated at once. Calling it with a model applies it for a ``with`` block.

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
    pooling: Literal["max", "avg"] = "max"
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
        handed = self.propagated(length)
        return min(self.retained(length), handed) - self.window, handed - self.window

    def _budget(self, length: int, tokens: int | None, rate: float, name: str) -> int:
        # The hair keeps 0.29 * 100 at 29, as it is on paper.
        budget = min(length, int(length * rate + 1e-9) if tokens is None else tokens)
        if budget <= self.window and budget < length:
            raise ValueError(
                f"a prompt of {length} tokens at {name} {rate} leaves {budget}, no more than the window of "
                f"{self.window} that is always kept: raise {name}, lower window, or set a number of tokens instead"
            )
        return budget

    @contextmanager
    def __call__(self, model: PreTrainedModel) -> Iterator["Reading"]:
        """Apply it to `model`: prompts read inside the block are read and stored FastKV's way.

        A forward on an empty cache is a prompt; it returns the logits of its last token (ask for up to `window` with
        ``logits_to_keep``). Later forwards on that cache are decoding, and need the block too.

        Raises:
            ValueError: The model is of a kind that this cannot work on, or is already altered by FastKV; in the
                block, a forward asks for what FastKV cannot give (labels, attention weights, hidden states, no cache,
                right padding, a prompt in chunks, a cache that it did not fill).
        """
        decoder, layers = decoder_of(model)
        if self.tsp_layer != "auto" and self.tsp_layer > len(layers) - 2:
            raise ValueError(
                f"tsp_layer {self.tsp_layer} leaves no layer to save: this model has {len(layers)} layers, so it is at "
                f"most {len(layers) - 2}"
            )
        with altered(model, by="fastkv") as undo:
            reading = Reading(self, decoder, layers)
            reading.install(undo, model)
            yield reading
