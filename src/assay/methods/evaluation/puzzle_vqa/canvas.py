"""Draws the pictures of puzzles: a square from (0, 0) to (100, 100), drawn twice as large and scaled down."""

from collections.abc import Iterable, Sequence
from functools import cache
from math import cos, pi, sin
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

_FINER = 2
COLOURS = {
    "red": "#d62728", "green": "#2ca02c", "blue": "#1f77b4", "yellow": "#f2d21b", "purple": "#8e44ad",
    "orange": "#ff7f0e", "pink": "#ff9ec4", "brown": "#7f4f24",
}  # fmt: skip
UNLIKE = [("orange", "yellow"), ("orange", "red"), ("pink", "purple"), ("brown", "red")]
"""Colours that are not put side by side, since they are easily taken for each other."""
SIDES = {"triangle": 3, "square": 4, "pentagon": 5, "hexagon": 6}
"""The polygons by name."""
Point = tuple[float, float]


class Canvas:
    """A picture being drawn. All lengths are of 100; colours are names of `COLOURS` or Pillow's own."""

    def __init__(self, size: int) -> None:
        from PIL import Image, ImageDraw  # noqa: PLC0415 - only who draws needs it

        self._size = size
        self._image = Image.new("RGB", (size * _FINER, size * _FINER), "white")
        self._pen = ImageDraw.Draw(self._image)

    def finished(self) -> "Image":
        """The picture at its own size."""
        from PIL.Image import Resampling  # noqa: PLC0415

        return self._image.resize((self._size, self._size), Resampling.LANCZOS)

    def polygon(self, points: Iterable[Point], fill: str = "white") -> None:
        """A filled polygon with a thin edge."""
        self._pen.polygon([self._at(*each) for each in points], fill=_colour(fill), outline="black", width=self._thin())

    def rectangle(self, left: float, top: float, right: float, bottom: float, fill: str = "white") -> None:
        """A filled rectangle with a thin edge."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], fill)

    def square(self, x: float, y: float, side: float, fill: str = "white", text: str = "") -> None:
        """A filled square by its left upper corner, with a text in its middle."""
        self.rectangle(x, y, x + side, y + side, fill)
        if text:
            self.text(x + side / 2, y + side / 2, text, 0.55 * side if len(text) < 3 else 0.35 * side)

    def circle(self, x: float, y: float, radius: float, fill: str = "white") -> None:
        """A filled circle with a thin edge."""
        corners = [self._at(x - radius, y - radius), self._at(x + radius, y + radius)]
        self._pen.ellipse(corners, fill=_colour(fill), outline="black", width=self._thin())

    def shape(self, name: str, x: float, y: float, radius: float, fill: str = "white") -> None:
        """A regular polygon of `SIDES`, or a circle."""
        if name == "circle":
            self.circle(x, y, radius, fill)
        else:
            turn = pi / 4 if name == "square" else 0.0
            self.polygon(ring(SIDES[name], x, y, radius, turn), fill)

    def line(self, points: Sequence[Point], width: float = 1.0) -> None:
        """A black line."""
        self._pen.line([self._at(*each) for each in points], fill="black", width=max(1, round(self._scaled(width))))

    def text(self, x: float, y: float, words: str, height: float = 7.0) -> None:
        """Black text around a point."""
        self._pen.text(
            self._at(x, y), words, fill="black", anchor="mm", font=_font(max(6, round(self._scaled(height))))
        )

    def grid(self, rows: Sequence[Sequence[str]], *, fills: Any = None, left: float = 10, top: float = 10) -> None:
        """Squares with texts, row by row, as large as there is room; `fills` gives the colour of (row, column)."""
        side = min((100 - 2 * left) / max(map(len, rows)), (100 - 2 * top) / len(rows))
        for i, row in enumerate(rows):
            for j, text in enumerate(row):
                self.square(left + j * side, top + i * side, side, fills(i, j) if fills else "white", text)

    def _scaled(self, length: float) -> float:
        return length * self._size * _FINER / 100

    def _at(self, x: float, y: float) -> Point:
        return self._scaled(x), self._scaled(y)

    def _thin(self) -> int:
        return max(1, round(self._scaled(0.5)))


def ring(count: int, x: float = 50, y: float = 50, radius: float = 40, turn: float = 0.0) -> list[Point]:
    """So many points evenly on a circle, clockwise from the top."""
    angles = [2 * pi * each / count - pi / 2 + turn for each in range(count)]
    return [(x + radius * cos(angle), y + radius * sin(angle)) for angle in angles]


def _colour(name: str) -> str:
    return COLOURS.get(name, name)


@cache
def _font(pixels: int) -> Any:
    from PIL import ImageFont  # noqa: PLC0415

    return ImageFont.load_default(size=pixels)
