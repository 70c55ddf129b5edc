"""The source hash of a trial: it changes when code that bears on the figure does, and then a kept result is stale.

It covers the method's module or package, the trial's module, and what these import of ``methods``, ``testbed`` and the
trial's room, followed through imports as they are written, without importing anything. It does not cover what only
times, judges, shows or keeps. Comments, docstrings and blank lines do not count, nor does the version of Python.
"""

import ast
import io
import tokenize
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from assay.trials.declaration import Trial

PACKAGE = Path(__file__).parents[1]
"""Folder of the package ``assay``."""

_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
_COVERED = ("assay.methods", "assay.testbed", "assay.trials")
_ONLY_SHOWS_OR_KEEPS = ("assay.testbed.progress", "assay.testbed.cache", "assay.testbed.code")


def source_hash(trial: Trial) -> str:
    """SHA-256 of the code that the trial's figure depends on.

    Raises:
        ValueError: The trial was not written in a file, but at a prompt, say.
    """
    if not trial.file.is_file():
        raise ValueError(
            f"trial {trial.function} is in no file, so that nobody could tell what it was: write it in one"
        )
    digest = sha256()
    for module, file in sources(trial).items():
        if text := _what_counts(file.read_text(encoding="utf-8")):
            digest.update(f"{module}\0{text}\0".encode())
    return digest.hexdigest()


def sources(trial: Trial) -> dict[str, Path]:
    """The files that the hash covers, by module name, sorted."""
    found = {trial.module: trial.file}
    waiting = [(trial.module, trial.file), *_method(trial)]
    found.update(waiting)
    while waiting:
        module, file = waiting.pop()
        for name in _imported(module, file):
            if name not in found and _is_covered(name) and (imported := _file_of(name)):
                found[name] = imported
                waiting.append((name, imported))
    return dict(sorted(found.items()))


def _method(trial: Trial) -> Iterator[tuple[str, Path]]:
    """The method's own module, or all modules of its package, whether the trial imports them or not."""
    module = f"assay.methods.{trial.entry.room}.{trial.entry.name}"
    if file := _file_of(module):
        for path in sorted(file.parent.rglob("*.py")) if file.name == "__init__.py" else [file]:
            inner = path.relative_to(PACKAGE.parent).with_suffix("").parts
            yield ".".join(part for part in inner if part != "__init__"), path


def _imported(module: str, file: Path) -> Iterator[str]:
    """Every module that the file's import statements may load, parents included."""
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            source = ".".join(filter(None, [base, node.module]))
            names = [source, *(f"{source}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            parts = name.split(".")
            yield from (".".join(parts[:n]) for n in range(1, len(parts) + 1))


def _is_covered(module: str) -> bool:
    if module in _ONLY_SHOWS_OR_KEEPS:
        return False
    if module.startswith("assay.trials."):
        return module.count(".") > 2 or (PACKAGE / "trials" / module.split(".")[2]).is_dir()
    return module != "assay.trials" and module.startswith(_COVERED)


def _file_of(module: str) -> Path | None:
    if not (module == "assay" or module.startswith("assay.")):
        return None
    path = PACKAGE.joinpath(*module.split(".")[1:])
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in candidates if file.is_file()), None)


@lru_cache(maxsize=512)
def _what_counts(source: str) -> str:
    """The source without comments, docstrings, blank lines and trailing space."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, _Documented):
            for row in _docstring_rows(node, lines):
                lines[row - 1] = ""
    return "\n".join(filter(None, (line.rstrip() for line in lines)))


def _docstring_rows(node: _Documented, lines: list[str]) -> range:
    if ast.get_docstring(node, clean=False) is None:
        return range(0)
    first = node.body[0]
    stands_alone = not lines[first.lineno - 1].encode()[: first.col_offset].strip()
    return range(first.lineno, (first.end_lineno or first.lineno) + 1) if stands_alone else range(0)
