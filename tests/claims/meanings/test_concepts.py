"""Metric words of both languages are concepts, and it is known which of them surely differ."""

import pytest

from assay.claims.meanings.concepts import concepts_of, conflict, turned


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        ("accuracy", "정확도"),
        ("inference latency", "지연 시간"),
        ("response time", "응답 시간"),
        ("GPU memory", "메모리 사용량"),
        ("KV cache size", "KV 캐시"),
        ("throughput", "처리량"),
        ("success rate", "성공률"),
        ("win rate", "승률"),
        ("error rate", "오류율"),
        ("recall", "재현율"),
        ("training cost", "학습 비용"),
        ("FLOPs", "연산량"),
        ("perplexity", "퍼플렉시티"),
        ("FID", "FID 점수"),
        ("pass@1", "pass@1"),
        ("videos", "영상"),
        ("languages", "언어"),
        ("papers", "논문"),
        ("data sets", "데이터셋"),
        ("benchmarks", "벤치마크"),
    ],
)
def test_one_concept_in_both_languages(english: str, korean: str) -> None:
    assert concepts_of(english)
    assert concepts_of(english) & concepts_of(korean)


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("accuracy", "지연 시간", True),
        ("F1", "정확도", True),
        ("memory", "지연 시간", True),
        ("precision", "재현율", True),
        ("videos", "질문", True),
        ("BLEU", "ROUGE", True),
        ("speed", "지연 시간", False),
        ("memory", "비용", False),
        ("accuracy", "성능", False),
        ("accuracy", "오류율", False),
        ("accuracy", "그 밖의 것", False),
        ("accuracy", "", False),
    ],
)
def test_which_surely_differ(one: str, other: str, apart: bool) -> None:
    assert conflict(concepts_of(one), concepts_of(other)) is apart
    assert conflict(concepts_of(other), concepts_of(one)) is apart


@pytest.mark.parametrize(
    ("one", "other", "other_way"),
    [
        ("speed", "지연 시간", True),
        ("throughput", "latency", True),
        ("accuracy", "오류율", True),
        ("accuracy", "정확도", False),
        ("accuracy", "지연 시간", False),
        ("accuracy", "", False),
    ],
)
def test_the_same_counted_the_other_way(one: str, other: str, other_way: bool) -> None:
    assert turned(concepts_of(one), concepts_of(other)) is other_way


def test_a_general_word_beside_a_metric_adds_nothing() -> None:
    assert conflict(concepts_of("FID 점수"), concepts_of("accuracy score"))
