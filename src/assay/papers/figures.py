"""The figures that stand in a piece of prose, in English or Korean, as values with units.

This is what makes one record in two languages checkable: both must carry the same set of figures. Digits inside
a name (``GPT-4o``, ``Qwen2-VL``, ``L40``) belong to the name and are not figures.
"""

import re
from decimal import Decimal
from typing import NamedTuple


class Figure(NamedTuple):
    """A number as written and the unit it was given, in one spelling for all languages."""

    value: Decimal
    unit: str

    def __str__(self) -> str:
        return f"{self.value.normalize():f}{self.unit}"


# Longest spelling first: "%p" must not be read as "%".
_UNITS = {
    "%p": "points",
    "percentage points": "points",
    "percentage point": "points",
    "퍼센트포인트": "points",
    "percent": "%",
    "per cent": "%",
    "퍼센트": "%",
    "points": "points",
    "point": "points",
    "포인트": "points",
    "times": "x",
    "fold": "x",
    "배": "x",
    "%": "%",
    "×": "x",
    "x": "x",
}
_UNIT = "|".join(rf"{re.escape(unit)}(?![a-z])" for unit in sorted(_UNITS, key=len, reverse=True))
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
# A digit directly after a letter, or after a letter and a hyphen, belongs to a name.
_FIGURE = re.compile(
    rf"(?<![A-Za-z0-9_.])(?<![A-Za-z]-)(?P<number>{_NUMBER})(?:\s*\\?-?(?P<unit>{_UNIT})|(?P<scale>[KMBT]\b|[KMBT](?=[가-힣]))?)",
    re.IGNORECASE,
)
_RANGE = re.compile(
    rf"(?<!\d)(?P<low>{_NUMBER})(?P<gap>\s*(?:-|–|~|to|에서)\s*)(?=(?:{_NUMBER})\s*\\?(?P<unit>{_UNIT}))", re.IGNORECASE
)
_SCALE = {"K": 3, "M": 6, "B": 9, "T": 12}


def figures(text: str) -> list[Figure]:
    """Every figure in ``text``, in the order written.

    ``1,250`` and ``1250`` are the same figure, and so are ``200K`` and ``200,000``, ``2.5x``, ``2.5 times`` and
    ``2.5배``, and ``4%p`` and ``4 percentage points``. The two ends of a range share the unit that follows it.
    """
    text = re.sub(r"\\([%$×])", r"\1", text).replace("$", "").replace("\\times", "x").replace("{,}", ",")
    text = _RANGE.sub(lambda m: f"{m['low']}{m['unit']}{m['gap'] if m['gap'].strip() != '-' else ' - '}", text)
    found = []
    for match in _FIGURE.finditer(text):
        value = Decimal(match["number"].replace(",", ""))
        if match["scale"]:
            value *= 10 ** _SCALE[match["scale"].upper()]
        unit = _UNITS[match["unit"].lower()] if match["unit"] else ""
        found.append(Figure(value, unit))
    return found
