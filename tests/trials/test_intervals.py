"""Intervals of what was measured several times."""

from math import isnan
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from assay.papers.comparison import Better, ratio
from assay.trials.intervals import confidence_interval, difference_interval, ratio_interval, slope_interval

values = st.floats(1e-3, 1e3)
ways: st.SearchStrategy[Better] = st.sampled_from(["higher", "lower"])


def test_the_interval_is_that_of_the_sign_test() -> None:
    # For n = 9 the second values from the ends enclose the median with 1 - 2 * 10 / 512 = 96 %, the third with 82 %.
    assert confidence_interval(range(9)) == (1, 7)
    assert confidence_interval(range(3)) == (0, 2)
    assert confidence_interval([4.0]) == (4.0, 4.0)


@given(st.lists(st.tuples(values, values), min_size=1, max_size=12), ways)
def test_an_interval_lies_around_the_effect_of_the_medians(pairs: list[tuple[float, float]], better: Better) -> None:
    base, mine = [b for b, _ in pairs], [c for _, c in pairs]
    middle, around = ratio(median(base), median(mine), better), ratio_interval(base, mine, better)
    assert middle is not None
    assert around is not None
    assert around[0] <= middle <= around[1]
    low, high = difference_interval(base, mine, better)
    assert low <= (median(mine) - median(base)) * (1 if better == "higher" else -1) <= high


def test_where_a_ratio_has_no_meaning_there_is_a_difference() -> None:
    base, mine = [-2.0, -2.0, -2.0], [-1.0, -1.5, 0.0]
    assert ratio_interval(base, mine, "higher") is None
    assert difference_interval(base, mine, "higher") == (0.5, 2.0)
    assert ratio_interval([1.0, 2.0, 0.0], [2.0, 4.0, 2.0], "higher") is None  # one pair of three has none


def test_figures_that_are_all_alike_have_no_slope_and_points_at_one_place_none_at_all() -> None:
    assert slope_interval([(1, 5), (2, 5), (3, 5), (4, 5)]) == (0.0, (0.0, 0.0))
    assert isnan(slope_interval([(1, 5), (1, 6), (1, 7)])[0])
