"""Reads a paper from an HTML page: arXiv's, which LaTeXML makes, or any with headings, paragraphs and tables."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from assay.fulltext.archive import decode
from assay.fulltext.colours import whiteness
from assay.fulltext.draft import CITATION, Draft, flatten
from assay.fulltext.floats import Float
from assay.fulltext.html_formulas import is_drawn_formula, read_formula, read_picture, read_text
from assay.fulltext.html_tables import (
    CELLS,
    ROWS,
    fill_spanned,
    is_table,
    nearest,
    places_floats,
    span_of,
    tables_in,
    without_layout,
)
from assay.fulltext.model import FullText
from assay.fulltext.scripts import LOOK_BACK, join_digit_groups, lowered, raised


def parse(data: bytes, paper: str, version: int | None) -> FullText:
    """Read a paper out of an HTML page.

    Raises:
        ValueError: if there is no text in it.
    """
    page = LexborHTMLParser(decode(data))
    draft = Draft(paper, version, "html")
    roots = [page.css_first("article.ltx_document"), page.css_first("article, main"), page.body]
    for root in roots:
        if root is not None and root.text().strip():
            reader = _Page(draft)
            reader.read(root, _Look())
            if count := reader.pictures_left_out:
                draft.add_note(f"left out {count} {'picture' if count == 1 else 'pictures'} in cells of tables")
            break
    if page.head is not None and (title := page.head.css_first("title")) is not None:
        draft.set_title(title.text())  # counts only where the page has no heading for one
    if unknown := len(page.css(".ltx_ERROR")):
        draft.add_note(f"left out {unknown} {'command' if unknown == 1 else 'commands'} that the page could not show")
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
        self._before = ""
        self._in_cell = False
        self.pictures_left_out = 0
        """Of those in cells of tables: a reader sees something there."""

    def read(self, node: LexborNode, look: _Look) -> None:
        """Read all that an element contains."""
        for child in _children(node):
            if child.tag == "-text":
                self._emit(read_text(child, self._before), look)
            elif child.tag is not None and child.tag not in _SKIP_TAGS and not child.tag.startswith("-"):
                self._element(child, _classes(child), _look(child, look))

    def _element(self, node: LexborNode, classes: frozenset[str], look: _Look) -> None:
        tag = node.tag or ""
        if classes & _SKIP_CLASSES or is_drawn_formula(node):
            self._draft.show(CITATION if "ltx_cite" in classes else "")
        elif _inline_kind(node):
            self._emit(self._inline(node, look, self._before), look)
        elif tag == "svg":
            for part in _drawn_text(node):
                self._draft.show(" ")
                self.read(part, look)
                self._draft.show(" ")
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
        elif is_table(node) and not places_floats(node):
            self._lone_table(node, look)
        elif classes & {"ltx_table", "ltx_figure", "ltx_float"} or tag == "figure":
            self._float(node, classes, look)
        elif "ltx_note_outer" in classes:
            self._emit(f" ({self._words(node, look)}) ", look)
        else:
            self._apart(node, look) if tag in _BLOCKS | {"td", "th"} or _is_struck_out(node) else self.read(node, look)

    def _apart(self, node: LexborNode, look: _Look) -> None:
        """Read an element that stands on lines of its own."""
        self._emit(" ", look)
        self.read(node, look)
        self._emit(" ", look)

    def _emit(self, text: str, look: _Look) -> None:
        if look.hidden:
            self._draft.hide(text)
        else:
            text = join_digit_groups(text)
            self._before = (self._before + text)[-LOOK_BACK:]
            self._draft.show(text)

    def _inline(self, node: LexborNode, look: _Look, before: str) -> str:
        """What is seen of a formula, or of what is set high or low."""
        kind = _inline_kind(node)
        if kind == "math":
            return read_formula(node, before)
        if kind == "img":
            text = read_picture(node, before, in_cell=self._in_cell)
            self.pictures_left_out += self._in_cell and not text
            return text
        if kind == "sup" and node.css_first('a[href^="#"]') is not None:
            return ""  # the mark of a footnote
        return (raised if kind == "sup" else lowered)(before, self._words(node, look))

    def _heading(self, node: LexborNode, level: int, look: _Look) -> None:
        text = _HEADING_NUMBER.sub("", self._words(node, look))
        if fold := text.casefold().strip(" .:"):
            if fold == "abstract":
                self._draft.begin_abstract()
            elif level == _TITLE:
                self._draft.set_title(text)
            else:
                self._draft.begin_section(text, level)

    def _lone_table(self, node: LexborNode, look: _Look) -> None:
        """Read a table that stands in the text, with the caption that it may have."""
        caption = next(nearest(node, ("caption",)), None) if node.tag == "table" else None
        label, text = self._caption(caption, look) if caption is not None else ("", "")
        for table in without_layout(node):
            self._draft.add_table(label, text, self._rows(table, _look_down(table, node, look)))

    def _float(self, node: LexborNode, classes: frozenset[str], look: _Look) -> None:
        """Read a table or figure with its captions. One inside another that has its own caption is read by itself."""
        current = Float("figure", "Table" if "ltx_table" in classes else "Figure")
        inner: list[tuple[LexborNode, _Look]] = []
        self._fill(current, node, look, inner)
        current.close(self._draft)
        for each, inner_look in inner:
            self._float(each, _classes(each), inner_look)

    def _fill(self, current: Float, node: LexborNode, look: _Look, inner: list[tuple[LexborNode, _Look]]) -> None:
        """Put tables and captions into a float, in their order; ``inner`` gets the floats within it."""
        for child in _children(node):
            tag = child.tag or "-"
            if tag == "-text":
                self._emit(read_text(child, self._before), look)
            if tag.startswith("-") or tag in _SKIP_TAGS:
                continue
            own, classes = _look(child, look), _classes(child)
            if tag == "figcaption" or "ltx_caption" in classes or (tag == "caption" and child.parent == node):
                self._take_caption(current, child, own)
            elif tag == "figure" and (caption := child.css_first("figcaption")) is not None:
                self._fill_from_inner(current, child, own, inner, self._caption(caption, own)[0])
            elif is_table(child) and not places_floats(child):
                for table in without_layout(child):
                    current.add_body(self._rows(table, _look_down(table, child, own) if table != child else own))
                if (caption := next(nearest(child, ("caption",)), None)) is not None:
                    self._take_caption(current, caption, own)
            elif child.css_first("table, .ltx_tabular, [role=table], figcaption, figure") is not None:
                self._fill(current, child, own, inner)
            else:
                self._element(child, classes, own)

    def _take_caption(self, current: Float, node: LexborNode, look: _Look) -> None:
        label, text = self._caption(node, look)
        if current.is_in_part:
            current.set_part_caption(text)
            return
        is_table = label.startswith("Table") or (not label and current.kind == "Table")
        current.add_caption("Table" if is_table else "Figure", label, text)

    def _fill_from_inner(
        self, current: Float, node: LexborNode, look: _Look, inner: list[tuple[LexborNode, _Look]], label: str
    ) -> None:
        """Take in a float within another: a part of it, a caption of it, or one to be read by itself."""
        has_table = next(tables_in(node), None) is not None
        if has_table and label.startswith("(") and not current.is_in_part:
            current.begin_part()
            self._fill(current, node, look, inner)
            current.end_part()
        elif not has_table and label.startswith("Table"):
            self._fill(current, node, look, inner)
        else:
            inner.append((node, look))

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
        group = None
        for row in nearest(table, ROWS):
            if row.parent != group:  # no cell reaches over the end of its group
                group, below = row.parent, {}
            row_look = _look_down(row, table, look)
            cells: list[str] = []
            for cell in nearest(row, CELLS):
                fill_spanned(cells, below)
                self._in_cell = True
                words = self._words(cell, _look_down(cell, row, row_look))
                self._in_cell = False
                down, across = span_of(cell, "rowspan"), span_of(cell, "colspan")
                for column in range(len(cells), len(cells) + across):
                    if down > 1:
                        below[column] = down
                cells += [words] + [""] * (across - 1)
            fill_spanned(cells, below)
            below = {column: count - 1 for column, count in below.items() if count > 1}
            rows.append(cells)
        return rows

    def _words(self, node: LexborNode, look: _Look) -> str:
        """The visible text of an element, on one line and without the number at its beginning."""
        pieces: list[str] = []
        self._collect(node, look, pieces)
        return flatten(join_digit_groups("".join(pieces)))

    def _collect(self, node: LexborNode, look: _Look, pieces: list[str]) -> None:
        for child in _children(node):
            if child.tag == "-text":
                if look.hidden:
                    self._draft.hide(child.text_content or "")
                else:
                    pieces.append(read_text(child, "".join(pieces[-_LAST_PIECES:])))
                continue
            if child.tag is None or child.tag in _SKIP_TAGS or child.tag.startswith("-"):
                continue
            inside = _look(child, look)
            classes = _classes(child)
            if classes & _SKIP_CLASSES or "ltx_tag" in classes or is_drawn_formula(child):
                pieces.append(CITATION if "ltx_cite" in classes else "")
                continue
            if _inline_kind(child):
                text = self._inline(child, inside, "".join(pieces[-_LAST_PIECES:]))
                if inside.hidden:
                    self._draft.hide(text)
                else:
                    pieces.append(text)
                continue
            if child.tag == "svg":
                for part in _drawn_text(child):
                    pieces.append(" ")
                    self._collect(part, inside, pieces)
                continue
            is_cell = child.tag in {"td", "th"} or bool(classes & {"ltx_td", "ltx_th"})
            apart = child.tag in _BLOCKS or is_cell or _is_struck_out(child)
            pieces.append(" " if apart else "")
            self._collect(child, inside, pieces)
            pieces.append(" " if apart else "")


_WHITE = 0.94
_TITLE = -1
_SKIP_TAGS = frozenset("script style template noscript head nav footer iframe object button form caption".split())
_INLINE = frozenset({"math", "sub", "sup", "img"})
_SHIFT = re.compile(r"\bvertical-align\s*:\s*(super|sub)\b", re.IGNORECASE)
_LAST_PIECES = 8
_SKIP_CLASSES = frozenset(
    """ltx_bibliography ltx_page_footer ltx_page_navbar ltx_TOC ltx_cite ltx_authors ltx_dates ltx_ERROR ltx_note_mark
    ltx_tag_item ltx_tag_equation ltx_tag_note ltx_note_type ltx_rule ltx_listing_data ltx_keywords ltx_classification
    ltx_role_affiliationtext""".split()
)
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


def _inline_kind(node: LexborNode) -> str:
    """``math``, ``img``, ``sup`` or ``sub``, by the element or by its style; empty for what is none of them."""
    if node.tag in _INLINE:
        return str(node.tag)
    shift = _SHIFT.search(node.attributes.get("style") or "")
    return "" if shift is None else {"super": "sup", "sub": "sub"}[shift[1].lower()]


def _is_struck_out(node: LexborNode) -> bool:
    """Whether a line goes through it: it is kept apart from what takes its place."""
    attributes = node.attributes
    return (
        node.tag in {"del", "s", "strike"}
        or not {"ltx_ulem_sout", "ltx_ulem_xout"}.isdisjoint(_classes(node))
        or "line-through" in (attributes.get("style") or "")
    )


def _drawn_text(node: LexborNode) -> Iterator[LexborNode]:
    """The parts of a drawing that hold text of the page, such as a framed box."""
    for child in _children(node):
        if (child.tag or "").casefold() == "foreignobject":
            yield child
        elif child.tag is not None and not child.tag.startswith("-"):
            yield from _drawn_text(child)


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
