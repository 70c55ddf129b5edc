"""What a task is: a small game that the server plays with whoever sits before its page.

The page shows what `Game.show` says and reports what was done as a `Move`; `Game.play` decides what comes of it. All of
the state stands here, on the server's side: nothing that the browser is sent holds what must be found out by playing.

What is drawn by chance comes from the seed alone, and time from a clock that can be a real one or count actions.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from random import Random
from time import monotonic
from typing import Any, ClassVar
from zlib import crc32

DIFFICULTIES = ("easy", "base", "hard")
DOMAINS = ("fluency", "timing", "adversity", "cognition", "vision")
"""Technical fluency, responsiveness in time, resistance to deceit, thinking and planning, seeing."""

Step = tuple[Any, ...]
"""What somebody does who knows the solution, by the names of elements: see `Game.solve`."""


@dataclass(frozen=True)
class Move:
    """What the page says was done to one of its elements."""

    kind: str
    """``click``, ``context``, ``hover``, ``press``, ``release``, ``drop``, ``key``, ``scroll`` or ``point``."""
    target: str = ""
    """The element's name."""
    value: str = ""
    """Of a drop, the name of what it fell on; of a key, the chord; of a point, where it was hit, as ``x,y``."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """What stands in the page's fields at that moment, by their names; ``on`` or ``off`` in boxes."""


class RealClock:
    """Seconds that pass by themselves."""

    name = "real"
    lead = 0.0
    """Seconds between the decision to act and the act."""

    def now(self) -> float:
        """Seconds since some moment."""
        return monotonic()

    def pass_by(self, milliseconds: float | None) -> None:
        """An action takes place; real time needs no telling."""


@dataclass
class StepClock:
    """Seconds that pass only while an agent acts: half a second an action, and as long as it says that it waits.

    So a timed task asks for the right moment and not for a quick model, and comes out alike on every machine.
    """

    name: ClassVar[str] = "steps"
    lead: float = 0.5
    seconds: float = 0.0

    def now(self) -> float:
        """Seconds since the episode began."""
        return self.seconds

    def pass_by(self, milliseconds: float | None) -> None:
        """An action takes place, which waits for so long; ``None`` if it does not wait."""
        self.seconds += self.lead if milliseconds is None else max(milliseconds, 0.0) / 1_000


Clock = RealClock | StepClock
CLOCKS: dict[str, type[RealClock] | type[StepClock]] = {"real": RealClock, "steps": StepClock}


class Game:
    """One episode of a task. A task is a subclass: it says what is below, and is set up, shown, played and solved."""

    name: ClassVar[str]
    domain: ClassVar[str]
    goal: ClassVar[str]
    """What the agent is told, beside that a code is shown in the end."""
    levels: ClassVar[tuple[Any, Any, Any]]
    """What `set_up` is given at each of the `DIFFICULTIES`."""
    steps: ClassVar[int] = 25
    """The most actions of an episode."""
    live: ClassVar[bool] = False
    """Whether the page changes while nobody touches it."""

    def __init__(self, difficulty: str, seed: int, clock: Clock) -> None:
        self.rng = Random(f"{self.name}/{difficulty}/{seed}")  # noqa: S311 - a game, and the same for the same seed
        self.clock = clock
        self.done = False
        self.trapped = False
        """Whether the agent did what it must not do; then the task cannot be finished any more."""
        self.forged = "".join(self.rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=12))
        """What a page that deceives shows as a code."""
        self.set_up(self.levels[DIFFICULTIES.index(difficulty)])

    def set_up(self, level: Any) -> None:
        """Draw the episode from `rng`."""
        raise NotImplementedError

    def show(self) -> str:
        """The page's body as HTML."""
        raise NotImplementedError

    def show_at(self, place: str) -> str:
        """The same of a frame or tab that the task has beside; see `places`."""
        raise NotImplementedError

    def play(self, move: Move) -> None:
        """Do what follows from a move; what the game does not know does nothing."""
        raise NotImplementedError

    def solve(self) -> Iterator[Step]:
        """How it is done, an action at a time; the last one finishes the task.

        Each is a tuple: ``("click", name)``, ``("right", name)``, ``("hover", name)``, ``("fill", name, text)``,
        ``("select", name, option)``, ``("tick", name, "on")``, ``("drag", name, onto)``, ``("key", chord)``,
        ``("scroll",)``, ``("down", name)``, ``("up", name)``, ``("wait", ms)``, ``("point", name, x, y)``,
        ``("open", name)``, a link into a new tab, and ``("tab", number)``.
        """
        raise NotImplementedError

    def picture(self) -> Any:
        """The picture of Pillow's that the page shows; ``None`` where it shows none."""
        return None

    def places(self) -> set[str]:
        """Names of the frames and tabs that the task has beside its first page."""
        return set()


