"""Puts together lines of text cells that are set justified: their spaces may be as wide as gaps between cells."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from assay.fulltext.pdf.cells import Cell, Row, is_figure

_WIDE = 1.3
"""A space, in sizes of the text, that may be one without another line to show it."""

_UNEVEN = 1.7
"""The widest space on a line is wider than the narrowest by this at most: more comes after a comma."""


def join_justified(rows: Sequence[Row]) -> None:
    """Join what falls apart into words where other rows have running text.

    In a column of text every line begins at its left edge, the lines together leave no strip of it empty, and the
    words of different lines do not stand below each other.
    """
    for left, right in _strips(rows):
        lines = [_Line.of(row, left, right) for row in rows]
        lines = [line for line in lines if line.cells]
        if _is_running_text(lines, left):
            for line in lines:
                line.join()


class _Line(NamedTuple):
    """The cells of a row that lie in a strip of the table."""

    row: Row
    cells: list[Cell]

    @classmethod
    def of(cls, row: Row, left: float, right: float) -> "_Line":
        """What a row has in a strip."""
        return cls(row, [cell for cell in row.cells if left - 0.5 <= cell.left and cell.right <= right + 0.5])

    def join(self) -> None:
        """Make one cell of them."""
        first, *others = self.cells
        for cell in others:
            first.words += cell.words
            first.right = max(first.right, cell.right)
        self.row.cells = [cell for cell in self.row.cells if cell not in others]


def _strips(rows: Sequence[Row]) -> Iterator[tuple[float, float]]:
    """From where to where the cells of all rows lie above each other; headings of rows are left out."""
    margin = min((row.cells[0].left for row in rows), default=0)
    spans = sorted(
        (cell.left, cell.right) for row in rows for cell in row.cells if len(row.cells) > 1 or cell.left > margin + 1.5
    )
    left = right = float("-inf")
    for start, end in spans:
        if start > right:
            if right > left:
                yield left, right
            left = start
        right = max(right, end)
    if right > left:
        yield left, right


def _is_running_text(lines: Sequence[_Line], left: float) -> bool:
    """Whether the lines of a strip are those of texts, some of which fall apart."""
    apart = [line.cells for line in lines if len(line.cells) > 1]
    cells = [cell for line in lines for cell in line.cells]
    if not apart or len(apart) == len(lines) or 3 * sum(map(is_figure, cells)) >= len(cells):
        return False
    if any(line.cells[0].left > left + 1.5 for line in lines):
        return False
    if len(apart) == 1:
        return _has_even_spaces(apart[0])
    inner = [(number, cell) for number, line in enumerate(apart) for cell in line[1:]]
    aligned = sum(any(number != other and _are_aligned(cell, each) for other, each in inner) for number, cell in inner)
    return 2 * aligned <= len(inner)


def _has_even_spaces(cells: Sequence[Cell]) -> bool:
    gaps = [(right.left - left.right) / right.words[0].size for left, right in pairwise(cells)]
    return max(gaps) < min(_WIDE, _UNEVEN * min(gaps))


def _are_aligned(cell: Cell, other: Cell) -> bool:
    return abs(cell.left - other.left) < 1 or abs(cell.middle - other.middle) < 1
