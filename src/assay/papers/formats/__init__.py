"""The two digest formats that archives exist in, each read and written in one module so that it round-trips.

`table` is one row per paper under ``## Papers for DATE``; `sections` is one section per paper under
``## Daily Papers (DATE)``. A text is parsed into a document of exact strings, out of which the same text is
rendered byte for byte; `records` of each module turns a document into papers, sightings and summaries.
"""

import re
from typing import Literal

from assay.papers.formats import sections, table
from assay.papers.formats._record import Record

__all__ = ["Record", "detect", "sections", "table"]

_MARKDOWN = re.compile(r"# Papers of [0-9]{4}-[0-9]{2}-[0-9]{2}")


def detect(text: str) -> Literal["table", "sections", "markdown"] | None:
    """Which format ``text`` is in, by its headings: one of the two here, or the Markdown that Assay publishes.

    A text that holds headings of both formats is of the one that comes first. ``None`` means none of them.
    """
    first_line, _, _ = text.lstrip("\ufeff \t\r\n").partition("\n")
    if _MARKDOWN.fullmatch(first_line.rstrip()):
        return "markdown"
    row_heading = table.HEADING.search(text)
    section_heading = sections.HEADING.search(text)
    if row_heading and (section_heading is None or row_heading.start() < section_heading.start()):
        return "table"
    return "sections" if section_heading else None
