"""Notes with a number each: every question has one answer, and it stands in one note."""

import pytest

from assay.testbed.prose import Entry, Prose
from assay.testbed.tasks.numbered_notes import Notes, numbered_notes

PROSE = Prose("made up", [
    Entry(name, f"Other spellings\n<science> The {name} is small. It has a tail. Many of them live in the hills.")
    for name in ("ant", "bee", "cat", "dog", "elk", "fox", "gnu", "hen", "ant")
] + [Entry("x86", "A family. Of processors."), Entry("ibex", "One sentence, which is not enough for it.")])  # fmt: skip


def _notes(**others: object) -> list[Notes]:
    sizes: dict[str, object] = {"documents": 4, "characters": 80, "count": 2}
    return numbered_notes(PROSE, **sizes | others)  # type: ignore[arg-type]


def test_each_number_stands_in_its_own_note_alone() -> None:
    for notes in _notes():
        for at, question in enumerate(notes.questions):
            holds = [f"{question.begun} {question.number}." in document for document in notes.documents]
            assert holds == [place == at for place in range(4)]
            assert question.begun.removeprefix("The ").removesuffix(" is") in question.text
        assert len({question.number for question in notes.questions}) == 4


def test_no_two_sets_share_an_entry_and_a_seed_draws_them_again() -> None:
    first, second = _notes()
    names = [document.partition(":")[0] for document in first.documents + second.documents]
    assert sorted(names) == ["Ant", "Bee", "Cat", "Dog", "Elk", "Fox", "Gnu", "Hen"]
    assert _notes() == [first, second]
    assert _notes(seed=1) != [first, second]


def test_the_prose_is_whole_sentences_without_headings_and_fields() -> None:
    (document, *_) = _notes(count=1)[0].documents
    assert "spellings" not in document
    assert "<" not in document
    assert document.endswith(".\n\n")
    assert "is small." in document
    assert "It has a tail." in document


def test_numbers_may_be_of_other_kinds() -> None:
    (notes,) = _notes(count=1, alike=False)
    assert len({question.begun.split()[1] for question in notes.questions}) == 4


def test_too_few_entries_or_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="made up has 8 entries for notes of 80 characters, not 12"):
        _notes(count=3)
    with pytest.raises(ValueError, match="there are 8 kinds of numbers, not 9"):
        _notes(documents=9, alike=False)
