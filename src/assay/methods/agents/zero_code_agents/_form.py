"""The two forms, of agents and of a workflow, as records, and what each kind of fault is."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from assay.methods.agents.zero_code_agents._steps import ON_START, Output

KINDS: Mapping[str, str] = {
    "xml": "it is no XML",
    "doctype": "it has a document type, in which entities could be defined",
    "missing": "an element is missing, or is empty",
    "unknown": "an element, an attribute or a text stands where none belongs",
    "name": "a name is none",
    "duplicate": "two things have one name",
    "start": "the first event does more than hand on the input",
    "listen": "an event listens to one that does not stand before it",
    "inputs": "an event's inputs are not what the events give that it listens to",
    "results": "an event has several results",
    "condition": "one of several outputs has no condition",
    "action": "an output's action is none, or leads nowhere",
    "agent": "an agent or a model is used that there is not",
    "tool": "a tool is used that there is not, or a new one takes another's name",
    "variable": "a text has a place for a variable that there is not",
    "output": "nothing gives the output of the whole",
}
"""Of each kind of fault, what it means."""


@dataclass(frozen=True)
class Known:
    """What there is already, and a form may name: agents and tools, each with what it does, and models."""

    agents: Mapping[str, str] = field(default_factory=dict)
    tools: Mapping[str, str] = field(default_factory=dict)
    models: tuple[str, ...] = ()


@dataclass(frozen=True)
class Key:
    """A named value."""

    key: str
    description: str = ""
    value: str = ""
    """Of a variable."""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Example:
    """A call that a new tool has to stand."""

    arguments: Mapping[str, Any]
    result: Any = None
    """What it has to give; anything if there is none."""
    has_result: bool = False


@dataclass(frozen=True)
class ToolEntry:
    """A tool in a form."""

    name: str
    description: str = ""
    new: bool = False
    examples: tuple[Example, ...] = ()
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class AgentEntry:
    """An agent in a form."""

    name: str
    description: str = ""
    instructions: str = ""
    tools: tuple[ToolEntry, ...] = ()
    model: str = ""
    """One of the models that there are; the usual one if empty."""
    new: bool = True
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class EventEntry:
    """An event in a form."""

    name: str
    inputs: tuple[Key, ...]
    outputs: tuple[Output, ...]
    task: str = ""
    listen: tuple[str, ...] = ()
    retrigger: str = "all"
    agent: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class AgentsForm:
    """Agents that answer requests together; the first is asked, and hands over to the others."""

    name: str
    input: Key
    output: Key
    agents: tuple[AgentEntry, ...]
    variables: tuple[Key, ...] = ()
    line: int = field(default=0, compare=False)

    def to_xml(self) -> str:
        """As `read_agents` reads it."""
        return _line("agents", [*_head(self), *map(_agent, self.agents)])


@dataclass(frozen=True)
class WorkflowForm:
    """Events that agents do, and what each listens to."""

    name: str
    input: Key
    output: Key
    agents: tuple[AgentEntry, ...]
    events: tuple[EventEntry, ...]
    variables: tuple[Key, ...] = ()
    line: int = field(default=0, compare=False)

    def to_xml(self) -> str:
        """As `read_workflow` reads it."""
        agents, events = _line("agents", map(_agent, self.agents)), _line("events", map(_event, self.events))
        return _line("workflow", [*_head(self), agents, events])


def _head(form: AgentsForm | WorkflowForm) -> list[str]:
    variables = [_line("variable", [*_key(each), _text("value", each.value)]) for each in form.variables]
    return [
        _text("name", form.name),
        _line("system_input", _key(form.input)),
        _line("system_output", _key(form.output)),
        *([_line("global_variables", variables)] if variables else []),
    ]


def _agent(agent: AgentEntry) -> str:
    if not agent.new:
        return _line("agent", [_text("name", agent.name)], ' category="existing"')
    parts = [_text("name", agent.name), _text("description", agent.description)]
    parts.append(_text("instructions", agent.instructions))
    if agent.tools:
        parts.append(_line("tools", map(_tool, agent.tools)))
    if agent.model:
        parts.append(_text("model", agent.model))
    return _line("agent", parts, ' category="new"')


def _tool(tool: ToolEntry) -> str:
    parts = [_text("name", tool.name), *([_text("description", tool.description)] if tool.description else [])]
    for example in tool.examples:
        result = [_text("result", _json(example.result))] if example.has_result else []
        parts.append(_line("example", [_text("arguments", _json(dict(example.arguments))), *result]))
    return _line("tool", parts, f' category="{"new" if tool.new else "existing"}"')


def _event(event: EventEntry) -> str:
    parts = [_text("name", event.name), _line("inputs", [_line("input", _key(each)) for each in event.inputs])]
    if event.name != ON_START:
        parts.append(_text("task", event.task))
    parts.append(_line("outputs", map(_output, event.outputs)))
    if event.name != ON_START:
        retrigger = "" if event.retrigger == "all" else f' retrigger="{event.retrigger}"'
        parts.append(_line("listen", [_text("event", each) for each in event.listen], retrigger))
        parts.append(_line("agent", [_text("name", event.agent)]))
    return _line("event", parts)


def _output(output: Output) -> str:
    action = [_text("type", output.action), *([_text("value", output.target)] if output.target else [])]
    condition = [_text("condition", output.condition)] if output.condition else []
    return _line("output", [*_key(Key(output.key, output.description)), _line("action", action), *condition])


def _key(key: Key) -> list[str]:
    return [_text("key", key.key), *([_text("description", key.description)] if key.description else [])]


def _text(tag: str, text: str) -> str:
    return f"<{tag}>{escape(text)}</{tag}>"


def _line(tag: str, parts: Iterable[str], attributes: str = "") -> str:
    """An element; on one line if it is short."""
    parts = list(parts)
    between = "" if sum(map(len, parts)) < 90 and not any("\n" in each for each in parts) else "\n"
    return between.join([f"<{tag}{attributes}>", *parts, f"</{tag}>"])


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
