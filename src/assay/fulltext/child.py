"""The process in which a paper is read: started by `assay.fulltext.sandbox`, with its limits as arguments."""

import math
import signal
import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.fulltext.model import FullText

REFUSED = 3
"""Exit status of a process that could not read its paper; it says why in place of a result."""

TOO_LONG = 4
"""Exit status of a process whose result is longer than it may be."""


def main(arguments: list[str]) -> int:
    """Limit this process, read standard input, answer on standard output."""
    parser, paper, version, seconds, memory, output = arguments
    _limit(float(seconds), int(memory), int(output))
    try:
        module, _, name = parser.partition(":")
        parse: Callable[[bytes, str, int | None], FullText] = getattr(import_module(module), name)
        said = parse(sys.stdin.buffer.read(), paper, int(version) or None).model_dump_json().encode()
        status = 0
    except ValueError as error:
        said, status = str(error).encode("utf-8", "replace"), REFUSED
    except MemoryError:
        said, status = f"it takes more than {int(memory) // 2**20} MiB of memory".encode(), REFUSED
    except RecursionError:
        said, status = b"it is nested too deeply", REFUSED
    except Exception as error:  # noqa: BLE001 - whatever a parser stumbles over is a fault of the file for the reader
        said, status = f"{type(error).__name__}: {error}".encode("utf-8", "replace"), REFUSED
    if len(said) >= int(output):
        return TOO_LONG
    sys.stdout.buffer.write(said)
    return status


def _limit(seconds: float, memory: int, output: int) -> None:
    """Give this process its limits. It should live no longer than who started it would wait, even if that one dies."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - there is none on Windows

    whole = math.ceil(seconds) + 1  # whoever started it ends it first, and says why
    wanted = [(resource.RLIMIT_CPU, whole), (resource.RLIMIT_FSIZE, output), (resource.RLIMIT_CORE, 0)]
    if sys.platform != "darwin":  # where the system refuses it
        wanted.append((resource.RLIMIT_AS, memory))
    for kind, most in wanted:
        hard = resource.getrlimit(kind)[1]
        lower = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (lower, lower))
    signal.setitimer(signal.ITIMER_REAL, seconds + 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
