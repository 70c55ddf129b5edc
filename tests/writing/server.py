"""A real HTTP server on loopback that plays an OpenAI-compatible model server, and misbehaves on demand.

::

    with ModelServer() as server:
        server.then(busy(429, retry_after="1"), cut_off())  # for the next two requests; then it behaves again
        server.always = no_json_schema()                    # a habit, for all requests that `then` says nothing about
        server.reply = lambda body: {"finding": "..."}      # what the model says; else something that fits the schema
        server.latency = 0.05                               # seconds that every answer takes
        ...
        assert server.requests[0].body["model"] == "toy-1"
        assert server.most_at_once <= 4
"""

import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

JSON = "application/json"
EVENTS = "text/event-stream"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Wire:
    """What goes over the wire in answer to one request, and how badly."""

    body: bytes
    status: int = 200
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0
    """Seconds of silence before the first byte."""
    pause: float = 0
    """Seconds between one byte and the next."""
    withheld: int = 0
    """Bytes that are announced and never sent."""
    announced: bool = True
    """Whether the length is; else the body ends where the connection does."""
    reset: bool = False
    """Whether the connection is closed without a word."""


@dataclass(frozen=True)
class Request:
    """What the server was asked."""

    path: str
    body: dict[str, Any]
    headers: Message
    at: float
    """By the monotonic clock."""

    @property
    def form(self) -> str:
        """The kind of ``response_format``; ``text`` if there is none."""
        return str(self.body.get("response_format", {}).get("type", "text"))

    @property
    def prompt(self) -> str:
        """All messages as one text."""
        return "\n".join(str(message["content"]) for message in self.body["messages"])


Behaviour = Callable[[Request, str], Wire | None]
"""Makes of a request, and of what the model would say to it, what goes over the wire; ``None`` for nothing special."""


def completion(request: Request, content: Any, finish: str | None = "stop", **message: Any) -> Wire:
    """A chat completion as the protocol has it; ``message`` adds to what the assistant says."""
    text = content if isinstance(content, str) else json.dumps(content)
    usage = {"prompt_tokens": count(request.prompt), "completion_tokens": count(text)}
    answer = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 4_068_000_000,
        "model": f"{request.body['model']}-0601",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": content} | message, "finish_reason": finish}
        ],
        "usage": usage | {"total_tokens": sum(usage.values())},
    }
    return Wire(json.dumps(answer).encode())


def count(text: str) -> int:
    """Tokens, roughly: words, numbers and signs, and each Hangul syllable or ideograph."""
    return len(re.findall(r"[A-Za-z]+|[0-9]+|[^\sA-Za-z0-9]", text))


def error(status: int, words: str, **marks: str) -> Wire:
    """An error as OpenAI words it."""
    return Wire(json.dumps({"error": {"message": words, **marks}}).encode(), status)


def says(content: Any, finish: str | None = "stop", **message: Any) -> Behaviour:
    """Say this."""
    return lambda request, _: completion(request, content, finish, **message)


def wire(answer: Wire) -> Behaviour:
    """Send this."""
    return lambda *_: answer


def slow(seconds: float) -> Behaviour:
    """The right answer, late."""
    return lambda request, content: replace(completion(request, content), delay=seconds)


def hang() -> Behaviour:
    """Take the request and say nothing, for an hour."""
    return slow(3600)


def drip(pause: float) -> Behaviour:
    """The right answer, byte by byte."""
    return lambda request, content: replace(completion(request, content), pause=pause)


