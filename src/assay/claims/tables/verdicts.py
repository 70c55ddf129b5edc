"""Judges a sentence by a table: do the cells say what it says of them?

Two things are judged, each on its own: figures (`assay.claims.tables.figures`) and statements such as "outperforms all
baselines on ToyBench" (`assay.claims.tables.statements`, `assay.claims.tables.changes`). Every verdict says how *bold*
it was to reach: 0 where names stand in full and all cells agree, up to 6 where much is guessed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from assay.claims.tables.changes import judge_change
from assay.claims.tables.comparisons import Statement, denies, read, says_something
from assay.claims.tables.figures import judge_changes, judge_figures
from assay.claims.tables.limits import (
    gives_reason,
    other_tables,
    strange_names,
    supposes,
    unknown_measure,
    unknown_scope,
    unread,
)
from assay.claims.tables.names import Mention, key
from assay.claims.tables.questions import ask
from assay.claims.tables.reading import UNDECIDED, Reading, Verdict
from assay.claims.tables.table import Table

DEFAULT_BOLDNESS: Final = 5
MOST_BOLD: Final = 6
_ELSEWHERE: Final = 4
_BESIDE_THE_POINT: Final = MOST_BOLD + 1


def judge(sentence: str, table: Table, *, own: str = "", boldness: int = DEFAULT_BOLDNESS) -> Verdict:
    """Judge an English sentence by a table.

    Args:
        sentence: one sentence, of a summary for instance.
        table: the table that it may speak of.
        own: what the paper calls its own method; empty if that is not known.
        boldness: the boldest verdict to give, 0 to 6.
    """
    return combine(verdicts(sentence, table, own=own), table, boldness)


def combine(found: Sequence[Verdict], table: Table, boldness: int) -> Verdict:
    """One verdict out of those on the parts of a sentence: one part that is wrong makes it wrong."""
    allowed = [verdict for verdict in found if verdict.boldness <= boldness]
    for state in ("contradicted", "misattributed", "supported"):
        if those := [verdict for verdict in allowed if verdict.state == state]:
            chosen = min(those, key=lambda verdict: verdict.boldness)
            cells = tuple(cell for verdict in those for cell in verdict.cells)
            return Verdict(chosen.state, cells, chosen.why, chosen.boldness, table.quote(cells))
    return UNDECIDED


def verdicts(sentence: str, table: Table, *, own: str = "") -> list[Verdict]:
    """The verdicts on the parts of a sentence, however bold."""
    reading = Reading(sentence, table, own)
    if other_tables(reading) or supposes(reading):
        return []
    of_figures = list(judge_figures(reading))
    clauses = list(_judge_clauses(reading))
    of_statements = [each.verdict for each in clauses if each.compares]
    undecided = [verdict for verdict in of_statements if verdict.state is None]
    bolder = 2 if UNDECIDED in of_figures else 1 if undecided else 0
    if of_statements == undecided and (undecided or any(denies(reading.said(clause)) for clause in reading.clauses)):
        # Right figures alone do not support a sentence that compares in another way, or denies something.
        of_figures = [_bolder(verdict, _BESIDE_THE_POINT) for verdict in of_figures]
    if gives_reason(reading) or any(each.unread for each in clauses):
        bolder = MOST_BOLD
    of_figures = [_bolder(verdict, bolder) for verdict in of_figures]
    of_statements = [_bolder(verdict, bolder) for verdict in of_statements]
    if strange_names(reading):
        of_figures = [_bolder(verdict, _ELSEWHERE, always=True) for verdict in of_figures]
        of_statements = [_bolder(verdict, _ELSEWHERE, always=True) for verdict in of_statements]
    return [verdict for verdict in (*of_figures, *of_statements) if verdict.state is not None]


def _bolder(verdict: Verdict, by: int, *, always: bool = False) -> Verdict:
    return replace(verdict, boldness=verdict.boldness + by) if always or verdict.state == "supported" else verdict


class _Judged(NamedTuple):
    """What came of a clause."""

    compares: bool
    """Whether it says something that a table may tell; else there is no verdict on it."""
    verdict: Verdict
    unread: bool
    """Whether it compares in words that no verdict is on."""


def _judge_clauses(reading: Reading) -> Iterator[_Judged]:
    """The verdict on each clause; a clause that makes several statements is wrong if one of them is."""
    previous: tuple[Mention, ...] = ()
    at = 0
    measures = {
        word for label in reading.table.dimensions.get(reading.table.metric_dimension, ()) for word in key(label)
    }
    for clause in reading.clauses:
        if _ENDS.search(reading.sentence[at : clause.start]) and not _PRONOUN.match(clause.text):
            previous = ()
        at = clause.end
        statements = read(reading.said(clause), measures)
        verdict = UNDECIDED
        decided: list[Statement] = []
        for statement in statements:
            if unknown_measure(reading, clause, statement):
                continue
            found = judge_change(reading, clause, statement)
            if found.state is None and (question := ask(reading, clause, statement, previous)):
                previous = previous if decided else question.subjects
                found = question.answer()
            if found.state is not None:
                decided.append(statement)
                verdict = found if found.state == "contradicted" else verdict if verdict.state else found
        if verdict.state:
            elsewhere = _ELSEWHERE * bool(unknown_scope(reading, clause))
            verdict = replace(verdict, clause=clause.start, boldness=verdict.boldness + elsewhere)
            verdict = judge_changes(reading, verdict)
        elif named := [each for each in reading.inside(clause.start, clause.end) if _is_subject(each, reading)]:
            previous = previous if statements or says_something(clause.text) else (named[0],)
        compares = bool(statements) or says_something(clause.text)
        yield _Judged(compares, verdict, unread=bool(unread(reading, clause, decided)))


_ENDS = re.compile(r"[.;]\s")
_PRONOUN = re.compile(r"\W*(?:it|they|this|these|both|the (?:former|latter|same)|its|their)\b", re.IGNORECASE)


def _is_subject(mention: Mention, reading: Reading) -> bool:
    """Whether a name that no statement is about may be what the next one goes on with."""
    return mention.dimension != reading.table.metric_dimension and mention.boldness == 0
