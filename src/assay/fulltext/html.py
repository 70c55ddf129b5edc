"""Reads a paper from an HTML page: arXiv's, which LaTeXML makes, or any with headings, paragraphs and tables."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from assay.fulltext.colours import whiteness
from assay.fulltext.draft import CITATION, Draft, flatten
from assay.fulltext.model import FullText
from assay.fulltext.tex import readable


def parse(data: bytes, paper: str, version: int | None) -> FullText:
    """Read a paper out of an HTML page.

    Raises:
        ValueError: if there is no text in it.
    """
    page = LexborHTMLParser(data.decode("utf-8", "replace"))
    draft = Draft(paper, version, "html")
    roots = [page.css_first("article.ltx_document"), page.css_first("article, main"), page.body]
    for root in roots:
        if root is not None and root.text().strip():
            _Page(draft).read(root, _Look())
            break
    if page.head is not None and (title := page.head.css_first("title")) is not None:
        draft.set_title(title.text())  # counts only where the page has no heading for one
    return draft.finish()


class _Look(NamedTuple):
    """The looks of text that decide whether a reader can see it."""

    colour: float = 0
    """How white the text is, from 0 to 1."""
    ground: float = 1
    """How white the background is, from 0 to 1."""
    invisible: bool = False
    """Not drawn at all, or far too small."""

    @property
    def hidden(self) -> bool:
        return self.invisible or (self.colour >= _WHITE and self.ground >= _WHITE)


class _Page:
    """Reads elements into a draft."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._numbers = {"Table": 0, "Figure": 0}

    def read(self, node: LexborNode, look: _Look) -> None:
        """Read all that an element contains."""
        for child in _children(node):
            if child.tag == "-text":
                self._emit(child.text_content or "", look)
            elif child.tag is not None and child.tag not in _SKIP_TAGS and not child.tag.startswith("-"):
                self._element(child, _classes(child), _look(child, look))

    def _element(  # noqa: PLR0912 - one case for each sort of element
        self, node: LexborNode, classes: frozenset[str], look: _Look
    ) -> None:
        tag = node.tag or ""
        if classes & _SKIP_CLASSES:
            self._draft.show(CITATION if "ltx_cite" in classes else "")
            return
        if tag == "math":
            self._emit(_formula(node), look)
        elif "ltx_title_document" in classes:
            self._draft.set_title(self._words(node, look))
        elif "ltx_abstract" in classes:
            self._draft.begin_abstract()
            self.read(node, look)
            self._draft.end_abstract()
        elif "ltx_title_abstract" in classes:
            pass
        elif level := _level(tag, classes):
            self._heading(node, level, look)
        elif tag == "table" and not classes & _NO_TABLE:
            self._draft.add_table("", "", self._rows(node, look))
        elif classes & {"ltx_table", "ltx_figure", "ltx_float"} or tag == "figure":
            self._float(node, classes, look)
        elif "ltx_tabular" in classes:
            self._draft.add_table("", "", self._rows(node, look))
        elif "ltx_note_outer" in classes:
            self._emit(f" ({self._words(node, look)}) ", look)
        else:
            block = tag in _BLOCKS
            if block:
                self._draft.show(" ")
            self.read(node, look)
            if block:
                self._draft.show(" ")

    def _emit(self, text: str, look: _Look) -> None:
        (self._draft.hide if look.hidden else self._draft.show)(text)

    def _heading(self, node: LexborNode, level: int, look: _Look) -> None:
        text = _HEADING_NUMBER.sub("", self._words(node, look))
        if fold := text.casefold().strip(" .:"):
            if fold == "abstract":
                self._draft.begin_abstract()
            elif level == _TITLE:
                self._draft.set_title(text)
            else:
                self._draft.begin_section(text, level)

    def _float(self, node: LexborNode, classes: frozenset[str], look: _Look) -> None:
        """A table or figure with its caption. One inside another is read on its own if it has a caption of its own."""
        figures = [each for each in node.css("figure") if each != node and each.css_first("figcaption") is not None]
        inner = [each for each in figures if not any(each != other and _within(each, other) for other in figures)]
        captions = [each for each in node.css("figcaption") if not any(_within(each, other) for other in inner)]
        kind = "Table" if "ltx_table" in classes else "Figure"
        label, text = self._caption(captions[0], look) if captions else ("", "")
        own = [each for each in _tables(node) if not any(_within(each, other) for other in inner)]
        rows = [row for table in own for row in self._rows(table, _look_down(table, node, look))]
        is_table = label.startswith("Table") or (not label and kind == "Table")
        if is_table:
            self._draft.add_table(label, text, rows)
        else:
            self._draft.add_table(label, "", rows)
            self._draft.add_caption(label, text)
        for each in inner:
            self._float(each, _classes(each), _look_down(each, node, look))

    def _caption(self, node: LexborNode, look: _Look) -> tuple[str, str]:
        tag = node.css_first("span.ltx_tag")
        words = self._words(node, look)
        if tag is not None:
            label = flatten(tag.text()).rstrip(" .:")
        else:
            match = re.match(r"((?:Table|Figure|Fig\.|Algorithm)\s*[A-Z]?[\d.]*\d)\s*[.:]?\s+", words)
            label, words = (match[1].replace("Fig.", "Figure"), words[match.end() :]) if match else ("", words)
        return label, words

    def _rows(self, table: LexborNode, look: _Look) -> list[list[str]]:
        """The rows of a table; a cell that spans rows or columns is followed by empty ones in each direction."""
        rows: list[list[str]] = []
        below: dict[int, int] = {}
        for row in _own(table, _ROWS):
            row_look = _look_down(row, table, look)
            cells: list[str] = []
            for cell in _own(row, _CELLS):
                _fill(cells, below)
                words = self._words(cell, _look_down(cell, row, row_look))
                down, across = _span(cell, "rowspan"), _span(cell, "colspan")
                for column in range(len(cells), len(cells) + across):
                    if down > 1:
                        below[column] = down
                cells += [words] + [""] * (across - 1)
            _fill(cells, below)
            below = {column: count - 1 for column, count in below.items() if count > 1}
            rows.append(cells)
        return rows

    def _words(self, node: LexborNode, look: _Look) -> str:
        """The visible text of an element, on one line and without the number at its beginning."""
        pieces: list[str] = []
        self._collect(node, look, pieces)
        return flatten("".join(pieces))

    def _collect(self, node: LexborNode, look: _Look, pieces: list[str]) -> None:
        for child in _children(node):
            if child.tag == "-text":
                if look.hidden:
                    self._draft.hide(child.text_content or "")
                else:
                    pieces.append(child.text_content or "")
                continue
            if child.tag is None or child.tag in _SKIP_TAGS or child.tag.startswith("-"):
                continue
            inside = _look(child, look)
            classes = _classes(child)
            if classes & _SKIP_CLASSES or "ltx_tag" in classes:
                pieces.append(CITATION if "ltx_cite" in classes else "")
                continue
            if child.tag == "math":
                if inside.hidden:
                    self._draft.hide(_formula(child))
                else:
                    pieces.append(_formula(child))
                continue
            apart = child.tag in _BLOCKS or child.tag in {"td", "th"} or classes & {"ltx_td", "ltx_th"}
            pieces.append(" " if apart else "")
            self._collect(child, inside, pieces)
            pieces.append(" " if apart else "")


