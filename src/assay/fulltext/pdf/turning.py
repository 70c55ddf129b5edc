"""Turns what lies on its side on a page upright, so that tables set across a page are read like others."""

import math
from typing import Literal, NamedTuple

Turn = Literal[0, 1, 3]
"""Which way text runs: to the right, down, or up; in quarters of a circle, clockwise."""

Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""


class Sheet(NamedTuple):
    """A page before it is turned, and the way most of its text runs."""

    width: float
    height: float
    turn: Turn = 0

    @property
    def size(self) -> tuple[float, float]:
        """Its width and its height once its text runs to the right."""
        return (self.height, self.width) if self.turn else (self.width, self.height)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a point lies once the page's text runs to the right."""
        match self.turn:
            case 1:
                return self.height - y, x
            case 3:
                return y, self.width - x
            case _:
                return x, y

    def box(self, box: Box) -> Box:
        """Where a box lies once the page's text runs to the right."""
        (x0, y0), (x1, y1) = self.place(*box[:2]), self.place(*box[2:])
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def turn_of(angle: float) -> Turn | None:
    """Which way text at an angle (in radians, clockwise) runs; ``None`` if it is upside down or runs aslant."""
    quarters = angle / (math.pi / 2)
    nearest = round(quarters)
    if abs(quarters - nearest) > 0.06:
        return None
    return {0: 0, 1: 1, 3: 3, 4: 0}.get(nearest)  # type: ignore[return-value]
