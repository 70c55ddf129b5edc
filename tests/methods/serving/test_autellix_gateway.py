"""The gateway before real servers of processes of their own: order, dialects, faults, and clients that go away."""

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.methods.pages import FOLDER
from tests.writing.real_servers import llama_server

from assay.methods.serving.autellix import Policy, ProgramGateway, program_headers
from assay.methods.serving.autellix.__main__ import main
from assay.trials.serving.autellix._servers import Scripted

PATIENCE = 60.0  # seconds, on however busy a machine


@pytest.fixture(scope="module")
def server() -> Iterator[Scripted]:
    with Scripted(slots=4) as started:
        yield started


@pytest.fixture(scope="module")
def gateway(server: Scripted) -> Iterator[ProgramGateway]:
    with ProgramGateway([server.url], max_inflight=4, patience=PATIENCE) as started:
        yield started


@pytest.fixture
def http() -> Iterator[httpx2.Client]:
    with httpx2.Client(timeout=PATIENCE) as client:
        yield client


def body(asked: str, **more: Any) -> dict[str, Any]:
    return {"model": "any", "messages": [{"role": "user", "content": asked}], "max_tokens": 1} | more


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.json()["choices"][0]["message"]["content"])


def wait_until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def backend_of(gateway: ProgramGateway) -> dict[str, Any]:
    (backend,) = gateway.status()["backends"]
    return dict(backend)


def hold(gateway: ProgramGateway, asked: dict[str, Any], headers: dict[str, str]) -> socket.socket:
    """Ask, and get no answer until the connection is closed."""
    content = json.dumps(asked | {"user": "silent"}).encode()
    fields = {"Host": "gateway", "Content-Type": "application/json", "Content-Length": str(len(content))} | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    url = httpx2.URL(gateway.base_url)
    connection = socket.create_connection((url.host, url.port or 80), timeout=PATIENCE)
    connection.sendall(f"POST /v1/chat/completions HTTP/1.1\r\n{head}\r\n".encode() + content)
    return connection


# What goes through


def test_calls_and_streams_go_through(gateway: ProgramGateway, http: httpx2.Client) -> None:
    url = f"{gateway.base_url}/chat/completions"
    answer = http.post(url, json=body("one"), headers=program_headers("job-1", call="first"))
    assert text_of(answer) == "answer to one"
    assert answer.headers["x-program-id"] == "job-1"
    assert answer.headers["x-call-id"] == "first"
    assert float(answer.headers["x-waited-seconds"]) >= 0
    follows = program_headers("job-1", parents=["first"])
    with http.stream("POST", url, json=body("two words", stream=True), headers=follows) as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        events = [line.removeprefix("data: ") for line in stream.iter_lines() if line]
    assert events.pop() == "[DONE]"
    assert "".join(json.loads(each)["choices"][0]["delta"]["content"] for each in events) == "answer to two words"
    assert http.get(f"{gateway.base_url}/models").json()["data"][0]["id"] == "scripted"
    assert gateway.table.rows["job-1"].calls == 2
    korean = http.post(url, json=body("four", program_id="작업 17"))
    assert korean.headers["x-program-id"].encode(korean.headers.encoding).decode() == "작업 17"
    assert "x-program-id" not in http.post(url, json=body("three")).headers


def test_a_backend_gets_what_it_understands(server: Scripted, http: httpx2.Client) -> None:
    said = {"program_id": "job-2", "call_id": "c", "parent_ids": [], "user": "echo"}
    policy = Policy("plas", boundaries=(1e-9,))
    with ProgramGateway([server.url], policy=policy, priorities=True) as gateway:
        url = f"{gateway.base_url}/chat/completions"
        got = json.loads(text_of(http.post(url, json=body("a", **said))))
        assert got == body("a", user="echo", priority=0)
        again = json.loads(text_of(http.post(url, json=body("b", **said | {"call_id": "d"}))))
        assert again["priority"] == 1


@pytest.mark.parametrize(("policy", "first"), [("plas", "new"), ("atlas", "new"), ("fcfs", "long")])
def test_a_program_that_has_received_little_goes_first(policy: str, first: str) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(Scripted(slots=1, seconds_per_token=0.05))
        rules = Policy(policy, boundaries=(0.04,))
        gateway = stack.enter_context(ProgramGateway([server.url], policy=rules, max_inflight=1))
        http = stack.enter_context(httpx2.Client(timeout=PATIENCE))
        pool = stack.enter_context(ThreadPoolExecutor())
        order: list[str] = []

        def ask(program: str) -> None:
            url = f"{gateway.base_url}/chat/completions"
            text_of(http.post(url, json=body(program), headers=program_headers(program)))
            order.append(program)

        ask("long")
        other = hold(gateway, body("other"), program_headers("other"))
        wait_until(lambda: backend_of(gateway)["running"] == 1)
        calls: list[Future[None]] = []
        for waiting, program in enumerate(("long", "new"), 1):
            calls.append(pool.submit(ask, program))
            wait_until(lambda: backend_of(gateway)["waiting"] == waiting)  # noqa: B023 - called at once
        other.close()
        for call in calls:
            call.result()
        assert order[:1] == ["long"]
        assert gateway.table.rows["new"].waiting > 0
        assert order[1] == first


