"""The forms as models are shown them: each is a form that is read without a fault."""

from assay.methods.agents.zero_code_agents._form import (
    AgentEntry,
    AgentsForm,
    EventEntry,
    Example,
    Key,
    ToolEntry,
    WorkflowForm,
)
from assay.methods.agents.zero_code_agents._steps import ON_START, Output

WORKFLOW = WorkflowForm(
    name="checked_answer",
    input=Key("question", "what is asked"),
    output=Key("answer", "what is answered in the end"),
    agents=(
        AgentEntry("writer", "writes answers", "You answer in one sentence."),
        AgentEntry("checker", "checks answers", "You check the answers of others."),
    ),
    events=(
        EventEntry(ON_START, (Key("question"),), (Output("question"),)),
        EventEntry(
            "write",
            (Key("question"),),
            (Output("draft", "the answer"),),
            "Answer the question.",
            (ON_START,),
            "all",
            "writer",
        ),
        EventEntry(
            "check",
            (Key("draft"),),
            (
                Output("answer", "the answer", condition="the answer is good"),
                Output("trouble", "what is wrong", "GOTO", "write", "the answer is wrong"),
            ),
            "Check the answer.",
            ("write",),
            "all",
            "checker",
        ),
    ),
).to_xml()

AGENTS = AgentsForm(
    name="shop_desk",
    input=Key("question", "what a customer asks"),
    output=Key("answer", "what the customer is told"),
    variables=(Key("shop", "its name", "Corner Shop"),),
    agents=(
        AgentEntry("desk", "takes questions", "You answer customers of {shop}. Prices are for the cashier."),
        AgentEntry(
            "cashier",
            "tells prices",
            "You tell customers of {shop} what they pay.",
            (
                ToolEntry(
                    "add_tax",
                    "Add 20 % tax to a price.",
                    new=True,
                    examples=(Example({"price": 10}, 12.0, has_result=True),),
                ),
            ),
        ),
    ),
).to_xml()
