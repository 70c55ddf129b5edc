"""Two model servers on this machine, and what a routing proxy before them adds to the time of an answer."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import perf_counter
from typing import Any

import numpy as np

from assay.methods.evaluation.prompt_to_leaderboard import Router, RoutingProxy, Upstream

_QUIETEST = 0.1
"""The share of requests that counts: what else the machine does only ever adds to a time."""


class _Answers(BaseHTTPRequestHandler):
    """Answers each chat completion at once, with the name of the model that was asked for."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the library gives it
        """Keep the terminal quiet."""

    def do_POST(self) -> None:
        """Answer."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        message = {"role": "assistant", "content": f"I am {body['model']}."}
        content = json.dumps({"object": "chat.completion", "choices": [{"index": 0, "message": message}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()


@contextmanager
def model_server() -> Iterator[str]:
    """The base URL of a server that answers at once."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def added_milliseconds(routers: dict[str, Router], prompts: list[str], requests: int) -> dict[str, float]:
    """By router, what the proxy adds to the time of an answer, half of the models being at either of two servers.

    Direct and routed requests take turns, and each one's tenth that was answered soonest counts.

    Raises:
        ValueError: A routed request was answered by another model than the router names.
    """
    import httpx2  # noqa: PLC0415

    with ExitStack() as stack:
        servers = [stack.enter_context(model_server()) for _ in range(2)]
        http = stack.enter_context(httpx2.Client(timeout=30))
        urls = {"": f"{servers[0]}/chat/completions"}
        for name, router in routers.items():
            upstreams = {model: Upstream(servers[at % 2], model) for at, model in enumerate(router.models)}
            urls[name] = f"{stack.enter_context(RoutingProxy(router, upstreams)).base_url}/chat/completions"
        seconds: dict[str, list[float]] = {name: [] for name in urls}
        for request in range(requests):
            prompt = prompts[request % len(prompts)]
            body = {"model": "router", "messages": [{"role": "user", "content": prompt}]}
            for name, url in urls.items():
                answer, took = _timed(lambda: http.post(url, json=body))  # noqa: B023 - called at once
                seconds[name].append(took)
                said = answer.json()["choices"][0]["message"]["content"]
                if name and said != f"I am {routers[name].route(prompt)}.":
                    raise ValueError(f"the proxy's answer to {prompt[:60]!r} is {said!r}")
    quiet = {name: float(np.quantile(each, _QUIETEST)) for name, each in seconds.items()}
    return {name: 1_000 * (quiet[name] - quiet[""]) for name in routers}


def _timed(call: Callable[[], Any]) -> tuple[Any, float]:
    began = perf_counter()
    answer = call()
    return answer, perf_counter() - began
