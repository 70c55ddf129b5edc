"""Reads a paper from its LaTeX source as arXiv serves it: an archive of files, one file, or the submitted PDF.

The source is read and never run. Nothing is written to disk, and a path that leads out of the archive is left out.
"""

# ruff: noqa: S105 - TeX's tokens are no passwords

import io
import json
import re
import tarfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from assay.fulltext import pdf
from assay.fulltext.draft import Draft, flatten
from assay.fulltext.model import FullText
from assay.fulltext.tex import Prose, Scope, Tokens


def parse(data: bytes, paper: str, version: int | None) -> FullText:
    """Read a paper out of its e-print.

    Raises:
        ValueError: if it is too large, holds no LaTeX document, or its macros expand without end.
    """
    source = _unzip(data)
    if source.startswith(b"%PDF-"):
        return pdf.parse(source, paper, version)
    draft = Draft(paper, version, "latex")
    files = _files(source, draft)
    document = _main_document(files, draft)
    _Document(document, draft).run()
    return draft.finish()


_MOST_BYTES = 256 * 2**20
_MOST_MEMBERS = 10_000
_MOST_TEXT = 16 * 2**20
_DEEPEST_INPUT = 10


def _unzip(data: bytes) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    unzip = zlib.decompressobj(wbits=31)
    try:
        content = unzip.decompress(data, _MOST_BYTES)
        complete = unzip.eof
    except zlib.error as error:
        raise ValueError(f"not a whole gzip file: {error}") from error
    if unzip.unconsumed_tail:
        raise ValueError(f"it unpacks to more than {_MOST_BYTES // 2**20} MiB")
    if not complete:
        raise ValueError("not a whole gzip file: it ends too early")
    return content


def _files(source: bytes, draft: Draft) -> dict[str, str]:
    """The text files by their path in the archive; a single file without an archive is ``main.tex``."""
    try:
        tarfile.TarInfo.frombuf(source[:512], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return {"main.tex": _decode(source[:_MOST_TEXT])}
    files: dict[str, str] = {}
    size = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(source), mode="r:") as archive:
            for number, member in enumerate(archive):
                if number == _MOST_MEMBERS:
                    raise ValueError(f"it holds more than {_MOST_MEMBERS} files")
                path = _inside(member.name)
                if path is None or member.issym() or member.islnk():
                    draft.add_note(f"left out {member.name!r}: a link, or a path that leaves the archive")
                elif member.isfile() and _is_text(path):
                    size += member.size
                    if size > _MOST_TEXT:
                        raise ValueError(f"its text files have more than {_MOST_TEXT // 2**20} MiB")
                    content = archive.extractfile(member)
                    files[path] = _decode(content.read()) if content else ""
    except tarfile.TarError as error:
        raise ValueError(f"not a whole tar file: {error}") from error
    return files


def _is_text(path: str) -> bool:
    return path.lower().endswith((".tex", ".ltx", ".latex")) or path in _DIRECTIVES


_DIRECTIVES = ("00README.json", "00README.XXX")


