"""What the gateway needs of ASGI: a client that is answered, a request that is read, a client that goes away."""

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from assay.methods.serving.autellix._lane import RefusedError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_LARGEST = 64 * 1024 * 1024
"""Bytes of a request."""


class AsgiClient:
    """Whoever asked, through ASGI."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._begun = False

    async def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Send the head of an answer."""
        self._begun = True
        pairs = [(name.encode("latin-1"), value.encode()) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": pairs})

    async def write(self, chunk: bytes) -> None:
        """Send some of its body."""
        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def end(self, chunk: bytes = b"") -> None:
        """Send the last of its body."""
        await self._send({"type": "http.response.body", "body": chunk, "more_body": False})

    async def send_json(self, status: int, value: Any) -> None:
        """Send an answer of ours."""
        content = json.dumps(value).encode()
        await self.begin(status, {"content-type": "application/json", "content-length": str(len(content))})
        await self.end(content)

    async def refuse(self, refusal: RefusedError) -> None:
        """Send a refusal in the form of OpenAI's errors, unless an answer has begun."""
        if not self._begun:
            error = {"message": refusal.words, "type": refusal.kind, "code": refusal.status}
            await self.send_json(refusal.status, {"error": error})


async def read_body(receive: Receive) -> bytes:
    """The body of a request.

    Raises:
        RefusedError: It is too large, or breaks off.
    """
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusedError(400, "the request broke off")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > _LARGEST:
            raise RefusedError(413, f"the request has more than {_LARGEST} bytes")
        if not message.get("more_body"):
            return b"".join(parts)


async def until_gone(receive: Receive) -> None:
    """Wait until the client goes away."""
    while (await receive())["type"] != "http.disconnect":
        pass
