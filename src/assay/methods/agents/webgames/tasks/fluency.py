"""Tasks of technical fluency: can the agent do with a page all that a person does without a thought?"""

from collections.abc import Iterator
from datetime import date, timedelta

from assay.methods.agents.webgames.game import WORDS, Game, Move, Step, button, choice, items, say, text_field


class Switches(Game):
    """So many lamps, each with its switch."""

    name, domain = "switches", "fluency"
    goal = "Switch every lamp on. A switch that is pressed again switches its lamp off."
    levels = (2, 5, 9)

    def set_up(self, level: int) -> None:
        """So many lamps."""
        self.lit = [False] * level

    def show(self) -> str:
        """A switch each."""
        return "".join(button(f"b{n}", f"Lamp {n + 1}: {'on' if on else 'off'}") for n, on in enumerate(self.lit))

    def play(self, move: Move) -> None:
        """Switch."""
        for n in range(len(self.lit)):
            self.lit[n] ^= move.kind == "click" and move.target == f"b{n}"
        self.done = all(self.lit)

    def solve(self) -> Iterator[Step]:
        """One after the other."""
        for n in range(len(self.lit)):
            yield ("click", f"b{n}")


class Order(Game):
    """Words that must be pressed in alphabetical order."""

    name, domain = "order", "fluency"
    goal = "Press the words in alphabetical order. A wrong word starts over."
    levels = (3, 5, 8)

    def set_up(self, level: int) -> None:
        """So many words."""
        self.words = self.rng.sample(WORDS, level)
        self.pressed = 0

    def show(self) -> str:
        """The words, and how many are right so far."""
        return say(f"Right so far: {self.pressed}.") + "".join(button(f"b{n}", w) for n, w in enumerate(self.words))

    def play(self, move: Move) -> None:
        """The next word, or from the beginning."""
        if move.kind == "click":
            self.pressed = self.pressed + 1 if move.target == self._next() else 0
            self.done = self.pressed == len(self.words)

    def solve(self) -> Iterator[Step]:
        """The next one each time."""
        for _ in self.words:
            yield ("click", self._next())

    def _next(self) -> str:
        return f"b{self.words.index(sorted(self.words)[self.pressed])}"


class Form(Game):
    """A card to copy into a form whose fields stand in another order."""

    name, domain = "form", "fluency"
    goal = "Copy the card into the form, then send it."
    levels = (1, 3, 6)
    steps = 15

    def set_up(self, level: int) -> None:
        """So many lines."""
        labels = self.rng.sample(("Ship", "Harbor", "Cargo", "Captain", "Color", "Berth"), level)
        self.card = {label: " ".join(self.rng.sample(WORDS, 2)) for label in labels}
        self.order = self.rng.sample(labels, level)

    def show(self) -> str:
        """Card and form."""
        fields = "".join(text_field(f"f{n}", label) for n, label in enumerate(self.order))
        return items([f"{label}: {value}" for label, value in self.card.items()]) + fields + button("send", "Send")

    def play(self, move: Move) -> None:
        """Compare."""
        if (move.kind, move.target) == ("click", "send"):
            self.done = all(_same(move.fields.get(f"f{n}"), self.card[label]) for n, label in enumerate(self.order))

    def solve(self) -> Iterator[Step]:
        """Fill, send."""
        for n, label in enumerate(self.order):
            yield ("fill", f"f{n}", self.card[label])
        yield ("click", "send")


class Menu(Game):
    """A menu that opens under the pointer."""

    name, domain = "menu", "fluency"
    levels = (1, 2, 3)
    goal = "Choose from the menu what the page asks for. Its entries open under the pointer, not by a click."

    def set_up(self, level: int) -> None:
        """Entries so many deep below the first."""
        self.entries = [self.rng.sample(WORDS, 3) for _ in range(level + 1)]
        self.path = [self.rng.randrange(3) for _ in self.entries]
        self.open: list[int] = []

    def show(self) -> str:
        """The levels that are open."""
        wanted = " > ".join(words[at] for words, at in zip(self.entries, self.path, strict=True))
        shown = say(f"Choose: {wanted}")
        for depth in range(len(self.open) + 1):
            leaf = depth == len(self.entries) - 1
            if depth and self.open[:depth] != self.path[:depth]:
                shown += f"<div>{button(f'x{depth}', 'nothing here', do='hover')}</div>"
                break
            entries = self.entries[depth]
            shown += "<div>" + "".join(
                button(f"m{depth}{n}", word if leaf else f"{word} >", do="click" if leaf else "hover")
                for n, word in enumerate(entries)
            ) + "</div>"  # fmt: skip
        return shown

    def play(self, move: Move) -> None:
        """Open, or choose."""
        if move.target not in {f"m{depth}{n}" for depth in range(len(self.entries)) for n in range(3)}:
            return
        depth, at = int(move.target[1]), int(move.target[2])
        if move.kind == "hover" and depth < len(self.entries) - 1 and self.open[:depth] == self.path[:depth]:
            self.open = [*self.open[:depth], at]
        elif move.kind == "click" and depth == len(self.entries) - 1 and self.open == self.path[:-1]:
            self.done = at == self.path[-1]

    def solve(self) -> Iterator[Step]:
        """Down the path."""
        for depth, at in enumerate(self.path[:-1]):
            yield ("hover", f"m{depth}{at}")
        yield ("click", f"m{len(self.path) - 1}{self.path[-1]}")


