"""What no later question can change ends a run after one request, and says in a line what to check."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from pydantic import SecretStr

from assay.writing.answers import Answer
from assay.writing.chat import Chat
from assay.writing.endpoint import Endpoint
from assay.writing.errors import Denied, NotUnderstood, TooLong
from tests.writing.asking import KEY, Summary, ask, endpoint_of, message_of, question, run
from tests.writing.server import ModelServer, Wire, html_page, says, wire
from tests.writing.server import error as error_of

ACCOUNT = "the account has nothing left"
MODEL = "it does not have the model"
KEY_REFUSED = "the key is refused"
ACCESS = "it gives no access"
ADDRESS = "there is no chat endpoint"


async def eight(chat: Chat) -> list[Answer[Summary] | BaseException]:
    return await asyncio.gather(*(chat.ask(question(n), Summary) for n in range(8)), return_exceptions=True)


def denial(endpoint: Endpoint) -> str:
    """The one thing that eight questions asked at once are told."""
    errors = run(eight, endpoint)
    assert {type(error) for error in errors} == {Denied}
    (message,) = {str(error) for error in errors}
    assert "\n" not in message
    assert KEY not in message
    assert "; check " in message or "; put it into " in message or "; start " in message
    return message


@pytest.mark.parametrize(
    ("status", "words", "marks", "what"),
    [
        # Keys, under the statuses and in the words of many servers.
        (401, "Unauthorized", {}, KEY_REFUSED),
        (401, "Invalid API Key", {"type": "authentication_error"}, KEY_REFUSED),
        (400, "No connected db.", {"type": "no_db_connection"}, KEY_REFUSED),
        (400, "API key not valid. Pass a valid one.", {}, KEY_REFUSED),
        (400, "Incorrect API key provided: sk-***.", {}, KEY_REFUSED),
        (422, "Authentication failed", {}, KEY_REFUSED),
        (500, "invalid_api_key", {}, KEY_REFUSED),
        (403, "Forbidden", {}, ACCESS),
        # Models.
        (400, "/chat/completions: Invalid model name passed in model=toy-1.", {}, MODEL),
        (400, "Server is pinned to 'lake-2'. Received request for 'toy-1'.", {}, MODEL),
        (404, "The model `toy-1` does not exist.", {"type": "NotFoundError"}, MODEL),
        (404, "No such thing", {"code": "model_not_found"}, MODEL),
        (404, 'model "toy-1" not found, try pulling it first', {}, MODEL),
        (400, "toy-1 is not a valid model ID", {}, MODEL),
        (400, "Model Not Exist", {}, MODEL),
        (400, "could not route toy-1", {}, MODEL),
        (422, "toy-1 is not served here", {}, MODEL),
        (404, "No models loaded", {}, MODEL),
        (500, "model toy-1 not found on disk", {}, MODEL),
        (403, "Project has no access to model", {"code": "model_not_found"}, MODEL),
        # Accounts.
        (402, "Payment needed", {}, ACCOUNT),
        (429, "You exceeded your current quota", {"code": "insufficient_quota"}, ACCOUNT),
        (400, "Your credit balance is too low", {}, ACCOUNT),
        (400, "Budget has been exceeded! Max budget: 1.0", {"type": "budget_exceeded"}, ACCOUNT),
        # Addresses.
        (404, "Not Found", {}, ADDRESS),
        (405, "Method Not Allowed", {}, ADDRESS),
        (410, "Gone", {}, ADDRESS),
    ],
)
def test_an_error_that_no_later_question_can_change(
    server: ModelServer, status: int, words: str, marks: dict[str, str], what: str
) -> None:
    server.always = wire(error_of(status, words, **marks))
    message = denial(endpoint_of(server))
    assert message.startswith(f"{server.url}/chat/completions (toy-1): {what} ({status}: {words[:20]}")
    assert len(server.requests) == 1


def test_who_sent_no_key_is_told_to_send_one(server: ModelServer) -> None:
    server.always = wire(error_of(401, "Unauthorized"))
    assert "it wants a key (401: Unauthorized); put it into ASSAY_MODEL_KEY" in denial(endpoint_of(server, key=None))


@pytest.mark.parametrize("status", [200, 400, 404, 501])
def test_a_page_for_people_is_no_model_server(server: ModelServer, status: int) -> None:
    server.always = wire(Wire(b"<html><title>Chat</title><body>Welcome to <b>ToyChat</b></body></html>", status))
    message = denial(endpoint_of(server))
    assert ADDRESS in message
    assert "Chat Welcome to ToyChat" in message
    assert len(server.requests) == 1


@pytest.mark.parametrize("body", [b"", b"pong", b'{"status": "ok"}', b"[1]"])
def test_what_answers_with_something_else_is_no_model_server(server: ModelServer, body: bytes) -> None:
    server.always = wire(Wire(body))
    assert ADDRESS in denial(endpoint_of(server))
    assert len(server.requests) == 1


def test_a_page_in_the_middle_costs_its_question_only(server: ModelServer) -> None:
    async def work(chat: Chat) -> None:
        await chat.ask(question(1), Summary)
        server.then(html_page())
        with pytest.raises(NotUnderstood, match="no chat completion: Chat Welcome"):
            await chat.ask(question(2), Summary)
        await chat.ask(question(3), Summary)

    run(work, endpoint_of(server))


@pytest.fixture
def plain_server() -> Iterator[str]:
    """A web server that knows no POST."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class calls it that
            posts.append(format % arguments)

    posts: list[str] = []
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()
    assert sum("501" in line and "code" not in line for line in posts) == 1, "one request"


