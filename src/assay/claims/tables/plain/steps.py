"""Judges what a part brings, and what changes as a number grows: from each name of a table to the next."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from assay.claims.tables.names import key
from assay.claims.tables.plain.cells import Told, agreed, ahead_of, cells_of, varies
from assay.claims.tables.plain.forms import Comparison, Sense
from assay.claims.tables.plain.phrases import phrases_of
from assay.claims.tables.plain.scopes import Lookup
from assay.claims.tables.table import Cell, Table

Steps = tuple[str, Sequence[tuple[str, str]]]
"""A dimension, and from which name to which it goes there."""


def judge_steps(lookup: Lookup, said: Comparison) -> Told | None:
    """Whether a metric goes the way that is said, from each name to the next."""
    find = {"removed": _removals, "added": _additions}.get(said.kind, _growth)
    steps = find(lookup, said)
    if steps is None or said.margin or (not said.metric and said.sense in {"up", "down"}):
        return None
    told = []
    for scope in lookup.scopes(said, steps[0]):
        cells = cells_of(lookup, steps[0], scope.labels)
        pairs = [
            (cell, cells[low][at])
            for low, high in steps[1]
            for at, cell in cells.get(high, {}).items()
            if at in cells.get(low, {})
        ]
        if scope.so < 0 and not scope.most:
            told.append(_all_or_none(lookup.table, pairs, said.sense, steps[0]))
    return agreed(told)


def _all_or_none(table: Table, pairs: Sequence[tuple[Cell, Cell]], sense: Sense, dimension: str) -> Told | None:
    """Whether all changes go the way that is said, or all the other way."""
    ahead = [ahead_of(table, *pair, sense, dimension) for pair in pairs]
    if len(set(ahead)) != 1 or ahead[0] in {None, 0}:
        return None
    cells = tuple(dict.fromkeys(cell for pair in pairs for cell in pair))
    return Told(ahead[0] == 1, cells, f"so in {ahead.count(1)} of {len(pairs)}")


def _removals(lookup: Lookup, said: Comparison) -> Steps | None:
    """``Removing folding hurts accuracy``, ``Without folding, accuracy drops``."""
    if _ONE_BY_ONE.search(lookup.table.caption):
        return None
    for dimension, labels in lookup.table.dimensions.items():
        varied = [each for each in labels if _LACKS.match(each)]
        lacking = [each for each in varied if key(_LACKS.sub("", each)) == key(said.subject)]
        if len(lacking) == 1 and lacking[0].strip()[0] in "-−–" and len(varied) > 1:
            return None  # one after the other?
        bases = [each for each in labels if not varies(each)]
        full = [each for each in bases if _FULL.fullmatch(each) or lookup.is_own(each)] or bases
        if len(lacking) == 1 and len(full) == 1:
            return dimension, [(full[0], lacking[0])]
    return None


def _additions(lookup: Lookup, said: Comparison) -> Steps | None:
    """``Adding tides improves accuracy``, ``Adding tides to TideCache lowers latency``."""
    for dimension in lookup.table.dimensions:
        steps = phrases_of(lookup.table).steps(dimension, said.subject)
        if said.rival:
            base = lookup.one(said.rival, dimension)
            steps = [each for each in steps if len(base) == 1 and each[0] in base[0].labels]
        if steps:
            return dimension, steps
    return None


def _growth(lookup: Lookup, said: Comparison) -> Steps | None:
    """``Accuracy improves as the cache size grows``."""
    table, number = lookup.table, " ".join(key(said.subject))
    for dimension, heading in table.headings.items():
        labels, of = table.dimensions.get(dimension, ()), " ".join(key(heading))
        if number in {of, of.removesuffix(" size")} and len(labels) >= _FEWEST and all(map(_STEP.fullmatch, labels)):
            return dimension, list(pairwise(sorted(labels, key=_size)))
    return None


def _size(label: str) -> float:
    return float(re.sub(r"[^\d.]", "", label)) * {"K": 1e3, "M": 1e6, "B": 1e9}.get(label[-1], 1)


_LACKS: Final = re.compile(r"\s*(?:w/o|without|no\b|[-−–])\s*", re.IGNORECASE)
_FULL: Final = re.compile(
    r"(?:the )?(?:full|complete)(?: model| system| method)?|.*\((?:full|complete)\)", re.IGNORECASE
)
_ONE_BY_ONE: Final = re.compile(
    r"\b(?:cumulative\w*|successive\w*|one (?:by|after) (?:one|another|the other)|one more)\b", re.IGNORECASE
)
_STEP: Final = re.compile(r"[\d,]+(?:\.\d+)?[KMB]?")
_FEWEST: Final = 3
