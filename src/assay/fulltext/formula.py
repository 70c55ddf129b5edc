"""Reads a formula that stands alone, as in a page, out of its TeX."""

from assay.fulltext.tex.commands import COMMANDS
from assay.fulltext.tex.definitions import new_definitions
from assay.fulltext.tex.macros import ExpandedTokens
from assay.fulltext.tex.prose import Prose


def readable(formula: str, before: str = "") -> str:
    """A TeX formula in plain characters: ``2.3×``, ``12.5%``, ``x_1/10^-3``; ``before`` is the text before it.

    Raises:
        ValueError: if its macros expand without end.
    """
    pieces: list[str] = []
    prose = Prose(ExpandedTokens(formula, new_definitions()), pieces.append, pieces.append, COMMANDS, mathematics=True)
    prose.begin_formula(before)
    prose.run()
    return "".join(pieces)
