"""Definitions are plain sentences without the marks of a dictionary."""

import pytest

from assay.testbed.prose import Entry
from assay.testbed.resources import NotFetchedError, resource
from assay.testbed.tasks import dictionary_words as task


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        (
            "n. 1. One dispatched upon an errand or mission; a messenger; esp., a person deputed by a ruler. --Shak.",
            "One dispatched upon an errand or mission; a messenger.",
        ),
        (
            "child\n<mathematics, data> (Or \"next\") In a tree, a node pointed to by one that is nearer the root.",
            "In a tree, a node pointed to by one that is nearer the root.",
        ),
        ("n. Too short.", ""),
    ],
)  # fmt: skip
def test_a_meaning_is_a_sentence_or_two(text: str, meaning: str) -> None:
    assert task._meaning(Entry("word", text)) == meaning


def test_two_halves_share_some_words() -> None:
    try:
        resource("foldoc").fetch()
    except NotFetchedError as error:
        pytest.skip(str(error))
    works = task.two_halves()
    shared = task.words_in_both(works)
    assert len(works) == 2
    assert 100 < len(shared) < min(map(len, works.values())) / 2
    assert all(word.isalpha() and word == word.lower() for word in shared)
    assert task.question_about("tree") == "Word: tree\nMeaning:"
