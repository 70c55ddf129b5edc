"""Tools of agents: those that a model writes stay shut in; and what leaves for files, MCP and servers is the same."""

import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.methods.agents.scripted_agents import checked, look_up, script, serving
from tests.methods.pages import run_example
from tests.methods.sandboxed import need_sandbox

from assay.methods.agents.zero_code_agents import (
    Agent,
    Endpoint,
    Example,
    Kit,
    ToolEntry,
    ToolSandbox,
    Voice,
    Workflow,
    make_tool,
    mcp_server,
    mcp_tools,
    read_workflow,
    run_agents,
    to_python,
    tool_of,
)
from assay.methods.agents.zero_code_agents._making import parameters_of
from assay.methods.agents.zero_code_agents._samples import WORKFLOW

ADD_TAX = ToolEntry("add_tax", "Add 20 %.", new=True, examples=(Example({"price": 10}, 12.0, has_result=True),))


def code(body: str) -> str:
    return f"```python\ndef add_tax(price: float, places: int = 2) -> float:\n    {body}\n```"


def test_a_tool_is_written_again_until_it_stands_its_examples() -> None:
    need_sandbox()
    model = script("no code", code("return price +"), code("return price * 1.1"), code("return 1 / 0"),
                   code("print('{}'); return round(price * 1.2, places)"))  # fmt: skip
    made = make_tool(ADD_TAX, model, ToolSandbox(allow=True), attempts=5)
    assert made.attempts == 5
    for trouble, words in zip(
        made.troubles, ("no code", "no Python", "gives 11.0 instead of 12.0", "ZeroDiv"), strict=True
    ):
        assert words in trouble
    assert made.tool.parameters["required"] == ["price"]
    assert made.tool.use({"price": 20.5}) == "24.6"
    with pytest.raises(ValueError, match="was not made in 1 attempts: there is no code"):
        make_tool(ADD_TAX, lambda _: "", ToolSandbox(allow=True), attempts=1)
    with pytest.raises(ValueError, match="has no example"):
        make_tool(replace(ADD_TAX, examples=()), model, ToolSandbox(allow=True))


