r"""Reads the formulas of an HTML page: MathML, TeX between ``\(`` and ``\)``, and pictures that have their TeX."""

import re

from selectolax.lexbor import LexborNode

from assay.fulltext.formula import readable
from assay.fulltext.mathml import read_mathml


def read_formula(node: LexborNode, before: str) -> str:
    """What is seen of a ``math`` element; ``before`` is the text before it."""
    source = node.attributes.get("alttext")
    if not source:
        annotation = node.css_first('annotation[encoding*="tex"], annotation:not([encoding])')
        if annotation is None:
            return read_mathml(node, before)
        source = annotation.text()
    return readable(source, before)


def is_drawn_formula(node: LexborNode) -> bool:
    """Whether KaTeX or MathJax draws here, for the eye alone, a formula that stands beside it as MathML."""
    parent = node.parent
    if parent is None or node.attributes.get("aria-hidden") != "true":
        return False
    classes = (parent.attributes.get("class") or "").split()
    return ("katex" in classes or "MathJax" in classes) and parent.css_first("math") is not None


def read_text(node: LexborNode, before: str) -> str:
    r"""The text of a text node, with the formulas that MathJax would draw in it: ``\(10^{6}\)``."""
    text = node.text_content or ""
    if ("\\" not in text and "$$" not in text) or (node.parent is not None and node.parent.tag in _CODE):
        return text
    pieces = [before]
    after = 0
    for match in _FORMULA.finditer(text):
        pieces.append(text[after : match.start()])
        pieces.append(readable(next(each for each in match.groups() if each is not None), "".join(pieces[-2:])))
        after = match.end()
    return "".join([*pieces[1:], text[after:]])


def read_picture(node: LexborNode, before: str, *, in_cell: bool = False) -> str:
    """The formula that a picture shows, by its TeX, or the few words that stand for it in a cell; empty for others."""
    words = (node.attributes.get("alt") or "").strip()
    parent = node.parent
    if parent is not None and parent.tag == "span" and parent.css_first("math") is not None:
        return ""  # which shows the same formula
    if (match := _PICTURED.fullmatch(words)) is not None:
        return readable(next(each for each in match.groups() if each is not None), before)
    if words and _OF_FORMULAS & set((node.attributes.get("class") or "").split()):
        return readable(words, before)
    is_short = 0 < len(words) <= _FEW_CHARACTERS and _NO_WORDS.match(words) is None
    return words if in_cell and is_short else ""


_CODE = frozenset({"code", "pre", "kbd", "samp", "tt"})
_FORMULA = re.compile(
    r"\\\(((?:[^\\]|\\[^()\[\]])*)\\\)|\\\[((?:[^\\]|\\[^()\[\]])*)\\\]|\$\$([^$]{1,2000})\$\$", re.DOTALL
)
_PICTURED = re.compile(r"\$+([^$]+)\$+|\\\((.+)\\\)|\\\[(.+)\\\]|\{\\(?:displaystyle|textstyle)\s(.+)\}", re.DOTALL)
_OF_FORMULAS = frozenset({"ltx_Math", "latex", "tex", "math", "mwe-math-fallback-image-inline"})
_NO_WORDS = re.compile(r"(?:refer to caption|image|figure|picture|logo|icon)\b|\S+\.\w{3,4}$", re.IGNORECASE)
_FEW_CHARACTERS = 40
