"""Writes a workflow as one Python file that needs nothing but the standard library, and no Assay."""

import ast
from pathlib import Path
from pprint import pformat

from assay.methods.agents.zero_code_agents._building import Workflow

_PARTS = ("_engine", "_agents", "_calls", "_steps")
_HEAD = '''"""{title}

    python {name}.py --url http://127.0.0.1:8000/v1 --model my-model "..."

Any server that speaks OpenAI's protocol will do; the key is read from OPENAI_API_KEY, if it needs one. In Python:
run("...", complete), with a function from a prompt to an answer.
"""
'''
_TAIL = '''

# The workflow

NAME, OUTPUT = {name!r}, {output!r}
STEPS = {steps}
INSTRUCTIONS = {instructions}
DESCRIPTIONS = {descriptions}
TOOLS_OF = {tools_of}
TOOLS: dict[str, Callable[..., Any]] = {{}}
"""Functions by name: put in those that TOOLS_OF names, each with annotations and a docstring."""
MODEL_OF = {model_of}
MODELS: dict[str, Callable[[str], str]] = {{}}
"""Functions from a prompt to an answer by name: put in those that MODEL_OF names."""


def make_agents(complete: Callable[[str], str]) -> dict[str, Agent]:
    """The agents of the workflow, played by a model, but for those that have one of their own."""
    for needed, there, where in (
        ({{name for names in TOOLS_OF.values() for name in names}}, TOOLS, "TOOLS"),
        (set(MODEL_OF.values()), MODELS, "MODELS"),
    ):
        if missing := sorted(needed - set(there)):
            raise ValueError(f"the workflow needs {{', '.join(missing)}}: put functions into {{where}}")
    asks = {{name: written_calls(MODELS[MODEL_OF[name]] if name in MODEL_OF else complete) for name in INSTRUCTIONS}}
    return {{
        name: Agent(name, text, asks[name], tuple(tool_of(TOOLS[each]) for each in TOOLS_OF[name]), DESCRIPTIONS[name])
        for name, text in INSTRUCTIONS.items()
    }}


def run(value: str, complete: Callable[[str], str], **limits: int) -> Outcome:
    """Run the workflow on an input, with a function that answers a prompt."""
    return run_steps(STEPS, make_agents(complete), value, output=OUTPUT, **limits)


def completions(url: str, model: str, key: str = "", tokens: int = 1_024) -> Callable[[str], str]:
    """A function that asks a server of chat completions."""

    import urllib.request

    def complete(prompt: str) -> str:
        body = {{"model": model, "max_tokens": tokens, "temperature": 0.0}}
        body["messages"] = [{{"role": "user", "content": prompt}}]
        headers = {{"Content-Type": "application/json"}} | ({{"Authorization": f"Bearer {{key}}"}} if key else {{}})
        request = urllib.request.Request(f"{{url.rstrip('/')}}/chat/completions", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=120) as response:
            return json.load(response)["choices"][0]["message"]["content"] or ""

    return complete


if __name__ == "__main__":
    import argparse
    import os
    import sys

    parser = argparse.ArgumentParser(prog=NAME)
    parser.add_argument("input")
    parser.add_argument("--url", required=True)
    parser.add_argument("--model", required=True)
    options = parser.parse_args()
    try:
        done = run(options.input, completions(options.url, options.model, os.environ.get("OPENAI_API_KEY", "")))
    except (ValueError, OSError) as error:
        sys.exit(f"{{NAME}}: {{error}}")
    if done.value is None:
        sys.exit(f"{{NAME}}: every branch was aborted: {{'; '.join(done.aborted)}}")
    print(done.value)
'''


def to_python(workflow: Workflow) -> str:
    """The text of a Python file that runs a workflow by itself.

    Its engine is the text of this package's own. Tools, and models that agents name, are functions that whoever runs it
    puts in. Tools that a model wrote are left out, since outside the sandbox nothing would shut them in.

    Raises:
        ValueError: The workflow's name is none.
    """
    form, agents = workflow.form, workflow.agents
    for name in (form.name, form.input.key, form.output.key):  # they stand in the file as they are
        if not name.isidentifier():
            raise ValueError(f"{name[:40]!r} is no name: letters, digits and underscores")
    steps = ",\n".join(f"    {each!r}" for each in workflow.steps)
    tail = _TAIL.format(
        name=form.name,
        output=form.output.key,
        steps=f"[\n{steps},\n]",
        instructions=pformat({name: agent.instructions for name, agent in agents.items()}, width=110),
        descriptions=pformat({name: agent.description for name, agent in agents.items()}, width=110),
        model_of=pformat({each.name: each.model for each in form.agents if each.model}, width=110),
        tools_of=pformat({name: [tool.name for tool in agent.tools] for name, agent in agents.items()}, width=110),
    )
    title = f"The workflow {form.name}: {form.input.key} in, {form.output.key} out."
    head = _HEAD.format(title=title, name=form.name)
    return head + "".join(_text_of(part) for part in _PARTS) + tail


def _text_of(part: str) -> str:
    """A module's text without its docstring and without what it imports from its neighbours, which stand beside it."""
    lines = Path(__file__).with_name(f"{part}.py").read_text(encoding="utf-8").splitlines()
    tree = ast.parse("\n".join(lines))
    left_out = [tree.body[0], *(each for each in tree.body if isinstance(each, ast.ImportFrom) and _is_ours(each))]
    gone = {number for each in left_out for number in range(each.lineno, (each.end_lineno or each.lineno) + 1)}
    return "\n".join(line for number, line in enumerate(lines, 1) if number not in gone).strip("\n") + "\n\n\n"


def _is_ours(node: ast.ImportFrom) -> bool:
    return (node.module or "").partition(".")[0] == (__package__ or "").partition(".")[0]
