"""Puts what was found of a pasted text into words: what it was held against, its figures one by one, what is wrong."""

from typing import NamedTuple

from assay.claims.report import CheckedText, Stretch
from assay.papers.findings import FigureFinding, State
from assay.papers.models import Place
from assay.publish.checks import pieces, searched_texts
from assay.publish.grounds import given_of
from assay.publish.labels import label

WRONG = (State.CONTRADICTED, State.MISATTRIBUTED)
"""The states of a figure that the paper speaks against."""


class Piece(NamedTuple):
    """A piece of a text: a figure with its finding, or what stands between two of them."""

    text: str
    finding: FigureFinding | None = None
    number: int = 0
    """Of a figure, among all of the text; from 1 on."""


class Marked(NamedTuple):
    """A stretch of a text, cut at its figures."""

    stretch: Stretch
    pieces: list[Piece]

    def figures(self, *states: State) -> list[Piece]:
        """Its figures in these states."""
        return [piece for piece in self.pieces if piece.finding is not None and piece.finding.state in states]


def mark_text(checked: CheckedText) -> list[Marked]:
    """The stretches of a text, every figure marked, whatever its state."""
    marked, number = [], 0
    for stretch in checked.stretches:
        cut = []
        for text, finding in pieces(stretch, "text", stretch.text, unchecked=True):
            number += finding is not None
            if text:
                cut.append(Piece(text, finding, number if finding else 0))
        marked.append(Marked(stretch, cut))
    return marked


def basis_line(stretch: Stretch, language: str) -> str:
    """In words, what a stretch was held against, or why against nothing."""
    name = f"text.{stretch.basis.replace(' ', '_')}"
    return label(name, language, paper=stretch.paper or "")


def reason_line(finding: FigureFinding, stretch: Stretch, language: str) -> str:
    """In words, why a figure is in its state: what was searched in vain, or what the paper has instead."""
    if finding.state is State.UNCHECKED:
        return basis_line(stretch, language)
    if finding.state is State.UNSUPPORTED:
        return label("text.not_in", language, searched=searched_texts(stretch, language))
    if finding.state is State.MISATTRIBUTED and finding.given:
        return label("check.paper_gives_it_of", language, figure=given_of(finding.given, language))
    return label("check.paper_gives", language, figure=finding.given) if finding.given else ""


def place_words(place: Place, language: str) -> str:
    """Where in a paper something stands, in words: ``abstract``, or the name of a section as the paper has it."""
    return label(place.part, language) if place.part in {"title", "abstract"} else place.part
