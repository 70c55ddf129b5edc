"""Kinds of sentences in which a right figure was once flagged, or a figure of something else supported."""

import pytest

from assay.claims.check import check
from assay.papers.models import Paper, Parts

_BEATS = (
    "Gullwing lifts ToyBench accuracy from 61.0% to 70.2% and LakeBench from 40.1% to 52.6%, even surpassing GPT-4o."
)
_LEVEL = "Gullwing reaches 52.6% on LakeBench, surpassing GPT-4o. On LakeBench, TideCache gets 41.5%."
_CUTS = "Gullwing achieves 8% and 5% reductions in cost."
_DROP = "With only a 0.4% drop in ToyBench score, Gullwing-Q achieves 1.69x and 2.27x speedups."
_LONG = "Gullwing delivers a 1.5x speedup at a 64k context. Accuracy is 71.3%."
_CACHED = "Cached queries take 12 ms, queries without a cache 90 ms."
_VOTES = "Gullwing improves human preference by 6% on a dataset of 1.2 million votes."
_SCANS = (
    "Gullwing is tested on 210 scans of the LakeSet dataset. The LakeSet dataset is public. It learns from CT volumes."
)
_FREE = "Gullwing saves 35% of cost and needs no labels."


@pytest.mark.parametrize(
    ("abstract", "language", "text"),
    [
        (_BEATS, "en", "Gullwing scores 52.6% on LakeBench, where it stood at 40.1%."),
        (_BEATS, "ko", "Gullwing은 LakeBench에서 52.6%로 GPT-4o를 앞선다."),
        (_LEVEL, "en", "Gullwing gets 52.6% on LakeBench, above GPT-4o."),
        (_LEVEL, "ko", "LakeBench에서 Gullwing은 52.6%를 얻어 GPT-4o와 TideCache를 앞선다."),
        (_CUTS, "en", "It cuts cost by 8%."),
        (_CUTS, "ko", "비용을 8% 줄인다."),
        (_DROP, "en", "Gullwing-Q is 1.69x faster."),
        (_DROP, "ko", "Gullwing-Q는 1.69배 빠르다."),
        (_LONG, "en", "With 64k tokens of context Gullwing runs 1.5 times as fast."),
        (_LONG, "ko", "토큰 64,000개의 문맥에서 Gullwing은 1.5배 빠르다."),
        (_CACHED, "ko", "캐시를 쓰는 질의는 12 ms, 쓰지 않는 질의는 90 ms가 걸린다."),
        (_FREE, "en", "It does not need labels and saves 35% of cost."),
        (_VOTES, "ko", "사람 투표 120만 개 데이터에서 선호도를 6% 높인다."),
        (_SCANS, "ko", "CT 스캔은 210건이다."),
        (_SCANS, "en", "The CT scans are 210 in number."),
    ],
)
def test_a_right_figure_is_supported(abstract: str, language: str, text: str) -> None:
    found = _states(abstract, language, text)
    assert found
    assert [each for each in found if each[1] != "supported"] == []


@pytest.mark.parametrize(
    ("abstract", "language", "text", "figures"),
    [
        (_LEVEL, "en", "GPT-4o scores 52.6% on LakeBench.", "52.6%"),
        (_LEVEL, "ko", "GPT-4o는 LakeBench에서 52.6%를 기록했다.", "52.6%"),
        (_BEATS, "en", "GPT-4o has an accuracy of 70.2% on ToyBench.", "70.2%"),
    ],
)
def test_a_figure_of_something_else_is_flagged(abstract: str, language: str, text: str, figures: str) -> None:
    flagged = [name for name, state in _states(abstract, language, text) if state in {"misattributed", "contradicted"}]
    assert flagged == figures.split()


def _states(abstract: str, language: str, text: str) -> list[tuple[str, str]]:
    paper = Paper(id="9912.99901", title="Gullwing: pruning a cache by tides", abstract=abstract)
    return [(each.text, each.state.value) for each in check(Parts(result=text), paper, language=language).figures]
