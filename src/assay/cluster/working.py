"""Has a function run on a cluster for many pieces of work, as many at a time as fit, and hands over what ends.

A task whose worker or node dies is begun again by Ray. The function says itself, in what it returns, what went wrong in
its work; what comes from Ray as an error is always about the machinery.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from math import floor
from time import monotonic
from typing import Any, Generic, TypeVar

from assay.cluster.nodes import Node, first_line, read_nodes
from assay.papers.text import counted

K = TypeVar("K")
T = TypeVar("T")

RETRIES = 3
"""How often a task is begun again whose worker or node died."""
_TICK = 0.5
"""Seconds between two looks at what goes on."""
_LOOK = 5.0
"""Seconds between two looks at which nodes there are."""
_GRACE = 10.0
"""Seconds that a cancelled task has to end by itself."""


@dataclass(frozen=True)
class Needs:
    """What a task asks a node for."""

    cpus: int = 1
    """It also computes in so many threads."""
    gpus: int = 0
    memory: int = 0
    """Bytes."""
    resources: dict[str, float] = field(default_factory=dict)
    """Others by name, as ``ray start --resources`` gives them to a node."""

    def are_met_by(self, node: Node) -> bool:
        """Whether a node has all of it but the memory."""
        others = all(node.resources.get(name, 0.0) >= amount for name, amount in self.resources.items())
        return node.cpus >= self.cpus and node.gpus >= self.gpus and others


@dataclass(frozen=True)
class Work(Generic[K]):
    """One piece of work: what it is called, what the function is handed, and what that asks for."""

    key: K
    arguments: tuple[Any, ...]
    needs: Needs = field(default_factory=Needs)


@dataclass(frozen=True)
class Done(Generic[K, T]):
    """What became of a piece of work."""

    key: K
    value: T | None = None
    problem: str = ""
    """Why there is no value: what became of its worker or node."""


class Cluster:
    """A cluster that is connected; `assay.cluster.connect` makes one."""

    def __init__(self, *, is_local: bool) -> None:
        self.is_local = is_local
        self.nodes: tuple[Node, ...] = read_nodes()

    @property
    def cpus(self) -> int:
        """Those of all nodes together."""
        return sum(floor(node.cpus) for node in self.nodes)

    def fit(self, needs: Needs) -> Needs:
        """The needs as a node can meet them: of memory at most what the largest has, for what a task takes is a guess.

        Raises:
            ValueError: No node has so many CPUs or GPUs.
        """
        able = [node for node in self.nodes if needs.are_met_by(node)]
        if not able:
            gpus = f" and {counted(needs.gpus, 'GPU')}" if needs.gpus else ""
            raise ValueError(
                f"no node of the cluster has {counted(needs.cpus, 'CPU')}{gpus}: it has {self.description}"
            )
        return Needs(needs.cpus, needs.gpus, min(needs.memory, int(max(node.memory for node in able))), needs.resources)

    @property
    def description(self) -> str:
        """``2 nodes, 32 CPUs, 4 GPUs``."""
        gpus = sum(floor(node.gpus) for node in self.nodes)
        counts = [(len(self.nodes), "node"), (self.cpus, "CPU"), *([(gpus, "GPU")] if gpus else [])]
        return ", ".join(counted(count, what) for count, what in counts)

    def run(
        self,
        function: Callable[..., T],
        works: Iterable[Work[K]],
        *,
        depth: int = 1,
        tick: Callable[[], None] = lambda: None,
    ) -> Iterator[Done[K, T]]:
        """Run a function for each piece of work on the cluster; what ends first is handed over first.

        Pieces are asked for one after the other, and only when the CPUs of the cluster are not all taken; one that
        does not fit beside those that run is waited with, so that a large one is not passed by many small ones. All
        that still runs is cancelled when the caller stops, or is stopped.

        Args:
            function: A function of a module of ours, since nodes find it by its name.
            works: The pieces, in order.
            depth: So many times as many pieces as fit are under way, so that a node that ends one has the next.
            tick: Called about twice a second meanwhile.
        """
        import ray  # noqa: PLC0415 - an extra

        remote: Any = ray.remote(function)
        waiting = iter(works)
        ahead = None
        running: dict[Any, Work[K]] = {}
        is_more, looked = True, monotonic()
        try:
            while True:
                while is_more and (room := depth * self.cpus - sum(each.needs.cpus for each in running.values())) > 0:
                    ahead = ahead or next(waiting, None)
                    is_more = ahead is not None
                    if ahead is None or (running and ahead.needs.cpus > room):
                        break
                    running[_submit(remote, ahead)] = ahead
                    ahead = None
                if not running:
                    return
                ready, _ = ray.wait(list(running), num_returns=1, timeout=_TICK)
                tick()
                for reference in ready:
                    yield _take(reference, running.pop(reference).key)
                if not ready and monotonic() - looked > _LOOK:
                    looked, self.nodes = monotonic(), read_nodes()
                    for reference in [each for each, work in running.items() if not self._has_room(work.needs)]:
                        ray.cancel(reference)
                        yield Done(running.pop(reference).key, problem="the nodes that it could run on are gone")
        finally:
            _cancel(list(running))

    def _has_room(self, needs: Needs) -> bool:
        return any(needs.are_met_by(node) for node in self.nodes)


def _submit(remote: Any, work: Work[Any]) -> Any:
    needs = work.needs
    return remote.options(
        num_cpus=needs.cpus,
        num_gpus=needs.gpus,
        memory=needs.memory or None,
        resources=needs.resources or None,
        max_retries=RETRIES,
        # Processes that are reused by others of the same needs have read it when they loaded what computes.
        runtime_env={"env_vars": {"OMP_NUM_THREADS": str(needs.cpus)}},
    ).remote(*work.arguments)


def _take(reference: Any, key: K) -> Done[K, Any]:
    import ray  # noqa: PLC0415 - an extra

    done = partial(Done[K, Any], key)
    try:
        return done(ray.get(reference))
    except ray.exceptions.OutOfMemoryError:
        return done(problem="its node ran out of memory; ask for more with --memory")
    except ray.exceptions.WorkerCrashedError:
        return done(problem=f"its worker died {RETRIES + 1} times")
    except ray.exceptions.RayError as error:
        return done(problem=first_line(error))


def _cancel(references: list[Any]) -> None:
    """End tasks: first by asking them, so that they can say how far they came, then by force."""
    import ray  # noqa: PLC0415 - an extra

    if not references or not ray.is_initialized():
        return
    for reference in references:
        ray.cancel(reference)
    _, left = ray.wait(references, num_returns=len(references), timeout=_GRACE)
    for reference in left:
        ray.cancel(reference, force=True)
    if left:
        ray.wait(left, num_returns=len(left), timeout=_GRACE)
