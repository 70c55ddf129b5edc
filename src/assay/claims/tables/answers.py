"""Looks into a table whether a statement holds: who is ahead of whom, and who is first of all."""

from collections.abc import Sequence
from functools import partial

from assay.claims.tables.reading import UNDECIDED, Verdict
from assay.claims.tables.statements import Pair, Question
from assay.claims.tables.table import Cell
from assay.claims.tables.weighing import decide, decide_alike, decide_count, give


def answer(question: Question) -> Verdict:
    """Look into the table whether what a question asks is so."""
    if not question.has_its_metric() or question.compares_with_a_number():
        return UNDECIDED
    return _rank(question) if question.statement.form == "extreme" else _compare(question)


def _compare(question: Question) -> Verdict:
    """Whether the subjects are ahead of those they are compared with, behind them, or alike."""
    rivals, bold = question.rivals()
    if not rivals or any(each.labels <= question.ours for each in question.objects):
        return UNDECIDED
    pairs = list(question.pair(question.cells(), rivals))
    if not pairs:
        # Names in other columns of names tell one side of a comparison only: "(with GloVe)".
        bold += 1
        pairs = list(question.pair(question.cells(columns_only=True), rivals))
    if not pairs and question.dimension == "section":
        bold += 1
        pairs = list(question.pair_groups(rivals))
    if question.statement.sense == "equal":
        return decide_alike(question, pairs, bold)
    if question.statement.count:
        return decide_count(question, pairs, bold)
    return decide(question, pairs, bold)


def _rank(question: Question) -> Verdict:
    """Whether the subjects are the best or worst of all, or the second best."""
    cells = question.cells()
    rivals = question.open_rivals([label for cell in cells if (label := cell.labels.get(question.dimension))])
    if not rivals or _names_a_rival(question):
        return UNDECIDED
    groups: dict[tuple[str, ...], list[Pair]] = {}
    others = [dimension for dimension in question.table.dimensions if dimension != question.dimension]
    for first, second in question.pair(cells, rivals):
        where = tuple(first.labels.get(dimension, "") for dimension in others)
        groups.setdefault(where, []).append((first, second))
    if question.statement.rank == 2:
        return _rank_second(question, list(groups.values()))
    closest = [_closest(question, pairs) for pairs in groups.values()]
    if question.statement.count:
        return decide_count(question, closest, question.boldness)
    verdict = decide(question, closest, question.boldness, ties_win=True)
    is_beaten = (verdict.state == "contradicted") != question.statement.negated
    is_set_as_best = question.statement.sense in {"better", "up"} and any(first.bold for first, _ in closest)
    if verdict.state and is_beaten and (is_set_as_best or _is_first_somewhere(question, cells, rivals)):
        return UNDECIDED
    return verdict


def _names_a_rival(question: Question) -> bool:
    """Whether the clause names others of the same kind, so that it may be the best of those only."""
    named = question.reading.inside(question.clause.start, question.clause.end)
    return question.statement.rank == 1 and any(
        each.dimension == question.dimension and not each.labels & question.ours and each not in question.excepted
        for each in named
    )


def _is_first_somewhere(question: Question, cells: Sequence[Cell], rivals: frozenset[str]) -> bool:
    """Whether the best of our several rows or columns is ahead of all others in one way."""
    is_row = question.dimension.startswith("row")
    lines: dict[int, list[Cell]] = {}
    for cell in cells:
        lines.setdefault(cell.column if is_row else cell.row, []).append(cell)
    for line in lines.values():
        ours = [cell for cell in line if cell.labels.get(question.dimension) in question.ours]
        theirs = [cell for cell in line if cell.labels.get(question.dimension) in rivals]
        if len(ours) > 1 and theirs:
            best = max(ours, key=partial(question.advantage, second=theirs[0]))
            if all(question.advantage(best, each) >= 0 for each in theirs):
                return True
    return False


def _rank_second(question: Question, groups: Sequence[Sequence[Pair]]) -> Verdict:
    """Whether one rival is ahead everywhere, and no other: the one that is named, if one is."""
    if len(question.ours) > 1 or not groups:
        return UNDECIDED
    ahead = [[pair for pair in pairs if question.advantage(*pair) < 0] for pairs in groups]
    named = question.theirs
    fits = [len(pairs) == 1 and (not named or pairs[0][1].labels.get(question.dimension) in named) for pairs in ahead]
    if any(fits) and not all(fits):
        return UNDECIDED
    pairs = [pair for pairs in groups for pair in pairs]
    return give(question, pairs, f"{len(ahead[0])} ahead of it", question.boldness, holds=all(fits))


def _closest(question: Question, pairs: Sequence[Pair]) -> Pair:
    """Our cell and its strongest rival; where a word fits several cells, the best of them."""
    cases: dict[int, list[Pair]] = {}
    for pair in pairs:
        cases.setdefault(id(pair[0]), []).append(pair)
    strongest = [min(case, key=lambda pair: question.advantage(*pair)) for case in cases.values()]
    return max(strongest, key=lambda pair: question.advantage(*pair))
