"""The contrary of a statement: another figure, or the other direction."""

import pytest

from assay.writing.contraries import another_figure, turned_round


@pytest.mark.parametrize(
    ("sentence", "figure", "other"),
    [
        ("It cuts the cache by 48.7%.", "48.7%", "It cuts the cache by 34.1%."),
        ("It has 12,500 items.", "12,500", "It has 8,750 items."),
        ("It takes 2 of 3 steps.", "2", "It takes 1 of 3 steps."),
        ("It wins once: 0 times.", "0", "It wins once: 2 times."),
        ("It is 1.5x faster.", "1.5x", "It is 2.4x faster."),
        ("It gains 3-5%.", "3-5%", "It gains 2-4%."),
        ("It gains at least 50%.", "50%", "It gains at least 80%."),  # at least 35% would be so, too
        ("캐시를 48.7% 줄인다.", "48.7%", "캐시를 34.1% 줄인다."),
        ("메모리를 50% 이상 줄인다.", "50%", "메모리를 80% 이상 줄인다."),
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
        ("Gullwing outperforms GPT-4o.", "Gullwing trails GPT-4o."),
        ("Gullwing does not outperform GPT-4o.", "Gullwing does not trail GPT-4o."),
        ("It has the best F1 and a lower latency.", "It has the best F1 and a higher latency."),
        ("As the cache size grows, accuracy rises.", "As the cache size grows, accuracy falls."),
        ("Larger caches go with higher accuracy.", "Larger caches go with lower accuracy."),
        ("Better caches help.", "Better caches hurt."),
        ("It is more accurate.", "It is less accurate."),
        ("It sees an increase.", ""),
        ("We use Faster R-CNN.", ""),
        ("We use best-of-N.", ""),
        ("It prunes a cache.", ""),
    ],
)
def test_what_compares_is_turned_round(sentence: str, contrary: str) -> None:
    assert turned_round(sentence) == contrary
