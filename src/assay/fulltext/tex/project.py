"""Puts a paper's LaTeX source together: which of its files is the paper, and the files that it takes in."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from assay.fulltext.archive import DIRECTIVES, MOST_TEXT, Archive, inside
from assay.fulltext.tex.comments import strip_comments


class Source(NamedTuple):
    """A paper's whole source."""

    text: str
    styles: list[str]
    """The paper's own style files, in the order in which it loads them."""
    notes: list[str]


def put_together(archive: Archive) -> Source:
    """The documents of a paper with all that they take in.

    Raises:
        ValueError: if there is no LaTeX document, or it is too large.
    """
    texts = {path: strip_comments(text) for path, text in archive.texts.items() if path not in DIRECTIVES}
    named = _top_level_files(archive.texts)
    candidates = _documents(texts, archive, named)
    if not candidates:
        raise ValueError("there is no LaTeX document in it")
    candidates.sort(key=lambda document: document.rank, reverse=True)
    main, *others = candidates
    taken_in = {path for document in candidates for path in document.parts}
    pieces = [_END.split(main.text, maxsplit=1)[0]]
    styles, notes = [*main.styles], [*archive.notes, *main.notes]
    for other in others:
        if other.path in taken_in or other.is_figure:
            continue
        if other.path in named or _SUPPLEMENT.search(PurePosixPath(other.path).stem):
            pieces.append(_body(other.text))
            styles += [style for style in other.styles if style not in styles]
            notes += other.notes
        else:
            notes.append(f"left out {other.path!r}: another document")
    return Source("\n".join(pieces), styles, notes)


class _Document(NamedTuple):
    path: str
    text: str
    styles: list[str]
    notes: list[str]
    parts: frozenset[str]
    rank: tuple[int, ...]
    is_figure: bool


def _documents(texts: Mapping[str, str], archive: Archive, named: Iterable[str]) -> list[_Document]:
    """The files that are whole documents, each with all that it takes in."""
    sources = {path: text for path, text in texts.items() if _is_source(path)}
    starts = [path for path, text in sources.items() if _BEGIN.search(text)]
    if any(not _END.search(texts[path]) for path in starts):  # a head that others take in
        starts += [path for path, text in sources.items() if path not in starts and _INPUT.search(text)]
    starts.sort(key=lambda path: (path not in named, path.count("/"), -len(texts[path])))
    documents = []
    for path in starts[:_MOST_DOCUMENTS]:
        expansion = _Expansion(texts, path)
        whole = "".join(expansion.expand(texts[path], (path,)))
        preamble, begun, body = whole.partition("\\begin{document}")
        kind = _CLASS.search(preamble)
        if kind is None or not begun:
            continue
        has_abstract = re.search(
            r"\\begin\s*\{abstract|\\abstract\b|\\section\*?\s*\{\s*abstract", whole, re.IGNORECASE
        )
        title = re.search(r"\\[A-Za-z]{0,30}title\s*(?:\[[^\]]{0,500}\])?\s*\{", whole)
        stem = PurePosixPath(path).stem
        rank = (
            path in named,
            kind["class"] not in _PARTS_OF_OTHERS,
            kind["class"] not in _LETTERS,
            not expansion.lacks_files,
            not _LETTER.search(stem),
            not _SUPPLEMENT.search(stem),
            len(body) >= _LEAST_BODY,
            -path.count("/"),
            not _OTHER_STATE.search(stem),
            has_abstract is not None,
            title is not None,
            str(PurePosixPath(path).with_suffix(".bbl")) in archive.paths,
            len(body),
        )
        is_figure = kind["class"] in _PARTS_OF_OTHERS
        documents.append(
            _Document(path, whole, expansion.styles, expansion.notes, frozenset(expansion.parts), rank, is_figure)
        )
    return documents


def _is_source(path: str) -> bool:
    return path.lower().endswith((".tex", ".ltx", ".latex"))


