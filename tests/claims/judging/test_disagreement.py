"""A figure that stands in the paper, of something else, is misattributed; the right one never is."""

import pytest

from assay.claims.check import check
from assay.papers.findings import FigureFinding, State
from assay.papers.models import Paper, Parts
from assay.papers.passages import Passage

PAPER = Paper(
    id="9912.99901",
    title="Gullwing: pruning a cache by tides",
    abstract=(
        "Gullwing reaches 62.0% accuracy on ToyBench and 41.5% on LakeBench. It reduces memory by 70% and latency by "
        "26%. It outperforms TideCache by 4.3% accuracy and is up to 2.5x faster than PlayNet. "
        "The success rate rises from 36% to 84%. Our 7B model gains 11% and the 3B model gains 8%. "
        "We collect 3,120 videos and 9,400 questions. No model exceeds 91% on PondSet. It answers within 205 ms."
    ),
)
ENGLISH = (
    "Gullwing gets 62.0% on ToyBench and 41.5% on LakeBench, with 70% less memory and 26% less latency.",
    "It beats TideCache by 4.3% and runs up to 2.5x as fast as PlayNet.",
    "Success climbs from 36% to 84%. The 7B model gains 11%, the 3B one 8%.",
    "There are 9,400 questions on 3,120 videos. The best model stays at 91% on PondSet.",
    "TideCache lags behind Gullwing by 4.3%. On LakeBench and ToyBench, it reaches 41.5% and 62.0%, respectively.",
)
KOREAN = (
    "Gullwing은 ToyBench에서 62.0%, LakeBench에서 41.5%를 얻고, 메모리를 70%, 지연 시간을 26% 줄인다.",
    "정확도는 TideCache보다 4.3% 높고 PlayNet보다 최대 2.5배 빠르다. 성공률은 36%에서 84%로 오른다.",
    "비디오 3,120개와 질문 9,400개를 모았다. 어떤 모델도 PondSet에서 91%를 넘지 못한다.",
    "TideCache는 Gullwing보다 4.3% 낮다. LakeBench와 ToyBench에서 각각 41.5%와 62.0%를 얻는다.",
)
RIGHT = [*(("en", text) for text in ENGLISH), *(("ko", text) for text in KOREAN)]


@pytest.mark.parametrize(("language", "text"), RIGHT)
def test_a_right_figure_is_supported(language: str, text: str) -> None:
    findings = _check(text, language)
    assert len(findings) > 1
    assert [(each.text, each.state, each.given) for each in findings if each.state is not State.SUPPORTED] == []


@pytest.mark.parametrize(
    ("language", "text", "figures", "field"),
    [
        ("en", "Memory falls by 26% and latency by 70%.", "26% 70%", "metric"),
        ("ko", "메모리를 26%, 지연 시간을 70% 줄인다.", "26% 70%", "metric"),
        ("en", "It reaches 41.5% on ToyBench and 62.0% on LakeBench.", "41.5% 62.0%", "data set"),
        ("ko", "ToyBench에서 41.5%, LakeBench에서 62.0%를 얻는다.", "41.5% 62.0%", "data set"),
        ("en", "TideCache outperforms Gullwing by 4.3%.", "4.3%", "comparison"),
        ("en", "Gullwing lags behind TideCache by 4.3%.", "4.3%", "comparison"),
        ("en", "Gullwing is beaten by TideCache by 4.3%.", "4.3%", "comparison"),
        ("ko", "Gullwing의 정확도는 TideCache보다 4.3% 낮다.", "4.3%", "comparison"),
        ("en", "It outperforms PlayNet by 4.3% accuracy.", "4.3%", "comparison"),
        ("en", "It increases memory by 70%.", "70%", "direction"),
        ("ko", "메모리를 70% 늘린다.", "70%", "direction"),
        ("en", "It does not reach 62.0% on ToyBench.", "62.0%", "denial"),
        ("ko", "ToyBench에서 62.0%에 도달하지 못한다.", "62.0%", "denial"),
        ("en", "Every model scores above 91% on PondSet.", "91%", "denial"),
        ("en", "It collects 9,400 videos and 3,120 questions.", "9,400 3,120", "count"),
        ("ko", "비디오 9,400개와 질문 3,120개를 모았다.", "9,400 3,120", "count"),
        ("en", "It is at least 2.5x faster than PlayNet.", "2.5x", "bound"),
        ("en", "The success rate falls from 84% to 36%.", "84% 36%", "end"),
        ("en", "The 3B model gains 11%.", "11%", "size"),
        ("ko", "205초 안에 답한다.", "205초", "unit"),
    ],
)
def test_a_figure_of_something_else_is_misattributed(language: str, text: str, figures: str, field: str) -> None:
    findings = {each.text: each for each in _check(text, language)}
    for figure in figures.split():
        assert (findings[figure].state, findings[figure].why) == (State.MISATTRIBUTED, field)
        assert findings[figure].given
        assert findings[figure].quote in PAPER.abstract


