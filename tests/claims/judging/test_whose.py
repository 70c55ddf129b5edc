"""Whose figure it is, where it stands in the paper: of another name, of the other side, of the other end."""

import pytest

from assay.claims.check import check
from assay.papers.findings import FigureFinding, State
from assay.papers.models import Paper, Parts

PAPER = Paper(
    id="9912.99902",
    title="Caching by ebb and flow",
    abstract=(
        "We propose Sandbar to prune a cache. It scores 56.3% on PondArena, 48.7% on DeepPondArena and, in robot "
        "control, 41.2% success. Sandbar gains +23.5 points in direct chat and +24.8 inside the Reedbed loop. "
        "On ToyBench it has an agreement of 0.449, exceeding the human agreement of 0.300. "
        "It reduces the price from 0.398 to 0.228. Sandbar surpasses the next-best model, TideCache, by 7.1%. "
        "Over 40 models were tried, 2.82% of them for the first time. The rate drops from 81.69% to 2.82%. "
        "The best model solves 28.0% of the puzzles, while people solve 94.6%."
    ),
)


def _check(text: str, language: str) -> dict[str, FigureFinding]:
    return {each.text: each for each in check(Parts(result=text), PAPER, language=language).figures}


@pytest.mark.parametrize(
    ("language", "text", "figures"),
    [
        ("en", "Sandbar gets 48.7% of PondArena done.", "48.7%"),
        ("en", "Sandbar gains 24.8 points in direct chat and 23.5 inside Reedbed.", "24.8 points,23.5"),
        ("en", "Sandbar has an agreement of 0.300 on ToyBench.", "0.300"),
        ("en", "The price drops to 0.398.", "0.398"),
        ("ko", "가격은 0.398로 떨어진다.", "0.398"),
        ("en", "TideCache beats Sandbar by 7.1%.", "7.1%"),
        ("en", "Sandbar, which TideCache tops by 7.1%, is small.", "7.1%"),
        ("ko", "평가한 모델은 40종 이하다.", "40"),
        ("ko", "비율은 2.82%에서 81.69%로 바뀐다.", "2.82%,81.69%"),
    ],
)
def test_a_figure_of_another_is_misattributed(language: str, text: str, figures: str) -> None:
    found = _check(text, language)
    assert [found[each].state for each in figures.split(",")] == [State.MISATTRIBUTED] * len(figures.split(","))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Sandbar gets 56.3% of PondArena and 48.7% of DeepPondArena done."),
        ("en", "Sandbar gains 23.5 points in direct chat and 24.8 inside Reedbed."),
        ("en", "The agreement is 0.449, against 0.300 among people."),
        ("en", "The price drops to 0.228."),
        ("ko", "가격은 0.228로 떨어진다."),
        ("ko", "시험한 모델은 40종 이상이다."),
        ("ko", "비율은 81.69%에서 2.82%로 떨어진다."),
        ("ko", "가장 좋은 모델도 문제의 72%를 풀지 못한다."),
        ("ko", "사람과의 격차는 66.6%포인트다."),
    ],
)
def test_a_right_figure_is_supported(language: str, text: str) -> None:
    found = _check(text, language)
    assert found
    assert {each.state for each in found.values()} == {State.SUPPORTED}
