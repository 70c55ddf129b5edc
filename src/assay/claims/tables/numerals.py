"""Reads what stands in a cell of a table: its text without the marks of type, and its figure."""

import re
from decimal import Decimal

_MARKS = re.compile(
    r"(?:\d+-\d+)?\[[\d.]+pt[^\]]*\]|\[(?:BOLD|ITALIC|EMPTY|CONTINUE)\]|</?(?:bold|italic|b|i|sub|sup)>|\*\*|\s+"
)
_CELL = re.compile(
    r"[(~∼≈<>≤≥$]{0,2}\s?(?P<sign>[+−-]?)\s?(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?(?:[eE][+-]?\d{1,2})?|\.\d+)\s?"
    r"(?P<unit>%|[KMBG]B?|TB|[x×]|m?s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|days?|points?|°C?)?\)?"
    r"[\s*∗†‡§¶⋆↑↓^]*(?:(?:±|\+/-|\+-)\s?\.?\d[\d.]*%?)?\s?(?:\(\s?[+−±-]?\s?\.?\d[\d.,]*%?\s?\)|\[[\d., –-]{1,30}\]|"
    r"per \w+|/\s?\w+)?"
    r"[\s*∗†‡§¶⋆↑↓^]*"
)
_SCALES = {"K": 3, "M": 6, "B": 9, "G": 9}


def plain(text: str) -> str:
    """The text of a cell without the marks of type: ``[BOLD] 0.93`` is ``0.93``."""
    return _MARKS.sub(" ", text).strip()


def read_figure(text: str) -> tuple[Decimal, str, int] | None:
    """The value of a cell, its unit and its digits after the point, or None where the cell is no figure."""
    match = _CELL.fullmatch(text)
    if match is None:
        return None
    digits = match["number"].replace(",", "")
    value, unit = Decimal(digits), match["unit"] or ""
    if unit in _SCALES:
        value, unit = value.scaleb(_SCALES[unit]), ""
    return -value if match["sign"] in {"-", "−"} else value, unit, len(digits.partition(".")[2])
