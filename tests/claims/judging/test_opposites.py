"""What a summary denies, turns round or bounds the other way is misattributed; double denials and asides are right."""

import pytest

from assay.claims.check import check
from assay.papers.findings import FigureFinding, State
from assay.papers.models import Paper, Parts

PAPER = Paper(
    id="9912.99902",
    title="Sandpiper: tides for agents",
    abstract=(
        "We test 12 agents on over 3,450 harbour tasks. Even the best agents struggle with long tides and fail to "
        "moor. Sandpiper reaches 71.3% on PierBench, exceeding the human threshold. It reduces mooring time by 40% "
        "with only a slight (3%) drop in accuracy. It outperforms OakNet on 9 of 11 piers and achieves the highest "
        "recall among eight methods. It matches the performance of a 340B model. Success collapses by 22.5 points "
        "under fog. We label 1.75 waves per second, with nearly 600 buoys and up to 6 tons of rope. It retains up to "
        "88% of the baseline, and no agent gets past 57% in storms."
    ),
)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Sandpiper clears the human threshold with 71.3% on PierBench."),
        ("en", "Mooring takes 40% less time at the price of some 3% in accuracy."),
        ("en", "Accuracy does not suffer by more than about 3%, while mooring time falls by 40%."),
        ("en", "In storms the agents do not get past 57%, and they keep no more than 88% of the baseline."),
        ("en", "None of the 12 agents does well, though there are no fewer than 3,450 tasks."),
        ("en", "Not only does it beat OakNet on 9 of 11 piers, it is also on par with a 340B model."),
        ("en", "Of eight methods it has the best recall. There are just under 600 buoys."),
        ("ko", "에이전트 12종은 긴 조류를 잘 다루지 못한다. 과제는 3,450개가 넘는다."),
        ("ko", "계류 시간은 40% 줄고 정확도는 3% 남짓 내려갈 뿐이다. 폭풍에서는 57%를 넘긴 에이전트가 없었다."),
        ("ko", "PierBench에서 71.3%로 사람 기준을 넘었고, 340B 모델과 맞먹는다. 안개가 끼면 성공률이 22.5%p 떨어진다."),
    ],
)
def test_what_is_said_in_other_words_is_right(language: str, text: str) -> None:
    findings = _check(text, language)
    assert findings
    assert [
        (each.text, each.given) for each in findings if each.state in {State.MISATTRIBUTED, State.CONTRADICTED}
    ] == []


@pytest.mark.parametrize(
    ("language", "text", "figure"),
    [
        ("en", "None of the 12 agents has any trouble with long tides.", "12"),
        ("ko", "에이전트 12종은 긴 조류에서도 무난히 계류를 마쳤다.", "12"),
        ("en", "There are fewer than 3,450 harbour tasks.", "3,450"),
        ("ko", "항구 과제는 3,450개를 넘지 않는다.", "3,450"),
        ("en", "On PierBench it gets 71.3%, just short of what a human manages.", "71.3%"),
        ("ko", "PierBench에서는 71.3%로 사람 기준에 못 미쳤다.", "71.3%"),
        ("en", "Mooring takes 40% longer.", "40%"),
        ("en", "Accuracy goes up by around 3%.", "3%"),
        ("ko", "정확도를 3% 끌어올렸다.", "3%"),
        ("en", "It falls behind OakNet on 9 of 11 piers.", "9"),
        ("ko", "부두 11곳 중 9곳에서 OakNet에 뒤졌다.", "9"),
        ("en", "It has the lowest recall among eight methods.", "eight"),
        ("en", "It falls short of a 340B model.", "340B"),
        ("ko", "340B 모델에는 못 미친다.", "340B"),
        ("en", "Success soars by 22.5 points under fog.", "22.5 points"),
        ("ko", "분당 1.75개의 파도에 라벨을 단다.", "1.75"),
        ("en", "Well over 600 buoys were laid.", "600"),
        ("en", "Up to 6 kg of rope is used.", "6"),
        ("en", "It never gets back to 88% of the baseline.", "88%"),
    ],
)
def test_the_opposite_is_found(language: str, text: str, figure: str) -> None:
    found = {each.text: each.state for each in _check(text, language)}
    assert found.get(figure) in {State.MISATTRIBUTED, State.CONTRADICTED}, found


def test_a_rounded_bound_holds_on_one_side_only() -> None:
    paper = PAPER.model_copy(update={"abstract": "PierBench has 3,350 tasks on 460 piers."})
    text = "PierBench has more than 3,000 tasks on fewer than 500 piers."
    assert [each.state for each in _check(text, "en", paper)] == [State.SUPPORTED, State.SUPPORTED]
    text = "PierBench has more than 3,500 tasks on fewer than 450 piers."
    assert [each.state for each in _check(text, "en", paper)] == [State.CONTRADICTED, State.CONTRADICTED]


def _check(text: str, language: str, paper: Paper = PAPER) -> tuple[FigureFinding, ...]:
    return check(Parts(result=text), paper, language=language).figures


@pytest.mark.parametrize(
    ("language", "text", "state"),
    [
        ("en", "Sandpiper gets 71.3%, 8.2 points below the best rival.", State.SUPPORTED),
        ("en", "Sandpiper gets 71.3%, 8.2 points above the best rival.", State.MISATTRIBUTED),
        ("ko", "Sandpiper는 71.3%로, OakNet의 79.5%보다 8.2%p 낮다.", State.SUPPORTED),
        ("ko", "Sandpiper는 71.3%로, OakNet의 79.5%보다 8.2%p 높다.", State.MISATTRIBUTED),
        ("ko", "OakNet은 79.5%를 얻는다. Sandpiper(71.3%)보다 8.2%p 높다.", State.SUPPORTED),
    ],
)
def test_a_distance_lies_on_the_side_that_is_told(language: str, text: str, state: State) -> None:
    abstract = "On PierBench Sandpiper reaches 71.3%, whereas the strongest rival, OakNet, reaches 79.5%."
    findings = _check(text, language, PAPER.model_copy(update={"abstract": abstract}))
    assert findings[-1].state is state
