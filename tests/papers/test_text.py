"""One normal form: folding again changes nothing, and nothing that can be seen is lost."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay.papers.text import counted, fold, normalise, shorten
from tests.papers.formats.hostile import hostile_text

texts = st.text() | hostile_text


@given(texts)
@example("e\u200b\u0301")
@example("a \u0301")
@example("\u1100\u200b\u1161\u00ad\u11a8")
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)


@given(texts)
def test_the_result_is_one_line_of_visible_characters(text: str) -> None:
    line = normalise(text)
    assert line == line.strip()
    assert "  " not in line
    assert not any(ch.isspace() and ch != " " for ch in line)
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn"}
    assert not [ch for ch in line if unicodedata.category(ch) in hidden and ch not in "\u200c\u200d"]


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126)))
def test_visible_ascii_is_left_alone(text: str) -> None:
    assert normalise(text) == text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("A Title Wrapped\n  by the Export", "A Title Wrapped by the Export"),
        ("tab\tand\u00a0no-break\u3000wide", "tab and no-break wide"),
        ("zero\u200bwidth \u202ebidi\u202c \ufeffmark", "zerowidth bidi mark"),
        ("cafe\u0301", "café"),
        ("$\\pi_0$ \\& <b>|", "$\\pi_0$ \\& <b>|"),
        ("👩\u200d🔬", "👩\u200d🔬"),
        ("\x1b[31mred", "[31mred"),
        ("한\n글", "한 글"),
    ],
)
def test_what_becomes_of_wrapped_and_decorated_text(text: str, line: str) -> None:
    assert normalise(text) == line


@given(texts)
@example("\u0345")
@example("ᾳ")
@example("ﬃ Ⅷ")
@example("ϓ\u0301")
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(texts)
def test_titles_that_differ_in_case_spacing_or_punctuation_fold_alike(text: str) -> None:
    assert fold(f"  {text}!") == fold(text)
    assert fold(normalise(text)) == fold(text)


def test_different_titles_stay_different() -> None:
    assert fold("SongGen: A Model") == fold("songgen -- a  MODEL") == "songgen a model"
    assert fold("GPT-4") != fold("GPT-5")
    assert fold("모델") != fold("모델링")


@pytest.mark.parametrize(
    ("count", "noun", "words"),
    [
        (1, "paper", "1 paper"),
        (0, "paper", "0 papers"),
        (1200, "request", "1,200 requests"),
        (1, "summary", "1 summary"),
        (2, "summary", "2 summaries"),
        (2, "day", "2 days"),
    ],
)
def test_a_count_takes_the_plural_it_needs(count: int, noun: str, words: str) -> None:
    assert counted(count, noun) == words


@given(st.text(alphabet="ab ,.가", max_size=60), st.integers(1, 40))
def test_what_is_shortened_is_short_and_says_so(text: str, most: int) -> None:
    short = shorten(text, most)
    assert len(short) <= most
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))
