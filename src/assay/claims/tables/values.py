"""Judges a figure that is a value of a table: does it stand in a cell of what the sentence says that it is of?"""

import re
from collections.abc import Sequence

from assay.claims.tables.extremes import Extreme, find_extreme, is_extreme
from assay.claims.tables.figure import Figure
from assay.claims.tables.reading import UNDECIDED, TableState, Verdict
from assay.claims.tables.table import Cell
from assay.claims.tables.words import GENERIC, key


def judge_value(figure: Figure) -> Verdict:
    """The verdict on a figure that is a value of the table."""
    inside = figure.within(figure.scope)
    if figure.quantity.bound == "at least" and inside and len(figure.scope) < len(figure.reading.table.dimensions):
        return _judge_least(figure, inside)
    right = [cell for cell in inside if figure.matches(float(cell.value))]
    bold = figure.boldness
    if extreme := find_extreme(figure.before, figure.after):
        verdict = _judge_extreme(figure, extreme, right)
        if verdict.state:
            return verdict
        bold += _HALF_NAMED
    if right and figure.scope and _NOT_REACHED.search(figure.before):
        return Verdict("contradicted", tuple(right), f"{right[0].text} stands there", bold + 1)
    if right and figure.scope and not _is_only_of_a_rival(figure, right):
        return Verdict("supported", tuple(right), f"{right[0].text} stands there", bold + (len(inside) > _FEW))
    return _judge_elsewhere(figure, inside, bold)


def _judge_elsewhere(figure: Figure, inside: Sequence[Cell], bold: int) -> Verdict:
    """The verdict on a figure that stands in no cell of those named: it is of a longer name, of another, or of none."""
    matching = [cell for cell in figure.reading.table.cells if figure.matches(float(cell.value))]
    longer = [cell for cell in matching if _is_longer(figure, cell)]
    if len(longer) == 1:
        _mean(figure, longer[0])
    if longer:
        return Verdict("supported", tuple(longer), f"{longer[0].text} stands there", bold + _LONGER)
    if figure.is_written_finely and figure.is_told_fully and any(map(figure.is_as_large_as, inside)):
        return _judge_wrong(figure, inside, matching, bold)
    return UNDECIDED


def _judge_wrong(figure: Figure, inside: Sequence[Cell], matching: Sequence[Cell], bold: int) -> Verdict:
    """The verdict on a figure that is told fully and stands in another cell, or in none."""
    dimensions = {dimension for dimension, labels in figure.reading.table.dimensions.items() if len(labels) > 1}
    is_fully_named = dimensions <= set(figure.scope)
    if matching:
        if len(matching) > _FEW or any(cell.text[:1] in "+−-" or _is_named_too(figure, cell) for cell in matching):
            return UNDECIDED
        why = f"{matching[0].text} is of {', '.join(matching[0].labels.values())}"
        bold += (len(inside) > 1) + (len(matching) > 1) + _HALF_NAMED * (not is_fully_named)
        return Verdict("misattributed", tuple(matching), why, bold)
    is_near = any(figure.matches(float(cell.value), loose=_CUT_OFF) for cell in inside)
    if is_near or not is_fully_named or len(inside) > _FEW:
        return UNDECIDED
    return Verdict("contradicted", tuple(inside), f"it is {inside[0].text}", bold + 1)


def _judge_extreme(figure: Figure, extreme: Extreme, right: Sequence[Cell]) -> Verdict:
    """The verdict on a figure that is called the highest or lowest of something, by the cells of those named."""
    table, start = figure.reading.table, figure.clause.start
    of = {each.dimension for each in figure.reading.inside(start + extreme.start, start + extreme.stop)}
    is_of_one_thing = bool(table.caption_metric and not table.metric_dimension)
    if not is_of_one_thing and not of & {table.metric_dimension, "column 0", "column 1"}:
        return UNDECIDED
    told = [is_extreme(table, cell, extreme.end, figure.scope, sorted(of)) for cell in right]
    if not told or None in told:
        return UNDECIDED
    state: TableState = "supported" if any(told) else "contradicted"
    why = f"{right[0].text} is {'' if any(told) else 'not '}the {extreme.end}"
    return Verdict(state, tuple(right), why, figure.boldness + (not any(told)))


def _judge_least(figure: Figure, cells: Sequence[Cell]) -> Verdict:
    """The verdict on a figure that others are said to be above."""
    lowest = min(cells, key=lambda cell: cell.value)
    is_percentage = figure.quantity.unit == "%"
    if is_percentage and lowest.value > _WHOLE:
        return UNDECIDED
    scale = 100 if is_percentage and all(abs(cell.value) <= 1 for cell in cells) else 1
    holds = float(lowest.value) * scale >= float(figure.quantity.low) - figure.grain / 2
    if not holds and not _LEAST.search(figure.before):
        return UNDECIDED
    state: TableState = "supported" if holds else "contradicted"
    return Verdict(state, (lowest,), f"the lowest is {lowest.text}", figure.boldness + 1)


def _is_longer(figure: Figure, cell: Cell) -> bool:
    """Whether a cell fits the names if a longer one is meant: ``GPT-2 + Multitasking`` where it says GPT-2."""
    return bool(figure.scope) and all(
        any(label.lower() in cell.labels.get(dimension, "").lower() for label in labels)
        for dimension, labels in figure.scope.items()
    )


def _mean(figure: Figure, cell: Cell) -> None:
    """Take the names of the clause for the longer ones of a cell."""
    for mention in figure.mentions:
        label = cell.labels.get(mention.dimension, "")
        if label and label not in mention.labels and any(each.lower() in label.lower() for each in mention.labels):
            figure.reading.mean(mention, label)


def _is_named_too(figure: Figure, cell: Cell) -> bool:
    """Whether the sentence also names that by which a cell differs from the names beside the figure."""
    tied = {each.dimension for each in figure.tied}
    words = set(key(figure.reading.sentence))
    for dimension, labels in figure.scope.items():
        label = cell.labels.get(dimension, "")
        own = {word for each in labels for word in key(each)}
        if label not in labels and dimension not in tied and (set(key(label)) - own - GENERIC) & words:
            return True
    return False


def _is_only_of_a_rival(figure: Figure, cells: Sequence[Cell]) -> bool:
    """Whether the sentence names no method, as of the paper's own, and no cell is of that."""
    own = figure.reading.own_labels()
    names_a_method = {dimension for dimension, _ in own} & set(figure.scope)
    is_of_own = any(pair in own for cell in cells for pair in cell.labels.items())
    return bool(own) and not names_a_method and not is_of_own


_NOT_REACHED = re.compile(
    r"\b(?:not|never|cannot|fails? to|unable to)\s(?:\w+\s){0,2}?"
    r"(?:achiev|reach|obtain|attain|get|yield|giv|scor|show|produc)\w*\b[^,;]*$"
)
_LEAST = re.compile(r"\b(?:a minimum of|never (?:\w+ ){0,2}(?:below|under)|no (?:\w+ )?(?:below|under))\s?$")
_WHOLE = 100
_FEW = 2
_HALF_NAMED = 4
_LONGER = 4
_CUT_OFF = 2.0
