"""Which papers a follow is about, and that it is what the search finds for the same words."""

from collections.abc import Iterator
from datetime import date

import pytest

from assay.papers.models import Paper, Sighting
from assay.reader.following import check_phrase, followed, matches, with_phrases
from assay.reader.interests import Follow, FollowKind, Phrase
from assay.store import Store, open_store
from assay.writing.terms import read_glossary

PAPERS = {
    "9912.00001": Paper(
        id="9912.00001",
        title="Sparse attention for toys",
        authors=("Ana Peña", "Song Han"),
        categories=("cs.LG", "cs.CL"),
        organisation="Toy Lab of Gullwing University",
    ),
    "9912.00002": Paper(
        id="9912.00002", title="Dense vision", authors=("S. Han", "Han Song-Lee"), categories=("math.AG",)
    ),
    "9912.00003": Paper(
        id="9912.00003", title="Attention and vision", authors=("Jörg O’Brien",), organisation="The Lab of Toys"
    ),
}
FIRST, SECOND, THIRD = PAPERS


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with open_store("sqlite://") as store:
        sightings = [Sighting(paper=key, source="arxiv", day=date(2099, 12, 2)) for key in PAPERS]
        store.add(source="arxiv", papers=PAPERS.values(), sightings=sightings)
        yield store


@pytest.mark.parametrize(
    ("kind", "value", "papers"),
    [
        ("author", "ana PENA", {FIRST}),
        ("author", "Peña, Ana", {FIRST}),
        ("author", "A. Peña", {FIRST}),
        ("author", "Song Han", {FIRST}),
        ("author", "S. Han", {FIRST, SECOND}),
        ("author", "Joerg O'Brien", {THIRD}),
        ("author", "Ana Han", set()),
        ("org", "toy lab", {FIRST}),
        ("org", "gullwing university", {FIRST}),
        ("category", "cs.CL", {FIRST}),
        ("category", "cs", {FIRST}),
        ("category", "math.AG", {SECOND}),
        ("category", "math.AC", set()),
        ("query", "attention -vision", {FIRST}),
        ("query", "vision OR toys", {FIRST, SECOND, THIRD}),
        ("query", "author:Han title:dense", {SECOND}),
        ("query", "9912.00003", {THIRD}),
        ("query", "atten", set()),  # a search would finish the word
        ("query", "atten*", {FIRST, THIRD}),
    ],
)
def test_a_follow_is_about_papers(store: Store, kind: FollowKind, value: str, papers: set[str]) -> None:
    follow = Follow(kind=kind, value=value)
    assert matches(follow, store) == papers
    for key in PAPERS:
        assert matches(follow, store, [key, "9912.99999"]) == papers & {key}
    assert matches(follow, store, []) == set()


def test_every_reason_is_given(store: Store) -> None:
    follows = [
        Follow(kind=FollowKind.QUERY, value="vision"),
        Follow(kind=FollowKind.AUTHOR, value="Han"),
        Follow(kind=FollowKind.CATEGORY, value="q-bio"),
    ]
    assert followed(follows, store) == {FIRST: [follows[1]], SECOND: follows[:2], THIRD: [follows[0]]}
    assert followed(follows, store, [THIRD]) == {THIRD: [follows[0]]}
    assert followed([], store) == {}


def test_many_papers_may_be_asked_about(store: Store) -> None:
    many = [f"9911.{number:05d}" for number in range(40_000)]
    assert matches(Follow(kind=FollowKind.CATEGORY, value="cs"), store, [*many, FIRST]) == {FIRST}


@pytest.mark.parametrize(
    ("phrase", "papers"),
    [
        ("sparse attention", {FIRST}),
        ("Toys", {FIRST}),
        ("attention", {FIRST, THIRD}),
        ("atten", set()),
        ("attention sparse", set()),
        ("attention and vision", {THIRD}),
        ("Song Han", set()),  # an author, and no words of the paper
        ("희소 어텐션", {FIRST}),
        ("a " * 40, set()),
    ],
)
def test_a_phrase_finds_the_papers_that_have_it(store: Store, phrase: str, papers: set[str]) -> None:
    assert with_phrases([Phrase(text=phrase)], store, read_glossary("ko")).keys() == papers


def test_a_paper_says_which_of_the_wanted_phrases_it_has(store: Store) -> None:
    phrases = [Phrase(text="vision"), Phrase(text="attention", weight=0.5), Phrase(text="dense", weight=-1)]
    assert with_phrases(phrases, store, {}) == {
        FIRST: [phrases[1]],
        SECOND: [phrases[0]],
        THIRD: [phrases[0], phrases[1]],
    }


@pytest.mark.parametrize("weight", [0, -0.0, 1e-300, -1e-300, 0.009])
def test_a_phrase_that_would_count_for_nothing_is_refused(weight: float) -> None:
    with pytest.raises(ValueError, match="counts for nothing"):
        check_phrase(Phrase(text="vision", weight=weight))
    for enough in (0.01, -0.01, 100, -100):
        check_phrase(Phrase(text="vision", weight=enough))
