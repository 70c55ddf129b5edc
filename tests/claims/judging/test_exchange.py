"""Two figures that have changed places are both misattributed; as they stand in the paper, both are supported."""

import pytest

from assay.claims.check import check
from assay.claims.meanings.lexicon import concepts
from assay.papers.models import Paper, Parts

TRACKS = "Gullwing reaches rates of 89.4%, 73.3% and 74.1% on the solo, crowded, and foggy routes of HarbourBench."
CALLS = "Gullwing lowers tool invocations to 3.2% of all queries and shortens average replies by 69.1%."
SIZES = "With Heron-2B and 5B, Gullwing slows inference by only 8% and 13%, respectively."
LATENCY = "Gullwing has 72.0 ms inference latency with 41.5 ms start-up delay."


@pytest.mark.parametrize(
    ("abstract", "language", "straight", "crosswise"),
    [
        (
            CALLS,
            "ko",
            "질의의 도구 호출 비율은 3.2%, 평균 응답 길이의 감소는 69.1%다.",
            "질의의 도구 호출 비율은 69.1%, 평균 응답 길이의 감소는 3.2%다.",
        ),
        (
            SIZES,
            "ko",
            "추론은 Heron-2B에서 8%, Heron-5B에서 13% 느려진다.",
            "추론은 Heron-2B에서 13%, Heron-5B에서 8% 느려진다.",
        ),
        (
            SIZES,
            "en",
            "Inference is 8% slower on Heron-2B and 13% slower on Heron-5B.",
            "Inference is 13% slower on Heron-2B and 8% slower on Heron-5B.",
        ),
        (
            LATENCY,
            "en",
            "A start-up takes 41.5 ms, an inference 72.0 ms.",
            "A start-up takes 72.0 ms, an inference 41.5 ms.",
        ),
    ],
)
def test_exchanged_figures_are_told(abstract: str, language: str, straight: str, crosswise: str) -> None:
    assert set(_states(abstract, language, straight)) == {"supported"}
    assert set(_states(abstract, language, crosswise)) == {"misattributed"}


@pytest.mark.parametrize(
    "text",
    [
        "The solo routes have 89.4%, the crowded ones 73.3%, the foggy ones 74.1%.",
        "It has 73.3% in a crowd, and 89.4% alone.",
        "Gullwing gets 89.4% and 73.3%, and 74.1% in fog.",
    ],
)
def test_figures_in_another_order_are_not_exchanged(text: str) -> None:
    assert set(_states(TRACKS, "en", text)) == {"supported"}


@pytest.mark.parametrize(
    ("english", "korean"),
    [("tool invocations", "도구 호출"), ("expert judgments", "전문가 판단"), ("the verified proof", "검증된 증명")],
)
def test_a_word_and_its_translation_are_one_concept(english: str, korean: str) -> None:
    keys = [[span.key for span in concepts(text, 0, len(text))] for text in (english, korean)]
    assert keys[0] == keys[1] != []


def _states(abstract: str, language: str, text: str) -> list[str]:
    paper = Paper(id="9912.99903", title="Gullwing: counting by tides", abstract=abstract)
    return [each.state.value for each in check(Parts(result=text), paper, language=language).figures]
