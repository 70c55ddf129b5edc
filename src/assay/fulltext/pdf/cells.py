"""The cells and rows of a table in a PDF."""

from dataclasses import dataclass

from assay.fulltext.pdf.lines import Word, join_words


@dataclass(slots=True, eq=False)
class Cell:
    """Words without a wide gap between them, and the columns that they stand in, from ``first`` to ``last``."""

    words: list[Word]
    left: float
    right: float
    first: int = -1
    last: int = -1
    over_rule: bool = False
    """Whether a rule below says which columns it spans."""

    @property
    def middle(self) -> float:
        """Half-way between its two edges."""
        return (self.left + self.right) / 2


@dataclass(slots=True, eq=False)
class Row:
    """The cells on one line."""

    baseline: float
    cells: list[Cell]

    @property
    def figures(self) -> int:
        """How many figures it has."""
        return sum(map(is_figure, self.cells))


def is_figure(cell: Cell) -> bool:
    """Whether most of a cell is digits and not letters."""
    text = join_words(cell.words)
    digits = sum(ch.isdigit() for ch in text)
    return digits > 0 and digits >= sum(ch.isalpha() for ch in text)
