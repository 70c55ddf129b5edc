"""Reads the words around figures with a small encoder: how well every candidate fits each field, and how it is meant.

The encoder is the lower four layers of all-MiniLM-L6-v2 (Apache-2.0, Sentence Transformers), of whose words those of
abstracts are kept, tuned by ``benchmarks/encoder.py`` on results whose fields were labelled by hand. A figure's pieces
are marked; a candidate is the first, the last and the mean of its pieces, and the best of its places counts.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

import numpy as np

from assay.claims.choosing.context import FIELDS
from assay.claims.choosing.window import SORTS, Window
from assay.claims.encoders.transformer import Floats, Transformer, Weights, gelu
from assay.claims.encoders.word_pieces import WordPieces

BATCH: Final = 16
"""Windows that are read at a time."""
ASPECTS: Final = {
    "kind": ("absolute", "relative", "points", "times"),
    "direction": ("", "up", "down"),
    "bound": ("", "at most", "at least", "about"),
}
"""How a figure may be meant."""
_MOST_UNKNOWN: Final = 1 / 4
"""Of the pieces behind the title: an abstract in a script that it never saw says nothing to it."""


class Heard(NamedTuple):
    """What the encoder says of a figure, in logits."""

    fields: Floats
    """[candidates, fields]: of a softmax over the candidates."""
    aspects: Mapping[str, Floats]
    """Of each aspect, of a softmax over how it may be meant."""


class Encoder:
    """A tuned encoder with what tells the fields of a figure from its states.

    Args:
        weights: As ``benchmarks/encoder.py`` writes them.
    """

    def __init__(self, weights: Weights) -> None:
        self.pieces = WordPieces(weights.pieces())
        self._transformer = Transformer(weights)
        self._start, self._end, self._mean = (weights.linear(f"candidate.{each}") for each in ("start", "end", "mean"))
        self._score = weights.linear("candidate.score")
        self._elsewhere = weights.linear("elsewhere.up"), weights.linear("elsewhere.down")
        self._aspects = weights.linear("aspects.up"), weights.linear("aspects.down")

    def weigh(self, windows: Sequence[Window]) -> list[Heard | None]:
        """What it says of the figure of each window; nothing where it does not know the script."""
        weighed: list[Heard | None] = [None] * len(windows)
        known = [at for at, each in enumerate(windows) if self._knows(each)]
        by_length = sorted(known, key=lambda at: len(windows[at].numbers))
        for low in range(0, len(by_length), BATCH):
            batch = by_length[low : low + BATCH]
            numbers = [windows[at].numbers for at in batch]
            states = self._transformer.read(numbers, [[windows[at].figure] for at in batch])
            for at, of_window in zip(batch, states, strict=True):
                weighed[at] = self._weigh(windows[at], of_window)
        return weighed

    def _knows(self, window: Window) -> bool:
        body = window.numbers[window.numbers.index(self.pieces.separator) :]
        return body.count(self.pieces.unknown) <= _MOST_UNKNOWN * len(body)

    def _weigh(self, window: Window, states: Floats) -> Heard:
        """What a window says by its states [pieces, width]."""
        first, last = window.figure
        figure = np.concatenate([states[first : last + 1].mean(0), states[0]])
        return Heard(self._weigh_fields(window, states, figure), self._weigh_aspects(figure))

    def _weigh_aspects(self, figure: Floats) -> Mapping[str, Floats]:
        up, down = self._aspects
        ends = np.cumsum([len(meant) for meant in ASPECTS.values()])
        return dict(zip(ASPECTS, np.split(down(gelu(up(figure))), ends[:-1]), strict=True))

    def _weigh_fields(self, window: Window, states: Floats, figure: Floats) -> Floats:
        up, down = self._elsewhere
        scores: Floats = down(gelu(up(figure))).reshape(SORTS, len(FIELDS))[window.sorts]
        if window.places:
            candidates, starts, ends = np.array(window.places).T
            sums = np.concatenate([np.zeros((1, states.shape[1]), np.float32), states.cumsum(0)])
            means = (sums[ends + 1] - sums[starts]) / (ends + 1 - starts)[:, None]
            phrases = self._start(states)[starts] + self._end(states)[ends] + self._mean(means.astype(np.float32))
            there = np.full_like(scores, -np.inf)
            np.maximum.at(there, candidates, self._score(gelu(phrases)))
            scores = np.where(np.isfinite(there), there, scores)
        return scores


@cache
def load_encoder() -> Encoder:
    """The encoder that Assay carries."""
    return Encoder(Weights(files("assay.claims.choosing").joinpath("encoder.npz").read_bytes()))
