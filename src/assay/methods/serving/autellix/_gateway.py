"""The gateway: an OpenAI-compatible server before others, which orders the calls that it hands on by their programs.

It runs on asyncio, as an application of ASGI: `ProgramGateway.serve`, or under any server of ASGI. A call waits in the
queues of its backend until one of `max_inflight` places is free. It is asked again where a backend was away, broke off
or was busy, and then still answered once.
"""

import asyncio
import json
import socket
from collections import Counter
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from threading import Thread
from time import monotonic
from typing import Any, Self

from assay.methods.serving.autellix._asgi import AsgiClient, Receive, Scope, Send, read_body, until_gone
from assay.methods.serving.autellix._balancer import Balancer
from assay.methods.serving.autellix._lane import Lane, RefusedError
from assay.methods.serving.autellix._policy import Policy, ProcessTable
from assay.methods.serving.autellix._requests import ALONE, handed_on, read_call
from assay.methods.serving.autellix._scheduler import Call, Scheduler
from assay.methods.serving.autellix._upstream import Asked, UnansweredError, hand_on, new_client

_LETTERS_PER_TOKEN = 4
"""To guess from a request's size how many tokens it reads (ours)."""
_KEPT_OPEN = 75
"""Seconds for which an idle connection of a client is kept: longer than clients use theirs again, so that none is
closed just as it is used."""
_TIDY_EVERY = 30.0
"""Seconds between two looks for programs that are over."""