class RightClick(Game):
    """What stands in the menu of the other button."""

    name, domain = "right-click", "fluency"
    goal = "Do with the parcel what the page asks for. A parcel's menu opens with the right button of the mouse."
    levels = (2, 5, 8)
    steps = 15

    def set_up(self, level: int) -> None:
        """So many parcels."""
        self.parcels = self.rng.sample(WORDS, level)
        self.wanted, self.act = self.rng.randrange(level), self.rng.randrange(3)
        self.open: int | None = None

    def show(self) -> str:
        """Parcels, and the menu of one."""
        shown = say(f"{_ACTS[self.act]} the parcel {self.parcels[self.wanted]}.")
        shown += "".join(button(f"p{n}", word, do="context") for n, word in enumerate(self.parcels))
        if self.open is not None:
            shown += say(f"Parcel {self.parcels[self.open]}:")
            shown += "".join(button(f"a{n}", words) for n, words in enumerate(_ACTS))
        return shown

    def play(self, move: Move) -> None:
        """Open a menu, or choose from it."""
        if move.kind == "context" and move.target in {f"p{n}" for n in range(len(self.parcels))}:
            self.open = int(move.target[1:])
        elif move.kind == "click" and self.open is not None:
            self.done = (self.open, move.target) == (self.wanted, f"a{self.act}")
            self.open = None

    def solve(self) -> Iterator[Step]:
        """Open, choose."""
        yield ("right", f"p{self.wanted}")
        yield ("click", f"a{self.act}")


_ACTS = ("Weigh", "Seal", "Return")


class Dates(Game):
    """A date to set, which is told in other words."""

    name, domain = "dates", "fluency"
    goal = "Set the date that the page describes, then book it."
    levels = ("plain", "weekday", "ordinal")
    steps = 10

    def set_up(self, level: str) -> None:
        """In plain words, as the n-th weekday of a month, or as the n-th day of a year."""
        self.date = date(self.rng.randrange(2027, 2031), 1, 1) + timedelta(days=self.rng.randrange(60, 365))
        nth = ("first", "second", "third", "fourth", "fifth")[(self.date.day - 1) // 7]
        month = f"{_MONTHS[self.date.month - 1]} {self.date.year}"
        self.words = {
            "plain": f"{self.date.day} {month}",
            "weekday": f"the {nth} {_DAYS[self.date.weekday()]} of {month}",
            "ordinal": f"day number {self.date.timetuple().tm_yday} of the year {self.date.year}",
        }[level]

    def show(self) -> str:
        """Three lists."""
        return (
            say(f"Book {self.words}.")
            + choice("day", "Day", [str(n) for n in range(1, 32)])
            + choice("month", "Month", list(_MONTHS))
            + choice("year", "Year", [str(n) for n in range(2026, 2032)])
            + button("book", "Book")
        )

    def play(self, move: Move) -> None:
        """Compare."""
        if (move.kind, move.target) == ("click", "book"):
            chosen = [move.fields.get(name) for name in ("day", "month", "year")]
            self.done = chosen == [str(self.date.day), _MONTHS[self.date.month - 1], str(self.date.year)]

    def solve(self) -> Iterator[Step]:
        """Set, book."""
        yield ("select", "day", str(self.date.day))
        yield ("select", "month", _MONTHS[self.date.month - 1])
        yield ("select", "year", str(self.date.year))
        yield ("click", "book")


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Notices(Game):
    """Windows that lie over the page."""

    name, domain = "notices", "fluency"
    goal = (
        "Close all notices, then press Continue. Each has one button that closes it; any other brings one more notice."
    )
    levels = (1, 3, 5)

    def set_up(self, level: int) -> None:
        """So many notices."""
        self.notices = [self._draw() for _ in range(level)]

    def _draw(self) -> tuple[str, list[tuple[str, bool]]]:
        closing = self.rng.choice(("Close", "No, thank you", "Dismiss", "Not now"))
        others = self.rng.sample(("Tell me more", "Yes, please", "Remind me each minute", "Subscribe"), 2)
        buttons = [(closing, True), *((words, False) for words in others)]
        self.rng.shuffle(buttons)
        return f"Great news about {self.rng.choice(WORDS)}!", buttons

    def show(self) -> str:
        """The uppermost notice over the button."""
        shown = button("go", "Continue")
        if self.notices:
            words, buttons = self.notices[-1]
            within = say(words) + "".join(button(f"n{n}", label) for n, (label, _) in enumerate(buttons))
            shown += f'<div class="notice" role="dialog" aria-modal="true" aria-label="Notice">{within}</div>'
        return shown

    def play(self, move: Move) -> None:
        """Close one, bring one, or go on."""
        if move.kind != "click":
            return
        if not self.notices:
            self.done = move.target == "go"
        elif move.target in {"n0", "n1", "n2"}:
            _, buttons = self.notices.pop()
            if not buttons[int(move.target[1])][1]:
                self.notices += [self._draw(), self._draw()]

    def solve(self) -> Iterator[Step]:
        """Close, go on."""
        while self.notices:
            yield ("click", f"n{next(n for n, (_, closes) in enumerate(self.notices[-1][1]) if closes)}")
        yield ("click", "go")


def _same(given: str | None, wanted: str) -> bool:
    """Whether a text is the wanted one, but for case and spaces."""
    return given is not None and given.lower().split() == wanted.lower().split()
