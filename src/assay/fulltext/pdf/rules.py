"""Finds the rules that are drawn on a PDF's page: the lines of tables, and of whatever else has lines."""

import ctypes
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pypdfium2 as pdfium  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium_c  # type: ignore[import-untyped]

from assay.fulltext.pdf.turning import Box, Sheet


class Rule(NamedTuple):
    """A straight line: it lies at ``at`` on one axis and goes from ``start`` to ``end`` on the other, in points."""

    at: float
    start: float
    end: float


class Rules(NamedTuple):
    """The rules of a page; those that follow each other on one line are one."""

    level: tuple[Rule, ...]
    upright: tuple[Rule, ...]


_THICKEST = 3.0  # points
_SHORTEST = 4.0
_SHORTEST_BAR = 2.0
_MOST_SEGMENTS = 4_000
"""Of one drawing: what has more is a plot."""


def page_rules(page: pdfium.PdfPage, sheet: Sheet) -> Rules:
    """The level and the upright rules of a page, once it is turned as its text is; bars of fractions are among them."""
    level: list[Rule] = []
    upright: list[Rule] = []
    for left, bottom, right, top in map(sheet.box, _thin_boxes(page)):
        if top - bottom <= _THICKEST and right - left >= _SHORTEST_BAR:
            level.append(Rule((top + bottom) / 2, left, right))
        elif right - left <= _THICKEST and top - bottom >= _SHORTEST:
            upright.append(Rule((left + right) / 2, bottom, top))
    return Rules(_joined(level), _joined(upright))


def without_short(rules: Rules) -> Rules:
    """The rules that are long enough for a table."""
    return rules._replace(level=tuple(rule for rule in rules.level if rule.end - rule.start >= _SHORTEST))


def _joined(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Rules with those joined that touch on one line, such as the pieces of a grid."""
    on_lines: list[list[Rule]] = []
    for rule in sorted(rules):
        if on_lines and rule.at - on_lines[-1][0].at < 1:
            on_lines[-1].append(rule)
        else:
            on_lines.append([rule])
    joined: list[Rule] = []
    for line in on_lines:
        pieces = sorted(line, key=lambda each: each.start)
        last = pieces[0]
        for rule in pieces[1:]:
            if rule.start <= last.end + 1:
                last = Rule(last.at, last.start, max(last.end, rule.end))
            else:
                joined.append(last)
                last = rule
        joined.append(last)
    return tuple(joined)


def _thin_boxes(page: pdfium.PdfPage) -> Iterator[Box]:
    """The boxes, left, bottom, right, top, of what may be a rule."""
    for each in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_PATH], max_depth=1):
        left, bottom, right, top = each.get_bounds()
        if min(right - left, top - bottom) <= _THICKEST:
            yield left, bottom, right, top
        elif _is_stroked(each.raw):
            yield from _segments(each.raw)


def _is_stroked(path: object) -> bool:
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium_c.FPDFPath_GetDrawMode(path, fill, stroke)
    return bool(stroke.value)


def _segments(path: object) -> Iterator[Box]:
    """The boxes of the straight pieces of a drawing of many."""
    count = pdfium_c.FPDFPath_CountSegments(path)
    if count > _MOST_SEGMENTS:
        return
    matrix = pdfium_c.FS_MATRIX()
    pdfium_c.FPDFPageObj_GetMatrix(path, matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    last: tuple[float, float] | None = None
    for index in range(count):
        segment = pdfium_c.FPDFPath_GetPathSegment(path, index)
        pdfium_c.FPDFPathSegment_GetPoint(segment, x, y)
        here = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        if last is not None and pdfium_c.FPDFPathSegment_GetType(segment) == pdfium_c.FPDF_SEGMENT_LINETO:
            (x0, x1), (y0, y1) = sorted((last[0], here[0])), sorted((last[1], here[1]))
            if min(x1 - x0, y1 - y0) < 0.1:
                yield x0, y0, x1, y1
        last = here
