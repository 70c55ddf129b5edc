"""Questions out of real data have one right option, which WordNet, FOLDOC and GeoNames themselves say."""

import re
from collections import Counter

import pytest

from assay.testbed.prose import foldoc
from assay.testbed.resources import NotFetchedError, resource
from assay.testbed.tasks.country_facts import country_facts
from assay.testbed.tasks.real_choices import SOURCES, draw_choice_questions
from assay.testbed.wordnet import is_kind_of, noun_senses


@pytest.fixture(autouse=True)
def _fetched() -> None:
    try:
        for name in ("wordnet", "foldoc", "geonames"):
            resource(name).fetch()
    except NotFetchedError as error:
        pytest.skip(str(error))


def test_senses_are_read() -> None:
    (cat,) = [sense for sense in noun_senses().values() if sense.words == ("cat", "true cat")]
    assert cat.gloss.startswith("feline mammal usually having thick soft fur")
    assert cat.uses == (18, 0)
    (animal,) = [sense for sense in noun_senses().values() if sense.words[:2] == ("animal", "animate being")]
    assert is_kind_of(cat, animal)
    assert not is_kind_of(animal, cat)


@pytest.mark.parametrize("source", SOURCES)
def test_questions_are_drawn_each_by_itself(source: str) -> None:
    questions = draw_choice_questions(source, 60)
    assert draw_choice_questions(source, 20) == questions[:20]
    assert len({each.id for each in questions}) == 60
    assert all(len(set(each.choices)) == 4 for each in questions)
    places = Counter(each.answer for each in questions)
    assert min(places[place] for place in range(4)) >= 5
    assert draw_choice_questions(source, 20, seed=1) != questions[:20]
    with pytest.raises(ValueError, match=f"{source} has .* questions, not 99,999"):
        draw_choice_questions(source, 99_999)


def test_a_gloss_is_one_of_the_right_word_alone() -> None:
    """By the texts of WordNet, whatever the draw went by."""
    senses_of: dict[str, list[str]] = {}
    for sense in noun_senses().values():
        for word in sense.words:
            senses_of.setdefault(word, []).append(sense.gloss)
    for each in draw_choice_questions("words", 200):
        gloss = each.question.removeprefix('Which word means "').removesuffix('"?')
        assert [gloss in senses_of[word] for word in each.choices] == [at == each.answer for at in range(4)]
        assert not any(re.search(rf"\b{word}\b", gloss) for word in each.choices)


def test_a_description_is_of_the_right_term_alone() -> None:
    texts = {entry.text.partition("\n")[0]: entry.text for entry in foldoc().entries}
    for each in draw_choice_questions("terms", 200):
        says = each.question.removeprefix('Which term of computing means "').removesuffix('"?')
        assert [says in texts[term] for term in each.choices] == [at == each.answer for at in range(4)]


@pytest.mark.parametrize(("source", "relation"), [("capitals", "capital"), ("currencies", "currency")])
def test_countries_have_what_is_right(source: str, relation: str) -> None:
    answers = {fact.question: fact.object for fact in country_facts(relation)}
    for each in draw_choice_questions(source, 100):
        assert [choice == answers[each.question] for choice in each.choices] == [at == each.answer for at in range(4)]


def test_there_is_no_other_source() -> None:
    with pytest.raises(ValueError, match="no questions are made from 'anthems': choose words, terms"):
        draw_choice_questions("anthems", 1)
