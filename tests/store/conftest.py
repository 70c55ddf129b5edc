"""A store in a file of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "assay.db") as database:
        yield database
