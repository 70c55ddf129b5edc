"""Keeps one client from taking the server from all others: how much it may send, and how often it may ask."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

MOST_BYTES = 1_000_000
"""So much may one request bring; a whole paper as text is less."""
MOST_OF_A_FILE = 10_000_000
"""So much may it bring where a reader hands in a file of her own: a library of some thousand works."""
LONGEST = 120
"""So many seconds may it take to arrive."""
_FILES = ("/mine/import", "/api/reader")
_BUSY = ("/api/check", "/check/", "/api/runs")
_MOST_CLIENTS = 10_000


def brings_file(path: str) -> bool:
    """Whether a reader hands in a file of her own there, of which every entry is read."""
    return path.endswith(_FILES)


def keeps_busy(path: str) -> bool:
    """Whether what is sent there keeps a core busy for a while."""
    return brings_file(path) or path.endswith(_BUSY)


@dataclass
class Rate:
    """How often each client may do something: ``burst`` times at once, and from then on ``per_second``."""

    per_second: float
    burst: float
    _clients: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    """By client, how much is left, and when that was."""
    _lock: Lock = field(default_factory=Lock)

    def wait(self, client: str) -> float:
        """Seconds until the client may do it; 0 if it may now, which counts."""
        now = time.monotonic()
        with self._lock:
            left, before = self._clients.pop(client, (self.burst, now))
            left = min(self.burst, left + (now - before) * self.per_second)
            may = left >= 1
            self._clients[client] = (left - 1 if may else left), now
            while len(self._clients) > _MOST_CLIENTS:
                self._clients.popitem(last=False)
        return 0.0 if may else (1 - left) / self.per_second


@dataclass(frozen=True)
class Limits:
    """The rates of a server, by what is asked for."""

    reading: Rate = field(default_factory=lambda: Rate(per_second=50, burst=200))
    writing: Rate = field(default_factory=lambda: Rate(per_second=10, burst=60))
    working: Rate = field(default_factory=lambda: Rate(per_second=1, burst=10))
    """What keeps a core busy: to check a text, to start a run."""
    logins: Rate = field(default_factory=lambda: Rate(per_second=0.1, burst=5))
    """What shows a token that may be a guess."""
