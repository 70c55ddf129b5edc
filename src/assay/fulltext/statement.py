"""Finds out which paper a file says it is: arXiv stamps its PDFs, and its HTML pages name themselves in their head."""

import re

from assay.fulltext.archive import decode
from assay.fulltext.model import Form, FullText
from assay.fulltext.sandbox import read
from assay.papers import pasted
from assay.papers.ids import ArxivId

_STAMP = re.compile(rf"arXiv:\s*{pasted.ID}\s*\[", re.ASCII)
_IN_HEAD = re.compile(rf"<(?:base|link|meta)\b[^>]*?[/\"']{pasted.ID}[/\"']", re.ASCII)
_PARSERS = {form: f"{__name__}:parse_{form}" for form in ("pdf", "html")}


def stated_id(data: bytes, form: Form) -> ArxivId | None:
    """The arXiv id that a file states as its own, and the version; ``None`` where it states none.

    LaTeX sources state none. The file is read in a process of its own.
    """
    if form not in _PARSERS:
        return None
    try:
        text = read(data, form, paper="", parsers=_PARSERS)
    except ValueError:
        return None
    return ArxivId(text.paper, text.version)


def parse_pdf(data: bytes, _paper: str, _version: int | None) -> FullText:
    """Read the stamp on the first page of a PDF.

    Raises:
        ValueError: if it cannot be opened or has no stamp.
    """
    import pypdfium2 as pdfium  # type: ignore[import-untyped] # noqa: PLC0415 - in the process that needs it alone

    try:
        words = pdfium.PdfDocument(data)[0].get_textpage().get_text_range()
    except pdfium.PdfiumError as error:
        raise ValueError(f"not a PDF that can be opened: {error}") from error
    return _found(list(_STAMP.finditer(words)), "pdf")


def parse_html(data: bytes, _paper: str, _version: int | None) -> FullText:
    """Read what the head of an HTML page says of its own address.

    Raises:
        ValueError: if it says nothing, or names several papers.
    """
    return _found(list(_IN_HEAD.finditer(decode(data))), "html")


def _found(matches: list[re.Match[str]], form: Form) -> FullText:
    ids = {pasted.key_of(match) for match in matches}
    if len(ids) != 1:
        raise ValueError(f"it states {len(ids)} ids")
    return FullText(paper=ids.pop(), version=int(matches[0]["version"] or 0) or None, form=form)
