"""Observes every request: gives it an id, counts and times it, logs it, and answers for what breaks within."""

import logging
import re
import time
from collections.abc import MutableMapping
from typing import Any
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from assay.web.gate import wants_page
from assay.web.metrics import Metrics

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:=+/-]{0,99}", re.ASCII)
"""An id that a proxy in front may have given a request; any other is replaced."""
NO_ROUTE = "none"
"""The route of what is refused before anybody looks where it leads."""

_log = logging.getLogger("assay.web")


class Observed:
    """An app whose requests are counted, timed and logged; who asked for what in particular is not."""

    def __init__(self, app: ASGIApp, metrics: Metrics, *, names_readers: bool = False) -> None:
        """The log names who asked where readers have tokens."""
        self._app, self._metrics, self._names_readers = app, metrics, names_readers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        request = Request(scope)
        state = scope.setdefault("state", {})
        state["request_id"] = key = _id_of(request)

        async def send_observed(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = key
                self._metrics.answered(route_of(scope), request.method, status, time.perf_counter() - began)
            await send(message)

        failure: Exception | None = None
        with self._metrics.in_flight.track_inprogress():
            try:
                await self._app(scope, receive, send_observed)
            except Exception as error:
                failure = error
                if status:  # half an answer is cut off, so that nobody takes it for the whole
                    raise
                await admit(request)(scope, receive, send_observed)
            finally:
                told = {
                    "id": key,
                    "method": request.method,
                    "route": route_of(scope),
                    "status": status or None,
                    "ms": round((time.perf_counter() - began) * 1000, 1),
                }
                if self._names_readers:
                    told["reader"] = state.get("reader")
                if failure is None:
                    _log.info("request", extra=told)
                else:
                    _log.error("request failed", extra=told, exc_info=failure)


def admit(request: Request) -> Response:
    """Say that something broke. What it was stands in the server's own log: it may name what is nobody's business."""
    why = f"something broke here; the log of the server says what, under {request.state.request_id}"
    return PlainTextResponse(f"Assay: {why}\n", 500) if wants_page(request) else JSONResponse({"detail": why}, 500)


def route_of(scope: Scope) -> str:
    """The template of the route that answers, of which there are few: ``/api/runs/{key}``."""
    if "route" in scope:
        return str(scope["route"].path)
    # Plain routes leave no word of themselves; one without parameters is its own template.
    is_plain = "endpoint" in scope and not scope.get("path_params")
    return scope["path"] if is_plain else NO_ROUTE


def _id_of(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return given if _ID.fullmatch(given) else uuid4().hex
