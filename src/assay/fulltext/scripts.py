"""Keeps what is raised or lowered apart from the text before it, so that no two numbers run into one.

``95.3`` with a lowered ``0.2`` is ``95.3 ± 0.2``, a power stays a power (``10^4``), and the mark of a footnote goes.
"""

import re

LOOK_BACK = 24
"""How many characters before a script decide what it is."""


def lowered(before: str, text: str) -> str:
    """What to write for ``text`` set low after ``before``."""
    text = text.strip()
    if not text:
        return ""
    if not ends_in_number(before):
        return text if before[-1:].isalpha() and text.isalnum() else f"_{term(text)}"
    if _PLAIN_DECIMAL.fullmatch(text):
        return f" ± {text}"  # the spread of a score
    return _beside(text) or (f" ({text})" if text.isdigit() else f"_{term(text)}")


def raised(before: str, text: str) -> str:
    """What to write for ``text`` set high after ``before``."""
    text = text.strip()
    if not text or text == "°" or _ORDINAL.fullmatch(text) or _SIGN.fullmatch(text):
        return text
    ends_in_decimal = _ENDS_IN_DECIMAL.search(before) is not None
    if ends_in_decimal and _MARK.fullmatch(text):
        return ""  # the mark of a footnote
    is_beside = ends_in_decimal or before.endswith(")")
    if text.startswith("±") or (is_beside and ends_in_number(before) and (text[0] in "([↑↓" or "." in text)):
        return _beside(text) or f"^{term(text)}"
    if text.isalpha() and len(text) > 1 and before[-1:].isalnum():
        return text
    return f"^{term(text)}"


def two_sided(before: str, up: str, down: str) -> str:
    """What to write for ``up`` set high and ``down`` set low there too: perhaps the two ends of an interval."""
    up, down = up.strip(), down.strip()
    if is_interval(before, up, down):
        return f" ({up}) ({down})"
    text = raised(before, up)
    if not ends_in_number(before):
        return f"{text}_{term(down)}"
    return text + lowered(before + text, down)


def is_interval(before: str, up: str, down: str) -> bool:
    """Whether two scripts are the ends of the interval of the number before them: ``+0.2`` and ``-0.3``."""
    return all((ends_in_number(before), _SIGNED.fullmatch(up.strip()), _SIGNED.fullmatch(down.strip())))


def term(text: str) -> str:
    """A part of a formula, in brackets where it would otherwise run into its neighbours."""
    text = text.strip()
    return text if re.fullmatch(r"[-+−±]?\s*[\w.,%°′]*", text) else f"({text})"


def _beside(text: str) -> str:
    """A number of its own beside another: a spread, a change, an interval; empty for what is none."""
    if text.startswith("±"):
        return f" {text}"
    if not re.search(r"\d", text):
        return ""
    if text[0] in "([":
        return f" {text}"
    return f" ({text})" if _CHANGE.match(text) else ""


def join_digit_groups(text: str) -> str:
    """``text`` with a comma where a thin space groups the digits of one number."""
    return _THIN_GROUPS.sub(lambda match: re.sub(r"[\u2009\u202f]", ",", match[0]), text)


def ends_in_number(text: str) -> bool:
    """Whether a text ends in a number that is no part of a word."""
    return _NUMBER_AT_END.search(text) is not None


# A number, perhaps with the one end of its interval: "95.3", "95.3 (+0.2)".
_NUMBER_AT_END = re.compile(r"(?<![\w.])\d[\d.,]*%?(?: \([-+−]\d[\d.]*%?\))?$")
_PLAIN_DECIMAL = re.compile(r"\d*\.\d+%?")
_SIGNED = re.compile(r"[-+−]\s?\d*\.?\d+%?")
_CHANGE = re.compile(r"[-+−↑↓▲▼△▽⇑⇓]|.*[.%×±]")
_ORDINAL = re.compile(r"st|nd|rd|th|er|TM|SM|®|™|’|'")
_SIGN = re.compile(r"[*†‡§¶‖∗⋆★♯♠♣♦♥✓✗⁎#\s]+")
_MARK = re.compile(r"\(?(?:\d{1,2}|[a-z])(?:\s*[,;]\s*(?:\d{1,2}|[a-z*†‡]))*\)?")
_ENDS_IN_DECIMAL = re.compile(r"\d\.\d+%?[*†‡]*$")
_THIN_GROUPS = re.compile(r"(?<![\d.,])\d{1,3}(?:[\u2009\u202f]\d{3})+(?!\d)")
