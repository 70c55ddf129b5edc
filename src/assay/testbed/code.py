"""A hash of what a function says: of its own code, of the code of ours that it calls, and of the values it was given.

Code counts as compiled, so comments, docstrings and line numbers do not; what stands in other packages counts by their
versions. The hash goes into the key of a trained model and is good for one version of Python.

`assay.testbed.definitions` hashes source files instead, for results that are kept longer than a process. It cannot key
trained models: a model is trained by the code in memory, which a file that was edited meanwhile no longer shows, nor
what was put in a function's place (a method broken on purpose, say), nor what a closure holds. With a key from the
files the cache would hand out the model of other code.
"""

import ast
import dataclasses
import enum
import functools
import inspect
import json
import platform
import textwrap
from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import version
from pathlib import PurePath
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch

_LIBRARIES = ("torch", "transformers", "tokenizers", "numpy")
_BY_REPR = (bytes, complex, range, enum.Enum, PurePath, torch.dtype, torch.device)
_HAS_DOCSTRING: int = getattr(inspect, "CO_HAS_DOCSTRING", 0)  # since Python 3.14


def code_hash(function: Any) -> str:
    """SHA-256 over a callable's code and what it holds, followed through what it uses of ours.

    "Ours" is the package ``assay`` and whichever package the callable itself is from. Functions that are looked up by
    name while it runs are not seen.

    Raises:
        ValueError: In a closure, a default or a partial it holds a value whose content cannot be read.
    """
    inner = function
    while isinstance(inner, functools.partial):
        inner = inner.func
    versions = {"python": platform.python_version()} | {name: version(name) for name in _LIBRARIES}
    description = _Reader({"assay", _root(inner)}).describe(function, "the function")
    return content_hash([versions, description])


def content_hash(value: Any) -> str:
    """SHA-256 of a value that JSON can hold, whatever the order of its mappings.

    Raises:
        ValueError: JSON cannot hold it.
    """
    try:
        return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
    except TypeError as error:
        raise ValueError(f"only numbers, texts, lists and mappings of them have a content hash: {error}") from None


class _Reader:
    """Describes values and code in terms of JSON; each function and class once, by name after that."""

    def __init__(self, ours: set[str]) -> None:
        self._ours = ours
        self._visited: set[object] = set()

    def describe(self, value: Any, where: str) -> Any:  # noqa: PLR0911, PLR0912 - one line a kind
        """What `value` is; `where` it was found, for the message when that cannot be said."""
        if value is None or (isinstance(value, (bool, int, float, str)) and not isinstance(value, enum.Enum)):
            return value
        if isinstance(value, _BY_REPR):
            return repr(value)
        if isinstance(value, (list, tuple)):
            return [self.describe(item, where) for item in value]
        if isinstance(value, (set, frozenset)):
            return sorted(map(repr, value))
        if isinstance(value, dict):
            return sorted([repr(key), self.describe(item, f"{where}[{key!r}]")] for key, item in value.items())
        if isinstance(value, torch.Tensor):
            storage = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
            return ["tensor", list(value.shape), str(value.dtype), sha256(storage.numpy().tobytes()).hexdigest()]
        if isinstance(value, np.ndarray):
            return ["array", list(value.shape), str(value.dtype), sha256(value.tobytes()).hexdigest()]
        if isinstance(value, functools.partial):
            return ["partial", self.describe([value.func, value.args, value.keywords], where)]
        if isinstance(value, MethodType):
            return ["method", self.describe([value.__func__, value.__self__], where)]
        if callable(value) and isinstance(getattr(value, "__wrapped__", None), FunctionType):
            return ["wrapped", self.describe(value.__wrapped__, where)]
        if isinstance(value, (FunctionType, type)) and _root(value) in self._ours:
            return self._once(value)
        if isinstance(value, (FunctionType, BuiltinFunctionType, type, ModuleType)):
            return _name(value)
        if hasattr(value, "backend_tokenizer"):
            return sha256(value.backend_tokenizer.to_str().encode()).hexdigest()
        if dataclasses.is_dataclass(value):
            return [self.describe(type(value), where), self.describe(dict(vars(value)), where)]
        raise ValueError(
            f"{where} holds a {type(value).__name__}, whose content cannot be hashed: hand it numbers, texts, tensors, "
            "tokenisers or dataclasses of these, and make everything else inside of it"
        )

    def _once(self, code: FunctionType | type) -> Any:
        if code in self._visited:
            return _name(code)
        self._visited.add(code)
        return self._function(code) if isinstance(code, FunctionType) else self._class(code)

    def _function(self, function: FunctionType) -> Any:
        name = f"{function.__qualname__}"
        cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        closure = {variable: cell.cell_contents for variable, cell in cells if not _is_empty(cell)}
        return {
            "code": self._code(function.__code__),
            "defaults": self.describe([function.__defaults__, function.__kwdefaults__], f"a default of {name}"),
            "closure": {variable: self.describe(value, f"{variable} in {name}") for variable, value in closure.items()},
            "globals": self._looked_up(function.__globals__, set(_names(function.__code__))),
        }

    def _class(self, cls: type) -> Any:
        members: dict[str, Any] = {}
        own = _names_in_body(cls)
        for name, member in vars(cls).items():
            plain = getattr(member, "__func__", getattr(member, "fget", member))
            if isinstance(plain, FunctionType):
                members[name] = self._once(plain)
            elif not name.startswith("__") and (own is None or name in own):
                members[name] = self._as_far_as_readable(plain)
        return {"bases": [self.describe(base, cls.__qualname__) for base in cls.__bases__], "members": members}

    def _looked_up(self, namespace: dict[str, Any], names: set[str]) -> dict[str, Any]:
        """What code that uses these names finds under them in a module, and in modules of ours found there."""
        values: dict[str, Any] = {}
        for name in sorted(names & namespace.keys()):
            value = namespace[name]
            if isinstance(value, ModuleType) and _root(value) in self._ours:
                if value not in self._visited:
                    self._visited.add(value)
                    values[name] = self._looked_up(vars(value), names)
                    self._visited.remove(value)
            elif not name.startswith("__"):
                values[name] = self._as_far_as_readable(value)
        return values

    def _as_far_as_readable(self, value: Any) -> Any:
        """A constant of a module or class: unlike what a function was handed, it comes with the code around it."""
        try:
            return self.describe(value, "")
        except ValueError:
            return type(value).__qualname__

    def _code(self, code: CodeType) -> Any:
        constants = list(code.co_consts)
        may_have_docstring = bool(code.co_flags & _HAS_DOCSTRING) if _HAS_DOCSTRING else code.co_name[0] != "<"
        if may_have_docstring and constants and isinstance(constants[0], str):
            constants[0] = None
        return [
            code.co_code.hex(),
            [self._code(item) if isinstance(item, CodeType) else self._constant(item) for item in constants],
            [code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars],
        ]

    def _constant(self, value: Any) -> Any:
        return repr(value) if not isinstance(value, frozenset) else sorted(map(repr, value))


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _names_in_body(cls: type) -> set[str] | None:
    """What the class statement itself names: libraries note things on classes of ours as they use them.

    ``None`` where its source cannot be read.
    """
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError, SyntaxError):
        return None
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _root(value: Any) -> str:
    name: str = (value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)) or ""
    return name.partition(".")[0]


def _name(value: Any) -> str:
    module = getattr(value, "__module__", "")
    return f"{module}.{getattr(value, '__qualname__', value.__name__)}"


def _is_empty(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - looking is the question
    except ValueError:
        return True
    return False
