"""What tests of trials share: a store of their own, away from the user's folders."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "assay.db") as opened:
        yield opened


@pytest.fixture
def drafts(tmp_path: Path) -> Path:
    return tmp_path / "drafts"
