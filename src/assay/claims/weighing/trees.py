"""Boosted trees: what they say of a row of numbers, out of a file that the package carries."""

from collections.abc import Mapping
from io import BytesIO
from math import exp

import numpy as np
from numpy.typing import NDArray

_Array = NDArray[np.generic]


class Trees:
    """Trees whose leaves are added up to a logit.

    Args:
        data: The bytes of an ``.npz`` with ``columns`` (names, a line each), ``start``, ``roots`` and, of every node,
            ``column`` (-1 at a leaf), ``most``, ``left``, ``right`` and ``value``: a row goes left where its number is
            at most so much.
    """

    def __init__(self, data: bytes) -> None:
        with np.load(BytesIO(data), allow_pickle=False) as arrays:
            kept: Mapping[str, _Array] = dict(arrays)
        self.columns = bytes(kept["columns"]).decode().split("\n")
        self._start = float(kept["start"].astype(float))
        self._roots, self._column, self._left, self._right = (
            kept[name].astype(np.int64) for name in ("roots", "column", "left", "right")
        )
        self._most, self._value = kept["most"].astype(np.float64), kept["value"].astype(np.float64)

    def weigh(self, row: Mapping[str, float]) -> float:
        """How likely what was learnt is of a row, from 0 to 1; a column that it lacks is 0."""
        numbers = np.array([row.get(name, 0.0) for name in self.columns])
        at = self._roots
        while (inner := self._column[at] >= 0).any():
            goes_left = numbers[self._column[at]] <= self._most[at]
            at = np.where(inner, np.where(goes_left, self._left[at], self._right[at]), at)
        return 1 / (1 + exp(-(self._start + float(self._value[at].sum()))))
