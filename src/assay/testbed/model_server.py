"""A real server on this machine for trials and tests: llama.cpp's, which speaks OpenAI's protocol, with SmolLM2.

llama.cpp comes as the package xllamacpp in an environment of its own beside the project's, which ``make model-servers``
makes; ``ASSAY_MODEL_SERVERS`` names another folder::

    if not lacks("xllamacpp"):
        with llama_server(slots=4) as url: ...
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from assay.testbed.resources import resource

FOLDER = Path(os.environ.get("ASSAY_MODEL_SERVERS", Path(sys.prefix) / "model-servers"))
"""The environment."""
PYTHON = FOLDER / "bin" / "python"

# One thread: several of more wait for each other in a loop, and starve on a busy machine.
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
    """A process that prints where it listens and goes on until it is killed; its standard error is thrown away."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Start it, and wait until it says where it listens.

        Raises:
            ValueError: it ended before it said so.
        """
        self.process = subprocess.Popen(  # noqa: S603 - programs of ours
            list(command),
            env=os.environ | (environment or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
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


def lacks(package: str) -> str:
    """Why servers of a package cannot be started here; empty if they can."""
    if any(FOLDER.glob(f"lib/python3.*/site-packages/{package}")):
        return ""
    return f"no {package} here: `make model-servers` installs it"


@contextmanager
def llama_server(context: int = 2048, slots: int = 1) -> Iterator[str]:
    """The base URL of llama.cpp's server with SmolLM2 on one thread, as far as ``/v1``; its prefix cache is on.

    Args:
        context: Tokens that each slot holds.
        slots: Requests that it computes at once.

    Raises:
        NotFetchedError: SmolLM2 is not to be had.
        ValueError: The server did not start.
    """
    (file,) = resource("smollm2-135m-instruct").fetch()
    started = Started([str(PYTHON), "-c", _LLAMA, str(file), str(slots * context), str(slots)])
    try:
        yield f"{started.where}/v1"
    finally:
        started.kill()
