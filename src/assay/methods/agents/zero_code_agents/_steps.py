"""The steps of a workflow: what each agent is asked, how its answer is read, and all of them run as events.

This module needs nothing but the standard library: an exported workflow carries its text.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from assay.methods.agents.zero_code_agents._agents import Agent, run_agents
from assay.methods.agents.zero_code_agents._calls import as_data
from assay.methods.agents.zero_code_agents._engine import Abort, Engine, Event, Fired, Goto, Group

ON_START = "on_start"
_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


class StepError(ValueError):
    """A step of a workflow came to nothing; the message says which, and why."""


@dataclass(frozen=True)
class Output:
    """One way in which a step can end."""

    key: str
    description: str = ""
    action: str = "RESULT"
    """``RESULT``, ``GOTO`` or ``ABORT``."""
    target: str = ""
    """The event that a GOTO starts."""
    condition: str = ""
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True)
class Step:
    """An event of a workflow that an agent does."""

    name: str
    agent: str
    task: str
    inputs: tuple[str, ...]
    """Keys; each is the value of the event at the same place of `listen`."""
    listen: tuple[str, ...]
    outputs: tuple[Output, ...]
    retrigger: str = "all"
    variables: Mapping[str, str] = field(default_factory=dict)
    """For places in the task, beside the inputs."""


@dataclass(frozen=True)
class Outcome:
    """What a workflow came to."""

    value: str | None
    """Of its output; ``None`` if every branch was aborted before."""
    aborted: tuple[str, ...]
    """What the branches that were aborted said."""
    fired: tuple[Fired, ...]
    """All events that ran, in the order in which they ended."""


def fill(text: str, values: Mapping[str, str]) -> str:
    """A text with values in the places of ``{name}``, in one pass: what stands in a value is not looked at again."""
    return _PLACE.sub(lambda match: values.get(match[1], match[0]), text)


def places(text: str) -> set[str]:
    """The names that stand as ``{name}`` in a text."""
    return set(_PLACE.findall(text))


def prompt_of(step: Step, values: Mapping[str, str], more: Mapping[str, str] | None = None) -> str:
    """What the agent of a step is asked.

    Args:
        step: The step.
        values: Of its inputs.
        more: What came by a goto besides.
    """
    keys = [output.key for output in step.outputs]
    given = {name: as_data(value, *keys) for name, value in {**values, **(more or {})}.items()}
    lines = [fill(step.task, {**step.variables, **{name: given[name] for name in values}})]
    lines += [f'<input name="{name}">{value}</input>' for name, value in given.items()]
    if len(step.outputs) == 1:
        (output,) = step.outputs
        lines.append(
            f"Answer with: {output.description or output.key}. Put it between <{output.key}> and </{output.key}>."
        )
    else:
        lines.append("Answer in exactly one of these ways:")
        lines += [f"- If {each.condition}: <{each.key}>{each.description}</{each.key}>" for each in step.outputs]
    return "\n".join(lines)


def read_answer(answer: str, outputs: Sequence[Output]) -> tuple[Output, str]:
    """The output that an answer takes, and its value. A single output may be the answer without any mark.

    Raises:
        StepError: There are several outputs, and it takes none of them or more than one.
    """
    taken = []
    for output in outputs:
        found = re.search(rf"<{output.key}>(.*?)</{output.key}>", answer, re.DOTALL)
        if found:
            taken.append((output, found[1].strip()))
    if len(outputs) == 1:
        return taken[0] if taken else (outputs[0], answer.strip())
    if len(taken) != 1:
        keys = ", ".join(f"<{each.key}>" for each in outputs)
        raise StepError(f"the answer takes {len(taken)} of the ways to end, and not one: {keys}")
    return taken[0]


def run_steps(
    steps: Sequence[Step],
    agents: Mapping[str, Agent],
    value: str,
    *,
    output: str,
    most_at_once: int = 4,
    most_events: int = 100,
    most_turns: int = 20,
    attempts: int = 2,
) -> Outcome:
    """Run a workflow.

    Args:
        steps: All events but the first, which only hands on the input.
        agents: By name.
        value: The input.
        output: The key whose value is the workflow's.
        most_at_once: Agents that work at the same time.
        most_events: Events in all; a loop of gotos ends there.
        most_turns: Answers of a model in one step.
        attempts: To end a step in one of its ways.

    Raises:
        EngineError: There are more events.
        StepError: A step came to nothing.
    """

    def work(step: Step, inputs: Mapping[str, str]) -> Any:
        taken, said = _do(step, agents[step.agent], inputs, most_turns, attempts)
        if taken.action == "GOTO":
            return Goto((taken.target,), said)
        return Abort(said) if taken.action == "ABORT" else said

    async def run() -> list[Fired]:
        with ThreadPoolExecutor(max(most_at_once, 1)) as pool:

            def event(step: Step) -> Event:
                async def in_a_thread(inputs: Mapping[str, Any]) -> Any:
                    return await asyncio.get_running_loop().run_in_executor(pool, work, step, inputs)

                return Event(step.name, in_a_thread, (Group(step.listen, step.retrigger, "listen"),))

            async def hand_on(inputs: Mapping[str, Any]) -> Any:
                return inputs[ON_START]

            engine = Engine([Event(ON_START, hand_on), *map(event, steps)])
            start = {ON_START: value}
            return await engine.run(ON_START, start, most_at_once=most_at_once, most_events=most_events)

    fired = asyncio.run(run())
    aborted = tuple(str(each.outcome.reason) for each in fired if isinstance(each.outcome, Abort))
    last = {step.name for step in steps if ("RESULT", output) in [(each.action, each.key) for each in step.outputs]}
    values = [each.outcome for each in fired if each.event in last and not isinstance(each.outcome, Goto | Abort)]
    return Outcome(values[-1] if values else None, aborted, tuple(fired))


def _do(step: Step, agent: Agent, heard: Mapping[str, str], most_turns: int, attempts: int) -> tuple[Output, str]:
    values = {key: heard[event] for key, event in zip(step.inputs, step.listen, strict=True)}
    more = {event: value for event, value in heard.items() if event not in step.listen}
    prompt = asked = prompt_of(step, values, more)
    for attempt in range(1, attempts + 1):
        try:
            return read_answer(run_agents([agent], asked, most_turns=most_turns).answer, step.outputs)
        except StepError as error:
            if attempt == attempts:
                raise StepError(f"event {step.name}: {error}, asked {attempts} times") from None
            asked = f"{prompt}\nWhat you answered before was not accepted: {error}"
        except ValueError as error:
            raise StepError(f"event {step.name}: {error}") from error
    raise StepError(f"attempts is {attempts}: give 1 or more")
