"""Weighs the pairs of cells that agree with a statement against those that do not, and gives the verdict."""

import re
from collections.abc import Iterator, Sequence

from assay.claims.tables.reading import UNDECIDED, TableState, Verdict, are_close
from assay.claims.tables.statements import Pair, Question, is_summary


def decide(question: Question, pairs: Sequence[Pair], bold: int, *, ties_win: bool = False) -> Verdict:
    """A verdict by how many pairs of cells agree with the statement.

    Args:
        question: what is asked.
        pairs: the cells that are compared.
        bold: how bold it is to compare these.
        ties_win: whether two figures that are the same agree with it.
    """
    advantages = [question.advantage(*pair) for pair in pairs]
    ahead = sum(each > 0 or (ties_win and each == 0) for each in advantages)
    behind = sum(each < 0 for each in advantages)
    fails = [_fails(question, group) for group in _groups(question, pairs)]
    if not pairs or (any(fails) and not all(fails)):
        return UNDECIDED
    if question.clause.excepts and not question.excepted and behind == len(pairs):
        return UNDECIDED
    holds: bool | None = ahead == len(pairs)
    bolder = 0
    if len(pairs) not in {ahead, behind}:
        holds, bolder = _weigh(question, pairs, ahead, behind)
    if holds is not None:
        why = f"{', '.join(sorted(question.ours))}: so in {ahead} of {len(pairs)} comparisons"
        return give(question, pairs, why, bold + bolder, holds=holds)
    summary = _summary(question, pairs) if _allows_some(question) else []
    return decide(question, summary, bold + 2, ties_win=ties_win) if summary else UNDECIDED


def _allows_some(question: Question) -> bool:
    """Whether a statement may be meant of most cases: it neither says *all* nor makes an exception."""
    return question.statement.quantifier != "all" and not question.clause.excepts


def _weigh(question: Question, pairs: Sequence[Pair], ahead: int, behind: int) -> tuple[bool | None, int]:
    """Whether a statement holds of which some pairs are and some are not, and how bold it is to say so."""
    if question.statement.quantifier == "most" and not question.clause.excepts:
        return ahead * 2 > len(pairs), 0
    if _allows_some(question):
        return _weigh_some(ahead, behind, len(pairs))
    if ahead >= _NEARLY_ALL * len(pairs) and len(pairs) >= _MANY:
        return True, 3
    return (False, 1) if _is_plain(question, pairs) and not question.clause.excepts else (None, 0)


def _weigh_some(ahead: int, behind: int, total: int) -> tuple[bool | None, int]:
    """Whether a statement that says neither *all* nor *most* holds, and how bold it is to say so."""
    if 0 in {ahead, behind}:
        return ahead > 0, 1
    if max(ahead, behind) >= _MOST * total:
        return ahead > behind, 2
    return (True, 3) if ahead >= _MORE * total else (None, 0)


