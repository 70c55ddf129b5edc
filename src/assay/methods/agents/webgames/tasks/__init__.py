"""All tasks, by name."""

from assay.methods.agents.webgames.game import DIFFICULTIES, DOMAINS, Clock, Game
from assay.methods.agents.webgames.tasks.adversity import Alarm, Consent, Forgery, Letter, Terms
from assay.methods.agents.webgames.tasks.fluency import Dates, Form, Menu, Notices, Order, RightClick, Switches
from assay.methods.agents.webgames.tasks.gestures import Chords, Frames, LongList, Shelves, Towers
from assay.methods.agents.webgames.tasks.planning import Discs, Ferry, Maze, Windows
from assay.methods.agents.webgames.tasks.pointing import Dot, Flag, Swatches
from assay.methods.agents.webgames.tasks.reading import Bars, Gauges, Month, Pattern
from assay.methods.agents.webgames.tasks.reckoning import Basket, Parade, Recipe, Vault
from assay.methods.agents.webgames.tasks.timing import Hold, Kettle, Lamp, Mole

TASKS: dict[str, type[Game]] = {
    game.name: game
    for game in (
        Switches, Order, Form, Menu, RightClick, Dates, Notices,
        Chords, LongList, Frames, Towers, Shelves,
        Hold, Lamp, Kettle, Mole,
        Forgery, Letter, Alarm, Terms, Consent,
        Basket, Recipe, Vault, Parade,
        Discs, Ferry, Maze, Windows,
        Dot, Swatches, Flag,
        Gauges, Bars, Pattern, Month,
    )
}  # fmt: skip


def choose(names: str | list[str] | tuple[str, ...]) -> list[str]:
    """Names of tasks: ``all``, a domain, one task, or several of these.

    Raises:
        ValueError: There is no such task or domain, or nothing was named.
    """
    chosen: list[str] = []
    for name in [names] if isinstance(names, str) else names:
        if name == "all":
            chosen += TASKS
        elif name in DOMAINS:
            chosen += [task for task, game in TASKS.items() if game.domain == name]
        elif name in TASKS:
            chosen.append(name)
        else:
            raise ValueError(f"no task is named {name!r}; there are all, {', '.join(DOMAINS)}, {', '.join(TASKS)}")
    if not chosen:
        raise ValueError("no task was named: say all, a domain or a task")
    return list(dict.fromkeys(chosen))


def make_game(task: str, difficulty: str, seed: int, clock: Clock) -> Game:
    """One episode of a task.

    Raises:
        ValueError: There is no such task, difficulty or seed.
    """
    if len(choose(task)) > 1:
        raise ValueError(f"{task!r} is many tasks: name one of them")
    if difficulty not in DIFFICULTIES:
        raise ValueError(f"no difficulty is named {difficulty!r}; there are {', '.join(DIFFICULTIES)}")
    if type(seed) is not int or seed < 0:
        raise ValueError(f"seed is {seed!r}: give a whole number from 0 on")
    return TASKS[task](difficulty, seed, clock)
