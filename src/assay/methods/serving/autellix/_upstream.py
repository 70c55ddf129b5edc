"""One attempt at an answer of a backend: what comes is handed on, and what goes wrong is told apart.

Told apart are a backend that is not there, one that broke off, one that is busy, one that takes too long, and one that
speaks another dialect. The first three may be asked again, as long as nothing has gone to the client.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from assay.methods.serving.autellix._lane import RefusedError

_HOP_BY_HOP = {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "upgrade",
               "transfer-encoding", "content-length", "content-encoding"}  # fmt: skip
_BUSY = {429, 503}
_TO_CONNECT = 5.0
_REUSED = 4.0
"""Seconds for which an idle connection is used again: fewer than servers keep it, which is 5 mostly."""
_WORDS = 200
"""Letters of what a backend said that stand in an error."""
_LAST_EVENT = b"data: [DONE]"
"""Behind which a client may ask its next call."""
_WITH_CHOICES = ("/chat/completions", "/completions")
"""Paths whose answers have a list of choices, in OpenAI's dialect."""


class UnansweredError(Exception):
    """An attempt without an answer, which may be made again."""

    def __init__(
        self, words: str, *, sent: bool = False, away: bool = False, pause: float | None = None, status: int = 502
    ) -> None:
        super().__init__(words)
        self.words = words
        self.sent = sent
        """Whether the backend had the call, and may have computed it."""
        self.is_away = away
        """Whether the backend is not there at all."""
        self.pause = pause
        """Seconds that it asks to be left alone, if it does."""
        self.status = status
        """Of the refusal, if it is not made again."""


class Client(Protocol):
    """Whoever asked."""

    async def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Send the head of an answer."""

    async def write(self, chunk: bytes) -> None:
        """Send some of its body."""

    async def end(self, chunk: bytes = b"") -> None:
        """Send the last of its body."""


@dataclass(frozen=True)
class Asked:
    """A call as it goes to a backend."""

    method: str
    path: str
    """Behind ``/v1``, with the query."""
    headers: Mapping[str, str]
    content: bytes
    streamed: bool
    """Whether the answer is to come in pieces."""

    @property
    def has_choices(self) -> bool:
        """Whether the answer has a list of choices."""
        return self.method == "POST" and self.path.partition("?")[0].rstrip("/").endswith(_WITH_CHOICES)


def new_client(urls: Sequence[str], *, idle: int, timeout: float) -> Any:
    """A client of httpx2 for backends.

    Args:
        urls: Of all backends.
        idle: Connections that are kept for later.
        timeout: Seconds for which a backend may be silent.
    """
    import httpx2  # noqa: PLC0415 - the simulator needs no client

    # Certificates and proxies only matter where a backend is elsewhere.
    elsewhere = any(url.startswith("https://") for url in urls)
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=idle, keepalive_expiry=_REUSED)
    timeouts = httpx2.Timeout(timeout, connect=_TO_CONNECT)
    return httpx2.AsyncClient(timeout=timeouts, limits=limits, verify=elsewhere, trust_env=elsewhere)


async def hand_on(
    http: Any,
    base_url: str,
    asked: Asked,
    client: Client,
    *,
    marks: Mapping[str, str] = MappingProxyType({}),
    note: Callable[[int], None] = lambda _: None,
) -> None:
    """Ask a backend once, and hand its answer to the client.

    Args:
        http: A client of httpx2.
        base_url: The backend's, up to and with ``/v1``.
        asked: The call.
        client: Whoever asked.
        marks: Further headers of the answer.
        note: Is told the status just before the client has all of the answer; 502 for one that breaks off.

    Raises:
        UnansweredError: There is no answer, and nothing went to the client.
        RefusedError: The backend takes too long, or answers what is no answer of its kind.
    """
    import httpx2  # noqa: PLC0415 - the simulator needs no client

    url = f"{base_url}{asked.path}"
    request = http.build_request(asked.method, url, headers=dict(asked.headers), content=asked.content)
    begun = False
    try:
        answer = await http.send(request, stream=True)
        try:
            _check_busy(url, answer)
            if not (asked.streamed and answer.status_code == 200 and _is_stream(answer)):
                content = await answer.aread()
                if asked.has_choices and answer.status_code == 200:
                    _check_choices(url, content)
                note(answer.status_code)
                length = {"content-length": str(len(content))}
                await client.begin(answer.status_code, _kept(answer) | dict(marks) | length)
                begun = True
                await client.end(content)
                return
            pieces = answer.aiter_bytes()
            first = await _first(url, pieces)
            await client.begin(answer.status_code, _kept(answer) | dict(marks))
            begun = True
            piece: bytes | None = first
            while piece is not None:
                if _LAST_EVENT in piece:
                    note(answer.status_code)
                await client.write(piece)
                piece = await anext(pieces, None)
            note(answer.status_code)
            await client.end()
        finally:
            await answer.aclose()
    except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
        raise UnansweredError(f"{url} is not there: {_words(error)}", away=True) from None
    except httpx2.TimeoutException as error:
        words = f"{url} takes too long: {_words(error)}"
        if not begun:
            raise RefusedError(504, words, "timeout") from None
        note(502)
        await _break_off(client, words)
    except httpx2.HTTPError as error:
        words = f"{url} broke off: {_words(error)}"
        if not begun:
            raise UnansweredError(words, sent=True) from None
        note(502)
        await _break_off(client, words)


async def _first(url: str, pieces: AsyncIterator[bytes]) -> bytes:
    """The first bytes of a stream: before them it can still be asked for anew."""
    async for piece in pieces:
        if piece:
            return piece
    raise UnansweredError(f"{url} broke off: the stream is empty", sent=True)


async def _break_off(client: Client, words: str) -> None:
    """End a stream that has begun with an event that says why, since no status can say so any more."""
    event = {"error": {"message": words, "type": "server_error", "code": 502}}
    await client.write(f"\n\ndata: {json.dumps(event)}\n\n".encode())
    await client.end()


def _check_busy(url: str, answer: Any) -> None:
    if answer.status_code in _BUSY:
        try:
            pause = max(0.0, float(answer.headers.get("retry-after", "")))
        except ValueError:
            pause = None  # none said, or a date
        words = f"{url} is busy, it answers {answer.status_code}"
        raise UnansweredError(words, pause=pause, status=answer.status_code)


def _check_choices(url: str, content: bytes) -> None:
    try:
        body = json.loads(content)
        spoken = isinstance(body, dict) and isinstance(body.get("choices"), list)
    except ValueError:
        spoken = False
    if not spoken:
        said = " ".join(content[: 4 * _WORDS].decode(errors="replace").split())[:_WORDS] or "nothing"
        raise RefusedError(
            502, f"{url} speaks another dialect than OpenAI's: its answer has no choices: {said}", "server_error"
        )


def _is_stream(answer: Any) -> bool:
    return str(answer.headers.get("content-type", "")).startswith("text/event-stream")


def _kept(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP}


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:_WORDS] or type(error).__name__
