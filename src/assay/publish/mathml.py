r"""Writes formulas as MathML, which browsers set without a script.

What is only a sign or a number (``$\sim$``, ``$90\%$``, ``H$_2$O``) is text, and so is a formula that the library
cannot read. Its output is taken apart and written anew: it lets anything through that stands in ``\text``.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from html import unescape
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element
from markupsafe import Markup, escape

from assay.papers.symbols import OPERATORS
from assay.publish.prose import Piece, split_formulas


def mathml(text: str | Iterable[Piece]) -> Markup:
    """A text, or pieces of one, as HTML, its formulas as MathML."""
    return _of_text(text) if isinstance(text, str) else _of_pieces(text)


@lru_cache(20_000)  # titles and metrics stand on many pages
def _of_text(text: str) -> Markup:
    return _of_pieces(split_formulas(text))


def _of_pieces(pieces: Iterable[Piece]) -> Markup:
    return Markup().join(_formula(piece) or escape(piece.text) for piece in pieces)


_LONGEST = 400
_DEFINITION = re.compile(
    r"\\(?:def|gdef|let|(?:re|provide)?new|renew|provide|Declare|require|begin|style|href|class|id)"
)
_ELEMENTS = frozenset(
    """math mrow mi mn mo mtext mspace msup msub msubsup munder mover munderover mfrac msqrt mroot mstyle mpadded
    mphantom menclose""".split()
)
_ATTRIBUTES = frozenset(
    """display mathvariant stretchy fence separator form lspace rspace width height depth accent accentunder
    displaystyle scriptlevel linethickness minsize maxsize movablelimits symmetric largeop notation""".split()
)


def _formula(piece: Piece) -> Markup:
    """A formula as MathML; empty where plain text says the same, or the formula cannot be read."""
    latex = piece.latex
    if not piece.needs_setting or len(latex) > _LONGEST or _DEFINITION.search(latex):
        return Markup()
    try:
        element = convert_to_element(latex)
    except Exception:  # noqa: BLE001 - the library's errors have no common class
        return Markup()
    element.attrib.pop("xmlns", None)
    if any(each.tag not in _ELEMENTS or "\\" in (each.text or "") for each in element.iter()):
        return Markup()  # a command that the library does not know is shown as it is written
    element.set("alttext", piece.text)
    return _written(element)


def _written(element: Element) -> Markup:
    """An element as HTML, with no attribute that could do or load anything."""
    text = unescape(element.text or "")
    tag = "mo" if element.tag == "mi" and text in OPERATORS else element.tag
    attributes = {name: value for name, value in element.attrib.items() if name in _ATTRIBUTES}
    if tag != element.tag:  # browsers set no space around the name of a function
        attributes = {"lspace": "0.17em", "rspace": "0.17em"}
    if element.tag == "math":
        attributes["alttext"] = element.get("alttext", "")
    opening = Markup().join(Markup(' {}="{}"').format(name, unescape(value)) for name, value in attributes.items())
    inside = Markup().join(map(_written, element))
    return Markup("<{0}{1}>{2}{3}</{0}>").format(tag, opening, text, inside)
