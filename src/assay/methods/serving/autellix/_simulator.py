"""A simulator of engines that serve programs: exact in time, event by event, with preemption wherever a queue asks it.

An engine runs up to `batch` calls at once, each at the speed it would have alone. Reading a prompt costs time for those
of its tokens that the engine has not kept, if that is asked for. The rest of an engine is not modelled: what swapping
costs is one figure for each call that is put back, and memory is never short.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from math import ceil, inf
from typing import Any

from assay.methods.serving.autellix._balancer import Balancer
from assay.methods.serving.autellix._policy import Policy, ProcessTable
from assay.methods.serving.autellix._programs import Program
from assay.methods.serving.autellix._scheduler import Call, Scheduler

_ALMOST = 1e-9
"""Seconds that are none: sums of times are rounded."""


@dataclass(frozen=True)
class Prefix:
    """What reading costs, and what an engine keeps of what it has read."""

    seconds_per_token: float
    """To read a token that is not kept."""
    kept: int = 0
    """Tokens of programs that an engine keeps, the programs used longest ago dropped first; 0 keeps nothing."""
    shared: int = 0
    """Tokens with which every prompt begins; whoever keeps anything keeps these."""

    def __post_init__(self) -> None:
        if not self.seconds_per_token >= 0 or self.kept < 0 or self.shared < 0:
            raise ValueError(f"{self}: give figures of 0 or more")


@dataclass(frozen=True)
class Simulation:
    """What came of a workload, by program."""

    seconds: dict[str, float]
    """From a program's arrival to the end of its last call."""
    waited: dict[str, float]
    """Seconds that its calls waited, all together."""
    alone: dict[str, float]
    """Seconds that it would have taken on an engine of its own."""
    order: list[tuple[str, int]]
    """Programs and their calls, by position, as they first began to run."""
    reused: float
    """Of the tokens that were to be read, the share that an engine had kept."""
    preempted: int
    """How often a call was put back."""

    @property
    def mean(self) -> float:
        """Mean seconds of a program."""
        return sum(self.seconds.values()) / len(self.seconds)

    @property
    def slowdown(self) -> float:
        """Mean over programs of their seconds by those that they would have taken alone."""
        return sum(self.slowdowns.values()) / len(self.seconds)

    @property
    def slowdowns(self) -> dict[str, float]:
        """Seconds of each program by those that it would have taken alone; 1 where it takes none."""
        return {key: took / self.alone[key] if self.alone[key] else 1.0 for key, took in self.seconds.items()}

    def quantile(self, share: float, of: str = "seconds") -> float:
        """The seconds (or ``slowdowns``, ``waited``) that this share of the programs does not exceed."""
        values = sorted(getattr(self, of).values())
        return float(values[max(0, ceil(share * len(values)) - 1)])


@dataclass
class _Work:
    """A call of the simulation."""

    call: Call
    program: Program
    at: int
    left: float
    began: bool = False


@dataclass
class _Engine:
    scheduler: Scheduler
    running: list[_Work] = field(default_factory=list)
    waiting: dict[Call, _Work] = field(default_factory=dict)
    kept: "OrderedDict[str, int]" = field(default_factory=OrderedDict)

    @property
    def load(self) -> int:
        return len(self.running) + len(self.waiting)


def simulate(
    programs: Iterable[Program],
    *,
    policy: Policy | str = "plas",
    engines: int = 1,
    batch: int = 16,
    balancer: Balancer | None = None,
    prefix: Prefix | None = None,
    switch: float = 0.0,
) -> Simulation:
    """Serve programs on simulated engines.

    Args:
        programs: Which, with their arrivals.
        policy: How each engine orders calls.
        engines: How many there are.
        batch: Calls that an engine runs at once.
        balancer: Which engine a call gets; by locality if none is given.
        prefix: What reading costs; nothing if not given.
        switch: Seconds that a call which was put back needs more.

    Raises:
        ValueError: There are no programs, two of them have one id, or a number is out of its range.
    """
    programs = list(programs)
    if not programs or len({each.id for each in programs}) != len(programs):
        raise ValueError("there are no programs, or two of one id: give each an id of its own")
    if engines < 1 or batch < 1 or not 0 <= switch < inf:
        raise ValueError(f"{engines} engines, batches of {batch}, {switch} s a switch: give 1 or more, and 0 s or more")
    rules = policy if isinstance(policy, Policy) else Policy(policy)
    return _Run(programs, rules, engines, batch, balancer or Balancer(), prefix or Prefix(0.0), switch).result()


