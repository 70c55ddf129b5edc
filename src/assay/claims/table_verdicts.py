"""Judges a sentence by a table: do the cells say what it says of them?

Two things are judged, each on its own: figures (`assay.claims.table_figures`) and statements such as "outperforms all
baselines on ToyBench" (`assay.claims.table_statements`, `assay.claims.table_changes`). Every verdict says how *bold* it
was to reach: 0 where names stand in full and all cells agree, up to 3 where much is guessed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from assay.claims.comparisons import denies, read
from assay.claims.metric_words import find_metrics
from assay.claims.names import Vocabulary, names
from assay.claims.table_changes import judge_change
from assay.claims.table_figures import judge_figures
from assay.claims.table_names import Mention, same_metric
from assay.claims.table_questions import ask
from assay.claims.table_reading import UNDECIDED, Reading, Verdict
from assay.claims.tables import Table

DEFAULT_BOLDNESS: Final = 2
MOST_BOLD: Final = 4


def judge(sentence: str, table: Table, *, own: str = "", boldness: int = DEFAULT_BOLDNESS) -> Verdict:
    """Judge an English sentence by a table.

    Args:
        sentence: one sentence, of a summary for instance.
        table: the table that it may speak of.
        own: what the paper calls its own method; empty if that is not known.
        boldness: the boldest verdict to give, 0 to 4.
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
    if of_statements == undecided and (undecided or any(denies(clause.text) for clause in reading.clauses)):
        # Right figures alone do not support a sentence that compares in another way, or denies something.
        bolder = 3
    of_figures = [_bolder(verdict, bolder) for verdict in of_figures]
    of_statements = [_bolder(verdict, min(bolder, 1)) if undecided else verdict for verdict in of_statements]
    if foreign(reading):
        of_figures, of_statements = ([_bolder(v, 2, always=True) for v in each] for each in (of_figures, of_statements))
    return [verdict for verdict in (*of_figures, *of_statements) if verdict.state is not None]


def _bolder(verdict: Verdict, by: int, *, always: bool = False) -> Verdict:
    return replace(verdict, boldness=verdict.boldness + by) if always or verdict.state == "supported" else verdict


def foreign(reading: Reading) -> list[str]:
    """The names and metrics of a sentence that neither the table nor its caption has: it may speak of another table."""
    table = reading.table
    labels = [label for names in table.dimensions.values() for label in names]
    text = " ".join((table.caption, reading.own, *labels, *table.headings.values()))
    known = Vocabulary([text])
    words = [name.text for name in names(reading.sentence) if not known.has(name.text)]
    metrics = [
        metric
        for metric in find_metrics(reading.sentence)
        if not any(same_metric(metric, label) for label in (table.caption, *labels))
    ]
    return words + metrics


def _judge_statements(reading: Reading) -> Iterator[Verdict]:
    """The verdict on each clause that compares something; undecided ones too."""
    previous: tuple[Mention, ...] = ()
    for clause in reading.clauses:
        statement = read(clause.text)
        if statement is None:
            continue
        verdict = judge_change(reading, clause, statement)
        if verdict.state is None and (question := ask(reading, clause, statement, previous)):
            previous = question.subjects
            verdict = question.answer()
        yield verdict
