"""Reads a paper from its LaTeX source as arXiv serves it: an archive of files, one file, or the submitted PDF.

The source is read and never run.
"""

from collections.abc import Callable, Mapping

from assay.fulltext import html, pdf
from assay.fulltext.archive import decompress, form_of, unpack
from assay.fulltext.draft import Draft, flatten
from assay.fulltext.floats import Float
from assay.fulltext.model import FullText
from assay.fulltext.tex.commands import COMMANDS
from assay.fulltext.tex.counters import Counters
from assay.fulltext.tex.definitions import new_definitions, read_acronyms
from assay.fulltext.tex.macros import Definitions, ExpandedTokens, Macro
from assay.fulltext.tex.project import put_together
from assay.fulltext.tex.prose import Prose, Scope
from assay.fulltext.tex.signatures import TITLES
from assay.fulltext.tex.styles import read_style
from assay.fulltext.tex.tabular import Columns, TableReader, holds_tables, read_columns, split_rows
from assay.fulltext.tex.tokens import keyed_values, tokens


def parse(data: bytes, paper: str, version: int | None) -> FullText:
    """Read a paper out of its e-print.

    Raises:
        ValueError: if it is too large, holds no LaTeX document, or its macros expand without end.
    """
    source = decompress(data)
    if source.startswith(b"%PDF-"):
        return pdf.parse(source, paper, version)
    if source is not data and form_of(source) == "html":
        return html.parse(source, paper, version)
    draft = Draft(paper, version, "latex")
    whole = put_together(unpack(source))
    definitions = new_definitions()
    for style in whole.styles:
        read_style(style, definitions)
    for text in (whole.text, *whole.styles):
        read_acronyms(text, definitions)
    for note in whole.notes:
        draft.add_note(note)
    document = _Document(whole.text, definitions, draft)
    document.run()
    document.note_what_is_left_out()
    return draft.finish()


