"""Hands mails to a mail server (RFC 5321), and says exactly what came of each.

A mail is the server's once its end was sent and a good answer came. Whatever goes wrong until its last byte is sent,
it has not arrived. Whatever the server answers, it has arrived or not. Between the two is one moment of which nobody
can know: the connection breaks, or the time is up, while we wait for that answer. `UnsureError` says so.
"""

import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path
from smtplib import (
    SMTP,
    SMTP_SSL,
    SMTPAuthenticationError,
    SMTPException,
    SMTPResponseException,
    SMTPServerDisconnected,
)
from types import TracebackType
from typing import Literal, Self

from pydantic import SecretStr

from assay.papers.text import normalise
from assay.sending.trying import NotTakenError, UnsureError

Tls = Literal["starttls", "tls", "none"]
PORTS: dict[Tls, int] = {"starttls": 587, "tls": 465, "none": 25}
_NAME = "[127.0.0.1]"
"""What we are called before a server: it need not know the name of a reader's machine."""
_LOOPBACK = re.compile(r"localhost|127\.\d+\.\d+\.\d+|::1|\[::1\]", re.IGNORECASE)


@dataclass(frozen=True)
class MailServer:
    """Where mails are handed in, and how."""

    host: str
    tls: Tls = "starttls"
    """``starttls`` turns the connection into an encrypted one, ``tls`` makes one from the start."""
    port: int = 0
    """0 for the usual one: 587, 465 or 25."""
    user: str = ""
    """Empty for a server that asks for no login."""
    password: SecretStr | None = None
    certificates: Path | None = None
    """A file with certificates to trust, for a server of one's own; those of the system if left out."""
    timeout: float = 30
    """Seconds without an answer after which the server counts as gone."""
    patience_at_end: float = 600
    """The same for the answer to a whole mail: RFC 5321 asks for ten minutes, so that no mail is sent twice."""

    def __str__(self) -> str:
        return f"{self.host}:{self.port or PORTS[self.tls]}"


class MailError(NotTakenError):
    """A mail that did not arrive.

    Attributes:
        is_of_recipient: whether it is about one recipient, and others may fare better.
    """

    def __init__(self, why: str, *, is_passing: bool = False, is_of_recipient: bool = False) -> None:
        super().__init__(why, is_passing=is_passing)
        self.is_of_recipient = is_of_recipient