def _top_level_files(files: Mapping[str, str]) -> list[str]:
    """The files that the author named to arXiv as the main ones."""
    paths = []
    for name in ("00README.XXX", "00README"):
        for line in files.get(name, "").splitlines():
            path, _, what = line.strip().partition(" ")
            if what.strip() == "toplevelfile":
                paths.append(path)
    try:
        sources = json.loads(files.get("00README.json", "{}")).get("sources", [])
        paths += [source["filename"] for source in sources if source.get("usage") == "toplevel"]
    except (ValueError, AttributeError, TypeError, KeyError):
        pass  # a directive that cannot be read directs nothing
    yaml = files.get("00README.yaml", "")
    paths += re.findall(r"filename:\s*[\"']?([^\s\"']+)[\"']?\s+usage:\s*[\"']?toplevel", yaml)
    return paths


class _Expansion:
    """Takes in the files that a document names."""

    def __init__(self, texts: Mapping[str, str], main: str) -> None:
        self._texts = texts
        self._by_name: dict[str, list[str]] = {}
        for path in texts:
            self._by_name.setdefault(path.rpartition("/")[2].casefold(), []).append(path)
        self._folder = str(PurePosixPath(main).parent)
        self._budget = MOST_TEXT
        self._only: set[str] | None = None
        self._paths: dict[str, str] = {}
        self.notes: list[str] = []
        self.styles: list[str] = []
        self.parts: set[str] = set()
        self._misplaced = 0

    @property
    def lacks_files(self) -> bool:
        """Whether most files that it names are not where it names them, so that it is no document of this archive."""
        return 2 * self._misplaced > len(self.parts) + self._misplaced

    def expand(self, text: str, chain: tuple[str, ...], folders: tuple[str, ...] = ()) -> Iterable[str]:
        r"""``text`` in pieces, with the files that it takes in.

        ``chain`` holds the files that led here, and ``folders`` those in which ``\import`` looks first.
        """
        if len(chain) > 1:
            text = _body(text)
        ended = _END_INPUT.search(text)
        text = text[: ended.start()] if ended else text
        for match in _PATH_MACRO.finditer(text):
            self._paths.setdefault(match[1], match[2])
        here = str(PurePosixPath(chain[-1]).parent)
        text = "".join(self._choose_by_files(text, (*folders, self._folder, ".", here)))
        after = 0
        for match in _INPUT.finditer(text):
            yield text[after : match.start()]
            after = match.end()
            if match["only"] is not None:
                self._only = {name.strip() for name in match["only"].split(",")}
            elif match["packages"] is not None:
                yield match[0]
                self._load_styles(match["packages"], match["load"], folders)
            else:
                yield from self._take_in(match, chain, folders)
        yield text[after:]

    def _choose_by_files(self, text: str, folders: Sequence[str]) -> Iterator[str]:
        r"""``text`` in pieces, with the one of two texts that ``\IfFileExists`` and its like choose.

        A file that TeX's own packages may bring cannot be told, and the choice stays.
        """
        after = 0
        for match in _IF_FILE.finditer(text):
            if match.start() < after:
                continue
            then = _argument_in(text, match.end())
            otherwise = _argument_in(text, then.stop + 1) if then else None
            exists = self._find(self._written_out(match["path"]), folders, (".tex", "")) is not None
            if then is None or otherwise is None or not (exists or match["input"] or _OWN_FILE.search(match["path"])):
                continue
            taken_in = f"\\input{{{match['path']}}}" if match["input"] else ""
            chosen = text[then] + taken_in if exists else text[otherwise]
            yield text[after : match.start()]
            yield from self._choose_by_files(chosen, folders)
            after = otherwise.stop + 1
        yield text[after:]

    def _take_in(self, match: re.Match[str], chain: tuple[str, ...], folders: tuple[str, ...]) -> Iterable[str]:
        command = match["command"] or match["import"]
        folder = self._written_out(match["folder"] or "")
        target = self._written_out(match["path"] or match["imported"] or match["bare"] or "")
        if not target or "#" in target or "\\" in target:
            if "#" not in target and target:
                self.notes.append(f"left out {target!r}: its path is a macro that is not known")
            return
        if command == "include" and self._only is not None and target not in self._only:
            self.notes.append(f"left out {target!r}: \\includeonly does not name it")
            return
        here = str(PurePosixPath(chain[-1]).parent)
        path = str(PurePosixPath(folder, target)) if folder else target
        looked_in = (
            (*folders, here, self._folder, ".") if command.startswith("sub") else (*folders, self._folder, ".", here)
        )
        file = self._find(path, looked_in, (".tex", ""))
        if file is None and (file := self._find_elsewhere(path)) is None:
            self._note_missing(target, path, looked_in)
        elif file in chain or len(chain) > _DEEPEST:
            self.notes.append(f"left out {target!r}: it includes itself")
        else:
            self._budget -= len(self._texts[file])
            if self._budget < 0:
                raise ValueError(f"with all files that it includes it has more than {MOST_TEXT // 2**20} MiB")
            self.parts.add(file)
            inner = (str(PurePosixPath(file).parent),) if folder or command.startswith("subfile") else folders
            yield from self.expand(self._texts[file], (*chain, file), inner)

    def _note_missing(self, target: str, path: str, looked_in: Iterable[str]) -> None:
        if all(_within(folder, path) is None for folder in looked_in):
            self.notes.append(f"left out {target!r}: a path that leaves the archive")
        elif not target.endswith(_PICTURES):
            self.notes.append(f"left out {target!r}: it is not there")

    def _written_out(self, path: str) -> str:
        """A path with the macros in it that stand for folders."""
        plain = _MACRO.sub(lambda macro: self._paths.get(macro[1], macro[0]), path)
        return plain.strip().strip('"')

    def _find(self, path: str, folders: Iterable[str], suffixes: Iterable[str]) -> str | None:
        """The file of this name in the first folder that has one."""
        for folder in folders:
            plain = _within(folder, path)
            for suffix in suffixes if plain is not None else ():
                if f"{plain}{suffix}" in self._texts:
                    return f"{plain}{suffix}"
        return None

    def _find_elsewhere(self, path: str) -> str | None:
        """The only file of this name, in whatever folder and letters; TeX itself would not find it."""
        self._misplaced += not path.endswith(_PICTURES)
        plain = inside(path)
        if plain is None:
            return None
        ends = [f"/{plain}{suffix}".casefold() for suffix in (".tex", "")]
        alike = [name for end in ends for name in self._by_name.get(end.rpartition("/")[2], ())]
        alike = [name for name in alike if f"/{name}".casefold().endswith(tuple(ends))]
        return alike[0] if len(alike) == 1 else None

    def _load_styles(self, packages: str, command: str, folders: tuple[str, ...]) -> None:
        """Note the paper's own style files."""
        suffix = ".cls" if "class" in command.lower() else ".sty"
        for name in packages.split(","):
            file = self._find(name.strip(), (*folders, self._folder, "."), (suffix,)) if name.strip() else None
            if file is not None and file not in self.parts and len(self.styles) < _MOST_STYLES:
                self.parts.add(file)
                text = self._texts[file]
                for match in _INPUT.finditer(text):
                    if match["packages"] is not None:
                        self._load_styles(match["packages"], match["load"], folders)
                self.styles.append(text)


