"""A server that speaks OpenAI's protocol on loopback and plays all roles of an experiment from a script.

It plans as the question says, hands over what the episode says, and reviews by drawing lots: it rejects a faulty script
with the chance of its recall, and an honest one with that of a false alarm. How well a real model reviews is not what
is measured with it.
"""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from assay.methods.agents.rigor_experiments import Endpoint
from assay.trials.agents.rigor_experiments._faults import Episode

RECALL, FALSE_ALARMS = 0.6, 0.05


class RoleServer(ThreadingHTTPServer):
    """Plays one episode after the other; use `playing`."""

    daemon_threads = True

    episode: Episode
    attempts: dict[str, int]
    lots: random.Random

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)

    def play(self, episode: Episode) -> Endpoint:
        """Begin an episode; it comes out the same whenever it is played."""
        self.episode = episode
        self.attempts = {"control": 0, "experimental": 0}
        self.lots = episode.lots("reviewer")
        return Endpoint(f"http://127.0.0.1:{self.server_port}/v1", "scripted")

    def answer(self, prompt: str) -> str:
        """What the role says that is asked."""
        episode = self.episode
        if prompt.startswith("You plan"):
            return json.dumps(episode.question.plan.as_record())
        group = "control" if "/control-1\n" in prompt else "experimental"
        if prompt.startswith("You check"):
            return self._review(episode, group)
        self.attempts[group] += 1
        given = episode.hand_over(control=group == "control", attempt=self.attempts[group])
        files = "".join(f"```json {name}\n{content.decode()}\n```\n" for name, content in given.files.items())
        return f"Here it is.\n```python\n{given.script}```\n{files}"

    def _review(self, episode: Episode, group: str) -> str:
        honest = episode.hand_over(control=group == "control", attempt=2)
        given = episode.hand_over(control=group == "control", attempt=self.attempts[group])
        chance = FALSE_ALARMS if given == honest else RECALL
        return "REJECT: it does not look right" if self.lots.random() < chance else "ACCEPT"


@contextmanager
def playing() -> Iterator[RoleServer]:
    """Serve for a while."""
    with RoleServer() as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: RoleServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        message = {"role": "assistant", "content": self.server.answer(body["messages"][-1]["content"])}
        out = json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)

    def log_message(self, *_: Any) -> None:
        pass
