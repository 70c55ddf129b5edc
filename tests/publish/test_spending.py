"""What computing buys is written by a trial, read out of its measurement again, and shown as tables and a picture."""

import pytest
import torch

from assay.papers.measurement import Measurement
from assay.papers.spending import read_spendings
from assay.publish.plot import spendings_svg
from assay.publish.spending import letter, spending_page
from assay.trials import Bench
from assay.trials.arms import Values
from tests.papers.measured import measurement

WAYS: dict[str, tuple[Values, Values]] = {
    "beam of 4": ([2.0, 2.2, 4.0], 75.0),
    "greedy": ([0.5, 0.5, 0.6], 50.0),
    "majority of 4": (1.0, 70.0),
}


def spent(candidate: str = "beam of 4") -> Measurement:
    bench = Bench(torch.device("cpu"))
    bench.spend("sums of tides", WAYS, candidate=candidate)
    return measurement(beside=tuple(bench.comparisons))


def test_what_a_trial_shows_is_read_again_the_cheapest_first() -> None:
    [spending] = read_spendings([spent(), spent(), measurement()])
    assert spending.task == "sums of tides"
    assert [(way.arm, way.seconds, way.right, way.is_method) for way in spending.ways] == [
        ("greedy", 0.5, 50.0, False),
        ("majority of 4", 1.0, 70.0, False),
        ("beam of 4", 2.2, 75.0, True),
    ]
    assert spending.cheapest.arm == "greedy"


def test_the_page_says_what_each_second_more_buys() -> None:
    page = spending_page(read_spendings([spent()]))
    assert "### A. Sums of tides" in page
    assert "| A1 | greedy | 500 ms | 50 % |  |" in page
    assert "| A2 | majority of 4 | 1 s | 70 % | +40 points |" in page
    assert "| A3 | **beam of 4** | 2.2 s | 75 % | +14.7 points |" in page
    assert "[toy_attention](results/toy_attention.md)" in page


def test_the_picture_is_the_same_for_the_same_figures_and_marks_every_way() -> None:
    pytest.importorskip("matplotlib")
    spendings = read_spendings([spent()])
    picture = spendings_svg(spendings)
    assert picture == spendings_svg(spendings)
    for mark in ("A1", "A2", "A3", "A. sums of tides"):
        assert mark in picture
    with pytest.raises(ValueError, match="nothing to plot"):
        spendings_svg([])


def test_tasks_beyond_the_alphabet_have_two_letters() -> None:
    assert [letter(number) for number in (0, 25, 26, 27, 52)] == ["A", "Z", "AA", "AB", "BA"]
