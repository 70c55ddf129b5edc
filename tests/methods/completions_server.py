"""An OpenAI-compatible server of completions on loopback, which computes with a model of transformers."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from assay.methods._branches import Branches, Sampling, stop_at
from assay.methods._models import Endpoint


class CompletionsServer(ThreadingHTTPServer):
    """Goes on with prompts as the model does; text of a stop string is left out, its tokens too."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.model, self.tokenizer = model, tokenizer
        self.bodies: list[dict[str, Any]] = []
        self.statuses: list[int] = []
        """Of the next responses; 200 when used up."""
        self.logprobs: Any = None
        """Told in place of the model's, if set."""
        self.lock = threading.Lock()

    @property
    def endpoint(self) -> Endpoint:
        """Where it is."""
        return Endpoint(f"http://127.0.0.1:{self.server_port}/v1", "tiny", wait=0.01)

    def complete(self, body: dict[str, Any]) -> dict[str, Any]:
        """A choice, as OpenAI's server gives it."""
        stops = body.get("stop", [])
        prompt = self.tokenizer(body["prompt"], add_special_tokens=False)["input_ids"]
        (written,) = Branches.read(self.model, [prompt], method="A server").write(
            body["max_tokens"],
            sampling=Sampling(body["temperature"]),
            stop=stop_at(self.tokenizer, stops) if stops else None,
            seed=body.get("seed", 0),
        )
        ids, logs = written.tokens, written.log_probs
        if written.ended == "eos":
            ids, logs = ids[:-1], logs[:-1]
        text = self.tokenizer.decode(ids)
        end = min((text.find(each) for each in stops if each in text), default=len(text))
        while ids and len(self.tokenizer.decode(ids[:-1])) >= end and written.ended == "stop":
            ids, logs = ids[:-1], logs[:-1]
        told = {"tokens": [self.tokenizer.decode([each]) for each in ids], "token_logprobs": logs}
        reason = "length" if written.ended == "length" else "stop"
        return {"text": text[:end], "finish_reason": reason, "logprobs": self.logprobs or told}


class _Handler(BaseHTTPRequestHandler):
    server: CompletionsServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.bodies.append(body)
            status = self.server.statuses.pop(0) if self.server.statuses else 200
            content = {"choices": [self.server.complete(body)]} if status == 200 else {"error": "no such model"}
        out = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(model: Any, tokenizer: Any) -> Iterator[CompletionsServer]:
    """Serve for a while."""
    with CompletionsServer(model, tokenizer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
