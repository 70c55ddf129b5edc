"""Which symbols a piece of code calls, and how many of those that are needed: by name alone, or by what a name is."""

import ast
import textwrap
from collections.abc import Collection, Iterator

from assay.methods.agents.repo_plan_search._plans import Plan
from assay.methods.agents.repo_plan_search._reading import imports_of, parse
from assay.methods.agents.repo_plan_search._symbols import LOCALS, Repository, Symbol


def called_names(code: str) -> set[str]:
    """The last names of all that is called: ``fit`` of ``model.fit(x)``.

    Code that does not parse is read as far as it does, since models often stop in the middle of a line.
    """
    return {name[-1] for name in _calls(_parse(code))}


def api_overlap(code: str, apis: Collection[str]) -> float:
    """The paper's measure: which share of the names is called, whatever they belong to.

    Args:
        code: Python, as a model wrote it.
        apis: Last names of the symbols that are needed.

    Raises:
        ValueError: There are no names.
    """
    return _share(called_names(code) & set(apis), apis)


def qualified_overlap(code: str, needed: Collection[str], repository: Repository) -> float:
    """The stricter measure: which share of the symbols is called, told by how the code imports them.

    A method counts where it is called on its class; of an object nobody knows what it is.

    Raises:
        ValueError: There are no symbols that are needed.
    """
    tree = _parse(code)
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    imports, stars = imports_of(statements, "", "")
    names = {name.removeprefix("."): target for name, target in imports.items()}
    called = set()
    for name in _calls(tree):
        full = ".".join([names.get(name[0], name[0]), *name[1:]])
        places = [full] if name[0] in names else [f"{star}.{full}" for star in stars]
        called |= {symbol.path for place in places if (symbol := repository.resolve(place))}
    return _share(called & set(needed), needed)


def called_symbols(symbol: Symbol, repository: Repository) -> set[str]:
    """The paths of the repository's symbols that one of them calls, as far as its imports tell.

    Raises:
        ValueError: Its source is no longer there.
    """
    owner = symbol.path.rpartition(".")[0] if symbol.kind == "method" else ""
    tree = _parse(textwrap.dedent(repository.source(symbol)))
    found = set()
    for name in _calls(tree):
        if owner and name[0] in ("self", "cls"):
            full = ".".join([owner, *name[1:]])
        else:
            full = ".".join([symbol.module, *name])
        called = repository.resolve(full)
        if called and called.path != symbol.path and LOCALS not in called.path:
            found.add(called.path)
    return found


def plan_recall(plan: Plan, needed: Collection[str]) -> float:
    """Which share of the symbols that are needed, by path, a plan's steps found.

    Raises:
        ValueError: There are none that are needed.
    """
    return _share({each.path for each in plan.symbols} & set(needed), needed)


def _share(found: Collection[str], needed: Collection[str]) -> float:
    if not needed:
        raise ValueError("no symbol is needed: there is no share of none")
    return len(found) / len(set(needed))


def _parse(code: str) -> ast.Module:
    lines = code.splitlines()
    while lines:
        try:
            return parse("\n".join(lines))
        except SyntaxError as error:
            # What comes before the fault may be good.
            lines = lines[: min(len(lines), error.lineno or len(lines)) - 1]
        except (ValueError, RecursionError, MemoryError):
            break
    return ast.Module([], [])


def _calls(tree: ast.Module) -> Iterator[tuple[str, ...]]:
    """The names of what is called, part by part; of a call on something without a name its last part alone."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            parts: list[str] = []
            of: ast.expr = node.func
            while isinstance(of, ast.Attribute):
                parts.append(of.attr)
                of = of.value
            parts += [of.id] if isinstance(of, ast.Name) else ["?"] if parts else []
            if parts:
                yield tuple(reversed(parts))
