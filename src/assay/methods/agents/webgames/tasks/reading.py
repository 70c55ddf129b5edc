"""Tasks of seeing, in which a picture must be read. What it says stands in no text of the page."""

from collections.abc import Iterator
from typing import Any

from assay.methods.agents.webgames.drawing import INK, PAPER, sheet
from assay.methods.agents.webgames.game import (
    WORDS,
    Game,
    Move,
    Step,
    button,
    picture_of,
    say,
    text_field,
)


class Gauges(Game):
    """Sliders to set as pictures show."""

    name, domain = "gauges", "vision"
    goal = "Set each slider, from 0 to 100, right below the notch in the picture, then check."
    levels = (1, 2, 4)
    steps = 15

    def set_up(self, level: int) -> None:
        """So many sliders."""
        self.notches = [self.rng.randrange(10, 91) for _ in range(level)]

    def picture(self) -> Any:
        """A scale each, with its notch."""
        picture, pen = sheet(416, 40 * len(self.notches))
        for n, at in enumerate(self.notches):
            pen.line((8, 40 * n + 30, 408, 40 * n + 30), fill=INK)
            x = 8 + 4 * at
            pen.polygon((x, 40 * n + 30, x - 6, 40 * n + 12, x + 6, 40 * n + 12), fill=(200, 30, 30))
        return picture

    def show(self) -> str:
        """The picture and the sliders."""
        sliders = "".join(
            f'<p><label>Slider {n + 1} <input type="range" min="0" max="100" value="0" data-name="g{n}" '
            f'style="width:400px"></label></p>'
            for n in range(len(self.notches))
        )
        return picture_of(self, "scales", "scales with notches") + sliders + button("check", "Check")

    def play(self, move: Move) -> None:
        """Within three of a hundred."""
        if (move.kind, move.target) == ("click", "check"):
            given = [move.fields.get(f"g{n}", "") for n in range(len(self.notches))]
            self.done = all(g.isdigit() and abs(int(g) - at) <= 3 for g, at in zip(given, self.notches, strict=True))

    def solve(self) -> Iterator[Step]:
        """Set, check."""
        for n, at in enumerate(self.notches):
            yield ("fill", f"g{n}", str(at))
        yield ("click", "check")


