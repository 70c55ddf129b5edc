"""Finds the tables of an HTML page with their rows and cells, by element, by LaTeXML's classes or by ARIA's roles."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

_TABLES = ("table", "ltx_tabular", "role=table", "role=grid")
ROWS = ("tr", "ltx_tr", "role=row")
CELLS = ("td", "th", "ltx_td", "ltx_th", "role=cell", "role=gridcell", "role=columnheader", "role=rowheader")
_FLOATS = "figure, figcaption, .ltx_table, .ltx_figure, .ltx_float"
_NO_TABLE = frozenset("ltx_equation ltx_equationgroup ltx_eqn_table role=presentation role=none".split())
_MOST_SPANNED = 100


def is_table(node: LexborNode) -> bool:
    """Whether an element is a table, and none that only sets out formulas or the page."""
    kinds = _kinds(node)
    return not kinds.isdisjoint(_TABLES) and kinds.isdisjoint(_NO_TABLE)


def _kinds(node: LexborNode) -> set[str]:
    """The tag of an element, its classes and its role, as `nearest` names them."""
    attributes = node.attributes
    kinds = {node.tag or "", *(attributes.get("class") or "").split()}
    return kinds | {f"role={attributes['role']}"} if attributes.get("role") else kinds


def nearest(node: LexborNode, kinds: tuple[str, ...]) -> Iterator[LexborNode]:
    """The elements of a kind in ``node``, by tag, class or role, and not those in another one of them."""
    child = node.first_child
    while child is not None:
        if child.tag is not None and not child.tag.startswith("-"):
            if _kinds(child).isdisjoint(kinds):
                yield from nearest(child, kinds)
            else:
                yield child
        child = child.next


def tables_in(node: LexborNode) -> Iterator[LexborNode]:
    """The tables in an element that stand in no other one."""
    return (table for table in nearest(node, _TABLES) if is_table(table))


def places_floats(table: LexborNode) -> bool:
    """Whether a table only places others side by side that have captions of their own."""
    if table.css_first(_FLOATS) is not None:
        return True
    return any(next(nearest(each, ("caption",)), None) is not None for each in _placed(table))


def _placed(table: LexborNode) -> list[LexborNode]:
    return [each for row in nearest(table, ROWS) for cell in nearest(row, CELLS) for each in tables_in(cell)]


def without_layout(table: LexborNode) -> Iterator[LexborNode]:
    """The table itself, or the tables that it only places side by side."""
    placed = _placed(table)
    count = sum(1 for row in nearest(table, ROWS) for _ in nearest(row, CELLS))
    if any(_is_wide(each) for each in placed) or (placed and count == 1):
        for each in placed:
            yield from without_layout(each)
    else:
        yield table


def _is_wide(table: LexborNode) -> bool:
    """Whether a table has rows and columns, and is no mere stack of lines."""
    rows = [sum(1 for _ in nearest(row, CELLS)) for row in nearest(table, ROWS)]
    return len(rows) > 1 and max(rows) > 1


def fill_spanned(cells: list[str], below: dict[int, int]) -> None:
    """Add empty cells to a row where cells of the rows above reach into it."""
    while below.get(len(cells), 0) > 0:
        cells.append("")


def span_of(cell: LexborNode, which: str) -> int:
    """How many rows (``rowspan``) or columns (``colspan``) a cell spans."""
    # LaTeXML puts the span into a class where the cell is no table element.
    attributes = cell.attributes
    match = re.search(rf"\bltx_{which}_(\d+)", attributes.get("class") or "")
    text = (match[1] if match else attributes.get(which) or attributes.get(f"aria-{which}")) or ""
    if not (text.isascii() and text.isdecimal()):
        return 1
    span = int(text[:4])
    return min(span, _MOST_SPANNED) or (_MOST_SPANNED if which == "rowspan" else 1)  # none: to the end of its group