class _Document(Prose):
    """Reads a whole document into a draft."""

    def __init__(self, source: str, definitions: Definitions, draft: Draft) -> None:
        super().__init__(ExpandedTokens(source, definitions), self._show_text, self._hide_text, COMMANDS)
        self._draft = draft
        self._counters = Counters(definitions.macros)
        self._begun = False
        self._ended = False
        self._float: Float | None = None
        self._loose = Float("", "Figure")  # tables and captions in the text, until more text comes
        self._template_title = ""
        self._has_abstract = False
        self._heads: list[str] = []

    def run(self) -> None:
        """Read to the end of the document."""
        while not self._ended and (token := self.tokens.take()):
            self.read(token)
        if self._float is not None:
            self._float.close(self._draft)
        self._close_loose()
        own_title = self.definitions.macros.get("\\@title")
        self._draft.set_title(self._template_title or (flatten(self.fragment(own_title.body)) if own_title else ""))

    def note_what_is_left_out(self) -> None:
        """Say in the notes what could not be read, and how often it stood there."""
        definitions = self.definitions
        for name, times in definitions.computed.items():
            self._draft.add_note(f"left out {_times(times)} what \\{name} computes or fetches")
        for name, times in definitions.strange.items():
            self._draft.add_note(
                f"\\{name} is not known: its arguments are kept as text one after the other, {_times(times)}"
            )
        if definitions.uncertain:
            what = "took the second text of a condition that cannot be told"
            self._draft.add_note(f"{what}, {_times(definitions.uncertain)}")
        if definitions.plots:
            self._draft.add_note(f"left out {_times(definitions.plots)} a plot that the source draws")

    def read(self, token: str) -> None:
        """Read one token: here those that structure a document, and the others as prose."""
        name = token[1:] if token[0] == "\\" else ""
        if (command := _COMMANDS.get(name)) is not None:
            command(self, name)
        elif name and TITLES.fullmatch(name) and not self._draft.has_sections:
            self.tokens.read_optional()
            title = flatten(self.argument())
            self._template_title = self._template_title or title
        else:
            super().read(token)

    def begin(self, name: str) -> None:
        """Begin an environment: here those that structure a document."""
        plain = name.rstrip("*")
        if name == "document":
            self._begun = True
            self._scopes = [Scope()]
            self.definitions.begin_document()
            self.definitions.strange.clear()  # what only sets up the layout
            self.definitions.computed.clear()
            self.definitions.uncertain = 0
        elif plain.casefold() in _ABSTRACTS:
            self.tokens.read_optional()
            self._abstract(self.tokens.read_environment(name))
        elif plain in _TABLES or (plain == "array" and self._float is not None and self._float.kind == "Table"):
            self._table(name)
        elif plain == "deluxetable":
            self._deluxetable(name)
        elif plain == "lrbox":
            box = self.tokens.read_word()
            self.definitions.macros[f"\\assay@box@{box.lstrip(chr(92))}"] = Macro(
                (), self.tokens.read_environment(name)
            )
        else:
            if plain in _PARTS and self._float is not None:
                self._float.begin_part()
            elif plain in _FLOATS and self._float is None:
                self._close_loose()
                self._float = Float(plain, _FLOATS[plain])
            super().begin(name)

    def end(self, name: str) -> None:
        """End an environment: here those that structure a document."""
        if name == "document":
            self._ended = True
            return
        super().end(name)
        plain = name.rstrip("*")
        if self._float is not None and plain == self._float.environment:
            if self._begun:
                self._float.end_part()
                self._float.close(self._draft)
            self._float = None
        elif self._float is not None and plain in _PARTS:
            self._float.end_part()

    def _show_text(self, text: str) -> None:
        if self._begun:
            if self._float is None and not self._loose.is_empty and not text.isspace() and text:
                self._close_loose()
            self._draft.show(text)

    def _hide_text(self, text: str) -> None:
        if self._begun:
            self._draft.hide(text)

    def _close_loose(self) -> None:
        if not self._loose.is_empty:
            loose, self._loose = self._loose, Float("", "Figure")
            loose.close(self._draft)

    @property
    def _open_float(self) -> Float:
        return self._float or self._loose

    def heading(self, name: str) -> None:
        """Begin a section."""
        level = _HEADINGS[name]
        if not self._begun:
            return
        self._close_loose()
        has_star = self.tokens.take_star()
        if not has_star:
            self._counters.step(name)
        self.tokens.read_optional()
        text = flatten(self.argument())
        if text.casefold().strip(" .:") == "abstract" and not self._has_abstract:
            self._has_abstract = True
            self._draft.begin_abstract()
        else:
            self._draft.begin_section(text, level)

    def run_in_heading(self, _: str) -> None:
        """Read the heading of a paragraph as text."""
        self.tokens.take_star()
        self.tokens.read_optional()
        self.tokens.put_back([" ", "{", *self.tokens.read_argument(), "}", " "])

    def title(self, _: str) -> None:
        """Read the title."""
        self.tokens.read_optional()
        self._draft.set_title(flatten(self.argument()))

    def abstract(self, _: str) -> None:
        r"""Read ``\abstract{...}``, of which some journals' styles have five."""
        self.tokens.read_optional()
        if self.tokens.peek() == "{":
            parts = self.tokens.read_braced()[:5]
            self._abstract([token for part in parts for token in (*part, " ")])

    def _abstract(self, tokens: list[str]) -> None:
        begun, self._begun = self._begun, True
        self._has_abstract = True
        self._draft.begin_abstract()
        inner = ExpandedTokens(tokens, self.definitions)
        Prose(inner, self._show_text, self._hide_text, COMMANDS).run()
        self._draft.end_abstract()
        self._begun = begun

    def caption(self, name: str) -> None:
        """Read a caption."""
        has_star = self.tokens.take_star()
        target = self._open_float
        if name == "captionof":
            kind = self.tokens.read_word().capitalize()
        else:
            kind = _CAPTIONS.get(name) or (self._float.kind if self._float else "Figure")
        self.tokens.read_optional()
        text = flatten(self.argument())
        if name == "caption" and target.is_in_part:
            target.set_part_caption(text)
            return
        label = "" if has_star else f"{kind} {self._counters.step(kind.lower())}"
        if self._begun:
            target.add_caption(kind, label, text)

    def caption_box(self, _: str) -> None:
        r"""Read ``\captionbox{caption}{content}``."""
        caption = self.tokens.read_argument()
        self.tokens.read_optional()
        self.tokens.read_optional()
        content = self.tokens.read_argument()
        self.tokens.put_back(["\\caption", "{", *caption, "}", "{", *content, "}"])

    def float_box(self, name: str) -> None:
        r"""Read ``\ttabbox[width]{\caption{...}}{content}``."""
        self.tokens.read_optional()
        caption, content = self.tokens.read_argument(), self.tokens.read_argument()
        kind = "table" if name == "ttabbox" else "figure"
        if "\\caption" in caption:
            at = caption.index("\\caption")
            caption[at : at + 1] = ["\\captionof", "{", kind, "}"]
        self.tokens.put_back(["{", *caption, "}", "{", *content, "}"])

    def part(self, name: str) -> None:
        r"""Read ``\subfloat[caption]{content}`` or ``\subcaptionbox{caption}{content}``."""
        if name == "subcaptionbox":
            self.tokens.take_star()
            text: list[str] | None = self.tokens.read_argument()
            self.tokens.read_optional()
            self.tokens.read_optional()
        else:
            text = self.tokens.read_optional()
            text = self.tokens.read_optional() or text
        content = self.tokens.read_argument()
        if self._float is not None:
            self._float.add_part(flatten(self.fragment(text or [])))
        self.tokens.put_back(["{", *content, "}"])

    def part_caption(self, _: str) -> None:
        r"""Read ``\subcaption{...}``."""
        self.tokens.take_star()
        self.tokens.read_optional()
        text = flatten(self.argument())
        if self._open_float.is_in_part:
            self._open_float.set_part_caption(text)
        elif self._float is not None:
            self._float.add_part(text)
        else:
            self.emit(f" {text} ")

    def item(self, _: str) -> None:
        """Begin an item of a list; a term that it explains is text, and a mark is not."""
        label = self.tokens.read_optional()
        text = flatten(self.fragment(label)) if label else ""
        self.emit(f" {text} " if len(text) > _LONGEST_MARK else " ")

    def set_counter(self, name: str) -> None:
        r"""Read ``\setcounter`` or ``\addtocounter``."""
        self._counters.set(self.tokens.read_word(), self.tokens.read_word(), add=name == "addtocounter")

    def count_within(self, _: str) -> None:
        r"""Read ``\numberwithin`` or ``\counterwithin``."""
        self.tokens.take_star()
        self.tokens.read_optional()
        self._counters.count_within(self.tokens.read_word(), self.tokens.read_word())

    def appendix(self, _: str) -> None:
        """Begin the appendix."""
        self._counters.begin_appendix()

    def columns(self, _: str) -> None:
        r"""Read ``\twocolumn[text over both columns]``."""
        text = self.tokens.read_optional(100_000)
        self.tokens.put_back([" ", *text, " "] if text else [])

    def table_head(self, name: str) -> None:
        r"""Read ``\tablefirsthead{...}``, which the next table of the kind begins with."""
        head = self.tokens.read_argument()
        if name == "tablefirsthead" or not self._heads:
            self._heads = head

    def listing_caption(self, text: str) -> None:
        """Add the caption of a piece of code."""
        label = f"Listing {self._counters.step('lstlisting')}"
        self._draft.add_caption(label, flatten(self.fragment(tokens(text))))

    def _table(self, name: str) -> None:
        plain = name.rstrip("*")
        if plain in _WITH_WIDTH or (name.endswith("*") and plain not in _LONG):
            self.tokens.read_argument()
        outer = self.tokens.read_optional()
        if plain in {"tabu", "longtabu"}:
            while self.tokens.peek() not in {"{", ""}:
                self.tokens.read_raw()  # "to \textwidth"
        specification = self.tokens.read_argument()
        if plain.startswith("NiceTabular"):
            self.tokens.read_optional()
        body = self.tokens.read_environment(name)
        if plain in _KEYED:
            specification = list(tokens(keyed_values(specification).get("colspec", "".join(specification))))
        if plain in _LONG:
            self._long_table(specification, body, outer or [])
            return
        if plain in _WITH_HEADS:
            body, self._heads = [*self._heads, *body], []
        rows = split_rows(body, self.definitions)
        if holds_tables(cell for row in rows for cell in row):
            self.tokens.put_back([token for row in rows for cell in row for token in (*cell, " ")])
            return
        self._add_body(specification, rows)

    def _add_body(self, specification: list[str], rows: list[list[list[str]]]) -> None:
        if self._begun:
            self._open_float.add_body(self._read_rows(specification, rows))

    def _read_rows(self, specification: list[str], rows: list[list[list[str]]]) -> list[list[str]]:
        columns = read_columns(specification, self.definitions) if specification else Columns([], [])
        coloured = self.scope.coloured or "\\columncolor" in specification
        in_mathematics, self.in_mathematics = self.in_mathematics, False
        read = TableReader(self, columns, coloured=coloured).read(rows)
        self.in_mathematics = in_mathematics
        return read

    def _long_table(self, specification: list[str], body: list[str], outer: list[str]) -> None:
        """Read a long table: its caption stands inside, and the head that it repeats on each page counts once."""
        own = Float("longtable", "Table")
        caption = keyed_values(outer).get("caption")
        if caption:
            body = ["\\caption", "{", *tokens(caption), "}", *body]
        body = self._take_caption(body, own)
        head: list[str] = []
        for mark in ("\\endfirsthead", "\\endhead", "\\endfoot", "\\endlastfoot"):
            if mark in body:
                before, body = body[: body.index(mark)], body[body.index(mark) + 1 :]
                before = self._take_caption(before, own)
                head = head or before
        own.add_body(self._read_rows(specification, split_rows([*head, *body], self.definitions)))
        if self._begun:
            self._close_loose()
            own.close(self._draft)

    def _take_caption(self, body: list[str], own: Float) -> list[str]:
        """Read the caption in a table's body into its float; the body without it."""
        name = next((name for name in ("\\caption", "\\tablecaption", "\\topcaption") if name in body), "")
        if not name:
            return body
        at = body.index(name)
        inner = ExpandedTokens(body[at + 1 :], self.definitions)
        if not own.is_empty:  # the same table goes on: "Table 3 (continued)"
            inner.take_star()
            inner.read_optional()
            inner.read_argument()
            return [*body[:at], *iter(inner.read_raw, "")]
        outer, outer_float, self.tokens, self._float = self.tokens, self._float, inner, own
        self.caption("tablecaption" if name != "\\caption" else "caption")
        self.tokens, self._float = outer, outer_float
        return [*body[:at], *iter(inner.read_raw, "")]

    def _deluxetable(self, name: str) -> None:
        """Read a table of the journals of the American Astronomical Society."""
        specification = self.tokens.read_argument()
        self.tokens.read_optional()
        body = self.tokens.read_environment(name)
        own = Float("deluxetable", "Table")
        body = self._take_caption(body, own)
        head: list[str] = []
        data = body
        if "\\startdata" in body:
            at = body.index("\\startdata")
            before, data = body[:at], body[at + 1 :]
            if "\\tablehead" in before:
                head = ExpandedTokens(before[before.index("\\tablehead") + 1 :], self.definitions).read_argument()
        if "\\enddata" in data:
            data = data[: data.index("\\enddata")]
        rows = split_rows(head, self.definitions) if head else []
        own.add_body(self._read_rows(specification, [*rows, *split_rows(data, self.definitions)]))
        if self._begun:
            self._close_loose()
            own.close(self._draft)


