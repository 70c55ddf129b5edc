"""A Korean sentence says which way a figure goes, and who is better by it, in its own order of words."""

import pytest

from assay.claims.context import Text
from assay.claims.meanings.bilingual import BilingualReader
from assay.claims.meanings.meaning import Reading
from assay.claims.naming.named import OWN, Named

_PAPER = "Gullwing outperforms TideCache by 4.3% in accuracy. Compared with TideCache, it reduces memory by 70%."


def _read(sentence: str) -> list[Reading]:
    reader = BilingualReader(Named([_PAPER], "Gullwing"))
    return [reader.read(figure) for figure in Text.of("summary", sentence).figures]


@pytest.mark.parametrize(
    ("sentence", "signs"),
    [
        ("메모리를 70%, 지연 시간을 26% 줄인다.", [-1, -1]),
        ("메모리를 70%, 지연 시간을 26% 늘린다.", [1, 1]),
        ("메모리 사용은 70%, 지연은 26% 증가하는 것으로 나타났다.", [1, 1]),
        ("재현율 하락은 5.1포인트였다.", [-1]),
        ("지연 시간 증가율은 26%다.", [1]),
        ("메모리는 70% 더 든다.", [1]),
        ("메모리는 70% 덜 든다.", [-1]),
        ("정확도는 70.8%다.", [0]),
    ],
)
def test_which_way_each_figure_goes(sentence: str, signs: list[int]) -> None:
    assert [reading.way.direction for reading in _read(sentence)] == signs


@pytest.mark.parametrize(
    ("sentence", "better", "worse"),
    [
        ("Gullwing은 정확도에서 TideCache를 4.3% 웃돈다.", {OWN}, {"tidecache"}),
        ("Gullwing은 정확도에서 TideCache를 4.3% 밑돈다.", {"tidecache"}, {OWN}),
        ("TideCache는 정확도에서 4.3% 앞섰다.", {"tidecache"}, set()),
        ("TideCache는 정확도에서 4.3% 뒤처진다.", set(), {"tidecache"}),
        ("TideCache보다 정확도가 4.3% 높은 Gullwing을 제안한다.", {OWN}, {"tidecache"}),
        ("TideCache의 정확도가 4.3% 더 낮았다.", set(), {"tidecache"}),
    ],
)
def test_who_is_better_by_a_figure(sentence: str, better: set[str], worse: set[str]) -> None:
    (reading,) = _read(sentence)
    assert (set(reading.rank.better), set(reading.rank.worse)) == (better, worse)


@pytest.mark.parametrize(
    ("sentence", "is_denied"),
    [
        ("정확도는 70.8%에 미치지 못한다.", True),
        ("메모리는 70%가 아니라 7% 줄어든다.", True),
        ("메모리를 70% 줄이고도 정확도를 잃지 않는다.", False),
        ("메모리가 70% 줄어드는데, 정확도의 차이가 아니라 비율이다.", False),
    ],
)
def test_what_is_denied_is_the_figure_itself(sentence: str, *, is_denied: bool) -> None:
    assert bool(_read(sentence)[0].denied) is is_denied


def test_a_clause_of_its_own_gives_no_direction_to_a_figure_before_it() -> None:
    speed, time = _read("속도가 4.5배가 되고 프리필 시간이 28배 줄어든다.")
    assert (speed.way.direction, time.way.direction) == (0, -1)


def test_an_english_sentence_is_read_as_before() -> None:
    (reading,) = _read("It reduces memory by 70%.")
    assert reading.way.direction == -1
