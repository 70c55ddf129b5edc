"""Puts a name that stands half-way down several rows of a table into the first of them."""

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from assay.fulltext.pdf.cells import Row
from assay.fulltext.pdf.rules import Rule


def merge_raised_names(
    rows: Sequence[Row], texts: list[list[str]], head: int, level: Sequence[Rule]
) -> list[list[str]]:
    """Rows in which a name that stands half-way down several rows is in the first of them, and no row of its own."""
    lead = _usual_lead(rows)
    between: list[int] = []
    for number in range(len(rows)):
        if lead and number - 1 not in between and _is_between(number, rows, texts, lead):
            between.append(number)
    kept = [number for number in range(len(rows)) if number not in between]
    if not kept:
        return texts
    result = [texts[number] for number in kept]
    segments = _segments(kept, rows, texts, head, level)
    named_columns = {column for number in between for column, text in enumerate(texts[number]) if text}
    for column in sorted(named_columns | {0}):
        names = [(float(at), row[column]) for at, row in enumerate(result) if row[column]]
        names += [
            (sum(each < number for each in kept) - 0.5, text) for number in between if (text := texts[number][column])
        ]
        for row in result:
            row[column] = ""
        for at, text in _first_rows(sorted(names), segments):
            result[at][column] = f"{result[at][column]} {text}".strip()
    return result


def _segments(
    kept: Sequence[int], rows: Sequence[Row], texts: Sequence[Sequence[str]], head: int, level: Sequence[Rule]
) -> list[tuple[int, int]]:
    """The first and the last row of each part of the table that no name reaches out of.

    A part ends at a rule that begins where the table does, at a row with one cell, and at the end of the header.
    """
    struck = [rule for number, row in enumerate(rows) if number not in kept for rule in level if _strikes(rule, row)]
    if struck:  # a grid whose rules go through the names of several rows
        level = ()
    left = min((rule.start for rule in level), default=0)
    segments, start = [], 0
    for at, (number, following) in enumerate(pairwise(kept)):
        above, below = rows[number].baseline, rows[following].baseline
        is_ruled = any(below < rule.at < above and rule.start < left + 3 for rule in level)
        is_spanned = any(sum(map(bool, texts[each])) < 2 for each in (number, following))
        if is_ruled or is_spanned or number < head <= following:
            segments.append((start, at))
            start = at + 1
    return [*segments, (start, len(kept) - 1)]


def _strikes(rule: Rule, row: Row) -> bool:
    """Whether a rule goes through the first cell of a row."""
    first = row.cells[0]
    bottom, top = min(word.bottom for word in first.words), max(word.top for word in first.words)
    return bottom < rule.at < top and rule.start < first.middle < rule.end


def _first_rows(names: Sequence[tuple[float, str]], segments: Sequence[tuple[int, int]]) -> list[tuple[int, str]]:
    """Names with the first of the rows that each stands in the middle of; where that is not clear, its own row.

    They are in the middle of rows if these follow each other without a gap; a name in the first row of several is at
    the head of them.
    """
    places: list[tuple[int, str]] = []
    for start, end in segments:
        limit = math.inf if end == segments[-1][1] else end + 0.5
        inside = [(at, text) for at, text in names if start - 0.5 <= at < limit]
        firsts, free = [], start
        for at, _ in inside:
            firsts.append(free)
            free = int(2 * at) - free + 1
        fits = free == end + 1 and all(first <= at for first, (at, _) in zip(firsts, inside, strict=True))
        is_in_middle = fits and bool(inside) and inside[0][0] > start
        places += [
            (first if is_in_middle else min(end, max(start, math.floor(at))), text)
            for first, (at, text) in zip(firsts, inside, strict=True)
        ]
    return places


def _usual_lead(rows: Sequence[Row]) -> float:
    """The usual distance between two rows with figures."""
    places = [row.baseline for row in rows if row.figures] or [row.baseline for row in rows]
    return median([above - below for above, below in pairwise(places)]) if len(places) > 1 else 0


def _is_between(number: int, rows: Sequence[Row], texts: Sequence[Sequence[str]], lead: float) -> bool:
    """Whether a row stands between the lines of others, which have no text in its columns."""
    others = [at for at in (number - 1, number + 1) if 0 <= at < len(rows)]
    if not others:
        return False
    room = sum(abs(rows[at].baseline - rows[number].baseline) for at in others)
    if room > (1.75 if len(others) == 2 else 0.35) * lead:
        return False
    return all(not (text and texts[other][column]) for other in others for column, text in enumerate(texts[number]))
