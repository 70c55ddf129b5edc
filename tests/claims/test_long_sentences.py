"""A text without full stops, such as a pasted table, costs as much for each figure as any other."""

import sys
from collections import Counter
from types import FrameType
from typing import Any

import pytest

from assay.claims.choosing.chooser import MOST
from assay.claims.extract import extract
from assay.claims.numbers.quantities import quantities
from assay.claims.readings import read_figures
from assay.claims.wording import REACH
from assay.papers.models import Paper
from assay.papers.sentences import Span
from tests.claims.rules import read_by_rules


def paper(figures: int, joint: str) -> Paper:
    """One sentence of so many figures, each of another data set."""
    told = joint.join(f"{50 + n % 40}.{n % 10}% accuracy on ToyBench-{n}" for n in range(figures))
    return Paper(id="9912.99901", title="Gullwing: a cache of tides", abstract=f"Gullwing reaches {told}.")


def work(source: Paper) -> tuple[int, int]:
    """How many calls it takes to read a paper, and how many characters the patterns are given by them."""
    counts: Counter[str] = Counter()

    def count(frame: FrameType, event: str, arg: Any) -> None:
        if event in {"call", "c_call"}:
            counts["calls"] += 1
        if event == "call" and frame.f_code.co_name == "_kind":
            around = frame.f_locals["around"]
            counts["characters"] += sum(map(len, around))

    sys.setprofile(count)
    try:
        extract(source)
    finally:
        sys.setprofile(None)
    return counts["calls"], counts["characters"]


@pytest.mark.parametrize("joint", [", ", "; and "])
def test_work_grows_as_the_figures_do(joint: str) -> None:
    extract(paper(3, joint))
    calls, characters = work(paper(90, joint))
    twice, twice_characters = work(paper(180, joint))
    assert calls > 90
    assert characters > 90
    assert twice < 2.2 * calls
    assert twice_characters < 2.5 * characters


@pytest.mark.parametrize("figures", [MOST, MOST + 1, 250])
def test_every_figure_of_a_long_sentence_is_read_with_what_stands_beside_it(figures: int) -> None:
    claims = extract(paper(figures, ", "))
    assert [claim.dataset for claim in claims] == [f"ToyBench-{n}" for n in range(figures)]
    assert {claim.metric for claim in claims} == {"accuracy"}


def test_a_sentence_of_more_figures_than_prose_has_is_left_to_the_rules() -> None:
    told = " and ".join(f"{50 + n % 40}.{n % 10}%" for n in range(MOST + 1))
    source = Paper(
        id="9912.99901",
        title="Gullwing: a cache of tides",
        abstract=f"Tests on five reading benchmarks show that it improves accuracy by {told} and cuts latency by 40%.",
    )
    by_rules = read_by_rules(source)
    assert len(by_rules) == MOST + 2
    assert [claim.dataset for claim in extract(source)] == [claim.dataset for claim in by_rules]


def test_a_figure_sees_its_sentence_whole_where_that_is_no_longer_than_sentences_are() -> None:
    text = f"{'a tide ' * 120}reaches 71.5% accuracy on ToyBench{' of tides' * 90}."
    [reading] = read_figures(text, quantities(text), Span(0, len(text)))
    assert reading.around.left + "71.5%" + reading.around.right == text
    long = f"{'a tide ' * 400}reaches 71.5% accuracy on ToyBench{' of tides' * 400}."
    [reading] = read_figures(long, quantities(long), Span(0, len(long)))
    assert (len(reading.around.left), len(reading.around.right)) == (REACH, REACH)
