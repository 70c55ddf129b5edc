"""Scores by group and condition, with intervals over clusters: gaps between groups, and what conditions gain."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from assay.methods._files import written_whole
from assay.methods._intervals import (
    CONFIDENCE,
    Estimate,
    bootstrap_interval,
    difference_interval,
    mean_interval,
    paired_interval,
)
from assay.methods._models import as_model
from assay.methods.evaluation.gimmick._asking import Condition, Match, Scorer, ask
from assay.methods.evaluation.gimmick._items import GroupedItem

ALL = "all"
"""Every item once, however many groups it is in."""
FEW_CLUSTERS = 30
"""Below so many an interval over clusters is rough (the card's; Student's t makes up for most of it)."""


@dataclass(frozen=True)
class GroupReport:
    """What came of items in conditions, by group. Scores are shares, of 1; gaps and gains are differences of these."""

    items: tuple[GroupedItem, ...]
    scores: Mapping[Condition, Sequence[float]]
    """Of each condition, one score for each item."""
    reference: str
    """The group that the others are compared with."""
    confidence: float = CONFIDENCE
    model: str = ""

    def __post_init__(self) -> None:
        if not self.items or not self.scores:
            raise ValueError("a report needs items, and their scores in a condition at least")
        for condition, values in self.scores.items():
            if len(values) != len(self.items):
                raise ValueError(
                    f"'{condition}' has {len(values)} scores for {len(self.items)} items: give one of each"
                )
            for item, value in zip(self.items, values, strict=True):
                if not 0 <= value <= 1:  # NaN is not, either
                    raise ValueError(f"item {item.id!r} has the score {value} in '{condition}': give 0 to 1")
        if len(self.groups) < 2:
            raise ValueError(f"all items are of one group, {self.groups[0]}: there is nothing to compare it with")
        if self.reference not in self.groups:
            raise ValueError(f"no item is of the group {self.reference!r}: there are {', '.join(self.groups)}")

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """In order of their names."""
        return tuple(sorted(set(chain.from_iterable(item.groups for item in self.items))))

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """In the order in which they were given."""
        return tuple(self.scores)

    @property
    def warnings(self) -> list[str]:
        """What speaks against an interval: groups of few clusters."""
        counts = {group: len({self.items[i].cluster for i in self._members(group)}) for group in self.groups}
        return [
            f"{group} has {count} cluster{'s' * (count > 1)}, fewer than {FEW_CLUSTERS}: its intervals are rough"
            for group, count in counts.items()
            if count < FEW_CLUSTERS
        ]

    def score(self, group: str, condition: Condition) -> Estimate:
        """The mean score of a group, or of `ALL`."""
        members = self._members(group)
        return mean_interval(self._values(condition, members), self._clusters(members), confidence=self.confidence)

    def macro(self, condition: Condition) -> Estimate:
        """The mean over groups, each counting alike; by bootstrap over clusters."""
        values = np.asarray(self.scores[condition], dtype=np.float64)
        belongs = np.array([[group in item.groups for group in self.groups] for item in self.items], dtype=np.float64)

        def mean_of_groups(drawn: Any) -> float:
            counts = belongs[drawn].sum(0)
            return float(np.mean(values[drawn] @ belongs[drawn] / counts)) if counts.all() else float("nan")

        clusters = self._clusters(range(len(self.items)))
        return bootstrap_interval(mean_of_groups, len(values), clusters, confidence=self.confidence)

    def gap(self, group: str, condition: Condition, *, among: int = 1) -> Estimate:
        """How much higher the reference scores than a group.

        Args:
            group: Of the groups.
            condition: Of the conditions.
            among: Of so many gaps, all lie in their intervals together with the report's confidence (Bonferroni).
        """
        ours, theirs = self._members(self.reference), self._members(group)
        return difference_interval(
            self._values(condition, ours),
            self._values(condition, theirs),
            self._clusters(ours),
            self._clusters(theirs),
            confidence=1 - (1 - self.confidence) / among,
        )

    def worst_gap(self, condition: Condition) -> tuple[str, Estimate]:
        """The group furthest below the reference; its interval is made for the largest of so many."""
        others = [group for group in self.groups if group != self.reference]
        gaps = {group: self.gap(group, condition, among=len(others)) for group in others}
        group = max(gaps, key=lambda each: gaps[each].value)
        return group, gaps[group]

    def gain(self, group: str, condition: Condition, over: Condition) -> Estimate:
        """How much higher a group scores in a condition than in another, item by item."""
        members = self._members(group)
        return paired_interval(
            self._values(condition, members),
            self._values(over, members),
            self._clusters(members),
            confidence=self.confidence,
        )

    def gap_closed(self, group: str, condition: Condition, over: Condition) -> Estimate:
        """How much more a group gains by a condition than the reference does: above 0 the gap shrinks."""
        ours, theirs = self._members(group), self._members(self.reference)
        gains = [
            np.subtract(self._values(condition, members), self._values(over, members)) for members in (ours, theirs)
        ]
        return difference_interval(
            gains[0], gains[1], self._clusters(ours), self._clusters(theirs), confidence=self.confidence
        )

    def table(self) -> list[dict[str, Any]]:
        """A row for each score, gap and gain; gains are over the first condition."""
        first, *rest = self.conditions
        rows = []
        for condition in self.conditions:
            figures = {("score", group): self.score(group, condition) for group in (*self.groups, ALL)}
            figures |= {("gap", group): self.gap(group, condition) for group in self.groups if group != self.reference}
            if condition in rest:
                figures |= {("gain", group): self.gain(group, condition, first) for group in (*self.groups, ALL)}
            rows += [
                {"model": self.model, "condition": str(condition), "figure": figure, "group": group}
                | estimate.as_record()
                for (figure, group), estimate in figures.items()
            ]
        return rows

    def plot(self, file: str | Path) -> Path:
        """Draw the scores of all groups in each condition, with their intervals.

        Returns:
            The file, whose ending says its format.
        """
        from matplotlib.figure import Figure  # noqa: PLC0415 - slow to load

        figure = Figure(
            figsize=(7.0, 0.9 + 0.32 * len(self.groups) * (1 + 0.25 * len(self.scores))), layout="constrained"
        )
        axes = figure.subplots()
        for number, condition in enumerate(self.conditions):
            estimates = [self.score(group, condition) for group in self.groups]
            places = [at + 0.12 * (number - (len(self.scores) - 1) / 2) for at in range(len(self.groups))]
            values = [100 * each.value for each in estimates]
            reach = [
                [100 * max(each.value - each.low, 0.0) for each in estimates],
                [100 * max(each.high - each.value, 0.0) for each in estimates],
            ]
            axes.errorbar(values, places, xerr=reach, fmt="o", capsize=2, label=str(condition))
        axes.set_yticks(range(len(self.groups)), self.groups)
        axes.invert_yaxis()
        axes.set_xlabel(f"score, % ({self.confidence:.0%} intervals over clusters)")
        axes.legend(fontsize="small")
        path = Path(file)
        with written_whole(path) as unfinished:
            figure.savefig(unfinished)
        return path

    def _members(self, group: str) -> list[int]:
        members = [i for i, item in enumerate(self.items) if group == ALL or group in item.groups]
        if not members:
            raise ValueError(f"no item is of the group {group!r}: there are {', '.join(self.groups)}")
        return members

    def _values(self, condition: Condition, members: Sequence[int]) -> list[float]:
        if condition not in self.scores:
            raise ValueError(
                f"nothing was asked in '{condition}': there are {', '.join(map(repr, map(str, self.scores)))}"
            )
        return [float(self.scores[condition][i]) for i in members]

    def _clusters(self, members: Sequence[int]) -> list[str]:
        return [self.items[i].cluster for i in members]


def evaluate(
    model: Any,
    items: Sequence[GroupedItem],
    grid: Sequence[Condition],
    *,
    reference: str,
    scorer: Match | Scorer = "contains",
    ranked: bool = False,
    tokens: int = 24,
    progress: Callable[[str], None] | None = None,
) -> GroupReport:
    """Ask a model items in conditions, and report by group.

    Args:
        model: A callable, an `Endpoint`, a transformers model; see `as_model`.
        items: See `grouped_items` and `origin_items`.
        grid: See `conditions`.
        reference: The group that the others are compared with.
        scorer: See `ask`.
        ranked: See `ask`.
        tokens: See `ask`.
        progress: Told the condition that is asked.

    Raises:
        ValueError: An item cannot be asked so, there is one group only, or none of the reference's.
        ModelError: The model gives no answer.
    """
    grid = list(grid)
    GroupReport(tuple(items), {each: [0.0] * len(items) for each in grid}, reference)  # refused before it is asked
    asked = as_model(model)
    scores = ask(asked, items, grid, scorer=scorer, ranked=ranked, tokens=tokens, progress=progress)
    return GroupReport(tuple(items), scores, reference, model=asked.name)
