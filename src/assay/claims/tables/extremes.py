"""Tells whether a figure that a sentence calls the highest or the lowest is that among the cells beside it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from assay.claims.tables.table import Cell, Table

End = Literal["highest", "lowest", "best", "worst"]


@dataclass(frozen=True)
class Extreme:
    """What a sentence says of a figure: ``the highest F1 on ToyBench is 77.5``."""

    end: End
    start: int
    stop: int
    """Where the words stand, before the figure, that say of what it is the highest: ``F1 on ToyBench``."""


_ENDS: tuple[tuple[End, str], ...] = (
    ("highest", r"highest|largest|greatest|biggest|longest|maximum|maximal"),
    ("lowest", r"lowest|smallest|shortest|minimum|minimal|least(?! [a-z]+ed\b)"),
    ("best", r"best"),
    ("worst", r"worst|poorest"),
)
_WORD = "|".join(rf"(?P<{end}>{words})" for end, words in _ENDS)
_BEFORE = re.compile(
    rf"(?<!second[- ])(?<!\bat )\b(?:{_WORD})\b(?P<of>[^.;,]{{0,90}}?)\s"
    r"(?:is|are|was|of|at|being|reaching|as|with|=)?\s?(?:only |about |around |an? )?[(~]?$",
    re.IGNORECASE,
)
_AFTER = re.compile(rf"^%?\s(?:is|are|was|being|,)\s?the\s(?:{_WORD})\b", re.IGNORECASE)
_OF_FEW = re.compile(r"\b(?:among(?:st)?|(?:of|between) (?:the |these |those |our )?(?:two|three|four|five|both))\b")


def find_extreme(before: str, after: str) -> Extreme | None:
    """What the words around a figure say of it, or None where they do not call it the highest or lowest of anything."""
    if _OF_FEW.search(before) or _OF_FEW.search(after):
        return None
    if match := _BEFORE.search(before):
        return None if re.search(r"\s\d", match["of"]) else Extreme(_end(match), match.start("of"), match.end("of"))
    match = _AFTER.match(after)
    return Extreme(_end(match), len(before), len(before)) if match else None


def _end(match: re.Match[str]) -> End:
    return next(end for end, _ in _ENDS if match[end])


def is_extreme(table: Table, cell: Cell, end: End, scope: Mapping[str, set[str]], bound: Sequence[str]) -> bool | None:
    """Whether a cell is the highest or lowest in the table within a scope; None where that cannot be told.

    Args:
        table: the table.
        cell: the cell of the figure.
        end: which end it is said to be.
        scope: the names of each dimension that the sentence tells.
        bound: the dimensions that it is the highest *of*; of the others, one may name whose figure it is.
    """
    is_less = table.less_is_better(cell) if end in {"best", "worst"} else None
    if end in {"best", "worst"} and is_less is None:
        return None
    is_low = end == "lowest" or is_less is (end == "best")
    found = None
    for free in ("", *(each for each in scope if each not in bound)):
        fixed = {dimension: labels for dimension, labels in scope.items() if dimension != free}
        rivals = [
            other
            for other in table.cells
            if other is not cell
            and all(other.labels.get(dimension) in labels for dimension, labels in fixed.items())
            and table.metric(other) == table.metric(cell)
            and not (_SUM.search(" ".join(other.labels.values())) and not _SUM.search(" ".join(cell.labels.values())))
        ]
        if rivals:
            found = all(other.value >= cell.value if is_low else other.value <= cell.value for other in rivals)
            if found:
                return True
    return found


_SUM = re.compile(
    r"\b(?:human|oracle|gold|upper bound|total|all|sum|average|avg|mean|overall|std|s\.?d)\b", re.IGNORECASE
)
