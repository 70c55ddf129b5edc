"""Servers for trials of the gateway, each a process of its own on this machine: a scripted one, and a gateway."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from assay.testbed.model_server import Started

_SCRIPT = Path(__file__).with_name("_scripted.py")


@dataclass
class Scripted:
    """A scripted server that can be killed and started again at the same address; use it as a context manager."""

    slots: int = 4
    seconds_per_token: float = 0.0
    log: Path | None = None
    """Where it writes what it has answered, a line each."""
    port: int = 0
    _started: Started | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Up to and with ``/v1``."""
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> Self:
        """Start it, and wait until it listens."""
        command = [sys.executable, str(_SCRIPT), str(self.port), str(self.slots), str(self.seconds_per_token)]
        self._started = Started(command + ([str(self.log)] if self.log else []))
        self.port = int(self._started.where)
        return self

    def kill(self) -> None:
        """End it as rudely as can be, if it runs."""
        if self._started is not None:
            self._started.kill()
            self._started = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()


@contextmanager
def gateway(*backends: str, policy: str, width: int, boundaries: Sequence[float] = ()) -> Iterator[str]:
    """The base URL of a gateway before such backends, a process of its own as well."""
    command = [sys.executable, "-m", "assay.methods.serving.autellix", *backends, "--port", "0"]
    command += ["--policy", policy, "--max-inflight", str(width)]
    command += ["--boundaries", ",".join(map(str, boundaries))] if boundaries else []
    started = Started(command)
    try:
        yield started.where
    finally:
        started.kill()
