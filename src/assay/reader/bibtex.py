"""Reads the works of a BibTeX file, such as Zotero writes it, as references."""

import re
from logging import NullHandler, getLogger
from typing import Any, NamedTuple

from assay.papers.text import normalise
from assay.reader.interests import Reference
from assay.reader.references import make_reference


class Works(NamedTuple):
    """What a BibTeX file holds."""

    references: list[Reference]
    refused: dict[int, str]
    """By line, why an entry could not be read."""


def read_bibtex(text: str) -> Works:
    """Read the works of a BibTeX file; an entry that cannot be read is refused, the others are not."""
    from bibtexparser.entrypoint import parse_string  # noqa: PLC0415 - takes a while to load
    from bibtexparser.middlewares import LatexDecodingMiddleware, SeparateCoAuthors  # noqa: PLC0415

    if not (logger := getLogger("bibtexparser")).handlers:
        logger.addHandler(NullHandler())  # a reader has our own words for it
    library = parse_string(text, append_middleware=[LatexDecodingMiddleware(), SeparateCoAuthors()])
    refused = {(block.start_line or 0) + 1: _why(block.error) for block in library.failed_blocks}
    references = []
    for entry in library.entries:
        try:
            references.append(_reference({field.key.lower(): field.value for field in entry.fields}))
        except ValueError as error:
            refused[(entry.start_line or 0) + 1] = str(error)
    return Works(references, dict(sorted(refused.items())))


def _why(error: Exception) -> str:
    """Why a block could not be read, without the parser's advice to programmers."""
    words = getattr(error, "abort_reason", "") or str(error).partition("Note:")[0]
    return normalise(words).rstrip(".")


def _reference(fields: dict[str, Any]) -> Reference:
    text = {name: value for name, value in fields.items() if isinstance(value, str)}
    kind = text.get("archiveprefix") or text.get("eprinttype") or "arxiv"
    places = ("url", "journal", "journaltitle", "note", "howpublished", "number")
    return make_reference(
        title=text.get("title", ""),
        abstract=text.get("abstract", ""),
        authors=fields.get("author", ()),
        date=text.get("year") or text.get("date", ""),
        doi=text.get("doi", ""),
        places=[text.get("eprint", "") if kind.lower() == "arxiv" else "", *(text.get(name, "") for name in places)],
        tags=re.split("[,;]", text.get("keywords", "")),
    )
