"""Arms: the figures of every arm as a comparison, or as the lines of a curve.

Figures are handed in as one mapping from an arm's name to its figure, or to a list with one figure per seed or round.
One arm is the candidate, the method of the paper; one may be the baseline, what people use today.
"""

from collections.abc import Mapping, Sequence
from math import isnan
from statistics import median
from typing import Any, TypeVar

from assay.papers.comparison import Arm, Better, Comparison, ratio
from assay.papers.measurement import Line
from assay.trials.intervals import confidence_interval, difference_interval, ratio_interval

T = TypeVar("T")
Values = float | Sequence[float]
"""A figure, or one of each seed or round."""


def compare_arms(
    metric: str,
    arms: Mapping[str, Values],
    *,
    candidate: str,
    baseline: str | None = None,
    better: Better,
    unit: str = "",
    **bounds: Any,
) -> Comparison:
    """Put the arms' medians side by side, with the intervals that several figures of an arm give.

    Args:
        metric: What the figures are.
        arms: The figures of each arm.
        candidate: The arm that is the paper's method.
        baseline: The arm that it is compared with; figures of both are pairs, the first with the first.
        better: Which way is better.
        unit: Of all figures.
        bounds: `at_least`, `at_most` and `binds` of the comparison.

    Raises:
        ValueError: An arm is missing or has no figures, or candidate and baseline have different numbers of them.
    """
    check_arms(metric, arms, candidate, baseline)
    lists = {arm: _figures(metric, arm, values) for arm, values in arms.items()}
    medians = {arm: _median(values) for arm, values in lists.items()}
    own, middle = lists[candidate], medians[candidate]
    fields: dict[str, Any] = {
        "metric": metric,
        "unit": unit,
        "better": better,
        "candidate": middle,
        "others": tuple(Arm(name=arm, value=medians[arm]) for arm in arms if arm not in (candidate, baseline)),
        "interval": confidence_interval(own) if len(own) > 1 and not isnan(middle) else None,
    }
    if baseline is not None:
        theirs, base = lists[baseline], medians[baseline]
        if len(theirs) != len(own):
            raise ValueError(f"{metric}: {len(theirs)} figures of {baseline} and {len(own)} of {candidate}: no pairs")
        fields |= {"baseline": Arm(name=baseline, value=base), "ratio": ratio(base, middle, better)}
        if len(own) > 1 and not (isnan(base) or isnan(middle)):
            fields["ratio_interval"] = ratio_interval(theirs, own, better)
            fields["difference_interval"] = difference_interval(theirs, own, better)
    return Comparison(**fields | bounds)


def draw_arms(
    name: str, arms: Mapping[str, Sequence[Values]], *, candidate: str, at: Sequence[float]
) -> tuple[Line, ...]:
    """The candidate's line, then those of the other arms: the median at each point, from the least to the most.

    Raises:
        ValueError: There are fewer than two points, or an arm is missing or has not a figure for each.
    """
    check_arms(name, arms, candidate, None)
    for arm, values in arms.items():
        if len(values) != len(at):
            raise ValueError(f"{name!r} has {len(at)} points, {arm or 'the candidate'} has {len(values)}")
    if len(at) < 2:
        raise ValueError(f"{name!r} is a curve of {len(at)} points: show one figure with bench.score")
    order = [candidate, *(arm for arm in arms if arm != candidate)]
    lists = {arm: [_figures(name, arm, value) for value in arms[arm]] for arm in order}
    return tuple(
        Line(
            name="" if arm == candidate else arm,
            values=tuple(map(median, values)),
            low=tuple(map(min, values)),
            high=tuple(map(max, values)),
        )
        for arm, values in lists.items()
    )


def check_arms(metric: str, arms: Mapping[str, T], candidate: str, baseline: str | None) -> None:
    """Check that candidate and baseline are among the arms, that they differ, and that every arm has a name.

    Raises:
        ValueError: One of that is not so.
    """
    names = ", ".join(map(repr, arms))
    for arm in (candidate, baseline):
        if arm is not None and arm not in arms:
            raise ValueError(f"{metric}: there is no arm {arm!r} among {names}: name one of them")
    if candidate == baseline:
        raise ValueError(f"{metric}: {candidate!r} is candidate and baseline: name two arms")
    if "" in arms and len(arms) > 1:
        raise ValueError(f"{metric}: every arm needs a name: {names}")


def _median(values: Sequence[float]) -> float:
    """The median; no number if one of the values is none: a run that broke is not to be hidden by its neighbours."""
    return float("nan") if any(map(isnan, values)) else median(values)


def _figures(metric: str, arm: str, values: Values) -> list[float]:
    figures = [float(value) for value in values] if isinstance(values, Sequence) else [float(values)]
    if not figures:
        raise ValueError(f"{metric}: {arm or 'the candidate'} has no figures")
    return figures
