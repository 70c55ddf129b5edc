"""The proxy: an OpenAI-compatible server that sends each request to the model that the router chooses.

A request names the proxy's own model, ``router``, and may say ``"cost"``: what an answer may cost at most. Any other
model of the proxy is asked as it is. Streams are handed on as they come. The header ``x-routed-model`` says who
answers.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self

from assay.methods.evaluation.prompt_to_leaderboard._router import Router, UnfulfillableError
from assay.methods.evaluation.prompt_to_leaderboard._votes import text_of

_LARGEST = 64 * 1024 * 1024
"""Bytes of a request."""


@dataclass(frozen=True)
class Upstream:
    """A server that a model answers at."""

    base_url: str
    """Up to and with ``/v1``."""
    model: str
    """As that server knows it."""
    key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not self.base_url.startswith(("http://", "https://")):
            raise ValueError(f"base_url is {self.base_url!r}: give an address that begins with http:// or https://")


class RoutingProxy:
    """A routing proxy on this machine, in threads; use it as a context manager, or `serve` until it is stopped.

    Args:
        router: Chooses.
        upstreams: By model; one for each that is routed to.
        host: Where it listens.
        port: There; any that is free if 0.
        name: Of the model that stands for the router.
        timeout: Seconds that a model may take.

    Raises:
        ValueError: A model that is routed to has no upstream.
    """

    def __init__(
        self,
        router: Router,
        upstreams: Mapping[str, Upstream],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        name: str = "router",
        timeout: float = 300.0,
    ) -> None:
        import httpx2  # noqa: PLC0415 - for who serves alone

        if missing := [model for model in router.models if model not in upstreams]:
            raise ValueError(f"{missing[0]!r} is routed to and has no upstream: give one, or costs without it")
        if name in upstreams:
            raise ValueError(f"{name!r} is a model already: name the router otherwise")
        self.router, self.upstreams, self.name = router, dict(upstreams), name
        self.http = httpx2.Client(timeout=timeout, limits=httpx2.Limits(max_keepalive_connections=64))
        proxy = self

        class Handler(_Handler):
            """One that knows its proxy."""

            served_by = proxy

        self.server = ThreadingHTTPServer((host, port), Handler)
        self.server.daemon_threads = True

    @property
    def base_url(self) -> str:
        """Where clients ask: up to and with ``/v1``."""
        host, port = self.server.server_address[:2]
        return f"http://{host!s}:{port}/v1"

    def serve(self) -> None:
        """Answer requests until stopped."""
        try:
            self.server.serve_forever()
        finally:
            self.close()

    def __enter__(self) -> Self:
        self._thread = Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self._thread.join()
        self.close()

    def close(self) -> None:
        """Let go of the port and the connections."""
        self.server.server_close()
        self.http.close()

    def choose(self, body: dict[str, Any]) -> str:
        """The model that answers a request; its ``cost`` is taken out.

        Raises:
            ValueError: The request has no turns of a user, a cost that is no number, or a model that is none.
        """
        cost, model = body.pop("cost", None), body.get("model", self.name)
        if model in self.upstreams:
            return str(model)
        if model != self.name:
            raise ValueError(f"there is no model {model!r}: ask for {self.name}, {', '.join(self.upstreams)}")
        if cost is not None and (isinstance(cost, bool) or not isinstance(cost, int | float)):
            raise ValueError(f"the cost is {cost!r}: give a number")
        return self.router.route(_prompt_of(body), max_cost=cost)


class _Handler(BaseHTTPRequestHandler):
    served_by: RoutingProxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    """Head and body leave together: two small packets would wait for each other."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the library gives it
        """Keep the terminal quiet."""

    def do_GET(self) -> None:
        """List the models."""
        proxy = self.served_by
        if self.path.rstrip("/") != "/v1/models":
            self._refuse(404, f"there is no {self.path}")
            return
        names = [proxy.name, *proxy.upstreams]
        models = [{"id": name, "object": "model", "owned_by": "assay"} for name in names]
        self._send(200, json.dumps({"object": "list", "data": models}).encode())

    def do_POST(self) -> None:
        """Hand a chat completion on."""
        proxy = self.served_by
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LARGEST:
            self.close_connection = True
            self._refuse(413, f"the request has {length} bytes: {_LARGEST} are the most")
            return
        content = self.rfile.read(length)
        if self.path.rstrip("/") != "/v1/chat/completions":
            self._refuse(404, f"there is no {self.path}: ask /v1/chat/completions")
            return
        try:
            body = _object(content)
            model = proxy.choose(body)
        except UnfulfillableError as error:
            self._refuse(400, str(error), "unfulfillable")
        except ValueError as error:
            self._refuse(400, str(error))
        else:
            self._forward(proxy.upstreams[model], model, body)

    def _forward(self, upstream: Upstream, model: str, body: dict[str, Any]) -> None:
        import httpx2  # noqa: PLC0415

        url = f"{upstream.base_url.rstrip('/')}/chat/completions"
        headers = {"Authorization": f"Bearer {upstream.key}"} if upstream.key else {}
        begun = False
        try:
            with self.served_by.http.stream(
                "POST", url, json=body | {"model": upstream.model}, headers=headers
            ) as answer:
                if not body.get("stream"):
                    content = answer.read()
                    self._send(answer.status_code, content, model, answer.headers.get("content-type"))
                    return
                begun = True
                self._begin(
                    answer.status_code, model, answer.headers.get("content-type"), {"Transfer-Encoding": "chunked"}
                )
                for chunk in answer.iter_bytes():
                    self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
                    self.wfile.flush()
                self.wfile.write(b"0\r\n\r\n")
                self.wfile.flush()
        except httpx2.HTTPError as error:
            self.close_connection = True
            if not begun:  # of a stream that broke off, the missing end tells
                self._refuse(502, f"{model} does not answer at {url}: {str(error) or type(error).__name__}")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # whoever asked has gone

    def _refuse(self, status: int, message: str, kind: str = "invalid_request_error") -> None:
        self._send(status, json.dumps({"error": {"message": message, "type": kind, "code": status}}).encode())

    def _send(self, status: int, content: bytes, model: str = "", kind: str | None = None) -> None:
        self._begin(status, model, kind, {"Content-Length": str(len(content))})
        self.wfile.write(content)
        self.wfile.flush()

    def _begin(self, status: int, model: str, kind: str | None, more: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Type": kind or "application/json"} | dict(more)).items():
            self.send_header(name, value)
        if model:
            self.send_header("x-routed-model", model)
        self.end_headers()


def _object(content: bytes) -> dict[str, Any]:
    body = json.loads(content)
    if not isinstance(body, dict):
        raise ValueError("the request is no JSON object")
    return body


def _prompt_of(body: Mapping[str, Any]) -> str:
    """The user's turns of a request, as the leaderboard was taught with."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(each, Mapping) for each in messages):
        raise ValueError("the request has no list of messages")
    turns = []
    for message in messages:
        if message.get("role") != "user":
            continue
        content = message.get("content")
        parts = [content] if isinstance(content, str) else content if isinstance(content, list) else []
        turns += [part if isinstance(part, str) else str(part.get("text", "")) for part in parts]
    return text_of(turns, "the request")
