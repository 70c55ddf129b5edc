"""Reads untrusted bytes in a process of its own, with limits on time, memory and output.

The process gets the bytes and none of our environment's variables, and returns one JSON object. Whatever else it does
becomes an error of one line. This guards against a parser that hangs, crashes or grows; it is no jail, because the
process can still use the disk and the network.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import ValidationError

from assay.fulltext.child import TOO_LONG, UNREADABLE
from assay.fulltext.model import Form, FullText
from assay.papers.text import normalise


@dataclass(frozen=True)
class Limits:
    """The most that reading one paper may take."""

    seconds: float = 60
    """Of wall-clock time, and of processor time."""
    memory: int = 2**30
    """Bytes of address space, where the platform can limit it."""
    output: int = 32 * 2**20
    """Bytes of the result as JSON; it has fewer."""


PARSERS: Mapping[str, str] = MappingProxyType(
    {form: f"assay.fulltext.{form}:parse" for form in ("html", "latex", "pdf")}
)
"""The function that reads each form, as ``module:name``. It takes the bytes, the paper's id and its version, returns a
`FullText` and raises ``ValueError`` for bytes that it cannot read."""


def read(
    data: bytes,
    form: Form,
    *,
    paper: str,
    version: int | None = None,
    limits: Limits | None = None,
    parsers: Mapping[str, str] = PARSERS,
) -> FullText:
    """Read a paper's full text out of ``data``, in a process that is gone when this returns or raises.

    Args:
        data: an HTML page, an e-print (a tar file, a TeX file, either of them gzipped) or a PDF.
        form: which of the three.
        paper: its arXiv id.
        version: its version, if that is known.
        limits: the most that it may take.
        parsers: the function that reads each form.

    Raises:
        ValueError: if it cannot be read, or not within the limits.
    """
    limits = limits or Limits()
    command = [sys.executable, "-B", "-P", "-m", "assay.fulltext.child", parsers[form], paper, str(version or 0)]
    command += [str(limits.seconds), str(limits.memory), str(limits.output)]
    # Files and not pipes: a process that never reads or never stops writing cannot hold us up.
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as answer:
        source.write(data)
        source.seek(0)
        # A session of its own: Ctrl-C reaches us alone, and we end it.
        process = subprocess.Popen(  # noqa: S603 - our own module, and arguments that are no commands
            command, stdin=source, stdout=answer, stderr=subprocess.DEVNULL, env=_environment(), start_new_session=True
        )
        try:
            status = process.wait(limits.seconds)
        except subprocess.TimeoutExpired as error:
            raise ValueError(f"reading the {form} took longer than {limits.seconds:g} s") from error
        finally:
            process.kill()
            process.wait()
        answer.seek(0)
        content = answer.read(limits.output)
    return _parse_answer(content, status, form, limits)


def _environment() -> dict[str, str]:
    """The variables that Python needs to start and to find our modules; no keys, tokens or proxies."""
    names = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    variables = {name: os.environ[name] for name in names if name in os.environ}
    return {**variables, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONIOENCODING": "utf-8"}


def _parse_answer(content: bytes, status: int, form: Form, limits: Limits) -> FullText:
    if len(content) >= limits.output or status == TOO_LONG:
        raise ValueError(f"the text of the {form} has {limits.output} bytes or more")
    if status == UNREADABLE:
        raise ValueError(f"the {form} cannot be read: {normalise(content.decode('utf-8', 'replace'))[:300]}")
    if status < 0:
        raise ValueError(
            f"reading the {form} ended by {_signal_name(-status)} (out of time or memory, or a broken file)"
        )
    if status:
        raise ValueError(f"reading the {form} ended with status {status} and no result")
    try:
        return FullText.model_validate_json(content)
    except ValidationError as error:
        raise ValueError(f"reading the {form} returned no valid full text") from error


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
