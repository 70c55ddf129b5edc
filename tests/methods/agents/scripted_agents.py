"""Models and servers that answer by a script, for tests of agents."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def checked(prompt: str) -> str:
    """A writer, and a checker who takes what is long."""
    if "Check the answer" not in prompt:
        return "<draft>a longer draft</draft>" if 'name="check"' in prompt else "draft"
    return "It is <answer>fine:\na draft</answer>" if "longer" in prompt else "<trouble>too short</trouble>"


def look_up(word: str, limit: int = 3) -> str:
    """Look a word up."""
    return f"{word} is a word, {limit}"


def script(*answers: str) -> Callable[[str], str]:
    """A model that answers one thing after the other."""
    left = list(answers)
    return lambda _: left.pop(0)


@contextmanager
def serving(answer: Callable[[dict[str, Any]], Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server of chat completions that answers so; its address, and what it was asked."""
    bodies: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            message = answer(bodies[-1])
            out = json.dumps({"choices": [{"message": message}]} if isinstance(message, dict) else message).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(out)))
            self.end_headers()
            self.wfile.write(out)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1", bodies
        finally:
            server.shutdown()
            thread.join()
