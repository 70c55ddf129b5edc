"""Collects the tables and figures of a PDF: every caption, with the rows of its table, over all of its pages."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from assay.fulltext.pdf.captions import Caption, page_captions
from assay.fulltext.pdf.characters import HYPHEN
from assay.fulltext.pdf.hyphens import Hyphens
from assay.fulltext.pdf.layout import Layout, Page
from assay.fulltext.pdf.tables import Body, body_rows, chosen_bodies, continued_body, page_bodies, usual_side

Rows = list[list[str]]


@dataclass
class Float:
    """A table or a figure."""

    caption: Caption
    rows: Rows = field(default_factory=list)
    """Of a table."""


@dataclass
class Floats:
    """The tables and figures of a document, and which words of its pages they are made of."""

    of_line: dict[int, list[Float]] = field(default_factory=dict)
    """Those whose captions begin in a line, by its ``id``."""
    words: set[int] = field(default_factory=set)
    """By their ``id``."""


def document_floats(pages: Sequence[Page], layout: Layout, hyphens: Hyphens) -> Floats:
    """The tables and figures of a document."""
    captions: dict[int, list[Caption]] = {}
    for before, page in pairwise([None, *pages]):
        if page is not None:
            captions[page.number] = page_captions(page, layout, hyphens, before.pieces if before else ())
    bodies = {page.number: page_bodies(page, captions[page.number], layout) for page in pages}
    usual = usual_side(body for each in bodies.values() for body in each)
    chosen = {page.number: chosen_bodies(bodies[page.number], usual) for page in pages}
    barred = {
        page.number: {id(piece) for each in captions[page.number] for piece in each.pieces}
        | {id(piece) for body in chosen[page.number].values() for piece in body.pieces}
        for page in pages
    }
    floats = Floats()
    latest: tuple[int, Float] | None = None  # the page and the table
    for at, page in enumerate(pages):
        for caption in captions[page.number]:
            floats.words |= {id(word) for piece in caption.pieces for word in piece.words}
            body = chosen[page.number].get(id(caption))
            rows = list(_rows(body, pages[at:], barred, layout, floats)) if body else []
            rows = [[_without_cuts(cell, hyphens) for cell in row] for row in rows]
            if latest and page.number == latest[0] + 1 and _is_continued(latest[1], caption):
                _go_on(latest[1].rows, rows)
                latest = page.number, latest[1]
                continue
            each = Float(caption, rows)
            floats.of_line.setdefault(id(caption.pieces[0].line), []).append(each)
            if caption.kind == "Table":
                latest = page.number, each
    return floats


def _rows(
    body: Body, pages: Sequence[Page], barred: dict[int, set[int]], layout: Layout, floats: Floats
) -> Iterator[list[str]]:
    """The rows of a table that begins on the first of these pages and may go on over others."""
    rows: Rows = []
    part: Body | None = body
    for page, following in zip(pages, [*pages[1:], None], strict=True):
        if part is None:
            break
        floats.words |= {id(word) for piece in part.pieces for word in piece.words}
        _go_on(rows, body_rows(part, page))
        part = continued_body(part, following, barred[following.number], layout) if following else None
    yield from rows


def _without_cuts(cell: str, hyphens: Hyphens) -> str:
    """A cell without the hyphens at which its lines were cut."""
    return hyphens.join(re.split(rf"(?<={HYPHEN}) ", cell)) if HYPHEN in cell else cell


def _go_on(rows: Rows, further: Rows) -> None:
    """Add further rows to those of a table, without the header that is printed again."""
    header = 0
    while header < min(len(rows), len(further)) and further[header] == rows[header]:
        header += 1
    rows += further[header:]


def _is_continued(table: Float, caption: Caption) -> bool:
    """Whether a caption on the next page is that of the same table, printed again."""
    text = caption.text.casefold()
    return caption.label == table.caption.label and (
        text == table.caption.text.casefold() or "continued" in text[:40] or "cont." in text[:20]
    )
