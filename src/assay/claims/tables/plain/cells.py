"""The figures of a table that a comparison is about, by whom they are of, and which of two is ahead."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from assay.claims.tables.plain.directions import is_other_measure, less_is_better, may_be_measure
from assay.claims.tables.plain.forms import Sense
from assay.claims.tables.plain.scopes import Lookup
from assay.claims.tables.table import Cell, Table

Cells = dict[str, dict[tuple[str, ...], Cell]]
"""By the name of a contender, and by what else each is of, the cells that count."""


class Told(NamedTuple):
    """What a table says of a sentence."""

    holds: bool
    cells: tuple[Cell, ...]
    why: str


def agreed(told: Sequence[Told | None]) -> Told | None:
    """What several readings come to, as far as the table tells of them; None where they disagree."""
    known = [each for each in told if each is not None]
    return known[0] if len({each.holds for each in known}) == 1 else None


def cells_of(lookup: Lookup, dimension: str, scope: Mapping[str, frozenset[str]]) -> Cells:
    """By name and by what else it is of, each cell in the scope; none if two cannot be told apart, or what one is of.

    Columns or rows of sizes or times among scores count only where they are named.
    """
    others = [each for each in lookup.table.dimensions if each != dimension and not lookup.is_group(each, dimension)]
    found: Cells = {}
    for cell in lookup.table.cells:
        is_in = dimension in cell.labels and all(cell.labels.get(each) in names for each, names in scope.items())
        named = {*scope, dimension, lookup.table.metric_dimension}
        unnamed = [label for at, label in cell.labels.items() if at.startswith(_OF_MEASURES) and at not in named]
        unnamed.append(cell.labels.get(dimension, ""))
        if is_in and any(map(may_be_measure, unnamed)):
            return {}
        if is_in and not any(map(is_other_measure, unnamed)):
            where = tuple(cell.labels.get(each, "") for each in others)
            if where in found.setdefault(cell.labels[dimension], {}):
                return {}
            found[cell.labels[dimension]][where] = cell
    return found


def ahead_of(table: Table, one: Cell, other: Cell, sense: Sense, dimension: str) -> int | None:
    """1 if a figure is ahead of another, -1 if it is behind, 0 if they are equal; None if that is not known."""
    difference = (one.value > other.value) - (one.value < other.value)
    if one.unit != other.unit:
        return None
    if sense in {"better", "worse"}:
        less = less_is_better(table, one, dimension)
        if less is None:
            return None
        difference = -difference if less else difference
    return -difference if sense in {"worse", "down"} else difference


def varies(label: str) -> bool:
    """Whether a name is that of a variant: ``w/o tides``, ``+ folding``."""
    return _VARIES.match(label) is not None


_OF_MEASURES: Final = ("row 0", "column")
_VARIES: Final = re.compile(r"\s*(?:w/o|without|no\b|[-−–+])|.*\b(?:w/o|w/|without|only)\b", re.IGNORECASE)
