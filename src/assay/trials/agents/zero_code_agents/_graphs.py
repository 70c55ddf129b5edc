"""Random graphs of events, an interpreter that is plain to read, and a clock that runs as fast as it can.

The interpreter is written otherwise than the engine: it counts the results of each event and what a group has used of
them, and steps from one end of an event to the next. Both tell what ran, why, with which inputs, and when it ended.
"""

import asyncio
import selectors
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from assay.methods.agents.zero_code_agents import Abort, Engine, EngineError, Event, Goto, Group

MOST_EVENTS = 60
Row = tuple[str, str, Mapping[str, Any], Any, float]
"""Event, group, inputs, outcome, and when it ended."""
REFUSED = "more events than are allowed"


@dataclass(frozen=True)
class Graph:
    """Events by name with their groups; what each does is drawn from the seed and how often it ran."""

    seed: int
    groups: Mapping[str, tuple[Group, ...]]
    most_at_once: int | None
    runs: dict[str, int] = field(default_factory=dict)

    @classmethod
    def draw(cls, seed: int) -> "Graph":
        """A graph of four to nine events; those but the first listen to some before them."""
        random = Random(f"graph {seed}")  # noqa: S311 - a draw, not a secret
        names = [f"e{number}" for number in range(random.randint(4, 9))]
        groups: dict[str, tuple[Group, ...]] = {names[0]: ()}
        for place, name in enumerate(names[1:], 1):
            groups[name] = tuple(
                Group(
                    tuple(random.sample(names[:place], random.randint(1, min(3, place)))),
                    random.choice(["all", "any"]),
                    f"g{number}",
                )
                for number in range(random.randint(1, 2))
            )
        return cls(seed, groups, random.choice([None, 1, 2, 3]))

    def act(self, event: str) -> tuple[float, Any]:
        """How long an event takes this time, and what comes of it."""
        self.runs[event] = number = self.runs.get(event, 0) + 1
        random = Random(f"{self.seed} {event} {number}")  # noqa: S311 - a draw, not a secret
        seconds, kind = random.uniform(0.1, 1.0), random.random()
        said = f"{event}#{number}"
        if kind < 0.25 and number <= 2:
            targets = random.sample(list(self.groups)[1:], random.randint(1, 2))
            return seconds, Goto(tuple(targets), said)
        return seconds, Abort(said) if kind > 0.9 else said


def interpret(graph: Graph) -> list[Row] | str:
    """What runs in a graph, by the book."""
    graph.runs.clear()
    waiting: list[tuple[str, str, Mapping[str, Any]]] = [("e0", "$start", {"": "go"})]
    running: list[tuple[float, str, str, Mapping[str, Any], Any]] = []
    results: dict[str, list[Any]] = {name: [] for name in graph.groups}
    last: dict[str, Any] = {}
    used = {(name, place, member): 0 for name, groups in graph.groups.items() for place, group in enumerate(groups)
            for member in group.members}  # fmt: skip
    rows: list[Row] = []
    now, begun = 0.0, 0
    while waiting or running:
        while waiting and (graph.most_at_once is None or len(running) < graph.most_at_once):
            if begun == MOST_EVENTS:
                return REFUSED
            begun += 1
            name, why, inputs = waiting.pop(0)
            seconds, outcome = graph.act(name)
            running.append((now + seconds, name, why, inputs, outcome))
        ended = min(running, key=lambda each: each[0])
        running.remove(ended)
        now, name, why, inputs, outcome = ended
        rows.append((name, why, inputs, outcome, now))
        if isinstance(outcome, Abort):
            continue
        if isinstance(outcome, Goto):
            last[name] = outcome.value
            for target in outcome.targets:
                heard = [member for member in graph.groups[target][0].members if member in last]
                waiting.append((target, "$goto", {**{member: last[member] for member in heard}, name: outcome.value}))
            continue
        last[name] = outcome
        results[name].append(outcome)
        for listener, groups in graph.groups.items():
            for place, group in enumerate(groups):
                counts = {member: len(results[member]) for member in group.members}
                if name not in counts or not all(counts.values()):
                    continue
                if group.retrigger == "all" and any(counts[m] == used[listener, place, m] for m in counts):
                    continue
                waiting.append((listener, group.name, {member: results[member][-1] for member in group.members}))
                for member in group.members:
                    used[listener, place, member] = counts[member]
    return rows


def run_engine(graph: Graph) -> list[Row] | str:
    """What the engine makes of a graph, on a clock that does not wait."""
    graph.runs.clear()
    times: list[float] = []

    async def act(name: str, _: Mapping[str, Any]) -> Any:
        seconds, outcome = graph.act(name)
        await asyncio.sleep(seconds)
        times.append(asyncio.get_running_loop().time())
        return outcome

    async def run() -> list[Row] | str:
        engine = Engine([Event(name, partial(act, name), groups) for name, groups in graph.groups.items()])
        try:
            fired = await engine.run("e0", {"": "go"}, most_at_once=graph.most_at_once, most_events=MOST_EVENTS)
        except EngineError:
            return REFUSED
        rows = zip(fired, times, strict=True)
        return [(each.event, each.group, each.inputs, each.outcome, time) for each, time in rows]

    with asyncio.Runner(loop_factory=_HastyLoop) as runner:
        return runner.run(run())


def alike(one: list[Row] | str, two: list[Row] | str) -> bool:
    """Whether the same ran, in the same order, and ended at the same times."""
    if isinstance(one, str) or isinstance(two, str) or len(one) != len(two):
        return one == two
    return all(a[:4] == b[:4] and abs(a[4] - b[4]) < 1e-6 for a, b in zip(one, two, strict=True))


class _HastySelector(selectors.SelectSelector):
    """Waits for nothing: where it were to wait, the time is set forward."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += max(timeout or 0.0, 0.0)
        return super().select(0)


class _HastyLoop(asyncio.SelectorEventLoop):
    """A loop of asyncio with a clock of its own."""

    def __init__(self) -> None:
        self.hasty = _HastySelector()
        super().__init__(self.hasty)

    def time(self) -> float:
        return self.hasty.now
