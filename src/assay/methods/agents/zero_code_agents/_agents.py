"""Agents that answer with the help of tools, and hand over to each other; each talk has a history of its own.

What a tool says is data. It goes to the model as a tool's output, is cut at a length, and only what the model itself
answers is read for calls. An agent can use its own tools and nothing else, whatever a text tells it to do.

This module needs nothing but the standard library: an exported workflow carries its text.
"""

import inspect
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_OUTPUT = 48_000
"""Characters of a tool's output that a model is shown: about 12,000 tokens, where the official code cuts too."""
_TOOL_NAME = re.compile(r"[A-Za-z0-9_.:/-]{1,128}")
_HAND_OVER, _HANDED_OVER = "hand_over_to_", "It is yours."
_KINDS: dict[Any, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    list: "array",
    dict: "object",
}
_TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


class AgentError(ValueError):
    """Agents gave no answer; the message says why."""


class ToolError(ValueError):
    """A tool could not be used; the message is what the model is told."""


@dataclass(frozen=True)
class Tool:
    """What an agent can do."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    """A JSON schema of an object."""
    function: Callable[..., Any]

    def __post_init__(self) -> None:
        if not _TOOL_NAME.fullmatch(self.name):
            raise ValueError(f"{self.name[:40]!r} is no name of a tool: letters, digits, and _ . : / -")

    def use(self, arguments: Mapping[str, Any]) -> str:
        """Call it.

        Raises:
            ToolError: The arguments do not fit, or it failed.
        """
        known, needed = self.parameters.get("properties", {}), self.parameters.get("required", [])
        if unknown := [name for name in arguments if name not in known]:
            raise ToolError(f"{self.name} takes no {unknown[0]!r}: it takes {', '.join(known) or 'nothing'}")
        if missing := [name for name in needed if name not in arguments]:
            raise ToolError(f"{self.name} lacks {', '.join(missing)}")
        for name, value in arguments.items():
            kind = known[name].get("type") if isinstance(known[name], Mapping) else None
            if isinstance(kind, str) and kind in _TYPES and not _fits(value, kind):
                raise ToolError(f"{name} of {self.name} is {value!r}: give a value of the type {kind}"[:300])
        try:
            result = self.function(**arguments)
        except Exception as error:  # a tool is somebody else's code, and the talk goes on
            raise ToolError(f"{self.name} failed: {type(error).__name__}: {error}"[:1_000]) from error
        text = result if isinstance(result, str) else json.dumps(result, default=str, ensure_ascii=False)
        return text if len(text) <= MOST_OUTPUT else f"{text[:MOST_OUTPUT]} [{len(text) - MOST_OUTPUT} characters cut]"


def tool_of(function: Callable[..., Any]) -> Tool:
    """A tool of a Python function: its name, the first line of its docstring, and its annotated parameters.

    Raises:
        ValueError: It has no docstring, or parameters that have no names.
    """
    name = getattr(function, "__name__", type(function).__name__)
    words = (inspect.getdoc(function) or "").partition("\n")[0]
    if not words:
        raise ValueError(f"{name} has no docstring: its first line tells agents what the tool does")
    known, needed = {}, []
    for parameter in inspect.signature(function, eval_str=True).parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise ValueError(f"{name} takes {parameter}: a tool's parameters have names")
        kind = _KINDS.get(parameter.annotation)
        known[parameter.name] = {"type": kind} if kind else {}
        if parameter.default is parameter.empty:
            needed.append(parameter.name)
    return Tool(name, words, {"type": "object", "properties": known, "required": needed}, function)


@dataclass(frozen=True)
class Call:
    """A tool that a model wants used."""

    name: str
    arguments: Mapping[str, Any]
    key: str = ""
    problem: str = ""
    """Why it cannot be read; empty if it can."""


@dataclass(frozen=True)
class Reply:
    """What a model answers: words, calls of tools, or both."""

    text: str
    calls: tuple[Call, ...] = ()


Message = Mapping[str, Any]
Ask = Callable[[Sequence[Message], Sequence[Tool]], Reply]
"""Asks a model: messages as OpenAI's protocol has them, and the tools that it may call."""


@dataclass(frozen=True)
class Agent:
    """A role that a model plays."""

    name: str
    instructions: str
    ask: Ask
    tools: tuple[Tool, ...] = ()
    description: str = ""
    """What other agents are told of it."""


@dataclass(frozen=True)
class Talk:
    """What came of a request."""

    answer: str
    messages: tuple[Message, ...]
    turns: int


def run_agents(team: Sequence[Agent], request: str, *, most_turns: int = 20) -> Talk:
    """Have a request answered: by the first agent, who may hand over to the others; what they answer goes back to it.

    Args:
        team: The agents; each can hand over to each other one.
        request: What is asked.
        most_turns: Answers of models, calls of tools included.

    Raises:
        AgentError: After so many turns there is no answer, or two tools or agents have one name.
    """
    names = [agent.name for agent in team]
    if not team or len(set(names)) < len(names):
        raise AgentError(f"a team has agents with different names, and this has {', '.join(names) or 'none'}")
    active = first = team[0]
    messages: list[Message] = [{"role": "user", "content": request}]
    for turn in range(1, most_turns + 1):
        tools = _tools_of(active, team)
        reply = active.ask([{"role": "system", "content": active.instructions}, *messages], list(tools.values()))
        said: dict[str, Any] = {"role": "assistant", "content": reply.text}
        if reply.calls:
            said["tool_calls"] = [_as_told(call) for call in reply.calls]
        messages.append(said)
        if not reply.calls and active is first:
            return Talk(reply.text, tuple(messages), turn)
        if not reply.calls:
            messages.append({"role": "user", "content": f"That was {active.name}. Go on with it, or answer."})
            active = first
        heirs = {f"{_HAND_OVER}{agent.name}": agent for agent in team if agent is not active}
        for call in reply.calls:
            output = _output_of(call, tools)
            messages.append({"role": "tool", "tool_call_id": call.key, "name": call.name, "content": output})
            if call.name in heirs and output == _HANDED_OVER:
                active = heirs[call.name]
    raise AgentError(f"{active.name} has no answer after {most_turns} turns")


def _tools_of(agent: Agent, team: Sequence[Agent]) -> dict[str, Tool]:
    empty = {"type": "object", "properties": {}, "required": []}
    others = [other for other in team if other is not agent]
    tools = [*agent.tools]
    tools += [
        Tool(
            f"{_HAND_OVER}{other.name}",
            f"Hand over to {other.name}: {other.description}",
            empty,
            lambda: _HANDED_OVER,
        )
        for other in others
    ]
    by_name = {tool.name: tool for tool in tools}
    if len(by_name) < len(tools):
        raise AgentError(f"two tools of {agent.name} have one name")
    return by_name


def _output_of(call: Call, tools: Mapping[str, Tool]) -> str:
    if call.problem:
        return f"Error: {call.problem}"
    if call.name not in tools:
        return f"Error: you have no tool {call.name[:100]!r}; you have {', '.join(tools) or 'none'}"
    try:
        return tools[call.name].use(call.arguments)
    except ToolError as error:
        return f"Error: {error}"


def _as_told(call: Call) -> dict[str, Any]:
    told = json.dumps(dict(call.arguments), default=str)
    return {"id": call.key, "type": "function", "function": {"name": call.name, "arguments": told}}


def _fits(value: object, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])
