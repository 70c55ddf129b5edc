"""Judges a sentence by a table: do the cells say what it says of them?

Two things are judged, each on its own: figures (`assay.claims.tables.figures`) and statements such as "outperforms all
baselines on ToyBench" (`assay.claims.tables.statements`, `assay.claims.tables.changes`). Every verdict says how *bold*
it was to reach: 0 where names stand in full and all cells agree, up to 6 where much is guessed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from assay.claims.tables.answers import answer
from assay.claims.tables.changes import judge_change
from assay.claims.tables.comparisons import denies, read, says_something
from assay.claims.tables.differences import check_differences, decide_by_difference
from assay.claims.tables.figures import judge_figures
from assay.claims.tables.limits import other_tables, strange_names, unknown_scope
from assay.claims.tables.names import Mention
from assay.claims.tables.questions import Before, ask
from assay.claims.tables.reading import UNDECIDED, Reading, Verdict
from assay.claims.tables.table import Table
from assay.claims.tables.words import key

DEFAULT_BOLDNESS: Final = 5
MOST_BOLD: Final = 6
_ELSEWHERE: Final = 4
_DENIED: Final = 4
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
    unread = [clause for clause in reading.clauses if any(verdict.clause == clause.start for verdict in undecided)]
    bolder = 1 if undecided or UNDECIDED in of_figures else 0
    if of_statements == undecided and (undecided or any(denies(reading.said(clause)) for clause in reading.clauses)):
        # Right figures alone do not support a sentence that compares in another way, or denies something.
        bolder = _BESIDE_THE_POINT
    denied = _DENIED * any(denies(reading.said(clause)) for clause in unread)
    of_figures = [_bolder(verdict, max(bolder, denied)) for verdict in of_figures]
    of_statements = [_bolder(verdict, max(min(bolder, 1), denied)) for verdict in of_statements]
    if other_tables(reading):
        return []
    if strange_names(reading):
        of_figures = [_bolder(verdict, _ELSEWHERE, always=True) for verdict in of_figures]
        of_statements = [_bolder(verdict, _ELSEWHERE, always=True) for verdict in of_statements]
    found = [verdict for verdict in (*of_figures, *of_statements) if verdict.state is not None]
    against = max((verdict.boldness for verdict in found if verdict.state != "supported"), default=0)
    # What may be wrong is not supported by the rest of it, as long as the wrong part is too bold to say.
    return [
        replace(verdict, boldness=max(verdict.boldness, against)) if verdict.state == "supported" else verdict
        for verdict in found
    ]


def _bolder(verdict: Verdict, by: int, *, always: bool = False) -> Verdict:
    return replace(verdict, boldness=verdict.boldness + by) if always or verdict.state == "supported" else verdict


def _judge_statements(reading: Reading) -> Iterator[Verdict]:
    """The verdict on each clause that compares something; undecided ones too."""
    before = Before()
    at = 0
    table = reading.table
    measured = [table.metric_dimension] if table.metric_dimension else ["column 0", "column 1"]
    measures = {word for each in measured for label in table.dimensions.get(each, ()) for word in key(label)}
    for clause in reading.clauses:
        if _ENDS.search(reading.sentence[at : clause.start]) and not _PRONOUN.match(clause.text):
            before = Before()
        at = clause.end
        statements = read(reading.said(clause), measures)
        verdict = UNDECIDED
        spoken_of = Before()
        for statement in statements:
            verdict = judge_change(reading, clause, statement)
            if verdict.state is None and (question := ask(reading, clause, statement, before)):
                spoken_of = Before(question.subjects, question.objects)
                verdict = answer(question)
                if verdict.state is None:
                    verdict = decide_by_difference(question)
            if verdict.state is not None:
                break
        if statements:
            before = spoken_of
            elsewhere = _ELSEWHERE * bool(unknown_scope(reading, clause))
            verdict = replace(verdict, clause=clause.start, boldness=verdict.boldness + elsewhere)
            yield check_differences(reading, verdict) if verdict.state else replace(UNDECIDED, clause=clause.start)
        elif says_something(clause.text) or _OTHERWISE_COMPARED.search(clause.text):
            yield replace(UNDECIDED, clause=clause.start)
        elif named := [each for each in reading.inside(clause.start, clause.end) if _is_subject(each, reading)]:
            before = Before((named[0],))


_OTHERWISE_COMPARED = re.compile(
    r"\b(?:more|less|fewer|faster|slower|easier|harder|closer|further)\b\s.*\bthan\s(?!\d)"
)
_ENDS = re.compile(r"[.;]\s")
_PRONOUN = re.compile(r"\W*(?:it|they|this|these|both|the (?:former|latter|same)|its|their)\b", re.IGNORECASE)


def _is_subject(mention: Mention, reading: Reading) -> bool:
    """Whether a name that no statement is about may be what the next one goes on with."""
    return mention.dimension != reading.table.metric_dimension and mention.boldness == 0
