"""Puts the words of a table into rows and columns, by their places and by the rules between them.

Columns are where most rows have their cells: a cell lies in the one that it overlaps, and one that overlaps several
spans them. A header spans what a rule below it says, or else the columns that it stands in the middle of. A name set
half-way down several rows belongs to the first of them.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from assay.fulltext.pdf.cells import Cell, Row, is_figure
from assay.fulltext.pdf.following import SAME_LINE
from assay.fulltext.pdf.justified import join_justified
from assay.fulltext.pdf.layout import Strip
from assay.fulltext.pdf.lines import Word, join_words, split_at_gaps
from assay.fulltext.pdf.names import merge_raised_names
from assay.fulltext.pdf.rules import Rule, Rules
from assay.fulltext.pdf.wrapped import goes_on_in_column, join_spreads, join_wrapped

CELL_GAP = 0.53
"""A gap this wide, in sizes of the text, may be one between cells; between words it is a fourth to a half."""

_NARROW_GAP = 0.4
"""A gap this wide may be one between cells where no row of figures has a word in it."""

_BY_SPACE = 1.25
"""Gaps between cells are wider than the spaces between words by this."""


def table_rows(words: Sequence[Word], rules: Rules) -> list[list[str]]:
    """The rows of the table that is made of these words; a cell that spans several is followed by empty ones."""
    rows, narrow_gap = _rows_of_cells(words, rules)
    columns = _columns(rows)
    if not columns:
        return []
    head = _head(rows)
    for number, row in enumerate(rows):
        _split_spanning(row, columns, narrow_gap)
        _place(row, columns, rules, is_header=number < head)
    join_wrapped(rows, columns)
    join_spreads(rows)
    width = len(columns)
    texts = [_texts(row, above, width) for above, row in pairwise([None, *rows]) if row]
    return _drop_empty_columns(merge_raised_names(rows, texts, head, rules.level))


def column_strips(words: Sequence[Word], rules: Rules) -> list[Strip]:
    """Where the columns are of the table that is made of these words."""
    return [Strip(column.left, column.right) for column in _columns(_rows_of_cells(words, rules)[0])]


def _rows_of_cells(words: Sequence[Word], rules: Rules) -> tuple[list[Row], float]:
    """The rows of a table with their cells, and the narrowest gap there may be between two of them."""
    lines = word_rows(words)
    space = _word_space(lines)
    gap = max(CELL_GAP, _BY_SPACE * space)
    rows = [Row(baseline, _cells(line, baseline, rules.upright, gap)) for baseline, line in lines]
    _split_at_first_column(rows)
    join_justified(rows)
    narrow_gap = max(_NARROW_GAP, _BY_SPACE * space)
    _split_at_strips(rows, narrow_gap)
    return rows, narrow_gap


def _split_at_first_column(rows: Sequence[Row]) -> None:
    """Split the first cell of a row where many other rows begin: what stands before is the name of several rows."""
    lefts = Counter(round(row.cells[0].left) for row in rows if len(row.cells) > 1)
    often = [left for left, count in lefts.items() if count > 1]
    for row in rows:
        if len(row.cells) < 2:
            continue
        first = row.cells[0]
        for number, word in enumerate(first.words[1:], 1):
            if any(abs(word.left - left) < 0.7 for left in often if left > first.left + word.size):
                row.cells[:1] = [_cell(first.words[:number]), _cell(first.words[number:])]
                break


def word_rows(words: Sequence[Word]) -> list[tuple[float, list[Word]]]:
    """Words by line from top to bottom, each line from left to right, with its baseline."""
    lines: list[tuple[float, list[Word]]] = []
    for word in sorted(words, key=lambda each: -each.baseline):
        if lines and lines[-1][0] - word.baseline < SAME_LINE * word.size:
            lines[-1][1].append(word)
        else:
            lines.append((word.baseline, [word]))
    return [(baseline, sorted(line, key=lambda each: each.left)) for baseline, line in lines]


def _word_space(lines: Sequence[tuple[float, Sequence[Word]]]) -> float:
    """The usual space between two words without figures, in sizes of the text."""
    spaces = [
        (right.left - left.right) / left.size
        for _, line in lines
        for left, right in pairwise(line)
        if not any(ch.isdigit() for ch in left.text + right.text)
    ]
    spaces = sorted(space for space in spaces if 0.1 < space < CELL_GAP)
    return spaces[len(spaces) // 4] if spaces else 0.3  # some of them are gaps between narrow columns


def _cells(line: Sequence[Word], baseline: float, upright: Sequence[Rule], gap: float) -> list[Cell]:
    """The cells of a line: apart by a wide gap, or by an upright rule between two words."""
    walls = [rule.at for rule in upright if rule.start <= baseline + 3 and rule.end >= baseline]
    cells: list[Cell] = []
    for run in split_at_gaps(line, gap):
        part = [run[0]]
        for before, word in pairwise(run):
            if any(before.right - 1 <= wall <= word.left + 1 for wall in walls):
                cells.append(_cell(part))
                part = []
            part.append(word)
        cells.append(_cell(part))
    return cells


def _cell(words: list[Word]) -> Cell:
    return Cell(words, min(word.left for word in words), max(word.right for word in words))


def _split_at_strips(rows: Sequence[Row], gap: float) -> None:
    """Split the cells of rows of figures where no such row has a word, and the gap is a little wide for a space."""
    body = [row for row in rows if _is_of_figures(row)]
    if len(body) < 2:
        return
    spans = sorted((word.left, word.right) for row in body for cell in row.cells for word in cell.words)
    size = median(word.size for row in body for cell in row.cells for word in cell.words)
    strips, reached = [], spans[0][1]
    for left, right in spans:
        if left - reached > _NARROW_GAP * size:
            strips.append((reached + left) / 2)
        reached = max(reached, right)
    for row in body:
        cells: list[Cell] = []
        for cell in row.cells:
            part: list[Word] = []
            for word in cell.words:
                if part and _may_part(part[-1], word, gap) and any(part[-1].right < at < word.left for at in strips):
                    cells.append(_cell(part))
                    part = []
                part.append(word)
            cells.append(_cell(part))
        row.cells = cells


def _is_of_figures(row: Row) -> bool:
    """Whether most cells of a row are figures, or most but for its name: its figures may still be one cell."""
    beside_name = row.cells[1:]
    return bool(beside_name) and (
        2 * row.figures > len(row.cells) or 2 * sum(map(is_figure, beside_name)) > len(beside_name)
    )


def _may_part(word: Word, following: Word, gap: float) -> bool:
    """Whether a gap is wide enough to part two cells: a little less so between two bare figures."""
    are_figures = all(_BARE_FIGURE.fullmatch(each.text) for each in (word, following))
    return following.left - word.right > (_NARROW_GAP if are_figures else gap) * max(word.size, following.size)


_BARE_FIGURE = re.compile(r"[-+−]?\d[\d.,]*[%×]?")


@dataclass(slots=True)
class _Column:
    """A strip of the page, and the cells of it that hold figures."""

    left: float
    right: float
    body: list[Cell] = field(default_factory=list)

    def distance(self, cell: Cell) -> float:
        """How far a cell is from where the column's cells are aligned: to the left, to the right or in the middle."""
        mine = self.body or [cell]
        lines = {
            "left": ([each.left for each in mine], cell.left, self.left),
            "right": ([each.right for each in mine], cell.right, self.right),
            "middle": ([each.middle for each in mine], cell.middle, self.middle),
        }
        spreads = {name: max(places) - min(places) for name, (places, _, _) in lines.items()}
        least = min(spreads.values())
        return min(abs(at - line) for name, (_, at, line) in lines.items() if spreads[name] < least + 0.5)

    @property
    def middle(self) -> float:
        """Half-way between its two edges."""
        return (self.left + self.right) / 2

    def holds(self, cell: Cell) -> bool:
        return self.left - 0.5 <= cell.left and cell.right <= self.right + 0.5

    def overlaps(self, cell: Cell) -> bool:
        return min(self.right, cell.right) - max(self.left, cell.left) > 0


