"""Figures that follow from others, told as what they are, beside wrong ones told in the same way.

In a wrong sentence the figure in braces follows from nothing that belongs together.
"""

import re

import pytest

from assay.claims.check import check
from assay.papers.models import Paper, Parts

ABSTRACT = (
    "KelpBench has 40 tasks and 25 user profiles, which yield 1,000 queries over 12 domains. We train a 9B student, "
    "which matches the much larger Basalt-R1-270B, on 150K problems and another 300K examples. The best agent, Quartz, "
    "solves 38.5% of the tasks, while Granite reaches only 20.1%. It keeps up to 90% of the base capability at ratios "
    "of 1:4 and 1:16 in a single forward pass, with an error of 0.32m and zero violations on hundreds of scenes."
)
RIGHT = {
    "en": (
        "It has 1,000 queries for 40 tasks, 25 queries a task.",
        "A 9B student ties a model 30 times its size.",
        "It learns from 150K problems and 300K examples, 450K in all.",
        "Quartz solves 38.5%, 18.4 points ahead of Granite.",
        "The context shrinks to as little as a sixteenth.",
        "The loss is as little as 10% of the base capability.",
        "The error is 32 cm.",
        "Of 40 tasks and 25 profiles there are 1,000 combinations.",
    ),
    "ko": (
        "과제 마흔 개와 프로필 스물다섯 개로 질의 천 개를 만들었고, 과제 하나에 질의가 스물다섯 개꼴이다.",
        "9B 모델이 서른 배 큰 Basalt-R1-270B와 맞먹는다.",
        "오차는 32cm이고 문맥은 16분의 1까지 줄어든다.",
        "기본 능력 손실은 적게는 10%에 그친다.",
        "질의는 1천 개에 조금 못 미친다.",
    ),
}
WRONG = {
    "en": (
        "It has 1,000 queries for 40 tasks, {33 queries} a task.",
        "A 9B student ties a model {48 times} its size.",
        "It learns from 150K problems and 300K examples, {480K} in all.",
        "Quartz solves 38.5%, {14.8 points} ahead of Granite.",
        "The loss is as little as {14%} of the base capability.",
        "The error is {23 cm}.",
        "Of 40 tasks and 25 profiles there are {1,200} combinations.",
    ),
    "ko": (
        "과제 마흔 개에 질의 천 개이니 과제 하나에 질의가 {서른다섯} 개꼴이다.",
        "9B 모델이 {쉰 배} 큰 Basalt-R1-270B와 맞먹는다.",
        "기본 능력 손실은 적게는 {14%}에 그친다.",
    ),
}


def judged(text: str, language: str) -> list[tuple[str, int, str]]:
    """What is said of each figure, and where it begins."""
    paper = Paper(id="9912.99901", title="KelpBench: queries of many users", abstract=ABSTRACT)
    found = check(Parts(result=text), paper, language=language).figures
    return [(each.text, each.start, each.state.value) for each in found]


@pytest.mark.parametrize(("language", "text"), [(language, text) for language in RIGHT for text in RIGHT[language]])
def test_what_follows_is_supported(language: str, text: str) -> None:
    found = judged(text, language)
    assert found
    assert [each for each in found if each[2] != "supported"] == []


@pytest.mark.parametrize(("language", "text"), [(language, text) for language in WRONG for text in WRONG[language]])
def test_what_does_not_follow_is_not_supported(language: str, text: str) -> None:
    match = re.search(r"\{[^}]*\}", text)
    assert match is not None
    found = judged(re.sub(r"[{}]", "", text), language)
    assert [each for each in found if each[1] == match.start() and each[2] == "supported"] == []


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("en", "One forward pass is enough.", "One"),
        ("en", "There are no violations.", "no"),
        ("en", "Hundreds of scenes were tried.", "Hundreds"),
        ("ko", "전방 패스 한 번이면 된다.", ""),
    ],
)
def test_words_for_one_and_none_are_never_called_wrong(language: str, text: str, words: str) -> None:
    found = judged(text, language)
    assert {each[2] for each in found} <= {"supported"}
    assert not words or words in {each[0] for each in found}


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("TideComp has 700 questions.", "supported"),
        ("TideComp has 300 English questions.", "supported"),
        ("TideComp has 1,200 questions.", "contradicted"),
        ("TideComp is of 316 books.", "contradicted"),
    ],
)
def test_two_counts_of_one_noun_are_counted_together(text: str, state: str) -> None:
    abstract = "TideComp has 300 English and 400 Chinese hard questions. It names 12 authors and 304 books."
    source = Paper(id="9912.99903", title="TideComp: questions of tides", abstract=abstract)
    assert [figure.state.value for figure in check(Parts(result=text), source, language="en").figures] == [state]
