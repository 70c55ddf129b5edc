"""What the chooser of fields learns from: labelled results with all that each of them may be of."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from assay.claims.choosing.candidates import Candidate, candidates, find_phrases
from assay.claims.choosing.context import FIELDS, Context, Figure
from assay.claims.choosing.signs import words
from assay.claims.extract import read_abstract
from assay.papers.mathematics import read_plain
from assay.papers.models import Paper
from claims import GOLD, agrees, read_gold

LABELS = tuple(sorted(GOLD.glob("claims_*_hands_development.toml")))
"""Of papers that the rules were not made with, or else their readings would be trusted too far."""
PARTS = 5
LAST = PARTS - 1
"""The part that the encoder does not learn from: the second look does, by what the first one says of it."""


class Labelled(NamedTuple):
    """A labelled result."""

    paper: str
    context: Context
    figure: Figure
    offered: list[Candidate]
    label: dict[str, Any]
    right: NDArray[np.bool_]
    """[candidates, fields]: whether each is acceptable."""
    best: NDArray[np.bool_]
    """The same where it is worded as labelled; what is learnt."""

    @property
    def part(self) -> int:
        """Which of the parts its paper is in."""
        return crc32(self.paper.encode()) % PARTS


def read_labelled(corpus: Path, files: Sequence[Path]) -> Iterator[Labelled]:
    """The results that are labelled, each with its candidates; counts are not chosen for."""
    for paper, labels in (each for file in files for each in read_gold(corpus, file)):
        context = read_abstract(paper)
        phrases = find_phrases(context)
        for label in labels:
            figure = find_figure(context, paper, label)
            if figure is not None and "count" not in label["kind"]:
                offered = candidates(context, figure, phrases)
                right = np.array([[agrees(each.text, label.get(name, [])) for name in FIELDS] for each in offered])
                best = [_worded(offered, label.get(name, []), right[:, at]) for at, name in enumerate(FIELDS)]
                yield Labelled(paper.id, context, figure, offered, label, right, np.column_stack(best))


def find_figure(context: Context, paper: Paper, label: dict[str, Any]) -> Figure | None:
    """The figure that a label is of: it has its value, and stands where it does."""
    ends = label["value"] if isinstance(label["value"], list) else [label["value"]]
    starts = read_plain(paper.abstract).starts
    same = [
        each
        for each in context.figures
        if [round(end, 6) for end in each.claim.ends] == [round(float(end), 6) for end in ends]
    ]
    return min(same, key=lambda each: abs(starts[each.start] - label["at"][0]), default=None)


def _worded(offered: list[Candidate], labels: Sequence[str], right: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of the acceptable candidates those that have the words of a label, no more and no fewer; or else all of them."""
    wanted = {words(label) for label in labels if label}
    same = right & np.array([not each.text or words(each.text) in wanted for each in offered])
    return same if same.any() else right
