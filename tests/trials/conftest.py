"""What tests of trials share: a clock, a store of their own and a place for trained models, away from the user's.

What others trained or wrote is taken from the user's cache, so that it is fetched but once on a machine.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.store import Store, open_store
from assay.testbed.folders import cache_folder


@pytest.fixture(scope="session", autouse=True)
def _models_trained_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("assay-cache")
    for name in ("resources", "converted"):
        cache_folder(name).mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(cache_folder(name))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_CACHE", str(folder))
        yield


@pytest.fixture(autouse=True)
def _timed_by_what_they_compute(monkeypatch: pytest.MonkeyPatch) -> None:
    """What else the machine does while an arm is timed decides no test."""
    monkeypatch.setattr("assay.trials.timing.perf_counter", time.thread_time)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "assay.db") as opened:
        yield opened


@pytest.fixture
def drafts(tmp_path: Path) -> Path:
    return tmp_path / "drafts"
