"""Korean summaries: who wins, what is so many times something else, whose size, of what: right and exchanged."""

import pytest

from assay.claims.check import check
from assay.papers.models import Paper, Parts

WINS = "We propose Sandbar. It outperforms Pebble Chat on seven of eight coding benchmarks."
PREFERRED = "Editing yields drafts that are preferred over the originals by human experts 79% of the time."
PARTS = "On average, agents achieve less than 0.15x the expert speedup."
TOKENS = "With 65% as many training tokens as Pebble, Sandbar approaches Pebble on coding."
HALVES = "We train a family of 0.6B-encoder, 4B-decoder models."
SETS = "The best model, Pebble-2, achieves 95.22% accuracy on TideQA but only 46.93% on TideQA-V."
LANGUAGES = "We study 30 languages and 6 open-source LLM families."
ERRORS = "Sandbar achieves performance gains of up to 29.16%, while decreasing total errors by up to 92.3%."
ADDED = "Sandbar adds only 0.02x additional computational cost, improving accuracy by up to +12.5 points."
SPREAD = "Across eleven configurations, overall scores span 38.6-50.2."
RIVALS = "We propose Sandbar. Sandbar achieves success rates of 86.8% while Pebble-2 achieves around 40%."


@pytest.mark.parametrize(
    ("abstract", "straight", "crosswise"),
    [
        (
            WINS,
            "코딩 벤치마크 8개 중 7개에서 Sandbar가 Pebble Chat보다 좋았다.",
            "코딩 벤치마크 8개 중 7개에서 Pebble Chat이 Sandbar보다 좋았다.",
        ),
        (PREFERRED, "전문가는 79% 비율로 고친 글을 원본보다 선호했다.", "전문가는 79% 비율로 원본을 택했다."),
        (PARTS, "에이전트가 얻은 가속은 전문가의 0.15배도 안 된다.", "전문가가 얻은 가속은 에이전트의 0.15배다."),
        (HALVES, "0.6B 인코더와 4B 디코더를 학습했다.", "4B 인코더와 0.6B 디코더를 학습했다."),
    ],
)
def test_exchanged_subjects_are_told(abstract: str, straight: str, crosswise: str) -> None:
    assert set(_states(abstract, straight)) == {"supported"}
    assert _states(abstract, crosswise)[-1] == "misattributed"


@pytest.mark.parametrize(
    ("abstract", "text"),
    [
        (TOKENS, "Sandbar의 학습 토큰은 Pebble의 65%쯤이다."),
        (SETS, "TideQA에서 95.22%를 맞히던 Pebble-2도 TideQA-V에서는 46.93%에 머문다."),
        (LANGUAGES, "오픈소스 LLM 6계열을 30개 언어에서 조사했다."),
        (ERRORS, "Sandbar의 성능 향상은 최대 29.16%, 전체 오류 감소는 최대 92.3%."),
        (ADDED, "추가되는 연산 비용은 0.02배다. 정확도는 12.5포인트까지 더 오른다."),
        (SPREAD, "종합 점수는 38.6~50.2로 고르지 못했다."),
        (RIVALS, "Pebble-2가 40%쯤일 때 우리 정책의 성공률은 86.8%다."),
    ],
)
def test_right_figures_stay_right(abstract: str, text: str) -> None:
    assert "misattributed" not in _states(abstract, text)


def _states(abstract: str, text: str) -> list[str]:
    paper = Paper(id="9912.99907", title="Comparing subjects", abstract=abstract)
    return [each.state.value for each in check(Parts(result=text), paper, language="ko").figures]
