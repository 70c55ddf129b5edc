"""A real mail server on loopback that delivers into mailboxes, and misbehaves on demand.

::

    with MailBoxes() as server:
        server.then("RCPT", Say("451 later"))           # for the next RCPT; then it behaves again
        server.then("END", Hang())                       # takes the whole mail, and says nothing
        ...
        [letter] = server.letters

Stages are ``CONNECT``, ``EHLO``, ``STARTTLS``, ``AUTH``, ``MAIL``, ``RCPT``, ``DATA`` (before the mail), and ``END``
(after it).
"""

import asyncio
import shutil
import ssl
import subprocess
import threading
import warnings
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, Self

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass(frozen=True)
class Say:
    """Answer with these words instead of doing what is asked."""

    words: str


@dataclass(frozen=True)
class Drop:
    """Close the connection without a word; at ``END``, after taking the mail if it is kept."""

    keeps: bool = False


@dataclass(frozen=True)
class Hang:
    """Say nothing until the server is closed; at ``END``, after taking the mail if it is kept."""

    keeps: bool = False


@dataclass(frozen=True)
class Late:
    """Behave, but so many seconds later."""

    seconds: float


Fault = Say | Drop | Hang | Late


@dataclass(frozen=True)
class Letter:
    """A mail as it arrived."""

    sender: str
    recipient: str
    data: bytes
    encrypted: bool
    user: str

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        return message_from_bytes(self.data, policy=default)


@dataclass
class MailBoxes:
    """The server, and what it took."""

    tls: str = "none"
    """``none``, ``starttls`` or ``tls``."""
    certificate: "Certificate | None" = None
    login: tuple[str, str] | None = None
    refused: frozenset[str] = frozenset()
    """Recipients whom nobody knows."""
    letters: list[Letter] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)
    """Every stage that was reached, in order."""
    reached: dict[str, threading.Event] = field(default_factory=dict)
    """Set when a fault is met at a stage."""
    transports: list[asyncio.WriteTransport] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        self._faults: dict[str, deque[Fault]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def then(self, stage: str, *faults: Fault) -> None:
        """Misbehave the next times that the stage is reached."""
        self._faults.setdefault(stage, deque()).extend(faults)
        self.reached.setdefault(stage, threading.Event())

    def __enter__(self) -> Self:
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> int:
        context = self.certificate.context() if self.certificate else None
        options: dict[str, Any] = {"hostname": "mail.example.org", "enable_SMTPUTF8": False}
        if self.tls == "starttls":
            options |= {"tls_context": context, "require_starttls": True}
        if self.login:
            options |= {"authenticator": self._check, "auth_required": True}
            options |= {"auth_require_tls": self.tls == "starttls"}

        def make() -> SMTP:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that a login without TLS is unwise
                return _Server(self, _Handler(self), loop=self._loop, **options)

        self._server = await self._loop.create_server(make, "127.0.0.1", 0, ssl=context if self.tls == "tls" else None)
        return int(self._server.sockets[0].getsockname()[1])

    async def _stop(self) -> None:
        self._server.close()
        for transport in self.transports:
            transport.abort()
        await asyncio.sleep(0)
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _check(self, _server: SMTP, _session: Session, _envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        good = self.login == (data.login.decode(), data.password.decode())
        return AuthResult(success=good, handled=False, auth_data=data)

    async def misbehave(self, stage: str, server: SMTP) -> "Fault | None":
        """Do what was planned for a stage; the fault that took the place of the stage's own work."""
        self.stages.append(stage)
        faults = self._faults.get(stage)
        if not faults:
            return None
        fault = faults.popleft()
        self.reached[stage].set()
        match fault:
            case Late(seconds):
                await asyncio.sleep(seconds)
                return None
            case Say(words) if stage != "END":
                await server.push(words)
            case Hang():
                await asyncio.Event().wait()
            case Drop() if server.transport is not None:
                server.transport.abort()  # type: ignore[attr-defined]
        return fault


class _Server(SMTP):
    def __init__(self, boxes: MailBoxes, *arguments: Any, **options: Any) -> None:
        self._boxes = boxes
        super().__init__(*arguments, **options)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._boxes.transports.append(transport)
        super().connection_made(transport)

    async def _handle_client(self) -> None:
        if await self._boxes.misbehave("CONNECT", self) is not None and self.transport is not None:
            self.transport.close()
            return
        await super()._handle_client()


def _stage(name: str) -> Callable[..., Any]:
    original = getattr(SMTP, f"smtp_{name}")

    async def command(self: _Server, argument: str | None) -> None:
        if await self._boxes.misbehave(name, self) is None:
            await original(self, argument)

    return command


for _name in ("EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA"):
    setattr(_Server, f"smtp_{_name}", _stage(_name))


class _Handler:
    def __init__(self, boxes: MailBoxes) -> None:
        self._boxes = boxes

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self._boxes.refused:
            return "550 5.1.1 no such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        login: LoginPassword | None = getattr(session, "auth_data", None)  # its type says that it is never set
        user = login.login.decode() if login else ""
        content = envelope.original_content or b""
        encrypted = self._boxes.transports[-1].get_extra_info("ssl_object") is not None
        letters = [
            Letter(str(envelope.mail_from), recipient, content, encrypted, user) for recipient in envelope.rcpt_tos
        ]
        planned = self._boxes._faults.get("END")
        if planned and isinstance(planned[0], Drop | Hang) and planned[0].keeps:
            self._boxes.letters += letters
        fault = await self._boxes.misbehave("END", server)
        if isinstance(fault, Say):
            return fault.words
        if fault is None:
            self._boxes.letters += letters
        return "250 OK"


@dataclass(frozen=True)
class Certificate:
    """A certificate for localhost, and its key."""

    file: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """What a server shows."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


def make_certificate(folder: Path) -> Certificate:
    """A new certificate; a test that needs one is skipped where there is no openssl."""
    command = shutil.which("openssl")
    if command is None:
        pytest.skip("no openssl to make a certificate with")
    made = Certificate(folder / "server.pem", folder / "server.key")
    options = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    files = ["-keyout", str(made.key), "-out", str(made.file)]
    subprocess.run([command, *options.split(), *files], check=True, capture_output=True)
    return made