class MailConnection:
    """A connection to a mail server, opened with the first mail and again after one that broke."""

    def __init__(self, server: MailServer) -> None:
        self.server = server
        self._smtp: SMTP | None = None
        try:
            self._context = ssl.create_default_context(cafile=server.certificates)
        except OSError as error:
            raise ValueError(f"{server.certificates}: holds no certificates to trust: {_words(error)}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close(politely=True)

    def send(self, message: EmailMessage, leaving: Callable[[], None]) -> None:
        """Hand in a mail for the one recipient that its ``To`` names.

        Args:
            message: the mail.
            leaving: called when the server is ready to take the mail, right before its first byte is sent.

        Raises:
            UnsureError: if it may have arrived or not.
            MailError: if it did not arrive.
        """
        [sender], [recipient] = (_addresses(message, name) for name in ("From", "To"))
        data = re.sub(rb"(?m)^\.", b"..", message.as_bytes(policy=message.policy.clone(linesep="\r\n")))
        with self._telling("while it was asked to take a mail"):
            smtp = self._open()
            self._expect(smtp.mail(sender, [f"SIZE={len(data)}"] if smtp.has_extn("size") else []), "sender")
            self._expect(smtp.rcpt(recipient), "recipient")
            smtp.putcmd("data")
            self._expect(smtp.getreply(), "mail", good=3)
        leaving()
        with self._telling("while the mail was sent"):
            smtp.send(data + b".\r\n")
        code, words = self._answer_to_mail(smtp)
        self._expect((code, words), "mail")

    def _answer_to_mail(self, smtp: SMTP) -> tuple[int, bytes]:
        """What the server says to a whole mail."""
        try:
            _wait_up_to(smtp, self.server.patience_at_end)
            code, words = smtp.getreply()
            _wait_up_to(smtp, self.server.timeout)
        except OSError as error:
            code, words = -1, _words(error).encode()
        if code == -1:
            self._close()
            raise UnsureError(f"{self.server} had the whole mail and gave no answer: {_reply(code, words)}")
        return code, words

    def _open(self) -> SMTP:
        """The connection, with login, ready for a mail."""
        if self._smtp is not None:
            with suppress(OSError):
                if self._smtp.rset()[0] == 250:
                    return self._smtp
            self._close()
        server = self.server
        port = server.port or PORTS[server.tls]
        if server.tls == "tls":
            smtp: SMTP = SMTP_SSL(server.host, port, _NAME, timeout=server.timeout, context=self._context)
        else:
            smtp = SMTP(server.host, port, _NAME, timeout=server.timeout)
        self._smtp = smtp
        if server.tls == "starttls":
            smtp.starttls(context=self._context)
        smtp.ehlo_or_helo_if_needed()
        if server.user:
            self._log_in(smtp)
        return smtp

    def _log_in(self, smtp: SMTP) -> None:
        user, password = self.server.user, self.server.password.get_secret_value() if self.server.password else ""
        if self.server.tls == "none" and not _LOOPBACK.fullmatch(self.server.host):
            raise MailError(f"{self.server}: no password is sent over a connection that others can read (use TLS)")
        if not (user + password).isascii():
            raise MailError(f"{self.server}: the login of mail servers takes no letters outside ASCII")
        smtp.login(user, password)

    @contextmanager
    def _telling(self, when: str) -> Iterator[None]:
        """Tell what goes wrong before a mail's last byte is sent as a `MailError`, and close the connection."""
        try:
            yield
        except MailError as error:
            if not error.is_of_recipient:
                self._close()
            raise
        except SMTPResponseException as error:
            self._close()
            what = " refused the login" if isinstance(error, SMTPAuthenticationError) else ""
            words = f"{self.server}{what}: {_reply(error.smtp_code, error.smtp_error)}"
            raise MailError(words, is_passing=_is_passing(error.smtp_code)) from error
        except (SMTPException, ssl.SSLError) as error:
            self._close()
            is_passing = isinstance(error, SMTPServerDisconnected | ssl.SSLEOFError)
            raise MailError(f"{self.server}: {_words(error)}", is_passing=is_passing) from error
        except OSError as error:
            self._close()
            raise MailError(f"{self.server} broke off {when}: {_words(error)}", is_passing=True) from error

    def _expect(self, answer: tuple[int, bytes], what: str, good: int = 2) -> None:
        """Go on if the first digit of the server's answer is the good one.

        Raises:
            MailError: if not.
        """
        code, words = answer
        if code // 100 == good:
            return
        if code in {-1, 421}:
            raise MailError(f"{self.server} hung up: {_reply(code, words)}", is_passing=True)
        is_of_recipient = what in {"recipient", "mail"}
        reason = f"{self.server} refused the {what}: {_reply(code, words)}"
        raise MailError(reason, is_passing=_is_passing(code), is_of_recipient=is_of_recipient)

    def _close(self, *, politely: bool = False) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(OSError):
                if politely:
                    smtp.quit()
            smtp.close()


def _addresses(message: EmailMessage, header: str) -> list[str]:
    return [address for _, address in getaddresses([str(message[header])])]


def _wait_up_to(smtp: SMTP, seconds: float) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)


def _is_passing(code: int) -> bool:
    return 400 <= code < 500


def _reply(code: int, words: bytes | str) -> str:
    """A server's answer in one line."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return normalise(f"{code if code > 0 else ''} {text}")[:_LONGEST_REPLY]


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    return normalise(getattr(error, "strerror", None) or str(error) or type(error).__name__)[:_LONGEST_REPLY]


_LONGEST_REPLY = 200
