"""Tells what in the rows of a table is header, what is a heading between rows, and which columns name their rows."""

import re
from collections.abc import Sequence

from assay.claims.tables.numerals import read_figure

_MIXED = re.compile(r"\d[/.]\d|^(?:yes|no|n/?a|none|oom)$", re.IGNORECASE)
_WHOLE = re.compile(r"\d+")
_UNIT_ALONE = re.compile(r"\([^()]{1,8}\)")


def count_header_rows(texts: Sequence[Sequence[str]]) -> int:
    """How many rows at the top are header: those before the first that has a figure beside a name."""
    for number, row in enumerate(texts[1:4], 1):
        has_figures = any(map(read_figure, row[1:]))
        if section(row) or (has_figures and not _heads(texts[:number], row, texts[number + 1 :])):
            return number
    return min(1, len(texts))


def _heads(above: Sequence[Sequence[str]], row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a row with figures is header still: ``Model | BLEU | 2014 | 2017``, or ``10 | 20 | 50`` of two groups."""
    if not all(_WHOLE.fullmatch(cell) for cell in row[1:] if read_figure(cell)):
        return False
    figures_below = [
        sum(read_figure(other[column]) is not None for other in below) * 2 > len(below) for column in range(len(row))
    ]
    words = sum(
        below and re.search(r"[A-Za-z]{2}", cell) is not None and not read_figure(cell) and not _MIXED.search(cell)
        for cell, below in zip(row[1:], figures_below[1:], strict=True)
    )
    if words:
        return words * 2 >= sum(read_figure(cell) is not None for cell in row[1:])
    names = list(zip(above[-1][1:], row[1:], strict=True))
    tells_apart = all(map(read_figure, row[1:])) and len(set(above[-1][1:])) < len(names) == len(set(names))
    return tells_apart and any("." in cell for other in below for cell in other[1:] if read_figure(cell))


def section(row: Sequence[str]) -> str:
    """What a row says if it is a heading for those below it: one text alone, or the same in every cell."""
    filled = {cell for cell in row if cell}
    if len(filled) != 1 or len(row) < 2:
        return ""
    text = next(iter(filled))
    return "" if read_figure(text) or (row[0] != text and sum(map(bool, row)) == 1) else text


def is_header(row: Sequence[str], names: Sequence[int]) -> bool:
    """Whether a row below the first names the columns anew: texts only, in all columns, that are not all the same."""
    cells = [cell for column, cell in enumerate(row) if column not in names]
    is_text = all(re.search(r"[A-Za-z]", cell) and not read_figure(cell) for cell in cells)
    return len(cells) > 1 and is_text and len({*cells, row[0]}) > 1 and not any(map(_MIXED.search, cells))


def name_columns(body: Sequence[Sequence[str]], width: int) -> list[int]:
    """The columns that name their rows: the first one, and all that hold more words than figures."""
    found = []
    for column in range(width):
        cells = [row[column] for row in body if row[column] not in {"", "-", "–", "—", "×"} and not section(row)]
        figures = sum(read_figure(cell) is not None for cell in cells)
        if column == 0 or (cells and figures * 2 < len(cells)):
            found.append(column)
    return found


def column_headers(rows: Sequence[Sequence[str]], names: Sequence[int], width: int) -> list[tuple[str, str]]:
    """The header of each column and the header that it shares with its neighbours."""
    if len(rows) > 1:
        return [_two_levels(rows, column) for column in range(width)]
    words = [cell.split() for cell in (rows[0] if rows else [""] * width)]
    return [_parted(words, column, names) for column in range(width)]


def _two_levels(rows: Sequence[Sequence[str]], column: int) -> tuple[str, str]:
    """The headers of a column in several rows: those above, and the lowest; a unit alone belongs to the one above."""
    lower = rows[-1][column]
    upper: list[str] = []
    for row in rows[:-1]:
        at = column
        while lower and at > 0 and not row[at]:
            at -= 1
        if row[at] and row[at] != lower:
            upper.append(row[at])
    if upper and _UNIT_ALONE.fullmatch(lower):
        return f"{upper[-1]} {lower}", ""
    return (" ".join(upper), lower) if lower and upper else (lower or " ".join(upper), "")


def _parted(words: Sequence[Sequence[str]], column: int, names: Sequence[int]) -> tuple[str, str]:
    """One header parted in two where its first words and its last ones stand in others too: ``LR P``, ``SVM P``."""
    own = words[column]
    others = [each for at, each in enumerate(words) if at != column and at not in names]
    for cut in range(len(own) - 1, 0, -1):
        head, tail = own[:cut], own[cut:]
        shares_head = any(each[:cut] == head and each != own for each in others)
        shares_tail = any(len(each) > len(tail) and each[-len(tail) :] == tail and each != own for each in others)
        if column not in names and shares_head and shares_tail:
            return " ".join(head), " ".join(tail)
    return " ".join(own), ""
