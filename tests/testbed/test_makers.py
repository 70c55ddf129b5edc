"""Questions on makers: one person made each thing, and a story names the things of the wrong options."""

import pytest

from assay.testbed.prose import Entry, Prose
from assay.testbed.tasks import makers
from assay.testbed.tasks.makers import Made, maker_questions, passages, things_made

PEOPLE = ["Ada Long", "Bob Short", "Cyd Young", "Dia Olden", "Edo van Rijn", "Flo Green"]
ENTRIES = [
    *(
        Entry(f"tool {n}", f"Tool {n}\n<tool> (T{n}) A tool for stone {n} that was written by {person} in 1970. More.")
        for n, person in enumerate(PEOPLE)
    ),
    Entry("firm", "Firm\nA thing designed by Acorn Research. It is none of a person's, and long enough to be found."),
    Entry("again", "Again\nAnother thing written by Ada Long, who made two of them and is asked about one alone."),
    Entry("short", "Short\nToo short."),
]


@pytest.fixture(autouse=True)
def _small_dictionary(monkeypatch: pytest.MonkeyPatch) -> None:
    things_made.cache_clear()
    monkeypatch.setattr(makers, "foldoc", lambda: Prose("FOLDOC", ENTRIES))


def test_a_thing_has_the_person_who_made_it() -> None:
    assert [made.maker for made in things_made()] == PEOPLE
    text = "Tool 0: A tool for stone 0 that was written by Ada Long in 1970."
    assert things_made()[0] == Made("Tool 0", "written", "Ada Long", text)


def test_everything_can_be_found_and_what_is_too_short_is_left_out() -> None:
    found = passages()
    assert things_made()[3].text in found
    assert len(found) == len(ENTRIES) - 1


def test_a_story_names_the_things_of_the_wrong_options() -> None:
    questions = maker_questions(6, others=4, seed=3)
    assert questions[:2] == maker_questions(2, others=4, seed=3)
    by_maker = {made.maker: made.thing for made in things_made()}
    for each in questions:
        assert each.options[each.answer] == each.made.maker
        assert len(set(each.options)) == 4
        assert all(by_maker[option] in each.story for option in each.options)
        assert each.story.endswith(f"Who wrote {each.made.thing}?")
    assert {each.answer for each in maker_questions(6, others=3, seed=1)} != {0}


def test_what_cannot_be_asked_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="6 questions on makers, not 7"):
        maker_questions(7)
    with pytest.raises(ValueError, match="wrong options"):
        maker_questions(1, others=2)
    things_made.cache_clear()
    monkeypatch.setattr(makers, "foldoc", lambda: Prose("the help texts of Python", ENTRIES))
    with pytest.raises(ValueError, match="in whose place are the help texts"):
        maker_questions(1)
