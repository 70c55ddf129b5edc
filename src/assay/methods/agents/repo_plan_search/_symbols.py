"""What a repository offers: its functions, methods and classes, and what they are called where."""

import tokenize
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Literal

Kind = Literal["function", "method", "class"]

LOCALS = "<locals>"
"""Stands in the name of what is defined inside a function, as Python itself has it."""
_LARGEST = 5 << 20
"""Bytes of a file that is read; larger ones are data, or written by a machine."""

_LONGEST_WAY = 50
"""Imports through which a name is followed."""


@dataclass(frozen=True)
class Symbol:
    """A function, method or class of a repository."""

    module: str
    """As it is imported, such as ``sklearn.cluster._kmeans``."""
    qualname: str
    """Within the module, such as ``KMeans.fit``; what stands in a function has ``<locals>`` in it."""
    kind: Kind
    signature: str
    """``def fit(self, X, y=None)``, on one line."""
    doc: str
    """The beginning of its docstring; empty if it has none."""
    file: str
    """From the repository's root, with ``/``."""
    line: int
    """Where it begins, from 1, decorators included."""
    end: int
    """Its last line."""

    @property
    def path(self) -> str:
        """Module and name: what tells it from all others."""
        return f"{self.module}.{self.qualname}"

    @property
    def name(self) -> str:
        """The last part of its name."""
        return self.qualname.rpartition(".")[2]


@dataclass(frozen=True)
class Unread:
    """A file that could not be read, and why."""

    file: str
    line: int
    """Where the trouble is, from 1; 0 if it is the file itself."""
    why: str

    def __str__(self) -> str:
        """``file:line: why``."""
        return f"{self.file}:{self.line}: {self.why}" if self.line else f"{self.file}: {self.why}"


@dataclass(frozen=True, eq=False)
class Repository:
    """The symbols of a folder of source, and the names under which its modules know each other's."""

    root: Path
    symbols: tuple[Symbol, ...]
    imports: Mapping[str, str] = field(repr=False)
    """Of each name that a module imports, what it stands for: ``sklearn.cluster.KMeans`` is
    ``sklearn.cluster._kmeans.KMeans``."""
    stars: Mapping[str, Sequence[str]] = field(repr=False)
    """Of each module that imports all names of others, those others."""
    unread: tuple[Unread, ...] = ()
    files: int = 0
    """That were read."""
    characters: int = 0
    """In these."""

    @cached_property
    def by_path(self) -> Mapping[str, Symbol]:
        """Each symbol by its path."""
        return {each.path: each for each in self.symbols}

    def resolve(self, name: str) -> Symbol | None:
        """The symbol that a full name stands for, however it was imported; ``None`` if it is none of ours."""
        return self._resolve(name, set())

    def _resolve(self, name: str, tried: set[str]) -> Symbol | None:
        if name in tried or len(tried) == _LONGEST_WAY:  # modules import each other in a circle
            return None
        tried.add(name)
        if name in self.by_path:
            return self.by_path[name]
        head, tail = name, ""
        while head:
            if head in self.imports:
                return self._resolve(self.imports[head] + tail, tried)
            if head in self._modules:
                ways = (self._resolve(other + tail, tried) for other in self.stars.get(head, ()))
                return next(filter(None, ways), None)
            head, _, last = head.rpartition(".")
            tail = f".{last}{tail}"
        return None

    @cached_property
    def _modules(self) -> Collection[str]:
        """Those that have or import something."""
        owners = {name.rpartition(".")[0] for name in self.imports}
        return owners | {symbol.module for symbol in self.symbols} | set(self.stars)

    def source(self, symbol: Symbol) -> str:
        """The symbol's source as it stands in its file now.

        Raises:
            ValueError: The file is gone, or has changed since the repository was read.
        """
        parts = PurePosixPath(symbol.file).parts
        if ".." in parts or parts[0] == "/":
            raise ValueError(f"{symbol.file} is not in the repository")
        try:
            lines = text_of(self.root / symbol.file).split("\n")[symbol.line - 1 : symbol.end]
        except (OSError, SyntaxError, UnicodeDecodeError) as error:
            raise ValueError(f"{symbol.file} cannot be read any more: {error}") from None
        if len(lines) != symbol.end - symbol.line + 1 or not any(symbol.name in line for line in lines):
            raise ValueError(f"{symbol.file}:{symbol.line}: {symbol.path} is no longer there: read the repository anew")
        return "\n".join(lines)


def usable(symbol: Symbol) -> bool:
    """Whether somebody may call a symbol: it is no test, not private, and not inside a function."""
    parts = PurePosixPath(symbol.file).parts
    test = {"test", "tests"} & set(parts[:-1]) or parts[-1].startswith(("test_", "conftest"))
    return not test and not any(part.startswith(("_", "<")) for part in symbol.qualname.split("."))


def printable(text: str) -> str:
    """A text on one line, without what moves a terminal's cursor."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def text_of(file: Path) -> str:
    """The text of a file of Python, in the encoding that it says.

    Raises:
        OSError: It cannot be read, or is too large.
        SyntaxError: It says an encoding that there is not.
        UnicodeDecodeError: It is in another one.
    """
    if (size := file.stat().st_size) > _LARGEST:
        raise OSError(f"it has {size / 1e6:.1f} MB, and is not read")
    content = file.read_bytes()
    try:
        encoding, _ = tokenize.detect_encoding(BytesIO(content).readline)
    except SyntaxError:
        content.decode()  # says where, if it is the letters and not what the file says of them
        raise
    try:
        return content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except LookupError as error:
        raise SyntaxError(str(error)) from None
