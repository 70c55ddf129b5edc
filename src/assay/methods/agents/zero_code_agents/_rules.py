"""The rules that forms keep, beyond being complete: names, what listens to what, and what is used is there."""

import re
from collections.abc import Iterator, Sequence

from assay.methods.agents.zero_code_agents._calls import MARKS
from assay.methods.agents.zero_code_agents._form import AgentEntry, AgentsForm, EventEntry, Key, Known, WorkflowForm
from assay.methods.agents.zero_code_agents._steps import ON_START, places
from assay.methods.agents.zero_code_agents._xml import Fault

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def check_agents(form: AgentsForm, known: Known) -> Iterator[Fault]:
    """What is wrong with a form of agents."""
    yield from _check_names([form], "form")
    yield from _check_names([form.input, form.output], "key")
    if not form.agents:
        yield Fault(form.line, "missing", "<agents> has no <agent>")
    yield from _check_members(form.agents, form.variables, known)


def check_workflow(form: WorkflowForm, known: Known) -> Iterator[Fault]:
    """What is wrong with the form of a workflow."""
    yield from _check_names([form], "form")
    yield from _check_names([form.input, form.output], "key")
    yield from _check_members(form.agents, form.variables, known)
    yield from _check_names(form.events, "event")
    yield from _check_start(form)
    before: dict[str, EventEntry] = {}
    agents = {agent.name for agent in form.agents}
    variables = {variable.key for variable in form.variables}
    for event in form.events:
        if event.name != ON_START and event.name:
            yield from _check_event(event, before, agents, variables)
        before.setdefault(event.name, event)
    for event in form.events:
        yield from _check_gotos(event, before)
    given = {(output.action, output.key) for event in form.events for output in event.outputs}
    if form.output.key and ("RESULT", form.output.key) not in given:
        yield Fault(
            form.output.line, "output", f"no event has the result {form.output.key}, the output of the workflow"
        )


def _check_start(form: WorkflowForm) -> Iterator[Fault]:
    starts = [event for event in form.events if event.name == ON_START]
    if not starts and form.events:
        yield Fault(form.events[0].line, "start", f"there is no event {ON_START}, with which a workflow begins")
    for start in starts[:1]:
        keys = [each.key for each in start.inputs], [each.key for each in start.outputs]
        if keys != ([form.input.key], [form.input.key]) or start.outputs[0].action != "RESULT":
            words = f"{ON_START} has one input and one RESULT, both {form.input.key}, as the workflow's input is called"
            yield Fault(start.line, "start", words)


def _check_event(
    event: EventEntry, before: dict[str, EventEntry], agents: set[str], variables: set[str]
) -> Iterator[Fault]:
    name = event.name
    if event.agent and event.agent not in agents:
        yield Fault(event.line, "agent", f"event {name} is done by {event.agent}, and the form has no such agent")
    late = [each for each in event.listen if each not in before]
    for each in late:
        words = f"event {name} listens to {each}, which does not stand before it: only a GOTO leads back"
        yield Fault(event.line, "listen", words)
    if len(set(event.listen)) < len(event.listen):
        yield Fault(event.line, "listen", f"event {name} listens to one event twice")
    if len(event.inputs) != len(event.listen):
        words = (
            f"event {name} has {len(event.inputs)} inputs and listens to {len(event.listen)} events: give one for each"
        )
        yield Fault(event.line, "inputs", words)
    elif not late:
        for key, source in zip(event.inputs, event.listen, strict=True):
            keys = [output.key for output in before[source].outputs if output.action in ("RESULT", "GOTO")]
            if key.key not in keys and key.key:
                words = (
                    f"input {key.key} of event {name} is none of what {source} gives: {', '.join(keys) or 'nothing'}"
                )
                yield Fault(key.line, "inputs", words)
    yield from _check_names(event.inputs, "input")
    yield from _check_outputs(event)
    for place in sorted(places(event.task) - variables - {each.key for each in event.inputs}):
        yield Fault(
            event.line, "variable", f"the task of event {name} has a place for {place}, which is no variable or input"
        )


