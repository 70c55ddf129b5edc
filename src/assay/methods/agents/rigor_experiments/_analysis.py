"""What the figures of two groups say: difference, interval and tests, and the conclusion that follows by rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Direction = Literal["higher", "lower", "no difference shown"]

ALPHA = 0.05
_DRAWS = 2_000


@dataclass(frozen=True)
class Effect:
    """How an experimental group differs from the control group in one measure."""

    measure: str
    group: str
    """Key of the partition."""
    control_mean: float
    mean: float
    interval: tuple[float, float]
    """Of the difference of means, 95 %, by drawing runs with replacement."""
    welch_p: float
    """Of Welch's t-test; NaN where neither group varies."""
    rank_p: float
    """Of Mann and Whitney's test, exact; of three runs each it is 0.1 at the least."""
    runs: tuple[int, int]
    direction: Direction

    @property
    def difference(self) -> float:
        """By how much the group's mean is above the control group's."""
        return self.mean - self.control_mean


def compare_groups(
    measure: str, group: str, control: Sequence[float], values: Sequence[float], *, seed: int = 0
) -> Effect:
    """Compare the runs of an experimental group with those of the control group.

    It is higher or lower where Welch's test has p below 0.05 and the bootstrap's interval leaves out 0. Where neither
    group varies from run to run, it is what the figures say.

    Args:
        measure: What they are of.
        group: Whose they are.
        control: Of the control group, one for each run.
        values: Of the experimental group.
        seed: Of the bootstrap.

    Raises:
        ValueError: A group has fewer than two runs, or figures that are no finite numbers.
    """
    from scipy.stats import mannwhitneyu, ttest_ind_from_stats  # type: ignore[import-untyped] # noqa: PLC0415 - slow to load

    one, two = (np.asarray(each, dtype=np.float64) for each in (control, values))
    for name, each in (("the control group", one), (group, two)):
        if len(each) < 2:
            raise ValueError(f"{measure}: {name} has {len(each)} runs: two are the least that can be compared")
        if not np.isfinite(each).all():
            raise ValueError(f"{measure}: {name} has figures that are no finite numbers")
    rng = np.random.default_rng(seed)
    draws = [rng.choice(each, (_DRAWS, len(each))).mean(axis=1) for each in (one, two)]
    low, high = (float(end) for end in np.quantile(draws[1] - draws[0], [0.025, 0.975]))
    gap = float(two.mean() - one.mean())
    if np.ptp(one) == np.ptp(two) == 0:
        welch, clear = float("nan"), gap != 0
    else:
        parts = [part for each in (two, one) for part in (each.mean(), each.std(ddof=1), len(each))]
        welch = float(ttest_ind_from_stats(*parts, equal_var=False).pvalue)
        clear = welch < ALPHA and not low <= 0 <= high
    rank = float(mannwhitneyu(two, one, method="exact").pvalue) if gap else 1.0
    direction: Direction = "no difference shown" if not clear else "higher" if gap > 0 else "lower"
    return Effect(
        measure, group, float(one.mean()), float(two.mean()), (low, high), welch, rank, (len(one), len(two)), direction
    )
