"""BM25 finds the document that has the rare words."""

import pytest

from assay.testbed.bm25 import BM25

DOCUMENTS = ["the capital of Kenya is Nairobi", "the capital of Chad is N'Djamena", "the the the the", ""]


def test_rare_words_count_for_more() -> None:
    index = BM25(DOCUMENTS)
    assert index.search("What is the capital of Chad?") == [DOCUMENTS[1]]
    assert index.rank("the capital", 4)[:2] == [0, 1]
    assert index.rank("nothing alike", 3) == []


def test_nothing_to_search_is_refused() -> None:
    with pytest.raises(ValueError, match="no documents"):
        BM25([])
