"""Runs a program that a model wrote, shut in: no network, no files but its folder, limits on time, memory and files.

The program runs in Linux namespaces of its own, made without any privilege: an empty network (not even loopback), no
processes but its own, and a file system that holds the interpreter and the system's libraries, which it can only read,
and one folder, the only place that it can write to. Its environment is what is handed to it and nothing else. Where a
system does not allow that, nothing is run::

    finished = run_shut_in(python_command("script.py", "--size", "3"), folder, limits=Limits(seconds=10))
    if finished.ended == "by itself" and finished.exit_code == 0: ...

What one process may do is limited by the kernel (address space, processor time, size of a file); what all of them do
together (memory in use, processes, what the folder holds) is looked at twenty times a second, so that for a moment it
can be more. It shuts in what is careless and what is curious. A fault of the kernel itself it cannot hold.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from time import monotonic
from typing import IO, Any, Literal

Ended = Literal["by itself", "time", "memory", "processes", "folder"]

_CHILD = Path(__file__).with_name("_sandbox_child.py")
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/ld.so.cache")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


class SandboxError(ValueError):
    """A program cannot be shut in here, and was not run; the message says why."""


@dataclass(frozen=True)
class Limits:
    """What a program may use at most."""

    seconds: float = 60.0
    """From its start to its end."""
    memory: int = 1 << 30
    """Bytes: of the address space of each process, and of what all of them have in use."""
    file: int = 64 << 20
    """Bytes of one file, and of what is written to standard output and standard error."""
    folder: int = 256 << 20
    """Bytes of all files in the folder."""
    processes: int = 32
    """At once, threads not counted."""
    output: int = 64 << 10
    """Bytes of standard output and of standard error that are kept: the last ones."""

    def __post_init__(self) -> None:
        for each in fields(self):
            if not getattr(self, each.name) > 0:
                raise ValueError(f"{each.name} is {getattr(self, each.name)}: give a limit above 0")


@dataclass(frozen=True)
class Finished:
    """What became of a program."""

    ended: Ended
    """``by itself``, or the limit that it went over."""
    exit_code: int
    """As `subprocess` has it: minus the signal that ended it; -9 for a program that went over a limit."""
    output: str
    errors: str
    """What it wrote to standard error."""
    seconds: float

    @property
    def succeeded(self) -> bool:
        """Whether it ended by itself and with exit code 0."""
        return self.ended == "by itself" and self.exit_code == 0

    def __str__(self) -> str:
        """How it ended, in words, with the last line of its errors."""
        how = f"ended with exit code {self.exit_code}" if self.ended == "by itself" else f"went over its {self.ended}"
        last = self.errors.strip().rpartition("\n")[2].strip()
        return f"{how}: {last[:300]}" if last else how


def python_command(script: str, *arguments: str) -> list[str]:
    """The command that runs a Python script of the folder with this interpreter and its packages."""
    return [sys.executable, "-B", "-s", script, *arguments]


def run_shut_in(
    command: Sequence[str],
    folder: str | Path,
    *,
    limits: Limits | None = None,
    environment: Mapping[str, str] | None = None,
    readable: Sequence[str | Path] = (),
) -> Finished:
    """Run a program in a sandbox, and wait for it.

    Args:
        command: The program, by its whole path or as the system's own, and its arguments.
        folder: Where it runs, the only place that it sees files in and can write to. It keeps its path.
        limits: What it may use.
        environment: Its variables, beside ``PATH``, ``HOME`` and ``TMPDIR`` (the folder), and ``LANG``.
        readable: Further files and folders that it may read.

    Raises:
        SandboxError: This system cannot shut a program in, or there is no such program. Nothing was run.
        ValueError: The folder is none, or is one that the program must not write to.
    """
    limits, folder = limits or Limits(), Path(folder).resolve()
    if not sys.platform.startswith("linux"):
        raise SandboxError(f"programs can be shut in on Linux alone, and this is {sys.platform}: nothing was run")
    seen = _readable(readable)
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder")
    if any(Path(each).is_relative_to(folder) for each in seen):
        raise ValueError(f"{folder} holds the interpreter or its libraries: give the program a folder of its own")
    plan = asdict(limits) | {
        "command": list(command),
        "root": str(folder),
        "seen": seen,
        "devices": [each for each in _DEVICES if Path(each).exists()],
        "environment": {"PATH": "/usr/bin:/bin", "HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8"}
        | dict(environment or {}),
    }
    started = monotonic()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        report, in_time = _run(plan, output, errors, limits.seconds)
        seconds = monotonic() - started
        if "refused" in report:
            raise SandboxError(f"a program cannot be shut in on this system, and was not run: {report['refused']}")
        ended: Ended = report.get("over", "by itself") if in_time else "time"
        if in_time and not report:
            raise SandboxError("the sandbox itself was ended from outside")
        said, complained = (_tail(file, limits.output) for file in (output, errors))
        return Finished(ended, report.get("exit", -signal.SIGKILL), said, complained, seconds)


def _run(plan: dict[str, object], output: IO[bytes], errors: IO[bytes], seconds: float) -> tuple[dict[str, Any], bool]:
    """What the sandbox reports, and whether it came to its end in time."""
    reads, writes = os.pipe()
    try:
        process = subprocess.Popen(  # noqa: S603 - running programs is its purpose, and here it is shut in
            [sys.executable, "-I", "-S", str(_CHILD), json.dumps(plan), str(writes)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env={},
            cwd="/",
            pass_fds=[writes],
            start_new_session=True,
        )
    except BaseException:
        os.close(reads)
        raise
    finally:
        os.close(writes)
    in_time = True
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        in_time = False
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        with os.fdopen(reads, "rb") as pipe:
            told = pipe.read()
    return (json.loads(told) if told else {}), in_time


def _readable(more: Sequence[str | Path]) -> list[str]:
    """Paths that a program sees: the system's, the interpreter's, and more; of links also what they lead to."""
    paths = [*_SYSTEM, sys.prefix, sys.base_prefix, sys.exec_prefix, *map(str, more)]
    seen: dict[str, None] = {}
    for path in filter(os.path.lexists, map(os.path.abspath, paths)):
        for each in (path, os.path.realpath(path)):
            if not any(Path(each).is_relative_to(other) and not Path(other).is_symlink() for other in seen):
                seen[each] = None
    return sorted(seen)


def _tail(file: IO[bytes], most: int) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - most, 0))
    return file.read().decode("utf-8", "replace")
