"""Conformal prediction: sets of answers, statements and thresholds that are right at a rate one chooses."""

import warnings
from collections.abc import Sequence
from math import ceil, inf
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class SplitConformal:
    """Sets of options that hold the right one at the rate 1 - alpha, from any model's probabilities.

    Calibrated on items whose right option is known, by a score s of it: the threshold q is the
    ``ceil((n + 1)(1 - alpha))``-th smallest of n, and a set has every option whose score is at most q. The rate is
    between 1 - alpha and, without ties, 1 - alpha + 1 / (n + 1), on average over the items that it was calibrated on.

    Args:
        alpha: How often the set may miss the right option.
        score: ``lac``: 1 - p of the option, which gives the smallest sets. ``aps``: the probability of all options up
            to and with it, the likeliest first, whose sets grow where the model is unsure.
    """

    def __init__(self, alpha: float = 0.1, score: Literal["lac", "aps"] = "lac") -> None:
        _check_level(alpha)
        if score not in {"lac", "aps"}:
            raise ValueError(f"score is {score!r}: choose lac or aps")
        self.alpha, self.score = alpha, score

    def fit(self, probabilities: ArrayLike, answers: ArrayLike) -> Self:
        """Calibrate.

        Args:
            probabilities: (items, options), each row adds up to 1.
            answers: (items,): the number of the right option.

        Raises:
            ValueError: A row is no distribution, or an answer is none of the options; it is named.
        """
        p = _distributions(probabilities)
        y = np.asarray(answers)
        if y.shape != (len(p),):
            raise ValueError(f"there are {len(p)} rows of probabilities and answers of the shape {y.shape}")
        if (wrong := np.flatnonzero((y < 0) | (y >= p.shape[1]) | (y != np.floor(y)))).size:
            raise ValueError(f"answer {wrong[0]} is {y[wrong[0]]}: the options are 0 to {p.shape[1] - 1}")
        scores = self._scores(p)[np.arange(len(p)), y.astype(int)]
        self.threshold_ = conformal_quantile(scores, self.alpha)
        return self

    def predict_set(self, probabilities: ArrayLike) -> Flags:
        """Which options are in each item's set: (items, options)."""
        if not hasattr(self, "threshold_"):
            raise ValueError("SplitConformal is not calibrated: call fit with probabilities and right answers")
        sets: Flags = self._scores(_distributions(probabilities)) <= self.threshold_
        return sets

    def _scores(self, p: Floats) -> Floats:
        if self.score == "lac":
            return 1.0 - p
        order = np.argsort(-p, axis=1, kind="stable")
        scores = np.empty_like(p)
        np.put_along_axis(scores, order, np.take_along_axis(p, order, 1).cumsum(1), 1)
        return scores


class ConformalFactuality:
    """Which statements of an answer may stay, so that enough of them are right at the rate 1 - alpha.

    For each calibrated answer r is the highest confidence t at which, of its statements of confidence t and more, less
    than `share` are right; -inf if there is none. Statements above the ``ceil((n + 1)(1 - alpha))``-th smallest r stay.

    Args:
        alpha: How often an answer may fall short.
        share: Of the statements that stay, so many must be right; 1 is all of them.
    """

    def __init__(self, alpha: float = 0.1, share: float = 1.0) -> None:
        _check_level(alpha)
        if not 0 < share <= 1:
            raise ValueError(f"share is {share}: give a share above 0, up to 1")
        self.alpha, self.share = alpha, share

    def fit(self, confidences: Sequence[ArrayLike], right: Sequence[ArrayLike]) -> Self:
        """Calibrate.

        Args:
            confidences: Of each answer's statements, (statements,).
            right: Whether each of them is.

        Raises:
            ValueError: An answer has different numbers of the two; it is named.
        """
        if len(confidences) != len(right):
            raise ValueError(f"there are confidences of {len(confidences)} answers and labels of {len(right)}")
        risks = [self._risk(index, *pair) for index, pair in enumerate(zip(confidences, right, strict=True))]
        self.threshold_ = conformal_quantile(risks, self.alpha)
        return self

    def keep(self, confidences: Sequence[ArrayLike]) -> list[Flags]:
        """Which statements of each answer stay."""
        if not hasattr(self, "threshold_"):
            raise ValueError("ConformalFactuality is not calibrated: call fit with confidences and labels")
        return [np.asarray(each, dtype=np.float64) > self.threshold_ for each in confidences]

    def _risk(self, index: int, confidences: ArrayLike, right: ArrayLike) -> float:
        scores, labels = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=bool)
        if scores.shape != labels.shape or scores.ndim != 1:
            raise ValueError(
                f"answer {index} has confidences {scores.shape} and labels {labels.shape}: give one of each"
            )
        if not np.isfinite(scores).all():
            raise ValueError(f"answer {index} has a confidence that is no finite number")
        for threshold in np.unique(scores)[::-1]:
            if labels[scores >= threshold].mean() < self.share - 1e-12:
                return float(threshold)
        return -inf


