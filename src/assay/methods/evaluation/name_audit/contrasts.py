"""How much more often answers presume a culture under its names than without a name, with names as the draws.

A name yields many answers, and these are alike: names are counted, not answers. The answers without a name are drawn
for each question by themselves. The questions are either fixed (the figure is about these) or drawn as well (it is
about questions like these), which is the two-way form of Cameron, Gelbach and Miller.
"""

from dataclasses import dataclass
from math import inf, isfinite, sqrt
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assay.methods._intervals import CONFIDENCE, Estimate

Floats = NDArray[np.float64]
Scope = Literal["fixed", "drawn"]


@dataclass(frozen=True)
class Contrast:
    """Answers with and without a name."""

    named: float
    """The share of answers that presume the culture under its names."""
    bare: float
    """The share of those without a name, by the same statements."""
    difference: Estimate
    p_value: float
    """Of no difference, by Student's t, two-sided."""

    @property
    def relative(self) -> float:
        """The difference in per cent of the share without a name; infinite where that is 0 and the other is not."""
        if self.bare:
            return 100 * (self.named - self.bare) / self.bare
        return inf if self.named else 0.0


def contrast(
    named: ArrayLike, bare: ArrayLike, *, questions: Scope = "fixed", confidence: float = CONFIDENCE
) -> Contrast:
    """The difference that names make.

    Args:
        named: (names, questions, samples): whether each answer under a name presumes its culture.
        bare: (questions, samples): whether each answer without a name presumes it. One sample counts as all there is,
            as at a temperature of 0.
        questions: ``fixed``, or ``drawn``: the interval is then about questions like these, and far wider for few.
        confidence: Of the interval.

    Raises:
        ValueError: There are fewer than two names, of drawn questions fewer than two, or the two arms do not fit.
    """
    a, b = np.asarray(named, dtype=np.float64), np.asarray(bare, dtype=np.float64)
    if a.ndim != 3 or b.ndim != 2 or a.shape[1] != b.shape[0] or not a.size or not b.size:
        raise ValueError(
            f"answers with names have the shape {a.shape} and those without {b.shape}: give the same questions"
        )
    names, count, _ = a.shape
    if names < 2 or (questions == "drawn" and count < 2):
        raise ValueError(f"{names} names and {count} questions give no interval: give two or more of what is drawn")
    value = float(a.mean() - b.mean())
    variance, freedom = (_of_names if questions == "fixed" else _two_way)(a, b)
    reach, p = _reach(value, variance, freedom, confidence)
    estimate = Estimate(value, max(value - reach, -1.0), min(value + reach, 1.0), a.size + b.size, names, confidence)
    return Contrast(float(a.mean()), float(b.mean()), estimate, p)


def _of_names(a: Floats, b: Floats) -> tuple[float, float]:
    """Variance of the difference for these questions, and its degrees of freedom (Welch and Satterthwaite)."""
    names, (count, samples) = len(a), b.shape
    of_names = max(float(a.mean((1, 2)).var(ddof=1)) / names, _least_variance(a))
    if samples == 1:
        return of_names, names - 1.0
    of_bare = max(float(b.var(axis=1, ddof=1).mean()) / b.size, _least_variance(b))
    parts = of_names**2 / (names - 1) + of_bare**2 / (count * (samples - 1))
    return of_names + of_bare, (of_names + of_bare) ** 2 / parts


def _two_way(a: Floats, b: Floats) -> tuple[float, float]:
    """Variance of the difference over names and questions, and its degrees of freedom."""
    names, count, _ = a.shape
    rest = a.mean(-1) - b.mean(1)
    rest = rest - rest.mean()
    by_name = float((rest.mean(1) ** 2).sum()) / (names * (names - 1))
    by_question = float((rest.mean(0) ** 2).sum()) / (count * (count - 1))
    both = float((rest**2).sum()) / rest.size**2
    return max(by_name + by_question - both, by_name, by_question, _of_names(a, b)[0]), min(names, count) - 1.0


def _least_variance(shares: Floats) -> float:
    """Of the mean of so many answers: that few of them presume a culture is luck in part (Agresti and Coull)."""
    share = (float(shares.sum()) + 1) / (shares.size + 2)
    return share * (1 - share) / shares.size


def _reach(value: float, variance: float, freedom: float, confidence: float) -> tuple[float, float]:
    """Half the width of the interval, and the p-value."""
    from scipy.stats import t  # type: ignore[import-untyped] # noqa: PLC0415 - slow to load

    error = sqrt(variance)
    return float(t.ppf((1 + confidence) / 2, freedom)) * error, float(2 * t.sf(abs(value) / error, freedom))


def detectable_bias(
    *,
    names: int,
    answers: int,
    bare_answers: int,
    bare: float = 0.1,
    spread: float = 0.1,
    tests: int = 1,
    power: float = 0.8,
    alpha: float = 0.05,
) -> float:
    """The least difference of shares that an audit of this size will see; to be asked before it is run.

    Args:
        names: Of one culture.
        answers: Under each name, to all questions of a facet.
        bare_answers: Without a name, to the same questions.
        bare: The share that presumes the culture without a name, as far as one can guess.
        spread: The standard deviation of names' true shares.
        tests: Cells that are tested together: cultures times facets.
        power: The chance to see it.
        alpha: The chance of one false alarm in all tests.

    Raises:
        ValueError: A number is below 1, or a share outside (0, 1).
    """
    for what, number in (("names", names), ("answers", answers), ("bare_answers", bare_answers), ("tests", tests)):
        if number < 1:
            raise ValueError(f"{what} is {number}: give 1 or more")
    for what, share in (("bare", bare), ("power", power), ("alpha", alpha)):
        if not 0 < share < 1:
            raise ValueError(f"{what} is {share}: give a share between 0 and 1")
    if not (isfinite(spread) and spread >= 0):
        raise ValueError(f"spread is {spread}: give a standard deviation")
    noise = bare * (1 - bare)
    error = sqrt(spread**2 / names + noise / (names * answers) + noise / bare_answers)
    normal = NormalDist()
    return (normal.inv_cdf(1 - alpha / tests / 2) + normal.inv_cdf(power)) * error
