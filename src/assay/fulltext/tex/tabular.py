"""Reads the body of a LaTeX table: its rows, what each kind of column does to its cells, and cells that span others."""

# ruff: noqa: S105 - TeX's tokens are no passwords

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from assay.fulltext.draft import flatten
from assay.fulltext.tex.macros import Definitions, ExpandedTokens
from assay.fulltext.tex.prose import Prose
from assay.fulltext.tex.signatures import RULES
from assay.fulltext.tex.tokens import is_length
from assay.papers.units import number_style, write_number


class Column(NamedTuple):
    """What a column does to its cells."""

    before: Sequence[str] = ()
    """The tokens that come before each cell, and ``after`` those that come after it."""
    after: Sequence[str] = ()
    is_number: bool = False
    """Whether siunitx sets its cells as numbers."""
    options: str = ""


class Columns(NamedTuple):
    """The columns of a table, and the tokens between them, before the first and after the last."""

    columns: list[Column]
    between: list[list[str]]


class _Cell(NamedTuple):
    text: str
    is_spanning: bool = False
    is_covered: bool = False


def read_columns(specification: Iterable[str], definitions: Definitions) -> Columns:
    """The columns that a specification such as ``l*{3}{c}@{.}S[table-format=2.1]`` asks for."""
    source = ExpandedTokens(specification, definitions)
    columns: list[Column] = []
    between: list[list[str]] = [[]]
    before: list[str] = []
    while (token := source.take()) and len(columns) < _MOST_COLUMNS:
        if token.isspace() or token.startswith("\\") or token in {"{", "}", "[", "]"}:
            continue
        if len(token) > 1:
            source.put_back([token[1:]])
        letter = token[0]
        own = definitions.columns.get(letter)
        if letter == "*":
            times = source.read_word()
            source.put_back(source.read_argument() * (min(int(times), _MOST_COLUMNS) if times.isdecimal() else 0))
        elif letter in "@!":
            between[-1] += source.read_argument()
        elif letter == ">":
            before = [*source.read_argument(), *before]
        elif letter == "<" and columns:
            columns[-1] = columns[-1]._replace(after=[*columns[-1].after, *source.read_argument()])
        elif own is not None and letter not in own.body:
            source.put_back(source.fill(own.parameters, own.body))
        elif letter.isalpha():
            options = "".join(source.read_optional() or []) if source.peek() == "[" else ""
            is_formula = letter == "D"
            source.read_braced()
            around = ["$"] if is_formula else []
            columns.append(Column([*before, *around], around, letter == "S", options))
            between.append([])
            before = []
        elif letter == ";":
            source.read_braced()
    return Columns(columns, between)


def split_rows(body: Iterable[str], definitions: Definitions) -> list[list[list[str]]]:
    """The tokens of each cell of each row, macros expanded: a macro may stand for a row or for several cells.

    What is defined in a cell, or in a group of it, ends there.
    """
    source = ExpandedTokens(body, definitions)
    rows: list[list[list[str]]] = [[[]]]
    outer = len(definitions.groups)
    definitions.open_group()
    depth = 0
    while token := source.take():
        if token in _OPENING:
            depth += 1
            definitions.open_group()
        elif token in _CLOSING:
            depth -= 1
            definitions.close_groups()
        if depth <= 0 and token in {"&", *_ROW_ENDS}:
            definitions.close_groups(len(definitions.groups) - outer)
            definitions.open_group()
        if depth <= 0 and token in _ROW_ENDS:
            _pass_row_space(source)
            rows.append([[]])
        elif depth <= 0 and token == "&":
            rows[-1].append([])
        else:
            rows[-1][-1].append(token)
    definitions.close_groups(len(definitions.groups) - outer)
    return rows


def _pass_row_space(source: ExpandedTokens) -> None:
    r"""Pass over the space that ``\\[2pt]`` asks for."""
    source.take_star()
    space = source.read_raw()
    if not space.isspace():
        source.put_back([space])
        space = ""
    if source.peek() != "[":
        source.put_back([space])
        return
    option = source.read_optional()
    if option is not None and not is_length("".join(option)):
        source.put_back(["[", *option, "]"])  # a cell that begins with a bracket


def holds_tables(cells: Iterable[Sequence[str]]) -> bool:
    """Whether one of the cells is a whole table, so that the table around it only places others side by side."""
    for cell in cells:
        inside = 0
        marks: set[str] = set()
        names = iter(cell)
        for token in names:
            if token in {"\\begin", "\\end"}:
                next(names, "")
                is_table = next(names, "").startswith("tabular")
                inside += is_table if token == "\\begin" else -is_table
            elif inside and token in {"&", "\\\\"}:
                marks.add(token)
        if len(marks) > 1:
            return True
    return False


