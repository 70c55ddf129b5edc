"""Texts are cut into the same tokens in whatever letters they were typed."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay.papers.mathematics import as_typed
from assay.store.searching.cutting import cut, fold, tokens
from assay.store.searching.names import name_phrases, name_tokens


@pytest.mark.parametrize(
    ("word", "folded"),
    [
        ("Łukasz", "lukasz"),
        ("Søren", "soren"),
        ("Đặng", "dang"),
        ("Gauß", "gauss"),
        ("ÆSIR", "aesir"),
        ("Œuvre", "oeuvre"),
        ("ışık", "isik"),
        ("İzmir", "izmir"),
        ("Ёлка", "елка"),
        ("ħ", "h"),
        ("Þórr", "thorr"),
        ("Ǿre", "ore"),
        ("σοφός", "σοφοσ"),
        ("ＡＢＣ", "abc"),
        ("x²", "x2"),
    ],
)
def test_letters_are_as_one_types_them(word: str, folded: str) -> None:
    assert fold(word) == folded
    assert tokens(word) == folded


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C++ and C# in .NET, ASP.NET", "c++ and c# in .net asp net"),
        ("PointNet++ in C++17", "pointnet ++ in c++ 17"),
        ("CLIPS sees clips of CLIP, LLMs a LOSS", "clips^ sees clips of clip llms a loss"),
        ("CLIPS FOR LLMS", "clips for llms"),  # in capitals throughout, nothing is told apart
        ("벤치마크에서", "벤치 치마 마크 크에 에서 서"),
        ("GPT-4o, 2.5x", "gpt 4o 2 5x"),
        ("ﾊｰﾌ", "ハー ーフ フ"),
    ],
)
def test_words_and_runs_of_syllables(text: str, expected: str) -> None:
    assert tokens(text) == expected


@given(st.text("abSC+#.-' ,0Øé가나漢ー\u0301", max_size=24))
@example("a .net C# CLIPS")
def test_the_fast_way_cuts_as_the_slow_one_does(text: str) -> None:
    assert tokens(text) == " ".join(token for run in cut(as_typed(text)) for token in run.tokens)
    assert all(text[run.start : run.end] == run.text for run in cut(text))


def test_a_name_stands_in_the_index_in_every_way_that_it_is_asked_for() -> None:
    there = set(name_tokens("Song B. Han").split())
    assert {"song", "han", "a:song", "song_han", "s_han", "sb_han"} <= there
    for name in ("Song Han", "Han, Song", "S. Han", "Han, S.", "S. B. Han", "song han"):
        exact, _ = name_phrases(name)
        assert set(exact[0]) <= there, name
    for name in ("Bo Han", "B. Han", "Song Lee"):
        exact, others = name_phrases(name)
        assert not any(set(phrase) <= there for phrase in (*exact, *others)), name
    assert name_tokens("?!") == ""
    assert name_phrases("") == ((), ())
