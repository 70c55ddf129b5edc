"""Has new tools written by a model, tried on their examples in a sandbox, and written again until they stand them.

A tool that a model wrote never runs in this process: each use of it is a run in the sandbox, which is off until it is
allowed.
"""

import ast
import json
import math
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from assay.methods.agents._sandbox import Limits, python_command, run_shut_in
from assay.methods.agents.zero_code_agents._agents import Tool, ToolError
from assay.methods.agents.zero_code_agents._chat import as_voice
from assay.methods.agents.zero_code_agents._form import ToolEntry

_BLOCK = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)```", re.DOTALL)
_KINDS = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "list": "array", "dict": "object"}
_RUNNER = """\
import contextlib, json, sys
name, out = sys.argv[1], []
with contextlib.redirect_stdout(sys.stderr):
    import tool
    for arguments in json.load(open("calls.json")):
        try:
            value = getattr(tool, name)(**arguments)
            json.dumps(value)
            out.append({"value": value})
        except BaseException as error:
            out.append({"error": f"{type(error).__name__}: {error}"[:1000]})
print("\\n" + json.dumps(out))
"""
_ORDER = """You write one Python function. Its name is {name}, and this is what it does: {description}
It is called with these arguments, by name:
{examples}
Every argument is annotated with its type. It returns what JSON can hold. It needs the standard library alone, has no
network, and prints nothing. Answer with the whole code, between ```python and ```.{trouble}"""


@dataclass(frozen=True)
class ToolSandbox:
    """Runs tools that models wrote: no network, no files but a new folder, limits on all; off until it is allowed."""

    allow: bool = False
    limits: Limits = field(default_factory=lambda: Limits(seconds=20))

    def use(self, code: str, name: str, calls: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Call a function of a code, and tell of each call its ``value`` or its ``error``.

        Raises:
            ToolError: The code does not come to its end.
            ValueError: Running what models write is not allowed, or cannot be shut in on this system.
        """
        if not self.allow:
            raise ValueError("tools that a model wrote are not run unless you allow it: ToolSandbox(allow=True)")
        with tempfile.TemporaryDirectory(prefix="tool-") as folder:
            files = {"tool.py": code, "run.py": _RUNNER, "calls.json": json.dumps([dict(each) for each in calls])}
            for file, text in files.items():
                (Path(folder) / file).write_bytes(text.encode("utf-8", "replace"))
            finished = run_shut_in(python_command("run.py", name), folder, limits=self.limits)
        if not finished.succeeded:
            raise ToolError(f"{name} {finished}")
        try:
            told = json.loads(finished.output.strip().rpartition("\n")[2])
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, list) or len(told) != len(calls) or not all(isinstance(each, dict) for each in told):
            raise ToolError(f"{name} told nothing that can be read")
        return told


@dataclass(frozen=True)
class MadeTool:
    """A tool that a model wrote."""

    tool: Tool
    code: str
    attempts: int
    troubles: tuple[str, ...]
    """What was wrong with what it wrote before."""


def make_tool(entry: ToolEntry, model: Any, sandbox: ToolSandbox, *, attempts: int = 3) -> MadeTool:
    """Have a tool written, and tried on its examples.

    Args:
        entry: The tool, with the examples that it must stand.
        model: Who writes it; see `Kit.model`.
        sandbox: Where it is tried, and runs each time that it is used.
        attempts: Each is told what was wrong with the one before.

    Raises:
        ValueError: After so many attempts no tool stands its examples, or nothing may be run.
    """
    if not entry.examples:
        raise ValueError(f"the tool {entry.name} has no example: nothing would tell whether it works")
    voice, troubles = as_voice(model), list[str]()
    for attempt in range(1, attempts + 1):
        try:
            code = _code_in(voice.complete(_order(entry, troubles)))
            parameters = parameters_of(code, entry.name)
            _try(entry, code, sandbox)
        except ToolError as error:
            troubles.append(str(error))
            continue
        tool = Tool(entry.name, entry.description, parameters, partial(_use, sandbox, code, entry.name))
        return MadeTool(tool, code, attempt, tuple(troubles))
    raise ValueError(f"the tool {entry.name} was not made in {attempts} attempts: {troubles[-1]}")


def parameters_of(code: str, name: str) -> dict[str, Any]:
    """The JSON schema of a function's parameters; the code is read and not run.

    Raises:
        ToolError: There is no such function, or its parameters have no names.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ToolError(f"the code is no Python: {error}") from None
    functions = [each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == name]
    if not functions:
        raise ToolError(f"the code has no function {name}")
    given = functions[-1].args
    if given.posonlyargs or given.vararg or given.kwarg:
        raise ToolError(f"{name} has parameters without names: each is given by its name")
    optional = len(given.args) - len(given.defaults)
    needed = [each.arg for each in given.args[:optional]]
    needed += [each.arg for each, default in zip(given.kwonlyargs, given.kw_defaults, strict=True) if default is None]
    known = {each.arg: _schema(each.annotation) for each in [*given.args, *given.kwonlyargs]}
    return {"type": "object", "properties": known, "required": needed}


def _schema(annotation: ast.expr | None) -> dict[str, str]:
    named = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    kind = _KINDS.get(named.id) if isinstance(named, ast.Name) else None
    return {"type": kind} if kind else {}


def _code_in(answer: str) -> str:
    block = _BLOCK.search(answer)
    if not block or not block[1].strip():
        raise ToolError("there is no code between ```python and ``` in the answer")
    return block[1]


def _order(entry: ToolEntry, troubles: Sequence[str]) -> str:
    shown = []
    for example in entry.examples:
        gives = f" and gives {json.dumps(example.result)}" if example.has_result else ""
        shown.append(f"- {json.dumps(dict(example.arguments))}{gives}")
    trouble = f"\nWhat you wrote before was not accepted: {troubles[-1]}" if troubles else ""
    return _ORDER.format(name=entry.name, description=entry.description, examples="\n".join(shown), trouble=trouble)


def _try(entry: ToolEntry, code: str, sandbox: ToolSandbox) -> None:
    told = sandbox.use(code, entry.name, [each.arguments for each in entry.examples])
    for example, outcome in zip(entry.examples, told, strict=True):
        call = f"{entry.name}({json.dumps(dict(example.arguments))})"
        if "value" not in outcome:
            raise ToolError(f"{call} failed: {outcome.get('error')}")
        if example.has_result and not _same(outcome["value"], example.result):
            raise ToolError(
                f"{call} gives {json.dumps(outcome['value'])[:300]} instead of {json.dumps(example.result)}"
            )


def _same(one: Any, two: Any) -> bool:
    """Whether two values are the same to JSON; numbers but for their last digits."""
    numbers = [each for each in (one, two) if isinstance(each, int | float) and not isinstance(each, bool)]
    if len(numbers) == 2:
        return math.isclose(one, two, rel_tol=1e-9)
    return json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)


def _use(sandbox: ToolSandbox, code: str, name: str, **arguments: Any) -> Any:
    (told,) = sandbox.use(code, name, [arguments])
    if "value" not in told:
        raise ToolError(str(told.get("error")))
    return told["value"]
