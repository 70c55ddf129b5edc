"""Takes running heads, page numbers and the stamp of arXiv off the pages of a PDF."""

import re
from collections import Counter
from collections.abc import Sequence

from assay.fulltext.pdf.layout import Page
from assay.fulltext.pdf.lines import Line

_STAMP = re.compile(r"arXiv:\d{4}\.\d{4,5}v\d+\s+\[")


def strip_margins(pages: Sequence[Page]) -> None:
    """Leave out the lines of the margins; hidden text there moves to the line before."""
    running = _running_heads(pages)
    for page in pages:
        body: list[Line] = []
        outermost = _outermost(page)
        for line in page.lines:
            is_marginal = line in outermost and (_form(line) in running or line.text.isdecimal())
            if not (is_marginal or _STAMP.match(line.text)):
                body.append(line)
            elif line.hidden and body:
                body[-1].hidden += line.hidden
            elif line.hidden:
                line.words = []
                body.append(line)
        page.lines = body


def _running_heads(pages: Sequence[Page]) -> set[str]:
    counts = Counter(form for page in pages for form in {_form(line) for line in _outermost(page)})
    return {form for form, count in counts.items() if form and count >= max(2, len(pages) / 4)}


def _form(line: Line) -> str:
    return re.sub(r"\d+", "#", line.text)


def _outermost(page: Page) -> list[Line]:
    """The lines in the margins of a page, and its first and last line where a page's number is at an end of them."""
    places = [line.baseline for line in page.lines if line.words]
    first, last = max(places, default=0) - 2, min(places, default=0) + 2
    return [
        line
        for line in page.lines
        if line.bottom > 0.92 * page.height
        or line.top < 0.08 * page.height
        or (not first > line.baseline > last and _NUMBERED.fullmatch(line.text))
    ]


_NUMBERED = re.compile(r"\d{1,4}(?:\s+\D.*)?|\D.*\s\d{1,4}")
