"""Cuts text with formulas for the outputs: into prose, formulas, and the figures that a check speaks of."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from assay.papers.findings import Check, FigureFinding
from assay.papers.formulas import Formula, find_formulas
from assay.papers.mathematics import read_plain
from assay.papers.text import normalise
from assay.publish.checks import MARKS, pieces


class Piece(NamedTuple):
    """A stretch of prose, or a formula."""

    text: str
    """In Unicode."""
    latex: str = ""
    """Of a formula, what stands between its dollars."""

    @property
    def needs_setting(self) -> bool:
        r"""Whether plain text says less, as for ``$x_i$`` and ``$\frac{1}{n}$``, unlike ``$\sim$`` or ``$90\%$``."""
        return _STRUCTURE.search(_UPRIGHT.sub("", self.latex)) is not None


_UPRIGHT = re.compile(r"\\(?:text[a-z]*|mathrm|mbox)\s*\{[\w\s.,:%+-]*\}")
_STRUCTURE = re.compile(r"\\(?:frac|sqrt|sum|prod|int)|(?<=.)[\^_]|(?<!\\)(?<![A-Za-z])[A-Za-z]")


class MarkedPieces(NamedTuple):
    """A stretch of a summary, and what a check found of it if it is a figure."""

    pieces: list[Piece]
    finding: FigureFinding | None

    @property
    def text(self) -> str:
        """In Unicode."""
        return "".join(piece.text for piece in self.pieces)


def split_formulas(text: str) -> list[Piece]:
    """A text as prose and formulas in turn."""
    return next(_cut(text, find_formulas(text), [0, len(text)]))


def mark_figures(check: Check | None, part: str, text: str) -> Iterator[MarkedPieces]:
    """A part of a summary as `assay.publish.checks.pieces` cuts it; a formula with figures inside is cut as text."""
    formulas = find_formulas(text)
    edges = {formula.inner_start: formula.start for formula in formulas}
    edges |= {formula.inner_end: formula.end for formula in formulas}
    ends = [0]
    findings: list[FigureFinding | None] = []
    at = 0
    for piece, finding in pieces(check, part, text):
        at += len(piece)
        ends.append(edges.get(at, at))
        findings.append(finding)
    whole = [formula for formula in formulas if not any(formula.start < end < formula.end for end in ends)]
    yield from map(MarkedPieces, _cut(text, whole, ends), findings)


def marked_text(check: Check | None, part: str, text: str) -> str:
    """A part of a summary in Unicode, with a mark after each figure that the paper does not support."""
    marked = ""
    for piece in mark_figures(check, part, text):
        marked += piece.text
        if piece.finding is not None and piece.finding.state in MARKS:
            marked += f" ({MARKS[piece.finding.state]})"
    return normalise(marked)


def words_of_formulas(*texts: str) -> str:
    """The words that formulas and raised or lowered characters make, as one types them: ``CO2``, ``O(n log n)``."""
    words: list[str] = []
    for text in texts:
        joined = "".join(
            _IN_FORMULA + piece.text.replace(" ", _IN_FORMULA) if piece.needs_setting else piece.text
            for piece in split_formulas(text)
        )
        for word in joined.split():
            typed = unicodedata.normalize("NFKC", word)
            if typed != word or _IN_FORMULA in typed:
                words.append(" ".join(typed.replace(_IN_FORMULA, " ").split()))
    return " ".join(dict.fromkeys(words))


_IN_FORMULA = "\ufffc"


def _cut(text: str, formulas: list[Formula], ends: list[int]) -> Iterator[list[Piece]]:
    """The pieces between each two of these places, none of which is inside a formula."""
    plain = read_plain(text)
    for start, end in pairwise(ends):
        result: list[Piece] = []
        at = start
        for formula in formulas:
            if start <= formula.start and formula.end <= end:
                result.append(Piece(plain.between(at, formula.start)))
                latex = text[formula.inner_start : formula.inner_end]
                result.append(Piece(plain.between(formula.start, formula.end), latex))
                at = formula.end
        result.append(Piece(plain.between(at, end)))
        yield [piece for piece in result if piece.text or piece.latex]
