"""Stories are answered by what they tell."""

import pytest
from torch import Generator

from assay.testbed.tasks import IGNORED, Batch, finished_stories, running_stories, stories


def read_labels(ids: list[int]) -> list[int]:
    """The labels of a story, read from its tokens one after the other."""
    place_of: dict[int, int] = {}
    carrier_of: dict[int, int] = {}
    labels = [IGNORED] * len(ids)
    for number, token in enumerate(ids[:-1]):
        person = None
        if token >= stories.TAKE:
            carrier_of[(token - stories.TAKE) % stories.THINGS] = (token - stories.TAKE) // stories.THINGS
        elif token >= stories.MOVE:
            place_of[(token - stories.MOVE) // stories.PLACES] = (token - stories.MOVE) % stories.PLACES
        elif stories.ASK_THING <= token < stories.PLACE:
            person = carrier_of.get(token - stories.ASK_THING)
        elif stories.ASK_PERSON <= token < stories.ASK_THING:
            person = token - stories.ASK_PERSON
        if person in place_of:
            labels[number + 1] = stories.PLACE + place_of[person]
    return labels


def rows(batch: Batch) -> list[tuple[list[int], list[int]]]:
    return list(zip(batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True))


def test_stories_are_answered_by_what_they_tell() -> None:
    generator = Generator().manual_seed(0)
    batches = [running_stories(4, length=64, facts=6, questions=24, generator=generator) for _ in range(5)]
    batches += [
        finished_stories(16, length=length, facts=6, about=about, gap=8, generator=generator)
        for length in (32, 64)
        for about in ("person", "thing")
    ]
    for batch in batches:
        assert (batch["labels"] != IGNORED).any()
        assert all(labels == read_labels(ids) for ids, labels in rows(batch))


@pytest.mark.parametrize("about", ["person", "thing"])
def test_a_finished_story_has_its_gap_between_facts_and_questions(about: str) -> None:
    generator = Generator().manual_seed(0)
    for ids, labels in rows(finished_stories(32, length=64, facts=6, about=about, gap=30, generator=generator)):
        facts = [place for place, token in enumerate(ids) if token >= stories.MOVE]
        answers = [place for place, label in enumerate(labels) if label != IGNORED]
        assert len(facts) == 6
        assert all(answer - 1 - facts[-1] > 30 for answer in answers)
