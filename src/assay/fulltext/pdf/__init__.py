"""Reads a paper from a PDF: text by its place on the page, headings and tables by their looks.

A PDF has no structure to rely on, so this form is the last resort. Hidden text is recognised by its own attributes
(drawn invisibly, too small, off the page) and, for white text, by the rendered page under it.
"""

from collections.abc import Sequence

import pypdfium2 as pdfium  # type: ignore[import-untyped]

from assay.fulltext.draft import Draft
from assay.fulltext.model import FullText
from assay.fulltext.pdf.characters import PageText, page_text
from assay.fulltext.pdf.fractions import join_fractions
from assay.fulltext.pdf.layout import Page
from assay.fulltext.pdf.lines import page_lines
from assay.fulltext.pdf.margins import strip_margins
from assay.fulltext.pdf.rules import page_rules, without_short
from assay.fulltext.pdf.writing import write

_MOST_PAGES = 200


def parse(data: bytes, paper: str, version: int | None) -> FullText:
    """Read a paper out of a PDF.

    Raises:
        ValueError: if it is broken or locked, or holds no text.
    """
    draft = Draft(paper, version, "pdf")
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        raise ValueError(f"not a PDF that can be opened: {error}") from error
    if len(document) > _MOST_PAGES:
        draft.add_note(f"only the first {_MOST_PAGES} of its {len(document)} pages were read")
    texts = [page_text(document[number]) for number in range(min(len(document), _MOST_PAGES))]
    _note(texts, draft)
    pages, unread = [], dict[int, int]()
    for number, text in enumerate(texts):
        width, height = text.sheet.size
        fractions = join_fractions(text.characters, page_rules(document[number], text.sheet))
        lines = page_lines(fractions.characters, height)
        pages.append(Page(number + 1, width, height, lines, without_short(fractions.rules)))
        if fractions.unread:
            unread[number + 1] = fractions.unread
    if unread:
        count, where = sum(unread.values()), _pages(list(unread))
        what = "a fraction stays" if count == 1 else f"{count} fractions stay"
        draft.add_note(f"{what} as the parts above and below the bar, one after the other: {where}")
    strip_margins(pages)
    write(pages, draft)
    return draft.finish()


def _note(texts: Sequence[PageText], draft: Draft) -> None:
    """Say what was recognised in scans and what was left out."""
    scans = [number for number, text in enumerate(texts, 1) if text.is_scan]
    if scans:
        draft.add_note(f"scanned, and read as the text that was recognised in it: {_pages(scans)}")
    turned = {number: text.left_out for number, text in enumerate(texts, 1) if text.left_out > _FEW_DIGITS}
    if turned:
        draft.add_note(f"left out {sum(turned.values()):,} digits that are set on their side: {_pages(list(turned))}")


def _pages(numbers: Sequence[int]) -> str:
    """``page 3``, ``pages 3, 5 and 8``."""
    if len(numbers) == 1:
        return f"page {numbers[0]}"
    return f"pages {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


_FEW_DIGITS = 40
"""The axes of figures and the stamp of arXiv have so many digits on their side at most."""