def _inside(path: str) -> str | None:
    """The path in its plain form, or ``None`` for one that leads out of the archive."""
    parts = PurePosixPath(path.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or re.match(r"[A-Za-z]:", path):
        return None
    return str(parts)


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _main_document(files: Mapping[str, str], draft: Draft) -> str:
    """The document with all its inputs; of several, the one that looks most like the paper."""
    top_level = _top_level_files(files)
    plain = {path: _strip_comments(text) for path, text in files.items() if path not in _DIRECTIVES}
    candidates: list[tuple[tuple[bool, bool, bool, int], str, list[str]]] = []
    for path, text in plain.items():
        if not re.search(r"\\document(?:class|style)\b", text) or "\\begin{document}" not in text:
            continue
        notes: list[str] = []
        whole = "".join(_expand_inputs(text, plain, (path,), notes, [_MOST_TEXT]))
        has_abstract = re.search(r"\\begin\s*\{abstract\}|\\abstract\b", whole) is not None
        candidates.append(((path in top_level, has_abstract, "\\title" in whole, len(whole)), whole, notes))
        if len(candidates) == 20:
            break
    if not candidates:
        raise ValueError("there is no LaTeX document in it")
    _, whole, notes = max(candidates, key=lambda document: document[0])
    for note in notes:
        draft.add_note(note)
    return whole


def _top_level_files(files: Mapping[str, str]) -> set[str]:
    """The files that the author named to arXiv as the main ones."""
    paths = set()
    for line in files.get("00README.XXX", "").splitlines():
        path, _, what = line.strip().partition(" ")
        if what.strip() == "toplevelfile":
            paths.add(path)
    try:
        sources = json.loads(files.get("00README.json", "{}")).get("sources", [])
        paths |= {source["filename"] for source in sources if source.get("usage") == "toplevel"}
    except (ValueError, AttributeError, TypeError, KeyError):
        pass  # a directive that cannot be read directs nothing
    return paths


_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*(?:\n[ \t]*(?=\S))?")


def _strip_comments(text: str) -> str:
    """``text`` without its comments, each with the end of its line, as in TeX."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"\\begin\s*\{comment\}.*?\\end\s*\{comment\}", "", _COMMENT.sub(r"\1", text), flags=re.DOTALL)


_INPUT = re.compile(
    r"\\(?:input|include|subfile|subimport|import)\b\s*(?:\{(?P<folder>[^{}]*)\}(?=\s*\{))?\s*(?:\{(?P<path>[^{}]*)\}|(?P<bare>[^\s{}\\%]+))"
)


def _expand_inputs(
    text: str, files: Mapping[str, str], path: tuple[str, ...], notes: list[str], budget: list[int]
) -> Iterable[str]:
    """``text`` in pieces, with the files that it inputs.

    ``path`` is the chain of files that led here, and ``budget`` holds the number of characters that may still come.
    """
    after = 0
    for match in _INPUT.finditer(text):
        yield text[after : match.start()]
        after = match.end()
        target = ((match["folder"] or "") + (match["path"] or match["bare"] or "")).strip().strip('"')
        inside = _inside(target)
        file = next((name for name in (inside, f"{inside}.tex") if name in files), None)
        if inside is None:
            notes.append(f"left out {target!r}: a path that leaves the archive")
        elif file is None:
            if not target.endswith((".bbl", ".tikz", ".pgf")):
                notes.append(f"left out {target!r}: it is not there")
        elif file in path or len(path) > _DEEPEST_INPUT:
            notes.append(f"left out {target!r}: it includes itself")
        else:
            budget[0] -= len(files[file])
            if budget[0] < 0:
                raise ValueError(f"with all files that it includes it has more than {_MOST_TEXT // 2**20} MiB")
            yield from _expand_inputs(files[file], files, (*path, file), notes, budget)
    yield text[after:]


_HEADINGS = {"part": 1, "chapter": 1, "section": 1, "subsection": 2, "subsubsection": 3}
_TABLES = frozenset("tabular tabularx tabulary tabu longtable tblr NiceTabular xltabular supertabular".split())
_FLOATS = {"table": "Table", "wraptable": "Table", "sidewaystable": "Table", "figure": "Figure", "wrapfigure": "Figure",
           "sidewaysfigure": "Figure", "algorithm": "Algorithm", "SCfigure": "Figure", "SCtable": "Table"}  # fmt: skip
_SKIP_ENVIRONMENTS = frozenset(
    "thebibliography tikzpicture pgfpicture filecontents CCSXML comment picture axis".split()
)
_VERBATIM = frozenset("verbatim Verbatim lstlisting minted alltt".split())


class _Document(Prose):
    """Reads a whole document into a draft."""

    def __init__(self, source: str, draft: Draft) -> None:
        super().__init__(Tokens(source, {}, {}), self._show_text, self._hide_text)
        self._draft = draft
        self._begun = False
        self._ended = False
        self._float: _Float | None = None
        self._numbers: dict[str, int] = {}

    def run(self) -> None:
        """Read to the end of the document."""
        while not self._ended and (token := self.tokens.take()):
            self.read(token)

    def read(self, token: str) -> None:
        """Read one token: here those that structure a document, and the others as prose."""
        name = token[1:] if token[0] == "\\" else ""
        if name in _HEADINGS and self._begun:
            self._heading(_HEADINGS[name])
        elif name in {"paragraph", "subparagraph"}:
            self.tokens.take_star()
            self.tokens.put_back([" ", "{", *self.tokens.read_argument(), "}", " "])
        elif name in {"title", "icmltitle"}:
            self.tokens.read_optional()
            self._draft.set_title(flatten(self.fragment(self.tokens.read_argument())))
        elif name == "abstract" and not self._begun:
            self._abstract(self.tokens.read_argument())
        elif name in {"caption", "captionof"}:
            self._caption(name)
        elif name == "subfloat":
            self._subfloat()
        elif name == "item":
            self.tokens.read_optional()
            self.emit(" ")
        elif name == "subcaption":
            self.tokens.put_back([" ", "{", *self.tokens.read_argument(), "}", " "])
        else:
            super().read(token)

    def _begin(self, name: str) -> None:
        plain = name.rstrip("*")
        if name == "document":
            self._begun = True
            self._scopes = [Scope()]
        elif name == "abstract":
            self._abstract(self.tokens.read_environment(name))
        elif plain in _TABLES:
            self._table(name)
        elif plain in _SKIP_ENVIRONMENTS:
            self.tokens.read_environment(name)
        elif plain in _VERBATIM:
            self.emit(" " + "".join(self.tokens.read_environment(name)) + " ")
        else:
            if plain in _FLOATS and self._float is None:
                self._float = _Float(plain, _FLOATS[plain])
            super()._begin(name)

    def _end(self, name: str) -> None:
        if name == "document":
            self._ended = True
            return
        super()._end(name)
        if self._float is not None and name.rstrip("*") == self._float.environment:
            self._close_float(self._float)
            self._float = None

    def _show_text(self, text: str) -> None:
        if self._begun:
            self._draft.show(text)

    def _hide_text(self, text: str) -> None:
        if self._begun:
            self._draft.hide(text)

    def _heading(self, level: int) -> None:
        self.tokens.take_star()
        self.tokens.read_optional()
        self._draft.begin_section(flatten(self.fragment(self.tokens.read_argument())), level)

    def _abstract(self, tokens: list[str]) -> None:
        begun, self._begun = self._begun, True
        self._draft.begin_abstract()
        inner = Tokens(tokens, self.tokens.macros, self.tokens.colours)
        Prose(inner, self._show_text, self._hide_text).run()
        self._draft.end_abstract()
        self._begun = begun

    def _caption(self, name: str) -> None:
        has_star = self.tokens.take_star()
        kind = (
            self.tokens.read_word().capitalize()
            if name == "captionof"
            else self._float.kind
            if self._float
            else "Figure"
        )
        self.tokens.read_optional()
        text = flatten(self.fragment(self.tokens.read_argument()))
        label = ""
        if not has_star:
            self._numbers[kind] = self._numbers.get(kind, 0) + 1
            label = f"{kind} {self._numbers[kind]}"
        if self._float is not None:
            self._float.captions.append((len(self._float.bodies), kind, label, text))
        elif kind == "Table":
            self._draft.add_table(label, text, ())
        else:
            self._draft.add_caption(label, text)

    def _subfloat(self) -> None:
        text = self.tokens.read_optional()
        self.tokens.put_back(["{", *self.tokens.read_argument(), "}"])
        if text and self._float is not None:
            self._float.captions.append((len(self._float.bodies), "", "", flatten(self.fragment(text))))

    def _table(self, name: str) -> None:
        if name in {"tabular*", "tabularx", "tabulary", "xltabular"}:
            self.tokens.read_argument()
        self.tokens.read_optional()
        specification = "".join(self.tokens.read_argument())
        body = self.tokens.read_environment(name)
        if name.rstrip("*") == "longtable":
            self._longtable(body)
            return
        coloured = self.scope.coloured or "\\columncolor" in specification
        rows = [self._row(row, coloured=coloured) for row in _split(body, "\\\\")]
        if self._float is not None:
            self._float.bodies.append(rows)
        elif self._begun:
            self._draft.add_table("", "", rows)

    def _longtable(self, body: list[str]) -> None:
        """Read a long table: its caption stands inside, and the head that it repeats on each page counts once."""
        own = _Float("longtable", "Table")
        if "\\caption" in body:
            at = body.index("\\caption")
            inner = Tokens(body[at + 1 :], self.tokens.macros, self.tokens.colours)
            outer, self.tokens, self._float = self.tokens, inner, own
            self._caption("caption")
            rest: list[str] = []
            while token := inner.read_raw():
                rest.append(token)
            self.tokens, self._float = outer, None
            body = [*body[:at], *rest]
        head: list[str] = []
        for mark in ("\\endfirsthead", "\\endhead", "\\endfoot", "\\endlastfoot"):
            if mark in body:
                before, body = body[: body.index(mark)], body[body.index(mark) + 1 :]
                head = head or before
        rows = [self._row(row, coloured=self.scope.coloured) for row in _split([*head, *body], "\\\\")]
        own.bodies.append(rows)
        self._close_float(own)

    def _row(self, tokens: list[str], *, coloured: bool) -> list[str]:
        coloured = coloured or "\\rowcolor" in tokens
        cells: list[str] = []
        for cell in _split(tokens, "&"):
            text, span = self._cell(cell, coloured=coloured or "\\cellcolor" in cell)
            cells += [text] + [""] * (span - 1)
        return cells

    def _cell(self, tokens: list[str], *, coloured: bool) -> tuple[str, int]:
        """The text of a cell, and how many columns it spans."""
        span = 1
        inner = Tokens(tokens, self.tokens.macros, self.tokens.colours)
        plain: list[str] = []
        while token := inner.take():
            if token == "\\multicolumn":
                number = inner.read_word()
                span = min(int(number), 100) if number.isdecimal() and len(number) < 4 and int(number) else 1
                inner.read_argument()
            elif token == "\\multirow":
                inner.read_optional()
                inner.read_argument()
                inner.read_optional()
                inner.read_argument()
                inner.read_optional()
            elif token in {"\\makecell", "\\thead", "\\shortstack"}:
                inner.read_optional()
            else:
                plain.append(token)
        return flatten(self.fragment(_strip_rules(plain), coloured=coloured)), span

    def _close_float(self, current: "_Float") -> None:
        """Give each caption its table: the one that follows if the first caption stands above, else the one before."""
        if not self._begun:
            return
        bodies = list(enumerate(current.bodies))
        tables = [caption for caption in current.captions if caption[1] == "Table"]
        above = bool(tables) and tables[0][0] == 0
        for number, (position, _, label, text) in enumerate(tables):
            following = tables[number + 1][0] if number + 1 < len(tables) else len(current.bodies)
            first, last = (position, following) if above else (tables[number - 1][0] if number else 0, position)
            if not above and number + 1 == len(tables):
                last = len(current.bodies)
            own = [rows for at, rows in bodies if first <= at < last]
            bodies = [(at, rows) for at, rows in bodies if not first <= at < last]
            self._draft.add_table(label, text, [row for rows in own for row in rows])
        others = [caption for caption in current.captions if caption[1] != "Table"]
        for _, rows in bodies:
            self._draft.add_table(next((label for _, _, label, _ in others if label), ""), "", rows)
        main = next((label for _, _, label, _ in others if label), "")
        for _, _, label, text in others:
            self._draft.add_caption(label or main, text)


class _Float:
    """A table or figure that is being read: its bodies, and its captions with how many bodies stood before."""

    def __init__(self, environment: str, kind: str) -> None:
        self.environment = environment
        self.kind = kind
        self.bodies: list[list[list[str]]] = []
        self.captions: list[tuple[int, str, str, str]] = []


def _split(tokens: Iterable[str], separator: str) -> list[list[str]]:
    """The tokens between separators that stand in no group and no inner environment."""
    parts: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        if token in {"{", "\\begin"}:
            depth += 1
        elif token in {"}", "\\end"}:
            depth -= 1
        if depth <= 0 and (token == separator or (separator == "\\\\" and token == "\\tabularnewline")):
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _strip_rules(tokens: list[str]) -> list[str]:
    r"""A cell without the remains of ``\\[2pt]`` and ``\cmidrule(lr){2-3}`` at its beginning."""
    if re.match(r"\s*\*?\[\s*-?[\d.]+\s*(?:pt|em|ex|mm|cm|\\\w+)\s*\]", "".join(tokens[:40])):
        tokens = tokens[tokens.index("]") + 1 :]
    pairs = zip(["", *tokens], tokens, strict=False)
    return [token for before, token in pairs if not (before == "\\cmidrule" and re.fullmatch(r"\(\w*\)", token))]
