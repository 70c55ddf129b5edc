"""A transformer that reads pieces of text, out of weights that Assay carries.

Its weights are kept in eight bits a number, each row of a matrix with its own scale; it computes in single precision.
It is BERT's: attention and two linear maps in each layer, each added to what came in and normalised.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf  # type: ignore[import-untyped]

Floats = NDArray[np.float32]
_EPSILON: Final = 1e-12
_NEVER: Final = np.float32(-1e4)


class Linear(NamedTuple):
    """A linear map of rows."""

    weight: Floats
    """[inputs, outputs]"""
    bias: Floats

    def __call__(self, rows: Floats) -> Floats:
        """The images [..., outputs] of rows [..., inputs]."""
        image: Floats = rows @ self.weight + self.bias
        return image


class Norm(NamedTuple):
    """A layer normalisation."""

    weight: Floats
    bias: Floats

    def __call__(self, rows: Floats) -> Floats:
        """The rows with mean 0 and variance 1, then scaled and shifted."""
        centred = rows - rows.mean(-1, keepdims=True)
        variance = np.square(centred).mean(-1, keepdims=True)
        normed: Floats = centred / np.sqrt(variance + _EPSILON) * self.weight + self.bias
        return normed


class Layer(NamedTuple):
    """A layer: attention, then two linear maps."""

    query_key_value: Linear
    out: Linear
    after_attention: Norm
    up: Linear
    down: Linear
    after_maps: Norm
    heads: int
    """Parts that attend by themselves."""

    def __call__(self, states: Floats, hidden: Floats) -> Floats:
        """The states [texts, pieces, width] after this layer.

        Args:
            states: Those before.
            hidden: [texts, 1, 1, pieces], far below 0 where a text has no piece.
        """
        texts, length, width = states.shape
        mixed = self.query_key_value(states).reshape(texts, length, 3, self.heads, -1)
        query, key, value = mixed.transpose(2, 0, 3, 1, 4)
        scores = query @ key.swapaxes(-1, -2) / np.float32(np.sqrt(width // self.heads)) + hidden
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        seen = (shares @ value).swapaxes(1, 2).reshape(texts, length, width)
        states = self.after_attention(states + self.out(seen))
        return self.after_maps(states + self.down(gelu(self.up(states))))


class Weights:
    """The weights of a file by name.

    Args:
        data: The bytes of an ``.npz``, as `benchmarks/packing.py` makes them.
    """

    def __init__(self, data: bytes) -> None:
        with np.load(BytesIO(data), allow_pickle=False) as arrays:
            self._arrays: Mapping[str, NDArray[np.generic]] = dict(arrays)

    def names(self) -> list[str]:
        """The names of all weights."""
        return [name for name in self._arrays if name not in {"pieces", "heads"} and not name.endswith(".scale")]

    def pieces(self) -> list[str]:
        """The pieces that its text is cut into, in the order of their numbers."""
        return bytes(self._arrays["pieces"]).decode().split("\n")

    def heads(self) -> int:
        """How many parts of a layer attend by themselves."""
        return int(self._arrays["heads"])

    def floats(self, name: str) -> Floats:
        """An array in single precision, a matrix as [outputs, inputs]."""
        array = self._arrays[name].astype(np.float32)
        scale = self._arrays.get(f"{name}.scale")
        return array if scale is None else array * scale.astype(np.float32)[:, None]

    def rows(self, name: str) -> tuple[NDArray[np.generic], Floats]:
        """A matrix as it is kept, in eight bits, and the scales of its rows."""
        return self._arrays[name], self._arrays[f"{name}.scale"].astype(np.float32)

    def linear(self, name: str) -> Linear:
        """A linear map."""
        return Linear(np.ascontiguousarray(self.floats(name).T), self.floats(f"{name}.bias"))

    def norm(self, name: str) -> Norm:
        """A normalisation."""
        return Norm(self.floats(name), self.floats(f"{name}.bias"))

    def layer(self, name: str) -> Layer:
        """A layer."""
        return Layer(
            self.linear(f"{name}.query_key_value"), self.linear(f"{name}.out"), self.norm(f"{name}.after_attention"),
            self.linear(f"{name}.up"), self.linear(f"{name}.down"), self.norm(f"{name}.after_maps"),
            self.heads(),
        )  # fmt: skip


class Transformer:
    """A transformer over pieces, of which some are marked.

    Args:
        weights: Its own: ``words``, ``places``, ``marks``, ``norm`` and ``layer0``, ``layer1`` ...
    """

    def __init__(self, weights: Weights) -> None:
        self._words, self._scales = weights.rows("words")
        self._places, self._marks = weights.floats("places"), weights.floats("marks")
        self._norm = weights.norm("norm")
        count = sum(name.endswith(".out") for name in weights.names())
        self._layers = [weights.layer(f"layer{number}") for number in range(count)]

    def read(self, texts: Sequence[Sequence[int]], marked: Sequence[Sequence[tuple[int, int]]]) -> Floats:
        """The last states [texts, pieces, width]; a text of fewer pieces than the longest is filled up.

        Args:
            texts: The numbers of the pieces of each.
            marked: Of each the first and the last of the pieces that are marked, run by run.

        Raises:
            ValueError: A text has more pieces than there are places.
        """
        longest = max(map(len, texts))
        if longest > len(self._places):
            raise ValueError(f"a text of {longest} pieces: the encoder has places for {len(self._places)}")
        numbers = np.zeros((len(texts), longest), np.int64)
        marks = np.zeros((len(texts), longest), np.int64)
        hidden = np.full((len(texts), 1, 1, longest), _NEVER)
        for row, (pieces, runs) in enumerate(zip(texts, marked, strict=True)):
            numbers[row, : len(pieces)] = pieces
            hidden[row, ..., : len(pieces)] = 0
            for first, last in runs:
                marks[row, first : last + 1] = 1
        words = self._words[numbers].astype(np.float32) * self._scales[numbers][..., None]
        states = self._norm(words + self._places[:longest] + self._marks[marks])
        for layer in self._layers:
            states = layer(states, hidden)
        return states


def gelu(values: Floats) -> Floats:
    """Each value times how likely a normal one is below it."""
    half: Floats = values * np.float32(0.5) * (1 + erf(values / np.float32(np.sqrt(2))))
    return half
