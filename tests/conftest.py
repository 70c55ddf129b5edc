"""What all tests share: where the recorded corpus is, if it is there."""

import os
import signal
import threading
from pathlib import Path

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    # There is a worker for each core already; set before anything loads torch.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    # Whoever starts the tests in the background has Ctrl-C ignored, by all processes that the tests start and stop too.
    signal.signal(signal.SIGINT, signal.default_int_handler)

SHARED = Path(os.environ.get("ASSAY_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recorded real data; a test that asks for it is skipped where there is none."""
    if not (SHARED / "corpus").is_dir():
        pytest.skip("no recorded corpus beside this checkout (set ASSAY_SHARED to a folder that has one)")
    return SHARED
