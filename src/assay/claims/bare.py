"""Reads a pasted text as prose: without links, ids, marks and whatever else has digits that are no figures.

Each character knows where it stood, so that what is found in the prose can be shown in the text as it was written.
"""

import re

from assay.papers.pasted import find_ids
from assay.papers.plain import Characters, Plain


def bare(text: str) -> Plain:
    """The prose of a text, in which a line end ends a sentence; lines that were only wrapped are joined."""
    seen = Characters(text)
    at = 0
    for start, end, shown in _marks(text):
        if start >= at:
            seen.copy(at, start)
            seen.emit(shown, start, end)
            at = end
    seen.copy(at, len(text))
    return seen.plain()


def _marks(text: str) -> list[tuple[int, int, str]]:
    """What is no prose, in order: from where, to where, and what is read in its place."""
    found = [(*match.span("mark"), "") for pattern in _NO_PROSE for match in pattern.finditer(text)]
    found += [(*match.span(), "") for match in find_ids(text)]
    found += [(*match.span("break"), " ") for match in _WRAPPED.finditer(text)]
    return sorted(found, key=lambda each: (each[0], -each[1]))


_NO_PROSE = tuple(
    re.compile(pattern, re.MULTILINE | re.IGNORECASE)
    for pattern in (
        r"(?P<mark>!\[[^\]\n]*\]\([^)\s]*\))",  # a picture
        r"\](?P<mark>\([^)\s]*\))",  # where a link leads
        r"(?P<mark>(?:https?://|www\.)[^\s<>|\"')\]]+)",
        r"(?P<mark>\b(?:arxiv|doi):\s?(?:10\.48550/arxiv\.)?(?=\S*\d))",
        r"(?P<mark></?[a-z][a-z\d]*(?:\s[^<>\n]{0,200})?/?>)",
        r"(?P<mark>\*\*|__|`)",
        r"^(?P<mark>[ \t]*(?:#{1,6}|>)[ \t])",
        r"^(?P<mark>[ \t]*(?:[-*•·]|\(?\d{1,3}(?:[.)]|/\d{0,3}))[ \t])",  # of a list, or of a thread
        r"(?P<mark>\b(?:19|20)\d\d-\d\d-\d\d\b)",
        r"^(?P<mark>(?:Vote|Authors): .*)$",  # of the sections that digests have
        r"^\|[^\n]*?arxiv\.org/abs/[^|\n]*\|(?P<mark>[^|\n]*)\| ",  # the authors in a row of their tables
    )
)
_WRAPPED = re.compile(
    r"(?:[^\n]{60}|[^\s.!?:;。…](?=\n[a-z(%±~가-힣]))(?<![.!?:;。…\s])(?P<break>\n)(?![\s#|>*•·-]|\(?\d{1,3}[.)/]\s)"
)
"""The end of a line that goes on in the next: of a long one, or before a small letter."""
