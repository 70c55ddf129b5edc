"""Reads forms out of XML: every fault is found at once, each with its line and its kind."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from assay.methods.agents.zero_code_agents._form import (
    AgentEntry,
    AgentsForm,
    EventEntry,
    Example,
    Key,
    Known,
    ToolEntry,
    WorkflowForm,
)
from assay.methods.agents.zero_code_agents._rules import check_agents, check_workflow
from assay.methods.agents.zero_code_agents._steps import ON_START, Output
from assay.methods.agents.zero_code_agents._xml import Element, Fault, FormError, read_xml


def read_workflow(text: str, *, known: Known | None = None, file: str = "") -> WorkflowForm:
    """Read the form of a workflow.

    Args:
        text: XML.
        known: Agents and tools that there are.
        file: What messages call it.

    Raises:
        FormError: It breaks rules; all that it breaks are told.
    """
    reader = _Reader(file)
    form = reader.workflow(reader.root(text, "workflow"))
    reader.refuse(check_workflow(form, known or Known()))
    return form


def read_agents(text: str, *, known: Known | None = None, file: str = "") -> AgentsForm:
    """Read the form of agents; see `read_workflow`."""
    reader = _Reader(file)
    form = reader.agents(reader.root(text, "agents"))
    reader.refuse(check_agents(form, known or Known()))
    return form


def read_forms(
    folder: str | Path, *, known: Known | None = None
) -> tuple[dict[str, AgentsForm | WorkflowForm], list[FormError]]:
    """Read all forms of a folder, by the names of their files, and why others are refused."""
    forms: dict[str, AgentsForm | WorkflowForm] = {}
    refused = []
    for file in sorted(Path(folder).glob("*.xml")):
        try:
            text = file.read_text(encoding="utf-8-sig")
            read = read_agents if read_xml(text).tag == "agents" else read_workflow
            forms[file.name] = read(text, known=known, file=str(file))
        except FormError as error:
            refused.append(FormError(error.faults, str(file)))
        except (OSError, UnicodeDecodeError) as error:
            refused.append(FormError([Fault(1, "xml", f"it cannot be read: {error}")], str(file)))
    return forms, refused


class _Reader:
    """Reads elements, and notes what is wrong with them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def root(self, text: str, tag: str) -> Element:
        try:
            root = read_xml(text)
        except FormError as error:
            raise FormError(error.faults, self.file) from None
        if root.tag != tag:
            words = f"it is <{root.tag}>, and no <{tag}>"
            raise FormError([Fault(root.line, "unknown", words)], self.file)
        return root

    def refuse(self, broken: Iterable[Fault]) -> None:
        if faults := [*self.faults, *broken]:
            raise FormError(faults, self.file)

    def workflow(self, root: Element) -> WorkflowForm:
        self.only(root, "name system_input system_output global_variables agents events")
        agents, events = self.one(root, "agents"), self.one(root, "events")
        return WorkflowForm(
            self.text(root, "name"),
            self.key(self.one(root, "system_input")),
            self.key(self.one(root, "system_output")),
            tuple(map(self.agent, self.many(agents, "agent"))),
            tuple(map(self.event, self.many(events, "event"))),
            self.variables(root),
            root.line,
        )

    def agents(self, root: Element) -> AgentsForm:
        self.only(root, "name system_input system_output global_variables agent")
        return AgentsForm(
            self.text(root, "name"),
            self.key(self.one(root, "system_input")),
            self.key(self.one(root, "system_output")),
            tuple(self.agent(each) for each in root.children if each.tag == "agent"),
            self.variables(root),
            root.line,
        )

    def variables(self, root: Element) -> tuple[Key, ...]:
        listed = self.one(root, "global_variables", needed=False)
        return tuple(self.key(each, value=True) for each in self.many(listed, "variable"))

    def key(self, element: Element | None, *, value: bool = False) -> Key:
        if element is None:
            return Key("")
        self.only(element, "key description value" if value else "key description")
        given = self.text(element, "value") if value else ""
        return Key(self.text(element, "key"), self.text(element, "description", needed=False), given, element.line)

    def agent(self, element: Element) -> AgentEntry:
        self.only(element, "name description instructions tools model", "category")
        new = self.category(element)
        tools = self.many(self.one(element, "tools", needed=False), "tool")
        return AgentEntry(
            self.text(element, "name"),
            self.text(element, "description", needed=new),
            self.text(element, "instructions", needed=new),
            tuple(map(self.tool, tools)),
            self.text(element, "model", needed=False),
            new,
            element.line,
        )

    def tool(self, element: Element) -> ToolEntry:
        self.only(element, "name description example", "category")
        new = self.category(element)
        examples = tuple(self.example(each) for each in element.children if each.tag == "example")
        if new and not examples:
            self.note(element, "missing", "a new tool has at least one <example>, which it is tried on")
        description = self.text(element, "description", needed=new)
        return ToolEntry(self.text(element, "name"), description, new, examples, element.line)

    def example(self, element: Element) -> Example:
        self.only(element, "arguments result")
        arguments = self.json(element, "arguments", needed=True)
        if not isinstance(arguments, dict):
            self.note(element, "missing", "<arguments> is a JSON object with the name and value of each")
            arguments = {}
        given = self.one(element, "result", needed=False) is not None
        return Example(arguments, self.json(element, "result", needed=False), given)

    def event(self, element: Element) -> EventEntry:
        self.only(element, "name inputs task outputs listen agent")
        name = self.text(element, "name")
        first = name == ON_START
        if first:
            for extra in [each for each in element.children if each.tag in ("task", "listen", "agent")]:
                self.note(
                    extra, "start", f"{ON_START} has no <{extra.tag}>: it hands on the input and does nothing else"
                )
        inputs = tuple(map(self.key, self.many(self.one(element, "inputs"), "input")))
        listen = self.one(element, "listen", needed=not first)
        agent = self.one(element, "agent", needed=not first)
        outputs = self.many(self.one(element, "outputs"), "output")
        if listen is not None:
            self.only(listen, "event", "retrigger")
        if agent is not None:
            self.only(agent, "name")
        retrigger = listen.attributes.get("retrigger", "all") if listen is not None else "all"
        if listen is not None and retrigger not in ("all", "any"):
            self.note(listen, "unknown", f"it retriggers by all or any, and not by {retrigger[:40]!r}")
        return EventEntry(
            name,
            inputs,
            tuple(map(self.output, outputs)),
            self.text(element, "task", needed=not first),
            tuple(each.text for each in self.many(listen, "event")),
            retrigger,
            self.text(agent, "name") if agent is not None else "",
            element.line,
        )

    def output(self, element: Element) -> Output:
        self.only(element, "key description condition action")
        action = self.one(element, "action")
        if action is not None:
            self.only(action, "type value")
        return Output(
            self.text(element, "key"),
            self.text(element, "description", needed=False),
            self.text(action, "type") if action is not None else "",
            self.text(action, "value", needed=False) if action is not None else "",
            self.text(element, "condition", needed=False),
            element.line,
        )

    # What every element is read by

    def note(self, element: Element, kind: str, words: str) -> None:
        self.faults.append(Fault(element.line, kind, words))

    def one(self, parent: Element, tag: str, *, needed: bool = True) -> Element | None:
        found = [each for each in parent.children if each.tag == tag]
        if len(found) > 1:
            self.note(found[1], "duplicate", f"<{parent.tag}> has <{tag}> once, and this is the second")
        if not found and needed:
            self.note(parent, "missing", f"<{parent.tag}> lacks <{tag}>")
        return found[0] if found else None

    def many(self, parent: Element | None, tag: str) -> list[Element]:
        if parent is None:
            return []
        if parent.tag != "listen":  # which has an attribute, and is looked at where that is read
            self.only(parent, tag)
        found = [each for each in parent.children if each.tag == tag]
        if not found:
            self.note(parent, "missing", f"<{parent.tag}> has no <{tag}>")
        return found

    def text(self, parent: Element, tag: str, *, needed: bool = True) -> str:
        element = self.one(parent, tag, needed=needed)
        if element is None:
            return ""
        self.only(element, "")
        if needed and not element.text:
            self.note(element, "missing", f"<{tag}> of <{parent.tag}> is empty")
        return element.text

    def json(self, parent: Element, tag: str, *, needed: bool) -> Any:
        element = self.one(parent, tag, needed=needed)
        if element is None:
            return None
        try:
            return json.loads(element.text)
        except (ValueError, RecursionError) as error:
            self.note(element, "missing", f"<{tag}> is no JSON: {error}")
            return {}

    def category(self, element: Element) -> bool:
        category = element.attributes.get("category", "new")
        if category not in ("new", "existing"):
            self.note(element, "unknown", f"its category is new or existing, and not {category[:40]!r}")
        return category != "existing"

    def only(self, element: Element, tags: str, attributes: str = "") -> None:
        allowed = tags.split()
        for child in element.children:
            if child.tag not in allowed:
                places = ", ".join(f"<{tag}>" for tag in allowed) or "no elements, only text"
                self.note(child, "unknown", f"<{element.tag}> has no <{child.tag[:40]}>: it has {places}")
        if allowed and element.text:
            self.note(
                element, "unknown", f"<{element.tag}> has elements, and no text of its own: {element.text[:40]!r}"
            )
        for name in set(element.attributes) - set(attributes.split()):
            self.note(element, "unknown", f"<{element.tag}> has no attribute {name[:40]!r}")
