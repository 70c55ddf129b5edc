"""Reads a paper's table as cells that know what they are of: the names of their row, column and section.

A table comes as lines with ``|`` between cells (as `assay.papers.passages.Passage` holds it) or as rows. What names a
cell is split into *dimensions*, so that a table that has its methods in columns is read like one that has them in rows:
``row 0``, ``row 1`` and so on for the columns of names at the left, ``section`` for headings between rows, ``column 0``
and ``column 1`` for a header and the header that spans it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache

from assay.claims.tables.headers import column_headers, count_header_rows, is_header, name_columns, section
from assay.claims.tables.metrics import find_metrics, is_metric, less_is_better
from assay.claims.tables.numerals import plain, read_figure

_MOSTLY_METRICS = 0.5
_PREFERRED = 0.2


@dataclass(frozen=True, eq=False)
class Cell:
    """A figure in a table."""

    text: str
    value: Decimal
    unit: str
    """``%``, a unit of measurement as written, or empty."""
    decimals: int
    """How many digits stand after the point."""
    bold: bool
    row: int
    column: int
    start: int
    """Where its text begins in the passage; -1 where the table did not come out of a passage."""
    labels: Mapping[str, str]
    """The dimension and the name that the cell has in it; dimensions in which it has none are left out."""


@dataclass(frozen=True, eq=False)
class Table:
    """A caption and the cells under it."""

    caption: str
    cells: tuple[Cell, ...]
    headings: Mapping[str, str]
    """What stands above a column of names: ``System``, ``# heads``."""
    lines: tuple[str, ...] = ()
    """Its rows as text, to be quoted."""
    dimensions: Mapping[str, tuple[str, ...]] = field(init=False)
    """The names of each dimension, in order."""

    def __post_init__(self) -> None:
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for cell in self.cells:
            for dimension, label in cell.labels.items():
                found[dimension][label] = None
        object.__setattr__(self, "dimensions", {dimension: tuple(labels) for dimension, labels in found.items()})

    @cached_property
    def metric_dimension(self) -> str:
        """The dimension whose names say what was measured; empty if none does."""
        shares = {
            dimension: sum(map(is_metric, labels)) / len(labels)
            for dimension, labels in self.dimensions.items()
            if dimension != "row 0" or len(self.dimensions) > 1
        }
        best = max(shares, key=lambda each: shares[each] + _PREFERRED * each.startswith("column"), default="")
        least = _MOSTLY_METRICS if best.startswith("column") else _MOSTLY_METRICS + _PREFERRED / 2
        return best if best and shares[best] >= least else ""

    def metric(self, cell: Cell) -> str:
        """What was measured: the cell's own name for it, or else the one that the caption gives."""
        label = cell.labels.get(self.metric_dimension, "")
        if not label and not self.metric_dimension:
            label = next(filter(is_metric, (cell.labels.get(each, "") for each in ("column 1", "column 0"))), "")
        return label or self.caption_metric

    @cached_property
    def caption_metric(self) -> str:
        """The metric that the caption names, if it names only one."""
        found = {match.lower(): match for match in find_metrics(self.caption)}
        return next(iter(found.values())) if len(found) == 1 else ""

    def less_is_better(self, cell: Cell) -> bool | None:
        """Whether less is better in a cell's metric: by its name and by what is bold; None where the two disagree."""
        metric = self.metric(cell)
        by_type = self._less_is_bold.get(metric)
        if not is_metric(metric) and less_is_better(self.caption):
            return by_type  # The caption speaks of errors or costs, but not of which.
        by_name = less_is_better(metric)
        return by_name if by_type in {None, by_name} else None

    @cached_property
    def _less_is_bold(self) -> dict[str, bool]:
        """Of each metric whose best figures are bold, whether they are the lowest ones."""
        lines: dict[tuple[str, int, str], list[Cell]] = defaultdict(list)
        for cell in self.cells:
            where = cell.row if self.metric_dimension.startswith("row") else cell.column
            lines[self.metric(cell), where, cell.labels.get("section", "")].append(cell)
        low, high = set(), set()
        for (metric, _, _), cells in lines.items():
            bold = [cell.value for cell in cells if cell.bold]
            rest = [cell.value for cell in cells if not cell.bold]
            if bold and rest and max(bold) <= min(rest) < max(rest):
                low.add(metric)
            elif bold and rest and min(bold) >= max(rest) > min(rest):
                high.add(metric)
        return {metric: metric in low for metric in low ^ high}

    def quote(self, cells: Sequence[Cell]) -> str:
        """The header and the rows of some cells."""
        rows = sorted({0, *(cell.row for cell in cells)})
        return "\n".join(self.lines[row] for row in rows[:6] if row < len(self.lines))


def is_table(text: str) -> bool:
    """Whether a passage is a table: two lines or more have cells."""
    return sum("|" in line for line in text.split("\n")) >= 2


@lru_cache(maxsize=256)
def read_table(text: str) -> Table:
    """Read the table of a passage: a line for the caption, if there is one, and one line for each row."""
    caption, rows = "", []
    at = 0
    for line in text.split("\n"):
        if "|" in line:
            rows.append(list(_split(line, at)))
        elif not rows:
            caption = f"{caption} {line}".strip()
        else:
            rows.append([(line.strip(), at + len(line) - len(line.lstrip()))])
        at += len(line) + 1
    return _build(caption, rows)


def table_of(caption: str, rows: Sequence[Sequence[str]]) -> Table:
    """Make a table of its rows, of which the first is the header."""
    return _build(caption, [[(cell, -1) for cell in row] for row in rows])


def _split(line: str, at: int) -> Iterator[tuple[str, int]]:
    """The cells of a line and where each begins."""
    for piece in re.finditer(r"(?:^|(?<=\|))[^|]*", line):
        text = piece[0]
        yield text.strip(), at + piece.start() + len(text) - len(text.lstrip())


def _build(caption: str, rows: Sequence[Sequence[tuple[str, int]]]) -> Table:
    width = max(map(len, rows), default=0)
    texts = [[plain(cell) for cell, _ in row] + [""] * (width - len(row)) for row in rows]
    body_start = count_header_rows(texts)
    names = name_columns(texts[body_start:], width)
    headers = column_headers(texts[:body_start], names, width)
    cells: list[Cell] = []
    again = any(is_header(row, names) for row in texts[body_start:])
    part, above = texts[0][0] if again and texts else "", [""] * width
    for number, row in enumerate(texts[body_start:], body_start):
        if is_header(row, names):
            headers = column_headers([row], names, width)
            part, above = row[0], [""] * width
            continue
        if heading := section(row):
            part, above = heading, [""] * width
            continue
        for column in names:
            above[column] = row[column] or (above[column] if len(names) > 1 else "")
        named = {f"row {order}": above[column] for order, column in enumerate(names)}
        for column in range(width):
            figure = read_figure(row[column]) if column not in names else None
            if figure is None:
                continue
            labels = {**named, "section": part, "column 0": headers[column][0], "column 1": headers[column][1]}
            raw, start = rows[number][column]
            bold = re.search(r"\[BOLD\]|<b(?:old)?>|\*\*", raw) is not None
            kept = {dimension: label for dimension, label in labels.items() if label}
            cells.append(Cell(row[column], *figure, bold, number, column, start, kept))
    headings = {f"row {order}": " ".join(headers[column]).strip() for order, column in enumerate(names)}
    return Table(caption, tuple(cells), headings, tuple(" | ".join(row) for row in texts))
