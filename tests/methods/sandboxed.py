"""Skips tests that run programs shut in, on systems that cannot shut one in."""

from functools import cache
from tempfile import TemporaryDirectory

import pytest

from assay.methods.agents._sandbox import SandboxError, run_shut_in


def need_sandbox() -> None:
    """Skip the test where no program can be shut in."""
    if why := _refusal():
        pytest.skip(why)


@cache
def _refusal() -> str:
    with TemporaryDirectory() as folder:
        try:
            run_shut_in(["true"], folder)
        except SandboxError as error:
            return str(error)
    return ""
