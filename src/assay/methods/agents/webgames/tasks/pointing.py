"""Tasks of seeing, in which something in a picture must be hit. No text of the page says where it is."""

from collections.abc import Iterator
from typing import Any

from assay.methods.agents.webgames.drawing import INK, sheet
from assay.methods.agents.webgames.game import Game, Move, Step, button, picture_of


def _hit(move: Move) -> tuple[int, int]:
    """Where a picture was hit; far away from it if the page did not say."""
    x, _, y = move.value.partition(",")
    return (int(x), int(y)) if x.isdigit() and y.isdigit() else (-1_000, -1_000)


class Pictured(Game):
    """A picture, in which something must be hit."""

    words: str
    """What blind readers are told of the picture."""

    def show(self) -> str:
        """The picture."""
        return picture_of(self, "picture", self.words)

    def play(self, move: Move) -> None:
        """Hit or not; after a miss another one is drawn."""
        if (move.kind, move.target) == ("point", "picture") and not self.done:
            self.done = self.is_hit(*_hit(move))
            if not self.done:
                self.draw()

    def draw(self) -> None:
        """Draw by chance what the picture shows."""
        raise NotImplementedError

    def is_hit(self, x: int, y: int) -> bool:
        """Whether the right thing is there."""
        raise NotImplementedError


class Dot(Pictured):
    """A small dot."""

    name, domain, words = "dot", "vision", "a sheet with a dot"
    goal = "Click on the dot in the picture. After a miss it is elsewhere."
    levels = (14, 6, 2)
    steps = 6

    def set_up(self, level: int) -> None:
        """Its radius in pixels."""
        self.radius = level
        self.draw()

    def draw(self) -> None:
        """Somewhere."""
        self.at = self.rng.randrange(20, 380), self.rng.randrange(20, 280)

    def picture(self) -> Any:
        """The dot."""
        picture, pen = sheet(400, 300)
        (x, y), r = self.at, self.radius
        pen.ellipse((x - r, y - r, x + r, y + r), fill=INK)
        return picture

    def is_hit(self, x: int, y: int) -> bool:
        """Within it, give or take a pixel."""
        return (x - self.at[0]) ** 2 + (y - self.at[1]) ** 2 <= (self.radius + 1) ** 2

    def solve(self) -> Iterator[Step]:
        """One click."""
        yield ("point", "picture", *self.at)


class Swatches(Pictured):
    """The color that is the sample's."""

    name, domain, words = "swatches", "vision", "a sample on the left, and numbered fields of color"
    goal = "Click on the field that has the same color as the sample on the far left. After a miss all are changed."
    levels = ((3, 90), (6, 45), (10, 18))
    steps = 6

    def set_up(self, level: tuple[int, int]) -> None:
        """So many fields, whose colors are so far apart."""
        self.count, self.apart = level
        self.draw()

    def draw(self) -> None:
        """Colors along a line; one of them is the sample's."""
        start = [self.rng.randrange(0, 255 - min(self.apart * (self.count - 1), 240)) for _ in range(3)]
        channel = self.rng.randrange(3)
        shades = self.rng.sample(range(self.count), self.count)
        width = min(self.apart, 240 // (self.count - 1))
        self.colors = [tuple(c + width * n * (at == channel) for at, c in enumerate(start)) for n in shades]
        self.right = self.rng.randrange(self.count)

    def picture(self) -> Any:
        """The sample, a gap, the fields."""
        picture, pen = sheet(60 * (self.count + 1) + 20, 60)
        pen.rectangle((0, 0, 58, 60), fill=self.colors[self.right])
        for n, color in enumerate(self.colors):
            pen.rectangle((80 + 60 * n, 0, 138 + 60 * n, 60), fill=color)
        return picture

    def is_hit(self, x: int, y: int) -> bool:
        """Within the field."""
        return x >= 80 and (x - 80) // 60 == self.right and 0 <= y < 60

    def solve(self) -> Iterator[Step]:
        """One click."""
        yield ("point", "picture", 80 + 60 * self.right + 29, 30)


class Flag(Pictured):
    """A map that is larger than its window."""

    name, domain, words = "flag", "vision", "a part of a map"
    goal = "Find the red flag on the map and click on it. The buttons move the map's window."
    levels = (1, 3, 5)
    steps = 40

    def set_up(self, level: int) -> None:
        """So many windows wide and high."""
        self.size = level
        self.at = (0, 0)
        self.draw()

    def draw(self) -> None:
        """Somewhere, and trees everywhere."""
        self.home = self.rng.randrange(self.size), self.rng.randrange(self.size)
        if self.size > 1 and self.home == self.at:
            self.home = self.size - 1 - self.at[0], (self.at[1] + 1) % self.size
        self.spot = self.rng.randrange(20, 280), self.rng.randrange(30, 180)
        self.trees = [(self.rng.randrange(300), self.rng.randrange(200)) for _ in range(30)]

    def picture(self) -> Any:
        """What the window shows."""
        picture, pen = sheet(300, 200)
        for east, south in self.trees:
            x, y = (east + 37 * self.at[0]) % 300, (south + 53 * self.at[1]) % 200
            pen.polygon((x, y - 8, x - 5, y + 4, x + 5, y + 4), fill=(60, 140, 80))
        if self.at == self.home:
            x, y = self.spot
            pen.line((x, y, x, y - 20), fill=INK, width=2)
            pen.polygon((x, y - 20, x + 16, y - 14, x, y - 8), fill=(220, 30, 30))
        return picture

    def show(self) -> str:
        """The window and its buttons."""
        return super().show() + "".join(button(f"go-{way}", way) for way in _PAN)

    def play(self, move: Move) -> None:
        """Move the window, or hit."""
        if move.kind == "click" and move.target.removeprefix("go-") in _PAN:
            x, y = (a + b for a, b in zip(self.at, _PAN[move.target.removeprefix("go-")], strict=True))
            self.at = min(max(x, 0), self.size - 1), min(max(y, 0), self.size - 1)
        else:
            super().play(move)

    def is_hit(self, x: int, y: int) -> bool:
        """The cloth or the pole."""
        return self.at == self.home and -4 <= x - self.spot[0] <= 18 and -24 <= y - self.spot[1] <= 4

    def solve(self) -> Iterator[Step]:
        """There, and click."""
        for _ in range(self.home[0]):
            yield ("click", "go-right")
        for _ in range(self.home[1]):
            yield ("click", "go-down")
        yield ("point", "picture", self.spot[0] + 4, self.spot[1] - 14)


_PAN = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
