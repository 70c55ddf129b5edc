"""Has forms filled in by a model from a description in words, refused with exact errors, and mended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from assay.methods.agents.zero_code_agents._agents import Agent, Tool
from assay.methods.agents.zero_code_agents._building import Kit, Team, Workflow
from assay.methods.agents.zero_code_agents._calls import as_data
from assay.methods.agents.zero_code_agents._chat import Voice
from assay.methods.agents.zero_code_agents._form import AgentsForm, Known, WorkflowForm
from assay.methods.agents.zero_code_agents._making import MadeTool, ToolSandbox, make_tool
from assay.methods.agents.zero_code_agents._reading import read_agents, read_workflow
from assay.methods.agents.zero_code_agents._samples import AGENTS, WORKFLOW
from assay.methods.agents.zero_code_agents._xml import FormError, find_form

FormT = TypeVar("FormT", AgentsForm, WorkflowForm)

_ORDER = """You fill in forms of {what}. {rules}
There are these tools: {tools}. There are these agents: {agents}. There are these models: {models}.
Answer with the form and nothing else, from <{tag}> to </{tag}>. Keep its elements; names and texts are your own.
<request>{asked}</request>
gives this form:
{sample}
<request>{request}</request>
{trouble}gives this form:
"""
_TROUBLE = """gave this, which was refused:
{answer}
It was refused because of:
{told}
Mended, it """


@dataclass(frozen=True)
class _Kind(Generic[FormT]):
    """What a model is told of a kind of form."""

    tag: str
    what: str
    rules: str
    asked: str
    sample: str
    read: Callable[..., FormT]


_WORKFLOWS = _Kind(
    "workflow",
    "workflows",
    "on_start comes first and hands on the input. Every other event has a task, an agent, outputs, and listens to "
    "events before it, with one input for each, called as the output that it takes from there. An event with several "
    "outputs has a condition for each, and one RESULT at most; GOTO names an event, and ABORT ends the branch.",
    "One agent answers a question in a sentence, and another sends the answer back if it is wrong.",
    WORKFLOW,
    read_workflow,
)
_TEAMS = _Kind(
    "agents",
    "teams of agents",
    "The first agent is asked, and hands over to the others. A new tool has examples with arguments and result in "
    "JSON. {name} stands for a global variable.",
    "A desk answers customers of the Corner Shop, and a cashier tells what they pay with 20 % tax.",
    AGENTS,
    read_agents,
)


@dataclass(frozen=True)
class Draft(Generic[FormT]):
    """A form that a model filled in."""

    form: FormT
    attempts: int
    refused: tuple[FormError, ...]
    """What was wrong with what it wrote before."""


@dataclass(frozen=True)
class Studio:
    """Builds agents and workflows out of descriptions in words.

    A form is read before anything is built of it, and can be changed by hand: ``form.to_xml()``.
    """

    model: Any
    """Who fills in forms and writes tools, and plays the agents; see `Kit.model`."""
    models: dict[str, Any] = field(default_factory=dict)
    """Further ones that agents may be played by, by name."""
    tools: Sequence[Tool] = ()
    agents: Sequence[Agent] = ()
    sandbox: ToolSandbox = field(default_factory=ToolSandbox)
    """Where new tools are tried and used; off until it is allowed."""
    attempts: int = 3
    """At a form or a tool (official code: 3)."""
    tokens: int = 4_096
    """Of a form, at most."""
    tell: Callable[[FormError], str] = str
    """What the model is told of a form that was refused."""

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"attempts is {self.attempts}: give 1 or more")

    @property
    def kit(self) -> Kit:
        """What forms are built with."""
        return Kit(self.model, self.models, self.tools, self.agents)

    def draft_workflow(self, request: str) -> Draft[WorkflowForm]:
        """Have the form of a workflow filled in.

        Raises:
            FormError: After so many attempts it is still refused.
        """
        return self._draft(request, _WORKFLOWS)

    def draft_agents(self, request: str) -> Draft[AgentsForm]:
        """Have the form of a team of agents filled in; see `draft_workflow`."""
        return self._draft(request, _TEAMS)

    def build(self, form: AgentsForm | WorkflowForm) -> Team | Workflow:
        """Make new tools, and what runs.

        Raises:
            ValueError: A tool cannot be made, or something is used that there is not.
        """
        made = [each.tool for each in self.make_tools(form)]
        kit = replace(self.kit, tools=[*self.tools, *made])
        return Team.build(form, kit) if isinstance(form, AgentsForm) else Workflow.build(form, kit)

    def make_tools(self, form: AgentsForm | WorkflowForm) -> list[MadeTool]:
        """Make the new tools of a form; see `make_tool`."""
        new = [tool for agent in form.agents for tool in agent.tools if tool.new]
        return [make_tool(each, self.model, self.sandbox, attempts=self.attempts) for each in new]

    def _draft(self, request: str, kind: _Kind[FormT]) -> Draft[FormT]:
        voice = self.model if isinstance(self.model, Voice) else Voice(self.model, tokens=self.tokens)
        known, refused, answer = self.kit.known, list[FormError](), ""
        for attempt in range(1, self.attempts + 1):
            trouble = _TROUBLE.format(answer=answer, told=self.tell(refused[-1])) if refused else ""
            answer = voice.complete(_order(request, kind, known, trouble))
            try:
                return Draft(kind.read(find_form(answer, kind.tag), known=known), attempt, tuple(refused))
            except FormError as error:
                refused.append(error)
        raise refused[-1]


def _order(request: str, kind: _Kind[Any], known: Known, trouble: str) -> str:
    tools, agents = (
        ", ".join(f"{name} ({words})" for name, words in each.items()) or "none" for each in (known.tools, known.agents)
    )
    return _ORDER.format(
        what=kind.what,
        rules=kind.rules,
        tools=as_data(tools),
        agents=as_data(agents),
        models=", ".join(known.models) or "only the usual one, which needs no name",
        tag=kind.tag,
        asked=kind.asked,
        sample=kind.sample,
        request=as_data(request),
        trouble=trouble,
    )
