"""Looks into a table what goes up or down when a part is removed or added, or when a number such as a size rises."""

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from assay.claims.tables.comparisons import Clause, Statement
from assay.claims.tables.metrics import find_metrics, is_score
from assay.claims.tables.names import key
from assay.claims.tables.reading import UNDECIDED, Reading, TableState, Verdict, are_close
from assay.claims.tables.table import Cell

_REMOVED = re.compile(
    r"\b(?:remov\w+|without|w/o|dropping|ablat\w+|exclud\w+|disabl\w+|eliminat\w+|omit\w+|discard\w+|taking away|"
    r"leaving out|turn(?:ing|ed) off|drop (?:the|any|all)|(?:not|no longer) (?:us|hav|includ)ing)\b",
    re.IGNORECASE,
)
_IS_REMOVED = re.compile(
    r"\s(?:\w+\s)?(?:is|are|was|were)\s(?:\w+\s)?(?:removed|dropped|omitted|disabled|excluded|ablated)\b"
)
_ABLATED = re.compile(r"^\W*(?:w/o|w/out|without|no|[-−–—])\s?(?=\w)|\b(?:w/o|without)\s", re.IGNORECASE)
_ADDED = re.compile(r"^\W*(?:\+|w/(?!o)|with)\s?(?=\w)")
_MORE = re.compile(
    r"\b(?:with (?:the )?(?:(?:amount|number|size|length|depth) of|(?:\w+ )?(?:size|length|depth|budget)\b)|more|"
    r"increas\w+|larger|higher|longer|deeper|bigger|greater|rais\w+|grow\w*)\b",
    re.IGNORECASE,
)
_FEWER = re.compile(r"\b(?:fewer|less|reduc\w+|decreas\w+|smaller|lower|shorter|shallower)\b", re.IGNORECASE)


def judge_change(reading: Reading, clause: Clause, statement: Statement) -> Verdict:
    """The verdict on a clause that says what a change does to the figures."""
    if statement.form == "extreme" or re.search(r"(?<!\bto )\b(?:more|less|rather) than\b(?! \d)", clause.text):
        return UNDECIDED
    match = _FROM_TO.search(clause.text, statement.start)
    if match and match.start() - statement.end > _BESIDE:
        match = None
    if match and (verdict := _between(reading, clause, statement, match)).state:
        return verdict
    if _compares_two(reading, clause, statement):
        return UNDECIDED
    for pairs, bold in (_ablation(reading, clause), _growth(reading, clause, statement)):
        if pairs:
            return _decide(reading, clause, statement, pairs, bold)
    return UNDECIDED


def _compares_two(reading: Reading, clause: Clause, statement: Statement) -> bool:
    """Whether it says which of two names is ahead: ``no pretraining is worse than pretraining``."""
    at = clause.start + statement.start
    before, after = reading.inside(clause.start, at), reading.inside(at, clause.end)
    return statement.form == "compared" and any(
        one.dimension == other.dimension and not one.labels & other.labels for one in before for other in after
    )


_FROM_TO = re.compile(
    r"\bfrom\s(?:[A-Za-z][\w-]*\s?=\s?)?(\d+(?:\.\d+)?)%?(?=\s)[^,;]{0,25}?\sto\s(?:[A-Za-z][\w-]*\s?=\s?)?(\d+(?:\.\d+)?)"
)


def _between(reading: Reading, clause: Clause, statement: Statement, match: re.Match[str]) -> Verdict:
    """Whether a change goes the way that its two ends show, which both stand in the table: ``from 57.2 to 70.8``."""
    start, end = Decimal(match[1]), Decimal(match[2])
    first = [cell for cell in reading.table.cells if cell.value == start]
    last = [cell for cell in reading.table.cells if cell.value == end]
    pairs = [(one, other) for one in last for other in first if one.row == other.row or one.column == other.column]
    pairs = _measured(reading, clause, pairs) or pairs
    return _decide(reading, clause, statement, pairs[:1], 1) if pairs and start != end else UNDECIDED


def _ablation(reading: Reading, clause: Clause) -> tuple[list[tuple[Cell, Cell]], int]:
    """The cells after and before the change that a clause tells: of a row without a part, and of the row with it."""
    mentions = reading.inside(clause.start, clause.end)
    pairs: list[tuple[Cell, Cell]] = []
    bold = 0
    removed = _REMOVED.search(clause.text)
    for mention in mentions:
        if not all(_ABLATED.search(label) or _ADDED.search(label) for label in mention.labels):
            continue
        if (
            removed
            and mention.start < clause.start + removed.start()
            and not _IS_REMOVED.match(reading.sentence, mention.end)
        ):
            continue
        for label in mention.labels:
            pairs += _against_base(reading, mention.dimension, label, is_removed=removed is not None)
        bold = max(bold, mention.boldness)
    measured = _measured(reading, clause, pairs)
    own = reading.own_mentions(clause.start, clause.end)
    return [pair for pair in measured if any(each.fits(pair[0]) for each in own)] or measured, bold


