"""How white a colour is that a paper names, mixes or gives as numbers: white text on white paper cannot be seen."""

import re
from collections.abc import Mapping

WHITE = 0.94
"""From here on, a colour cannot be told from white paper."""


def whiteness(model: str, colour: str) -> float:
    """How white a colour is, from 0 to 1, given as numbers in one of xcolor's models."""
    numbers = [leading_number(part, 0) for part in re.split(r"[,\s]+", colour.strip())]
    match model.strip():
        case "HTML" if re.fullmatch(r"[0-9A-Fa-f]{6}", colour.strip()):
            return min(bytes.fromhex(colour.strip())) / 255
        case "RGB":
            return min(numbers) / 255
        case "rgb" | "gray":
            return min(numbers)
        case "cmyk":
            return 1 - max(numbers)
    return 0


def mixed_whiteness(colour: str, palette: Mapping[str, float]) -> float:
    """How white one of xcolor's mixtures is: ``white``, ``black!5``, ``white!95!blue``."""
    colours = {"white": 1.0, **palette}
    first, *rest = colour.lstrip("-").split("!")
    white = colours.get(first.strip(), 0.0)
    for share, other in zip(rest[::2], [*rest[1::2], "white"], strict=False):
        part = min(max(leading_number(share, 100) / 100, 0), 1)
        white = white * part + colours.get(other.strip(), 0.0) * (1 - part)
    return white


def leading_number(text: str, otherwise: float) -> float:
    """The number that a text begins with."""
    match = re.match(r"\s*(\d{0,9}\.?\d{0,9})", text)
    return float(match[1]) if match and match[1] not in {"", "."} else otherwise


def points(size: str) -> float:
    """A size in points."""
    scale = 28.45 if "cm" in size else 2.845 if "mm" in size else 10 if "em" in size else 1
    return leading_number(size, 10) * scale
