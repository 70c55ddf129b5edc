"""The gate of the app: lets in who may ask, as often as is fair, and tells browsers what pages may load."""

import re
from collections.abc import MutableMapping, Sequence
from typing import Any

import anyio
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assay.web.access import Access
from assay.web.limits import LONGEST, MOST_BYTES, MOST_OF_A_FILE, Limits, Rate, brings_file, keeps_busy

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load: only what this server has, and no script or style that stands in the page itself."""
_POLICY_OF_PICTURE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""What a picture may load that is opened by itself: it has its style within it, and runs nothing."""
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_OPEN = re.compile("/login/?|/assets/[^/]+|/health|/metrics")
"""What is answered before anybody has said who she is."""


class Gate:
    """Lets in what the rules allow, and tells every route who is asking, as ``request.state.reader``."""

    def __init__(self, app: ASGIApp, access: Access, limits: Limits, languages: Sequence[str] = ()) -> None:
        """Languages are those whose pages stand in a folder of their name."""
        self._app, self._access, self._limits, self._languages = app, access, limits, languages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["path"] = _plain(scope["path"])
        request = Request(scope, receive)
        reader = self._access.reader_of(request)
        scope.setdefault("state", {})["reader"] = reader
        answer = self._refuse(request, reader)
        sent = _with_headers(send)
        if answer is not None:
            await answer(scope, receive, sent)
            return
        try:
            await self._app(scope, _at_most(receive, _most_bytes(scope["path"])), sent)
        except HTTPException as error:
            await _refusal(request, error.status_code, error.detail)(scope, receive, sent)

    def _refuse(self, request: Request, reader: str | None) -> Response | None:
        path: str = request.scope["path"]
        if why := self._access.refusal(request):
            return _refusal(request, 403, why)
        folder, within = self._in_language(path)
        rate, client = self._rate(request, reader, within)
        if wait := rate.wait(client):
            answer = _refusal(request, 429, f"too often; ask again in {wait:.1f} s")
            answer.headers["retry-after"] = str(int(wait) + 1)
            return answer
        if reader is None and not _OPEN.fullmatch(within):
            if wants_page(request):
                return RedirectResponse(f"{folder}/login", 303)
            return _refusal(request, 401, "who are you? send your token as `Authorization: Bearer ...`, or log in")
        length, most = request.headers.get("content-length", "0"), _most_bytes(path)
        if not length.isdecimal() or int(length) > most:
            return _refusal(request, 413, f"more than {most:,} bytes are not read")
        return None

    def _in_language(self, path: str) -> tuple[str, str]:
        """The folder of a page's language, and its path within that."""
        first, slash, rest = path.removeprefix("/").partition("/")
        return (f"/{first}", slash + rest) if first in self._languages else ("", path)

    def _rate(self, request: Request, reader: str | None, path: str) -> tuple[Rate, str]:
        """How often this may be asked, and by whom it is counted."""
        address = request.client.host if request.client else ""
        if path.startswith("/login") and request.method == "POST":
            return self._limits.logins, address
        if path == "/metrics" and self._access.may_read_metrics(request):
            return self._limits.reading, f"metrics {address}"
        if reader is None and "authorization" in request.headers:  # a token that is wrong
            return self._limits.logins, f"token {address}"
        client = f"{reader or ''} {address}"
        if request.method in {"GET", "HEAD"}:
            return self._limits.reading, client
        return (self._limits.working if keeps_busy(path) else self._limits.writing), client


def _plain(path: str) -> str:
    """An address as links write it: a folder for its page, and one slash at the front, where two would name a host."""
    path = "/" + path.lstrip("/")
    return path.removesuffix("index.html") if path.endswith("/index.html") else path


def _most_bytes(path: str) -> int:
    return MOST_OF_A_FILE if brings_file(path) else MOST_BYTES


def wants_page(request: Request) -> bool:
    """Whether a person looks at the answer, and no program."""
    is_for_programs = request.scope["path"].startswith(("/api/", "/mcp"))
    return not is_for_programs and "text/html" in request.headers.get("accept", "")


def _refusal(request: Request, status: int, why: str) -> Response:
    if wants_page(request):
        return Response(f"Assay: {why}\n", status, media_type="text/plain")
    return JSONResponse({"detail": why}, status)


def _at_most(receive: Receive, most: int) -> Receive:
    """Reads a body whose length may not be known, or not be true, up to a limit, and for so long."""
    read, is_whole, end = 0, False, anyio.current_time() + LONGEST

    async def receive_some() -> Message:
        nonlocal read, is_whole
        if is_whole:  # all that is still to come is that the client goes away
            return await receive()
        try:
            with anyio.fail_after(end - anyio.current_time()):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, f"the rest of it did not come within {LONGEST} seconds") from None
        read += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        if read > most:
            raise HTTPException(413, f"more than {most:,} bytes are not read")
        return message

    return receive_some


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if headers.get("content-type", "").startswith("image/svg+xml"):
                headers["content-security-policy"] = _POLICY_OF_PICTURE
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return send_with_headers
