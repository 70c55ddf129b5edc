"""Tasks of MiniWoB++, a benchmark of others, through the same browser, observations, actions and agents.

Its pages judge themselves, in the page: what a script of the page's can do, it can do too. Here they have no limit of
time, since agents are not judged by their speed; steps are limited instead.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from assay.methods.agents.webgames.actions import ActionError, read_action
from assay.methods.agents.webgames.agents import Agent
from assay.methods.agents.webgames.browser import Browser
from assay.testbed.resources import resource

_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
_BEGIN = """seed => {
  Math.seedrandom(String(seed));
  core.EPISODE_MAX_TIME = 1e8;
  core.startEpisodeReal();
}"""
_STATE = (
    "() => ({done: WOB_DONE_GLOBAL, reward: WOB_RAW_REWARD_GLOBAL, goal: document.querySelector('#query').innerText})"
)


def peer_pages() -> dict[str, Path]:
    """The peer's files by name.

    Raises:
        NotFetchedError: They are not to be had here.
    """
    return {path.name: path for path in resource("miniwob").fetch()}


class _Files(BaseHTTPRequestHandler):
    """Serves files by the last part of their address, for all lie in one folder."""

    def __init__(self, files: Mapping[str, Path], *args: Any) -> None:
        self._files = files
        super().__init__(*args)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the library gives it
        """Keep the terminal quiet."""

    def do_GET(self) -> None:
        """A file, or 404."""
        path = self._files.get(self.path.rpartition("/")[2])
        content = path.read_bytes() if path is not None else b""
        self.send_response(200 if path is not None else 404)
        self.send_header("Content-Type", _TYPES.get(path.suffix if path is not None else "", "text/plain"))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that leaves a page lets go of its connections; that is no error."""


@contextmanager
def _serve(files: Mapping[str, Path]) -> Iterator[str]:
    with _Server(("127.0.0.1", 0), partial(_Files, files)) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def play_peer(
    agent: Agent, browser: Browser, seeds: range, *, max_steps: int, tasks: Collection[str] = ()
) -> dict[str, list[bool]]:
    """Whether an agent did each of the peer's tasks, by task and seed; all eight unless some are named.

    Raises:
        NotFetchedError: The pages are not to be had here.
    """
    files = peer_pages()
    done: dict[str, list[bool]] = {}
    with _serve(files) as origin:
        window = None
        for name in sorted(name for name in files if name.endswith(".html")):
            for seed in seeds if not tasks or name.removesuffix(".html") in tasks else ():
                if window is None:
                    window = browser.open(f"{origin}/{name}")
                else:
                    window.start(f"{origin}/{name}", {})
                window.page.evaluate(_BEGIN, seed)
                agent.begin(None, seed)
                done.setdefault(name.removesuffix(".html"), []).append(_play(agent, window, max_steps))
        if window is not None:
            window.close()
    return done


def _play(agent: Agent, window: Any, max_steps: int) -> bool:
    state = window.page.evaluate(_STATE)
    error = ""
    for _ in range(max_steps):
        observation = {"goal": state["goal"], "last_action_error": error} | window.observe(pictures=agent.pictures)
        error = ""
        try:
            action = read_action(agent.act(observation))
            if action.name in {"send_msg_to_user", "report_infeasible"}:
                return False
            window.act(action)
        except ActionError as refusal:
            error = str(refusal)
        state = window.page.evaluate(_STATE)
        if state["done"]:
            break
    return bool(state["done"] and state["reward"] > 0)