def _argument_in(text: str, start: int) -> slice | None:
    """Where the argument in braces lies that follows in a text; ``None`` if none follows, or it has no end."""
    opening = _BRACE.match(text, start)
    if opening is None:
        return None
    depth = 1
    for brace in _BRACES.finditer(text, opening.end()):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0:
            return slice(opening.end(), brace.start())
    return None


def _within(folder: str, path: str) -> str | None:
    """A path in a folder; one that leads out of it, but not out of the archive, is inside too."""
    return inside(path) if folder == "." else None if path.startswith("/") else inside(f"{folder}/{path}")


def _body(text: str) -> str:
    """What a document contributes that another takes in: the text between its begin and its end."""
    begin = _BEGIN.search(text)
    if begin is not None and not _END.search(text):
        return text  # the head of a document that its parts share
    if begin is None:
        return _END.split(text, maxsplit=1)[0] if _CLASS.search(text) else text
    kept = "".join(match[0] for match in _OWN_COMMAND.finditer(text, 0, begin.start()))
    return kept + _END.split(text[begin.end() :], maxsplit=1)[0]


_DEEPEST = 10
_MOST_DOCUMENTS = 20
_LEAST_BODY = 2_000  # characters of a document that is more than a title page or a figure
_MOST_STYLES = 40
_PICTURES = (".bbl", ".tikz", ".pgf", ".pdf_tex", ".eps_tex", ".ind", ".gls")
_BEGIN = re.compile(r"\\begin\s*\{document\}")
_END = re.compile(r"\\end\s*\{document\}")
_END_INPUT = re.compile(r"\\endinput(?![A-Za-z])")
_CLASS = re.compile(r"\\document(?:class|style)\b\s*(?:\[[^\]]{0,2000}\])?\s*\{\s*(?P<class>[^{}]*?)\s*\}")
_PARTS_OF_OTHERS = frozenset({"subfiles", "standalone"})
_LETTERS = frozenset({"letter", "scrlttr2", "beamer", "tikzposter", "beamerposter", "moderncv"})
_LETTER = re.compile(
    r"(?i)(?:^|[-_. ])(?:cover[-_ ]?letter|letter|rebuttal|responses?|reviewers?|revisions?|slides|poster|presentation"
    r"|diff)"
    r"(?:[-_. \d]|$)"
)
_OTHER_STATE = re.compile(r"(?i)(?:^|[-_. ])(?:old|backup|bak|copy|template|sample|example)(?:[-_. \d]|$)")
_SUPPLEMENT = re.compile(
    r"(?i)(?:^|[-_. ])(?:supp|suppl|supplement\w*|supmat|appendix|appendices|si|sm)(?:[-_. ]|$|mat)"
)
_PATH_MACRO = re.compile(
    r"\\(?:(?:re)?newcommand\*?|providecommand\*?|def)\s*\{?\s*\\([A-Za-z]+)\s*\}?\s*\{([\w./-]*)\}"
)
_OWN_COMMAND = re.compile(
    r"\\(?:(?:re|provide)?(?:new)?command\*?|def)\s*\{?\s*\\[A-Za-z]+\s*\}?\s*(?:\[\d\])?"
    r"\{[^{}]*(?:\{[^{}]*\}[^{}]*){0,50}\}"
)
_IF_FILE = re.compile(r"\\(?:IfFileExists|(?P<input>InputIfFileExists))\s*\{(?P<path>[^{}]*)\}")
_OWN_FILE = re.compile(r"\.(?:tex|txt|bbl|ind|csv)$|^[^.]*$")
_BRACE = re.compile(r"\s*\{")
_BRACES = re.compile(r"\\.|[{}]", re.DOTALL)
_MACRO = re.compile(r"\\([A-Za-z]+)\s*")
_INPUT = re.compile(
    r"\\(?:includeonly\s*\{(?P<only>[^{}]*)\}"
    r"|(?P<load>usepackage|RequirePackage|documentclass|LoadClass)\s*(?:\[[^\]]{0,2000}\]\s*)?\{(?P<packages>[^{}]*)\}"
    r"|(?P<import>subimport|subincludefrom|subinputfrom|import|includefrom|inputfrom)\*?\s*\{(?P<folder>[^{}]*)\}\s*"
    r"\{(?P<imported>[^{}]*)\}"
    r"|(?P<command>input|include|subfile|subfileinclude|@input|includestandalone)(?![A-Za-z@])\s*"
    r"(?:\[[^\]]{0,2000}\]\s*)?(?:\{(?P<path>[^{}]*)\}|(?P<bare>[^\s{}\\%#\]]+)))"
)
