"""A backend as the gateway sees it: the calls that wait for it, the places it has, and whether it is there."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from assay.methods.serving.autellix._scheduler import Call, Scheduler

_LIFT_EVERY = 0.05
"""Seconds between two looks at who has waited too long."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
"""Seconds until a backend that is away is tried again, twice as long each time."""


class RefusedError(Exception):
    """A call that gets no answer of a model: the status and the words that its client is told."""

    def __init__(self, status: int, words: str, kind: str = "invalid_request_error") -> None:
        super().__init__(words)
        self.status, self.words, self.kind = status, words, kind


@dataclass(eq=False)
class Lane:
    """One backend, with its queues."""

    url: str
    scheduler: Scheduler
    width: int
    clock: Callable[[], float]
    running: int = 0
    resumes: float = 0.0
    """Until when it is left alone."""
    away_since: float | None = None
    """Since when it gives no answers, if it does not."""
    _failures: int = 0
    _lifted: float = 0.0
    _turns: "dict[Call, asyncio.Future[bool]]" = field(default_factory=dict)

    @property
    def load(self) -> int:
        """Calls that wait or run here."""
        return self.running + len(self.scheduler)

    @property
    def open(self) -> bool:
        """Whether it is not left alone."""
        return self.clock() >= self.resumes

    async def turn(self, call: Call) -> bool:
        """Wait until a call that was put into the queues may run; it then has a place, which `free` gives back.

        Returns:
            Whether it has one: where not, the backend is away, and the call is to be put into another's queues.

        Raises:
            RefusedError: The backend was away for too long.
        """
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._turns[call] = turn
        self.dispatch()
        try:
            return await turn
        except asyncio.CancelledError:
            self._turns.pop(call, None)
            if turn.done() and not turn.cancelled() and turn.exception() is None and turn.result():
                self.free()
            raise

    def dispatch(self) -> None:
        """Give free places to the calls that come first."""
        now = self.clock()
        if now - self._lifted >= _LIFT_EVERY:
            self.scheduler.lift(now)
            self._lifted = now
        while self.running < self.width and now >= self.resumes and len(self.scheduler):
            turn = self._turns.pop(self.scheduler.take(now))
            if not turn.done():  # else its client has gone, a moment ago
                self.running += 1
                turn.set_result(True)

    def free(self) -> None:
        """Take back a place."""
        self.running -= 1
        self.dispatch()

    def answers(self) -> None:
        """Note that the backend gave an answer."""
        self.away_since, self._failures = None, 0

    def pause(self, seconds: float | None = None) -> None:
        """Leave the backend alone for so long; if not said, for longer each time until it answers."""
        now = self.clock()
        if self.away_since is None:
            self.away_since = now
        if seconds is None:
            if now < self.resumes:
                return  # calls that failed together are one failure
            seconds = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**self._failures)
            self._failures = min(self._failures + 1, 16)
        self.resumes = max(self.resumes, now + seconds)
        asyncio.get_running_loop().call_later(self.resumes - now + 1e-3, self.dispatch)

    def send_away(self) -> None:
        """Have those that wait look for another backend."""
        for call in self.scheduler.waiting:
            self.scheduler.leave(call, self.clock())
            if not (turn := self._turns.pop(call)).done():
                turn.set_result(False)

    def give_up(self, patience: float, words: str) -> None:
        """Refuse those that have waited for longer than `patience` while the backend was away."""
        now = self.clock()
        for call in self.scheduler.waiting:
            if self.away_since is not None and now - max(call.began, self.away_since) > patience:
                self.scheduler.leave(call, now)
                if not (turn := self._turns.pop(call)).done():
                    turn.set_exception(RefusedError(502, words, "server_error"))
