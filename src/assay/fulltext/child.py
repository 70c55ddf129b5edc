"""Reads one paper in a process of its own, which `assay.fulltext.sandbox` starts with its limits as arguments."""

import math
import signal
import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.fulltext.model import FullText

UNREADABLE = 3
"""Exit status of a process that could not read its paper; its output is the reason in place of a result."""

TOO_LONG = 4
"""Exit status of a process whose result is longer than the limit."""


def main(arguments: list[str]) -> int:
    """Limit this process, read a paper from standard input, and write the result to standard output."""
    parser, paper, version, seconds, memory, output = arguments
    _limit(float(seconds), int(memory), int(output))
    try:
        module, _, name = parser.partition(":")
        parse: Callable[[bytes, str, int | None], FullText] = getattr(import_module(module), name)
        answer = parse(sys.stdin.buffer.read(), paper, int(version) or None).model_dump_json().encode()
        status = 0
    except ValueError as error:
        answer, status = str(error).encode("utf-8", "replace"), UNREADABLE
    except MemoryError:
        answer, status = f"it takes more than {int(memory) // 2**20} MiB of memory".encode(), UNREADABLE
    except RecursionError:
        answer, status = b"it is nested too deeply", UNREADABLE
    except Exception as error:  # noqa: BLE001 - whatever a parser stumbles over is a fault of the file for the reader
        answer, status = f"{type(error).__name__}: {error}".encode("utf-8", "replace"), UNREADABLE
    if len(answer) >= int(output):
        return TOO_LONG
    sys.stdout.buffer.write(answer)
    return status


def _limit(seconds: float, memory: int, output: int) -> None:
    """Set the limits of this process. It ends soon after its parent would stop waiting, even if the parent dies."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - there is none on Windows

    whole = math.ceil(seconds) + 1  # the parent ends it first, and says why
    limits = [(resource.RLIMIT_CPU, whole), (resource.RLIMIT_FSIZE, output), (resource.RLIMIT_CORE, 0)]
    if sys.platform != "darwin":  # where the system refuses it
        limits.append((resource.RLIMIT_AS, memory))
    for kind, most in limits:
        hard = resource.getrlimit(kind)[1]
        lower = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (lower, lower))
    signal.setitimer(signal.ITIMER_REAL, seconds + 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
