"""What a check goes by is told in the reader's language; numbers and names in it stay as they are."""

import re

import pytest

from assay.claims.check import check
from assay.papers.models import Paper, Parts
from assay.publish.checks import explain
from assay.publish.grounds import given_of, ground

PAPER = Paper(
    id="9912.99901",
    title="Gullwing: pruning a cache by tides",
    abstract=(
        "Gullwing raises accuracy on ToyBench from 57.2% to 70.8%. It cuts latency by 26% and memory by 70%. "
        "It answers 205,312 questions."
    ),
)


@pytest.mark.parametrize(
    ("why", "korean"),
    [
        ("metric", "지표"),
        ("data set", "데이터셋"),
        ("not in title and abstract", "제목, 초록에 없음"),
        ("not in title, abstract and full text v2", "제목, 초록, 본문 v2에 없음"),
        ("from 57.2% to 70.8%", "57.2% → 70.8%"),
        ("what 60% leaves", "60%을(를) 뺀 나머지"),
        ("what 60% leaves of 90", "90에서 60%을(를) 뺀 나머지"),
        ("beside 95.7%, the paper has 43.1%", "95.7%와(과) 짝을 이루는 값은 논문에 43.1%"),
        ("30 to 45", "30 to 45"),  # no words for it
        ("", ""),
    ],
)
def test_reasons_in_korean(why: str, korean: str) -> None:
    assert ground(why, "ko") == korean
    assert ground(why, "en") == why


def test_what_it_is_of() -> None:
    assert given_of("latency, not memory", "ko") == "latency (memory 아님)"
    assert given_of("latency, not memory", "en") == "latency, not memory"
    assert given_of("latency", "ko") == "latency"
    assert given_of("not MindCube", "ko") == "MindCube 아님"


def test_a_korean_reader_is_told_in_korean() -> None:
    summary = Parts(
        result="메모리를 26% 줄인다. 질문 205,213개에 답한다. 정확도가 57.2%에서 74.9%로 오른다. 99.9를 얻는다."
    )
    told = [explain(each, "ko") for each in check(summary, PAPER, language="ko").figures]
    assert [re.sub(r";? ?“[^”]*”", "", each) for each in told] == [
        "논문에서는 다른 것의 수치임: latency (memory 아님); 지표",
        "논문에는 205,312; 같은 대상, 다른 수치",
        "",
        "논문에는 70.8%; 57.2%와(과) 짝을 이루는 값은 논문에 70.8%",
        "제목, 초록에 없음",
    ]
