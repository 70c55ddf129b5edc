"""Judges what a summary compares in words, such as "outperforms every baseline", by the tables of the paper."""

from collections.abc import Iterator
from typing import Final

from assay.claims.context import Sentence, Text
from assay.claims.source import Source
from assay.claims.tables.comparisons import says_something
from assay.claims.tables.plain import Told, is_plain, judge_plain, rows_of
from assay.claims.tables.table import Table
from assay.papers.findings import ComparisonFinding, State


def judge_comparisons(text: Text, source: Source) -> Iterator[ComparisonFinding]:
    """Judge the English sentences of a text that compare something, if they are plain and the paper's tables tell.

    Where one table bears a sentence out and another does not, they are of different settings, and nothing is said; nor
    is it of a sentence that stands in the abstract word for word.
    """
    abstract = " ".join(each.text for each in source.texts if each.name == "abstract")
    for sentence in text.sentences:
        words = sentence.words[:_LONGEST]
        if says_something(words) or is_plain(words):
            is_copied = sentence.words in abstract
            yield _judge(text.name, sentence, [] if is_copied else list(_told(sentence, source)))


_LONGEST: Final = 400
"""Characters that are looked at: what is longer is a listing."""


def _told(sentence: Sentence, source: Source) -> Iterator[tuple[str, Table, Told]]:
    """What each table says of a sentence, as far as it says anything."""
    for part, table in source.tables if len(sentence.words) <= _LONGEST else ():
        if (told := judge_plain(sentence.words, table, own=source.own_names[-1])) is not None:
            yield part, table, told


def _judge(part: str, sentence: Sentence, told: list[tuple[str, Table, Told]]) -> ComparisonFinding:
    finding = ComparisonFinding(
        part=part, start=sentence.start, end=sentence.end, text=sentence.words, state=State.UNCHECKED
    )
    if len({each.holds for _, _, each in told}) != 1:
        return finding
    name, table, first = told[0]
    return finding.model_copy(
        update={
            "state": State.SUPPORTED if first.holds else State.CONTRADICTED,
            "table": name,
            "rows": tuple(rows_of(table, first.cells)),
            "why": first.why,
        }
    )
