"""Decides who may ask for what: readers by token, this machine alone without one, and no page of another site.

A browser that has shown its token once gets a cookie, which no script can read and no other site can send along. The
cookie is signed with the token itself, so that a token that is taken out of the settings ends it too.
"""

import hmac
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import ip_address

from starlette.requests import Request

from assay.reader.shelf import check_reader

COOKIE = "assay"
_DAYS = 30
_SAFE = {"GET", "HEAD", "OPTIONS"}
_LEAST = 16
"""So many characters has a token at least."""


@dataclass(frozen=True)
class Access:
    """The rules of one server.

    Raises:
        ValueError: if a token is too short or no header can carry it, or two readers have the same, or a name cannot
            be a reader's, or the server can be reached from other machines and has none.
    """

    host: str = "127.0.0.1"
    """Where it listens."""
    reader: str = "me"
    """Whose things are shown on this machine, where there are no tokens."""
    tokens: Mapping[str, str] = field(default_factory=dict)
    """By reader, what opens her own things; empty where this machine alone may ask."""
    metrics_token: str = ""
    """What opens the metrics, from wherever they are asked for; empty where this machine alone may read them."""

    def __post_init__(self) -> None:
        for reader, token in self.tokens.items():
            check_reader(reader)
            _check_token(f"the token of {reader}", token)
        if len(set(self.tokens.values())) < len(self.tokens):
            raise ValueError("two readers have the same token")
        if self.metrics_token:
            _check_token("metrics_token", self.metrics_token)
            if self.metrics_token in self.tokens.values():
                raise ValueError("metrics_token is a reader's token; it must be one of its own")
        if not self.tokens and not is_loopback(self.host):
            raise ValueError(
                f"{self.host} can be reached from other machines: give each reader a token, as ASSAY_TOKEN_ANNA=..., "
                "or serve on 127.0.0.1"
            )

    def reader_of(self, request: Request) -> str | None:
        """Who is asking; ``None`` if nobody knows."""
        if not self.tokens:
            return self.reader
        if _is_bearer(request):
            return self.reader_with(_bearer(request))
        return self._reader_of_cookie(request.cookies.get(COOKIE, ""))

    def may_read_metrics(self, request: Request) -> bool:
        """Whether the metrics are shown: to whoever shows their token, or else to a program of this machine.

        A proxy on this machine that passes on what others ask is known by the name that they ask for.
        """
        if self.metrics_token:
            return hmac.compare_digest(self.metrics_token.encode(), _bearer(request).encode())
        client = request.client.host if request.client else ""
        return is_loopback(client) and is_loopback(_without_port(request.headers.get("host", "")))

    def reader_with(self, token: str) -> str | None:
        """Whose token it is."""
        found = None
        for reader, own in self.tokens.items():  # all of them are compared, so that time tells nothing
            if hmac.compare_digest(own.encode(), token.encode()):
                found = reader
        return found

    def cookie_for(self, reader: str) -> str:
        """What a browser shows from now on in place of the token."""
        until = int(time.time()) + _DAYS * 24 * 3600
        return f"{reader.encode().hex()}.{until}.{self._sign(reader, until)}"

    def _reader_of_cookie(self, cookie: str) -> str | None:
        try:
            name, until, signature = cookie.split(".")
            reader, end = bytes.fromhex(name).decode(), int(until)
        except ValueError:
            return None
        if reader not in self.tokens or end < time.time():
            return None
        return reader if hmac.compare_digest(self._sign(reader, end).encode(), signature.encode()) else None

    def _sign(self, reader: str, until: int) -> str:
        key = sha256(f"assay cookie {self.tokens[reader]}".encode()).digest()
        return hmac.new(key, f"{reader} {until}".encode(), sha256).hexdigest()

    def refusal(self, request: Request) -> str:
        """Why a request is not answered, whoever asks; empty if it may be.

        A page of another site must not act in the reader's name; and a name that was made to point to this machine
        must not read what is only for this machine.
        """
        host = request.headers.get("host", "")
        if not self.tokens and not is_loopback(_without_port(host)):
            return f"this server answers at localhost only, not as {host[:100]!r}"
        if request.method in _SAFE:
            return ""
        origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
        if site not in {None, "same-origin", "none"} or (origin is not None and origin.partition("://")[2] != host):
            return "a page of another site asked for this"
        return ""


def _check_token(what: str, token: str) -> None:
    if len(token) < _LEAST:
        raise ValueError(f"{what} has {len(token)} characters; {_LEAST} are the least")
    if not re.fullmatch("[!-~]+", token):
        raise ValueError(f"{what} must be letters, digits and signs of ASCII, without a space")


def _is_bearer(request: Request) -> bool:
    return request.headers.get("authorization", "").partition(" ")[0].lower() == "bearer"


def _bearer(request: Request) -> str:
    """The token that a request shows; empty if it shows none."""
    return request.headers.get("authorization", "").partition(" ")[2].strip() if _is_bearer(request) else ""


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine's own."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host
