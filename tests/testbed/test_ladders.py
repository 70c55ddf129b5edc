"""Ladders of small learners get better with examples, and are the same for the same seed."""

import numpy as np

from assay.testbed.ladders import SIZES, TRIALS, teach_ladder


def test_a_large_model_is_better_than_the_small_ones() -> None:
    ladder = teach_ladder("digits", "nearest neighbour", 0)
    assert ladder.passed.shape == (len(SIZES), len(ladder.truth), TRIALS)
    accuracy = ladder.passed.mean((1, 2))
    assert accuracy[0] < accuracy[-1] < ladder.truth.mean()
    teach_ladder.cache_clear()
    assert np.array_equal(teach_ladder("digits", "nearest neighbour", 0).passed, ladder.passed)