class _Run:
    def __init__(
        self,
        programs: Sequence[Program],
        policy: Policy,
        engines: int,
        batch: int,
        balancer: Balancer,
        prefix: Prefix,
        switch: float,
    ) -> None:
        self.programs, self.batch, self.balancer = programs, batch, balancer
        self.prefix, self.switch = prefix, switch
        self.table = ProcessTable(ttl=inf, most=len(programs))
        self.engines = {str(number): _Engine(Scheduler(policy, self.table)) for number in range(engines)}
        self.now = 0.0
        self.coming: list[tuple[float, int, Program, int]] = []
        self.tie = count()
        self.missing: dict[tuple[str, int], int] = {}
        self.ended: dict[str, float] = {}
        self.waited: dict[str, float] = {each.id: 0.0 for each in programs}
        self.order: list[tuple[str, int]] = []
        self.read = self.reused = 0
        self.preempted = 0

    def result(self) -> Simulation:
        for program in sorted(self.programs, key=lambda each: each.arrives):
            for at, step in enumerate(program.calls):
                self.missing[program.id, at] = len(step.parents)
                if not step.parents:
                    self._release(program, at, program.arrives + step.gap)
        while self.coming or any(engine.load for engine in self.engines.values()):
            self._advance()
        by_id = {each.id: each for each in self.programs}
        return Simulation(
            seconds={key: self.ended[key] - each.arrives for key, each in by_id.items()},
            waited=self.waited,
            alone={key: each.alone for key, each in by_id.items()},
            order=self.order,
            reused=self.reused / self.read if self.read else 0.0,
            preempted=self.preempted,
        )

    def _advance(self) -> None:
        """Go on to the next event, and do what it brings."""
        for engine in self.engines.values():
            self._fill(engine)
        times = [self.coming[0][0]] if self.coming else []
        for engine in self.engines.values():
            times += [self.now + min(work.left, engine.scheduler.room(work.call)) for work in engine.running]
            times += [engine.scheduler.late_at(self.now)] if engine.waiting else []
        then = max(self.now, min(times))
        for engine in self.engines.values():
            self._run(engine, then - self.now, then)
        self.now = then
        while self.coming and self.coming[0][0] <= self.now + _ALMOST:
            _, _, program, at = heappop(self.coming)
            self._arrive(program, at)

    def _fill(self, engine: _Engine) -> None:
        """Give the places of the batch to those that come first by their keys; whoever loses one waits again."""
        scheduler = engine.scheduler
        scheduler.lift(self.now)
        while (first := scheduler.peek()) is not None:
            if len(engine.running) >= self.batch:
                last = max(engine.running, key=lambda work: work.call.key)
                if last.call.key < first.key:
                    return
                engine.running.remove(last)
                scheduler.put_back(last.call, self.now)
                engine.waiting[last.call] = last
                last.left += self.switch
                self.preempted += 1
            work = engine.waiting.pop(scheduler.take(self.now))
            engine.running.append(work)
            if not work.began:
                self._begin(engine, work)

    def _begin(self, engine: _Engine, work: _Work) -> None:
        work.began = True
        self.order.append((work.program.id, work.at))
        step = work.program.calls[work.at]
        kept = max(engine.kept.get(work.program.id, 0), self.prefix.shared) if self.prefix.kept else 0
        reused = min(kept, step.prompt)
        self.read, self.reused = self.read + step.prompt, self.reused + reused
        work.left += (step.prompt - reused) * self.prefix.seconds_per_token

    def _run(self, engine: _Engine, seconds: float, then: float) -> None:
        """Let the engine's calls run for so long; those that end release what follows them."""
        for work in sorted(engine.running, key=lambda work: work.call.key):
            work.left -= seconds
            engine.scheduler.charge(work.call, seconds)
            if work.left <= _ALMOST:
                engine.running.remove(work)
                self._end(engine, work, then)

    def _end(self, engine: _Engine, work: _Work, then: float) -> None:
        engine.scheduler.finish(work.call, then)
        program, at = work.program, work.at
        self.waited[program.id] += work.call.waited
        self.ended[program.id] = max(then, self.ended.get(program.id, 0.0))
        self._keep(engine, program.id, program.calls[at].prompt + program.calls[at].answer)
        for child, step in enumerate(program.calls):
            if at in step.parents:
                self.missing[program.id, child] -= 1
                if not self.missing[program.id, child]:
                    self._release(program, child, then + step.gap)

    def _keep(self, engine: _Engine, program: str, tokens: int) -> None:
        if not self.prefix.kept:
            return
        engine.kept[program] = max(tokens, engine.kept.pop(program, 0))
        while sum(engine.kept.values()) > self.prefix.kept and len(engine.kept) > 1:
            engine.kept.popitem(last=False)

    def _release(self, program: Program, at: int, when: float) -> None:
        heappush(self.coming, (when, next(self.tie), program, at))

    def _arrive(self, program: Program, at: int) -> None:
        step = program.calls[at]
        call = Call(program.id, str(at), tuple(map(str, step.parents)))
        loads: Mapping[str, Any] = {name: engine.load for name, engine in self.engines.items()}
        chosen = self.balancer.choose(self.table.row(program.id, self.now), step.prompt + step.answer, loads)
        engine = self.engines[chosen]
        engine.scheduler.arrive(call, self.now)
        engine.waiting[call] = _Work(call, program, at, left=step.seconds)
