"""Tells why a model server does not answer, from its errors or the network's, and what the reader should check.

Servers word the same fault in many ways and under many statuses: a wrong key is answered with 401, 403 or 400, an
unknown model with 404, 400 or 500. What no later question can change is told apart from what passes.
"""

import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import httpx2

from assay.writing.answers import Failed

_Statuses = frozenset[int]

BUSY: _Statuses = frozenset({429, 503, 529})
"""The server asks for patience."""
_GATEWAY: _Statuses = frozenset({502, 504})
_PASSING: _Statuses = frozenset({408, 409, 425})
REQUEST: _Statuses = frozenset({400, 404, 413, 415, 422, 500, 501})
"""The fault may be in the form of what we asked for."""


class _Cause(NamedTuple):
    """A reason why no question will be answered."""

    what: str
    check: str
    statuses: _Statuses
    """With these statuses, whatever the server says."""
    words: re.Pattern[str] | None = None
    """With any other status but those of a busy server, if it says this."""
    even_busy: bool = False
    """Also with 429, under which some say that an account is empty."""

    def explains(self, failed: Failed) -> bool:
        """Whether this is why a server sent an error."""
        if self.words and (failed.status not in BUSY or self.even_busy) and self.words.search(failed.everything):
            return True
        return failed.status in self.statuses


_ACCOUNT = _Cause(
    "the account has nothing left",
    "check its balance and its limits at the provider",
    frozenset({402}),
    re.compile(
        r"insufficient.?(quota|balance|credit|fund)|credit.{0,20}(too low|exhausted|exceeded|used up)|out of credit"
        r"|billing.{0,20}(limit|not active)|payment.?required|budget has been exceeded"
    ),
    even_busy=True,
)
_MODEL = _Cause(
    "it does not have the model",
    "check the model's name; most servers list theirs under /v1/models",
    frozenset(),
    re.compile(
        r"(invalid|unknown|unsupported|no such|unrecognized).?model\b|model.?not.?(found|exist)|not a valid model"
        r"|model .{0,80}(not found|not exist|not supported by any|not available|decommissioned|not loaded|not served)"
        r"|pinned to|deployment.?not.?found|unable to access model|no models? (found|loaded)|no endpoints found for"
    ),
)
_KEY = _Cause(
    "the key is refused",
    "check the key (ASSAY_MODEL_KEY, or model_key in the settings)",
    frozenset({401}),
    re.compile(
        r"\b(invalid|incorrect|wrong|missing|expired|no|bad).{0,16}(api|access|auth|bearer).{0,3}(key|token)\b"
        r"|api.?key.{0,30}(not valid|invalid|missing|required|expired|incorrect|not found)|invalid.?token"
        r"|authentication.?(error|fail)|unauthenticated|unauthori[sz]ed|no connected db"
    ),
)
_ACCESS = _Cause("it gives no access", "check the key, and whether the account may use this model", frozenset({403}))
_ADDRESS = _Cause(
    "there is no chat endpoint",
    "check the address, which ends in /v1 for most servers",
    frozenset({404, 405, 406, 410, 426, 501}),
)
_NO_KEY = "it wants a key", "put it into ASSAY_MODEL_KEY, or as model_key into the settings"

_FILTER = re.compile(r"content.?(filter|policy)|moderation|flagged|safety")
_CONTEXT = re.compile(
    r"context.?(length|window|size)|(prompt|input|request|messages?).{0,40}too (long|large|many)"
    r"|(tokens?|length|prompt|input).{0,60}exceed|exceed.{0,60}(tokens?|length|context)"
)


def is_filtered(failed: Failed) -> bool:
    """Whether a filter kept the question back."""
    return failed.status in {400, 403} and bool(_FILTER.search(failed.everything))


def is_too_long(failed: Failed) -> bool:
    """Whether the question does not fit into the model's context."""
    return failed.status == 413 or (failed.status in REQUEST and bool(_CONTEXT.search(failed.everything)))


def is_passing(status: int) -> bool:
    """Whether a server with this status may answer later."""
    return status >= 500 or status in BUSY | _PASSING


def is_over_one_question(status: int) -> bool:
    """Whether a server with this status may have failed over the question, rather than be down for everybody."""
    return status not in BUSY | _GATEWAY | _PASSING


def denial_by_words(failed: Failed, *, has_key: bool) -> str:
    """Why no question will be answered, if the server says so in words or by a status that has one meaning; else empty.

    Args:
        failed: the server's error.
        has_key: whether a key was sent.
    """
    for cause in (_ACCOUNT, _KEY, _MODEL, _ACCESS):
        if cause.explains(failed):
            what, check = (cause.what, cause.check) if has_key or cause is not _KEY else _NO_KEY
            return f"{what} ({failed.brief}); {check}"
    return ""


def denial_by_status(failed: Failed, headers: Mapping[str, str], *, model: str) -> str:
    """Why no question will be answered, where the status says so of an error that nothing else explains; else empty.

    Args:
        failed: the server's error.
        headers: those that came with it.
        model: the name that was asked for. Whoever quotes it in an error complains about it.
    """
    if 300 <= failed.status < 400:
        target = headers.get("location", "another address")
        return f"it has moved to {target} ({failed.status}); check the address, and give the new one if you trust it"
    name = re.escape(model.lower())
    quotes_model = re.search(rf"(?<![\w-]){name}(?![\w-])", failed.everything) and "token" not in failed.everything
    if failed.status in {400, 404, 422} and quotes_model:
        return f"{_MODEL.what} ({failed.brief}); {_MODEL.check}"
    if _ADDRESS.explains(failed) or (failed.is_page and not is_passing(failed.status)):
        return f"{_ADDRESS.what} ({failed.brief}); {_ADDRESS.check}"
    return ""


def no_endpoint(what_came: str) -> str:
    """Why no question will be answered by a server whose very first answer is no chat completion."""
    return f"{_ADDRESS.what} ({what_came}); {_ADDRESS.check}"


def no_connection(error: httpx2.TransportError) -> str:
    """Why a connection could not be made, and what to check; empty if it was made and broke."""
    if isinstance(error, httpx2.RemoteProtocolError) and "illegal" in str(error).lower():
        return f"{_ADDRESS.what}: what listens there does not speak HTTP; check host and port"
    if not isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError):
        return ""
    causes = list(_causes(error))
    what, check = next(
        words for kind, words in _WITHOUT_CONNECTION.items() if any(isinstance(cause, kind) for cause in causes)
    )
    return f"no connection: {what.format(error=error)}; {check}"


_WITHOUT_CONNECTION: Mapping[type[BaseException], tuple[str, str]] = {
    socket.gaierror: ("the host has no address ({error})", "check its name and your network"),
    ssl.SSLError: ("{error}", "check https:// against http://, and the server's certificate"),
    ConnectionRefusedError: ("nothing listens there", "start the server, or check host and port"),
    httpx2.ProxyError: ("the proxy of this machine does not let it through ({error})", "check HTTPS_PROXY"),
    httpx2.ConnectTimeout: ("nothing there takes one", "check host and port, and any firewall between"),
    httpx2.ConnectError: ("{error}", "check host, port and network"),
}
"""What is the matter, and what to check, by the error or by what led to it; the most telling first."""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and all that led to it; several attempts to connect come as a group."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for each in error.exceptions:
                yield from _causes(each)
        error = error.__cause__ or error.__context__