def _columns(rows: Sequence[Row]) -> list[_Column]:
    """The columns of a table. The rows with the usual number of cells show them, and others add what these lack."""
    figured = [row for row in rows if row.figures]
    counts = Counter(len(row.cells) for row in (figured if 3 * len(figured) > len(rows) else rows))
    if not counts:
        return []
    most = max(counts, key=lambda count: (counts[count] * count, count))
    usual = [cell for row in rows if len(row.cells) == most and row.figures for cell in row.cells]
    others = [(row, cell) for row in rows if len(row.cells) != most or not row.figures for cell in row.cells]
    columns: list[_Column] = []
    for cell in sorted(usual, key=lambda each: each.right - each.left):
        _widen(columns, cell, may_be_new=True)
    for row, cell in sorted(others, key=lambda each: each[1].right - each[1].left):
        _widen(
            columns, cell, may_be_new=row.figures > 1 or is_figure(cell) or not columns or _is_outside(columns, cell)
        )
    columns.sort(key=lambda column: column.left)
    for column in columns:
        column.body = [cell for row in rows for cell in row.cells if is_figure(cell) and column.holds(cell)]
    return columns


def _widen(columns: list[_Column], cell: Cell, *, may_be_new: bool) -> None:
    """Let a cell widen the column that it lies in, or be a new one if it lies in none."""
    in_columns = [column for column in columns if column.overlaps(cell)]
    if len(in_columns) == 1:
        (column,) = in_columns
        left, right = min(column.left, cell.left), max(column.right, cell.right)
        others = [other for other in columns if other is not column]
        if not any(other.left < right and other.right > left for other in others):
            column.left, column.right = left, right
    elif not in_columns and may_be_new:
        columns.append(_Column(cell.left, cell.right))


