"""A puzzle: a picture, a question, options, and in words what is seen, what the rule is and what follows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assay.methods.evaluation.puzzle_vqa.canvas import Canvas

if TYPE_CHECKING:
    from PIL.Image import Image

SMALLEST = 64
"""Pixels: a sixth of a hexagon is then 24 wide, and no less can be told apart."""


@dataclass(frozen=True)
class Draft:
    """What a generator makes of random numbers; `make` numbers it, and mixes the options."""

    question: str
    answer: str
    wrong: Sequence[str]
    """Of these three are drawn as the other options, or all where there are fewer."""
    caption: str
    """What is seen: all that the answer follows from."""
    explanation: str
    """The rule."""
    deduction: str
    """What follows from it; the answer stands at its end only."""
    draw: Callable[[Canvas], None]


@dataclass(frozen=True)
class Puzzle:
    """One puzzle."""

    id: str
    kind: str
    concept: str
    """What it is about; of an algorithmic puzzle, the same as its kind."""
    family: str
    """``abstract`` or ``algorithmic``."""
    question: str
    choices: tuple[str, ...]
    answer: str
    """One of the choices."""
    caption: str
    explanation: str
    deduction: str
    draw: Callable[[Canvas], None] = field(compare=False, repr=False)

    def image(self, size: int = 512) -> "Image":
        """The picture, so many pixels wide and high.

        Raises:
            ValueError: It would be too small to see what is in it.
        """
        if size < SMALLEST:
            raise ValueError(f"size is {size}: below {SMALLEST} pixels the parts of a picture cannot be told apart")
        canvas = Canvas(size)
        self.draw(canvas)
        return canvas.finished()

    def record(self, *, size: int | None = None) -> dict[str, Any]:
        """As a row of `datasets`; with its image, if a size is given."""
        names = ("id", "kind", "concept", "family", "question", "answer", "caption", "explanation", "deduction")
        row: dict[str, Any] = {name: getattr(self, name) for name in names} | {"choices": list(self.choices)}
        return row | ({"image": self.image(size)} if size else {})


def near_numbers(answer: int, *, least: int = 1) -> list[str]:
    """Other numbers that a slip could give."""
    return [str(each) for each in range(max(least, answer - 4), answer + 5) if each != answer]
