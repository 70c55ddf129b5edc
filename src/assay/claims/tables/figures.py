"""Judges the figures of a sentence by a table: in whose cell does each stand, between which cells is it the change?"""

import re
from collections.abc import Iterator
from dataclasses import replace

from assay.claims.numbers.quantities import Quantity, quantities
from assay.claims.numbers.sorts import Sort
from assay.claims.tables.differences import judge_difference
from assay.claims.tables.figure import Figure
from assay.claims.tables.reading import UNDECIDED, Reading, Verdict
from assay.claims.tables.table import Table
from assay.claims.tables.values import judge_value


def judge_figures(reading: Reading) -> Iterator[Verdict]:
    """The verdicts on the figures of a sentence, in order; undecided ones too."""
    for quantity in quantities(reading.sentence):
        is_name = any(each.start < quantity.end and quantity.start < each.end for each in reading.mentions)
        if quantity.sort is Sort.FIGURE and not is_name and not _is_no_result(reading.sentence, quantity):
            yield _judge(reading, quantity)


def judge_figure(sentence: str, start: int, table: Table, *, own: str = "") -> Verdict:
    """The verdict on one figure of a sentence: is it the cell, or the change between cells, of what the sentence names?

    Args:
        sentence: one English sentence.
        start: where the figure begins in it.
        table: the table that the sentence may speak of.
        own: what the paper calls its own method; empty if that is not known.
    """
    for quantity in quantities(sentence):
        if quantity.start <= start < quantity.end:
            verdict = _judge(Reading(sentence, table, own), quantity)
            return replace(verdict, quote=table.quote(verdict.cells)) if verdict.cells else verdict
    return UNDECIDED


def _judge(reading: Reading, quantity: Quantity) -> Verdict:
    clause = next((each for each in reading.clauses if each.start <= quantity.start < each.end), None)
    if clause is None:
        return UNDECIDED
    figure = Figure(reading, clause, quantity)
    return judge_difference(figure) if figure.is_change else judge_value(figure)


def _is_no_result(sentence: str, quantity: Quantity) -> bool:
    """Whether a number is a p-value, the number of a table, or a small count."""
    before = sentence[max(0, quantity.start - 30) : quantity.start]
    is_small = not quantity.unit and quantity.high < 10 and quantity.high == quantity.high.to_integral_value()
    return _P_VALUE.search(before) is not None or (is_small and "." not in sentence[quantity.start : quantity.end])


_P_VALUE = re.compile(r"\bp\s?[<>=≤]\s?$|\bp-value\D{0,12}$|[Tt]ables? (?:\d+ and )?$|\b(?:top|k)[ -]?=?$")
