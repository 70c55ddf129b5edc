"""Hashes the definitions that a function reaches, read from source files without importing them.

A definition is a function, a class or a value that a module gives a name. From one of them on, names are followed to
the definitions of the same package that they stand for: through imports, re-exports, attributes of modules, bases,
decorators, defaults and imports inside functions. What runs when a reached module is imported (a registration, say)
counts as well. Whatever cannot be followed by reading (a module handed about as a value, a name looked up at run time)
makes the whole module count, so that the hash never covers too little.

Comments, docstrings, blank lines, annotations of functions and the words of built-in errors do not count, nor does the
version of Python. Nor does the place of a definition: moved to another module, or in a module of another name, it has
the same hash, as long as every name still stands for the same definition. Names of other packages count in full.

The hash reads files and so is good for what was run from them. For code that is in memory, with what it was handed,
there is `assay.testbed.code`.
"""

import ast
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TypeGuard

Covers = Callable[[str, str], bool]
"""Whether a definition counts, by module and name."""

_WHOLE = "*"
_NAME = "Name "
"""What a name that is not followed begins with in a text."""
_Compound = ast.If | ast.For | ast.While | ast.With | ast.Try | ast.TryStar | ast.Match
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_READS_NO_ANNOTATIONS = set(
    "property staticmethod classmethod setter abstractmethod override overload final cache lru_cache cached_property "
    "contextmanager wraps no_grad inference_mode trial".split()
)
_LOOKS_UP = {"globals", "locals", "eval", "exec", "__import__", "importlib.import_module", "sys.modules"}
_ERRORS = {"ValueError", "TypeError", "RuntimeError", "KeyError", "IndexError", "NotImplementedError", "AssertionError"}
_NEVER_COUNTS = {"ctx", "type_comment", "kind"}


