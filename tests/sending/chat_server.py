"""A real HTTP server on loopback that takes posts as chats do, and misbehaves on demand."""

import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Posted:
    """What was posted."""

    path: str
    headers: dict[str, str]
    body: bytes


DROP = 0
"""Close the connection without an answer, after the whole post came."""
HANG = -1
"""Never answer."""


@dataclass
class ChatServer:
    """The server, and what it took."""

    posts: list[Posted] = field(default_factory=list)
    """Those that it answered well."""
    tried: int = 0
    answers: deque[int] = field(default_factory=deque)
    """What it says to the next posts: a status, or `DROP` or `HANG`; after that it says 200."""
    reached: threading.Event = field(default_factory=threading.Event)
    """Set when it met one of these."""
    closing: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def host(self) -> str:
        """Where it is."""
        return f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(chat: ChatServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            chat.tried += 1
            answer = chat.answers.popleft() if chat.answers else 200
            if answer != 200:
                chat.reached.set()
            if answer == HANG:
                chat.closing.wait()
            if answer in {HANG, DROP}:
                self.close_connection = True
                return
            if answer == 200:
                chat.posts.append(Posted(self.path, dict(self.headers.items()), body))
            self.send_response(answer)
            content = b"ok" if answer == 200 else b"no"
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_PUT = do_POST  # noqa: N815 - a way of the library

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