def cut_off() -> Behaviour:
    """Half of the answer, because there was no more room."""
    return lambda request, content: completion(request, content[: len(content) // 2], "length")


def needs_room(tokens: int) -> Behaviour:
    """A model that needs so much room, and is cut off if it has less."""
    return lambda request, content: (
        completion(request, content[: len(content) // 2], "length") if request.body["max_tokens"] < tokens else None
    )


def null_content(**message: Any) -> Behaviour:
    """A reasoning model that has thought and said nothing."""
    return says(None, reasoning_content="Let me see.", **message)


def tool_call() -> Behaviour:
    """A model that calls a tool which nobody offered."""
    call = {"id": "1", "type": "function", "function": {"name": "search", "arguments": "{}"}}
    return says(None, "tool_calls", tool_calls=[call])


def refuses() -> Behaviour:
    """A model that will not."""
    return says(None, refusal="I cannot help with that.")


def filtered() -> Behaviour:
    """A filter that stops the model half-way."""
    return lambda request, content: completion(request, content[:5], "content_filter")


def prose_around() -> Behaviour:
    """The right answer, between sentences."""
    return lambda request, content: completion(request, f"Sure! Here it is:\n{content}\nAnything else?")


def fenced() -> Behaviour:
    """The right answer, as people show code."""
    return lambda request, content: completion(request, f"```json\n{content}\n```")


def thinks_aloud() -> Behaviour:
    """Thoughts with a draft in them, and then the right answer."""
    return lambda request, content: completion(request, f'<think>Maybe {{"finding": "draft"}}?</think>\n{content}')


def in_parts() -> Behaviour:
    """The right answer, as a list of parts."""
    return lambda request, content: completion(
        request, [{"type": "text", "text": content[:7]}, {"type": "text", "text": content[7:]}]
    )


def wrong_schema() -> Behaviour:
    """JSON of another shape."""
    return says('{"title": "Gullwing", "score": "high"}')


def prose() -> Behaviour:
    """A model that has never heard of JSON."""
    return says("Gullwing is twice as fast as ToyNet.")


def ignores_schema() -> Behaviour:
    """A server that drops ``response_format`` without a word: JSON comes only if the prompt asks for it."""
    return lambda request, content: (
        None if "JSON schema" in request.prompt else completion(request, "Gullwing is twice as fast.")
    )


def no_json_schema(status: int = 400, also: str = "") -> Behaviour:
    """A server that refuses ``json_schema``, and what ``also`` names."""

    def refuse(request: Request, _: str) -> Wire | None:
        if request.form in {"json_schema", also}:
            return error(status, f"'response_format.type' {request.form!r} is not supported", param="response_format")
        return None

    return refuse


def refuses_parameter(name: str, words: str) -> Behaviour:
    """A server that refuses a request with this in it."""
    return lambda request, _: error(400, words, param=name) if name in request.body else None


def busy(status: int = 429, *, retry_after: str | None = None, **headers: str) -> Behaviour:
    """Come back later."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    if retry_after is not None:
        fields["Retry-After"] = retry_after
    return wire(replace(error(status, "Rate limit reached"), headers=fields))


def broken(status: int = 500) -> Behaviour:
    """The server's own fault."""
    return wire(Wire(b"<html><body><h1>Bad gateway</h1><p>toyproxy</p></body></html>", status, HTML))


def denied(status: int = 401) -> Behaviour:
    """A key that is not valid; the server quotes what it got."""
    return lambda request, _: error(status, f"Not valid: {request.headers['Authorization']}", code="denied")


def reset() -> Behaviour:
    """Close the connection without a word."""
    return wire(Wire(b"", reset=True))


def truncated_body() -> Behaviour:
    """A body that ends before its announced end."""
    return lambda request, content: replace(completion(request, content), withheld=100)


def stream(*, ends: bool = True, usage: bool = True) -> Behaviour:
    """Server-sent events that nobody asked for; without ``ends`` they stop half-way, and the connection closes."""

    def tell(request: Request, content: str) -> Wire:
        half = len(content) // 2
        pieces: list[Any] = [{"choices": [{"delta": {"role": "assistant", "content": ""}, "finish_reason": None}]}]
        pieces += [{"choices": [{"delta": {"content": part}}]} for part in (content[:half], content[half:])]
        if not ends:
            del pieces[-1]
        else:
            pieces.append({"choices": [{"delta": {}, "finish_reason": "stop"}], "model": "streamer"})
            if usage:
                pieces.append({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 7}})
        lines = [": a comment to keep the line open", *(f"data: {json.dumps(piece)}" for piece in pieces)]
        text = "\n\n".join([*lines, *(["data: [DONE]"] if ends else [])]) + "\n\n"
        return Wire(text.encode(), media_type=EVENTS, announced=False)

    return tell


def html_page() -> Behaviour:
    """A page for people, with status 200."""
    return wire(Wire(b"<html><title>Chat</title><body>Welcome to <b>ToyChat</b></body></html>", media_type=HTML))


def empty_choices() -> Behaviour:
    """A completion without a choice."""
    return wire(Wire(b'{"object": "chat.completion", "choices": []}'))


def huge(size: int) -> Behaviour:
    """An answer of so many bytes and more."""
    return says("x" * size)


def error_with_200(status: int) -> Behaviour:
    """An error of some model behind a router, which says it with status 200."""
    return wire(
        replace(error(200, "Upstream trouble"), body=b'{"error": {"message": "Upstream", "code": %d}}' % status)
    )


def without_usage() -> Behaviour:
    """The right answer, and not a word about tokens."""

    def tell(request: Request, content: str) -> Wire:
        answer = json.loads(completion(request, content).body)
        del answer["usage"]
        return Wire(json.dumps(answer).encode())

    return tell


class ModelServer:
    """Answers ``POST /v1/chat/completions``."""

    def __init__(self) -> None:
        self.reply: Callable[[dict[str, Any]], str | dict[str, Any]] = fitting
        """What the model says to a request body: a text, or an object that it writes as JSON."""
        self.always: Behaviour | None = None
        self.latency = 0.0
        self.requests: list[Request] = []
        self.most_at_once = 0
        """The most requests that waited for the first byte of their answer at one time."""
        self.closing = threading.Event()
        self._queue: deque[Behaviour] = deque()
        self._open = 0
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Base URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def then(self, *behaviours: Behaviour) -> None:
        """Answer the next requests so, one each."""
        self._queue.extend(behaviours)

    def answer(self, request: Request) -> Wire:
        """Log a request and decide what it gets."""
        with self._lock:
            self.requests.append(request)
            behaviour = self._queue.popleft() if self._queue else self.always
        if request.path != "/v1/chat/completions":
            return error(404, f"no such page: {request.path}")
        reply = self.reply(request.body)
        content = reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)
        special = behaviour(request, content) if behaviour else None
        answer = special or completion(request, content)
        return replace(answer, delay=answer.delay + self.latency)

    def entered(self) -> None:
        """One more request is being answered."""
        with self._lock:
            self._open += 1
            self.most_at_once = max(self.most_at_once, self._open)

    def leave(self) -> None:
        """One fewer is."""
        with self._lock:
            self._open -= 1


def fitting(body: Mapping[str, Any]) -> str:
    """The plainest JSON that fits the schema of a request, wherever it stands; prose if there is none."""
    schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
    if schema is None:
        _, mark, text = str(body["messages"][-1]["content"]).rpartition("JSON schema:\n")
        if not mark:
            return "Gullwing is twice as fast as ToyNet."
        schema = json.loads(text)
    return json.dumps(_example(schema, schema.get("$defs", {})))


def _example(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return _example(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return _example(schema[choice][0], definitions)
    if "const" in schema or "enum" in schema:
        return schema.get("const", *schema.get("enum", [])[:1])
    match schema.get("type"):
        case "object":
            return {name: _example(part, definitions) for name, part in schema.get("properties", {}).items()}
        case "array":
            return [_example(schema["items"], definitions)] * max(1, schema.get("minItems", 1))
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return True
        case "null":
            return None
    return "Gullwing is twice as fast as ToyNet on ToyBench.".ljust(schema.get("minLength", 0), ".")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away, as a client does that has lost its patience, is no error."""


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            at = time.monotonic()
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.entered()
            try:
                answer = server.answer(Request(self.path, body, self.headers, at))
                if server.closing.wait(answer.delay):
                    return
            finally:
                server.leave()
            self._say(answer)

        def _say(self, answer: Wire) -> None:
            self.close_connection = answer.reset or answer.withheld > 0 or not answer.announced
            if answer.reset:
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.media_type)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.announced:
                self.send_header("Content-Length", str(len(answer.body) + answer.withheld))
            else:
                self.send_header("Connection", "close")
            self.end_headers()
            for piece in _pieces(answer):
                self.wfile.write(piece)
                if answer.pause and server.closing.wait(answer.pause):
                    return

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it that
            pass

    return Handler


def _pieces(answer: Wire) -> Iterator[bytes]:
    if not answer.pause:
        yield answer.body
        return
    for at in range(len(answer.body)):
        yield answer.body[at : at + 1]
