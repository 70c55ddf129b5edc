"""The encoder of fields: what is put before it, and what it says of a figure alone and among others."""

import numpy as np
import pytest

from assay.claims.choosing import choose_fields
from assay.claims.choosing.candidates import GENERIC, Candidate, candidates, find_phrases
from assay.claims.choosing.context import FIELDS, Context
from assay.claims.choosing.encoder import ASPECTS, Heard, load_encoder
from assay.claims.choosing.window import ELSEWHERE, EMPTY, LONGEST, OWN, Window, window
from assay.claims.extract import read_abstract
from assay.papers.models import Paper

ABSTRACT = (
    "We introduce Gullwing, a cache that forgets by tides. We evaluate it on five reading benchmarks. Gullwing raises "
    "accuracy by 3.2% over TideCache. With Llama-3-8B, it answers 2.1x faster than LakeKV."
)


def context(abstract: str = ABSTRACT) -> Context:
    return read_abstract(Paper(id="9912.99901", title="Gullwing: a cache of tides", abstract=abstract))


def windows(around: Context) -> list[Window]:
    pieces, phrases = load_encoder().pieces, find_phrases(around)
    return [window(around, each, candidates(around, each, phrases), pieces) for each in around.figures]


def heard_of(seen: list[Window]) -> list[Heard]:
    heard = load_encoder().weigh(seen)
    assert all(each is not None for each in heard)
    return [each for each in heard if each is not None]


def test_a_window_marks_its_figure_and_knows_where_candidates_stand() -> None:
    around = context()
    pieces = load_encoder().pieces
    figure = around.figures[0]
    offered = candidates(around, figure, find_phrases(around))
    seen = window(around, figure, offered, pieces)
    own = [piece.number for piece in pieces.cut("3.2%")]
    first, last = seen.figure
    assert seen.numbers[first : last + 1] == own
    for number, start, end in seen.places:
        assert seen.numbers[start : end + 1] == [piece.number for piece in pieces.cut(offered[number].text)]
    sorts = dict(zip((each.text for each in offered), seen.sorts, strict=True))
    assert (sorts[""], sorts["Gullwing"], sorts["TideCache"]) == (EMPTY, OWN, ELSEWHERE)
    assert sorts["latency"] == 1 + GENERIC.index("latency")


def test_a_sentence_that_is_too_long_is_cut_around_its_figure() -> None:
    long = "It was tried on " + ", ".join(f"TideBench{letter}" for letter in "abcdefghijklmnopqrstuvwxyz") + ", "
    around = context(f"{long} and on {long} and it raises accuracy by 3.2% over TideCache {long} which is all.")
    for seen, figure in zip(windows(around), around.figures, strict=True):
        assert len(seen.numbers) <= LONGEST
        first, last = seen.figure
        own = load_encoder().pieces.cut(around.text, figure.start, figure.end)
        assert seen.numbers[first : last + 1] == [piece.number for piece in own]


def test_a_figure_is_weighed_alike_alone_and_among_others_and_every_time() -> None:
    seen = windows(context())
    together = heard_of(seen)
    for each, heard in zip(seen, together, strict=True):
        [alone] = heard_of([each])
        assert alone.fields.shape == (len(each.sorts), len(FIELDS))
        np.testing.assert_allclose(alone.fields, heard.fields, atol=2e-3)
        for name in ASPECTS:
            np.testing.assert_allclose(alone.aspects[name], heard.aspects[name], atol=2e-3)
    assert load_encoder().weigh([]) == []


def test_it_has_read_what_the_words_mean() -> None:
    around = context()
    offered = candidates(around, around.figures[0], find_phrases(around))
    [heard] = heard_of([window(around, around.figures[0], offered, load_encoder().pieces)])
    best = {name: offered[heard.fields[:, at].argmax()].text for at, name in enumerate(FIELDS)}
    assert best["metric"] == "accuracy"
    assert best["baseline"] == "TideCache"
    assert best["subject"] == "Gullwing"
    meant = {name: ways[heard.aspects[name].argmax()] for name, ways in ASPECTS.items()}
    assert meant == {"kind": "relative", "direction": "up", "bound": ""}


def test_a_candidate_that_stands_nowhere_in_the_window_is_told_by_its_sort() -> None:
    around = context()
    figure = around.figures[0]
    seen = window(around, figure, [Candidate(""), Candidate("LakeKV"), Candidate("PondKV")], load_encoder().pieces)
    [heard] = heard_of([seen])
    assert not seen.places
    assert (heard.fields[1] == heard.fields[2]).all()
    assert (heard.fields[0] != heard.fields[1]).any()


@pytest.mark.parametrize(
    "abstract",
    [
        "갈매기는 토이벤치에서 정확도를 3.2% 높인다. 조수 캐시보다 빠르고 기억도 적게 쓴다.",
        "我们的方法在ToyBench上将准确率提高了3.2%，达到70.1%。",
    ],
)
def test_it_says_nothing_of_a_script_that_it_does_not_know_and_the_rules_stay(abstract: str) -> None:
    around = context(abstract)
    assert load_encoder().weigh(windows(around)) == [None] * len(around.figures)
    assert list(choose_fields(around)) == [each.claim for each in around.figures]
