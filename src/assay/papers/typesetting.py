r"""Writes Unicode text as LaTeX: ``é`` as ``{\'e}``, ``α`` as ``$\alpha$``, ``&`` as ``\&``.

The reverse of `assay.papers.mathematics`, out of the same tables. What LaTeX has no command for, such as Hangul, Hanzi
and Cyrillic, stays as it is: BibTeX and biber carry it, and XeLaTeX and LuaLaTeX set it.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from assay.papers.symbols import ACCENTS, DOUBLE_STRUCK, LETTERS, LOWERED, RAISED, SYMBOLS


def typeset(text: str) -> str:
    """Plain text as LaTeX: nothing in it is mark-up, and its braces are in pairs even for BibTeX."""
    return "".join(_runs(text))


def typeset_formula(latex: str) -> str:
    r"""What stands between a formula's dollars, for a BibTeX field: as it was written, its Unicode as commands.

    BibTeX counts braces even after a backslash, so ``\{`` is written by name; a bare ``%`` would begin a remark.
    """
    named = latex.replace(r"\{", r"\lbrace ").replace(r"\}", r"\rbrace ")
    named = re.sub(r"(?<!\\)[%&#]", r"\\\g<0>", named)
    return _IN_FORMULA_RUN.sub(lambda run: _formula(run[1]) + (" " if run[2] else ""), named)


def _runs(text: str) -> Iterator[str]:
    for match in _RUN.finditer(text):
        if match["word"]:
            yield match["word"]
        elif match["formula"]:
            yield f"${_formula(match['formula'])}$"
        else:
            yield _character(match[0])


def _character(cluster: str) -> str:
    """One character with the marks that are combined with it."""
    if cluster in _SIGNS:
        return _SIGNS[cluster]
    base, *marks = sorted(unicodedata.normalize("NFD", cluster), key=_is_below)
    if not marks or not base.isalpha() or any(mark not in _ACCENT_NAMES for mark in marks):
        return cluster
    # Of two marks the first stays with its letter: biber loses marks of commands within commands.
    letter, name = unicodedata.normalize("NFC", base + "".join(marks[:-1])), _ACCENT_NAMES[marks[-1]]
    if not base.isascii() or len(letter) > 1:
        return cluster
    return f"{{\\{name}{{{letter}}}}}" if name.isalpha() or not letter.isascii() else f"{{\\{name}{letter}}}"


def _is_below(character: str) -> bool:
    """Whether it is a mark below its letter: TeX puts those on last."""
    return 0 < unicodedata.combining(character) < 230


def _formula(characters: str) -> str:
    """A run of characters that only formulas have, without the dollars."""
    pieces = []
    for script, group in groupby(characters, key=lambda ch: "^" if ch in _RAISED else "_" if ch in _LOWERED else ""):
        if script:
            pieces.append(f"{script}{{{''.join((_RAISED | _LOWERED)[ch] for ch in group)}}}")
        else:
            pieces.extend(_FORMULA_SIGNS[ch] for ch in group)
    return "".join(pieces)


_ACCENT_NAMES: Final = {mark: name for name, mark in ACCENTS.items()}
_LETTER_NAMES: Final = {letter: name for name, letter in LETTERS.items()}
_RAISED: Final = {raised: ch.replace("−", "-") for ch, raised in RAISED.items()}
_LOWERED: Final = {lowered: ch.replace("−", "-") for ch, lowered in LOWERED.items()}
_TEXT_COMMANDS: Final = frozenset({"S", "P", "copyright", "pounds"})
_NOT_IN_FORMULAS: Final = _TEXT_COMMANDS | {"degree", "euro", "cmark", "xmark"}  # the last are no commands of LaTeX's
_FORMULA_SIGNS: Final = (
    {
        sign: f"\\{name}"
        for name, sign in reversed(SYMBOLS.items())  # of two names of a sign, the first
        if len(sign) == 1 and not sign.isascii() and not name.startswith("text") and name not in _NOT_IN_FORMULAS
    }
    | {sign: rf"\mathbb{{{letter}}}" for letter, sign in DOUBLE_STRUCK.items()}
    | {"−": "-", "′": "'"}
)
_SIGNS: Final = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    "‐": "-", "‑": "-", "–": "--", "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''", "…": r"{\ldots}",
    "°": r"{\textdegree}", "€": r"{\texteuro}", "®": r"{\textregistered}", "™": r"{\texttrademark}",
    "¥": r"{\textyen}", "µ": r"{\textmu}",
    **{ch: f"\\{ch}" for ch in "&%$#_"},
    **{letter: f"{{\\{name}}}" for letter, name in _LETTER_NAMES.items()},
    **{SYMBOLS[name]: f"{{\\{name}}}" for name in _TEXT_COMMANDS},
}  # fmt: skip

_FORMULA_RUN = f"[{re.escape(''.join([*_FORMULA_SIGNS, *_RAISED, *_LOWERED]))}]+"
_IN_FORMULA_RUN = re.compile(f"({_FORMULA_RUN})(?=([A-Za-z])?)")
_RUN = re.compile(
    rf"(?P<word>[\u0370-\u03ff\u1f00-\u1fff]{{3,}})|(?P<formula>{_FORMULA_RUN})|.[\u0300-\u036f]*", re.DOTALL
)
