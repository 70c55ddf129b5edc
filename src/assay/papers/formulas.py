r"""Finds the formulas in prose: what stands between dollars or ``\(`` and ``\)``, and is no sum of money.

A dollar may be either. A formula is closed, has no space just inside its dollars, and no sentence between them; its
braces are in pairs. In doubt a dollar is money: it stays in the text, where a formula's dollars would vanish.
"""

import re
from typing import NamedTuple


class Formula(NamedTuple):
    """A formula in a text."""

    start: int
    end: int
    """``text[start:end]`` is the formula with its dollars or brackets."""
    inner_start: int
    inner_end: int
    """``text[inner_start:inner_end]`` is the formula without them, and without spaces around it."""


def find_formulas(text: str) -> list[Formula]:
    """The formulas of a text, in order."""
    marks = [match for match in _MARK.finditer(text) if match[0] in _CLOSING or match[0] in _CLOSING.values()]
    formulas: list[Formula] = []
    at = 0
    while at + 1 < len(marks):
        width = 2 if _is_double(marks, at) and _is_double(marks, at + 2) else 1
        opening, closing = marks[at + width - 1], marks[at + width]
        if _CLOSING.get(opening[0]) == closing[0] and _is_formula(text, opening, closing, is_display=width == 2):
            inside = text[opening.end() : closing.start()]
            inner_start = opening.end() + len(inside) - len(inside.lstrip())
            inner_end = inner_start + len(inside.strip())
            formulas.append(Formula(marks[at].start(), marks[at + 2 * width - 1].end(), inner_start, inner_end))
            at += 2 * width
        else:
            at += 1
    return formulas


def _is_double(marks: list[re.Match[str]], at: int) -> bool:
    """Whether two dollars stand side by side."""
    return at + 1 < len(marks) and marks[at][0] == marks[at + 1][0] == "$" and marks[at].end() == marks[at + 1].start()


_CLOSING = {"$": "$", r"\(": r"\)", r"\[": r"\]"}
_MARK = re.compile(r"\\.|\$", re.DOTALL)

_COMMAND_OR_SCRIPT = re.compile(r"\\[A-Za-z]|[\^_]")
_SET_AS_PROSE = re.compile(r"\\(?:text[a-z]*|mbox|operatorname|math[a-z]+)\s*\{[^{}]*\}|\\[A-Za-z]+")
_SENTENCE = re.compile(
    r"[\uac00-\ud7a3\u3041-\u30ff\u4e00-\u9fff]|\w[.!?;]\s+\w"
    r"|(?<!\S)(?:and|or|to|of|on|in|for|per|with|from|by|the|than|at|is|are|while|but|as)(?!\S)"
    r"|(?<![A-Za-z])(?!(?:log|max|min|exp|sin|cos|mod)\b)[A-Za-z]{3,}\s+(?!(?:log|max|min|exp|sin|cos|mod)\b)[A-Za-z]{3,}"
)
_COUNTED = re.compile(r"\s[A-Za-z]{3,}")


def _is_formula(text: str, opening: re.Match[str], closing: re.Match[str], *, is_display: bool) -> bool:
    inside = text[opening.end() : closing.start()]
    if not inside.strip() or not _is_balanced(inside) or _SENTENCE.search(_SET_AS_PROSE.sub(" ", inside)):
        return False
    if _COMMAND_OR_SCRIPT.search(inside):
        return True
    if opening[0] == "$" and not is_display:
        is_tight = not inside[0].isspace() and not inside[-1].isspace()
        return is_tight and not (inside[0].isdigit() and _is_money(text, opening, closing))
    return opening[0] != r"\["  # "\[1\]" is how Markdown writes brackets


def _is_money(text: str, opening: re.Match[str], closing: re.Match[str]) -> bool:
    """Whether a number after a dollar, without a command in it, is an amount: ``$5-$10``, ``US$5``, ``$5 million``."""
    before, after = text[max(0, opening.start() - 1) : opening.start()], text[closing.end() : closing.end() + 1]
    return before.isalnum() or after.isdigit() or _COUNTED.search(text, opening.end(), closing.start()) is not None


def _is_balanced(inside: str) -> bool:
    depth = 0
    for match in re.finditer(r"\\.|[{}]", inside, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth < 0:
            return False
    return depth == 0
