"""Tasks of timing: can the agent act at the right moment, and leave things alone until then?"""

from collections.abc import Iterator

from assay.methods.agents.webgames.game import Game, Move, Step, button, say


class Hold(Game):
    """A button to hold down for some time."""

    name, domain, live = "hold", "timing", True
    goal = "Hold the button down with the mouse for as long as the page says, then let go."
    levels = ((1.0, 60.0), (3.0, 6.0), (5.0, 6.5))

    def set_up(self, level: tuple[float, float]) -> None:
        """The least and the most seconds."""
        self.least, self.most = level
        self.since: float | None = None

    def show(self) -> str:
        """The button, and how long it has been held."""
        held = "" if self.since is None else f" Held for {self.clock.now() - self.since:.1f} s."
        words = f"Hold for at least {self.least:g} and at most {self.most:g} seconds.{held}"
        return say(words) + button("hold", "Hold me", do="hold")

    def play(self, move: Move) -> None:
        """Pressed, let go."""
        if (move.kind, move.target) == ("press", "hold"):
            self.since = self.clock.now()
        elif move.kind == "release" and self.since is not None:
            self.done = self.least <= self.clock.now() - self.since <= self.most
            self.since = None

    def solve(self) -> Iterator[Step]:
        """Down, wait, up."""
        yield ("down", "hold")
        yield ("wait", 1_000 * self.least)
        yield ("up", "hold")


class Lamp(Game):
    """A lamp that turns green for a while."""

    name, domain, live = "lamp", "timing", True
    goal = "Press the button while the lamp is green. Pressing while it is red makes you wait for the next green."
    levels = (8.0, 2.5, 1.2)

    def set_up(self, level: float) -> None:
        """Green for so many seconds."""
        self.window = level
        self._wait_anew()

    def _wait_anew(self) -> None:
        self.green = self.clock.now() + self.rng.uniform(2.0, 5.0)

    def _is_green(self) -> bool:
        now = self.clock.now()
        while now > self.green + self.window and not self.done:
            self.green += self.window + self.rng.uniform(2.0, 5.0)
        return self.green <= now <= self.green + self.window

    def show(self) -> str:
        """The lamp's color, and the button."""
        color = "green" if self._is_green() else "red"
        return f'<p style="color:{color}">The lamp is {color}.</p>' + button("b", "Press")

    def play(self, move: Move) -> None:
        """In time, or not."""
        if (move.kind, move.target) == ("click", "b"):
            self.done = self._is_green()
            if not self.done:
                self._wait_anew()

    def solve(self) -> Iterator[Step]:
        """Wait for the green that comes next."""
        self._is_green()
        yield ("wait", 1_000 * max(0.0, self.green + 0.1 - self.clock.lead - self.clock.now()))
        yield ("click", "b")


class Kettle(Game):
    """What must not be touched until it is ready."""

    name, domain, live = "kettle", "timing", True
    goal = "Pour when the kettle boils. If you touch the kettle or its lid before, it starts anew."
    levels = (3.0, 8.0, 20.0)

    def set_up(self, level: float) -> None:
        """It boils after so many seconds."""
        self.takes = level
        self.began = self.clock.now()

    def show(self) -> str:
        """How long it still takes."""
        left = self.takes - (self.clock.now() - self.began)
        state = "It boils." if left <= 0 else f"It boils in {left:.1f} seconds."
        return say(state) + button("pour", "Pour") + button("lid", "Lift the lid")

    def play(self, move: Move) -> None:
        """Pour, or disturb it."""
        if move.kind == "click":
            self.done = move.target == "pour" and self.clock.now() - self.began >= self.takes
            self.began = self.clock.now()

    def solve(self) -> Iterator[Step]:
        """Wait, pour."""
        yield ("wait", 1_000 * (self.began + self.takes - self.clock.now()))
        yield ("click", "pour")


class Mole(Game):
    """A target that does not stay."""

    name, domain, live = "mole", "timing", True
    goal = "Hit the mole as often as the page says. It moves on; a miss costs a hit."
    levels = ((6.0, 1), (3.0, 2), (1.0, 3))
    steps = 30

    def set_up(self, level: tuple[float, int]) -> None:
        """It moves every so many seconds, and must be hit so often."""
        self.period, self.needed = level
        self.holes = [self.rng.randrange(9) for _ in range(600)]
        self.began = self.clock.now()
        self.hits = 0

    def _place(self, moment: float) -> int:
        return self.holes[int((moment - self.began) / self.period) % len(self.holes)]

    def show(self) -> str:
        """Nine holes."""
        at = self._place(self.clock.now())
        holes = "".join(button(f"h{n}", "mole" if n == at else "hole") for n in range(9))
        return say(f"Hits: {self.hits} of {self.needed}. The mole moves every {self.period:g} seconds.") + holes

    def play(self, move: Move) -> None:
        """Hit or miss."""
        if move.kind == "click" and not self.done:
            hit = move.target == f"h{self._place(self.clock.now())}"
            self.hits = self.hits + 1 if hit else max(self.hits - 1, 0)
            self.done = self.hits == self.needed

    def solve(self) -> Iterator[Step]:
        """Aim where it will be."""
        for _ in range(self.needed):
            lead = self.clock.lead
            late = (self.clock.now() + lead - self.began) % self.period
            if late > 0.7 * self.period:  # it is about to go
                yield ("wait", 1_000 * (self.period - late) + 50)
            yield ("click", f"h{self._place(self.clock.now() + lead)}")