@dataclass(frozen=True)
class Definition:
    """A name in a module of the package; the name ``*`` stands for all of the module."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}:{self.name}"


class Definitions:
    """The definitions of a package, each file read once.

    Args:
        folder: Of the package; its name is the package's.
        covers: Which definitions count; names of others are taken as they are and not followed.
        files: Modules outside of the package, with their files.
        split: A class whose methods count one by one, as ``module:Class``: where code of `files` or of the class's own
            parent package mentions an attribute of a method's name, that method counts, and the class itself does not.
        safe: Modules whose look-ups by name find nothing that is not named elsewhere.
    """

    def __init__(
        self,
        folder: Path,
        *,
        covers: Covers,
        files: Mapping[str, Path] | None = None,
        split: str = "",
        safe: Collection[str] = (),
    ) -> None:
        self._folder, self._covers, self._files, self._safe = folder, covers, dict(files or {}), safe
        self._modules: dict[str, _Module | None] = {}
        self._texts: dict[Definition, _Text] = {}
        owner, _, name = split.partition(":")
        self._split = Definition(owner, name)
        self._methods: dict[str, Definition] = {}
        if split:
            self._methods = dict(self._methods_of(self._split))

    def hash(self, module: str, name: str) -> str:
        """SHA-256 of a definition and of all that it reaches."""
        return self._follow(Definition(module, name))[0]

    def reach(self, module: str, name: str) -> list[str]:
        """What the hash covers, each as ``module:name``, sorted.

        ``module:*`` is all of a module; ``module:*0`` is the first of those statements that do more on import than
        give names.
        """
        return sorted(map(str, self._follow(Definition(module, name))[1]))

    def mentions(self, module: str, name: str) -> set[str]:
        """What a definition and its reach name that is not covered, in full: ``time.perf_counter``, say."""
        texts = (self._text(each) for each in self._follow(Definition(module, name))[1])
        return {piece.removeprefix(_NAME) for text in texts for piece in text if _is_name(piece)}

    def _follow(self, start: Definition) -> tuple[str, set[Definition]]:
        """The hash, and what it covers: the start, then what runs on import of the modules that were reached."""
        digest, reached = self._hash_from(self._existing(start))
        effects: set[str] = set()
        executed: set[str] = set()
        waiting = {each.module for each in reached}
        while waiting:
            name = waiting.pop()
            executed.add(name)
            if (module := self.module(name)) is None:
                continue
            for number in range(len(self._side_effects(module))):
                effect, more = self._hash_from(Definition(name, f"{_WHOLE}{number}"))
                effects.add(effect)
                reached |= more
            loaded = {each for each in {*_parents(name), *module.loads} if self._covers(each, "")}
            waiting |= (loaded | {each.module for each in reached}) - executed
        return sha256("\n".join([digest, *sorted(effects)]).encode()).hexdigest(), reached

    def _hash_from(self, start: Definition) -> tuple[str, set[Definition]]:
        """The hash of the texts in the order in which they are reached; in them, names are numbers in that order."""
        numbers, order, digest = {start: 0}, [start], sha256()
        for each in order:  # grows meanwhile
            for piece in self._text(each):
                if isinstance(piece, Definition):
                    if piece not in numbers:
                        numbers[piece] = len(order)
                        order.append(piece)
                    digest.update(f"\1{numbers[piece]}".encode())
                else:
                    digest.update(f"\2{piece}".encode())
            digest.update(b"\0")
        return digest.hexdigest(), set(order)

    def _existing(self, start: Definition) -> Definition:
        module = self.module(start.module)
        return start if module and start.name in module.names else Definition(start.module, _WHOLE)

    def _text(self, definition: Definition) -> "_Text":
        if definition not in self._texts:
            self._texts[definition] = []  # a cycle of whole modules ends here
            self._texts[definition] = list(self._read(definition))
        return self._texts[definition]

    def _read(self, definition: Definition) -> Iterator["str | Definition"]:
        module = self.module(definition.module)
        if module is None:
            return
        if definition.name.startswith(_WHOLE):
            effects = self._side_effects(module)
            if number := definition.name.removeprefix(_WHOLE):
                yield from _Writer(self, module).write_all([effects[int(number)]])
                return
            targets = [self.named(module, name) for name in (*module.names, *module.imports)]
            yield from (target for target in targets if isinstance(target, Definition))
            inner = self._under(f"{module.name}.") if module.is_package else []
            for each in (*module.stars, *inner):
                if each != module.name:
                    yield from self.escaped(_Ours(each))
            return
        owner, _, method = definition.name.partition(".")
        nodes = module.names[owner]
        if method:
            bodies = [node.body for node in nodes if isinstance(node, ast.ClassDef)]
            nodes = [node for body in bodies for node in body if getattr(node, "name", "") == method]
        elif source := module.imports.get(owner):  # imported, and then changed
            target = self.imported(*source)
            yield target if isinstance(target, Definition) else f"{target}"
        yield from _Writer(self, module).write_all(nodes)

    def _methods_of(self, kind: Definition) -> Iterator[tuple[str, Definition]]:
        """The methods of a class, those of its bases first."""
        module = self.module(kind.module)
        for node in module.names.get(kind.name, []) if module else []:
            if module and isinstance(node, ast.ClassDef):
                for base in node.bases:
                    if isinstance(target := self.target(module, base), Definition):
                        yield from self._methods_of(target)
                for each in node.body:
                    if isinstance(each, ast.FunctionDef):
                        yield each.name, Definition(kind.module, f"{kind.name}.{each.name}")

    def _side_effects(self, module: "_Module") -> list[ast.stmt]:
        """Statements that do something when the module is imported, other than giving names."""
        registered = [
            node
            for nodes in module.names.values()
            for node in nodes
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and self._registers(module, node)
        ]
        return [*module.effects, *registered] if self._covers(module.name, "") else []

    def _registers(self, module: "_Module", node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
        """Whether a decorator or base may keep the definition, so that it is found without its name."""
        for decorator in node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if _last_name(called).startswith("register") or isinstance(self.target(module, called), Definition):
                return True
        return isinstance(node, ast.ClassDef) and self._notes_subclasses(module, node)

    def _notes_subclasses(self, module: "_Module", node: ast.ClassDef) -> bool:
        for base in [*node.bases, *(keyword.value for keyword in node.keywords)]:
            target = self.target(module, base)
            if not isinstance(target, Definition) or not (home := self.module(target.module)):
                continue
            for parent in home.names.get(target.name, []):
                if isinstance(parent, ast.ClassDef) and parent is not node:
                    hooks = {"__init_subclass__", "__new__"} if base not in node.bases else {"__init_subclass__"}
                    if any(getattr(each, "name", "") in hooks for each in parent.body):
                        return True
                    if self._notes_subclasses(home, parent):
                        return True
        return False

    # Names

    def target(self, module: "_Module", node: ast.expr) -> "_Target":
        """What an expression of names and dots stands for at the top of a module."""
        chain = _chain(node)
        target = self.named(module, chain[0]) if chain else None
        for name in chain[1:]:
            target = self.member(target, name)
        return target

    def named(self, module: "_Module", name: str, path: frozenset[Definition] = frozenset()) -> "_Target":
        """What a name stands for at the top of a module; ``None`` for a built-in one."""
        here = Definition(module.name, name)
        if here in path:
            return None
        if name in module.names:
            return here if self._covers(module.name, name) and here != self._split else _Other(name)
        if source := module.imports.get(name):
            return self.imported(*source, path | {here})
        stars = [self.imported(star, name, path | {here}) for star in module.stars if self.module(star)]
        return next((target for target in stars if target not in (None, _Other(name))), None)

    def imported(self, source: str, name: str, path: frozenset[Definition] = frozenset()) -> "_Target":
        """What an import stands for; an empty name is the module itself."""
        module = _Ours(source) if self.module(source) else _Other(source)
        return self.member(module, name, path) if name else module

    def member(self, target: "_Target", name: str, path: frozenset[Definition] = frozenset()) -> "_Target":
        """What an attribute of that stands for, as far as it is that of a module."""
        if isinstance(target, _Other):
            return _Other(f"{target.name}.{name}")
        if not isinstance(target, _Ours) or (module := self.module(target.name)) is None:
            return target
        if (definition := self.named(module, name, path)) is not None:
            return definition
        if self.module(inner := f"{target.name}.{name}"):
            return _Ours(inner)
        if "__getattr__" in module.names and self._counts_whole(target.name):
            return Definition(target.name, _WHOLE)
        return _Other(name)

    def method(self, module: "_Module", name: str) -> Definition | None:
        """The method of the split class that an attribute of this name may be."""
        if (method := self._methods.get(name)) is None or not self._covers(method.module, method.name):
            return None
        parent = self._split.module.rpartition(".")[0]
        return method if module.name in self._files or module.name.startswith(f"{parent}.") else None

    def looked_up(self, module: "_Module") -> Iterator[Definition]:
        """All that code of a module may find at run time: the module itself, and what its texts name."""
        if module.name in self._safe:
            return
        yield Definition(module.name, _WHOLE)
        for text in module.texts:
            if text.rstrip(".") and self.module(text.rstrip(".")):
                yield from (Definition(each, _WHOLE) for each in self._under(text) if self._counts_whole(each))

    def escaped(self, target: "_Ours") -> Iterator[Definition]:
        """What counts where a module is used as a value."""
        if self._counts_whole(target.name):
            yield Definition(target.name, _WHOLE)

    def _counts_whole(self, module: str) -> bool:
        return self.module(module) is not None and self._covers(module, "")

    def _under(self, text: str) -> Iterator[str]:
        """The module of a name, or all of a package whose name ends in a dot."""
        name = text.rstrip(".")
        if name == text:
            yield name
            return
        folder = self._folder.joinpath(*name.split(".")[1:])
        for file in sorted(folder.rglob("*.py")):
            parts = file.relative_to(self._folder.parent).with_suffix("").parts
            yield ".".join(part for part in parts if part != "__init__")

    # Files

    def module(self, name: str) -> "_Module | None":
        """A module of the package, or of the further files; ``None`` for any other."""
        if name not in self._modules:
            path = self._files.get(name) or self._path(name)
            is_package = path is not None and (path.is_dir() or path.name == "__init__.py")
            source = "" if path is None or path.is_dir() else path.read_text(encoding="utf-8")
            self._modules[name] = None if path is None else _Module(name, _parsed(source), is_package=is_package)
        return self._modules[name]

    def _path(self, name: str) -> Path | None:
        """The file of a module, or the folder of a package that has none."""
        first, *inner = name.split(".")
        if first != self._folder.name:
            return None
        path = self._folder.joinpath(*inner)
        return next((each for each in (path / "__init__.py", path.with_suffix(".py"), path) if each.exists()), None)


@dataclass(frozen=True)
class _Ours:
    """A module of the package."""

    name: str


@dataclass(frozen=True)
class _Other:
    """Something that is not followed, by its full name."""

    name: str


_Target = Definition | _Ours | _Other | None
_Text = list[str | Definition]


class _Module:
    """What stands at the top of a module."""

    def __init__(self, name: str, tree: ast.Module, *, is_package: bool) -> None:
        self.name = name
        self.is_package = is_package
        self.names: dict[str, list[ast.stmt]] = {}
        self.imports: dict[str, tuple[str, str]] = {}
        self.stars: list[str] = []
        self.loads: set[str] = set()
        self.effects: list[ast.stmt] = []
        self.texts = sorted({each.value for each in ast.walk(tree) if _is_text(each)})  # type: ignore[attr-defined]
        self._package = name if is_package else name.rpartition(".")[0]
        for node in tree.body:
            self._add(node)
        for inner in ast.walk(tree):
            if isinstance(inner, ast.Import | ast.ImportFrom):
                for _, source, attribute in self.sources(inner):
                    self.loads |= {source, *_parents(source), f"{source}.{attribute}"}
            if isinstance(inner, ast.Import):
                self.loads |= {part for alias in inner.names for part in (alias.name, *_parents(alias.name))}

    def sources(self, node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str, str]]:
        """Of each name that an import gives: the name, the module that it is from, and its name there or nothing."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                yield (alias.asname, alias.name, "") if alias.asname else (first, first, "")
            return
        parts = self._package.split(".")
        base = parts[: len(parts) - node.level + 1] if node.level else []
        source = ".".join(filter(None, [*base, node.module]))
        yield from ((alias.asname or alias.name, source, alias.name) for alias in node.names)

    def _add(self, node: ast.stmt) -> None:  # noqa: PLR0912 - one case a kind
        match node:
            case ast.Import() | ast.ImportFrom():
                self._add_import(node)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                self.names.setdefault(name, []).append(node)
            case ast.AnnAssign(value=None) | ast.Pass():
                pass
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                # In the order of the text: that of a set is another one in each process, and so would be the hash.
                roots = dict.fromkeys(name for target in targets for name in _roots(target))
                for name in roots:
                    self.names.setdefault(name, []).append(node)
                if not all(isinstance(each, ast.Name | ast.Tuple | ast.List) for each in targets):
                    self.effects.append(node)
            case ast.Expr(value=ast.Constant()):
                pass
            case ast.If() if _is_type_checking(node.test):
                for each in node.body:
                    self._add(each)
            case ast.If() if "__main__" in ast.dump(node.test):
                pass
            case _:
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Import | ast.ImportFrom):
                        self._add_import(inner)
                for name in sorted(_bound(node)):
                    self.names.setdefault(name, []).append(node)
                self.effects.append(node)

    def _add_import(self, node: ast.Import | ast.ImportFrom) -> None:
        for name, source, inner in self.sources(node):
            if name == "*":
                self.stars.append(source)
            else:
                self.imports[name] = (source, inner)


