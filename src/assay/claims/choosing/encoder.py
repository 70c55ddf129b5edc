"""Reads the words around figures with a small encoder, and says how well every candidate fits each field.

The encoder is the lower four layers of all-MiniLM-L6-v2 (Apache-2.0, Sentence Transformers), of whose words those of
abstracts are kept, tuned by ``benchmarks/encoder.py`` on results whose fields were labelled by hand. A figure's pieces
are marked; a candidate is the first, the last and the mean of its pieces, and the best of its places counts.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np

from assay.claims.choosing.context import FIELDS
from assay.claims.choosing.window import SORTS, Window
from assay.claims.encoders.transformer import Floats, Transformer, Weights, gelu
from assay.claims.encoders.word_pieces import WordPieces

BATCH: Final = 16
"""Windows that are read at a time."""


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

    def weigh(self, windows: Sequence[Window]) -> list[Floats]:
        """How well the candidates of each window fit, [candidates, fields]: logits of a softmax over the candidates."""
        weighed: list[Floats] = [np.empty((0, len(FIELDS)), np.float32)] * len(windows)
        by_length = sorted(range(len(windows)), key=lambda at: len(windows[at].numbers))
        for low in range(0, len(by_length), BATCH):
            batch = by_length[low : low + BATCH]
            numbers = [windows[at].numbers for at in batch]
            states = self._transformer.read(numbers, [[windows[at].figure] for at in batch])
            for at, of_window in zip(batch, states, strict=True):
                weighed[at] = self._weigh(windows[at], of_window)
        return weighed

    def _weigh(self, window: Window, states: Floats) -> Floats:
        """The scores of the candidates of a window by its states [pieces, width]."""
        first, last = window.figure
        figure = np.concatenate([states[first : last + 1].mean(0), states[0]])
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
