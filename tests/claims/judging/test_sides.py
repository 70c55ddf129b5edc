"""The two sides of a comparison that have no names: exchanged, the figure is misattributed, in either language."""

import pytest

from assay.claims.check import check
from assay.papers.models import Paper, Parts

CUES = "The distance cue exerts 8.7 times more influence than the goal."
CHECKED = "Workflows that pass verification outperform the failing ones by 11.9%."
REPLAY = "Replay refinement is three times closer to the track than regeneration from noise."
WHERE = "Sandbar brings a gain of 5.2% over earlier work in mathematical reasoning on images."
PIPELINE = "Optical reasoning is 1.96x faster than running a text pipeline."
OVERTAKEN = "Sandbar lifts GPT-4o by 5.2% and surpasses Claude 3.5 by 1.4%."
PROMPTS = "In creative writing, Sandbar raises diversity by 2.1x over direct prompting."


@pytest.mark.parametrize(
    ("abstract", "language", "straight", "crosswise"),
    [
        (
            CHECKED,
            "en",
            "Workflows that pass are 11.9% better than those failing.",
            "Workflows failing the verification are 11.9% better than those that pass.",
        ),
        (
            PIPELINE,
            "en",
            "Optical reasoning is 1.96x faster than a text pipeline.",
            "A text pipeline is 1.96x faster than optical reasoning.",
        ),
        (
            CUES,
            "en",
            "Distance has 8.7 times more influence than the goal.",
            "A goal has 8.7 times more influence than distance.",
        ),
        (
            REPLAY,
            "ko",
            "재생 정제가 노이즈에서 다시 만드는 것보다 세 배 더 가깝다.",
            "노이즈에서 다시 생성하는 쪽이 재생 정제보다 세 배 더 가깝다.",
        ),
        (
            PROMPTS,
            "ko",
            "Sandbar는 직접 프롬프트보다 2.1배 다양하다.",
            "직접 프롬프트가 Sandbar보다 2.1배 다양하다.",
        ),
    ],
)
def test_exchanged_sides_are_told(abstract: str, language: str, straight: str, crosswise: str) -> None:
    assert _states(abstract, language, straight) == ["supported"]
    assert _states(abstract, language, crosswise) == ["misattributed"]


@pytest.mark.parametrize(
    ("abstract", "language", "text"),
    [
        (CHECKED, "en", "Failing workflows are 11.9% worse than those that pass."),
        (CUES, "en", "Distance has 8.7 times more influence."),
        (CUES, "en", "The influence of distance is 8.7 times as large."),
        (REPLAY, "ko", "재생 정제는 세 배 더 가깝다."),
        (WHERE, "ko", "영상의 수학 추론에서 종래 연구보다 5.2% 향상된다."),
        (WHERE, "en", "In mathematical reasoning on images it gains 5.2% over what came before."),
        (OVERTAKEN, "ko", "GPT-4o를 5.2% 높여 Claude 3.5를 넘어선다."),
    ],
)
def test_the_other_way_round_or_one_side_alone_is_right(abstract: str, language: str, text: str) -> None:
    assert _states(abstract, language, text) == ["supported"]


def _states(abstract: str, language: str, text: str) -> list[str]:
    paper = Paper(id="9912.99905", title="Comparing sides", abstract=abstract)
    return [each.state.value for each in check(Parts(result=text), paper, language=language).figures]