# What is refused


def test_what_is_asked_wrongly_is_refused_in_words(gateway: ProgramGateway, http: httpx2.Client) -> None:
    url = f"{gateway.base_url}/chat/completions"
    refusals: list[tuple[dict[str, Any], int, str]] = [
        ({"content": b"{"}, 400, "the request is no JSON"),
        ({"content": b"[]"}, 400, "the request is no JSON object"),
        ({"json": body("a", parent_ids="x")}, 400, "the parents are 'x': give a list"),
        ({"json": body("a", program_id=7)}, 400, "the program is '7': give 1 to 200 printable letters"),
        ({"json": body("a", program_id="p" * 201)}, 400, "give 1 to 200 printable letters"),
        ({"json": body("a", parent_ids=["x"])}, 400, "the call follows others and names no program"),
        ({"json": body("a", program_id="p", parent_ids=["x"])}, 400, "program 'p' has no finished call 'x'"),
    ]
    for request, status, words in refusals:
        answer = http.post(url, **request)
        assert answer.status_code == status
        assert words in answer.json()["error"]["message"]
    assert (
        http.get(gateway.base_url.replace("/v1", "/other")).json()["error"]["message"].startswith("there is no /other")
    )
    assert http.post(f"{gateway.base_url}/../status", json={}).status_code == 404
    strict = ProgramGateway(gateway.backends, strict=True)
    with strict:
        answer = http.post(f"{strict.base_url}/chat/completions", json=body("a"))
        assert answer.json()["error"]["message"].startswith("the call names no program: send X-Program-Id")


def test_a_call_of_a_name_is_answered_once_at_a_time(server: Scripted, http: httpx2.Client) -> None:
    with ProgramGateway([server.url]) as gateway:
        url = f"{gateway.base_url}/chat/completions"
        headers = program_headers("p", call="c")
        running = hold(gateway, body("a"), headers)
        wait_until(lambda: backend_of(gateway)["running"] == 1)
        again = http.post(url, json=body("a"), headers=headers)
        assert again.status_code == 409
        assert "call 'c' of program 'p' is being answered" in again.json()["error"]["message"]
        running.close()
        wait_until(lambda: backend_of(gateway)["running"] == 0)  # whoever asked has gone
        assert text_of(http.post(url, json=body("a"), headers=headers)) == "answer to a"


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ("500", 500, "scripted 500"),
        ("401", 401, "scripted 401"),
        ("garbage", 502, 'speaks another dialect than OpenAI\'s: its answer has no choices: {"result": "forty-two"}'),
        ("page", 502, "its answer has no choices: <html>It works!</html>"),
        ("break", 502, "broke off"),
    ],
)
def test_a_backends_faults_are_told(
    gateway: ProgramGateway, http: httpx2.Client, fault: str, status: int, words: str
) -> None:
    answer = http.post(f"{gateway.base_url}/chat/completions", json=body("a", user=fault))
    assert answer.status_code == status
    assert words in answer.json()["error"]["message"]
    assert text_of(http.post(f"{gateway.base_url}/chat/completions", json=body("b"))) == "answer to b"


@pytest.mark.parametrize("fault", ["once:429", "once:503", "once:break"])
def test_what_may_pass_is_asked_again(gateway: ProgramGateway, http: httpx2.Client, fault: str) -> None:
    answer = http.post(f"{gateway.base_url}/chat/completions", json=body(f"again after {fault}", user=fault))
    assert text_of(answer) == f"answer to again after {fault}"


def test_a_stream_that_breaks_off_ends_with_words(gateway: ProgramGateway, http: httpx2.Client) -> None:
    answer = http.post(f"{gateway.base_url}/chat/completions", json=body("a b", user="break", stream=True))
    events = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
    assert "broke off" in json.loads(events[-1])["error"]["message"]
    assert "[DONE]" not in events


