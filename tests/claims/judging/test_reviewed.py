"""Sentences at which a reader of the rules found them wrong: odd sizes, long words, what is denied on both sides."""

import pytest

from assay.claims.check import check
from assay.papers.models import Paper, Parts


def state(abstract: str, text: str) -> list[str]:
    language = "ko" if any("가" <= sign <= "힣" for sign in text) else "en"
    source = Paper(id="9912.99904", title="Gullwing: a cache of tides", abstract=abstract)
    return [figure.state.value for figure in check(Parts(result=text), source, language=language).figures]


@pytest.mark.parametrize(
    ("abstract", "right", "wrong"),
    [
        (
            "It scores 41.3%, falling short of experts.",
            "It scores 41.3% but cannot beat experts.",
            "It scores 41.3%, exceeding experts.",
        ),
        (
            "It scores 41.3%, exceeding experts.",
            "It scores 41.3%, beating experts.",
            "It scores 41.3% and does not exceed experts.",
        ),
        ("It falls short of a 340B model.", "It does not match a 340B model.", "It matches a 340B model."),
        (
            "It labels 30 images per minute.",
            "It labels 30 images in the second stage.",
            "It labels 30 images per second.",
        ),
        ("It handles 30.5 images per second.", "초당 이미지 30.5장을 처리한다.", "1분에 30.5장을 처리한다."),
        ("It labels 12 types of errors and 40 categories of text.", "It labels 12 categories of errors.", ""),
        ("It gains more than 5.2 points on ToyBench.", "It not only gains more than 5.2 points but is fast.", ""),
        ("It has 400 English and 400 Chinese tasks.", "It has 800 tasks.", ""),
        # A kind of metric is the metric, and its name may hold another one's.
        ("It reaches an RMSE of 2.43 mm.", "Its error is 2.43 mm.", ""),
        ("It has a recall@1 of 64.1% and an F1 of 58%.", "Its recall is 64.1%.", "Its F1 is 64.1%."),
        (
            "It raises the error recovery rate by 5.7% and accuracy by 4%.",
            "오류 복구율이 5.7% 오른다.",
            "오류 복구율이 5.7% 떨어진다.",
        ),
        ("It brings perplexity gains of 3.4%.", "It improves perplexity by 3.4%.", ""),
        # A unit behind words that tell more of it is the unit.
        ("It is ahead by 24.1 average IoU points.", "It is 24.1 points of IoU ahead.", "It is 24.1% of IoU ahead."),
        ("The agents used 24 active days for it.", "The agents used 24 active days.", ""),
        # The dictionary has what no table of metrics and counted things has.
        (
            "It has 1,000 linear and 3,000 circular arrays.",
            "선형 배열 1,000개와 원형 배열 3,000개가 있다.",
            "원형 배열 1,000개와 선형 배열 3,000개가 있다.",
        ),
        # What lies between two levels, told in Korean.
        ("Gullwing raises pass@1 from 69.7% to 77.0%.", "pass@1을 7.3%p 끌어올린다.", ""),
        (
            "It finds 73% and 77% of the issues, beating experts at 57% and 63%.",
            "문제의 73%와 77%를 찾는다. 전문가보다 각각 16%p, 14%p 높은 수치다.",
            "",
        ),
        # A Korean phrase may have two nouns, either of which is counted.
        ("It covers 54 languages and 12 tasks of images.", "54개 언어 이미지를 다룬다.", "54개 과제를 다룬다."),
        # How far from what: behind, below, ahead of, or lost.
        ("It trails experts by 17%.", "It is over 17% behind experts.", "It is 17% ahead of experts."),
        (
            "It improves accuracy by 7.6% over the best baseline.",
            "It has 7.6% more accuracy.",
            "Accuracy ends 7.6% below the best baseline.",
        ),
        ("Its error is 7.6% below TideCache.", "It cuts the error by 7.6% over TideCache.", ""),
        ("Memory use gains 12%.", "메모리 사용이 12% 늘어난다.", "메모리 사용이 12% 줄어든다."),
        ("It gains 5.2% in quality over TideCache.", "Quality is 5.2% higher.", "It loses 5.2% in quality."),
        ("It speeds inference up 2.5x.", "추론이 2.5배 빨라진다.", "추론을 2.5배 늦춘다."),
        ("It reduces false positives by 52%.", "오탐이 52% 적다.", "오탐이 52% 많다."),
    ],
)
def test_what_was_judged_wrongly(abstract: str, right: str, wrong: str) -> None:
    assert set(state(abstract, right)) <= {"supported", "unsupported"}
    assert "supported" in state(abstract, right)
    if wrong:
        assert state(abstract, wrong)[-1] == "misattributed"


def test_a_model_without_parameters_is_no_divisor() -> None:
    assert state("We use a 0B stub, Toy-0B, and a 7B model.", "One is 5 times larger than the other.") == [
        "unsupported"
    ]


def test_a_word_of_many_parts_is_read_at_once() -> None:
    long = "-".join(["Kolmogorov", "Arnold"] * 40)
    assert state(f"A 7B {long} transformer reaches 61%.", f"A 7B {long} transformer is fine.") == ["supported"]


@pytest.mark.parametrize(
    ("abstract", "text"),
    [
        ("We train on 0.5M images.", "It trains on 0.5m images."),
        ("We train a 0.6M parameter model.", "It is a 0.6m parameter model."),
        ("The errors cost $2M in total.", "The errors cost $2m in total."),
        ("It has an L2 error of 0.32m on ToyBench.", "The L2 error is 32 cm."),
        ("It succeeds in 60% of the cases.", "성공률은 열에 여섯"),
    ],
)
def test_a_letter_behind_a_number_is_metres_only_of_lengths(abstract: str, text: str) -> None:
    assert state(abstract, text) == ["supported"]


def test_names_with_hyphens_between_digits_are_compared_and_words_are_no_families() -> None:
    source = Paper(id="9912.99905", title="TideSet-2025: a set", abstract="We propose TideSet-2025. Models score 50%.")
    text = "Models score 50% on TideSet-2024-11, under Clause 3 of the licence."
    assert [name.near for name in check(Parts(result=text), source, language="en").names if name.near] == []


@pytest.mark.parametrize(
    "text", ["Its rate 1:0 is up by 24.7%.", "Its ratio is 0:1, and 24.7% better.", "0B, 0% and 24.7%."]
)
def test_parts_that_are_nothing_or_all_divide_nothing(text: str) -> None:
    assert "supported" in state("It scores 31.25% more. Success rises by 24.7%.", text)
