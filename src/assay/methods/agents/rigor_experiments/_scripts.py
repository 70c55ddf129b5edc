"""What can be told of a script without running it: figures typed in, data made up, variables and seeds not used."""

import ast
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Literal

from assay.methods.agents.rigor_experiments._plan import Plan

Kind = Literal[
    "hard-coded figure",
    "mock data",
    "ignored variable",
    "swapped value",
    "stale results",
    "missing results",
    "no number",
    "crash",
    "not reproducible",
    "wrong unit",
    "reviewer",
]

_MAKE_UP_DATA = set("make_classification make_regression make_blobs make_moons make_circles Faker lorem".split())
_GENERATORS = set("Random default_rng RandomState seed manual_seed".split())
_NEVER_SEEDED = set("SystemRandom urandom uuid4 uuid1 token_bytes token_hex randbelow".split())
_CLOCKS = set("time time_ns now utcnow perf_counter monotonic getpid".split())
_DRAW = set(
    "random randint randrange uniform gauss choice choices sample shuffle rand randn normal permutation".split()
)
"""Functions that the modules ``random`` and ``numpy.random`` have, on a generator of their own."""


@dataclass(frozen=True)
class Finding:
    """Something wrong with a script or its results."""

    kind: Kind
    message: str
    line: int = 0
    """Of the script, from 1; 0 where it is not one line's."""

    def __str__(self) -> str:
        """In a line."""
        return f"{self.kind}: {self.message}" + (f" (line {self.line})" if self.line else "")


def check_script(plan: Plan, script: str) -> list[Finding]:
    """Check a script against its plan without running it; nothing found is no proof that all is well."""
    try:
        tree = ast.parse(script)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return [Finding("crash", f"it is not Python: {error}", getattr(error, "lineno", 0) or 0)]
    findings = [*typed_figures(tree), *unseeded_randomness(tree)]
    findings += [
        Finding("ignored variable", f"it never uses {name} but to say that it did")
        for name in plan.variables
        if not uses_variable(tree, name)
    ]
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    findings += [
        Finding("mock data", f"it never names its input {name}")
        for name in plan.inputs
        if not any(name in text for text in texts)
    ]
    for call, name in _calls(tree):
        if name in _MAKE_UP_DATA:
            findings.append(Finding("mock data", f"{name} makes data up", call.lineno))
    return findings


def typed_figures(tree: ast.AST) -> Iterator[Finding]:
    """Values of results that are typed in: a number, or a name that only ever stands for numbers."""
    constants = _constant_names(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Dict):
            continue
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "value" and is_constant(value, constants):
                yield Finding("hard-coded figure", f"the value is typed in: {ast.unparse(value)}", value.lineno)


def unseeded_randomness(tree: ast.AST) -> Iterator[Finding]:
    """Random numbers that do not follow from the seed: no seed, a clock's, or a module's own generator unseeded."""
    calls = list(_calls(tree))
    seeded = any(name in ("seed", "manual_seed") and (call.args or call.keywords) for call, name in calls)
    modules = _modules_of_random_numbers(tree)
    for call, name in calls:
        arguments = [*call.args, *(each.value for each in call.keywords)]
        if name in _NEVER_SEEDED:
            yield Finding("not reproducible", f"{name} cannot be seeded", call.lineno)
        elif name in _GENERATORS and not arguments:
            yield Finding("not reproducible", f"{name} is given no seed", call.lineno)
        elif name in _GENERATORS and any(inner in _CLOCKS for each in arguments for _, inner in _calls(each)):
            yield Finding("not reproducible", f"{name} takes its seed from a clock", call.lineno)
        elif name in _DRAW and not seeded and _owner(call) in modules:
            yield Finding("not reproducible", f"{ast.unparse(call.func)} draws before any seed is set", call.lineno)


def uses_variable(tree: ast.AST, name: str) -> bool:
    """Whether a script reads a variable, and does something with it but tell that it has it.

    It reads ``options.name`` or ``options["name"]``; a name that it gives the value must be read in turn.
    """
    told = {id(inner) for node in _told(tree) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in told or not _is_variable(node, name):
            continue
        targets = _targets_of(tree, node)
        if not targets or any(_is_read(tree, target, told) for target in targets):
            return True
    return False


def is_constant(node: ast.expr, constants: Set[str] = frozenset()) -> bool:
    """Whether an expression comes to the same number whatever a script does."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float) and not isinstance(node.value, bool)
    if isinstance(node, ast.Name):
        return node.id in constants
    if isinstance(node, ast.UnaryOp):
        return is_constant(node.operand, constants)
    if isinstance(node, ast.BinOp):
        return is_constant(node.left, constants) and is_constant(node.right, constants)
    return isinstance(node, ast.Call) and _name_of(node) in ("float", "int", "round") and bool(node.args) and all(
        is_constant(each, constants) for each in node.args
    )  # fmt: skip


def _constant_names(tree: ast.AST) -> set[str]:
    """Names that are only ever given typed numbers."""
    given: dict[str, list[ast.expr]] = {}
    other: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            given.setdefault(node.targets[0].id, []).append(node.value)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            other.add(node.id)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            other.add(node.target.id)
    stored = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    changed = {name for name in other if stored.count(name) > len(given.get(name, []))}
    constants: set[str] = set()
    for _ in range(len(given)):  # a name of a name of a number
        more = {name for name, values in given.items() if all(is_constant(each, constants) for each in values)}
        if more - changed <= constants:
            break
        constants |= more - changed
    return constants


def _told(tree: ast.AST) -> Iterator[ast.AST]:
    """The parts that only tell which settings were used: behind the key ``settings``, or the name that stands there."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Dict):
            continue
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "settings":
                yield value
                if isinstance(value, ast.Name):
                    yield from _values_of(tree, value.id)


def _values_of(tree: ast.AST, name: str) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            yield node.value


def _is_variable(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        return node.attr == name
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.ctx, ast.Load):
        return node.slice.value == name
    return False


def _targets_of(tree: ast.AST, value: ast.AST) -> list[str]:
    """The names that are given exactly this value."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and node.value is value:
                    names.append(target.id)
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = zip(target.elts, node.value.elts, strict=False)
                    names += [one.id for one, other in pairs if other is value and isinstance(one, ast.Name)]
    return names


def _is_read(tree: ast.AST, name: str, told: set[int]) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load) and id(node) not in told
        for node in ast.walk(tree)
    )


def _modules_of_random_numbers(tree: ast.AST) -> set[str]:
    """The names by which the modules ``random`` and ``numpy.random`` are known."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                if each.name in ("random", "numpy.random"):
                    names.add(each.asname or each.name)
                elif each.name == "numpy":
                    names.add(f"{each.asname or each.name}.random")
    return names


def _calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, _name_of(node)


def _name_of(call: ast.Call) -> str:
    function = call.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _owner(call: ast.Call) -> str:
    """What a function is called on: ``np.random`` in ``np.random.rand()``."""
    return ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
