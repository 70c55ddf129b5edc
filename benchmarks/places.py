"""Learns how much each sign weighs that two figures of a summary have changed places.

    python benchmarks/places.py           what the weights find on labels of a hand that they were not learnt from
    python benchmarks/places.py --write   the same, and put the weights learnt from all labels into the package

Labels are the planted summaries for development. Each file of them is the hand of one author; a hand is scored by
weights learnt from all the others. A pair is told if both of its figures are right or both are of something else.
The limit is set where the weights flag `FLAGS` of the right figures that the rules let pass.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from checks import PLANTED
from planted import AMISS, GOOD, Planted, Summary, read_planted
from sklearn.linear_model import LogisticRegression

from assay.claims.check import Checker
from assay.claims.context import Figure, Text
from assay.claims.judging import places
from assay.claims.meanings.nearness import Nearness
from assay.claims.source import source_of
from assay.papers.findings import State

WEIGHTS = Path(places.__file__).with_name("places.toml")
FLAGS = 0.004
STRENGTH = 0.005
"""How far the weights may leave nought."""


class Rules(Checker):
    """The checker without the weights."""

    def find_changed_places(self) -> None:
        """Nothing: what is learnt here."""


@dataclass(frozen=True)
class Example:
    """A pair of figures as it was labelled."""

    hand: str
    pair: places.Pair
    signs: places.Signs
    labels: tuple[str, str]
    is_open: bool
    """Whether the rules call both figures supported."""

    @property
    def is_told(self) -> bool:
        """Whether the labels of both figures are the same and tell something."""
        return self.labels in {(GOOD, GOOD), (AMISS, AMISS)}


def examples(file: Path) -> Iterator[Example]:
    """The pairs of figures in a file of labels."""
    for summary in read_planted(file):
        checker = Rules(source_of(summary.paper, ()), (), summary.language, [Text.of("result", summary.text)])
        list(checker.findings())
        labels = {figure: label for figure in checker.figures if (label := _label(figure, summary))}
        near = Nearness(checker.source.reader)
        known = checker.found_in_abstract(State.SUPPORTED, State.MISATTRIBUTED)
        labelled = {figure: known[figure] for figure in known if figure in labels}
        for pair in places.comparable_pairs(labelled, checker.source):
            is_open = all(checker.verdicts[each].state is State.SUPPORTED for each in pair[:2])
            signs = places.signs_of(pair, checker.source, near)
            yield Example(file.stem, pair, signs, (labels[pair.one], labels[pair.other]), is_open)


def _label(figure: Figure, summary: Summary) -> str:
    at = figure.quantity
    return next((_state(each) for each in summary.figures() if each.start < at.end and at.start < each.end), "")


def _state(label: Planted) -> str:
    return label.states[0]


class Model:
    """Weights for signs, learnt from examples."""

    def __init__(self, told: Sequence[Example]) -> None:
        self.names = sorted({name for each in told for name in each.signs})
        table = self._table(told)
        scale = table.std(axis=0) + 1e-6
        fit = LogisticRegression(C=STRENGTH, max_iter=3000)
        fit.fit(table / scale, [each.labels == (AMISS, AMISS) for each in told])
        self.weights = fit.coef_[0] / scale
        self.bias = float(fit.intercept_[0])

    def _table(self, rows: Sequence[Example]) -> "np.ndarray":
        return np.array([[each.signs.get(name, 0.0) for name in self.names] for each in rows])

    def scores(self, rows: Sequence[Example]) -> list[float]:
        """How sure it is that each pair has changed places."""
        return [float(score) for score in self._table(rows) @ self.weights + self.bias] if rows else []


def matched(rows: Sequence[Example], scores: Sequence[float]) -> Iterator[tuple[float, str]]:
    """The score and the label of each figure in its surest pair, as the checker pairs them."""
    placed: set[Figure] = set()
    for score, row in sorted(zip(scores, rows, strict=True), key=lambda each: -each[0]):
        if row.is_open and not placed & set(row.pair[:2]):
            placed |= set(row.pair[:2])
            yield from ((score, label) for label in row.labels)


def main() -> None:
    """Score each hand by the others; with ``--write``, keep the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the weights into the package")
    arguments = parser.parse_args()
    rows = [example for file in PLANTED["development"] for example in examples(file)]
    right = sum(_state(f) == GOOD for file in PLANTED["development"] for s in read_planted(file) for f in s.figures())
    outcomes: list[tuple[float, str]] = []
    for hand in sorted({row.hand for row in rows}):
        model = Model([row for row in rows if row.hand != hand and row.is_told])
        theirs = [row for row in rows if row.hand == hand]
        outcomes += matched(theirs, model.scores(theirs))
    wrongly = sorted((score for score, label in outcomes if label == GOOD), reverse=True)
    print(f"{len(rows)} pairs, {sum(row.is_told for row in rows)} told, {right} right figures")
    print("| right figures flagged besides | figures of something else found besides |\n|---|---|")
    for flags in (2, 4, 6, 8, 10, 14, 20):
        found = sum(label == AMISS and score > wrongly[flags] for score, label in outcomes)
        print(f"| {flags} ({flags / right:.3f}) | {found} |")
    if arguments.write:
        model = Model([row for row in rows if row.is_told])
        WEIGHTS.write_text(written(model, limit=wrongly[round(FLAGS * right)]), encoding="utf-8")


def written(model: Model, *, limit: float) -> str:
    """The weights as the package keeps them, the limit taken off the bias."""
    lines = ["# How much each sign weighs that two figures have changed places: written by benchmarks/places.py."]
    lines.append(f"bias = {model.bias - limit:.3f}")
    lines += [f'"{name}" = {weight:.3f}' for name, weight in zip(model.names, model.weights, strict=True)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
