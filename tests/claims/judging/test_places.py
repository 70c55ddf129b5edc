"""Faint signs, weighed together, tell two figures that have changed places; where they say nothing, nothing is told."""

import math
from itertools import product

import pytest

from assay.claims.check import check
from assay.claims.judging.places import FORM, learnt_weights, score
from assay.claims.meanings.nearness import SORTS
from assay.papers.models import Paper, Parts

SCENES = "Gullwing attains 2.15 FID on ToyScenes 256x256 and 2.84 FID on ToyScenes 512x512."
JOINT = "Gullwing raises the average score from 54.3 (joint training) to 57.0 on ToyBench."


@pytest.mark.parametrize(
    ("abstract", "language", "straight", "crosswise"),
    [
        (
            "In speech recognition, recall rose to 35.4% in 12 hours; in translation accuracy rose to 0.79 in 4 hours.",
            "en",
            "Speech recognition got to 35.4% within 12 hours, and translation to 0.79 in 4 hours.",
            "Speech recognition got to 35.4% within 4 hours, and translation to 0.79 in 12 hours.",
        ),
        (
            "The suite has 1,102 questions spanning 11 reasoning categories and 9 visual degradation types.",
            "ko",
            "질문 1,102개는 추론 범주 11개와 열화 유형 9개에 걸쳐 있다.",
            "질문 1,102개는 추론 범주 9개와 열화 유형 11개에 걸쳐 있다.",
        ),
        (
            JOINT,
            "ko",
            "ToyBench 평균은 합동 학습 때 54.3, Gullwing을 쓰면 57.0이다.",
            "ToyBench 평균은 합동 학습 때 57.0, Gullwing을 쓰면 54.3이다.",
        ),
    ],
)
def test_what_fits_crosswise_by_all_signs_has_changed_places(
    abstract: str, language: str, straight: str, crosswise: str
) -> None:
    assert set(_states(abstract, language, straight)) == {"supported"}
    assert _states(abstract, language, crosswise).count("misattributed") == len(("one", "other"))


@pytest.mark.parametrize(
    "text",
    [
        "The FID is 2.84, or else 2.15.",  # nothing that would tell them apart
        "It is 2.84 on ToyScenes 256x256, and 2.84 on another; 2.15 elsewhere.",  # which of two is told of is unclear
        "FID rises from 2.15 to 2.84 on ToyScenes 256x256.",  # what is said goes for both ends
    ],
)
def test_figures_that_cannot_be_told_apart_have_not_changed_places(text: str) -> None:
    paper = Paper(id="9912.99903", title="Gullwing: counting by tides", abstract=SCENES)
    assert "exchanged" not in {each.why for each in check(Parts(result=text), paper, language="en").figures}


def test_the_form_of_a_sentence_alone_is_no_reason() -> None:
    assert score({"same order": -0.5}, {"bias": 5.0, "same order": -1.0}) == -math.inf
    assert score({"same order": -0.5, "nearer.name": 1.0}, {"bias": 0.0, "same order": -1.0, "nearer.name": 1.0}) == 1.5


def test_every_sign_has_a_weight() -> None:
    of_things = {f"{way}.{sort}" for way, sort in product(("nearer", "crosswise", "straight"), SORTS)}
    assert set(learnt_weights()) == of_things | FORM | {"bias", "counted"}


def _states(abstract: str, language: str, text: str) -> list[str]:
    paper = Paper(id="9912.99903", title="Gullwing: counting by tides", abstract=abstract)
    return [each.state.value for each in check(Parts(result=text), paper, language=language).figures]
