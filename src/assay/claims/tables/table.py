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

from assay.claims.tables.metrics import find_metrics, is_metric, less_is_better


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
        best = max(shares, key=lambda dimension: (shares[dimension], dimension == "column 0"), default="")
        return best if best and shares[best] >= _MOSTLY_METRICS else ""

    def metric(self, cell: Cell) -> str:
        """What was measured: the cell's own name for it, or else the one that the caption gives."""
        return cell.labels.get(self.metric_dimension, "") or self.caption_metric

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


_MOSTLY_METRICS = 0.5
_MARKS = re.compile(
    r"(?:\d+-\d+)?\[[\d.]+pt[^\]]*\]|\[(?:BOLD|ITALIC|EMPTY|CONTINUE)\]|</?(?:bold|italic|b|i|sub|sup)>|\*\*|\s+"
)


def plain(text: str) -> str:
    """The text of a cell without the marks of type: ``[BOLD] 0.93`` is ``0.93``."""
    return _MARKS.sub(" ", text).strip()


_CELL = re.compile(
    r"[(~∼≈<>≤≥$]{0,2}\s?(?P<sign>[+−-]?)\s?(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?(?:[eE][+-]?\d{1,2})?|\.\d+)\s?"
    r"(?P<unit>%|[KMBG]B?|TB|[x×]|m?s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|days?|points?|°C?)?\)?"
    r"[\s*∗†‡§¶⋆↑↓^]*(?:(?:±|\+/-|\+-)\s?\.?\d[\d.]*%?)?\s?(?:\([+−±-]?\s?\.?\d[\d.,]*%?\)|\[[\d., –-]{1,30}\]|"
    r"per \w+|/\s?\w+)?"
    r"[\s*∗†‡§¶⋆↑↓^]*"
)
_MIXED = re.compile(r"\d[/.]\d|^(?:yes|no|n/?a|none|oom)$", re.IGNORECASE)
_SEVERAL = re.compile(
    r"\W*\d[\d.]*%?(?:\s?(?:m?s|secs?|mins?|h|hrs?|hours?|days?))?(?:[\s,;/()\[\]±+−–—-]+\d[\d.]*%?|"
    r"\s?(?:m?s|secs?|mins?|h|hrs?|hours?|days?)\b)+\W*(?:m?s|secs?|mins?|h)?"
)
_MEASURED = re.compile(r"\d\.\d|[±%]|\d\s?(?:m?s|secs?|mins?|h|hrs?|hours?|days?)\b")
_SCALES = {"K": 3, "M": 6, "B": 9, "G": 9}


def _figure(text: str) -> tuple[Decimal, str, int] | None:
    """The value of a cell, its unit and its digits after the point, or None where the cell is no figure."""
    match = _CELL.fullmatch(text)
    if match is None:
        return None
    digits = match["number"].replace(",", "")
    value, unit = Decimal(digits), match["unit"] or ""
    if unit in _SCALES:
        value, unit = value.scaleb(_SCALES[unit]), ""
    return -value if match["sign"] in {"-", "−"} else value, unit, len(digits.partition(".")[2])


def _build(caption: str, rows: Sequence[Sequence[tuple[str, int]]]) -> Table:
    width = max(map(len, rows), default=0)
    texts = [[plain(cell) for cell, _ in row] + [""] * (width - len(row)) for row in rows]
    body_start = _header_rows(texts)
    names = _name_columns(texts[body_start:], width)
    headers = _headers(texts[:body_start], names, width)
    cells: list[Cell] = []
    again = any(_is_header(row, names) for row in texts[body_start:])
    section, above = texts[0][0] if again and texts else "", [""] * width
    for number, row in enumerate(texts[body_start:], body_start):
        if _is_header(row, names):
            before = [texts[number - 1]] if number > body_start and _is_header(texts[number - 1], names) else []
            headers = _headers([*before, row], names, width)
            section, above = row[0], [""] * width
            continue
        if heading := _section(row):
            section, above = heading, [""] * width
            continue
        last = list(above)
        for order, column in enumerate(names):
            is_new = any(row[each] and row[each] != last[each] for each in names[:order])
            above[column] = row[column] or (above[column] if len(names) > 1 and not is_new else "")
        named = {f"row {order}": above[column] for order, column in enumerate(names)}
        for column in range(width):
            figure = _figure(row[column]) if column not in names else None
            if figure is None:
                continue
            labels = {**named, "section": section, "column 0": headers[column][0], "column 1": headers[column][1]}
            raw, start = rows[number][column]
            bold = re.search(r"\[BOLD\]|<b(?:old)?>|\*\*", raw) is not None
            kept = {dimension: label for dimension, label in labels.items() if label}
            cells.append(Cell(row[column], *figure, bold, number, column, start, kept))
    headings = {f"row {order}": " ".join(headers[column]).strip() for order, column in enumerate(names)}
    return Table(caption, tuple(cells), headings, tuple(" | ".join(row) for row in texts))


def _are_figures(text: str) -> bool:
    """Whether a cell has several figures, such as ``4 mins/37 secs``, and is no name like ``11 - 20``."""
    return _SEVERAL.fullmatch(text) is not None and _MEASURED.search(text) is not None


def _header_rows(texts: Sequence[Sequence[str]]) -> int:
    """How many rows at the top are header: those before the first that has a figure beside a name."""
    for number, row in enumerate(texts[1:4], 1):
        if any(map(_figure, row[1:])) or _section(row):
            return number
    return min(1, len(texts))


def _section(row: Sequence[str]) -> str:
    """What a row says if it is a heading for those below it: one text alone, or the same in every cell."""
    filled = {cell for cell in row if cell}
    if len(filled) != 1 or len(row) < 2:
        return ""
    text = next(iter(filled))
    return "" if _figure(text) or (row[0] != text and sum(map(bool, row)) == 1) else text


def _is_header(row: Sequence[str], names: Sequence[int]) -> bool:
    """Whether a row below the first names the columns anew: texts only, in all columns, that are not all the same."""
    cells = [cell for column, cell in enumerate(row) if column not in names]
    is_text = all(re.search(r"[A-Za-z]", cell) and not _figure(cell) for cell in cells)
    return len(cells) > 1 and is_text and len({*cells, row[0]}) > 1 and not any(map(_MIXED.search, cells))


def _name_columns(body: Sequence[Sequence[str]], width: int) -> list[int]:
    """The columns that name their rows: the first one, and all that hold more words than figures."""
    found = []
    for column in range(width):
        cells = [row[column] for row in body if row[column] not in {"", "-", "–", "—", "×"} and not _section(row)]
        figures = sum(_figure(cell) is not None or _are_figures(cell) for cell in cells)
        if column == 0 or (cells and figures * 2 < len(cells)):
            found.append(column)
    return found


def _headers(rows: Sequence[Sequence[str]], names: Sequence[int], width: int) -> list[tuple[str, str]]:
    """The header of each column and the header that it shares with its neighbours."""
    if len(rows) > 1:
        return [_two_levels(rows, column) for column in range(width)]
    words = [cell.split() for cell in (rows[0] if rows else [""] * width)]
    return [_parted(words, column, names) for column in range(width)]


def _two_levels(rows: Sequence[Sequence[str]], column: int) -> tuple[str, str]:
    lower = rows[-1][column]
    upper: list[str] = []
    for row in rows[:-1]:
        at = column
        while lower and at > 0 and not row[at]:
            at -= 1
        if row[at] and row[at] != lower:
            upper.append(row[at])
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
