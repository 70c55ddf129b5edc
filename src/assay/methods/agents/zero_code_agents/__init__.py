"""AutoAgent (Tang et al. 2025, arXiv 2502.05957, at first MetaChain): agents and workflows from forms in words.

**Idea.** Who cannot program describes agents in words. A model fills in a typed XML form, a parser refuses it with what
is wrong and where, and the model mends it. What the form says is then built: tools are written and tried until they
work, agents are put together, and events run when what they listen to has a result.

**Forms** (`read_workflow`, `read_agents`, `KINDS` of faults). All faults are told at once, each with file and line. XML
is read without document types and entities.

**Events** (`Engine`). An event fires when all members of a group have a result; what is ready runs at the same time. It
ends in a result, a `Goto` that starts other events, or an `Abort`. A group fires again when every member has a new
result (``retrigger="all"``), or at each (``"any"``). Runs are finite: 100 events, 20 turns of an agent, unless told.

**Tools** (`make_tool`). A model writes a function, which must stand the examples of its form in a sandbox. There it
runs each time that it is used, and only if `ToolSandbox` is allowed to.

**Departures.** In the official code conditions of outputs are never checked, ``GOTO`` of the shipped example never
fires, faults of a form are swallowed so that it is never mended, branches share a history, events with equal bodies
are one, there are no limits, and new tools run unshut. Here an answer that takes two of several outputs is asked for
again; gotos and aborts are no results to listeners; a goto to an event whose inputs may not be there is refused; a
form's agent names a model by a name, and not by a provider's; forms have examples for new tools. Left out: memory,
browser, images, and the tools and agents that come with it. Agents call tools natively, or in text for models that
cannot (the official code does the same in a format of its own).

**What it cannot tell.** Whether a form does what was wanted. What texts tell a model to do it may do, with the tools
that its agent has: give an agent that reads what others wrote no tool that can do harm.

**Use**::

    studio = Studio(Endpoint("http://127.0.0.1:8000/v1", "model"), sandbox=ToolSandbox(allow=True))
    draft = studio.draft_workflow("Two writers answer; a judge takes the better answer.")
    print(draft.form.to_xml())
    workflow = studio.build(draft.form)
    print(workflow.run("Why is the sky blue?").value)
    Path("sky.py").write_text(to_python(workflow))
"""

from assay.methods._models import Endpoint
from assay.methods.agents._sandbox import Limits, SandboxError
from assay.methods.agents.zero_code_agents._agents import Agent, AgentError, Talk, Tool, ToolError, run_agents, tool_of
from assay.methods.agents.zero_code_agents._building import Kit, Team, Workflow
from assay.methods.agents.zero_code_agents._chat import Voice
from assay.methods.agents.zero_code_agents._engine import Abort, Engine, EngineError, Event, Fired, Goto, Group
from assay.methods.agents.zero_code_agents._export import to_python
from assay.methods.agents.zero_code_agents._form import (
    KINDS,
    AgentEntry,
    AgentsForm,
    EventEntry,
    Example,
    Key,
    Known,
    ToolEntry,
    WorkflowForm,
)
from assay.methods.agents.zero_code_agents._making import MadeTool, ToolSandbox, make_tool
from assay.methods.agents.zero_code_agents._reading import read_agents, read_forms, read_workflow
from assay.methods.agents.zero_code_agents._steps import Outcome, Output, StepError
from assay.methods.agents.zero_code_agents._studio import Draft, Studio
from assay.methods.agents.zero_code_agents._xml import Fault, FormError
from assay.methods.agents.zero_code_agents.mcp import mcp_server, mcp_tools

__all__ = [
    "KINDS",
    "Abort",
    "Agent",
    "AgentEntry",
    "AgentError",
    "AgentsForm",
    "Draft",
    "Endpoint",
    "Engine",
    "EngineError",
    "Event",
    "EventEntry",
    "Example",
    "Fault",
    "Fired",
    "FormError",
    "Goto",
    "Group",
    "Key",
    "Kit",
    "Known",
    "Limits",
    "MadeTool",
    "Outcome",
    "Output",
    "SandboxError",
    "StepError",
    "Studio",
    "Talk",
    "Team",
    "Tool",
    "ToolEntry",
    "ToolError",
    "ToolSandbox",
    "Voice",
    "Workflow",
    "WorkflowForm",
    "make_tool",
    "mcp_server",
    "mcp_tools",
    "read_agents",
    "read_forms",
    "read_workflow",
    "run_agents",
    "to_python",
    "tool_of",
]
