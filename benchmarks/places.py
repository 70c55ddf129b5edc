"""Learns how much each sign weighs that two figures of a summary have changed places.

    python benchmarks/places.py           what the weights find in files of labels that they were not learnt from
    python benchmarks/places.py --write   the same, and put the weights learnt from all labels into the package

Labels are the planted summaries for development. Each file of them is scored by weights learnt from all the others.
A pair tells something if both of its figures are right or both are of something else; counted is what the weights say
of figures that the rules let pass.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from checks import PLANTED
from planted import AMISS, GOOD, Planted, Summary, read_planted, share
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

from assay.claims.check import Checker
from assay.claims.context import Figure, Text
from assay.claims.judging import places
from assay.claims.meanings.nearness import Nearness
from assay.claims.source import source_of
from assay.papers.findings import State

WEIGHTS = Path(places.__file__).with_name("places.toml")
STRENGTH = 0.005
"""How far the weights may leave nought."""
HEAD = "# How much each sign weighs that two figures have changed places: written by benchmarks/places.py."


class Rules(Checker):
    """The checker without the weights."""

    def find_changed_places(self) -> None:
        """Nothing: what is learnt here."""


@dataclass(frozen=True)
class Example:
    """A pair of figures as it was labelled."""

    file: str
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


def learn(told: Sequence[Example]) -> dict[str, float]:
    """Weights for the signs, and the bias, learnt from examples."""
    names = sorted({name for each in told for name in each.signs})
    table = np.array([[each.signs.get(name, 0.0) for name in names] for each in told])
    scale = table.std(axis=0) + 1e-6
    model = LogisticRegression(C=STRENGTH, max_iter=3000)
    model.fit(table / scale, [each.labels == (AMISS, AMISS) for each in told])
    return {"bias": float(model.intercept_[0])} | dict(zip(names, map(float, model.coef_[0] / scale), strict=True))


def matched(rows: Sequence[Example], weights: Mapping[str, float]) -> Iterator[tuple[float, str]]:
    """The score and the label of each figure in its surest pair, as the checker pairs them."""
    placed: set[Figure] = set()
    scored = [(places.score(row.signs, weights), row) for row in rows]
    for score, row in sorted(scored, key=lambda each: -each[0]):
        if row.is_open and not placed & set(row.pair[:2]):
            placed |= set(row.pair[:2])
            yield from ((score, label) for label in row.labels)


def main() -> None:
    """Score each file by the others; with ``--write``, keep the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the weights into the package")
    arguments = parser.parse_args()
    rows = [example for file in PLANTED["development"] for example in examples(file)]
    right = sum(_state(f) == GOOD for file in PLANTED["development"] for s in read_planted(file) for f in s.figures())
    outcomes: list[tuple[float, str]] = []
    for file in sorted({row.file for row in rows}):
        weights = learn([row for row in rows if row.file != file and row.is_told])
        outcomes += matched([row for row in rows if row.file == file], weights)
    flagged = [label for score, label in outcomes if score > places.SURE]
    print(f"{len(rows)} pairs, {sum(row.is_told for row in rows)} of them tell something")
    print(f"figures of something else found besides: {flagged.count(AMISS)}")
    print(f"right figures flagged besides: {share(flagged.count(GOOD), right)}")
    if arguments.write:
        weights = learn([row for row in rows if row.is_told])
        lines = [f'"{name}" = {weight:.3f}' for name, weight in weights.items()]
        WEIGHTS.write_text("\n".join([HEAD, *lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