def _is_outside(columns: Sequence[_Column], cell: Cell) -> bool:
    return cell.right < min(column.left for column in columns) or cell.left > max(column.right for column in columns)


def _head(rows: Sequence[Row]) -> int:
    """How many rows at the top name the columns: those before the first one of which most cells are figures."""
    for number, row in enumerate(rows):
        if len(row.cells) > 1 and row.figures >= 0.5 * (len(row.cells) - 1):
            named = [cell for cell in row.cells[1:] if is_figure(cell)]
            if len(named) >= 0.5 * (len(row.cells) - 1):
                return number
    return 0


def _place(row: Row, columns: Sequence[_Column], rules: Rules, *, is_header: bool) -> None:
    """Find the columns of each cell of a row."""
    size = max((word.size for cell in row.cells for word in cell.words), default=0)
    below = [rule for rule in rules.level if 0 < row.baseline - rule.at < 1.2 * size]
    walls = [rule.at for rule in rules.upright if rule.start <= row.baseline + 0.3 * size <= rule.end]
    taken = -1
    for number, cell in enumerate(row.cells):
        inside = [index for index, column in enumerate(columns) if column.overlaps(cell)]
        if is_header and (span := _span_of_rule(cell, below, columns) or _span_of_walls(cell, walls, columns)):
            inside, cell.over_rule = span, True
        elif is_header and len(row.cells) < len(columns):
            following = row.cells[number + 1].left if number + 1 < len(row.cells) else None
            inside = _span_by_middle(cell, columns, inside, taken, following)
        if not inside:
            nearest = min(range(len(columns)), key=lambda index: abs(columns[index].middle - cell.middle))
            inside = [nearest]
        cell.first, cell.last = inside[0], inside[-1]
        if cell.first <= taken < cell.last:
            cell.first = taken + 1
        taken = max(taken, cell.last)


def _split_spanning(row: Row, columns: Sequence[_Column], gap: float) -> None:
    """Split cells that lie in several columns: at a gap a little wide for a space, or where each part is aligned."""
    cells: list[Cell] = []
    for cell in row.cells:
        parts = _parts_by_column(cell, columns) if len(row.cells) > 1 else [cell]
        if len(parts) > 1:
            cells += parts
            continue
        part: list[Word] = []
        for word in cell.words:
            if part and _ends_column(part[-1], word, columns, gap):
                cells.append(_cell(part))
                part = []
            part.append(word)
        cells.append(_cell(part))
    row.cells = cells


