"""The gate of the app: lets in who may ask, as often as is fair, and tells browsers what pages may load."""

from collections.abc import MutableMapping
from typing import Any

from starlette.requests import Request
from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assay.web.access import Access
from assay.web.limits import MOST_BYTES, Limits

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load: only what this server has, and no script or style that stands in the page itself."""
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_OPEN = ("/login", "/assets/", "/health")
"""What is answered before anybody has said who she is."""


class TooLargeError(ValueError):
    """A request brings more than is read."""


class Gate:
    """Lets in what the rules allow, and tells every route who is asking, as ``request.state.reader``."""

    def __init__(self, app: ASGIApp, access: Access, limits: Limits) -> None:
        self._app, self._access, self._limits = app, access, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["path"] = _folder(scope["path"])
        request = Request(scope, receive)
        reader = self._access.reader_of(request)
        scope.setdefault("state", {})["reader"] = reader
        answer = self._refuse(request, reader)
        sent = _with_headers(send)
        if answer is not None:
            await answer(scope, receive, sent)
            return
        try:
            await self._app(scope, _at_most(receive, MOST_BYTES), sent)
        except TooLargeError as error:
            await _refusal(request, 413, str(error))(scope, receive, sent)

    def _refuse(self, request: Request, reader: str | None) -> Response | None:
        path = request.url.path
        if why := self._access.refusal(request):
            return _refusal(request, 403, why)
        if reader is None and not path.startswith(_OPEN):
            if wants_page(request):
                return RedirectResponse("/login", 303)
            return _refusal(request, 401, "who are you? send your token as `Authorization: Bearer ...`, or log in")
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            return _refusal(request, 413, f"more than {MOST_BYTES:,} bytes are not read")
        address = request.client.host if request.client else ""
        client = f"{reader or ''} {address}"
        rate = self._limits.reading if request.method in {"GET", "HEAD"} else self._limits.writing
        if path == "/login" and request.method == "POST":
            rate, client = self._limits.logins, address
        if wait := rate.wait(client):
            answer = _refusal(request, 429, f"too often; ask again in {wait:.1f} s")
            answer.headers["retry-after"] = str(int(wait) + 1)
            return answer
        return None


def _folder(path: str) -> str:
    """The address of a folder for that of its page: links name both."""
    return path.removesuffix("index.html") if path.endswith("/index.html") else path


def wants_page(request: Request) -> bool:
    """Whether a person looks at the answer, and no program."""
    return not request.url.path.startswith(("/api/", "/mcp")) and "text/html" in request.headers.get("accept", "")


def _refusal(request: Request, status: int, why: str) -> Response:
    if wants_page(request):
        return Response(f"Assay: {why}\n", status, media_type="text/plain")
    return JSONResponse({"detail": why}, status)


def _at_most(receive: Receive, most: int) -> Receive:
    """Reads a body of unknown length up to a limit."""
    read = 0

    async def receive_some() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > most:
            raise TooLargeError(f"more than {most:,} bytes are not read")
        return message

    return receive_some


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return send_with_headers