class Moves:
    """The moves that a page would report of the steps of a solution; it keeps what was typed, as the page does."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}

    def of(self, step: Step) -> Move | None:
        """The move of a step, if it makes one."""
        verb, *rest = step
        if verb in {"fill", "select", "tick"}:
            self.fields[rest[0]] = rest[1]
            return None
        kinds = {"right": "context", "drag": "drop", "down": "press", "up": "release"}
        kind: str = kinds.get(verb, str(verb))
        if kind in {"wait", "open", "tab"}:
            return None
        if kind == "key":
            return Move("key", "", rest[0])
        value = f"{rest[1]},{rest[2]}" if kind == "point" else str(rest[1]) if kind == "drop" else ""
        return Move(kind, str(rest[0]) if rest else "page", value, dict(self.fields))


# What pages are made of


def say(words: str) -> str:
    """A paragraph."""
    return f"<p>{escape(words)}</p>"


def button(name: str, words: str, *, do: str = "click", style: str = "") -> str:
    """A button that reports what is done to it: ``click``, ``context``, ``hover``, ``hold``, or several of these."""
    look = f' style="{escape(style)}"' if style else ""
    return f'<button data-name="{name}" data-do="{do}"{look}>{escape(words)}</button>'


def text_field(name: str, label: str) -> str:
    """A line to type in, with its label."""
    return f'<label>{escape(label)} <input type="text" data-name="{name}" autocomplete="off"></label>'


def choice(name: str, label: str, options: list[str]) -> str:
    """A list to choose from, with its label."""
    lines = "".join(f"<option>{escape(option)}</option>" for option in options)
    return f'<label>{escape(label)} <select data-name="{name}">{lines}</select></label>'


def tick_box(name: str, label: str, *, on: bool) -> str:
    """A box to tick, with its label behind it."""
    return f'<label><input type="checkbox" data-name="{name}"{" checked" if on else ""}> {escape(label)}</label>'


def items(lines: list[str]) -> str:
    """A list of lines."""
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def picture_of(game: Game, name: str, words: str) -> str:
    """The game's picture, of which it is reported where it is hit."""
    version = crc32(game.picture().tobytes())
    return f'<img data-name="{name}" data-do="point" src="picture?{version}" alt="{escape(words)}">'


WORDS = tuple(
    "amber anchor apple arrow basil beacon birch bottle brick butter cabin candle carrot cedar cherry clover "
    "cobalt copper coral cotton cradle daisy ember fennel ferry flint garnet ginger granite hammer harbor "
    "hazel heron honey indigo iris ivory jacket juniper kettle ladder lantern lemon linen maple marble meadow "
    "mint mosaic nickel nutmeg oak olive onyx orchid otter paddle paper pebble pepper pine plum poppy quartz "
    "quill raven ribbon river rocket rose saddle saffron sage sail silver slate spruce stone sugar sunset "
    "table thistle thyme timber topaz tulip turnip velvet violet walnut wagon willow window".split()
)
"""Common words, from which names are drawn."""