_WHITE = 0.94
_TITLE = -1
_SKIP_TAGS = frozenset("script style template noscript head nav footer svg iframe object button form".split())
_SKIP_CLASSES = frozenset(
    """ltx_bibliography ltx_page_footer ltx_page_navbar ltx_TOC ltx_cite ltx_authors ltx_dates ltx_ERROR ltx_note_mark
    ltx_tag_item ltx_tag_equation ltx_tag_note ltx_note_type ltx_rule ltx_listing_data ltx_keywords ltx_classification
    ltx_role_affiliationtext""".split()
)
_NO_TABLE = frozenset("ltx_equation ltx_equationgroup ltx_eqn_table".split())
_BLOCKS = frozenset(
    """p div section article main header li ul ol dl dt dd br hr blockquote pre tr table figure figcaption h1 h2 h3 h4
    h5 h6 address aside details summary""".split()
)
_LEVELS = {
    "part": 1,
    "chapter": 1,
    "section": 1,
    "appendix": 1,
    "subsection": 2,
    "subsubsection": 3,
    "acknowledgements": 1,
}
_HEADING_NUMBER = re.compile(r"^(?:(?:Appendix|Chapter)\s+)?(?:\d+(?:\.\d+)*\.?|[A-Z](?:\.\d+)+\.?|[A-Z]\.)\s+(?=\S)")
_ROWS = ("tr", "ltx_tr")
_CELLS = ("td", "th", "ltx_td", "ltx_th")


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.first_child
    while child is not None:
        yield child
        child = child.next


def _classes(node: LexborNode) -> frozenset[str]:
    return frozenset((node.attributes.get("class") or "").split())


