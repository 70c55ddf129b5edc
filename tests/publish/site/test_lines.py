"""A paper of a day as a line: what it says in short, its figure, what was measured, whether there is code."""

from assay.publish.site.lines import day_lines, rooms_of
from tests.publish.sample import sample_day
from tests.publish.site.sample import MEASUREMENTS, NOT_SEEN


def test_a_day_in_lines() -> None:
    lines = {line.paper.id: line for line in day_lines(sample_day(), MEASUREMENTS)}
    assert list(lines) == [paper.id for paper in sample_day().papers]
    full, prose, bare, withdrawn = (lines[f"9912.{number:05}"] for number in (1, 2, 3, 13))
    assert full.lead == "one_line"
    assert full.figure is not None
    assert full.figure.key == "speed"
    assert (full.headline, full.measured) == (NOT_SEEN, 2), "a real model comes before what is simulated"
    assert prose.lead == "prose"
    assert (bare.lead, bare.figure, bare.headline, bare.measured) == ("", None, None, 0)
    assert withdrawn.figure is None, "a claim that was taken back stands for nothing"
    assert withdrawn.has_code
    assert not full.has_code
    assert rooms_of(list(lines.values())) == ["attention"]
