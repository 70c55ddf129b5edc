"""Tools: Python functions that a model may call by name, with arguments that are checked against their annotations.

Nothing that a model writes is executed: it names one of the tools that were given, and values for its parameters.
"""

import ast
import inspect
import operator
import threading
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

_JSON_TYPES: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}
_LONGEST = 2_000


class ToolError(ValueError):
    """A call that could not be made, or failed; the message says why."""


@dataclass(frozen=True)
class Tool:
    """A function with its schema. Make it with `as_tool`."""

    function: Callable[..., Any]
    name: str
    description: str
    parameters: Mapping[str, Any]
    """JSON schema of the arguments."""
    hints: Mapping[str, Any]
    """The annotation of each parameter."""

    def call(self, arguments: Mapping[str, Any], *, seconds: float = 10.0) -> str:
        """The result as text.

        Args:
            arguments: By name.
            seconds: After which the call counts as failed. Python cannot end a function from outside: its thread goes
                on by itself, and its result is dropped.

        Raises:
            ToolError: Arguments are missing, unknown or of another type; or the function fails or takes too long.
        """
        values = self._checked(arguments)
        outcome: list[Any] = []
        error: list[BaseException] = []

        def work() -> None:
            try:
                outcome.append(self.function(**values))
            except BaseException as failure:  # noqa: BLE001 - whatever a tool raises is its failure, told by words
                error.append(failure)

        thread = threading.Thread(target=work, daemon=True, name=f"tool {self.name}")
        thread.start()
        thread.join(seconds)
        if error:
            raise ToolError(f"{self.name} failed: {type(error[0]).__name__}: {error[0]}"[:_LONGEST])
        if not outcome:
            raise ToolError(f"{self.name} took longer than {seconds:g} s")
        return str(outcome[0])

    def _checked(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(arguments, Mapping):
            raise ToolError(f"{self.name} is called with {type(arguments).__name__}: give its arguments by name")
        if unknown := sorted(set(arguments) - set(self.hints)):
            raise ToolError(f"{self.name} has no parameter {unknown[0]}: it has {', '.join(self.hints) or 'none'}")
        if missing := [name for name in self.parameters["required"] if name not in arguments]:
            raise ToolError(f"{self.name} lacks {', '.join(missing)}")
        for name, value in arguments.items():
            if not _fits(value, self.hints[name]):
                raise ToolError(f"{self.name} takes for {name} {_schema(self.hints[name])}, not {value!r}"[:_LONGEST])
        return dict(arguments)


def as_tool(function: Callable[..., Any] | Tool) -> Tool:
    """A function as a tool; its schema is that of its annotations.

    Args:
        function: Of parameters that are annotated as str, int, float, bool, Literal of texts, lists of these, or one of
            them or None. The first line of its docstring says what it does.

    Raises:
        ValueError: It has no name of its own, or a parameter has no annotation, one that JSON cannot express, or is
            ``*args`` or ``**kwargs``.
    """
    if isinstance(function, Tool):
        return function
    name = getattr(function, "__name__", "")
    if not name.isidentifier():
        raise ValueError(f"{function!r} has no name that a model could call it by: give a function made with def")
    hints = get_type_hints(function)
    properties, required = {}, []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise ValueError(f"the tool {name} takes {parameter}: give parameters with names and types")
        if parameter.name not in hints:
            raise ValueError(f"the tool {name} has no annotation for {parameter.name}: without one there is no schema")
        try:
            properties[parameter.name] = _schema(hints[parameter.name])
        except ToolError as error:
            raise ValueError(f"the tool {name}, {parameter.name}: {error}") from None
        if parameter.default is parameter.empty:
            required.append(parameter.name)
    description = (inspect.getdoc(function) or "").partition("\n")[0]
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return Tool(function, name, description, schema, {each: hints[each] for each in properties})


def as_tools(functions: Sequence[Callable[..., Any] | Tool]) -> dict[str, Tool]:
    """Tools by name.

    Raises:
        ValueError: One is no tool, or two have one name.
    """
    tools = [as_tool(function) for function in functions]
    names = [tool.name for tool in tools]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two tools are called {twice[0]}: give each a name of its own")
    return dict(zip(names, tools, strict=True))


_OPERATIONS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


def calculate(expression: str) -> str:
    """The value of an expression of numbers with + - * / // % and brackets."""
    if len(expression) > 200:
        raise ValueError(f"the expression has {len(expression)} characters: give 200 at most")
    value = _value(ast.parse(expression.strip(), mode="eval").body)
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        return _OPERATIONS[type(node.op)](_value(node.left), _value(node.right))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATIONS:
        return _OPERATIONS[type(node.op)](_value(node.operand))
    raise ValueError("an expression has numbers, + - * / // % and brackets, and nothing else")


def _schema(hint: Any) -> dict[str, Any]:
    """JSON schema of an annotation."""
    if hint in _JSON_TYPES:
        return {"type": _JSON_TYPES[hint]}
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal and all(isinstance(part, str) for part in parts):
        return {"enum": list(parts)}
    if origin is list and len(parts) == 1:
        return {"type": "array", "items": _schema(parts[0])}
    if origin in (Union, types.UnionType):
        return {"anyOf": [{"type": "null"} if part is type(None) else _schema(part) for part in parts]}
    raise ToolError(f"JSON has no schema for {hint}: annotate with str, int, float, bool, Literal or lists of these")


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value is of an annotated type; an int is a float too, and a bool is no number."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return isinstance(value, str) and value in parts
    if origin is list:
        return isinstance(value, list) and all(_fits(each, parts[0]) for each in value)
    if origin in (Union, types.UnionType):
        return any(value is None if part is type(None) else _fits(value, part) for part in parts)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is hint
