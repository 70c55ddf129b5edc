"""Papers that are alike: by the rare words that their titles share, whatever the size of the archive."""

import pytest

from assay.papers.models import Paper
from assay.store import Store

TITLES = {
    "9912.00001": "Gullwing Eviction for the Toy Cache",
    "9912.00002": "An Eviction That Spares the Gullwing Cache",
    "9912.00003": "Eviction by Gullwing",
    "9912.00004": "Toys of the Trade",
    "9912.00005": "Gullwing",
    "9912.00006": "$K$-Toy Caches: 인형 캐시",
}


@pytest.fixture
def store(store: Store) -> Store:
    papers = [Paper(id=key, title=title) for key, title in TITLES.items()]
    papers += [Paper(id=f"9911.{number:05}", title=f"Learning {number} Models of the World") for number in range(300)]
    store.add(source="arxiv", papers=papers)
    return store


def test_shared_rare_words_make_papers_alike(store: Store) -> None:
    assert store.alike("9912.00001") == ["9912.00002", "9912.00003"]
    assert store.alike("9912.00001", limit=1) == ["9912.00002"]
    assert store.alike("9912.00003") == ["9912.00002", "9912.00001"]  # equally alike: the newer first


def test_one_word_or_a_common_one_makes_none(store: Store) -> None:
    assert store.alike("9912.00005") == []
    assert store.alike("9912.00004") == []
    assert store.alike("9911.00007") == []


def test_of_what_is_not_stored_nothing_is_alike(store: Store) -> None:
    assert store.alike("9901.00001") == []
    assert store.alike('9901" OR "x') == []
