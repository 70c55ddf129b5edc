"""Runs events that listen to each other: what is ready runs at the same time, and an event may send the run elsewhere.

An event fires when all members of one of its groups have a result. It ends in a result, which its listeners are told;
in a `Goto`, which starts the events that it names and tells no listener; or in an `Abort`, with which its branch ends.
A group fires again when every member has a new result, or with ``retrigger="any"`` at each new result of one.

This module needs nothing but the standard library: an exported workflow carries its text.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

START, GOTO = "$start", "$goto"


class EngineError(ValueError):
    """Events cannot be run, or do not come to an end; the message says why."""


@dataclass(frozen=True)
class Goto:
    """Start other events, with a value that they are told."""

    targets: tuple[str, ...]
    value: Any = None


@dataclass(frozen=True)
class Abort:
    """End this branch."""

    reason: Any = ""


@dataclass(frozen=True)
class Group:
    """Events that have to have a result."""

    members: tuple[str, ...]
    retrigger: str = "all"
    """``all`` or ``any``."""
    name: str = ""


@dataclass(frozen=True)
class Event:
    """A step: what it does with the values of the events that it listened to, by their names."""

    name: str
    run: Callable[[Mapping[str, Any]], Awaitable[Any]]
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True)
class Fired:
    """An event that ran: why, with which inputs, and what came of it."""

    event: str
    group: str
    """The group's name; ``$start`` or ``$goto``."""
    inputs: Mapping[str, Any]
    outcome: Any


@dataclass
class _Run:
    queue: deque[tuple[Event, str, Mapping[str, Any]]]
    results: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    """The latest of each event, be it a result or what it sent by a goto."""
    fresh: dict[tuple[str, int], set[str]] = field(default_factory=dict)
    """Of each group, the members with a result that it has not fired with."""
    fired: list[Fired] = field(default_factory=list)


class Engine:
    """Events that can be run, as often as wanted.

    Raises:
        EngineError: Two events have one name, or a group is empty, has unknown members, or another retrigger.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = {event.name: event for event in events}
        if len(self.events) < len(events):
            names = [event.name for event in events]
            raise EngineError(f"two events are called {next(name for name in names if names.count(name) > 1)}")
        for event in events:
            for group in event.groups:
                if unknown := [name for name in group.members if name not in self.events]:
                    raise EngineError(f"event {event.name} listens to {unknown[0]}, which is none")
                if not group.members or group.retrigger not in ("all", "any"):
                    raise EngineError(f"event {event.name}: a group needs members, and retriggers by all or any")

    async def run(
        self, start: str, inputs: Mapping[str, Any], *, most_at_once: int | None = None, most_events: int = 100
    ) -> list[Fired]:
        """Run from an event on until nothing is ready, and tell what ran, in the order in which it ended.

        Args:
            start: The first event.
            inputs: What it is told.
            most_at_once: Events that run at the same time; those that were ready first come first.
            most_events: After so many it is refused to go on.

        Raises:
            EngineError: There is no such event, or there are more. What an event itself raises ends the run.
        """
        if most_at_once is not None and most_at_once < 1:
            raise EngineError(f"most_at_once is {most_at_once}: give 1 or more")
        run = _Run(deque([(self._event(start), START, inputs)]))
        running: set[asyncio.Task[None]] = set()
        started = 0
        try:
            while run.queue or running:
                while run.queue and (most_at_once is None or len(running) < most_at_once):
                    if started == most_events:
                        raise EngineError(f"after {most_events} events it has not come to an end: is there a loop?")
                    started += 1
                    running.add(asyncio.create_task(self._fire(run, *run.queue.popleft())))
                await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                ended = {task for task in running if task.done()}
                running -= ended
                for error in [task.exception() for task in ended]:
                    if error is not None:
                        raise error
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        return run.fired

    async def _fire(self, run: _Run, event: Event, group: str, inputs: Mapping[str, Any]) -> None:
        outcome = await event.run(inputs)
        run.fired.append(Fired(event.name, group, inputs, outcome))
        if isinstance(outcome, Goto):
            run.values[event.name] = outcome.value
            for target in map(self._event, outcome.targets):
                heard = target.groups[0].members if target.groups else ()
                known = {name: run.values[name] for name in heard if name in run.values}
                run.queue.append((target, GOTO, known | {event.name: outcome.value}))
        elif not isinstance(outcome, Abort):
            run.values[event.name] = run.results[event.name] = outcome
            self._tell_listeners(run, event.name)

    def _tell_listeners(self, run: _Run, name: str) -> None:
        for event in self.events.values():
            for place, group in enumerate(event.groups):
                if name not in group.members:
                    continue
                fresh = run.fresh.setdefault((event.name, place), set())
                fresh.add(name)
                if fresh.issuperset(group.members):
                    inputs = {member: run.results[member] for member in group.members}
                    run.queue.append((event, group.name, inputs))
                    if group.retrigger == "all":
                        fresh.clear()

    def _event(self, name: str) -> Event:
        if name not in self.events:
            raise EngineError(f"there is no event {name}: there are {', '.join(self.events)}")
        return self.events[name]