def test_a_web_server_that_is_no_model_server(plain_server: str) -> None:
    assert f"{ADDRESS} (501: " in denial(Endpoint(plain_server, "toy-1", patience=600))


def test_nobody_is_waited_for_where_nobody_is() -> None:
    with socket.socket() as deaf:  # it has a port, and nobody listens
        deaf.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        message = denial(Endpoint(url, "toy-1", patience=600))
    assert message == (
        f"{url}/v1/chat/completions (toy-1): no connection: nothing listens there; start the server, or check host and"
        " port"
    )


def test_a_host_without_an_address() -> None:
    message = denial(Endpoint("http://nowhere.invalid/v1", "toy-1", patience=600))
    assert "(toy-1): no connection: " in message


def test_https_where_there_is_none(server: ModelServer) -> None:
    message = denial(endpoint_of(server, base_url=server.url.replace("http:", "https:")))
    assert "check https:// against http://" in message


def test_what_does_not_speak_http_is_no_model_server() -> None:
    def greet() -> None:
        client, _ = listener.accept()
        client.recv(10)
        client.sendall(b"220 mail.toy ESMTP\r\n\r\n")
        client.recv(1_000_000)
        client.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=greet, daemon=True).start()
        message = denial(Endpoint(f"http://127.0.0.1:{listener.getsockname()[1]}", "toy-1", patience=600))
    assert "does not speak HTTP; check host and port" in message


def test_an_address_that_has_moved_gets_no_key(server: ModelServer) -> None:
    moved = Wire(b"Moved", 308, headers={"Location": f"{server.url}/elsewhere"})
    with pytest.raises(Denied, match="it has moved to"):
        ask(server, wire(moved))
    assert len(server.requests) == 1


@pytest.mark.parametrize("key", [KEY, f"{KEY}x"])
def test_the_key_is_not_in_the_message(server: ModelServer, key: str) -> None:
    server.always = lambda request, _: error_of(401, f"Not valid: {request.headers['Authorization']}")
    with pytest.raises(Denied) as error:
        ask(server, key=SecretStr(KEY))
    assert "401: Not valid: Bearer ***" in message_of(error)


def test_questions_that_are_rejected_alike_end_the_run_in_whatever_words(server: ModelServer) -> None:
    server.always = wire(error_of(400, "Tide table missing"))

    async def work(chat: Chat) -> list[BaseException | Answer[Summary]]:
        return [(await asyncio.gather(chat.ask(question(n), Summary), return_exceptions=True))[0] for n in range(9)]

    errors = run(work, endpoint_of(server))
    assert [type(error) for error in errors] == [NotUnderstood] * 2 + [Denied] * 7
    assert "3 questions were rejected alike (400: Tide table missing); check address, model name and key" in str(
        errors[-1]
    )
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("request (6032 tokens) exceeds the available context size (4096 tokens) of toy-1", TooLong),
        ("'max_tokens' or 'max_completion_tokens' is too large: the context length of toy-1 is 4096", TooLong),
        ("max_tokens is too large for toy-1: 2048 completion tokens", NotUnderstood),
        ("a toy-10 is no toy", NotUnderstood),
        ("Bad Request", NotUnderstood),
    ],
)
def test_what_is_wrong_with_one_question_does_not_end_the_run(
    server: ModelServer, words: str, kind: type[Exception]
) -> None:
    async def work(chat: Chat) -> None:
        with pytest.raises(kind):
            await chat.ask(question(1), Summary)
        await chat.ask(question(2), Summary)

    server.then(wire(error_of(400, words)))
    run(work, endpoint_of(server))
    assert "max_tokens" in server.requests[-1].body


def test_not_all_that_exceeds_is_a_question_that_is_too_long(server: ModelServer) -> None:
    server.then(wire(error_of(500, "Max retries exceeded with url: /v1")))
    assert ask(server).value.finding, "the server's own fault: it is asked again"
    assert len(server.requests) == 2


def test_a_server_that_has_answered_is_believed_about_its_own_faults(server: ModelServer) -> None:
    async def work(chat: Chat) -> None:
        await chat.ask(question(1), Summary)
        server.then(wire(error_of(500, "model worker not found")), says('{"finding": "Gullwing"}'))
        await chat.ask(question(2), Summary)

    run(work, endpoint_of(server))