def _level(tag: str, classes: frozenset[str]) -> int:
    """The level of a heading, `_TITLE` for a page's own, and 0 for what is no heading, or one within a line."""
    if "ltx_title" in classes:
        return next((level for name, level in _LEVELS.items() if f"ltx_title_{name}" in classes), 0)
    match = re.fullmatch(r"h([1-6])", tag)
    return (int(match[1]) - 1 or _TITLE) if match else 0


def _formula(node: LexborNode) -> str:
    source = node.attributes.get("alttext")
    if not source:
        annotation = node.css_first("annotation")
        if annotation is None:
            return node.text()
        source = annotation.text()
    return readable(source)


def _own(node: LexborNode, kinds: tuple[str, ...]) -> Iterator[LexborNode]:
    """The elements of a kind in ``node``, by tag or class, and not those in another one of them."""
    for child in _children(node):
        if child.tag in kinds or _classes(child) & set(kinds):
            yield child
        elif child.tag is not None and not child.tag.startswith("-"):
            yield from _own(child, kinds)


def _tables(node: LexborNode) -> Iterator[LexborNode]:
    for table in _own(node, ("table", "ltx_tabular")):
        if not _classes(table) & _NO_TABLE:
            yield table


def _within(node: LexborNode, outer: LexborNode) -> bool:
    above: LexborNode | None = node
    while above is not None:
        if above == outer:
            return True
        above = above.parent
    return False


def _fill(cells: list[str], below: dict[int, int]) -> None:
    while below.get(len(cells), 0) > 0:
        cells.append("")


def _span(cell: LexborNode, which: str) -> int:
    # LaTeXML puts the span into a class where the cell is no table element.
    match = re.search(rf"\bltx_{which}_(\d+)", cell.attributes.get("class") or "")
    text = (match[1] if match else cell.attributes.get(which)) or ""
    return min(max(int(text[:4]), 1), 100) if text.isascii() and text.isdecimal() else 1


def _look_down(node: LexborNode, outer: LexborNode, look: _Look) -> _Look:
    """How text looks in ``node``, given how it looks in ``outer`` around it."""
    between = [node]
    while (above := between[-1].parent) is not None and above != outer:
        between.append(above)
    for each in reversed(between):
        look = _look(each, look)
    return look


def _look(node: LexborNode, look: _Look) -> _Look:
    """How text looks in ``node``, given how it looks around it."""
    attributes = node.attributes
    if "hidden" in attributes or "ltx_phantom" in (attributes.get("class") or ""):
        look = look._replace(invisible=True)
    style = attributes.get("style") or ""
    for name, value in re.findall(r"([\w-]+)\s*:\s*([^;]+)", style.lower()):
        value = value.replace("!important", "").strip()  # noqa: PLW2901 - the same value, without its weight
        match name:
            case "color" if value == "transparent":
                look = look._replace(invisible=True)
            case "color" | "--ltx-fg-color":
                look = look._replace(colour=_css_whiteness(value, look.colour))
            case "background-color" | "background" | "--ltx-bg-color":
                look = look._replace(ground=_css_whiteness(value, look.ground))
            case "display" if value == "none":
                look = look._replace(invisible=True)
            case "visibility" if value in {"hidden", "collapse"}:
                look = look._replace(invisible=True)
            case "opacity" if _css_number(value) < 0.1:
                look = look._replace(invisible=True)
            case "font-size" if _is_tiny(value):
                look = look._replace(invisible=True)
    return look


def _css_whiteness(value: str, otherwise: float) -> float:
    if match := re.fullmatch(r"#([0-9a-f]{6})(?:[0-9a-f]{2})?", value):
        return whiteness("HTML", match[1])
    if match := re.fullmatch(r"#([0-9a-f])([0-9a-f])([0-9a-f])", value):
        return whiteness("HTML", "".join(digit * 2 for digit in match.groups()))
    if match := re.match(r"rgba?\(([\d\s,.]+)", value):
        return whiteness("RGB", ",".join(re.split(r"[\s,]+", match[1].strip())[:3]))
    if value in {"inherit", "currentcolor", "initial", "unset", "none", "transparent"}:
        return otherwise
    if value.startswith(("var(", "url(")):
        return otherwise
    return 1.0 if value in {"white", "snow", "ivory", "ghostwhite", "floralwhite", "whitesmoke"} else 0.0


def _css_number(value: str) -> float:
    match = re.match(r"\d*\.?\d+", value)
    return float(match[0]) if match else 1.0


def _is_tiny(value: str) -> bool:
    number = _css_number(value)
    if value.endswith("%"):
        return number < 20
    return number < (0.2 if value.endswith("em") else 2)