def _against_base(reading: Reading, dimension: str, label: str, *, is_removed: bool) -> list[tuple[Cell, Cell]]:
    """The cells of a row that lacks or adds a part, each with the cell of the row that it varies."""
    if not dimension.startswith("row"):
        return []
    cells = [cell for cell in reading.table.cells if dimension in cell.labels]
    pattern = _ABLATED if _ABLATED.search(label) else _ADDED
    rows = sorted({cell.row for cell in cells if cell.labels[dimension] == label})
    pairs = []
    for row in rows:
        bases = {cell.row for cell in cells if not pattern.search(cell.labels[dimension])}
        before, after = [each for each in bases if each < row], [each for each in bases if each > row]
        base = max(before) if before else min(after, default=-1)
        lacking, having = (row, base) if pattern is _ABLATED else (base, row)
        last, first = (lacking, having) if is_removed else (having, lacking)
        for cell in cells:
            if cell.row == last:
                pairs += [(cell, other) for other in cells if other.row == first and other.column == cell.column]
    return pairs


def _growth(reading: Reading, clause: Clause, statement: Statement) -> tuple[list[tuple[Cell, Cell]], int]:
    """The cells of every larger number beside those of the next smaller one, where a clause tells of such a number."""
    own_word = clause.text[statement.start : statement.end]
    for dimension, labels in reading.table.dimensions.items():
        if len(labels) < _FEWEST_STEPS or not all(re.fullmatch(r"[\d,]+(?:\.\d+)?[KMB%]?", label) for label in labels):
            continue
        nouns = {word for word in key(reading.table.headings.get(dimension, "")) if len(word) > 2 and word != "number"}
        for direction, pattern in ((1, _MORE), (-1, _FEWER)):
            for match in pattern.finditer(clause.text):
                if match[0] == own_word or statement.start <= match.start() < statement.end:
                    continue
                near = set(key(clause.text[max(0, match.start() - 60) : match.end() + 60]))
                if nouns & near:
                    ordered = sorted(labels, key=_number)
                    steps = list(pairwise(ordered))
                    pairs = [pair for low, high in steps for pair in _step(reading, dimension, low, high, direction)]
                    return _measured(reading, clause, pairs), 1
    return [], 0


_FEWEST_STEPS = 3
_BESIDE = 80


def _number(label: str) -> float:
    return float(re.sub(r"[^\d.]", "", label) or 0) * {"K": 1e3, "M": 1e6, "B": 1e9}.get(label[-1], 1)


def _step(reading: Reading, dimension: str, low: str, high: str, direction: int) -> list[tuple[Cell, Cell]]:
    others = [each for each in reading.table.dimensions if each != dimension]
    lows = [cell for cell in reading.table.cells if cell.labels.get(dimension) == low]
    pairs = []
    for cell in reading.table.cells:
        if cell.labels.get(dimension) == high:
            pairs += [
                (cell, other) if direction > 0 else (other, cell)
                for other in lows
                if all(cell.labels.get(each) == other.labels.get(each) for each in others)
            ]
    return pairs


def _measured(reading: Reading, clause: Clause, pairs: Sequence[tuple[Cell, Cell]]) -> list[tuple[Cell, Cell]]:
    """The pairs of the metrics and data sets that a clause names; of all scores, if it names none."""
    table = reading.table
    named: dict[str, set[str]] = {}
    rows = {
        cell.labels.get(dimension)
        for pair in pairs
        for cell in pair
        for dimension in cell.labels
        if dimension.startswith("row")
    }
    for mention in reading.inside(clause.start, clause.end):
        if not mention.labels & rows:
            named.setdefault(mention.dimension, set()).update(mention.labels)
    return [
        (last, first)
        for last, first in pairs
        if all(last.labels.get(dimension) in labels for dimension, labels in named.items())
        and (table.metric_dimension in named or is_score(table.metric(last)))
    ]


def _decide(
    reading: Reading, clause: Clause, statement: Statement, pairs: Sequence[tuple[Cell, Cell]], bold: int
) -> Verdict:
    names_metric = any(
        mention.dimension == reading.table.metric_dimension for mention in reading.inside(clause.start, clause.end)
    )
    names_metric = names_metric or bool(find_metrics(clause.text))
    advantages = []
    metric = reading.table.metric_dimension
    by_metric: dict[str, list[float]] = {}
    for last, first in pairs:
        ahead = float(last.value - first.value)
        if statement.sense in {"better", "worse"} or not names_metric:
            is_less = reading.table.less_is_better(last)
            if is_less is None:
                continue
            ahead = -ahead if is_less else ahead
        advantages.append(-ahead if statement.sense in {"worse", "down"} else ahead)
        by_metric.setdefault(last.labels.get(metric, ""), []).append(advantages[-1])
    so = sum(each > 0 for each in advantages)
    against = sum(each < 0 for each in advantages)
    if names_metric and so and any(max(group) <= 0 > min(group) for group in by_metric.values()):
        so, bold = 0, bold + 1
    if so and against:
        if max(so, against) < _MOST * len(pairs):
            return UNDECIDED
        bold += 1
    if not so and not against:
        return UNDECIDED
    if statement.hedged and statement.negated:
        if are_close(pairs):
            return UNDECIDED
        bold += 1
    state: TableState = "supported" if (so > against) != statement.negated else "contradicted"
    cells = tuple(cell for pair in pairs for cell in pair)
    return Verdict(state, cells, f"so in {so} of {len(pairs)} steps", bold, pairs=tuple(pairs))


_MOST = 0.75