def control_risk(losses: ArrayLike, *, alpha: float, largest: float = 1.0) -> int | None:
    """The last setting whose expected loss stays below alpha, or ``None``; conformal risk control.

    Args:
        losses: (items, settings), ordered so that no item's loss falls from one setting to the next: thresholds from
            answering nothing to answering all, say.
        alpha: The expected loss that is allowed.
        largest: The most that an item can lose.

    Returns:
        The number of the setting: the largest with ``n / (n + 1) mean + largest / (n + 1) <= alpha``.

    Raises:
        ValueError: A loss falls, or is above the largest; the item is named.
    """
    rows = np.asarray(losses, dtype=np.float64)
    if rows.ndim != 2 or not rows.size:
        raise ValueError(f"losses have the shape {rows.shape}: give (items, settings)")
    if (falling := np.flatnonzero((np.diff(rows, axis=1) < -1e-12).any(1))).size:
        raise ValueError(f"the loss of item {falling[0]} falls from one setting to the next: order settings by risk")
    if (above := np.flatnonzero(~((rows >= 0) & (rows <= largest)).all(1))).size:
        raise ValueError(f"item {above[0]} has a loss outside [0, {largest:g}]: give largest=")
    count = len(rows)
    allowed = np.flatnonzero((rows.sum(0) + largest) / (count + 1) <= alpha)
    return int(allowed[-1]) if allowed.size else None


def conformal_quantile(scores: ArrayLike, alpha: float) -> float:
    """The ``ceil((n + 1)(1 - alpha))``-th smallest of n scores; infinity, with a warning, where n is too small.

    Raises:
        ValueError: There are no scores, or one is NaN.
    """
    values = np.sort(np.asarray(scores, dtype=np.float64))
    if not values.size or np.isnan(values).any():
        raise ValueError("calibration needs one score for each item, none of them NaN")
    rank = ceil((len(values) + 1) * (1 - alpha) - 1e-9)
    if rank > len(values):
        least = ceil(1 / alpha - 1e-9) - 1
        warnings.warn(
            f"{len(values)} calibration items are too few for alpha {alpha:g}: it takes {least}",
            UserWarning,
            stacklevel=3,
        )
        return inf
    return float(values[rank - 1])


def _check_level(alpha: float) -> None:
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is {alpha}: give a share between 0 and 1")


def _distributions(probabilities: ArrayLike) -> Floats:
    p = np.asarray(probabilities, dtype=np.float64)
    if p.ndim != 2 or not p.size:
        raise ValueError(f"probabilities have the shape {p.shape}: give (items, options)")
    bad = np.flatnonzero(~((p >= 0).all(1) & (np.abs(p.sum(1) - 1) <= 1e-3)))
    if bad.size:
        raise ValueError(f"row {bad[0]} is no distribution: it adds up to {p[bad[0]].sum():g}")
    return p