@dataclass(eq=False)
class ProgramGateway:
    """A gateway before one or more backends; use it as a context manager, or `serve` until it is stopped.

    Raises:
        ValueError: There is no backend, an address is none, or a number is out of its range.
    """

    backends: Sequence[str]
    """Addresses of OpenAI-compatible servers, with or without ``/v1``."""
    policy: Policy | str = "atlas"
    max_inflight: int = 32
    """Calls that a backend has at a time: as many as it computes at once, so that the others wait here."""
    balancer: Balancer = field(default_factory=Balancer)
    host: str = "127.0.0.1"
    port: int = 0
    """Any that is free if 0."""
    key: str = field(default="", repr=False)
    """For the backends; if empty they get what the client sends."""
    timeout: float = 600.0
    """Seconds that a backend may be silent."""
    patience: float = 60.0
    """Seconds for which a call is asked again while its backend is away or busy."""
    breaks: int = 3
    """How often a backend may break off in the same call, which may be what breaks it."""
    priorities: bool = False
    """Whether backends are sent the queue as ``priority``, as vLLM takes it with ``--scheduling-policy priority``."""
    strict: bool = False
    """Whether a call without a program is refused; otherwise it is a program of its own."""
    ttl: float = 3600.0
    """Seconds without a call after which a program is over."""

    def __post_init__(self) -> None:
        if isinstance(self.backends, str) or not self.backends:
            raise ValueError("there is no backend: give a list of addresses")
        for url in self.backends:
            if not url.startswith(("http://", "https://")):
                raise ValueError(f"a backend is {url!r}: give an address that begins with http:// or https://")
        if self.max_inflight < 1 or self.breaks < 0 or not (self.timeout > 0 and self.patience >= 0):
            raise ValueError("max_inflight is 1 or more, timeout above 0, breaks and patience 0 or more")
        policy = self.policy if isinstance(self.policy, Policy) else Policy(self.policy)
        self.table = ProcessTable(ttl=self.ttl)
        self._lanes: dict[str, Lane] = {}
        for url in self.backends:
            base = url.rstrip("/").removesuffix("/v1") + "/v1"
            if base in self._lanes:
                raise ValueError(f"the backend {url} is there twice")
            self._lanes[base] = Lane(base, Scheduler(policy, self.table), self.max_inflight, monotonic)
        self.counts: Counter[str] = Counter()
        """What came of calls: ``answered`` (with a backend's own errors too), ``refused``, ``gone`` (as their clients
        were); and how often backends were ``asked again``."""
        self._active: set[tuple[str, str]] = set()
        self._names = count(1)
        self._tidied = monotonic()
        self._http: Any = None
        self._socket: socket.socket | None = None

    # Serving

    @property
    def base_url(self) -> str:
        """Where clients ask, once it serves: up to and with ``/v1``."""
        host, port = self._listen().getsockname()[:2]
        return f"http://{host}:{port}/v1"

    def serve(self) -> None:
        """Answer calls until stopped."""
        self._server = self._new_server()
        asyncio.run(self._serve())

    def __enter__(self) -> Self:
        self._server = self._new_server()
        self._thread = Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()

    def _new_server(self) -> Any:
        try:
            import uvicorn  # noqa: PLC0415 - only who serves needs it
        except ImportError:
            raise ValueError("the gateway is served by uvicorn: pip install 'assay-papers[web]'") from None
        self._listen()
        return uvicorn.Server(
            uvicorn.Config(self, lifespan="off", ws="none", log_level="warning", access_log=False,
                           timeout_graceful_shutdown=5, timeout_keep_alive=_KEPT_OPEN)
        )  # fmt: skip

    def _listen(self) -> socket.socket:
        if self._socket is None:
            # The protocol is named, since asyncio only then has small packets leave at once.
            family, kind, protocol, _, address = socket.getaddrinfo(
                self.host, self.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
            )[0]
            self._socket = socket.socket(family, kind, protocol)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind(address)
            self._socket.listen(2048)
        return self._socket

    async def _serve(self) -> None:
        self._client()  # takes a while, which the first call is spared
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            if self._http is not None:
                await self._http.aclose()
                self._http = None
            if self._socket is not None:
                self._socket.close()
                self._socket = None

    def status(self) -> dict[str, Any]:
        """What happens now: backends, programs, counts."""
        backends = [
            {"url": lane.url, "running": lane.running, "waiting": len(lane.scheduler), "there": lane.away_since is None}
            for lane in self._lanes.values()
        ]
        return {"backends": backends, "programs": len(self.table), "counts": dict(self.counts)}

    # Answering

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of ASGI."""
        if scope["type"] != "http":
            return
        client = AsgiClient(send)
        try:
            await self._answer(scope, receive, client)
        except RefusedError as refusal:
            self.counts["refused"] += 1
            await client.refuse(refusal)

    async def _answer(self, scope: Scope, receive: Receive, client: AsgiClient) -> None:
        path, method = scope["path"], scope["method"]
        if path == "/status" and method == "GET":
            await client.send_json(200, self.status())
            return
        if not path.startswith("/v1/") or ".." in path.split("/"):
            raise RefusedError(404, f"there is no {path}: ask below /v1, or /status")
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        content = await read_body(receive)
        query = scope.get("query_string", b"").decode("latin-1")
        target = path.removeprefix("/v1") + (f"?{query}" if query else "")
        asked = Asked(method, target, handed_on(headers, self.key), content, streamed=False)
        if method != "POST":
            await self._unless_gone(self._pass_on(asked, client), receive)
            return
        call, asked = read_call(headers, asked, number=next(self._names), strict=self.strict)
        if (call.program, call.name) in self._active:
            words = f"call {call.name!r} of program {call.program!r} is being answered: give another id"
            raise RefusedError(409, words)
        await self._unless_gone(self._answer_call(call, asked, client), receive)

    async def _unless_gone(self, work: Awaitable[None], receive: Receive) -> None:
        """Do the work, and leave it where the client goes away."""
        working = asyncio.ensure_future(work)
        leaving = asyncio.ensure_future(until_gone(receive))
        try:
            await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                self.counts["gone"] += 1
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)
                return
            working.result()
        finally:
            working.cancel()
            leaving.cancel()

    async def _answer_call(self, call: Call, asked: Asked, client: AsgiClient) -> None:
        """Let a call wait for its turn, ask its backend, and ask again where that gave no answer."""
        self._tidy()
        key, began, tokens = (call.program, call.name), monotonic(), len(asked.content) // _LETTERS_PER_TOKEN
        lane = self._enter(call, tokens)
        self._active.add(key)
        breaks, troubled, started, ended = 0, 0.0, 0.0, False

        def note(status: int) -> None:
            """Write down what the call received; before its client has all of the answer and asks what follows it."""
            nonlocal ended
            if ended:
                return
            ended = True
            self._active.discard(key)
            lane.answers()
            lane.scheduler.charge(call, monotonic() - started)
            (lane.scheduler.finish if status < 400 else lane.scheduler.end)(call, monotonic())
            self.counts["answered"] += 1
            lane.free()

        try:
            while True:
                if not await lane.turn(call):
                    lane = self._put_elsewhere(call, tokens)
                    continue
                started = monotonic()
                try:
                    marks = self._marks(call, started - began)
                    sent = self._with_priority(asked, call)
                    await hand_on(self._client(), lane.url, sent, client, marks=marks, note=note)
                except UnansweredError as trouble:
                    breaks += trouble.sent
                    troubled = troubled or monotonic()
                    lane.running -= 1
                    self._recover(lane, trouble, breaks, troubled)
                    lane = self._put_elsewhere(call, tokens)
                    continue
                except BaseException:
                    if not ended:
                        lane.scheduler.charge(call, monotonic() - started)
                        lane.free()
                    raise
                return
        finally:
            self._active.discard(key)
            if not ended:
                lane.scheduler.end(call, monotonic())
            if call.program.startswith(ALONE):
                self.table.rows.pop(call.program, None)

    def _enter(self, call: Call, tokens: int) -> Lane:
        """Put a new call into the queues of a backend."""
        lane = self._choose(call, tokens)
        try:
            lane.scheduler.arrive(call, monotonic())
        except ValueError as error:
            raise RefusedError(400, str(error)) from None
        return lane

    def _recover(self, lane: Lane, trouble: UnansweredError, breaks: int, troubled: float) -> None:
        """Leave a backend that gave no answer alone for a while, and refuse those for whom that has lasted too long."""
        self.counts["asked again"] += 1
        lane.pause(None if trouble.pause is None else min(trouble.pause, self.patience))
        lane.give_up(self.patience, trouble.words)
        if breaks > self.breaks:
            raise RefusedError(trouble.status, f"{trouble.words}, {breaks} times with this call", "server_error")
        if monotonic() - troubled > self.patience:
            words = f"{trouble.words}; it was asked again for {self.patience:g} s"
            raise RefusedError(trouble.status, words, "server_error")
        if trouble.is_away and any(each.open for each in self._lanes.values()):
            lane.send_away()

    def _choose(self, call: Call, tokens: int) -> Lane:
        """The backend of a call, of those that are not left alone, if there are any."""
        lanes = [lane for lane in self._lanes.values() if lane.open] or list(self._lanes.values())
        row = self.table.row(call.program, monotonic())
        return self._lanes[self.balancer.choose(row, tokens, {lane.url: lane.load for lane in lanes})]

    def _put_elsewhere(self, call: Call, tokens: int) -> Lane:
        """Put a call that was tried, or that nobody could try, into the queues of a backend; it keeps its place."""
        lane = self._choose(call, tokens)
        lane.scheduler.put_back(call, monotonic())
        return lane

    async def _pass_on(self, asked: Asked, client: AsgiClient) -> None:
        """Hand on what is no call, such as the list of models, from the first backend that answers."""
        words = ""
        for lane in sorted(self._lanes.values(), key=lambda lane: (not lane.open, lane.load)):
            try:
                await hand_on(self._client(), lane.url, asked, client)
            except UnansweredError as trouble:
                words = trouble.words
            else:
                return
        raise RefusedError(502, words, "server_error")

    def _with_priority(self, asked: Asked, call: Call) -> Asked:
        if not self.priorities:
            return asked
        return replace(asked, content=json.dumps(json.loads(asked.content) | {"priority": call.queue}).encode())

    @staticmethod
    def _marks(call: Call, waited: float) -> dict[str, str]:
        """What an answer's headers say of its call."""
        program = {} if call.program.startswith(ALONE) else {"x-program-id": call.program}
        return program | {"x-call-id": call.name, "x-waited-seconds": f"{waited:.4f}"}

    def _client(self) -> Any:
        if self._http is None:
            self._http = new_client(list(self._lanes), idle=len(self._lanes) * self.max_inflight, timeout=self.timeout)
        return self._http

    def _tidy(self) -> None:
        if monotonic() - self._tidied > _TIDY_EVERY:
            self._tidied = monotonic()
            self.table.expire(self._tidied)
