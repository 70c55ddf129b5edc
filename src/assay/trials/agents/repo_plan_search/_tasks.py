"""Tasks over a real repository: write again one of its own functions, by what its docstring says.

The function itself is taken out of the index. What its source calls of the repository is what a plan must find.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from random import Random
from time import perf_counter

from assay.methods.agents.repo_plan_search import (
    DocstringIntents,
    Plan,
    Repository,
    Step,
    Symbol,
    SymbolIndex,
    called_symbols,
    read_repository,
    sentences,
    tfidf,
)

LEAST, MOST = 3, 10
"""Symbols that a function of a task calls."""
_WORDS = 6
"""Of the docstring's first sentence, at least."""


@dataclass(frozen=True)
class Task:
    """One function that is to be written again."""

    path: str
    request: str
    """The beginning of its docstring."""
    needed: tuple[str, ...]
    """The paths of what it calls."""


@dataclass(frozen=True, eq=False)
class Indexed:
    """A repository with its index and the tasks over it."""

    name: str
    index: SymbolIndex
    tasks: tuple[Task, ...]
    reading: float
    """Seconds that reading the source took."""
    indexing: float
    """Seconds that making the index took."""


@cache
def index_repository(name: str, folder: str, tasks: int, seed: int) -> Indexed:
    """Read an installed package, or a folder below it, draw tasks from it, and index the rest.

    Args:
        name: Of the package, as it is imported.
        folder: Below the package; all of it if empty.
        tasks: How many, at most.
        seed: Of the draw.
    """
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ValueError(f"the package {name} is not installed")
    tfidf(["its packages are loaded before the clock runs"])
    began = perf_counter()
    repository = read_repository(Path(spec.origin).parent / folder)
    read = perf_counter()
    drawn = draw_tasks(repository, tasks, seed)
    taken = {task.path for task in drawn}
    symbols = [each for each in repository.symbols if _callable(each) and each.path not in taken]
    start = perf_counter()
    index = SymbolIndex(repository, symbols, DocstringIntents()(repository, symbols))
    return Indexed(name, index, drawn, read - began, perf_counter() - start)


def draw_tasks(repository: Repository, count: int, seed: int) -> tuple[Task, ...]:
    """So many functions that are documented and call several others; none calls another that was drawn."""
    order = [each for each in repository.symbols if _callable(each) and each.kind != "class" and _asks(each)]
    Random(seed).shuffle(order)  # noqa: S311 - a draw, not a secret
    drawn: list[Task] = []
    for symbol in order:
        if len(drawn) == count:
            break
        needed = {path for path in called_symbols(symbol, repository) if _callable(repository.by_path[path])}
        taken = {task.path for task in drawn}
        used = {path for task in drawn for path in task.needed}
        if LEAST <= len(needed) <= MOST and not needed & taken and symbol.path not in used:
            drawn.append(Task(symbol.path, " ".join(sentences(symbol.doc)[:3]), tuple(sorted(needed))))
    return tuple(drawn)


def ask_plainly(indexed: Indexed, task: Task, count: int) -> Plan:
    """So many symbols nearest to the request, in one step: retrieval without a plan."""
    return Plan(task.request, (Step(task.request, indexed.index.ground(task.request, count)),))


def _callable(symbol: Symbol) -> bool:
    """Whether a colleague may call it: private names are for colleagues too."""
    parts = symbol.qualname.split(".")
    return not ({"tests", "test"} & set(symbol.file.split("/")) or any(each[:2] in ("__", "<l") for each in parts))


def _asks(symbol: Symbol) -> bool:
    said = sentences(symbol.doc)
    return bool(said) and len(said[0].split()) >= _WORDS


def by_group(values: Sequence[float], groups: int = 4) -> list[float]:
    """Per cent in each group that the tasks are dealt into: what differs between them is luck, and gives intervals."""
    parts = [values[start::groups] for start in range(groups)]
    return [100 * sum(part) / len(part) for part in parts if part]
