"""A real HTTP server on loopback that plays Hugging Face, arXiv and its news feeds, and misbehaves on demand.

::

    with SourceServer() as server:
        server.listings[day] = [entry(99901), entry(99902)]
        server.then(busy(429, retry_after="1"), hang(5))   # for the next two requests; then it behaves again
        ...
        assert [request.query["p"] for request in server.requests] == ["0", "0", "0"]
"""

import json
import re
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from email.message import Message
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tests.sources.synthetic import feed

JSON = "application/json; charset=utf-8"
ATOM = "application/atom+xml; charset=utf-8"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Answer:
    """What the server says to one request, and how badly."""

    body: bytes = b"[]"
    status: int = 200
    media_type: str | None = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0
    """Seconds of silence before the first byte."""
    pause: float = 0
    """Seconds between one byte and the next."""
    withheld: int = 0
    """Bytes that are announced and never sent."""


@dataclass(frozen=True)
class Request:
    """What the server was asked."""

    path: str
    query: Mapping[str, str]
    headers: Message
    at: float
    """By the monotonic clock."""
    target: str
    """Path and query as they were sent."""


def busy(status: int = 429, *, retry_after: str | None = None, rate_limit: str | None = None) -> Answer:
    """Come back later."""
    headers = {"Retry-After": retry_after, "RateLimit": rate_limit}
    return Answer(b"slow down", status, "text/plain", {name: value for name, value in headers.items() if value})


def broken(status: int = 500) -> Answer:
    """The server's own fault."""
    return Answer(b"<html><head><style>p{}</style></head><body><p>It &amp; us.</p></body></html>", status, HTML)


def hang(seconds: float) -> Answer:
    """Take the request and say nothing."""
    return Answer(delay=seconds)


def drip(pause: float) -> Answer:
    """A body of a hundred bytes that arrives one by one."""
    return Answer(b" " * 98 + b"[]", pause=pause)


def cut_off() -> Answer:
    """A body that ends before its announced end, at a place where it is still valid JSON."""
    return Answer(b"[]", withheld=100)


def html_page() -> Answer:
    """A page for people where data was asked for, with status 200."""
    return Answer(b"<html><title>Sorry</title><body>Under <b>maintenance</b></body></html>", media_type=HTML)


def error_object(words: str = "Internal Error - We're working hard to fix this") -> Answer:
    """An error as JSON, with status 200."""
    return Answer(json.dumps({"error": words}).encode())


def redirect(location: str) -> Answer:
    """The answer is elsewhere."""
    return Answer(b"", 302, None, {"Location": location})


class SourceServer:
    """Serves ``/api/daily_papers`` out of ``listings``, ``/api/query`` of ``preprints`` and ``/atom/`` of ``news``."""

    def __init__(self) -> None:
        self.listings: dict[date, Sequence[Any]] = {}
        """Entries of each day, as `tests.sources.synthetic.entry` makes them or as they were recorded."""
        self.preprints: list[str] = []
        """Atom entries, as `tests.sources.synthetic.atom_entry` makes them."""
        self.news = b""
        """The news feed of all categories."""
        self.cap: int | None = None
        """Most entries it gives at once, however many are asked for."""
        self.ignores_pages = False
        """Whether it gives the first page whatever page is asked for."""
        self.etags = False
        """Whether answers carry an ETag, and a request that has it is told 304."""
        self.requests: list[Request] = []
        self.most_at_once = 0
        """The most requests that waited for the first byte of their answer at one time."""
        self.closing = threading.Event()
        self._queue: deque[Answer] = deque()
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
    def host(self) -> str:
        """``127.0.0.1:port``."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """Base address, without a slash at its end."""
        return f"http://{self.host}"

    def then(self, *answers: Answer) -> None:
        """Answer the next requests so, one each, before behaving again."""
        self._queue.extend(answers)

    def answer(self, request: Request) -> Answer:
        """Log a request and decide what it gets."""
        with self._lock:
            self.requests.append(request)
            if self._queue:
                return self._queue.popleft()
        return self.serve(request)

    def serve(self, request: Request) -> Answer:
        """What a request gets from a server that behaves."""
        match request.path:
            case "/api/daily_papers":
                answer = self._listing(request.query)
            case "/api/query":
                answer = self._preprints(request.query)
            case path if path.startswith("/atom/"):
                answer = Answer(self.news, media_type=ATOM)
            case _:
                return Answer(b'{"error": "no such page"}', 404)
        tag = f'"{sha256(answer.body).hexdigest()[:16]}"'
        if self.etags and request.headers.get("If-None-Match") == tag:
            return Answer(b"", 304, None)
        return Answer(answer.body, media_type=answer.media_type, headers={"ETag": tag}) if self.etags else answer

    def entered(self) -> None:
        """One more request is being answered."""
        with self._lock:
            self._open += 1
            self.most_at_once = max(self.most_at_once, self._open)

    def leave(self) -> None:
        """One fewer is."""
        with self._lock:
            self._open -= 1

    def _listing(self, query: Mapping[str, str]) -> Answer:
        entries = self.listings.get(date.fromisoformat(query["date"]), ())
        size = min(int(query.get("limit", 50)), self.cap or 100)
        start = 0 if self.ignores_pages else int(query.get("p", 0)) * size
        return Answer(json.dumps(entries[start : start + size]).encode())

    def _preprints(self, query: Mapping[str, str]) -> Answer:
        preprints = self.preprints
        if "id_list" in query:
            ids = query["id_list"].split(",")
            preprints = [text for text in preprints if any(f"/abs/{key}v" in text for key in ids)]
        span = re.search(r"submittedDate:\[(\d{12}) TO (\d{12})\]", query.get("search_query", ""))
        if span is not None:
            preprints = [text for text in preprints if span[1] <= _submitted(text) <= span[2]]
        start, size = int(query.get("start", 0)), int(query.get("max_results", 10))
        return Answer(feed(*preprints[start : start + size], total=len(preprints)), media_type=ATOM)


def _submitted(entry: str) -> str:
    """When an Atom entry's paper was submitted, as the API's queries write it."""
    published = re.search(r"<published>(.*?)</published>", entry)
    return re.sub(r"\D", "", published[1])[:12] if published else ""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away, as a client does that has lost its patience, is no error."""


def _handler(server: SourceServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query))
            server.entered()
            try:
                answer = server.answer(Request(parts.path, query, self.headers, time.monotonic(), self.path))
                if server.closing.wait(answer.delay):
                    return
            finally:
                server.leave()
            self._say(answer)

        def _say(self, answer: Answer) -> None:
            self.send_response(answer.status)
            if answer.media_type is not None:
                self.send_header("Content-Type", answer.media_type)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body) + answer.withheld))
            self.end_headers()
            pieces = [bytes([byte]) for byte in answer.body] if answer.pause else [answer.body]
            for piece in pieces:
                self.wfile.write(piece)
                if answer.pause and server.closing.wait(answer.pause):
                    return
            self.close_connection = answer.withheld > 0

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it that
            pass

    return Handler
