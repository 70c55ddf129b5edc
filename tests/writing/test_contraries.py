"""The contrary of a statement: another figure, or the other direction."""

import pytest

from assay.writing.contraries import another_figure, turned_round


@pytest.mark.parametrize(
    ("sentence", "figure", "other"),
    [
        ("It cuts the cache by 48.7%.", "48.7%", "It cuts the cache by 34.1%."),
        ("It has 12,500 items.", "12,500", "It has 8750 items."),
        ("It takes 2 of 3 steps.", "2", "It takes 1 of 3 steps."),
        ("It wins once: 0 times.", "0", "It wins once: 2 times."),
        ("캐시를 48.7% 줄인다.", "48.7%", "캐시를 34.1% 줄인다."),
    ],
)
def test_another_figure_stands_in_its_place(sentence: str, figure: str, other: str) -> None:
    start = sentence.index(figure)
    told = another_figure(sentence, (start, start + len(figure)))
    assert told is not None
    words, (begin, end) = told
    assert words == other
    assert words[:begin] == sentence[:start]
    assert words[end:] == sentence[start + len(figure) :]


def test_a_figure_in_words_has_no_contrary() -> None:
    assert another_figure("It is twice as fast.", (6, 11)) is None


@pytest.mark.parametrize(
    ("sentence", "contrary"),
    [
        ("Gullwing outperforms GPT-4o.", "Gullwing is outperformed by GPT-4o."),
        ("It has the best F1 and a lower latency.", "It has the worst F1 and a higher latency."),
        ("Better caches help.", "Worse caches help."),
        ("We use best-of-N.", ""),
        ("It prunes a cache.", ""),
    ],
)
def test_what_compares_is_turned_round(sentence: str, contrary: str) -> None:
    assert turned_round(sentence) == contrary
