"""The policies as they are, and the process table that they read: what each program's finished calls have received."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from math import inf
from typing import Any

POLICIES = ("fcfs", "mlfq", "plas", "atlas")


@dataclass(frozen=True)
class Policy:
    """How the next call is chosen; the defaults but for the name are ours, since the paper publishes none."""

    name: str = "plas"
    """``fcfs``: as they came. ``mlfq``: a feedback queue over single calls, each of which begins at the top. ``plas``:
    the same, but a call begins where the service of its program's finished calls puts it. ``atlas``: where the longest
    chain of calls before it puts it."""
    boundaries: tuple[float, ...] = (2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
    """Seconds of service at which a further queue begins (ours); none makes it ``fcfs``."""
    quanta: tuple[float, ...] = ()
    """Seconds that a call may run in each queue before it goes one down; of none given, the first is the first boundary
    and each further one twice as long (ours). The last queue has no end."""
    beta: float = 8.0
    """Waiting by service at which a program's waiting calls are lifted to the first queue (ours); ``inf`` is never."""

    def __post_init__(self) -> None:
        if self.name not in POLICIES:
            raise ValueError(f"the policy is {self.name!r}: choose one of {', '.join(POLICIES)}")
        boundaries = tuple(map(float, self.boundaries)) if self.name != "fcfs" else ()
        if any(not low < high for low, high in zip((0.0, *boundaries), boundaries, strict=False)):
            raise ValueError(f"the boundaries are {self.boundaries}: each has to be above the one before, and above 0")
        if boundaries and boundaries[-1] == inf:
            raise ValueError("the last boundary is infinite: leave it out, the last queue has no end anyway")
        quanta = tuple(map(float, self.quanta)) if self.name != "fcfs" else ()
        if not quanta:
            quanta = (*(boundaries[0] * 2**level for level in range(len(boundaries))), inf)
        if len(quanta) == len(boundaries):
            quanta = (*quanta, inf)
        if len(quanta) != len(boundaries) + 1:
            raise ValueError(f"{len(boundaries) + 1} queues have {len(quanta)} quanta: give one for each")
        if not all(quantum > 0 for quantum in quanta):
            raise ValueError(f"the quanta are {self.quanta}: each has to be above 0")
        if not self.beta > 0:
            raise ValueError(f"beta is {self.beta}: it has to be above 0, and inf lifts no program")
        object.__setattr__(self, "boundaries", boundaries)
        object.__setattr__(self, "quanta", (*quanta[:-1], inf))

    def queue_of(self, service: float) -> int:
        """The queue, 0 being the first, in which a call with so many seconds of service behind it begins."""
        return bisect_right(self.boundaries, service)


@dataclass
class Row:
    """A program, as the process table knows it."""

    program: str
    service: float = 0.0
    """Seconds that its calls have run, counted when they end."""
    waiting: float = 0.0
    """Seconds that they have waited, counted likewise."""
    longest: float = 0.0
    """Seconds of the longest chain of finished calls."""
    calls: int = 0
    """Finished ones."""
    active: int = 0
    """Calls that wait or run."""
    engine: str | None = None
    """The one that holds its keys and values."""
    seen: float = 0.0
    """When it last had an arrival or an end."""
    chains: dict[str, float] = field(default_factory=dict)
    """Of each finished call with a name: its own priority and run time, the seconds of the chain up to its end."""


class ProcessTable:
    """What each program has received so far. A program is there from its first call; its end is nowhere said.

    Args:
        ttl: Seconds after which a program without an active call is forgotten.
        most: Programs that are kept; beyond it the idle ones that were seen longest ago are forgotten.
    """

    def __init__(self, *, ttl: float = 3600.0, most: int = 100_000) -> None:
        if not ttl > 0 or most < 1:
            raise ValueError(f"ttl is {ttl} and most {most}: give seconds above 0 and at least 1 program")
        self.ttl, self.most = ttl, most
        self.rows: dict[str, Row] = {}
        self.places = count()
        """The order in which calls come into queues, at whatever engine."""

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, program: str, now: float) -> Row:
        """The row of a program, made if there is none; it counts as seen now."""
        row = self.rows.pop(program, None) or Row(program)
        row.seen = now
        self.rows[program] = row  # the last seen stands last
        if len(self.rows) > self.most:
            self.expire(now)
        return row

    def expire(self, now: float) -> int:
        """Forget programs that have been idle for longer than `ttl`, or are too many; how many these were."""
        before = len(self.rows)
        surplus = before - self.most
        for program, row in list(self.rows.items()):
            if row.active:
                continue
            if row.seen + self.ttl > now and surplus <= 0:
                break
            del self.rows[program]
            surplus -= 1
        return before - len(self.rows)

    def priority(self, policy: Policy, program: str, parents: Sequence[str] | None = None) -> float:
        """Seconds of service that stand before a program's next call: lower runs earlier.

        Args:
            policy: ``plas`` sums, ``atlas`` takes the longest chain, the others look at no program.
            program: Its id.
            parents: The calls that the next one follows, where they are known: none is the beginning of a program.

        Raises:
            ValueError: A parent is no finished call of the program.
        """
        row = self.rows.get(program)
        for parent in parents or ():
            if row is None or parent not in row.chains:
                raise ValueError(f"program {program!r} has no finished call {parent!r} that another could follow")
        if row is None or policy.name in ("fcfs", "mlfq"):
            return 0.0
        if policy.name == "plas":
            return row.service
        return row.longest if parents is None else max((row.chains[parent] for parent in parents), default=0.0)


def check_seconds(what: str, seconds: float) -> float:
    """Return seconds that are a number of 0 or more.

    Raises:
        ValueError: They are not.
    """
    number: Any = seconds
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < inf:
        raise ValueError(f"{what} is {seconds!r}: give seconds, 0 or more")
    return float(seconds)
