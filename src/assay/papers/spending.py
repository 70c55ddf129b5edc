"""What the answers of each arm cost and how many of them are right: two figures of a measurement that belong together.

A trial shows them by ``bench.spend``; the document on where computing pays reads them out of the results again.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from assay.papers.measurement import Measurement

SECONDS: Final = "seconds an answer"
RIGHT: Final = "right answers"
_METHOD: Final = "; the method: "


class Spent(NamedTuple):
    """One way to answer."""

    arm: str
    seconds: float
    """For an answer."""
    right: float
    """Per cent."""
    is_method: bool
    """Whether it is the paper's."""


class Spending(NamedTuple):
    """Ways to answer the same questions with the same model on the same machine."""

    measurement: Measurement
    task: str
    ways: tuple[Spent, ...]
    """The cheapest first."""

    @property
    def cheapest(self) -> Spent:
        """The way that the others are held against."""
        return self.ways[0]


def figure_names(task: str, method: str) -> tuple[str, str]:
    """What the two figures are called: they say which arm is the paper's, which is a nameless one in a comparison."""
    return f"{SECONDS}: {task}{_METHOD}{method}", f"{RIGHT}: {task}{_METHOD}{method}"


def read_spendings(measurements: Sequence[Measurement]) -> list[Spending]:
    """All that measurements show of it, each task of a paper once: its first measurement counts."""
    spendings: dict[tuple[str, str], Spending] = {}
    for measurement in measurements:
        figures = {each.metric: each.figures for each in measurement.beside}
        for name, seconds in figures.items():
            what, _, which = name.partition(": ")
            task, _, method = which.partition(_METHOD)
            right = figures.get(figure_names(task, method)[1])
            if what == SECONDS and right is not None:
                ways = [Spent(arm or method, value, right[arm], not arm) for arm, value in seconds.items()]
                ordered = tuple(sorted(ways, key=lambda way: way.seconds))
                spendings.setdefault((measurement.paper, task), Spending(measurement, task, ordered))
    return list(spendings.values())
