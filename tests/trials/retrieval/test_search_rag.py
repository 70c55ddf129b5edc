"""The trials of SearchRAG run, and notice queries that all find the same and a filter that keeps the wrong ones."""

from pathlib import Path
from typing import Any

import pytest

from assay.methods.retrieval.search_rag import LocalIndex, search_all
from assay.papers.verdict import Verdict
from assay.testbed.pretrained import load_language_model
from assay.testbed.prose import Entry, Prose
from assay.testbed.tasks import makers
from assay.trials import discover, run_trial
from assay.trials.retrieval import search_rag as trials
from assay.trials.retrieval.search_rag import pretrained
from tests.trials.scores import claimed, score

LETTERS = "abcdefghijklmnopqrstuvwxyz"
ENTRIES = [
    *(
        Entry(
            f"{a}{b}tool", f"{a}{b}tool\nA tool for {b}{a} that was once written by {a.upper()}nna {b.upper()}nderson."
        )
        for a in LETTERS[:8]
        for b in LETTERS[8:14]
    ),
    *(
        Entry(f"page {n}", f"Page {n}\nPapers of an old computing department, in box {n}, by an author.")
        for n in range(9)
    ),
]


@pytest.fixture
def _small_dictionary(monkeypatch: pytest.MonkeyPatch) -> Any:
    for kept in (makers.things_made, trials.index):
        kept.cache_clear()
    monkeypatch.setattr(makers, "foldoc", lambda: Prose("FOLDOC", ENTRIES))
    yield
    for kept in (makers.things_made, trials.index):
        kept.cache_clear()


def test_they_are_found() -> None:
    found = {(trial.claim, trial.pretrained) for trial in discover("2502.13233")}
    assert found == {("more-queries", False), ("more-queries", True), ("accuracy-gain-8b", True)}


def steadily(question: makers.MakerQuestion, count: int, *, seed: int) -> list[str]:
    """Queries of which one of four is on what is asked, an earlier or a later one."""
    queries = ["old department", "page of papers", "author in a box", "computing"]
    queries[(sum(map(ord, question.made.thing)) + seed) % 4] = question.made.thing
    return queries[:count]


@pytest.mark.usefixtures("_small_dictionary")
def test_more_queries_find_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "drawn_queries", steadily)
    measurement = run_trial(trials.drawn_words, quick=True)
    assert measurement.verdict is Verdict.SEEN, measurement.verdict_reason
    assert measurement.evidence == "simulated"
    assert claimed(measurement).candidate > 0


@pytest.mark.usefixtures("_small_dictionary")
def test_queries_are_words_in_a_row_and_more_begin_with_fewer() -> None:
    question = makers.maker_questions(1)[0]
    many = trials.drawn_queries(question, 9, seed=1)
    assert many[:3] == trials.drawn_queries(question, 3, seed=1)[:3]
    assert all(2 <= len(query.split()) <= 4 for query in many)
    words = {word.strip(",.?").casefold() for word in question.story.split()}
    assert all(word.strip(".") in words for query in many for word in query.split())


@pytest.mark.usefixtures("_small_dictionary")
def test_queries_that_find_the_same_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "drawn_queries", steadily)
    monkeypatch.setattr(
        trials, "find", lambda queries: [each.snippet for each in search_all(trials.index(), queries[:1])[0]]
    )
    assert run_trial(trials.drawn_words, quick=True).verdict is not Verdict.SEEN


def test_a_machine_without_the_dictionary_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    makers.things_made.cache_clear()
    monkeypatch.setattr(makers, "foldoc", lambda: Prose("the help texts of Python", ENTRIES))
    measurement = run_trial(trials.drawn_words, quick=True)
    assert measurement.verdict is Verdict.NOT_TESTABLE
    assert "FOLDOC" in measurement.missing


def row(place: int, *, works: bool) -> dict[str, Any]:
    """What came of a question: with the filter and more queries more is right, or less."""
    better = place % 4 < 3
    arms = dict.fromkeys((pretrained.STORY, pretrained.HITS, pretrained.RANDOM), place % 2 == 0)
    none, filtered = (place % 4 == 0, better) if works else (better, place % 4 == 0)
    return {
        "right": {pretrained.NONE: none, pretrained.FILTER: filtered, pretrained.NEEDED: True, **arms},
        "told": {pretrained.FILTER: better, **arms},
        "found": True,
        "kept": 2,
        "right_by_queries": [not works, place % 2 == 0, works],
        "found_by_queries": [False, place % 2 == 0, True],
    }


def hand(monkeypatch: pytest.MonkeyPatch, *, works: bool) -> None:
    """Have the trials measure these."""
    monkeypatch.setattr(pretrained, "_rows", lambda *_: [row(place, works=works) for place in range(40)])
    monkeypatch.setattr(pretrained, "_show_false", lambda *_: None)


def test_on_a_real_model_they_see_what_is_there_and_what_is_not(
    monkeypatch: pytest.MonkeyPatch, tiny_model: Path
) -> None:
    hand(monkeypatch, works=True)
    for trial in (pretrained.told_makers, pretrained.more_queries):
        measurement = run_trial(trial, quick=True, model=tiny_model)
        assert measurement.verdict is Verdict.SEEN, measurement.verdict_reason
    hand(monkeypatch, works=False)
    for trial in (pretrained.told_makers, pretrained.more_queries):
        assert run_trial(trial, quick=True, model=tiny_model).verdict is Verdict.NOT_SEEN


@pytest.mark.usefixtures("_small_dictionary")
def test_every_arm_is_asked(tiny_model: Path) -> None:
    lm = load_language_model(tiny_model)
    size = pretrained._Size(2, (1, 2), 3, 2, 1)
    asked = pretrained._ask(lm, size=size, place=0, seed=0)
    arms = {pretrained.NONE, pretrained.STORY, pretrained.RANDOM, pretrained.HITS, pretrained.FILTER, pretrained.NEEDED}
    assert set(asked["right"]) == set(asked["told"]) == arms
    assert asked["told"][pretrained.NEEDED]
    assert not asked["told"][pretrained.NONE]
    assert len(asked["right_by_queries"]) == len(asked["found_by_queries"]) == 2
    assert asked["right_by_queries"][-1] == asked["right"][pretrained.FILTER]
    assert asked["kept"] <= 2
    mixed = pretrained._mix(lm, size=size, place=0, seed=0)
    assert {len(each) for each in mixed.values()} == {len(pretrained.SHARES)}


def test_false_sentences_are_shown(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    monkeypatch.setattr(pretrained, "_rows", lambda *_: [row(place, works=True) for place in range(40)])
    arms = {pretrained.FILTER: [True, True, False, False, False], pretrained.NONE: [False] * 5}
    monkeypatch.setattr(pretrained, "ask_once", lambda *_: arms)
    measurement = run_trial(pretrained.told_makers, quick=True, model=tiny_model)
    assert score(measurement, "accuracy where all sentences").candidate == 0
    assert [curve.name for curve in measurement.curves] == [
        "accuracy by the share of false sentences, % of those on the thing"
    ]


def test_the_index_is_of_the_whole_dictionary(monkeypatch: pytest.MonkeyPatch) -> None:
    trials.index.cache_clear()
    monkeypatch.setattr(trials, "passages", lambda: ("one text", "another text"))
    assert isinstance(trials.index(), LocalIndex)
    assert len(trials.index().snippets) == 2
    trials.index.cache_clear()