def test_it_says_of_what_the_figure_is() -> None:
    [finding] = _check("It cuts memory by 26%.", "en")
    assert finding.given == "latency, not memory"


@pytest.mark.parametrize(
    "text",
    [
        "It is 26% faster.",  # less latency, in other words
        "The response time drops by 26%.",
        "It saves 70% of the cache.",
        "It reaches 62.0%.",
        "A gain of 4.3% over the rival.",
    ],
)
def test_a_paraphrase_is_no_disagreement(text: str) -> None:
    assert State.MISATTRIBUTED not in {each.state for each in _check(text, "en")}


@pytest.mark.parametrize(
    ("language", "text", "given"),
    [
        ("ko", "메모리를 55% 줄인다.", "70%"),
        ("ko", "LakeBench에서 45.1%를 얻는다.", "41.5%"),
        ("ko", "질문 9,700개를 모았다.", "9,400"),
        ("en", "Memory use is lowered by 66%.", "70%"),
        ("en", "On LakeBench it gets 45.1%.", "41.5%"),
    ],
)
def test_another_value_of_the_same_thing_is_contradicted(language: str, text: str, given: str) -> None:
    [finding] = _check(text, language)
    assert (finding.state, finding.given) == (State.CONTRADICTED, given)


TABLE = Passage(
    "Table 1",
    "Table 1: Accuracy on three benchmarks.\n"
    "Model | ToyBench | LakeBench | PondBench\n"
    "TideCache | 61.0 | 52.0 | 40.1\n"
    "Gullwing | 70.0 | 64.0 | 44.0",
)


@pytest.mark.parametrize(
    ("text", "state", "given"),
    [
        ("Gullwing reaches an accuracy of 64.0 on LakeBench.", State.SUPPORTED, ""),
        ("TideCache reaches 61.0 on ToyBench.", State.SUPPORTED, ""),
        ("Gullwing reaches 52.0 on LakeBench.", State.MISATTRIBUTED, "TideCache, not the paper's own"),
        ("Gullwing reaches 70.0 on LakeBench.", State.MISATTRIBUTED, "ToyBench, not LakeBench"),
        ("The latency is 40.1 on PondBench.", State.MISATTRIBUTED, "Accuracy, not latency"),
        ("TideCache reaches 44.0 on PondBench.", State.MISATTRIBUTED, "Gullwing, not TideCache"),
    ],
)
def test_a_cell_is_of_its_row_and_column(text: str, state: State, given: str) -> None:
    [finding] = check(Parts(result=text), PAPER, language="en", passages=[TABLE]).figures
    assert (finding.state, finding.given) == (state, given)


MIXTURE = Paper(
    id="9912.99904",
    title="Gullwing: a mixture of tides",
    abstract="Gullwing is a mixture of experts with 40B parameters in total and 4B activated during inference.",
)


@pytest.mark.parametrize(
    ("language", "text", "states"),
    [
        ("en", "Gullwing has 40B parameters and activates 4B of them.", ["supported", "supported"]),
        ("en", "Gullwing has 4B parameters and activates 40B of them.", ["misattributed", "misattributed"]),
        ("ko", "Gullwing의 파라미터는 400억 개, 활성 파라미터는 40억 개다.", ["supported", "supported"]),
        ("ko", "Gullwing의 활성 파라미터는 400억 개다.", ["misattributed"]),
    ],
)
def test_active_parameters_are_not_all(language: str, text: str, states: list[str]) -> None:
    assert [each.state.value for each in check(Parts(result=text), MIXTURE, language=language).figures] == states


def _check(text: str, language: str) -> tuple[FigureFinding, ...]:
    figures = check(Parts(result=text), PAPER, language=language).figures
    return tuple(each for each in figures if each.text not in {"7B", "3B"})