class Bars(Game):
    """Values to read off a chart."""

    name, domain = "bars", "vision"
    goal = "Read off the chart the value of the bar that the page names, and enter it."
    levels = ((3, 10, 0), (5, 5, 0), (8, 1, 1))
    steps = 6

    def set_up(self, level: tuple[int, int, int]) -> None:
        """So many bars; values are multiples of the second, and may be off by the third."""
        count, step, self.off = level
        self.names = self.rng.sample(WORDS, count)
        self.values = [step * self.rng.randrange(1, 100 // step) for _ in range(count)]
        self.asked = self.rng.randrange(count)

    def picture(self) -> Any:
        """Bars with their names below, and a scale."""
        picture, pen = sheet(60 + 70 * len(self.values), 250)
        for mark in range(0, 101, 10):
            pen.line((40, 220 - 2 * mark, 50 + 70 * len(self.values), 220 - 2 * mark), fill=(215, 215, 215))
            pen.text((8, 214 - 2 * mark), str(mark), fill=INK)
        for n, (name, value) in enumerate(zip(self.names, self.values, strict=True)):
            pen.rectangle((55 + 70 * n, 220 - 2 * value, 95 + 70 * n, 220), fill=(70, 110, 190))
            pen.text((52 + 70 * n, 226), name, fill=INK)
        return picture

    def show(self) -> str:
        """Chart, question, field."""
        chart = picture_of(self, "chart", "a bar chart")
        question = say(f"What is the value of {self.names[self.asked]}?")
        return chart + question + text_field("value", "Value") + button("enter", "Enter")

    def play(self, move: Move) -> None:
        """One try a chart: after a wrong value another bar is asked for."""
        if (move.kind, move.target) == ("click", "enter"):
            given = move.fields.get("value", "").strip()
            self.done = given.isdigit() and abs(int(given) - self.values[self.asked]) <= self.off
            if not self.done:
                self.asked = self.rng.randrange(len(self.values))

    def solve(self) -> Iterator[Step]:
        """Fill, enter."""
        yield ("fill", "value", str(self.values[self.asked]))
        yield ("click", "enter")


class Pattern(Game):
    """A pattern to copy cell by cell."""

    name, domain = "pattern", "vision"
    goal = "Set the cells like those of the picture, row by row, then check."
    levels = (2, 3, 5)
    steps = 40

    def set_up(self, level: int) -> None:
        """So many cells wide and high."""
        self.size = level
        self.wanted = set(self.rng.sample(range(level**2), max(1, level**2 // 2)))
        self.set: set[int] = set()

    def picture(self) -> Any:
        """The pattern."""
        picture, pen = sheet(40 * self.size, 40 * self.size)
        for n in range(self.size**2):
            y, x = divmod(n, self.size)
            color = INK if n in self.wanted else PAPER
            pen.rectangle((40 * x, 40 * y, 40 * x + 39, 40 * y + 39), fill=color, outline=(180, 180, 180))
        return picture

    def show(self) -> str:
        """The picture, and the cells."""
        rows = [range(start, start + self.size) for start in range(0, self.size**2, self.size)]
        words = {True: "full", False: "empty"}
        cells = "".join(f"<div>{''.join(button(f'c{n}', words[n in self.set]) for n in row)}</div>" for row in rows)
        return picture_of(self, "pattern", "a pattern of cells") + cells + button("check", "Check")

    def play(self, move: Move) -> None:
        """Set, or check."""
        if move.kind == "click":
            self.set ^= {n for n in range(self.size**2) if move.target == f"c{n}"}
            self.done = move.target == "check" and self.set == self.wanted

    def solve(self) -> Iterator[Step]:
        """Set, check."""
        for n in sorted(self.wanted):
            yield ("click", f"c{n}")
        yield ("click", "check")


class Month(Game):
    """A calendar sheet with colored days."""

    name, domain = "month", "vision"
    goal = "Answer the page's question about the calendar sheet with the number of a day."
    levels = (1, 3, 6)
    steps = 6

    def set_up(self, level: int) -> None:
        """So many days are marked, each in a color of its own."""
        self.first = self.rng.randrange(7)
        self.marked = dict(
            zip(self.rng.sample(list(_COLORS), level), self.rng.sample(range(1, 31), level), strict=True)
        )
        self.asked = self.rng.choice(list(self.marked))

    def picture(self) -> Any:
        """Thirty days, a week a row; marked ones without their number."""
        picture, pen = sheet(7 * 40, 6 * 34)
        for day in range(1, 31):
            row, column = divmod(day - 1 + self.first, 7)
            box = (40 * column + 2, 34 * row + 2, 40 * column + 37, 34 * row + 31)
            color = next((_COLORS[name] for name, at in self.marked.items() if at == day), None)
            pen.rectangle(box, outline=(180, 180, 180), fill=color)
            if color is None:
                pen.text((40 * column + 12, 34 * row + 10), str(day), fill=INK)
        return picture

    def show(self) -> str:
        """Sheet, question, field."""
        sheet = picture_of(self, "sheet", "a calendar sheet")
        return sheet + say(f"Which day is {self.asked}?") + text_field("day", "Day") + button("enter", "Enter")

    def play(self, move: Move) -> None:
        """One try a sheet."""
        if (move.kind, move.target) == ("click", "enter"):
            self.done = move.fields.get("day", "").strip() == str(self.marked[self.asked])
            if not self.done:
                self.set_up(len(self.marked))

    def solve(self) -> Iterator[Step]:
        """Fill, enter."""
        yield ("fill", "day", str(self.marked[self.asked]))
        yield ("click", "enter")


_COLORS = {
    "red": (220, 60, 60), "blue": (70, 100, 220), "green": (70, 170, 90), "yellow": (240, 210, 70),
    "purple": (150, 80, 180), "orange": (240, 150, 50),
}  # fmt: skip