def test_a_tool_that_a_model_wrote_sees_nothing_and_reaches_nobody(tmp_path: Path) -> None:
    need_sandbox()
    (tmp_path / "secret").write_text("hidden")
    tries = [
        f"open({str(tmp_path / 'secret')!r}).read()",
        f"open({str(tmp_path / 'new')!r}, 'w')",
        "__import__('socket').create_connection(('127.0.0.1', 1))",
        "__import__('os').environ['HOME_OF_KEYS']",
    ]
    body = (
        "out = []\n    for each in %r:\n        try: out.append(str(eval(each)))\n        except Exception as error: "
    )
    body += "out.append(type(error).__name__)\n    return out"
    entry = replace(ADD_TAX, examples=(Example({"price": 1}),))
    made = make_tool(entry, lambda _: code(body % (tries,)), ToolSandbox(allow=True))
    assert made.tool.use({"price": 1}) == '["FileNotFoundError", "FileNotFoundError", "OSError", "KeyError"]'
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("x = 1", "the code has no function f"),
        ("def f(*a): ...", "parameters without names"),
        ("def f(a, /): ...", "parameters without names"),
        ("def f(:", "no Python"),
        ("\0", "no Python"),
    ],
)
def test_code_that_is_no_tool_is_refused_before_it_runs(written: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parameters_of(written, "f")


def test_nothing_runs_unless_it_is_allowed() -> None:
    with pytest.raises(ValueError, match="not run unless you allow it"):
        make_tool(ADD_TAX, lambda _: code("return 12.0"), ToolSandbox())


# Export, MCP, servers


def load(text: str, folder: Path) -> ModuleType:
    """A module of a text, as a program that knows no Assay loads it."""
    (folder / "exported.py").write_text(text)
    spec = importlib.util.spec_from_file_location("exported", folder / "exported.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["exported"] = module
    spec.loader.exec_module(module)
    return module


def test_an_exported_workflow_does_the_same_and_needs_no_assay(tmp_path: Path) -> None:
    workflow = Workflow.build(read_workflow(WORKFLOW), Kit(checked))
    text = to_python(workflow)
    assert "import assay" not in text
    assert "from assay" not in text
    exported = load(text, tmp_path)
    mine, theirs = workflow.run("Why?"), exported.run("Why?", checked)
    assert (mine.value, mine.aborted) == (theirs.value, theirs.aborted)
    assert [each.inputs for each in mine.fired] == [each.inputs for each in theirs.fired]
    with serving(lambda body: {"content": checked(body["messages"][0]["content"])}) as (url, _):
        command = [sys.executable, "-I", str(tmp_path / "exported.py"), "Why?", "--model", "m", "--url"]
        done = subprocess.run([*command, url], capture_output=True, text=True, check=False)
        assert (done.stdout, done.returncode) == ("fine:\na draft\n", 0), done.stderr
    failed = subprocess.run([*command, "http://127.0.0.1:9/v1"], capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert "checked_answer: " in failed.stderr
    assert "Traceback" not in failed.stderr


def test_what_a_form_says_is_no_code_in_what_is_exported(tmp_path: Path) -> None:
    """Its texts stand there as texts; its name, which stands in the words above them, is checked."""
    trick = '""" + open("x", "w").name + \'\'\' {{name}} \\'
    form = read_workflow(WORKFLOW)
    step = replace(form.events[1], task=trick)
    form = replace(form, agents=(replace(form.agents[0], instructions=trick), form.agents[1]))
    workflow = Workflow(replace(form, events=(form.events[0], step, form.events[2])), {})
    agents = {each.name: Agent(each.name, each.instructions, Voice(checked)) for each in form.agents}
    exported = load(to_python(replace(workflow, agents=agents)), tmp_path)
    assert exported.INSTRUCTIONS["writer"] == form.agents[0].instructions
    assert exported.STEPS[0].task == step.task
    for name in ('a"""\nimport os', "a b", ""):
        with pytest.raises(ValueError, match="is no name"):
            to_python(Workflow(replace(form, name=name), agents))


def test_an_exported_workflow_asks_for_its_tools_and_models(tmp_path: Path) -> None:
    form = read_workflow(WORKFLOW)
    agents = (replace(form.agents[0], tools=(ToolEntry("look_up"),)), replace(form.agents[1], model="judge"))
    kit = Kit(checked, {"judge": checked}, tools=[tool_of(look_up)])
    workflow = Workflow.build(replace(form, agents=agents), kit)
    exported = load(to_python(workflow), tmp_path)
    with pytest.raises(ValueError, match="needs look_up: put functions into TOOLS"):
        exported.run("Why?", checked)
    exported.TOOLS["look_up"] = look_up
    with pytest.raises(ValueError, match="needs judge: put functions into MODELS"):
        exported.run("Why?", checked)
    exported.MODELS["judge"] = checked
    assert exported.run("Why?", checked).value == "fine:\na draft"


def test_tools_come_from_mcp_and_workflows_go_there() -> None:
    pytest.importorskip("mcp")
    workflow = Workflow.build(read_workflow(WORKFLOW), Kit(checked))
    aborted = read_workflow(WORKFLOW.replace("<type>GOTO</type><value>write</value>", "<type>ABORT</type>"))
    server = mcp_server({"answer": workflow, "stop": Workflow.build(aborted, Kit(checked))})
    with mcp_tools(server) as (answer, stop):
        calls = ('<call tool="answer">{"input": "Why?"}</call>', '<call tool="stop">{"input": "x"}</call>', "done")
        talk = run_agents([Agent("a", "", Voice(script(*calls)), (answer, stop))], "?")
    good, bad = (each["content"] for each in talk.messages if each["role"] == "tool")
    assert good == "fine:\na draft"
    assert "every branch was aborted: too short" in bad
    with mcp_tools(server, only=["stop"]) as tools:
        assert [each.name for each in tools] == ["stop"]
    with (
        pytest.raises(ValueError, match="the MCP server has no tool zap: it has answer, stop"),
        mcp_tools(server, only=["zap"]),
    ):
        pass
    with pytest.raises(ValueError, match="the MCP server does not answer"), mcp_tools("http://127.0.0.1:9/mcp"):
        pass


def test_a_server_is_asked_for_calls_as_the_protocol_has_them() -> None:
    def answer(body: dict[str, Any]) -> Any:
        if body["messages"][-1]["role"] == "tool":
            return {"content": f"It says: {body['messages'][-1]['content']}"}
        call = {"id": "c1", "type": "function", "function": {"name": "look_up", "arguments": '{"word": "owl"}'}}
        return {"content": None, "tool_calls": [call, {**call, "function": {"name": "look_up", "arguments": "{"}}]}

    with serving(answer) as (url, bodies):
        agent = Agent("a", "You read.", Voice(Endpoint(url, "m"), temperature=0.5, seed=3), (tool_of(look_up),))
        talk = run_agents([agent], "What is an owl?")
    assert "the arguments of look_up are no JSON" in talk.answer
    assert next(each["content"] for each in talk.messages if each["role"] == "tool") == "owl is a word, 3"
    assert bodies[0]["tools"][0]["function"]["parameters"]["required"] == ["word"]
    assert (bodies[0]["seed"], bodies[0]["messages"][0]) == (3, {"role": "system", "content": "You read."})
    assert bodies[1]["messages"][-1] | {"content": ""} == {
        "role": "tool",
        "tool_call_id": "c1",
        "name": "look_up",
        "content": "",
    }


@pytest.mark.parametrize("told", [[], [1], {"tool_calls": [{"name": 1}]}])
def test_a_server_that_speaks_another_dialect_is_told_in_words(told: Any) -> None:
    with serving(lambda _: told) as (url, _), pytest.raises(ValueError, match="answers no chat completion"):
        run_agents([Agent("a", "", Voice(Endpoint(url, "m")))], "?")


def test_a_voice_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="only an Endpoint calls tools natively"):
        Voice(checked, calls="native")
    with pytest.raises(ValueError, match="calls is 'spoken'"):
        Voice(checked, calls="spoken")  # type: ignore[arg-type]


def test_a_real_server_plays_the_agents_of_a_form() -> None:
    """SmolLM2 behind llama.cpp's own server: whatever it says, the workflow comes to its end."""
    from tests.writing.real_servers import llama_server

    form = read_workflow(WORKFLOW.replace("<type>GOTO</type><value>write</value>", "<type>ABORT</type>"))
    with llama_server(1024) as url:
        kit = Kit(Voice(Endpoint(url, "smollm2"), tokens=12), {"rule": checked})
        agents = (form.agents[0], replace(form.agents[1], model="rule"))
        outcome = Workflow.build(replace(form, agents=agents), kit).run("What is the capital of France?")
    assert [each.event for each in outcome.fired] == ["on_start", "write", "check"]
    assert "Paris" in outcome.fired[1].outcome


def test_the_example_on_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_sandbox()
    monkeypatch.chdir(tmp_path)
    run_example("zero_code_agents")
