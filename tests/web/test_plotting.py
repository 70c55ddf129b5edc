"""A plot of claims has every point where its figure and its day are, and nothing in it comes unescaped."""

import re
from datetime import date, timedelta

import pytest

from assay.web.plotting import Axis, Measured, Point, axis_of, day_ticks, plot_claims, ticks

DAY = date(2099, 12, 2)


def point(high: float, day: date = DAY, **fields: object) -> Point:
    return Point(day, fields.pop("low", high), high, "/paper/", f"{high}", **fields)  # type: ignore[arg-type]


def places(svg: str) -> list[tuple[float, float]]:
    found = re.findall(r'<circle class="claim" cx="([\d.]+)%" cy="([\d.]+)%"', svg)
    return [(float(x), float(y)) for x, y in found]


@pytest.mark.parametrize(
    ("figures", "axis"),
    [
        ([1, 2, 3], "linear"),
        ([1.5, 900], "log"),
        ([0, 1, 2], "linear"),
        ([-3, 2, 1, 400], "both ways"),
        ([0, 0], "linear"),
        ([5], "linear"),
    ],
)
def test_few_large_figures_do_not_press_the_others_together(figures: list[float], axis: Axis) -> None:
    assert axis_of(figures) == axis
    svg = str(plot_claims([point(figure) for figure in figures], "{:g}".format, "claims"))
    heights = sorted(figures)
    found = [y for _, y in sorted(places(svg), key=lambda place: -place[1])]
    assert len(found) == len(heights)
    assert all(0 < y < 92 for y in found)
    for one, other, low, high in zip(heights, heights[1:], found, found[1:], strict=False):
        assert (one == other) == (low == high)


def test_later_stands_to_the_right() -> None:
    days = [DAY + timedelta(days=each) for each in (0, 10, 400)]
    svg = str(plot_claims([point(1, day) for day in reversed(days)], "{:g}".format, "claims"))
    across = [x for x, _ in places(svg)]
    assert across == sorted(across)
    assert 10 < across[0] < across[1] < across[2] < 100


def test_ranges_and_measurements_are_drawn_with_their_claim() -> None:
    one = point(4, low=2, measured=[Measured(1.2, "direction"), Measured(0.5, "missed")])
    svg = str(plot_claims([one], "{:g}x".format, "a <claim>"))
    assert svg.count('class="range"') == 1
    assert re.findall(r'class="point (\w+)" href="#at-(\w+)"', svg) == [
        ("direction", "direction"),
        ("missed", "missed"),
    ]
    assert 'href="#at-claim"' in svg
    assert "a &lt;claim&gt;" in svg
    assert not plot_claims([], "{:g}".format, "claims")


def test_nothing_comes_unescaped() -> None:
    nasty = Point(DAY, 1, 1, '/"><script>', "<script>&")
    svg = str(plot_claims([nasty], lambda _: "<b>", "claims"))
    assert "<script>" not in svg
    assert "<b>" not in svg


@pytest.mark.parametrize(
    ("low", "high", "axis", "expected"),
    [
        (0.0, 10.0, "linear", [0, 2, 4, 6, 8, 10]),
        (1.1, 3.9, "linear", [1, 2, 3, 4]),
        (7.0, 7.0, "linear", [6, 8]),
        (1.2, 900.0, "log", [3, 10, 30, 100, 300]),
        (1.2, 60.0, "log", [2, 5, 10, 20, 50]),
        (-30.0, 200.0, "both ways", [-10, -1, 0, 1, 10, 100]),
    ],
)
def test_ticks_are_round(low: float, high: float, axis: Axis, expected: list[float]) -> None:
    assert ticks(low, high, axis) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, ["12-02"]),
        (3, ["12-02", "12-03", "12-04", "12-05"]),
        (30, ["12-02", "12-09", "12-16", "12-23", "12-30"]),
        (100, ["2100-01", "2100-02", "2100-03"]),
        (400, ["2100-01", "2100-04", "2100-07", "2100-10", "2101-01"]),
        (1500, ["2100", "2101", "2102", "2103", "2104"]),
        (16_000, ["2100", "2110", "2120", "2130", "2140"]),
    ],
)
def test_days_have_at_most_five_ticks(days: int, expected: list[str]) -> None:
    found = day_ticks(DAY, DAY + timedelta(days=days))
    assert len(found) <= 6
    assert [words for _, words in found][:5] == expected[:5]