class TableReader:
    """Reads rows in the setting in which their table stands."""

    def __init__(self, prose: Prose, columns: Columns, *, coloured: bool) -> None:
        self._prose = prose
        self._columns = columns
        self._coloured = coloured
        between = [flatten(prose.fragment(marks)) for marks in columns.between]
        self._between = [mark if _JOINS.fullmatch(mark) else "" for mark in between]

    def read(self, rows: Iterable[Sequence[Sequence[str]]]) -> list[list[str]]:
        """The texts of the rows; a cell that spans others is followed by empty ones."""
        return [self._join_columns(self._row(row)) for row in rows]

    def _row(self, row: Sequence[Sequence[str]]) -> list[_Cell]:
        coloured = self._coloured or any("\\rowcolor" in cell or "\\SetRow" in cell for cell in row)
        cells: list[_Cell] = []
        for cell in row:
            known = self._columns.columns
            column = known[len(cells)] if len(cells) < len(known) else Column()
            text, span = self._cell(list(cell), column, coloured=coloured or "\\cellcolor" in cell)
            cells.append(_Cell(text, is_spanning=span > 0))
            cells += [_Cell("", is_covered=True)] * (span - 1)
        return cells

    def _cell(self, cell: list[str], column: Column, *, coloured: bool) -> tuple[str, int]:
        """The text of a cell, and how many columns it spans; 0 where it stands in its column alone."""
        if "\\multicolumn" in cell:
            at = cell.index("\\multicolumn")
            inner = ExpandedTokens(cell[at + 1 :], self._prose.definitions)
            number = inner.read_word()
            span = min(int(number), 100) if number.isdecimal() and len(number) < 4 and int(number) else 1
            own = read_columns(inner.read_argument(), self._prose.definitions).columns
            text = self._text([*cell[:at], *iter(inner.read_raw, "")], own[0] if own else Column(), coloured=coloured)
            return text, span
        return self._text(cell, column, coloured=coloured), 0

    def _text(self, cell: list[str], column: Column, *, coloured: bool) -> str:
        words = [token for token in cell if not token.isspace()]
        if not words:
            return ""
        text = flatten(self._prose.fragment([*_rules_first(cell, column)], coloured=coloured))
        if column.is_number and not _is_protected(words):
            return write_number(text, number_style(column.options, self._prose.definitions.number_style))
        return text

    def _join_columns(self, cells: list[_Cell]) -> list[str]:
        """Join the columns that a text stands between: ``r@{.}l`` sets the two halves of one number."""
        joined: list[_Cell] = []
        for number, cell in enumerate(cells):
            mark = self._between[number] if 0 < number < len(self._between) - 1 else ""
            if not mark or not joined:
                joined.append(cell)
            elif not (cell.is_covered or joined[-1].is_covered):
                before = joined[-1]
                has_both = bool(before.text and cell.text)
                text = flatten(_spaced(before.text, mark, cell.text)) if has_both else before.text or cell.text
                joined[-1] = before._replace(text=text)
            elif joined[-1].is_covered and not cell.is_covered:
                joined[-1] = cell
        last = self._between[-1] if len(cells) == len(self._between) - 1 else ""
        if last and joined and joined[-1].text and not joined[-1].is_spanning and any(self._between[1:-1]):
            joined[-1] = joined[-1]._replace(text=joined[-1].text + last)
        return [cell.text for cell in joined]


def _spaced(left: str, mark: str, right: str) -> str:
    return (
        f"{left}{mark}{right}"
        if mark in {".", ",", "/", "-", "–", ":"}
        else f"{left} {mark} {right}".replace("( ", "(")
    )


def _rules_first(cell: list[str], column: Column) -> list[str]:
    """The tokens of a cell with those of its column around them; the rules above a row stand before both."""
    if not column.before and not column.after:
        return cell
    at = 0
    while at < len(cell) and (cell[at].isspace() or cell[at][1:] in RULES or cell[at] == "\\hline"):
        at += 1
        while at < len(cell) and (closing := _CLOSED_BY.get(cell[at][:1])):
            while at < len(cell) and closing not in cell[at]:
                at += 1
            at += 1
    return [*cell[:at], *column.before, *cell[at:], *column.after]


def _is_protected(words: Sequence[str]) -> bool:
    """Whether a cell of numbers holds a text, which stands in braces."""
    return words[0] == "{" and words[-1] == "}"


_JOINS = re.compile(r"[.,:/±∓×→↔+–—()\[\]~<>-]+")  # what parts the two halves of one figure; a rule does not
_CLOSED_BY = {"{": "}", "[": "]", "(": ")"}
_MOST_COLUMNS = 500
_OPENING = frozenset({"{", "\\begin", "\\bgroup", "\\begingroup"})
_CLOSING = frozenset({"}", "\\end", "\\egroup", "\\endgroup"})
_ROW_ENDS = frozenset({"\\\\", "\\tabularnewline", "\\cr", "\\tn", "\\crcr"})