def _parts_by_column(cell: Cell, columns: Sequence[_Column]) -> list[Cell]:
    """The parts of a cell that lie in columns of figures, if each is aligned as the figures there are."""
    parts: list[tuple[int, list[Word]]] = []
    for word in cell.words:
        at = next((at for at, column in enumerate(columns) if column.left < word.middle < column.right), -1)
        if parts and parts[-1][0] == at:
            parts[-1][1].append(word)
        else:
            parts.append((at, [word]))
    cells = [_cell(words) for _, words in parts]
    places = [at for at, _ in parts]
    are_aligned = all(
        at >= 0 and len(columns[at].body) > 1 and columns[at].distance(part) < 1
        for at, part in zip(places, cells, strict=True)
    )
    return cells if are_aligned and len(set(places)) == len(places) else [cell]


def _ends_column(word: Word, following: Word, columns: Sequence[_Column], least: float) -> bool:
    """Whether a column ends between two words, and their gap is wide or both are figures."""
    if not _may_part(word, following, least):
        return False
    return any(
        left.left < word.middle < left.right and right.left < following.middle < right.right
        for left, right in pairwise(columns)
    )


def _span_of_rule(cell: Cell, below: Sequence[Rule], columns: Sequence[_Column]) -> list[int]:
    """The columns over a rule that lies below a header and has it in its middle."""
    for rule in below:
        width = rule.end - rule.start
        if rule.start - 1 <= cell.left and cell.right <= rule.end + 1 and width > 0:
            span = [n for n, column in enumerate(columns) if rule.start - 2 <= column.middle <= rule.end + 2]
            centred = abs((rule.start + rule.end) / 2 - cell.middle) < 0.12 * width + 2
            if span and len(span) < len(columns) and centred:
                return span
    return []


def _span_of_walls(cell: Cell, walls: Sequence[float], columns: Sequence[_Column]) -> list[int]:
    """The columns between the two upright rules that a header stands in the middle of."""
    left = max((wall for wall in walls if wall <= cell.left + 1), default=None)
    right = min((wall for wall in walls if wall >= cell.right - 1), default=None)
    if left is None or right is None or abs((left + right) / 2 - cell.middle) > 0.06 * (right - left) + 1:
        return []
    return [number for number, column in enumerate(columns) if left < column.middle < right]


def _span_by_middle(
    cell: Cell, columns: Sequence[_Column], inside: Sequence[int], taken: int, following: float | None
) -> list[int]:
    """The columns in whose middle a header stands, among those that are free; the fewest of equally good ones."""
    size = max(word.size for word in cell.words)
    best, least = list(inside), float("inf")
    for first in range(taken + 1, len(columns)):
        for last in range(first, len(columns)):
            if following is not None and last > first and columns[last].middle > following:
                break
            if inside and not first <= inside[0] <= inside[-1] <= last:
                continue
            left, right = columns[first].left, columns[last].right
            aligned = columns[first].distance(cell) if first == last else abs((left + right) / 2 - cell.middle)
            if not inside and not left <= cell.middle <= right:
                continue
            cost = aligned + 0.35 * size * (last - first)
            if cost < least:
                best, least = list(range(first, last + 1)), cost
    return best


def _texts(row: Row, above: Row | None, width: int) -> list[str]:
    words: list[list[Word]] = [[] for _ in range(width)]
    if len(row.cells) == 1 and _heads_rows(row.cells[0], above):
        words[0] = row.cells[0].words
        return [join_words(each) for each in words]
    for cell in row.cells:
        words[cell.first] += cell.words
    return [join_words(each) for each in words]


def _heads_rows(cell: Cell, above: Row | None) -> bool:
    """Whether the only cell of a row is a heading of those below it."""
    return not (is_figure(cell) or cell.over_rule or (above is not None and goes_on_in_column(cell, above)))


def _drop_empty_columns(rows: list[list[str]]) -> list[list[str]]:
    if not rows:
        return rows
    used = [any(row[column] for row in rows) for column in range(len(rows[0]))]
    return [[cell for cell, is_used in zip(row, used, strict=True) if is_used] for row in rows]
