"""Reads a paper from a PDF: text by its place on the page, headings and tables by their looks.

A PDF has no structure to rely on, so this form is the last resort. Hidden text is recognised by its own attributes
(drawn invisibly, too small, off the page) and, for white text, by the rendered page under it.
"""

import pypdfium2 as pdfium  # type: ignore[import-untyped]

from assay.fulltext.draft import Draft
from assay.fulltext.model import FullText
from assay.fulltext.pdf.characters import page_characters
from assay.fulltext.pdf.layout import Page
from assay.fulltext.pdf.lines import page_lines
from assay.fulltext.pdf.margins import strip_margins
from assay.fulltext.pdf.rules import page_rules
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
    pages = [_read_page(document[number], number + 1, draft) for number in range(min(len(document), _MOST_PAGES))]
    strip_margins(pages)
    write(pages, draft)
    return draft.finish()


def _read_page(page: pdfium.PdfPage, number: int, draft: Draft) -> Page:
    characters, turned_digits = page_characters(page)
    if turned_digits > _FEW_DIGITS:
        draft.add_note(f"left out {turned_digits} digits that are set on their side on page {number}")
    width, height = page.get_size()
    return Page(number, width, height, page_lines(characters, height), page_rules(page))


_FEW_DIGITS = 40
"""Axes of figures and the stamp of arXiv have so many digits on their side at most."""