@dataclass
class _Writer:
    """Writes statements of a module in a normal form: texts, with definitions between them."""

    of: Definitions
    module: _Module
    pieces: _Text = field(default_factory=list)
    scopes: list[dict[str, tuple[str, str] | None]] = field(default_factory=list)
    """The names that the functions around bind, and where those that they import are from."""

    def write_all(self, nodes: list[ast.stmt]) -> _Text:
        """Write statements that stand at the top of the module, or in a class."""
        for node in nodes:
            self._write(node)
        return self.pieces

    def _write(self, node: ast.AST) -> None:  # noqa: PLR0912 - one case a kind
        match node:
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                pass
            case ast.Name():
                self._write_name(node.id, self._named(node.id))
            case ast.Attribute():
                self._write_attribute(node)
            case ast.Constant(value=value):
                self.pieces.append(f"{type(value).__name__} {json.dumps(value) if isinstance(value, str) else value!r}")
            case ast.Import() | ast.ImportFrom():
                self._write_import(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                self._write_function(node)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._write(node.generators[0].iter)  # this one is outside of the scope
                self.scopes.append(dict.fromkeys(name for each in node.generators for name in _assigned(each.target)))
                self._write_fields(node)
                self.scopes.pop()
            case ast.ClassDef():
                self._write_class(node)
            case ast.AnnAssign():
                self._write_assignment(node)
            case ast.If() if _is_type_checking(node.test):
                for each in node.orelse:
                    self._write(each)
            case ast.Raise(exc=ast.Call(func=ast.Name(id=name)) as call) if name in _ERRORS and not call.keywords:
                self.pieces += ["Raise", name]  # with whatever words
            case _:
                self._write_fields(node)

    def _write_fields(self, node: ast.AST) -> None:
        self.pieces.append(f"({type(node).__name__}")
        for name, value in ast.iter_fields(node):
            if name in _NEVER_COUNTS or value is None or value == []:
                continue
            self.pieces.append(name)
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, ast.AST):
                    self._write(each)
                else:
                    self.pieces.append(f"{each!r}")
        self.pieces.append(")")

    def _write_function(self, node: _Function) -> None:
        decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
        names = {_last_name(each.func if isinstance(each, ast.Call) else each) for each in decorators}
        self.pieces.append(f"({type(node).__name__} {getattr(node, 'name', '')}")
        arguments = node.args
        for each in [*decorators, *arguments.defaults, *(each for each in arguments.kw_defaults if each)]:
            self._write(each)
        shape = [len(arguments.posonlyargs), len(arguments.args), len(arguments.defaults)]
        required = [each is None for each in arguments.kw_defaults]
        self.pieces.append(f"{shape} {required} {bool(arguments.vararg)} {bool(arguments.kwarg)}")
        every = _arguments(arguments)
        for argument in every:
            self.pieces.append(argument.arg)
            if not names <= _READS_NO_ANNOTATIONS and argument.annotation:
                self._write(argument.annotation)
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        imports = [each for part in body for each in _inside(part) if isinstance(each, ast.Import | ast.ImportFrom)]
        sources = {name: (source, inner) for each in imports for name, source, inner in self.module.sources(each)}
        shared = {
            name for part in body for each in _inside(part) if isinstance(each, ast.Global) for name in each.names
        }
        bound = {name for part in body for name in _bound(part)} | {each.arg for each in every}
        self.scopes.append(dict.fromkeys(bound - shared) | sources)
        for part in body:
            self._write(part)
        self.scopes.pop()
        self.pieces.append(")")

    def _write_class(self, node: ast.ClassDef) -> None:
        self.pieces.append(f"(ClassDef {node.name}")
        for each in [*node.decorator_list, *node.bases, *node.keywords]:
            self._write(each)
        for each in node.body:
            if isinstance(each, ast.AnnAssign):  # a field of a dataclass, say
                self._write(each.annotation)
                self._write_assignment(each, declares=True)
            else:
                self._write(each)
        self.pieces.append(")")

    def _write_assignment(self, node: ast.AnnAssign, *, declares: bool = False) -> None:
        if node.value is not None or declares:
            self.pieces += ["(Assign", "targets"]
            self._write(node.target)
            if node.value is not None:
                self.pieces.append("value")
                self._write(node.value)
            self.pieces.append(")")

    def _write_import(self, node: ast.Import | ast.ImportFrom) -> None:
        """Where one of several imports may fail, each counts; a module counts where it is used."""
        for _, source, name in self.module.sources(node):
            target = self.of.imported(source, "" if name == "*" else name)
            if isinstance(target, _Ours):
                if name == "*":
                    self.pieces += self.of.escaped(target)
            else:
                self._write_name(name or source, target)

    def _write_attribute(self, node: ast.Attribute) -> None:
        chain = _chain(node)
        target = self._named(chain[0]) if chain else None
        if not isinstance(target, _Ours | _Other):
            self.pieces.append("(Attribute")
            self._write(node.value)
            self.pieces += [node.attr, ")"]
            if method := self.of.method(self.module, node.attr):
                self.pieces.append(method)
            return
        rest = chain[1:]
        while rest and isinstance(target, _Ours | _Other):
            target, rest = self.of.member(target, rest[0]), rest[1:]
        self._write_name(chain[-1], target)
        self.pieces += [f".{name}" for name in rest]

    def _write_name(self, name: str, target: _Target) -> None:
        match target:
            case Definition():
                self.pieces.append(target)
            case _Ours():
                self.pieces += ["module", *self.of.escaped(target)]
            case _:
                full = target.name if target else name
                self.pieces.append(f"{_NAME}{full}")
                if full in _LOOKS_UP or (target and full.startswith("sys.modules")):
                    self.pieces += self.of.looked_up(self.module)

    def _named(self, name: str) -> _Target:
        """What a name stands for where it is used: the innermost function that binds or imports it decides."""
        for scope in reversed(self.scopes):
            if name in scope:
                return self.of.imported(*source) if (source := scope[name]) else None
        return self.of.named(self.module, name)


