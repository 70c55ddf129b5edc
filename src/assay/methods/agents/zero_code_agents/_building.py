"""Makes what runs out of forms: a workflow of events, or a team of agents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from assay.methods.agents.zero_code_agents._agents import Agent, Talk, Tool, run_agents
from assay.methods.agents.zero_code_agents._chat import as_voice
from assay.methods.agents.zero_code_agents._form import AgentEntry, AgentsForm, Key, Known, WorkflowForm
from assay.methods.agents.zero_code_agents._rules import check_agents, check_workflow
from assay.methods.agents.zero_code_agents._steps import ON_START, Outcome, Step, fill, run_steps
from assay.methods.agents.zero_code_agents._xml import FormError


@dataclass(frozen=True)
class Kit:
    """What forms are built with: models, and the tools and agents that there are."""

    model: Any
    """The usual one: a callable that answers a prompt, an `Endpoint`, any other `Model`, or a `Voice` of one."""
    models: Mapping[str, Any] = field(default_factory=dict)
    """Further ones, by the name that forms call them."""
    tools: Sequence[Tool] = ()
    agents: Sequence[Agent] = ()

    @property
    def known(self) -> Known:
        """What forms may name."""
        return Known(
            {each.name: each.description for each in self.agents},
            {each.name: each.description for each in self.tools},
            tuple(self.models),
        )

    def check(self, form: AgentsForm | WorkflowForm) -> None:
        """Refuse a form that breaks rules, as one may that was changed by hand; its new tools may be made already.

        Raises:
            FormError: All that it breaks.
        """
        new = {tool.name for agent in form.agents for tool in agent.tools if tool.new}
        there = {name: words for name, words in self.known.tools.items() if name not in new}
        known = replace(self.known, tools=there)
        broken = check_agents(form, known) if isinstance(form, AgentsForm) else check_workflow(form, known)
        if faults := list(broken):
            raise FormError(faults)

    def agent(self, entry: AgentEntry, variables: Mapping[str, str]) -> Agent:
        """The agent of an entry.

        Raises:
            ValueError: A new tool is not made yet.
        """
        if not entry.new:
            return next(each for each in self.agents if each.name == entry.name)
        tools = {each.name: each for each in self.tools}
        if missing := [tool.name for tool in entry.tools if tool.name not in tools]:
            raise ValueError(f"there is no tool {missing[0]} yet: Studio.build makes new ones")
        voice = as_voice(self.models[entry.model] if entry.model else self.model)
        own = tuple(tools[each.name] for each in entry.tools)
        return Agent(entry.name, fill(entry.instructions, variables), voice, own, entry.description)


@dataclass(frozen=True)
class Workflow:
    """A workflow that can be run."""

    form: WorkflowForm
    agents: Mapping[str, Agent]

    @classmethod
    def build(cls, form: WorkflowForm, kit: Kit) -> "Workflow":
        """Make one of a form.

        Raises:
            FormError: It breaks rules.
            ValueError: A new tool is not made yet.
        """
        kit.check(form)
        return cls(form, {each.name: kit.agent(each, _values(form.variables)) for each in form.agents})

    @property
    def steps(self) -> list[Step]:
        """Its events, but for the first."""
        variables = _values(self.form.variables)
        return [
            Step(
                event.name,
                event.agent,
                event.task,
                tuple(each.key for each in event.inputs),
                event.listen,
                event.outputs,
                event.retrigger,
                variables,
            )
            for event in self.form.events
            if event.name != ON_START
        ]

    def run(self, value: str, **limits: int) -> Outcome:
        """Run it on an input; see `run_steps` for the limits, and what is refused.

        Inside a running event loop, such as that of a notebook, write ``await asyncio.to_thread(workflow.run, value)``.
        """
        return run_steps(self.steps, self.agents, value, output=self.form.output.key, **limits)


@dataclass(frozen=True)
class Team:
    """Agents that answer requests: the first is asked, and hands over to the others."""

    form: AgentsForm
    agents: tuple[Agent, ...]

    @classmethod
    def build(cls, form: AgentsForm, kit: Kit) -> "Team":
        """Make one of a form; see `Workflow.build`."""
        kit.check(form)
        return cls(form, tuple(kit.agent(each, _values(form.variables)) for each in form.agents))

    def run(self, request: str, *, most_turns: int = 20) -> Talk:
        """Answer a request; see `run_agents`."""
        return run_agents(self.agents, request, most_turns=most_turns)


def _values(variables: Sequence[Key]) -> dict[str, str]:
    return {each.key: each.value for each in variables}
