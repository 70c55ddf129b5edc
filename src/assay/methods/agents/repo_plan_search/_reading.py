"""Reads a repository's source, which is never run; a file that cannot be read is named, and the others are read."""

import ast
import os
import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from assay.methods.agents.repo_plan_search._symbols import LOCALS, Kind, Repository, Symbol, Unread, printable, text_of

_SIGNATURE, _DOC = 300, 1_500
"""Characters that are kept of each."""
_IN_HEADER = re.compile(
    r"""#[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|[()\[\]{}:]""",
)
"""What tells where a definition's header ends: comments, strings, in which colons mean nothing, and brackets."""
_NAME = re.compile(r"[\w./ +=@-]+")
_NO_SOURCE = {"__pycache__", "node_modules", "site-packages"}


def read_repository(root: str | Path) -> Repository:
    """Read all Python files of a folder; one that cannot be read is named, and the others are read.

    Hidden folders, environments and links are passed over, so that nothing outside the folder is read.

    Raises:
        ValueError: There is no such folder, or it has no function or class.
    """
    root = Path(root)
    if not root.is_dir():
        raise ValueError(f"{root} is no folder")
    root = root.resolve()
    found: dict[str, Symbol] = {}
    unread: list[Unread] = []
    imports: dict[str, str] = {}
    stars: dict[str, list[str]] = {}
    files = characters = 0
    for file in _files(root, unread):
        if not _NAME.fullmatch(file):  # it would stand in prompts, and in terminals
            unread.append(Unread(printable(file), 0, "has a name with characters that no module's should have"))
            continue
        reader = _Reader(file, *_module(root, file))
        try:
            text = text_of(root / file)
            reader.read(text, parse(text))
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
            unread.append(_unread(root, file, error))
            continue
        files, characters = files + 1, characters + len(text)
        for symbol in reader.symbols.values():
            found.setdefault(symbol.path, symbol)  # of a package and a module of one name the package
        imports |= reader.imports
        if reader.stars:
            stars[reader.module] = reader.stars
    if not found:
        why = f"; {unread[0]}" if unread else ""
        raise ValueError(f"{root} has no function or class in {files + len(unread)} Python files{why}")
    return Repository(root, tuple(found.values()), imports, stars, tuple(unread), files, characters)


def parse(text: str) -> ast.Module:
    """The tree of a piece of source, without warnings of escapes in the strings of others."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def imports_of(statements: Sequence[ast.stmt], module: str, package: str) -> tuple[dict[str, str], list[str]]:
    """What import statements make known in a module: of each full name what it stands for; and what is taken whole."""
    names: dict[str, str] = {}
    stars: list[str] = []
    for node in statements:
        if isinstance(node, ast.Import):
            for alias in node.names:
                head = alias.name.partition(".")[0]
                names[f"{module}.{alias.asname or head}"] = alias.name if alias.asname else head
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".") if package and node.level else []
            above = parts[: max(0, len(parts) - node.level + 1)]
            origin = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                if alias.name == "*":
                    stars.append(origin)
                elif (target := f"{origin}.{alias.name}") != (name := f"{module}.{alias.asname or alias.name}"):
                    names[name] = target
    return names, stars


class _Reader:
    """Goes through the statements of one file."""

    def __init__(self, file: str, module: str, package: str) -> None:
        self.file, self.module, self.package = file, module, package
        self.symbols: dict[str, Symbol] = {}
        self.imports: dict[str, str] = {}
        self.stars: list[str] = []
        self._lines: list[str] = []

    def read(self, text: str, tree: ast.Module) -> None:
        self._lines = text.split("\n")
        self._visit(tree.body, "", in_class=False)

    def _visit(self, statements: Sequence[ast.AST], owner: str, *, in_class: bool) -> None:
        for node in statements:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                name = self._add(node, owner, "method" if in_class else "function")
                self._visit(node.body, f"{name}.{LOCALS}.", in_class=False)
            elif isinstance(node, ast.ClassDef):
                self._visit(node.body, f"{self._add(node, owner, 'class')}.", in_class=True)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                names, stars = imports_of([node], self.module, self.package)
                self.imports |= names
                self.stars += stars
            else:
                for part in ("body", "orelse", "finalbody", "handlers", "cases"):
                    if isinstance(inner := getattr(node, part, None), list):
                        self._visit(inner, owner, in_class=in_class)

    def _add(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, owner: str, kind: Kind) -> str:
        qualname = f"{owner}{node.name}"
        known = self.symbols.get(qualname)
        doc = ast.get_docstring(node) or ""
        # Of overloads, properties and the branches of an if: what is documented, or else the last.
        if not (known and known.doc):
            begins = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            end = node.end_lineno or node.lineno
            self.symbols[qualname] = Symbol(
                self.module, qualname, kind, self._signature(node), doc[:_DOC], self.file, begins, end
            )
        return qualname

    def _signature(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
        """What stands before the body, on one line: cut out, since writing it from the tree again takes long."""
        text, depth, kept, at = "\n".join(self._lines[node.lineno - 1 : node.body[0].lineno]), 0, "", 0
        for match in _IN_HEADER.finditer(text):
            mark = match[0]
            depth += (mark in "([{") - (mark in ")]}")
            if mark.startswith("#"):
                kept, at = kept + text[at : match.start()], match.end()
            elif mark == ":" and not depth:
                text = text[: match.start()]
                break
        return printable(kept + text[at:])[:_SIGNATURE]


def _files(root: Path, unread: list[Unread]) -> Iterator[str]:
    """Python files below the root, in the order of their names."""

    def refuse(error: OSError) -> None:
        unread.append(Unread(Path(error.filename).relative_to(root).as_posix(), 0, error.strerror or "cannot be read"))

    for folder, folders, names in os.walk(root, onerror=refuse):
        here = Path(folder)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name not in _NO_SOURCE
            and not (here / name).is_symlink()
            and not (here / name / "pyvenv.cfg").exists()
        )
        for name in sorted(names):
            file = here / name
            if name.endswith(".py") and file.is_file() and not file.is_symlink():
                yield file.relative_to(root).as_posix()


def _module(root: Path, file: str) -> tuple[str, str]:
    """Under which name a file is imported, and from which package its relative imports go out."""
    parts = list(PurePosixPath(file).with_suffix("").parts)
    if parts[0] == "src" and len(parts) > 1 and not (root / "src" / "__init__.py").exists():
        parts = parts[1:]
    above = root
    while (above / "__init__.py").exists():  # the root is itself a package
        parts.insert(0, above.name)
        above = above.parent
    if parts[-1] == "__init__":
        return ".".join(parts[:-1]) or "__init__", ".".join(parts[:-1])
    return ".".join(parts), ".".join(parts[:-1])


def _unread(root: Path, file: str, error: Exception) -> Unread:
    if isinstance(error, SyntaxError) and error.lineno:
        return Unread(file, error.lineno, error.msg)
    if isinstance(error, UnicodeDecodeError):
        line = (root / file).read_bytes()[: error.start].count(b"\n") + 1
        return Unread(file, line, f"is not {error.encoding}, as it says or Python assumes")
    if isinstance(error, RecursionError | MemoryError):
        return Unread(file, 0, "is nested too deeply to be read")
    if isinstance(error, OSError):
        return Unread(file, 0, error.strerror or str(error))
    before, null, _ = (root / file).read_bytes().partition(b"\0")
    return Unread(file, before.count(b"\n") + 1 if null else 1, str(error))