def _is_name(piece: str | Definition) -> TypeGuard[str]:
    return isinstance(piece, str) and piece.startswith(_NAME)


@lru_cache(maxsize=1024)
def _parsed(source: str) -> ast.Module:
    return ast.parse(source)


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts))]


def _chain(node: ast.expr) -> list[str]:
    """``a.b.c`` as its names; empty for any other expression."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return [node.id, *reversed(names)] if isinstance(node, ast.Name) else []


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _roots(target: ast.expr) -> Iterator[str]:
    """The names that an assignment to `target` gives or changes."""
    match target:
        case ast.Name(id=name):
            yield name
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _roots(part)
        case ast.Starred(value=inner) | ast.Attribute(value=inner) | ast.Subscript(value=inner):
            yield from _roots(inner)


def _assigned(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """The node and what it holds, without the bodies of functions and classes, and without comprehensions."""
    yield node
    if not isinstance(node, _Function | ast.ClassDef | _Comprehension):
        for child in ast.iter_child_nodes(node):
            yield from _inside(child)


def _bound(node: ast.AST) -> set[str]:
    """The names that a statement binds in the scope that it stands in, imports included."""
    names: set[str] = set()
    for each in _inside(node):
        match each:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                names.add(name)
            case ast.MatchMapping(rest=str(name)):
                names.add(name)
            case ast.Import() | ast.ImportFrom():
                names |= {alias.asname or alias.name.split(".")[0] for alias in each.names if alias.name != "*"}
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                walrus = [inner.target for inner in ast.walk(each) if isinstance(inner, ast.NamedExpr)]
                names |= {target.id for target in walrus}
    return names


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    every = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
    return [each for each in every if each is not None]


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_type_checking(node: ast.expr) -> bool:
    return _last_name(node) == "TYPE_CHECKING"
