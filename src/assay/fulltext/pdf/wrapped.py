"""Puts lines of a table's cells together that make up one row: wrapped text, and spreads below their figures."""

import re
from collections.abc import Sequence
from typing import Protocol

from assay.fulltext.pdf.cells import Cell, Row, is_figure
from assay.fulltext.pdf.characters import HYPHEN
from assay.fulltext.pdf.lines import Word, join_words

_RUNNING_TEXT = 4  # words


class _HasRight(Protocol):
    right: float


def join_wrapped(rows: list[Row], columns: Sequence[_HasRight]) -> None:
    """Join lines to the row above whose every cell goes on with a text that filled its column there."""
    at = 1
    while at < len(rows):
        above, row = rows[at - 1], rows[at]
        if _is_continued(above, row, columns):
            for cell in row.cells:
                _cells_by_column(above)[cell.first].words.extend(cell.words)
            above.baseline = row.baseline  # the next line is as far from this one
            del rows[at]
        else:
            at += 1


def _is_continued(above: Row, row: Row, columns: Sequence[_HasRight]) -> bool:
    """Whether a row is the next line of the one above.

    Each cell goes on with one that has no room for its first word. That is no chance where a word is cut, where the
    text above is long or on several lines already, or where several cells do so below a row that has figures.
    """
    cells = _cells_by_column(above)
    pairs = [(cells.get(cell.first), cell) for cell in row.cells]
    ends = [(before, cell) for before, cell in pairs if before is not None and _continues(before, cell, columns)]
    if len(ends) < len(pairs):
        return False
    if any(_is_cut(before) and cell.words[0].text[:1].islower() for before, cell in ends):
        return True
    if len(row.cells) >= len(above.cells):
        return False
    lacks_figures = any(map(is_figure, above.cells)) and not any(map(is_figure, row.cells))
    return all(_is_running(before) for before, _ in ends) or (len(ends) > 1 and lacks_figures)


def _cells_by_column(row: Row) -> dict[int, Cell]:
    return {cell.first: cell for cell in row.cells}


def _continues(before: Cell, cell: Cell, columns: Sequence[_HasRight]) -> bool:
    """Whether a cell begins where the one above does, which has no room for its first word."""
    if before.last != cell.last or abs(before.left - cell.left) > 12:
        return False
    last, first = _last_word(before), cell.words[0]
    needed = 0.3 * first.size + first.right - first.left
    return _is_cut(before) or last.right + needed > columns[cell.last].right


def _is_cut(cell: Cell) -> bool:
    return _last_word(cell).text.endswith(HYPHEN)


def _is_running(cell: Cell) -> bool:
    """Whether a cell has running text: many words, or several lines."""
    return len(cell.words) >= _RUNNING_TEXT or len({word.baseline for word in cell.words}) > 1


def _last_word(cell: Cell) -> Word:
    return max(cell.words, key=lambda word: (-word.baseline, word.right))


def goes_on_in_column(cell: Cell, above: Row) -> bool:
    """Whether a cell that is alone in its row stands right below a text that is not in the first column."""
    before = _cells_by_column(above).get(cell.first)
    if before is None or cell.first == 0 or is_figure(before) or before is above.cells[0]:
        return False
    return abs(before.left - cell.left) < 1.5


def join_spreads(rows: list[Row]) -> None:
    """Join lines of nothing but spreads, such as ``±0.3``, to the row above, whose figures they stand below."""
    at = len(rows) - 1
    while at > 0:
        if all(map(_is_spread, rows[at].cells)):
            has_name_between = at > 1 and not rows[at - 1].figures  # which stands half-way down the two lines
            names = rows[at - 1].cells if has_name_between else []
            if _take_in(rows[at - 1 - has_name_between], names, rows[at].cells):
                del rows[at - has_name_between : at + 1]
                at -= has_name_between
        at -= 1


def _take_in(row: Row, names: Sequence[Cell], spreads: Sequence[Cell]) -> bool:
    """Take spreads and a name into a row, if each spread has a figure there and each name a free place."""
    above = {cell.first: cell for cell in row.cells}
    if any(cell.first in above for cell in names):
        return False
    if not all(cell.first in above and is_figure(above[cell.first]) for cell in spreads):
        return False
    for cell in spreads:
        above[cell.first].words += cell.words
    row.cells = sorted([*names, *row.cells], key=lambda cell: cell.first)
    return True


def _is_spread(cell: Cell) -> bool:
    return re.match(r"[(\[]?±", join_words(cell.words)) is not None
