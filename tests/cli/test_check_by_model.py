"""``assay check --model``: the reader's own model is asked about what the rules leave open; a server on loopback."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from assay.cli.schemas import schemas
from tests.cli.conftest import Run, environment_of
from tests.cli.fixtures import listing
from tests.writing.real_servers import llama_server
from tests.writing.server import ModelServer, broken, denied, hang, wrong_schema

ENTRY = (
    "| Toy {number} (Read more on [arXiv](https://arxiv.org/abs/9912.{number}) or "
    "[HuggingFace](https://huggingface.co/papers/9912.{number}))| Ada Example | {summary}  |\n"
)
HEAD = "\n\n## Papers for 2099-12-02\n\n| Title | Authors | Summary |\n|-------|---------|---------|\n"
NUMBERS = (99901, 99902, 99903, 99904)
QUOTE = "Toy{number} is 2.5x faster than dense attention on ToyBench."


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        server.reply = says("contradicted")
        yield server


@pytest.fixture(autouse=True)
def day(tmp_path: Path, assay: Run) -> None:
    """Four summaries, each with a figure that its abstract does not have and that some sentence there may tell of."""
    rows = [
        ENTRY.format(number=number, summary=f"Toy{number} needs 37% less power than dense attention.")
        for number in NUMBERS
    ]
    (tmp_path / "digest.md").write_text(HEAD + "".join(rows), encoding="utf-8")
    (tmp_path / "2099-12-02.json").write_text(listing(*NUMBERS), encoding="utf-8")
    assert assay("import", "digest.md", "2099-12-02.json").code == 0


def says(verdict: str, of_the_contrary: str = "contradicted", lines: tuple[int, ...] = (1,)) -> Any:
    """A model with one verdict by the first line of the paper, and one of the contrary."""

    def reply(body: dict[str, Any]) -> dict[str, Any]:
        is_contrary = "⟦37%⟧" not in body["messages"][-1]["content"]
        return {"lines": lines, "verdict": of_the_contrary if is_contrary else verdict}

    return reply


COMMAND = ("check", "--date", "2099-12-02")
QUICK = {"ASSAY_RETRY_WAIT": "0.01", "ASSAY_MODEL_PATIENCE": "0.3", "ASSAY_MODEL_TIMEOUT": "60"}


def run(assay: Run, server: ModelServer, *more: str) -> Any:
    return assay(*COMMAND, "--model", "toy-1", "--base-url", server.url, *more, **QUICK)


def findings(out: str) -> list[dict[str, Any]]:
    return [figure for summary in json.loads(out)["summaries"] for figure in summary["check"]["figures"]]


def test_opinions_stand_beside_the_states_and_change_none(assay: Run, server: ModelServer) -> None:
    by_rules = findings(assay(*COMMAND, "--json").out)
    done = run(assay, server, "--json")
    assert (done.code, len(server.requests)) == (0, 4), done
    report = json.loads(done.out)
    jsonschema.Draft202012Validator(json.loads(schemas()["check.json"])).validate(report)
    with_model = findings(done.out)
    opinion = with_model[0]["opinion"]
    assert (opinion["model"], opinion["state"]) == ("toy-1", "contradicted")
    assert [each["text"] for each in opinion["quotes"]] == [QUOTE.format(number=99901)]
    assert opinion["quotes"][0]["place"]["part"] == "abstract"
    assert [figure | {"opinion": None} for figure in with_model] == by_rules
    assert {figure["state"] for figure in with_model} == {"unsupported"}
    assert report["judging"]["figures"] == 4
    assert (report["judging"]["dropped"], report["judging"]["left"], report["judging"]["stopped"]) == ([], 0, "")


def test_the_report_marks_them_as_the_models(assay: Run, server: ModelServer) -> None:
    done = run(assay, server)
    assert done.code == 0
    assert "figures contradicted   0" in done.out
    assert "Opinions of toy-1 on 4 unsupported figures: 4 contradicted" in done.out
    assert "? 37%  not in title and abstract" in done.out
    assert "toy-1 says: contradicted" in done.out
    assert "“Toy99901 is 2.5x faster than dense attention on ToyBench.” (abstract)" in done.out
    server.reply = says("cannot tell")
    done = run(assay, server, "--all", "--record", "elsewhere")
    assert "toy-1 says: cannot tell" in done.out


def test_files_and_sources_are_asked_about_as_days_are(assay: Run, server: ModelServer) -> None:
    model = ("--model", "toy-1", "--base-url", server.url)
    for command in (("check", "digest.md"), ("check", "--source", "digest-table")):
        assert "Opinions of toy-1 on 4 unsupported figures: 4 contradicted" in assay(*command, *model, **QUICK).out
    assert len(server.requests) == 4


def test_a_second_run_asks_nothing(assay: Run, server: ModelServer) -> None:
    first = run(assay, server, "--json")
    second = run(assay, server, "--json")
    assert len(server.requests) == 4
    assert findings(second.out) == findings(first.out)
    assert json.loads(second.out)["judging"]["recorded"] == 4
    run(assay, server, "--model", "toy-2")
    assert len(server.requests) == 8, "another model, another opinion"


def test_recorded_answers_need_no_network(assay: Run, server: ModelServer) -> None:
    first = run(assay, server, "--record", "answers", "--json")
    replayed = assay(*COMMAND, "--model", "toy-1", "--replay", "answers", "--json")
    assert replayed.code == 0, replayed
    assert findings(replayed.out) == findings(first.out)
    other = assay(*COMMAND, "--model", "toy-2", "--replay", "answers")
    assert other.code == 0
    assert "answers dropped: 4" in other.out
    assert "record it first" in other.out


def test_what_it_calls_supported_is_asked_again_as_its_contrary(assay: Run, server: ModelServer) -> None:
    server.reply = says("supported")
    assert "4 unsupported figures: 4 supported" in run(assay, server).out
    assert len(server.requests) == 8
    assert "⟦26%⟧ less power" in "".join(request.prompt for request in server.requests)


def test_what_does_not_count_is_dropped_with_a_word(assay: Run, server: ModelServer) -> None:
    server.reply = says("supported", of_the_contrary="supported")
    done = run(assay, server)
    assert done.code == 0
    assert "answers dropped: 4" in done.out
    assert "9912.99901 37%: supported, but so it calls the contrary" in done.out
    server.reply = says("contradicted", lines=(7,))
    done = run(assay, server, "--record", "another place")
    assert "9912.99901 37%: contradicted, by line 7, where the last one is 1" in done.out
    server.always = wrong_schema()
    done = run(assay, server, "--record", "elsewhere", "--json")
    dropped = json.loads(done.out)["judging"]["dropped"]
    assert [each["paper"] for each in dropped] == [f"9912.{number}" for number in NUMBERS]
    assert all("lines" in each["why"] and each["figure"] == "37%" for each in dropped)
    assert not any(figure["opinion"] for figure in findings(done.out))


def test_a_limit_and_a_budget(assay: Run, server: ModelServer) -> None:
    done = run(assay, server, "--limit", "2")
    assert (done.code, len(server.requests)) == (0, 2)
    assert "not reached: 2; --limit bounds how many are asked about" in done.out
    done = run(assay, server, "--budget-tokens", "1", "--concurrency", "1")
    assert (done.code, len(server.requests)) == (1, 2)
    need = re.search(r"not reached: 2; .* 0 of 1 tokens are spent, and the next request could take (\d+)", done.out)
    assert need is not None
    done = run(assay, server, "--budget-tokens", str(int(need[1]) + 100), "--concurrency", "1")
    assert (done.code, len(server.requests)) == (1, 3)
    assert "on 3 unsupported figures: 3 contradicted" in done.out, "two were recorded, one more could be paid for"
    assert run(assay, server).code == 0
    assert len(server.requests) == 4, "what was paid for is kept"


def test_a_model_that_stops_half_way_leaves_the_rest(assay: Run, server: ModelServer) -> None:
    server.then(lambda *_: None)
    server.always = broken()
    done = run(assay, server, "--concurrency", "1")
    assert done.code == 1
    assert "on 1 unsupported figure: " in done.out
    assert "not reached: 3; http://HOST/v1/chat/completions (toy-1): broken, 500" in done.out
    server.always = None
    assert run(assay, server).code == 0


def test_a_dead_address_is_one_line(assay: Run) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    began = time.monotonic()
    done = assay(*COMMAND, "--model", "toy-1", "--base-url", url)  # with all the patience that summaries have
    assert time.monotonic() - began < 60
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("assay: http://HOST/v1/chat/completions (toy-1): no connection")
    assert done.err.count("\n") == 1


def test_a_key_that_is_not_valid_is_one_line(assay: Run, server: ModelServer) -> None:
    server.always = denied()
    done = assay(*COMMAND, "--model", "toy-1", "--base-url", server.url, ASSAY_MODEL_KEY="sk-secret", **QUICK)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "the key is refused (401: Not valid: Bearer ***); check the key" in done.err
    assert len(server.requests) == 1
    assert "sk-secret" not in done.err


def test_a_model_in_the_settings_alone_is_not_asked(assay: Run, server: ModelServer) -> None:
    settings = QUICK | {"ASSAY_MODEL": "toy-1", "ASSAY_MODEL_URL": server.url}
    assert "Opinions" not in assay(*COMMAND, **settings).out
    assert server.requests == []
    assert "Opinions of toy-1" in assay(*COMMAND, "--model", "toy-1", **settings).out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--model", "m"), "--model NAME --base-url URL"),
        (("--model", "m", "--base-url", "nowhere"), "not a web address"),
        (("--limit", "3"), "need --model NAME --base-url URL"),
        (("--model", "m", "--base-url", "http://h", "--record", "a", "--replay", "."), "exclude each other"),
    ],
    ids=" ".join,
)
def test_what_makes_no_sense(assay: Run, options: tuple[str, ...], message: str) -> None:
    done = assay(*COMMAND, *options)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert done.err.count("\n") == 1


def test_interrupted_it_goes_on(home: Path, tmp_path: Path, assay: Run, server: ModelServer) -> None:
    server.then(lambda *_: None, lambda *_: None, hang())
    arguments = [*COMMAND, "--model", "toy-1", "--base-url", server.url, "--concurrency", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "assay", *arguments],
        env=environment_of(home, tmp_path) | QUICK,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while len(server.requests) < 3:
        assert process.poll() is None, "it ended before it was interrupted"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "interrupted: the answers that came are kept" in message
    assert "Traceback" not in message
    done = run(assay, server, "--json")
    assert json.loads(done.out)["judging"]["recorded"] == 2
    assert len(server.requests) == 5, "only the one that was open is asked again"


@pytest.fixture
def llama() -> Iterator[str]:
    """The base URL of a real llama.cpp server with SmolLM2; skipped where either is not to be had."""
    with llama_server(context=4096) as url:
        yield url


def test_a_real_server_with_a_real_model(assay: Run, llama: str) -> None:
    """A model of 135 million parameters judges badly, which is why an opinion is no more than one."""
    options = ("--model", "smollm2", "--base-url", llama, "--limit", "1", "--json")
    settings = {"ASSAY_MODEL_TIMEOUT": "240", "ASSAY_MODEL_OUTPUT": "30", "ASSAY_MODEL_CONTEXT": "4096"}
    done = assay(*COMMAND, *options, **settings)
    assert done.code == 0, done
    judging = json.loads(done.out)["judging"]
    assert judging["figures"] + len(judging["dropped"]) == 1
    assert judging["left"] == 3
    assert judging["tokens_in"] > 300
    assert {figure["state"] for figure in findings(done.out)} == {"unsupported"}
    for opinion in filter(None, (figure["opinion"] for figure in findings(done.out))):
        assert opinion["model"] == "smollm2"
        assert {each["text"] for each in opinion["quotes"]} <= {QUOTE.format(number=99901)}
    if judging["figures"]:
        again = json.loads(assay(*COMMAND, *options, **settings).out)["judging"]
        assert (again["requests"], again["recorded"]) == (0, 1)
