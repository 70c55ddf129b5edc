"""The queues of one engine: calls come, run, are put back, move down as they use up their quanta, and end.

No clock stands here: whoever calls says what time it is, so that a simulator and a server use the same queues.
"""

from dataclasses import dataclass, field
from heapq import heappop, heappush

from assay.methods.serving.autellix._policy import Policy, ProcessTable, Row

_REMEMBERED = 10_000
"""Finished calls of a program that another may still follow by name."""


@dataclass(eq=False)
class Call:
    """A call on its way through the queues of an engine."""

    program: str
    name: str = ""
    """Its own id; only a call with one can be a parent."""
    parents: tuple[str, ...] | None = None
    """The calls that it follows; ``None`` where that is not known."""

    priority: float = 0.0
    """Seconds of service that stand before it."""
    queue: int = 0
    place: int = -1
    """In the order in which calls came into queues: smaller is earlier."""
    used: float = 0.0
    """Seconds of its quantum."""
    ran: float = 0.0
    waited: float = 0.0
    began: float = 0.0
    """When it came."""
    forgiven: tuple[float, float] = (0.0, 0.0)
    """Seconds waited and run when it was last lifted: they do not count towards the next time."""
    since: float | None = field(default=None, repr=False)
    """When it began to wait, if it waits."""

    @property
    def key(self) -> tuple[int, int]:
        """What calls are ordered by: the queue, then who came first."""
        return self.queue, self.place


class Scheduler:
    """The queues of one engine. Several engines share a process table.

    Args:
        policy: How calls are ordered.
        table: What programs have received; a new one if none is given.
    """

    def __init__(self, policy: Policy, table: ProcessTable | None = None) -> None:
        self.policy = policy
        self.table = ProcessTable() if table is None else table
        self._heap: list[tuple[int, int, Call]] = []
        self._waiting: dict[Call, None] = {}

    def __len__(self) -> int:
        """Calls that wait."""
        return len(self._waiting)

    @property
    def waiting(self) -> list[Call]:
        """Calls that wait, in the order in which they would run."""
        return sorted(self._waiting, key=lambda call: call.key)

    def arrive(self, call: Call, now: float) -> None:
        """Put a new call into its queue.

        Raises:
            ValueError: It waits already, or one of its parents is no finished call of its program.
        """
        if call in self._waiting:
            raise ValueError(f"call {call.name!r} of program {call.program!r} waits already")
        call.priority = self.table.priority(self.policy, call.program, call.parents)
        call.queue = self.policy.queue_of(call.priority)
        self.table.row(call.program, now).active += 1
        call.place, call.began = next(self.table.places), now
        self._wait(call, now)

    def peek(self) -> Call | None:
        """The call that runs next; none if nobody waits."""
        while self._heap and not self._stands(self._heap[0]):
            heappop(self._heap)
        return self._heap[0][2] if self._heap else None

    def take(self, now: float) -> Call:
        """The call that runs next, which from now on runs.

        Raises:
            ValueError: Nobody waits.
        """
        call = self.peek()
        if call is None:
            raise ValueError("nobody waits")
        self.leave(call, now)
        return call

    def leave(self, call: Call, now: float) -> None:
        """Take a call that waits out of its queue; it may be put back here or elsewhere."""
        del self._waiting[call]
        call.waited = self._waited(call, now)
        call.since = None

    def put_back(self, call: Call, now: float) -> None:
        """Let a call that ran, here or at another engine of the same table, wait again; it keeps its place."""
        self._wait(call, now)

    def charge(self, call: Call, seconds: float) -> bool:
        """Note that a call has run so long; whether that used up its quantum, so that it moved a queue down."""
        call.ran += seconds
        call.used += seconds
        if call.used < self.policy.quanta[call.queue] - 1e-9:
            return False
        call.queue, call.used, call.place = call.queue + 1, 0.0, next(self.table.places)
        return True

    def room(self, call: Call) -> float:
        """Seconds until a call that runs has used up its quantum."""
        return self.policy.quanta[call.queue] - call.used

    def finish(self, call: Call, now: float) -> Row:
        """Write what a call has received into its program's row."""
        row = self.end(call, now)
        row.calls += 1
        chain = call.priority + call.ran
        row.longest = max(row.longest, chain)
        if call.name:
            row.chains[call.name] = chain
            if len(row.chains) > _REMEMBERED:
                del row.chains[next(iter(row.chains))]
        return row

    def end(self, call: Call, now: float) -> Row:
        """Take out a call that ends without an answer; what it used of the engine counts all the same."""
        if call in self._waiting:
            self.leave(call, now)
        row = self.table.row(call.program, now)
        row.active -= 1
        row.service += call.ran
        row.waiting += call.waited
        return row

    def lift(self, now: float) -> int:
        """Move to the first queue the waiting calls of programs that have waited too long for what they received.

        A program's waiting and service count with the call's own since it was last lifted; seconds of service below
        the first quantum count as one quantum, since a new program has none. Returns how many programs were lifted.
        """
        late = {call.program for call in self._waiting if call.queue and self._is_late(call, now)}
        for call in [each for each in self._waiting if each.program in late and each.queue]:
            call.forgiven = (self._waited(call, now), call.ran)
            call.queue, call.used, call.place = 0, 0.0, next(self.table.places)
            heappush(self._heap, (*call.key, call))
        return len(late)

    def late_at(self, now: float) -> float:
        """When the next program would have waited too long, if nothing else happened."""
        times = [now + max(0.0, self._missing(call, now)) for call in self._waiting if call.queue]
        return min(times, default=float("inf"))

    def _missing(self, call: Call, now: float) -> float:
        """Seconds that a call may still wait before it is late."""
        row = self.table.rows[call.program]
        waited, ran = call.forgiven
        service = max(row.service + call.ran - ran, self.policy.quanta[0])
        return self.policy.beta * service - (row.waiting + self._waited(call, now) - waited)

    def _is_late(self, call: Call, now: float) -> bool:
        return self._missing(call, now) <= 1e-9

    def _waited(self, call: Call, now: float) -> float:
        return call.waited + (now - call.since if call.since is not None else 0.0)

    def _wait(self, call: Call, now: float) -> None:
        call.since = now
        self._waiting[call] = None
        heappush(self._heap, (*call.key, call))

    def _stands(self, entry: tuple[int, int, Call]) -> bool:
        """Whether an entry of the heap still says where its call waits."""
        return entry[2] in self._waiting and entry[:2] == entry[2].key
