"""Judges plain comparisons by a table: what the forms of a sentence say is looked up, name by name.

Every word of a name has to be one of the table's, and of which figures less is better has to be known. Where two ways
to read a sentence come to different ends, or the table does not tell, nothing is said.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from assay.claims.tables.plain.cells import Told, agreed
from assay.claims.tables.plain.clauses import readings
from assay.claims.tables.plain.contests import judge_contest
from assay.claims.tables.plain.forms import Comparison
from assay.claims.tables.plain.scopes import Lookup
from assay.claims.tables.plain.steps import judge_steps
from assay.claims.tables.table import Cell, Table

__all__ = ["Told", "is_plain", "judge_plain", "rows_of"]


def judge_plain(sentence: str, table: Table, *, own: str = "") -> Told | None:
    """Whether a plain English comparison holds by a table; None if it is not plain, or the table does not tell.

    A sentence of several clauses holds if all do. If one does not, the sentence does not either, whatever the table
    tells of the others.

    Args:
        sentence: one sentence.
        table: the table that it may speak of.
        own: what the paper calls its own method; empty if that is not known.
    """
    if not table.cells or _NO_RESULTS.search(table.caption):
        return None
    lookup = Lookup(table, own)
    clauses = [_judge_clause(lookup, each) for each in readings(sentence)]
    told = [each for each in clauses if each is not None]
    against = [each for each in told if not each.holds]
    if not told or (not against and len(told) < len(clauses)):
        return None
    cells = tuple(dict.fromkeys(cell for each in against or told for cell in each.cells))
    return Told(not against, cells, "; ".join(each.why for each in against or told))


def is_plain(sentence: str) -> bool:
    """Whether a clause of a sentence compares in a plain form, whatever it speaks of; a figure alone does not."""
    return any(said.kind != "figure" for clause in readings(sentence) for said in clause)


_NO_RESULTS: Final = re.compile(
    r"\b(?:statistics|hyper-?parameters?|configurations?|(?:experimental|training) settings?|examples? of)\b",
    re.IGNORECASE,
)


def _judge_clause(lookup: Lookup, meanings: Sequence[Comparison]) -> Told | None:
    """What a table says of a clause, if all ways to read it that the table knows agree."""
    told = [each._replace(holds=each.holds != said.negated) for said in meanings for each in _judge(lookup, said)]
    return agreed(told)


def _judge(lookup: Lookup, said: Comparison) -> Iterator[Told]:
    """What a table says of a comparison, for each way to take its names."""
    if said.kind in {"removed", "added", "grows"}:
        told = [judge_steps(lookup, said)]
    else:
        told = [judge_contest(lookup, said, who) for who in lookup.contenders(said.subject)]
    if None not in told or not lookup.names_own(said.subject):
        yield from (each for each in told if each is not None)


def rows_of(table: Table, cells: Sequence[Cell], most: int = 8) -> Iterator[str]:
    """The header of a table and the rows of some cells, as lines."""
    rows = list(dict.fromkeys(cell.row for cell in cells))
    first = min((cell.row for cell in table.cells), default=1)
    for row in sorted({*range(min(first, 2)), *rows[:most]}):
        if row < len(table.lines):
            yield table.lines[row]