def _times(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


_HEADINGS = {"part": 1, "chapter": 1, "section": 1, "subsection": 2, "subsubsection": 3}
_TABLES = frozenset(
    """tabular tabularx tabulary tabu longtabu longtable tblr longtblr talltblr NiceTabular NiceTabularX xltabular
    supertabular xtabular mpsupertabular mpxtabular tabularht tabularkv""".split()
)
_WITH_WIDTH = frozenset({"tabularx", "tabulary", "xltabular", "NiceTabularX"})
_LONG = frozenset({"longtable", "longtabu", "xltabular", "longtblr", "talltblr"})
_KEYED = frozenset({"tblr", "longtblr", "talltblr"})
_WITH_HEADS = frozenset({"supertabular", "xtabular", "mpsupertabular", "mpxtabular"})
_FLOATS = {"table": "Table", "wraptable": "Table", "sidewaystable": "Table", "figure": "Figure", "wrapfigure": "Figure",
           "sidewaysfigure": "Figure", "algorithm": "Algorithm", "SCfigure": "Figure", "SCtable": "Table",
           "margintable": "Table", "marginfigure": "Figure", "floatingtable": "Table", "floatingfigure": "Figure",
           "longfigure": "Figure", "teaserfigure": "Figure", "tablehere": "Table", "figurehere": "Figure",
           "listing": "Listing"}  # fmt: skip
_PARTS = frozenset({"subtable", "subfigure", "subfloat", "subtblr"})
_ABSTRACTS = frozenset({"abstract", "onecolabstract", "ieeeabstract", "preface@abstract"})
_CAPTIONS = {"tablecaption": "Table", "tabcaption": "Table", "tblcaption": "Table", "topcaption": "Table",
             "bottomcaption": "Table", "figcaption": "Figure", "wraptablecaption": "Table"}  # fmt: skip
_LONGEST_MARK = 2

_COMMANDS: Mapping[str, Callable[[_Document, str], None]] = (
    dict.fromkeys(_HEADINGS, _Document.heading)
    | dict.fromkeys(("paragraph", "subparagraph"), _Document.run_in_heading)
    | dict.fromkeys(("title", "icmltitle"), _Document.title)
    | dict.fromkeys(("caption", "captionof", *_CAPTIONS), _Document.caption)
    | dict.fromkeys(("subfloat", "subtable", "subfigure", "subcaptionbox"), _Document.part)
    | dict.fromkeys(("setcounter", "addtocounter"), _Document.set_counter)
    | dict.fromkeys(("numberwithin", "counterwithin"), _Document.count_within)
    | dict.fromkeys(("ttabbox", "ffigbox"), _Document.float_box)
    | dict.fromkeys(("tablefirsthead", "tablehead"), _Document.table_head)
    | {
        "abstract": _Document.abstract,
        "captionbox": _Document.caption_box,
        "subcaption": _Document.part_caption,
        "item": _Document.item,
        "appendix": _Document.appendix,
        "twocolumn": _Document.columns,
    }
)
