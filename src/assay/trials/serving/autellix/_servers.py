"""Servers for trials of the gateway, each a process of its own on this machine: a scripted one, and llama.cpp's."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from assay.testbed.resources import resource

_SCRIPT = Path(__file__).with_name("_scripted.py")
_FOLDER = Path(os.environ.get("ASSAY_MODEL_SERVERS", Path(sys.prefix) / "model-servers"))

# One thread: the other processor is the gateway's and the clients'.
_LLAMA = """
import sys
import xllamacpp as llama

params = llama.CommonParams()
params.model.path, params.n_ctx, params.n_parallel = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
params.verbosity = -1
params.hostnames, params.port = ["127.0.0.1"], 0
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
server = llama.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


class Started:
    """A process that prints where it listens; it reads nothing, and ends when it is killed."""

    def __init__(self, command: Sequence[str]) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - programs of ours
            list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        told = self.process.stdout.readline().split() if self.process.stdout else []
        if not told:
            self.kill()
            raise ValueError(f"a server did not start: {' '.join(command)}")
        self.where = told[-1]

    def kill(self) -> None:
        """End it as rudely as can be."""
        self.process.kill()
        self.process.communicate()


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


def lacks_llama() -> str:
    """What llama.cpp's server lacks here; empty if it is there."""
    if any(_FOLDER.glob("lib/python3.*/site-packages/xllamacpp")):
        return ""
    return "no xllamacpp here: `make model-servers` installs it"


@contextmanager
def llama_server(slots: int, context: int = 2048) -> Iterator[str]:
    """The base URL of llama.cpp's server with SmolLM2 on one thread, prefix cache on, each slot with such a context.

    Raises:
        NotFetchedError: SmolLM2 is not to be had.
    """
    (file,) = resource("smollm2-135m-instruct").fetch()
    python = str(_FOLDER / "bin" / "python")
    started = Started([python, "-c", _LLAMA, str(file), str(slots * context), str(slots)])
    try:
        yield f"{started.where}/v1"
    finally:
        started.kill()
