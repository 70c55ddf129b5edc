"""Judges a figure that is the change between two cells of a table: *by 4.3 points*."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations, product

from assay.claims.tables.figure import Figure, figures_of
from assay.claims.tables.limits import unknown_scope
from assay.claims.tables.metrics import less_is_better
from assay.claims.tables.names import Mention
from assay.claims.tables.reading import UNDECIDED, Reading, TableState, Verdict
from assay.claims.tables.statements import Pair, Question


def judge_difference(figure: Figure) -> Verdict:
    """The verdict on a figure that is the change between two cells of one line, both of which its clause names."""
    for dimension in figure.reading.table.dimensions:
        pairs = list(_named_pairs(figure, dimension))
        if not pairs:
            # Names that hold only one of the two are no scope: "LSTM-PP (with GloVe-retro initialization)".
            continue
        bold = max((each.boldness for each in _named(figure, dimension)), default=0)
        if right := [pair for pair in pairs if is_change(figure, pair)]:
            return Verdict("supported", right[0], _from_to(right[0]), bold)
        if len(pairs) == 1 and _is_of_no_other(figure, pairs[0]):
            return Verdict("contradicted", pairs[0], _from_to(pairs[0]), bold + 1)
    return UNDECIDED


def check_differences(reading: Reading, verdict: Verdict) -> Verdict:
    """What the figures of a clause say of the cells that its statement compares: by 4.3 points, or by another number.

    A statement that is supported is contradicted where the two cells are as far apart as no figure says; where it
    compares several, it is bolder to support.
    """
    clause = next((each for each in reading.clauses if each.start == verdict.clause), None)
    if clause is None or verdict.state != "supported" or not verdict.pairs:
        return verdict
    figures = [figure for figure in figures_of(reading, clause) if figure.is_change]
    if not figures or any(is_change(figure, pair) for figure in figures for pair in verdict.pairs):
        return verdict
    if len(verdict.pairs) > 1:
        return replace(verdict, boldness=verdict.boldness + 2)
    if not all(_is_of_no_other(figure, verdict.pairs[0]) for figure in figures):
        return UNDECIDED
    return replace(verdict, state="contradicted", why=_from_to(verdict.pairs[0]), boldness=verdict.boldness + 1)


def decide_by_difference(question: Question) -> Verdict:
    """The verdict on a comparison that holds of some cells only, where a figure tells which are meant: ``by 4.3``."""
    for figure in figures_of(question.reading, question.clause):
        if not figure.is_change or not figure.is_written_finely:
            continue
        if meant := [pair for pair in question.pairs() if is_change(figure, pair)]:
            so = [question.is_so(pair) for pair in meant]
            if all(so) or (question.objects and not any(so)):
                cells = tuple(cell for pair in meant for cell in pair)
                state: TableState = "supported" if so[0] else "contradicted"
                return Verdict(state, cells, _from_to(meant[0]), question.boldness + 1)
    return UNDECIDED


def is_change(figure: Figure, pair: Pair) -> bool:
    """Whether a figure is the change from the second cell to the first, in points or per cent."""
    new, old = float(pair[0].value), float(pair[1].value)
    whole = 100.0 if max(abs(new), abs(old)) > 1 else 1.0
    changes = [new - old]
    is_percentage = figure.quantity.unit == "%"
    if is_percentage:
        changes += [100 * (new - old) / base for base in (old, new, whole - old, whole - new) if base]
    if figure.quantity.bound == "at least":
        return abs(changes[0]) >= float(figure.quantity.low)
    loose = 1.0 if less_is_better(figure.reading.table.metric(pair[0])) or is_percentage else 0.5
    return any(figure.matches(each, loose=loose) for each in changes)


def _named(figure: Figure, dimension: str) -> list[Mention]:
    """The names of a dimension that the clause tells in full, if these are several; or else all of its names there."""
    named = [each for each in figure.mentions if each.dimension == dimension]
    exact = [each for each in named if not each.boldness]
    return exact if len({each.labels for each in exact}) > 1 else named


def _named_pairs(figure: Figure, dimension: str) -> Iterator[Pair]:
    """The cells of the two names of a dimension that stand in one column or row, within what else the clause names."""
    table = figure.reading.table
    groups = list(dict.fromkeys(each.labels for each in _named(figure, dimension)))
    if dimension == table.metric_dimension or len(groups) != 2 or groups[0] & groups[1]:
        return
    scope: dict[str, set[str]] = {}
    tied = [each for each in figure.tied if each.dimension == table.metric_dimension]
    others = [each for each in figure.mentions if each.dimension not in {dimension, "section"}]
    if tied:
        others = [each for each in others if each.dimension != table.metric_dimension] + tied[-1:]
    for mention in others:
        scope.setdefault(mention.dimension, set()).update(mention.labels)
    cells = figure.within(scope)
    for first, second in product(cells, cells):
        is_named = first.labels.get(dimension) in groups[0] and second.labels.get(dimension) in groups[1]
        if is_named and (first.column == second.column if dimension.startswith("row") else first.row == second.row):
            yield first, second


def _is_of_no_other(figure: Figure, pair: Pair) -> bool:
    """Whether it is the only figure of its clause, and no change between others of the two cells' column or row."""
    is_doubtful = figure.is_supposed or _JOINED.search(figure.clause.text)
    is_alone = len(figures_of(figure.reading, figure.clause)) == 1
    if not is_alone or is_doubtful or unknown_scope(figure.reading, figure.clause):
        return False
    is_column = pair[0].column == pair[1].column
    line = [
        cell
        for cell in figure.reading.table.cells
        if (cell.column == pair[0].column if is_column else cell.row == pair[0].row)
    ]
    return not any(is_change(figure, each) for each in permutations(line, 2))


def _from_to(pair: Pair) -> str:
    return f"from {pair[1].text} to {pair[0].text}"


_JOINED = re.compile(r"\b(?:combin\w+|ensembl\w+|merg\w+|fusion|mixture|stacking|joining)\b")
