"""The command and the tools of MCP: a real index, a server on loopback, and a real small model where there is one."""

import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import anyio
import pytest
from tests.methods.agents.plan_repository import write_repository
from tests.writing.real_servers import llama_server

from assay.methods.agents.repo_plan_search import Endpoint, ModelProposer, Plan, PlanSearch, SymbolIndex
from assay.methods.agents.repo_plan_search.__main__ import main

ANSWER = '<plan><step number="1">Boil water.</step><step number="2">Pour tea into cups.</step></plan>'
MARKS = '<solves>6</solves><step number="1">6</step><step number="2">6</step>'
WRITTEN = "1. Have hot water.\n2. Have tea."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_repository(tmp_path / "repository", kitchen__broken="\ndef (:\n")


@contextmanager
def speaking(*, fails_after: int = 99) -> Iterator[str]:
    """A server that plans, judges and describes, and then fails for good."""

    class Handler(BaseHTTPRequestHandler):
        asked = 0

        def do_POST(self) -> None:
            prompt = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["messages"][-1]["content"]
            Handler.asked += 1
            answer = MARKS if prompt.startswith("You judge") else WRITTEN if "<source>" in prompt else ANSWER
            out = json.dumps({"choices": [{"message": {"content": answer}}]}).encode()
            self.send_response(200 if Handler.asked <= fails_after else 400)
            self.send_header("Content-Length", str(len(out)))
            self.end_headers()
            self.wfile.write(out)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1"
        finally:
            server.shutdown()
            thread.join()


def test_symbols_are_found_without_a_model(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find", str(folder), "boil water", "--count", "1", "--json"]) == 0
    told = capsys.readouterr()
    assert [each["path"] for each in json.loads(told.out)] == ["kitchen.stove.boil"]
    assert told.err.startswith("left out: kitchen/broken.py:2: ")
    assert main(["find", str(folder), "boil water", "--retriever", "bm25"]) == 0
    assert "kitchen/stove.py:" in capsys.readouterr().out
    assert main(["find", str(folder), "xylophone"]) == 1
    assert "has nothing with a word of it" in capsys.readouterr().err


def test_an_index_is_kept_with_what_a_model_wrote(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder.parent / "index.json"
    with speaking() as url:
        assert main(["index", str(folder), "--out", str(out), "--base-url", url, "--model", "m"]) == 0
    assert "12 symbols of 5 files are in" in capsys.readouterr().out
    assert SymbolIndex.load(out).intents[0] == ("Have hot water.", "Have tea.")
    assert main(["find", str(out), "hot water", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("form", [[], ["--json"], ["--prompt"]])
def test_a_plan_is_printed_or_kept(folder: Path, form: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    out = folder.parent / "plan"
    with speaking() as url:
        model = ["--base-url", url, "--model", "m", "--budget", "5", "--scorer", "likert"]
        assert main(["plan", str(folder), "Have tea", *model, *form, "--out", str(out)]) == 0
    assert "5 plans; the budget is used up" in capsys.readouterr().err
    text = out.read_text()
    assert "Pour tea into cups." in text
    assert "kitchen.plates.pour_tea" in text
    assert ("def pour_tea" in text) == (form == ["--prompt"])


def test_what_is_wrong_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = folder.parent / "empty"
    empty.mkdir()
    for command, why in (
        (["plan", str(folder), "tea"], "name the model's server"),
        (["find", str(empty), "tea"], "no function or class in 0 Python files"),
        (["find", str(folder / "nowhere"), "tea"], "is no folder"),
        (["find", str(folder), "tea", "--count", "0"], "k is 0"),
        (["plan", str(folder), " ", "--base-url", "http://127.0.0.1:9/v1", "--model", "m"], "the request is empty"),
        (["plan", str(folder), "x", "--base-url", "http://127.0.0.1:9/v1", "--model", "m"], "does not answer"),
        (
            [
                "plan",
                str(folder),
                "x",
                "--base-url",
                "http://127.0.0.1:9/v1",
                "--model",
                "m",
                "--key-variable",
                "NO_SUCH",
            ],
            "the environment has no variable NO_SUCH",
        ),
        (["plan", str(folder), "x", "--base-url", "ftp://x", "--model", "m"], "begins with http"),
    ):
        assert main(command) == 2
        *_, last = capsys.readouterr().err.splitlines()
        assert last.startswith("error: ")
        assert why in last


def test_a_server_that_fails_half_way_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with speaking(fails_after=3) as url:
        assert main(["plan", str(folder), "Have tea", "--base-url", url, "--model", "m"]) == 1
    told = capsys.readouterr()
    assert "Pour tea into cups." in told.out
    assert "4 plans; the model failed: " in told.err


def test_agents_find_read_and_plan_over_mcp(folder: Path) -> None:
    pytest.importorskip("mcp")
    from assay.methods.agents.repo_plan_search.mcp import make_server

    index = SymbolIndex.from_repo(folder)
    with speaking() as url:
        search = PlanSearch(index, ModelProposer(Endpoint(url, "m"), index), budget=4)

        async def ask(client: Any) -> list[Any]:
            return [
                await client.list_tools(),
                await client.call_tool("find_symbols", {"intent": "boil water", "count": 1}),
                await client.call_tool("read_symbol", {"path": "kitchen.stove.boil"}),
                await client.call_tool("read_symbol", {"path": "../../etc/passwd"}),
                await client.call_tool("plan", {"request": "Have tea"}),
                await client.call_tool("plan", {"request": " "}),
            ]

        tools, found, source, outside, plan, empty = talk(make_server(index, search), ask)
    assert {tool.name for tool in tools.tools} == {"find_symbols", "read_symbol", "plan"}
    assert [each["path"] for each in found.structured_content["symbols"]] == ["kitchen.stove.boil"]
    assert "def boil(what):" in source.structured_content["source"]
    assert outside.is_error
    assert "the index has no symbol" in outside.content[0].text
    assert [each["intent"] for each in plan.structured_content["steps"]] == ["Boil water.", "Pour tea into cups."]
    assert "the request is empty" in empty.content[0].text


def test_without_a_model_there_is_no_tool_for_plans(folder: Path) -> None:
    pytest.importorskip("mcp")
    from assay.methods.agents.repo_plan_search.mcp import make_server

    async def ask(client: Any) -> Any:
        return await client.list_tools()

    tools = talk(make_server(SymbolIndex.from_repo(folder)), ask)
    assert {tool.name for tool in tools.tools} == {"find_symbols", "read_symbol"}


def test_the_server_ends_with_its_input(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mcp")
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        assert main(["serve", str(folder)]) == 0


def talk(server: Any, ask: Callable[[Any], Awaitable[Any]]) -> Any:
    """What comes of a talk with a server, by the protocol's own client."""
    from mcp import Client

    async def within() -> Any:
        async with Client(server) as client:
            return await ask(client)

    return anyio.run(within)


def test_a_real_small_model_is_asked_and_what_it_writes_is_read(folder: Path) -> None:
    index = SymbolIndex.from_repo(folder)
    prompt = "{request}\nSteps:\n{plan}\nWrite a list of three short steps, one a line, each beginning with a number."
    with llama_server(context=512) as url:
        model = Endpoint(url, "smollm2", parallel=1)
        proposer = ModelProposer(model, index, prompt=prompt, tokens=32, retries=5, temperature=0.5)
        result = PlanSearch(index, proposer, budget=2, branching=1).run("Boil water and pour tea for guests.")
    assert result.plan.steps
    assert isinstance(result.plan, Plan)
    assert {each.path for each in result.plan.symbols} <= {each.path for each in index.symbols}
