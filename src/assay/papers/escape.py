"""Escapes plain text, one function per kind of output: records hold plain text, and each writer escapes it itself."""

import re
import unicodedata
from html import escape as _html_escape

from assay.papers.mathematics import to_text
from assay.papers.text import normalise
from assay.papers.typesetting import typeset

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~$])")
_CELL = re.compile(r"[\\|*\[\]]")
_ILLEGAL_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENTITIES = {"&lt;": "<", "&amp;": "&"}
_CELL_ESCAPES = re.compile(r"\\[\\|*\[\]]|&lt;|&amp;")
_RESERVED_FILE_NAMES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in "123456789¹²³")}


def markdown(text: str) -> str:
    """``text`` as literal Markdown (CommonMark and GitHub's), on one line: nothing in it becomes mark-up."""
    line = _MARKDOWN.sub(r"\\\1", normalise(text)).replace("&", "&amp;")
    # At the start of a block these would open a list, a quote, a heading rule or a numbered list.
    line = re.sub(r"^([-+=])", r"\\\1", line)
    return re.sub(r"^(\d+)([.)])", r"\1\\\2", line)


def unescape_markdown(text: str) -> str:
    """The plain text of a line that `markdown` wrote."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).replace("&amp;", "&")


def table_cell(text: str) -> str:
    """``text`` for a cell of a Markdown pipe table, or for a link's text, on one line.

    It breaks neither table nor link and holds no HTML, link or emphasis by asterisks; all else is as written.
    """
    line = normalise(text).replace("&", "&amp;").replace("<", "&lt;")
    return _CELL.sub(r"\\\g<0>", line)


def unescape_table_cell(text: str) -> str:
    r"""The plain text of a line that `table_cell` wrote.

    Unlike `unescape_markdown` it leaves LaTeX that was never escaped alone (``\&``, ``\%``, ``\_``, ``$\pi_0$``).
    """
    return _CELL_ESCAPES.sub(lambda match: _ENTITIES.get(match[0]) or match[0][1:], text)


def html(text: str) -> str:
    """``text`` for HTML content and quoted attribute values."""
    return _html_escape(text, quote=True)


def xml(text: str) -> str:
    """``text`` for XML 1.0 content and attributes; characters that XML cannot carry are dropped.

    An XML parser takes a line break or a tab inside an attribute for a space.
    """
    return html(legal_in_xml(text)).replace("\r", "&#13;")  # a bare one would be read as a line feed


def legal_in_xml(text: str) -> str:
    """``text`` without the characters that XML 1.0 cannot carry, for a library that escapes the rest."""
    return _ILLEGAL_IN_XML.sub("", text)


def spreadsheet_cell(text: str) -> str:
    """``text`` for a cell of a CSV file: what a spreadsheet would run as a formula begins with ``'``."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def bibtex(text: str) -> str:
    """``text`` as LaTeX for a BibTeX field in braces: nothing in it is mark-up, and its braces are in pairs."""
    return typeset(normalise(text))


def file_name(text: str, *, limit: int = 80) -> str:
    """A file name that every common file system takes: no separators, no reserved names, at most ``limit`` bytes."""
    plain = unicodedata.normalize("NFC", normalise(text))
    name = re.sub(r"[^\w.+-]+", "-", plain).strip("-. ")
    while len(name.encode()) > limit:
        name = name[:-1]
    name = name.strip("-. ")
    if not name or name.split(".")[0].lower() in _RESERVED_FILE_NAMES:
        name = f"_{name}"
    return name


def terminal(text: str) -> str:
    """``text`` without anything that a terminal would obey; the line is otherwise as written."""
    return normalise(text)


def terminal_prose(text: str) -> str:
    """A title or a piece of prose for a terminal: its LaTeX as Unicode, and nothing that a terminal would obey."""
    return normalise(to_text(text))