def _check_outputs(event: EventEntry) -> Iterator[Fault]:
    yield from _check_names(event.outputs, "output")
    for output in event.outputs:
        if output.action and output.action not in ("RESULT", "GOTO", "ABORT"):
            words = f"the action of output {output.key} is RESULT, GOTO or ABORT, and not {output.action[:40]!r}"
            yield Fault(output.line, "action", words)
        if len(event.outputs) > 1 and not output.condition:
            words = f"output {output.key} of event {event.name} has no condition: it is one of {len(event.outputs)}"
            yield Fault(output.line, "condition", words)
    results = [output for output in event.outputs if output.action == "RESULT"]
    for output in results[1:]:
        yield Fault(
            output.line, "results", f"event {event.name} has {len(results)} outputs that are its RESULT: give one"
        )


def _check_gotos(event: EventEntry, events: dict[str, EventEntry]) -> Iterator[Fault]:
    """Whether each event that is gone to has had all its inputs by then."""
    for output in event.outputs:
        if output.action != "GOTO":
            if output.target and output.action in ("RESULT", "ABORT"):
                words = f"output {output.key} goes nowhere, and has the value {output.target[:40]!r}"
                yield Fault(output.line, "action", words)
            continue
        target = events.get(output.target)
        if target is None or target.name == ON_START:
            words = f"output {output.key} of event {event.name} goes to {output.target or 'no event'}, which cannot be"
            yield Fault(output.line, "action", words)
            continue
        missing = set(target.listen) - {event.name} - _ancestors(event, events)
        if missing & set(events):
            words = f"event {event.name} goes to {target.name}, but {min(missing)}, which that needs, may not have run"
            yield Fault(output.line, "action", words)


def _ancestors(event: EventEntry, events: dict[str, EventEntry]) -> set[str]:
    found: set[str] = set()
    ahead = [event]
    while ahead:
        for name in ahead.pop().listen:
            if name in events and name not in found:
                found.add(name)
                ahead.append(events[name])
    return found


def _check_members(agents: Sequence[AgentEntry], variables: Sequence[Key], known: Known) -> Iterator[Fault]:
    yield from _check_names(variables, "variable")
    yield from _check_names(agents, "agent")
    there = {variable.key for variable in variables}
    new = {tool.name for agent in agents for tool in agent.tools if tool.new}
    made: set[str] = set()
    for agent in agents:
        if not agent.new and agent.name and agent.name not in known.agents:
            words = f"there is no agent {agent.name}: there are {', '.join(known.agents) or 'none'}"
            yield Fault(agent.line, "agent", words)
        if agent.model and agent.model not in known.models:
            words = f"there is no model {agent.model}: there are {', '.join(known.models) or 'none with names'}"
            yield Fault(agent.line, "agent", words)
        for place in sorted(places(agent.instructions) - there):
            words = f"the instructions of {agent.name} have a place for {place}, which is no global variable"
            yield Fault(agent.line, "variable", words)
        yield from _check_names(agent.tools, "tool")
        for tool in agent.tools:
            if not tool.new and tool.name and tool.name not in {*known.tools, *new}:
                words = f"there is no tool {tool.name}: there are {', '.join(known.tools) or 'none'}"
                yield Fault(tool.line, "tool", words)
            if tool.new and (tool.name in known.tools or tool.name in made):
                yield Fault(tool.line, "tool", f"the new tool {tool.name} has the name of one that there is")
        made |= {tool.name for tool in agent.tools if tool.new}


def _check_names(named: Sequence[object], what: str) -> Iterator[Fault]:
    """Whether each has a name, and one of its own."""
    seen: set[str] = set()
    for each in named:
        name: str = getattr(each, "key", "") or getattr(each, "name", "")
        line: int = getattr(each, "line", 1)
        if name and (not _NAME.fullmatch(name) or name.lower() in MARKS):
            words = (
                f"{name[:40]!r} is no name of an {what}"
                if what[0] in "aeio"
                else f"{name[:40]!r} is no name of a {what}"
            )
            yield Fault(line, "name", f"{words}: letters, digits and underscores, and not {', '.join(MARKS)}")
        if name in seen:
            yield Fault(line, "duplicate", f"there are two called {name}, each {what} has a name of its own")
        seen.update({name} - {""})
