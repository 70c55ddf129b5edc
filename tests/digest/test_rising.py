"""Terms on the rise: which there are, how they are counted, and that chance is not taken for a rise."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.digest.rising import Terms, find_rising
from assay.papers.models import Paper
from assay.papers.period import RisingTerm

WORDS = "gull lake tide boat harbour reed heron pier wave shore".split()


def papers(start: int, count: int, text: str, title: str = "Toys", keywords: tuple[str, ...] = ()) -> list[Paper]:
    return [
        Paper(id=f"9912.{number:05}", title=title, abstract=text, keywords=keywords)
        for number in range(start, start + count)
    ]


def rising(now: list[Paper], before: list[Paper], votes: dict[str, int | None] | None = None) -> list[RisingTerm]:
    return find_rising(now, before, votes or {}).terms


def test_a_term_that_rises_is_found_with_its_counts_and_examples() -> None:
    now = papers(1, 12, "We study tide pools here.", keywords=("tide pools",)) + papers(20, 20, "Nothing of it.")
    before = papers(100, 3, "Tide pool, again.") + papers(200, 97, "Nothing of it.")
    (term,) = rising(now, before, {"9912.00007": 90, "9912.00003": 50})
    assert (term.term, term.papers, term.before, term.is_sure, term.is_name) == ("tide pools", 12, 3, True, False)
    assert term.examples == ("9912.00007", "9912.00003", "9912.00001")
    assert term.z > 4


def test_a_name_is_counted_where_it_is_written_as_one() -> None:
    now = papers(1, 6, "We use SHORE.", title="SHORE: a method") + papers(20, 30, "A walk on the shore.")
    before = papers(100, 60, "A walk on the shore.")
    (term,) = rising(now, before)
    assert (term.term, term.papers, term.before, term.is_name) == ("SHORE", 6, 0, True)


def test_what_is_common_all_along_is_on_no_rise() -> None:
    text = "Language models of the lake."
    assert rising(papers(1, 30, text, "Lake House Papers"), papers(100, 90, text, "Lake House Papers")) == []


def test_one_rise_is_told_once() -> None:
    now = papers(1, 12, "An interactive world model.", "Interactive world model") + papers(20, 30, "Nothing.")
    terms = rising(now, papers(100, 90, "Nothing."))
    assert len(terms) == 1
    assert terms[0].papers == 12


def test_terms_end_at_commas_and_hold_no_function_words() -> None:
    title = "Boats, piers and reed beds: a state-of-the-art study of the deep-water"
    terms = {term.term for term in rising(papers(1, 20, title, title), papers(100, 60, "Nothing."))}
    assert terms == {"reed beds"}


def test_letters_case_and_number_make_no_difference() -> None:
    now = [*papers(1, 5, "Heron Nests."), *papers(6, 5, "The heron-nest."), *papers(11, 30, "Nothing.")]
    now[0] = now[0].model_copy(update={"keywords": ("heron nests",)})
    (term,) = rising(now, papers(100, 60, "Nothing."))
    assert (term.term, term.papers) == ("heron nests", 10)


def test_keywords_alone_count_for_nothing() -> None:
    now = papers(1, 20, "Nothing.", keywords=("heron nests",))
    assert rising(now, papers(100, 60, "Nothing.")) == []


@pytest.mark.parametrize("seed", range(8))
def test_chance_is_seldom_taken_for_a_rise(seed: int) -> None:
    """Papers of pairs of words at random, the same before and after: hardly any is called sure."""
    chance = random.Random(seed)

    def some(start: int, count: int) -> list[Paper]:
        return [
            Paper(
                id=f"9912.{number:05}",
                title=f"{chance.choice(WORDS)} {chance.choice(WORDS)}",
                abstract=". ".join(f"{chance.choice(WORDS)} {chance.choice(WORDS)}" for _ in range(6)),
            )
            for number in range(start, start + count)
        ]

    found = find_rising(some(1, 120), some(1_000, 360), {})
    assert found.tried > 50
    assert sum(term.is_sure for term in found.terms) <= 1


def test_papers_read_together_with_others_have_the_same_rise() -> None:
    now = papers(1, 9, "On GULL-3 and tide pools.", "GULL-3: Tide Pools") + papers(20, 9, "Heron nests.", "Heron nests")
    before, others = (
        papers(100, 60, "Nothing."),
        papers(300, 9, "Tide pools and GULL-3.", "tide pools", ("heron nests",)),
    )
    known = Terms([*others, *now, *before])
    assert find_rising(now, before, {}, known) == find_rising(now, before, {})


@settings(max_examples=25)
@given(st.randoms(use_true_random=False))
def test_the_order_of_papers_makes_no_difference(chance: random.Random) -> None:
    now = papers(1, 9, "Tide pools.", "Tide pools") + papers(20, 9, "Heron nests.", "Heron nests")
    before = papers(100, 60, "Nothing.")
    expected = find_rising(now, before, {})
    chance.shuffle(now)
    chance.shuffle(before)
    assert find_rising(now, before, {}) == expected
