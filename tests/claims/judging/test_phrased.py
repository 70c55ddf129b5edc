"""Whose figure it is, where the sides are phrases: groups, rivals in a list, winners, containers, places."""

import pytest

from assay.claims.check import check
from assay.papers.findings import FigureFinding, State
from assay.papers.models import Paper, Parts

PAPER = Paper(
    id="9912.99931",
    title="Gullwing: caching by tides",
    abstract=(
        "We propose Gullwing. Our tidal cache reaches a score of 61.7 on ToyBench, and our lunar cache "
        "achieves a score of 44.9. Gullwing outperforms both statistical and rule-based baselines, reducing "
        "the miss rate by 12.6% and 31.8%, respectively. A 400M encoder outperforms a 2B decoder. PondSet-70k "
        "is a data set of 830K images, and PondBench is a benchmark with 260 images. We test 14 PLMs on 23 "
        "new and difficult sorting tasks, and 9 rivals. It loses 2.7% of its speed with pruning and 7.4% "
        "without pruning. The agreement is 0.538 (95% CI: 0.41-0.62), exceeding the human agreement of 0.317. "
        "The drift falls to 0.46m, from windows >= 50 tokens. It solves 73.2% of LakeBench, a gain of 11.5 "
        "points over Granite."
    ),
)


def _check(text: str) -> dict[str, FigureFinding]:
    return {each.text: each for each in check(Parts(result=text), PAPER, language="en").figures}


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("The lunar cache reaches a score of 61.7.", "61.7"),
        ("The tidal cache has a score of 44.9 there.", "44.9"),
        ("The miss rate is 31.8% lower than that of statistical baselines.", "31.8%"),
        ("The 2B decoder beats the 400M encoder.", "2B,400M"),
        ("PondBench contains 830K images.", "830K"),
        ("They test 23 language models on 14 tasks.", "23,14"),
        ("It loses 7.4% of its speed with pruning.", "7.4%"),
        ("Gullwing has an agreement of 0.317, compared with 0.538 among people.", "0.317,0.538"),
        ("Granite solves 73.2% of LakeBench.", "73.2%"),
    ],
)
def test_a_figure_of_another_side_is_misattributed(text: str, figures: str) -> None:
    found = _check(text)
    assert [found[each].state for each in figures.split(",")] == [State.MISATTRIBUTED] * len(figures.split(","))


@pytest.mark.parametrize(
    "text",
    [
        "The tidal cache reaches a score of 61.7, the lunar one 44.9.",
        "The miss rate is 31.8% lower than that of rule-based baselines.",
        "Over the statistical ones the miss rate falls by 12.6%.",
        "Open caches of tides: the tidal cache has 61.7, lunar caches have 44.9.",
        "The 2B decoder is outdone by the 400M encoder.",
        "PondBench contains 260 images.",
        "They tried 14 language models.",
        "The 23 tasks are about sorting.",
        "It loses 2.7% of its speed with pruning.",
        "Gullwing has an agreement of 0.538, compared with 0.317 among people.",
        "The drift is 0.46 m.",
        "From windows of 50 tokens on, it holds.",
        "Gullwing solves 73.2% of LakeBench.",
    ],
)
def test_a_right_figure_is_supported(text: str) -> None:
    found = _check(text)
    assert found
    assert {each.state for each in found.values()} == {State.SUPPORTED}, found


def test_a_bracket_behind_a_figure_parts_it_from_no_place() -> None:
    abstract = (
        "Gullwing gains on a wide range of tides, including 56.7% (+40.0%) on ToyBench and 57.0% (+8.1%) on LakeBench."
    )
    source = Paper(id="9912.99902", title="Gullwing: a cache", abstract=abstract)
    states = [
        [each.state for each in check(Parts(result=text), source, language="en").figures]
        for text in ("It gets 56.7% on ToyBench.", "It gets 56.7% on LakeBench and 57.0% on ToyBench.")
    ]
    assert states == [[State.SUPPORTED], [State.MISATTRIBUTED] * 2]
