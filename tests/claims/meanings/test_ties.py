"""Things go with the figures that they are named for, in both languages."""

import re

import pytest

from assay.claims.meanings.ties import Ties, tie
from assay.claims.span import Span


@pytest.mark.parametrize(
    ("text", "things", "expected"),
    [
        ("It cuts memory by 70% and latency by 26%.", "memory latency", {"70%": "memory", "26%": "latency"}),
        (
            "It reaches 62.0% on ToyBench and 41.5% on LakeBench.",
            "ToyBench LakeBench",
            {"62.0%": "ToyBench", "41.5%": "LakeBench"},
        ),
        ("It needs 70% less memory and 26% less time.", "memory time", {"70%": "memory", "26%": "time"}),
        ("ToyBench (62.0%), LakeBench (41.5%).", "ToyBench LakeBench", {"62.0%": "ToyBench", "41.5%": "LakeBench"}),
        (
            "It gains 62.0% (ToyBench) and 41.5% (LakeBench).",
            "ToyBench LakeBench",
            {"62.0%": "ToyBench", "41.5%": "LakeBench"},
        ),
        (
            "On ToyBench and LakeBench, it reaches 62.0% and 41.5%, respectively.",
            "ToyBench LakeBench",
            {"62.0%": "ToyBench", "41.5%": "LakeBench"},
        ),
        (
            "From 50% to 57% on ToyBench, and from 20% to 30% on LakeBench.",
            "ToyBench LakeBench",
            {"50%": "ToyBench", "30%": "LakeBench"},
        ),
        (
            "Heron (479M) reaches 62.0% and Osprey (208M) reaches 41.5%.",
            "Heron Osprey",
            {"62.0%": "Heron", "41.5%": "Osprey"},
        ),
        (
            "Heron gets 62.0% where TideCache needs 41.5% more.",
            "Heron TideCache",
            {"62.0%": "Heron", "41.5%": "TideCache"},
        ),
        ("메모리를 70%, 지연을 26% 줄인다.", "메모리 지연", {"70%": "메모리", "26%": "지연"}),
        ("70%의 메모리와 26%의 지연을 줄인다.", "메모리 지연", {"70%": "메모리", "26%": "지연"}),
        (
            "ToyBench에서 62.0%, LakeBench에서 41.5%를 얻는다.",
            "ToyBench LakeBench",
            {"62.0%": "ToyBench", "41.5%": "LakeBench"},
        ),
        (
            "ToyBench와 LakeBench에서 각각 62.0%와 41.5%를 얻는다.",
            "ToyBench LakeBench",
            {"62.0%": "ToyBench", "41.5%": "LakeBench"},
        ),
    ],
)
def test_a_thing_goes_with_its_own_figure(text: str, things: str, expected: dict[str, str]) -> None:
    ties = _tie(text, things)
    assert {figure: ties[figure].own for figure in expected} == {key: {thing} for key, thing in expected.items()}


def test_the_last_of_a_list_says_it_for_all() -> None:
    ties = _tie("It gains 6% and 4% on ToyBench, and 9% and 7% on LakeBench.", "ToyBench LakeBench")
    assert ties["6%"].all == ties["4%"].all == {"ToyBench"}
    assert ties["9%"].all == ties["7%"].all == {"LakeBench"}


def test_another_clause_is_distant() -> None:
    ties = _tie("On ToyBench it wins, while memory falls by 7%.", "ToyBench")
    assert not ties["7%"].all
    assert ties["7%"].any == {"ToyBench"}


def test_without_things_nothing_is_tied() -> None:
    assert not _tie("It gains 6%.", "ToyBench")["6%"].any
    assert tie("It gains.", [], []) == []


def _tie(text: str, things: str) -> dict[str, Ties]:
    figures = [Span(*match.span(), "%") for match in re.finditer(r"\d+(?:\.\d+)?%", text)]
    spans = sorted(
        Span(*match.span(), thing) for thing in things.split() for match in re.finditer(re.escape(thing), text)
    )
    ties = tie(text, figures, spans)
    return {text[figure.start : figure.end]: each for figure, each in zip(figures, ties, strict=True)}
