"""Judges a sentence by a table: do the cells say what it says of them?

Two things are judged, each on its own: figures (`assay.claims.tables.figures`) and statements such as "outperforms all
baselines on ToyBench" (`assay.claims.tables.statements`, `assay.claims.tables.changes`). Every verdict says how *bold*
it was to reach: 0 where names stand in full and all cells agree, up to 6 where much is guessed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from assay.claims.tables.changes import judge_change
from assay.claims.tables.comparisons import denies, read, says_something
from assay.claims.tables.figures import judge_changes, judge_figures
from assay.claims.tables.limits import other_tables, strange_names, unknown_scope
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
    of_figures = list(judge_figures(reading))
    of_statements = list(_judge_statements(reading))
    undecided = [verdict for verdict in of_statements if verdict.state is None]
    bolder = 1 if undecided or UNDECIDED in of_figures else 0
    if of_statements == undecided and (undecided or any(denies(reading.said(clause)) for clause in reading.clauses)):
        # Right figures alone do not support a sentence that compares in another way, or denies something.
        bolder = _BESIDE_THE_POINT
    of_figures = [_bolder(verdict, bolder) for verdict in of_figures]
    of_statements = [_bolder(verdict, min(bolder, 1)) for verdict in of_statements]
    if other_tables(reading):
        return []
    if strange_names(reading):
        of_figures = [_bolder(verdict, _ELSEWHERE, always=True) for verdict in of_figures]
        of_statements = [_bolder(verdict, _ELSEWHERE, always=True) for verdict in of_statements]
    return [verdict for verdict in (*of_figures, *of_statements) if verdict.state is not None]


def _bolder(verdict: Verdict, by: int, *, always: bool = False) -> Verdict:
    return replace(verdict, boldness=verdict.boldness + by) if always or verdict.state == "supported" else verdict


def _judge_statements(reading: Reading) -> Iterator[Verdict]:
    """The verdict on each clause that compares something; undecided ones too."""
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
        for statement in statements:
            verdict = judge_change(reading, clause, statement)
            if verdict.state is None and (question := ask(reading, clause, statement, previous)):
                previous = question.subjects
                verdict = question.answer()
            if verdict.state is not None:
                break
        if statements:
            elsewhere = _ELSEWHERE * bool(unknown_scope(reading, clause))
            verdict = replace(verdict, clause=clause.start, boldness=verdict.boldness + elsewhere)
            yield judge_changes(reading, verdict) if verdict.state else UNDECIDED
        elif says_something(clause.text):
            yield UNDECIDED
        elif named := [each for each in reading.inside(clause.start, clause.end) if _is_subject(each, reading)]:
            previous = (named[0],)


_ENDS = re.compile(r"[.;]\s")
_PRONOUN = re.compile(r"\W*(?:it|they|this|these|both|the (?:former|latter|same)|its|their)\b", re.IGNORECASE)


def _is_subject(mention: Mention, reading: Reading) -> bool:
    """Whether a name that no statement is about may be what the next one goes on with."""
    return mention.dimension != reading.table.metric_dimension and mention.boldness == 0
