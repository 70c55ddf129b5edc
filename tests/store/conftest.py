"""A store on each kind of database."""

from collections.abc import Iterator

import pytest

from assay.store import Store, open_store


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    with open_store(database) as store:
        yield store