def test_patience_ends(server: Scripted, http: httpx2.Client) -> None:
    with ProgramGateway([server.url], patience=0.0) as gateway:
        url = f"{gateway.base_url}/chat/completions"
        busy = http.post(url, json=body("a", user="429"))
        assert busy.status_code == 429
        assert "is busy, it answers 429; it was asked again for 0 s" in busy.json()["error"]["message"]
    with ProgramGateway([server.url], timeout=0.3) as gateway:
        silent = http.post(f"{gateway.base_url}/chat/completions", json=body("a", user="silent"))
        assert silent.status_code == 504
        assert "takes too long" in silent.json()["error"]["message"]
    with ProgramGateway(["http://127.0.0.1:9"], patience=0.0) as gateway:
        away = http.post(f"{gateway.base_url}/chat/completions", json=body("a"))
        assert away.status_code == 502
        assert "http://127.0.0.1:9/v1/chat/completions is not there" in away.json()["error"]["message"]
        assert "is not there" in http.get(f"{gateway.base_url}/models").json()["error"]["message"]


# What goes away


def test_a_client_that_goes_away_leaves_its_place(server: Scripted, http: httpx2.Client) -> None:
    with ProgramGateway([server.url], max_inflight=1) as gateway:
        url = f"{gateway.base_url}/chat/completions"
        clients = [hold(gateway, body(each), program_headers("p")) for each in "ab"]
        wait_until(lambda: (backend_of(gateway)["running"], backend_of(gateway)["waiting"]) == (1, 1))
        for client in clients:
            client.close()
        assert text_of(http.post(url, json=body("c"))) == "answer to c"
        wait_until(lambda: gateway.counts["gone"] == 2)
        wait_until(lambda: gateway.table.rows["p"].active == 0)
        assert gateway.table.rows["p"].service > 0  # the engine was its for a while


def test_a_server_that_is_killed_and_started_again_answers_each_call_once(tmp_path: Path, http: httpx2.Client) -> None:
    server = Scripted(slots=2, seconds_per_token=3600.0, log=tmp_path / "answered")
    with server, ProgramGateway([server.url], max_inflight=2) as gateway, ThreadPoolExecutor() as pool:
        url = f"{gateway.base_url}/chat/completions"
        calls = {
            str(at): pool.submit(http.post, url, json=body(str(at)), headers=program_headers(f"p{at}"))
            for at in range(5)
        }
        wait_until(lambda: (backend_of(gateway)["running"], backend_of(gateway)["waiting"]) == (2, 3))
        server.kill()
        wait_until(lambda: not backend_of(gateway)["there"])
        server.seconds_per_token = 0.0
        server.start()
        answers = {name: text_of(call.result()) for name, call in calls.items()}
        assert answers == {name: f"answer to {name}" for name in calls}
        assert gateway.counts["answered"] == 5
    assert sorted((tmp_path / "answered").read_text().split()) == sorted(calls)


def test_calls_of_a_backend_that_is_away_go_to_another(server: Scripted, http: httpx2.Client) -> None:
    with ProgramGateway(["http://127.0.0.1:9", server.url], max_inflight=1) as gateway, ThreadPoolExecutor() as pool:
        url = f"{gateway.base_url}/chat/completions"
        calls = [pool.submit(http.post, url, json=body(str(at))) for at in range(8)]
        assert [text_of(call.result()) for call in calls] == [f"answer to {at}" for at in range(8)]
        assert http.get(f"{gateway.base_url}/models").status_code == 200


# Settings, the command and the page


def test_settings_that_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    refusals: list[tuple[Any, str]] = [
        (lambda: ProgramGateway([]), "there is no backend"),
        (lambda: ProgramGateway("http://a"), "there is no backend: give a list"),
        (lambda: ProgramGateway(["a:8000"]), "a backend is 'a:8000'"),
        (lambda: ProgramGateway(["http://a", "http://a/v1"]), "the backend http://a/v1 is there twice"),
        (lambda: ProgramGateway(["http://a"], max_inflight=0), "max_inflight is 1 or more"),
        (lambda: ProgramGateway(["http://a"], policy="sjf"), "the policy is 'sjf'"),
    ]
    for call, words in refusals:
        with pytest.raises(ValueError, match=words):
            call()
    assert main(["ftp://a"]) == 2
    assert capsys.readouterr().err.startswith("error: a backend is 'ftp://a'")
    assert main(["http://a", "--boundaries", "2,1"]) == 2


def test_the_page_on_it_runs_before_a_real_server() -> None:
    page = FOLDER / "autellix.md"
    (code,) = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    assert "http://127.0.0.1:8000" in code
    with llama_server() as url:
        exec(compile(code.replace("http://127.0.0.1:8000", url), str(page), "exec"), {})
