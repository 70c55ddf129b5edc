"""More tasks of technical fluency: keys, scrolling, dragging, frames and tabs."""

from collections.abc import Iterator
from html import escape

from assay.methods.agents.webgames.game import WORDS, Game, Move, Step, button, say, text_field


class Chords(Game):
    """Keys to press together."""

    name, domain = "chords", "fluency"
    goal = "Press the keys that the page names, one chord after the other."
    levels = (("",), ("Control+", "Alt+"), ("Control+Shift+", "Alt+", "Control+Alt+"))
    steps = 10

    def set_up(self, level: tuple[str, ...]) -> None:
        """So many chords, with these modifiers."""
        self.chords = [held + key for held, key in zip(level, self.rng.sample("bgjkmuy", len(level)), strict=True)]
        self.pressed = 0

    def show(self) -> str:
        """The next chord."""
        return f"<div data-keys>{say('Press ' + self.chords[min(self.pressed, len(self.chords) - 1)])}</div>"

    def play(self, move: Move) -> None:
        """The right one counts, a wrong one starts over."""
        if move.kind == "key" and not self.done:
            self.pressed = self.pressed + 1 if move.value == self.chords[self.pressed] else 0
            self.done = self.pressed == len(self.chords)

    def solve(self) -> Iterator[Step]:
        """In order."""
        for chord in self.chords:
            yield ("key", chord)


class LongList(Game):
    """A list that goes on where one scrolls to its end."""

    name, domain = "long-list", "fluency"
    goal = "Scroll to the end of the list and ring the bell there. The list grows when its end is reached."
    levels = (1, 3, 6)

    def set_up(self, level: int) -> None:
        """It grows so many times."""
        self.grows, self.shown = level, 0
        self.words = [self.rng.choice(WORDS) for _ in range(40 * (level + 1))]

    def show(self) -> str:
        """As much as was reached."""
        lines = "".join(f"<p>{n + 1}. {word}</p>" for n, word in enumerate(self.words[: 40 * (self.shown + 1)]))
        end = button("bell", "Ring the bell") if self.shown == self.grows else "<p>more below</p>"
        return f"<div data-scroll>{lines}{end}</div>"

    def play(self, move: Move) -> None:
        """Grow, or ring."""
        if move.kind == "scroll" and self.shown < self.grows:
            self.shown += 1
        elif move == Move("click", "bell", fields=move.fields):
            self.done = self.shown == self.grows

    def solve(self) -> Iterator[Step]:
        """Down, and ring."""
        for _ in range(self.grows):
            yield ("scroll",)
        yield ("click", "bell")


class Frames(Game):
    """Pages within pages."""

    name, domain = "frames", "fluency"
    goal = (
        "Press the button in the frame that the page names; it stands in frames within frames. A wrong one jams them."
    )
    levels = (1, 2, 3)
    steps = 8

    def set_up(self, level: int) -> None:
        """The two frames stand so deep."""
        self.depth = level
        self.names = self.rng.sample(WORDS, 2)
        self.right = self.rng.randrange(2)

    def places(self) -> set[str]:
        """The frames."""
        return {"leaf0", "leaf1", *("i" * n for n in range(1, self.depth))}

    def show(self) -> str:
        """Which frame is meant, and the first ones."""
        return say(f"Press the button in frame {self.names[self.right]}.") + self.show_at("")

    def show_at(self, place: str) -> str:
        """A frame within, or the two, or a button."""
        if place.startswith("leaf"):
            return say(f"Frame {self.names[int(place[4:])]}") + button(place, "Press")
        if len(place) < self.depth - 1:
            return _frame(place + "i", "inner")
        return "".join(_frame(f"leaf{n}", name) for n, name in enumerate(self.names))

    def play(self, move: Move) -> None:
        """The right one or the wrong one."""
        if move.kind == "click" and not self.done:
            self.trapped |= move.target != f"leaf{self.right}"
            self.done = not self.trapped

    def solve(self) -> Iterator[Step]:
        """One click."""
        yield ("click", f"leaf{self.right}")


def _frame(place: str, title: str) -> str:
    return f'<iframe src="at-{place}" title="{escape(title)}"></iframe>'


class Towers(Game):
    """What must be carried from one tab to another."""

    name, domain = "towers", "fluency"
    goal = (
        "Each tower opens in a tab of its own and shows a word. Enter the words of all towers, in order, on the first "
        "page."
    )
    levels = (1, 2, 4)
    steps = 20

    def set_up(self, level: int) -> None:
        """So many towers."""
        self.words = self.rng.sample(WORDS, level)

    def places(self) -> set[str]:
        """The towers."""
        return {f"tower{n}" for n in range(len(self.words))}

    def show(self) -> str:
        """The first page."""
        links = "".join(
            f'<p><a data-name="t{n}" href="at-tower{n}" target="_blank">Tower {n + 1}</a></p>'
            for n in range(len(self.words))
        )
        return links + text_field("words", "Words, with spaces between") + button("enter", "Enter")

    def show_at(self, place: str) -> str:
        """A tower."""
        number = int(place.removeprefix("tower"))
        return say(f"Tower {number + 1} shows: {self.words[number]}")

    def play(self, move: Move) -> None:
        """Compare."""
        if (move.kind, move.target) == ("click", "enter"):
            self.done = move.fields.get("words", "").lower().split() == self.words

    def solve(self) -> Iterator[Step]:
        """To each tower and back."""
        for n in range(len(self.words)):
            yield ("open", f"t{n}")
            yield ("tab", 0)
        yield ("fill", "words", " ".join(self.words))
        yield ("click", "enter")


class Shelves(Game):
    """Things to drag where they belong."""

    name, domain = "shelves", "fluency"
    goal = "Drag each thing onto the shelf that its label names."
    levels = (1, 3, 6)

    def set_up(self, level: int) -> None:
        """So many things, and a shelf more than that."""
        self.shelves = self.rng.sample(WORDS, level + 1)
        self.things = self.rng.sample([word for word in WORDS if word not in self.shelves], level)
        self.home = [self.rng.randrange(level + 1) for _ in self.things]
        self.lies: list[int | None] = [None] * level

    def show(self) -> str:
        """Things, then shelves with what lies on them."""
        things = "".join(
            f'<div class="thing" role="button" data-name="t{n}" data-drag>'
            f"{word} (shelf {self.shelves[self.home[n]]})</div>"
            for n, word in enumerate(self.things)
            if self.lies[n] is None
        )
        shelves = "".join(
            f'<div class="shelf" role="button" data-name="s{n}" data-zone>Shelf {name}: '
            f"{', '.join(w for w, at in zip(self.things, self.lies, strict=True) if at == n) or 'empty'}</div>"
            for n, name in enumerate(self.shelves)
        )
        return things + shelves

    def play(self, move: Move) -> None:
        """A thing falls on a shelf; on a wrong one it does not stay."""
        if move.kind == "drop":
            for n, home in enumerate(self.home):
                if (move.target, move.value) == (f"t{n}", f"s{home}"):
                    self.lies[n] = home
            self.done = None not in self.lies

    def solve(self) -> Iterator[Step]:
        """One after the other."""
        for n, home in enumerate(self.home):
            yield ("drag", f"t{n}", f"s{home}")
