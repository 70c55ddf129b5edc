"""The scheduler: which partition is next, by a rule in which no model has a say.

Plans go by priority, then by when they were added. Within a plan the control group is first; experimental groups wait
until it is done. A partition that is done comes again only if somebody asks for it by name.
"""

import heapq
from collections.abc import Iterable

from assay.methods.agents.rigor_experiments._plan import CONTROL, Partition, Plan

_Place = tuple[int, int, int, int]
"""Priority, number of the plan, group, number within it."""


class Scheduler:
    """A queue of partitions."""

    def __init__(self) -> None:
        self._plans: dict[str, tuple[int, int]] = {}
        self._partitions: dict[str, Partition] = {}
        self._ready: list[tuple[_Place, str]] = []
        self._waiting: dict[str, list[str]] = {}
        """Experimental partitions by plan, whose control group is not done."""
        self._out: set[str] = set()
        self._done: set[str] = set()

    def add(self, name: str, plan: Plan, *, done: Iterable[str] = ()) -> None:
        """Queue a plan.

        Args:
            name: What it is called; another plan of this name is refused.
            plan: Its partitions are queued.
            done: Keys of those that are done already.

        Raises:
            ValueError: There is a plan of this name.
        """
        if name in self._plans:
            raise ValueError(f"there is a plan {name!r} already: call this one otherwise")
        self._plans[name] = (plan.priority, len(self._plans))
        self._waiting[name] = []
        finished = set(done)
        for partition in plan.partitions(name):
            self._partitions[partition.key] = partition
            if partition.key in finished:
                self._done.add(partition.key)
            else:
                self._queue(partition)

    def next(self) -> Partition | None:
        """Hand out the next partition; ``None`` if none is ready."""
        if not self._ready:
            return None
        _, key = heapq.heappop(self._ready)
        self._out.add(key)
        return self._partitions[key]

    def finish(self, partition: Partition) -> None:
        """Say that a partition that was handed out is done.

        Raises:
            ValueError: It was not handed out.
        """
        if partition.key not in self._out:
            raise ValueError(f"{partition.key} was not handed out: it cannot be done")
        self._out.discard(partition.key)
        self._done.add(partition.key)
        if partition.group == CONTROL:
            waiting, self._waiting[partition.plan] = self._waiting[partition.plan], []
            for key in waiting:
                self._queue(self._partitions[key])

    def redo(self, partition: Partition) -> None:
        """Queue one partition again, whether it is done or was handed out; no other is touched.

        Raises:
            ValueError: It is in no plan, or in the queue already.
        """
        if partition.key not in self._partitions:
            raise ValueError(f"{partition.key} is in no plan")
        if partition.key not in self._done | self._out:
            raise ValueError(f"{partition.key} is in the queue already")
        self._done.discard(partition.key)
        self._out.discard(partition.key)
        self._queue(partition)

    @property
    def unfinished(self) -> list[Partition]:
        """All that is not done, in the order of their plans."""
        return [each for key, each in self._partitions.items() if key not in self._done]

    def _queue(self, partition: Partition) -> None:
        control = Partition(partition.plan, "control", 1)
        if partition.group != CONTROL and control.key not in self._done:
            self._waiting[partition.plan].append(partition.key)
            return
        priority, plan = self._plans[partition.plan]
        place = (priority, plan, int(partition.group != CONTROL), partition.number)
        heapq.heappush(self._ready, (place, partition.key))