def _summary(question: Question, pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs of what sums up the others: an average, or F1 beside precision; none if all of them or none do."""
    sums = [pair for pair in pairs if is_summary(pair[0])]
    if not sums:
        metrics = {first: question.table.metric(first) for first, _ in pairs}
        if any(_PRECISION.search(metric) for metric in metrics.values()):
            sums = [pair for pair in pairs if _F1.search(metrics[pair[0]])]
    return sums if len(sums) < len(pairs) else []


def _is_plain(question: Question, pairs: Sequence[Pair]) -> bool:
    """Whether *all* means these cells: two exact names, one metric, and one cell for each way to measure them."""
    places = {(first.column, *first.labels.items()) for first, _ in pairs}
    has_two_names = len(question.ours) == 1 and not question.others and len(question.theirs) == 1
    has_one_metric = len({question.table.metric(first) for first, _ in pairs}) == 1
    return question.boldness == 0 and has_two_names and has_one_metric and len(places) == len(pairs)


def _groups(question: Question, pairs: Sequence[Pair]) -> Iterator[list[Pair]]:
    """The pairs of each metric and of each rival, where the clause names several one by one."""
    metric = question.table.metric_dimension
    named = {label for each in question.scope if each.dimension == metric for label in each.labels}
    if len(named) > 1:
        for label in named:
            yield [pair for pair in pairs if pair[0].labels.get(metric) == label]
    if len(question.objects) > 1:
        for mention in question.objects:
            yield [pair for pair in pairs if mention.fits(pair[1])]


def _fails(question: Question, pairs: Sequence[Pair]) -> bool:
    """Whether a statement fails in every pair of a group; the group says nothing if all others do too."""
    advantages = [question.advantage(*pair) for pair in pairs]
    return bool(advantages) and max(advantages) <= 0 > min(advantages)


def decide_count(question: Question, pairs: Sequence[Pair], bold: int) -> Verdict:
    """Whether it is so in as many cases as the statement says; undecided where the table has not as many cases."""
    said, of = question.statement.count or (0, 0)
    cases: dict[int, list[Pair]] = {}
    for pair in pairs:
        cases.setdefault(id(pair[0]), []).append(pair)
    if len(cases) != of:
        return UNDECIDED
    so = sum(all(question.advantage(*pair) > 0 for pair in case) for case in cases.values())
    return give(question, pairs, f"so in {so} of {of}", bold, holds=so == said)


def decide_alike(question: Question, pairs: Sequence[Pair], bold: int) -> Verdict:
    """Whether figures are alike: all within a fiftieth of each other, or nearly so; or none within a twentieth."""
    apart = [
        abs(float(first.value - second.value)) / max(abs(float(first.value)), abs(float(second.value)), 1e-9)
        for first, second in pairs
    ]
    if not apart:
        return UNDECIDED
    mean = sum(apart) / len(apart)
    holds = max(apart) <= _ALIKE or (mean <= _NEARLY_ALIKE and max(apart) <= _FAR)
    if not holds and (min(apart) <= _APART or not (question.objects and _is_a_wide_gap(question, pairs))):
        return UNDECIDED
    cells = tuple(cell for pair in pairs for cell in pair)
    state: TableState = "supported" if holds != question.statement.negated else "contradicted"
    return Verdict(state, cells, f"they are up to {max(apart):.1%} apart", bold + 2 + (max(apart) > _ALIKE))


def _is_a_wide_gap(question: Question, pairs: Sequence[Pair]) -> bool:
    """Whether each two figures are further apart than most of their column or row."""
    is_row = question.dimension.startswith("row")
    for first, second in pairs:
        line = [
            cell.value
            for cell in question.table.cells
            if (cell.column == first.column if is_row else cell.row == first.row)
        ]
        if len(line) <= _FEWEST or abs(first.value - second.value) * 2 < max(line) - min(line):
            return False
    return True


def give(question: Question, pairs: Sequence[Pair], why: str, bold: int, *, holds: bool) -> Verdict:
    """The verdict on a statement that holds or does not, as it is worded: denied, hedged, or of a small difference."""
    statement = question.statement
    if are_close(pairs) and ((statement.hedged and statement.negated) or (statement.slight and holds)):
        return UNDECIDED
    if statement.hedged and statement.negated:
        bold += 2
    if statement.slight and holds:
        holds, bold = False, bold + 1
    state: TableState = "supported" if holds != statement.negated else "contradicted"
    cells = tuple(cell for pair in pairs for cell in pair)
    bold += 1 if question.excepted else 2 * question.clause.excepts
    return Verdict(state, cells, why, bold, pairs=tuple(pairs))


_MOST = 0.75
_MORE = 0.6
_NEARLY_ALL = 0.9
_MANY = 10
_FEWEST = 2
_ALIKE, _NEARLY_ALIKE, _APART, _FAR = 0.02, 0.03, 0.05, 0.1
_F1 = re.compile(r"\bF-?\s?1?\b|\bF-?(?:measure|score)", re.IGNORECASE)
_PRECISION = re.compile(r"\bP\b|\b[Pp]rec(?:\.|ision|\b)")
