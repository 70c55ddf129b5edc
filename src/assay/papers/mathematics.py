r"""Reads the LaTeX in titles, abstracts and summaries: as the Unicode text that a reader would see.

``$\sim$3x`` is ``~3x``, ``$3\times10^{-4}$`` is ``3×10⁻⁴``, ``H$_2$O`` is ``H₂O``, ``Erd\H{o}s`` is ``Erdős``. What
is not known stays as it is written: a command that the authors defined, a dollar that is money, a formula whose braces
do not pair.
"""

import re
import unicodedata

from assay.papers.commands import how_to_read
from assay.papers.latex import Reader, Span
from assay.papers.plain import Plain

__all__ = ["Plain", "as_typed", "read_plain", "to_text"]


def read_plain(text: str) -> Plain:
    """The text as a reader sees it, with the place of each character in the original."""
    if not _ANY_MARK.search(text):
        return Plain(text, range(len(text)), range(1, len(text) + 1))
    reader = Reader(text, how_to_read)
    reader.read(Span(0, len(text)), in_formula=False)
    return reader.out.plain()


def to_text(text: str) -> str:
    """The text as a reader sees it, in Unicode."""
    return read_plain(text).text


def as_typed(text: str) -> str:
    """The text as a reader would type it: ``CO2``, ``F1``; without LaTeX, raised, lowered or full-width characters."""
    seen = to_text(text)
    return seen if seen.isascii() else unicodedata.normalize("NFKC", seen)


_ANY_MARK = re.compile(r"[\\${~]|``|''|--|\dtimes|(?:sim|leq|geq|approx|times|arrow|pm)\d")
