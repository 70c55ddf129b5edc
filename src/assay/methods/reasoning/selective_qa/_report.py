"""The report: what answers are worth by budget and threshold, once wrong ones cost something."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import inf, isfinite, nan
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.methods._calibration import Calibration, RiskCoverage, calibration_error, risk_coverage
from assay.methods._files import written_whole
from assay.methods._intervals import Estimate, mean_interval
from assay.methods.reasoning.selective_qa._attempts import Attempt, Kind, read_attempts
from assay.methods.reasoning.selective_qa._policy import Policy

ODDS: Mapping[str, float] = {"exam": 0.0, "jeopardy": 1.0, "high_stakes": 20.0}
"""What a wrong answer costs, of what a right one earns (paper)."""
THRESHOLDS = tuple(float(each) for each in np.linspace(0, 1, 50))
"""That may be chosen (official code)."""
SHOWN = (0.0, 0.5, 0.95)
"""Thresholds that tables and plots show (paper)."""
CALIBRATION, TEST = "calibration", "test"


class SelectiveReport:
    """Coverage, accuracy, utility and calibration of attempts, with intervals over questions.

    Args:
        attempts: Of the same questions at every budget; or records or a file that `read_attempts` reads.
        thresholds: That may be chosen.
        odds: What a wrong answer costs, by name.
        confidence: ``sum``, ``mean`` or ``min``: see `Attempt`.
        calibration: The share of the questions that thresholds are chosen on; the others test. Left out, the attempts'
            own splits count.
        seed: Of the split.

    Raises:
        ValueError: There are no attempts, a question is missing at a budget or twice at one, a threshold or price is
            out of range, a question is in two splits.
    """

    def __init__(
        self,
        attempts: str | Path | Iterable[Attempt | Mapping[str, Any]],
        *,
        thresholds: Sequence[float] | NDArray[np.float64] = THRESHOLDS,
        odds: Mapping[str, float] = ODDS,
        confidence: Kind = "sum",
        calibration: float | None = None,
        seed: int = 0,
    ) -> None:
        rows = _attempts(attempts)
        self.thresholds = tuple(sorted({float(each) for each in thresholds}))
        if not self.thresholds or not all(0 <= each <= 1 for each in self.thresholds):
            raise ValueError("thresholds are probabilities within [0, 1], and at least one")
        self.odds = {name: _price(value) for name, value in odds.items()}
        if confidence not in {"sum", "mean", "min"}:
            raise ValueError(f"confidence is {confidence!r}: choose sum, mean or min")
        self.budgets = tuple(sorted({each.budget for each in rows}))
        self.questions = tuple(dict.fromkeys(each.id for each in rows))
        _check_grid(rows, self.budgets, self.questions)
        at = {(each.budget, each.id): each for each in rows}
        grid = [[at[budget, question] for question in self.questions] for budget in self.budgets]
        self.confidences: NDArray[np.float64] = np.array([[each.how_sure(confidence) for each in row] for row in grid])
        """(budgets, questions)."""
        self.right = np.array([[each.right and bool(each.answer) for each in row] for row in grid])
        """(budgets, questions)."""
        self.answers = np.array([[bool(each.answer) for each in row] for row in grid])
        """(budgets, questions): whether there is an answer at all."""
        self.splits = _splits(rows, self.questions, calibration, seed)
        """(questions,) ``calibration``, ``test`` or empty."""

    # Single figures

    def coverage(self, threshold: float, *, budget: int | None = None, split: str | None = None) -> Estimate:
        """The share of the questions that are answered.

        Args:
            threshold: Answered is what is at least as sure.
            budget: The largest one by default.
            split: ``calibration`` or ``test``; all questions by default.
        """
        return mean_interval(self._answered(threshold, budget, split).astype(float))

    def accuracy(self, threshold: float, *, budget: int | None = None, split: str | None = None) -> Estimate | None:
        """The share of right answers among those that are given; ``None`` where none is."""
        answered = self._answered(threshold, budget, split)
        right = self._of(self.right, budget, split)[answered]
        return mean_interval(right.astype(float)) if len(right) else None

    def utility(
        self, odds: str | float, threshold: float, *, budget: int | None = None, split: str | None = None
    ) -> Estimate:
        """Right answers less the price of the wrong ones, by question."""
        return mean_interval(self.gains(odds, threshold, budget=budget, split=split))

    def gains(
        self, odds: str | float, threshold: float, *, budget: int | None = None, split: str | None = None
    ) -> NDArray[np.float64]:
        """(questions,) what each question earns or costs."""
        right = self._of(self.right, budget, split)
        values = np.where(right, 1.0, -self._price(odds))
        gains: NDArray[np.float64] = np.where(self._answered(threshold, budget, split), values, 0.0)
        return gains

    def confidence_where(self, *, right: bool, budget: int | None = None, split: str | None = None) -> Estimate | None:
        """The mean confidence of the right answers, or of the wrong ones; ``None`` where there are none."""
        chosen = self._of(self.answers, budget, split) & (self._of(self.right, budget, split) == right)
        values = self._of(self.confidences, budget, split)[chosen]
        return mean_interval(values) if len(values) else None

    def calibration(
        self, *, budget: int | None = None, split: str | None = None, bins: int = 10, repeats: int = 500
    ) -> Calibration:
        """The expected calibration error and Brier score; see `Calibration`. `repeats` are those of its bootstrap."""
        p, y = self._of(self.confidences, budget, split), self._of(self.right, budget, split)
        return calibration_error(p, y, bins=min(bins, len(p)), repeats=repeats)

    def risk_coverage(self, *, budget: int | None = None, split: str | None = None, repeats: int = 500) -> RiskCoverage:
        """Risk against coverage and the area under it (AURC); see `RiskCoverage`."""
        p, y = self._of(self.confidences, budget, split), self._of(self.right, budget, split)
        return risk_coverage(p, y, repeats=repeats)

    # All at once

    def table(
        self, budget: int | None = None, *, thresholds: Sequence[float] = SHOWN, split: str | None = None
    ) -> list[dict[str, float]]:
        """A row for each budget and threshold; accuracy is NaN where nothing is answered.

        Args:
            budget: This one alone; all by default.
            thresholds: Which.
            split: Of the questions; all by default.
        """
        rows = []
        for each in self.budgets if budget is None else (budget,):
            for threshold in thresholds:
                accuracy = self.accuracy(threshold, budget=each, split=split)
                row = {
                    "budget": float(each),
                    "threshold": float(threshold),
                    "coverage": self.coverage(threshold, budget=each, split=split).value,
                    "accuracy": accuracy.value if accuracy else nan,
                }
                for name in self.odds:
                    row |= _columns(f"utility {name}", self.utility(name, threshold, budget=each, split=split))
                rows.append(row)
        return rows

    def by_budget(self, *, split: str | None = None, repeats: int = 500) -> list[dict[str, float]]:
        """A row for each budget: how sure the model is where it is right and where wrong, and how well that tells.

        NaN stands for what is not defined there; `repeats` are those of the bootstrap.
        """
        rows = []
        for budget in self.budgets:
            curve = self.risk_coverage(budget=budget, split=split, repeats=repeats)
            calibration = self.calibration(budget=budget, split=split, repeats=repeats)
            sure = {
                f"confidence where {name}": self.confidence_where(right=right, budget=budget, split=split)
                for name, right in (("right", True), ("wrong", False))
            }
            rows.append(
                {"budget": float(budget), "right": float(self._of(self.right, budget, split).mean())}
                | {name: value.value if value else nan for name, value in sure.items()}
                | _columns("AURC", curve.area)
                | {"best AURC": curve.best_area, "AUROC": curve.auroc}
                | _columns("ECE", calibration.error)
                | _columns("Brier", calibration.brier)
            )
        return rows

    def surface(self, odds: str | float, *, split: str | None = None) -> NDArray[np.float64]:
        """(budgets, thresholds) utilities."""
        return np.array(
            [
                [self.gains(odds, each, budget=budget, split=split).mean() for each in self.thresholds]
                for budget in self.budgets
            ]
        )

    def plot(self, path: str | Path, *, odds: str | float = "jeopardy", split: str | None = None) -> None:
        """Draw utility by budget, a line for each threshold of `SHOWN`; where there is one budget, by threshold.

        Raises:
            ValueError: matplotlib is not installed, or the file is neither .png nor .svg nor .pdf.
        """
        path = Path(path)
        if path.suffix not in {".png", ".svg", ".pdf"}:
            raise ValueError(f"{path}: a plot is written as .png, .svg or .pdf")
        try:
            from matplotlib.figure import Figure  # noqa: PLC0415 - for who plots alone
        except ImportError:
            raise ValueError("plots need matplotlib: pip install matplotlib") from None
        figure = Figure(figsize=(6.0, 3.6), layout="constrained")
        axes = figure.subplots()
        if len(self.budgets) > 1:
            for threshold in SHOWN:
                values = [self.utility(odds, threshold, budget=each, split=split).value for each in self.budgets]
                axes.plot(self.budgets, values, marker="o", label=f"threshold {threshold:g}")
            axes.set_xlabel("tokens of thinking")
            axes.legend(frameon=False)
        else:
            axes.plot(self.thresholds, self.surface(odds, split=split)[0])
            axes.set_xlabel("threshold")
        axes.axhline(0.0, color="grey", linewidth=0.8)
        axes.set_ylabel(f"utility a question, a wrong answer costs {self._price(odds):g}")
        with written_whole(path) as file:
            figure.savefig(file, format=path.suffix[1:])

    # Choosing

    def best_threshold(
        self,
        odds: str | float,
        *,
        split: str | None = CALIBRATION,
        budget: int | None = None,
        allow_test: bool = False,
    ) -> float:
        """The threshold of the highest utility; infinite where it is best never to answer.

        Of equally good ones it is the nearest to λ / (1 + λ), which is the best where confidence is a probability.

        Args:
            odds: A name or a price.
            split: What it is chosen on.
            budget: The largest by default.
            allow_test: Choose on questions that are to test it, or on all of them. What is reported of them is then too
                good.

        Raises:
            ValueError: There is no such split, or it is not for choosing.
        """
        if split != CALIBRATION and not allow_test:
            raise ValueError(
                f"a threshold is chosen on {CALIBRATION} questions and not on {split or 'all of them'}: pass "
                "calibration=0.5 to the report, or allow_test=True if you know what the figures are worth then"
            )
        price = self._price(odds)
        utilities = {each: self.gains(odds, each, budget=budget, split=split).mean() for each in self.thresholds}
        utilities[inf] = 0.0
        most = max(utilities.values())
        best = [each for each, utility in utilities.items() if utility >= most - 1e-12]
        return min(best, key=lambda each: abs(each - price / (1 + price)))

    def to_policy(
        self,
        odds: str | float = "jeopardy",
        *,
        split: str | None = CALIBRATION,
        budget: int | None = None,
        min_utility: float = 0.0,
        allow_test: bool = False,
    ) -> Policy:
        """A function of answer and confidence that answers or keeps silent; see `best_threshold`.

        Args:
            odds: A name or a price.
            split: What its threshold is chosen on.
            budget: The largest by default.
            min_utility: By question; where the best threshold gives less, the policy never answers.
            allow_test: See `best_threshold`.
        """
        threshold = self.best_threshold(odds, split=split, budget=budget, allow_test=allow_test)
        utility = float(self.gains(odds, threshold, budget=budget, split=split).mean())
        if utility < min_utility:
            threshold, utility = inf, 0.0
        return Policy(threshold, self._price(odds), self.budgets[-1] if budget is None else budget, utility)

    # What is asked for

    def _price(self, odds: str | float) -> float:
        if isinstance(odds, str):
            if odds not in self.odds:
                raise ValueError(f"there are no odds {odds!r}: choose {', '.join(self.odds)}, or give a number")
            return self.odds[odds]
        return _price(odds)

    def _of(self, grid: NDArray[Any], budget: int | None, split: str | None) -> NDArray[Any]:
        """(questions of the split,) of one budget."""
        if budget is not None and budget not in self.budgets:
            raise ValueError(f"there is no budget of {budget} tokens: choose {', '.join(map(str, self.budgets))}")
        row: NDArray[Any] = grid[-1 if budget is None else self.budgets.index(budget)]
        if split is None:
            return row
        chosen: NDArray[Any] = row[self.splits == split]
        if not len(chosen):
            raise ValueError(
                f"no question is in the split {split!r}: give the attempts a split, or pass calibration=0.5"
            )
        return chosen

    def _answered(self, threshold: float, budget: int | None, split: str | None) -> NDArray[np.bool_]:
        answered: NDArray[np.bool_] = (self._of(self.confidences, budget, split) >= threshold) & self._of(
            self.answers, budget, split
        )
        return answered


def _attempts(source: str | Path | Iterable[Attempt | Mapping[str, Any]]) -> list[Attempt]:
    if isinstance(source, str | Path):
        rows = read_attempts(source)
    else:
        rows = [each if isinstance(each, Attempt) else read_attempts([each])[0] for each in source]
    if not rows:
        raise ValueError("there are no attempts to report on")
    return rows


def _check_grid(rows: Sequence[Attempt], budgets: Sequence[int], questions: Sequence[str]) -> None:
    counts = Counter((each.budget, each.id) for each in rows)
    if twice := next((key for key, count in counts.items() if count > 1), None):
        raise ValueError(f"question {twice[1]!r} has several attempts with {twice[0]} tokens: report on one of them")
    for budget in budgets:
        missing = [each for each in questions if (budget, each) not in counts]
        if missing:
            raise ValueError(
                f"{len(missing)} of {len(questions)} questions have no attempt with {budget} tokens, {missing[0]!r} "
                "among them: budgets are compared on the same questions"
            )


def _splits(
    rows: Sequence[Attempt], questions: Sequence[str], calibration: float | None, seed: int
) -> NDArray[np.str_]:
    if calibration is None:
        named: dict[str, str] = {}
        for each in rows:
            if named.setdefault(each.id, each.split) != each.split:
                raise ValueError(f"question {each.id!r} is in the splits {named[each.id]!r} and {each.split!r}")
        return np.array([named[each] for each in questions])
    count = round(calibration * len(questions))
    if not 0 < count < len(questions):
        raise ValueError(f"calibration is {calibration}: of {len(questions)} questions both splits need one at least")
    splits = np.full(len(questions), TEST, dtype="<U11")
    splits[np.random.default_rng(seed).permutation(len(questions))[:count]] = CALIBRATION
    return splits


def _price(value: float) -> float:
    if not (isfinite(value) and value >= 0):
        raise ValueError(f"a wrong answer costs {value}: give 0 or more, of what a right one earns")
    return float(value)


def _columns(name: str, estimate: Estimate) -> dict[str, float]:
    return {name: estimate.value, f"{name} low": estimate.low, f"{name} high": estimate.high}
