"""Tables that stand above each other under one caption: "(a) On the first lake", "(b) On the second"."""

import re
from collections.abc import Sequence
from itertools import pairwise

from assay.fulltext.pdf.grid import CELL_GAP, column_strips, table_rows
from assay.fulltext.pdf.layout import Layout, Strip
from assay.fulltext.pdf.lines import Word, split_at_gaps
from assay.fulltext.pdf.rules import Rules
from assay.fulltext.pdf.views import Band, View, framed, unframed

_LABEL = re.compile(r"\(?(?P<letter>[a-h])\)(?:\s|$)")
_LONGEST_LABEL = 3  # lines


def table_bands(view: View, layout: Layout) -> list[Band]:
    """The lines of the table that begins at the edge of a view, with all of its parts; none if there is no table."""
    label = _label_bands(view)
    bands = _block(view.beyond(label[-1].distance), layout) if label else []
    if bands and _has_figures(bands):
        bands = [*label, *bands]
        labels = blocks = 1
    else:
        bands = _block(view, layout)
        labels, blocks = 0, 1
    if not bands:
        return []
    while True:
        rest = view.beyond(_end(bands, view))
        label = _label_bands(rest)
        block = _block(rest.beyond(label[-1].distance), layout) if label else framed(rest)
        if not _has_figures(block):
            is_awaited = label and blocks > 1 and labels == blocks - 1
            return [*bands, *label] if is_awaited else bands
        bands += [*label, *block]
        labels, blocks = labels + bool(label), blocks + 1


def _block(view: View, layout: Layout) -> list[Band]:
    """The lines of a table without parts that begins at the edge of a view."""
    bands = framed(view)
    if not _has_figures(bands):
        bands = unframed(view, bands, layout)
    return [] if len(bands) < 2 and not (bands and bands[0].figures > 1) else bands


def _has_figures(bands: Sequence[Band]) -> bool:
    return any(band.figures for band in bands)


def _end(bands: Sequence[Band], view: View) -> float:
    """Where a part of a table ends: with the rules that close it, or else with its last line."""
    last = bands[-1]
    following = next((band.distance for band in view.bands if band.distance > last.distance), float("inf"))
    end = last.distance
    for rule in view.rules:
        reach = 1.5 * last.size if end == last.distance else 0.4 * last.size
        if end < rule.at < min(end + reach, following):
            end = rule.at
    return end


def _label_bands(view: View) -> list[Band]:
    """The lines at the edge of a view that are the label of a part: one, or several up to the next rule."""
    if not view.bands or view.bands[0].distance - view.edge > 4 * view.size:
        return []
    rule = next((rule.at for rule in view.rules if rule.at > view.bands[0].distance), float("inf"))
    until_rule = [band for band in view.bands[: _LONGEST_LABEL + 1] if band.distance < rule]
    for lines in (until_rule, view.bands[:1]):
        if len(lines) <= _LONGEST_LABEL and all(_is_one_run(band) for band in lines) and _are_close(lines):
            first = max(lines, key=lambda band: band.baseline)
            if _LABEL.match(first.text):
                return list(lines)
    return []


def _is_one_run(band: Band) -> bool:
    return len(split_at_gaps(band.words, CELL_GAP)) == 1


def _are_close(bands: Sequence[Band]) -> bool:
    return all(after.distance - before.distance < 1.6 * before.size for before, after in pairwise(bands))


def rows_of_parts(bands: Sequence[Band], rules: Rules) -> list[list[str]]:
    """The rows of a table, those of each part in columns of its own where its columns are others."""
    parts = _parts(sorted(bands, key=lambda band: -band.baseline), rules)
    strips = [column_strips(_words(part), rules) for part in parts if not _is_label(part[0])]
    widest = max(strips, key=len, default=[])
    if all(_share_columns(widest, each) for each in strips):
        return table_rows(_words(bands), rules)
    rows = [row for part in parts for row in _part_rows(part, rules)]
    width = max(map(len, rows), default=0)
    return [row + [""] * (width - len(row)) for row in rows]


def _parts(bands: Sequence[Band], rules: Rules) -> list[list[Band]]:
    """The lines of a table from top to bottom, cut where a part ends; labels are parts too."""
    parts = [[bands[0]]]
    for above, below in pairwise(bands):
        between = [rule.at for rule in rules.level if below.baseline < rule.at < above.baseline]
        is_apart = bool(between) and max(between) - min(between) > 0.5 * below.size
        ends_label = _is_label(above) and not (_is_one_run(below) and not between)
        if is_apart or _is_label(below) or ends_label:
            parts.append([])
        parts[-1].append(below)
    return parts


def _is_label(band: Band) -> bool:
    return _is_one_run(band) and _LABEL.match(band.text) is not None


def _part_rows(part: Sequence[Band], rules: Rules) -> list[list[str]]:
    if _is_label(part[0]):
        return [[" ".join(band.text for band in part)]]
    return table_rows(_words(part), rules)


def _words(bands: Sequence[Band]) -> list[Word]:
    return [word for band in bands for word in band.words]


def _share_columns(columns: Sequence[Strip], others: Sequence[Strip]) -> bool:
    """Whether each of the other columns overlaps one column alone, and no two the same."""
    places = [
        [at for at, column in enumerate(columns) if column.left < other.right and other.left < column.right]
        for other in others
    ]
    taken = [at for place in places for at in place]
    return all(len(place) == 1 for place in places) and len(set(taken)) == len(taken)


def missing_parts(rows: Sequence[Sequence[str]]) -> list[str]:
    """The letters of the parts that a table lacks, by the labels in its rows."""
    labels = [cells[0] for row in rows if len(cells := [cell for cell in row if cell]) == 1]
    letters = {match["letter"] for label in labels if (match := _LABEL.match(label))}
    return [letter for letter in "abcdefgh" if letters and letter < max(letters) and letter not in letters]
