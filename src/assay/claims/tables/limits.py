"""Tells whether a sentence speaks of more than its table: of other names, metrics or tables, or of a part of data."""

import re

from assay.claims.naming.names import Vocabulary, names
from assay.claims.tables.comparisons import Clause
from assay.claims.tables.metrics import find_metrics
from assay.claims.tables.names import FUNCTION_WORDS, GENERIC, key, same_metric
from assay.claims.tables.reading import Reading


def strange_names(reading: Reading) -> list[str]:
    """The names and metrics of a sentence that neither the table nor its caption has."""
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


def other_tables(reading: Reading) -> list[str]:
    """The numbers of tables that a sentence speaks of, where none of them is that of this table."""
    own = re.match(r"\s?(?:TABLE|Table|Tab\.)\s(\w+)", reading.table.caption)
    said = re.findall(r"\bTables?\s(\d+)(?:\sand\s(\d+))?", reading.sentence)
    numbers = [number for pair in said for number in pair if number]
    return numbers if own and own[1].isdigit() and numbers and own[1] not in numbers else []


def unknown_scope(reading: Reading, clause: Clause) -> str:
    """Words that narrow a clause down to what the table does not tell apart: ``on longer sentences``; or empty."""
    table = reading.table
    labels = [label for names in table.dimensions.values() for label in names]
    known = set(key(" ".join((table.caption, *labels, *table.headings.values()))))
    mentions = reading.inside(clause.start, clause.end)
    for match in _WITHIN.finditer(clause.text):
        start, end = clause.start + match.start(), clause.start + match.end()
        words = [
            word for word in key(match[1]) if len(word) > 3 and word not in GENERIC | FUNCTION_WORDS | _SAYS_NOTHING
        ]
        if words and not set(words) <= known and not any(start <= each.start < end for each in mentions):
            return match[0]
    return ""


_WITHIN = re.compile(r"\b(?:on|in|for(?! \w+ing\b)|under|across|within|when|at)\s((?:[\w'-]+\s?){1,4})", re.IGNORECASE)
_SAYS_NOTHING = (
    GENERIC
    | FUNCTION_WORDS
    | frozenset(
        """
    term general particular case experiment comparison respect contrast addition evaluation benchmark margin point
    percent large significant significantly fact order practice turn every several compared comparing small wide metric
    hand once example instance contrary respectively first second
    """.split()
    )
)
