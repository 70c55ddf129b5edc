"""Fetches web pages for every source: it waits when a server asks, says why it gives up, and refuses error pages.

The pace of requests to a host is shared by all processes of the machine, through a lock and times kept in a folder:
when it was last asked, and until when it wants to be left alone.
"""

import html
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2
from filelock import Timeout

from assay import __version__
from assay.papers.models import Snapshot
from assay.papers.text import normalise
from assay.sources.politeness import (
    Backoff,
    allow_retry,
    hold_turn,
    remember_wait,
    remembered_wait,
    requested_wait,
    retry,
)


class SourceError(ValueError):
    """A source gave no answer that can be used. The message is one line: source, address, what happened."""


class SourceUnreachable(SourceError):  # noqa: N818 - it says what is the matter
    """The network or the source's server failed on every attempt."""


class SourceBusy(SourceError):  # noqa: N818 - it says what is the matter
    """The source asks us to wait longer than we are willing to."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait
        """Seconds that it asked us to wait; ``None`` if it did not say."""


_ARXIV_HOSTS = ("export.arxiv.org", "arxiv.org", "rss.arxiv.org")


@dataclass(frozen=True)
class Pace:
    """How long to wait for what. All times are in seconds.

    Raises:
        ValueError: if a value makes no sense.
    """

    connect: float = 10
    """To open a connection."""
    read: float = 30
    """Between two pieces of an answer."""
    total: float = 120
    """For one answer from first to last byte."""
    attempts: int = 4
    """Requests in all when the network or the server fails."""
    retry_wait: float = 1
    """Before the first retry; it doubles with each."""
    longest_wait: float = 60
    """The wait doubles up to this."""
    jitter: float = 1
    """Up to this much is added at random, so that many clients do not come back at once."""
    patience: float = 300
    """For one request, to wait in all for a busy source."""
    intervals: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(_ARXIV_HOSTS, 3.0))
    """Least time between two requests to a host (``host`` or ``host:port``), over all processes. arXiv's terms ask
    for three seconds and one connection, over all of its hosts together."""

    def __post_init__(self) -> None:
        waits = [self.retry_wait, self.longest_wait, self.jitter, self.patience, *self.intervals.values()]
        if self.attempts < 1 or min(self.connect, self.read, self.total) <= 0 or min(waits) < 0:
            raise ValueError(f"a pace has one attempt or more, timeouts above zero and no wait below it: {self}")


class Client:
    """Fetches with retries, time limits, size limits and conditional requests. Use it as a context manager.

    Args:
        pace: how long to wait for what.
        contact: an address or URL for the User-Agent, so that a source can reach who runs this.
        locks: folder in which processes of this machine agree on the pace of their requests.
        cached: gives the last snapshot of a URL, if there is one, so that an unchanged answer is not sent again.
        report: called with one line whenever a request fails and is sent again.

    Raises:
        ValueError: if ``contact`` cannot stand in a header.
    """

    def __init__(
        self,
        *,
        locks: Path,
        pace: Pace | None = None,
        contact: str = "",
        cached: Callable[[str], Snapshot | None] = lambda _: None,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        if not (contact.isascii() and contact.isprintable()):
            raise ValueError(f"the contact goes into a header, so it must be one line of ASCII: {contact!r}")
        self._pace = pace or Pace()
        self._locks = locks
        self._cached = cached
        self._report = report
        self._http = httpx2.Client(
            headers={"User-Agent": f"assay/{__version__}" + (f" (+{contact})" if contact else "")},
            timeout=httpx2.Timeout(self._pace.read, connect=self._pace.connect),
            follow_redirects=True,
            max_redirects=5,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(
        self,
        url: str,
        *,
        source: str,
        day: date | None = None,
        params: Mapping[str, str | int] | None = None,
        accept: tuple[str, ...] = ("application/json",),
        max_bytes: int = 32 * 2**20,
        headers: Mapping[str, str] | None = None,
    ) -> Snapshot:
        """Fetch one answer, whole and of the type that was asked for.

        Network errors and statuses from 500 are tried again. 406, 429 and 503 mean wait: as long as ``Retry-After`` or
        ``RateLimit`` say, as long as `Pace.patience` lasts. An answer that has not changed since the cached one is
        that one, fetched now.

        Args:
            url: where; ``params`` are added to it and are part of the snapshot's URL, so no secret belongs there.
            source: name of the source, for the snapshot and for messages.
            day: the listing day asked for, if it is one.
            params: query parameters.
            accept: media types that count as an answer.
            max_bytes: the longest body that is read, unpacked.
            headers: sent as well. ``Authorization`` does not follow a redirect to another host.

        Raises:
            SourceBusy: if the source asks for more patience than there is.
            SourceUnreachable: if network or server failed on every attempt.
            SourceError: for any other status, a body of another type, or one that is too long.
        """
        question = self._question(url, source, day, params, accept, max_bytes, headers)
        backoff = Backoff(self._pace.retry_wait, self._pace.longest_wait, self._pace.jitter)
        return retry(lambda: self._ask_in_turn(question), backoff, self._patience())

    def _question(
        self,
        url: str,
        source: str,
        day: date | None,
        params: Mapping[str, str | int] | None,
        accept: tuple[str, ...],
        max_bytes: int,
        headers: Mapping[str, str] | None,
    ) -> "_Question":
        try:
            target = httpx2.URL(url, params=params) if params else httpx2.URL(url)
        except httpx2.InvalidURL as error:
            raise SourceError(f"{source}: not a web address: {url!r}: {error}") from error
        if target.scheme not in {"http", "https"} or not target.host:
            raise SourceError(f"{source}: not a web address: {url!r} (it starts with https:// or http://)")
        previous = self._cached(str(target))
        request_headers = {"Accept": ", ".join(accept), **(headers or {})}
        if previous is not None:
            for name, condition in (("etag", "If-None-Match"), ("last-modified", "If-Modified-Since")):
                if name in previous.headers:
                    request_headers[condition] = previous.headers[name]
        return _Question(target, source, day, accept, max_bytes, request_headers, previous)

    def _patience(self) -> Callable[[Exception], bool | float]:
        """Decide for one request, after each failure, whether to send it again: yes, no, or in so many seconds."""
        began = time.monotonic()
        failures = 0

        def decide(error: Exception) -> bool | float:
            nonlocal failures
            match error:
                case SourceBusy(wait=wait):
                    return allow_retry(error, self._report, wait=wait, since=began, patience=self._pace.patience)
                case SourceUnreachable():
                    failures += 1
                    return failures < self._pace.attempts and allow_retry(error, self._report)
            return False

        return decide

    def _ask_in_turn(self, question: "_Question") -> Snapshot:
        """Ask when it is our turn at that host, if it has an interval, and not before the time it has asked for."""
        wait = remembered_wait(question.manners, self._locks)
        if wait:
            raise SourceBusy(f"{question}: still busy, as it said before; {_when(wait)}", wait)
        interval = self._pace.intervals.get(question.host, 0)
        if not interval:
            return self._ask(question)
        try:
            with hold_turn(question.manners, self._locks, interval=interval, timeout=self._pace.patience):
                return self._ask(question)
        except Timeout as error:
            message = f"{question.source}: {question.host} is in use by another process of this machine"
            raise SourceBusy(message) from error

    def _ask(self, question: "_Question") -> Snapshot:
        """One request, one answer."""
        deadline = time.monotonic() + self._pace.total
        try:
            with self._http.stream("GET", question.url, headers=question.headers) as response:
                if response.status_code in _BUSY:
                    raise self._busy_error(question, response)
                body = self._body(question, response, deadline)
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise SourceUnreachable(f"{question}: {_reason(error)}") from error
        except httpx2.TooManyRedirects as error:
            raise SourceError(f"{question}: it redirects without end") from error
        now = datetime.now(UTC)
        if response.status_code == 304 and question.previous is not None:
            return question.previous.model_copy(update={"fetched_at": now})
        _check(question, response, body)
        return Snapshot(
            source=question.source,
            url=str(question.url),
            day=question.day,
            status=response.status_code,
            headers={name: value for name, value in response.headers.items() if name != "set-cookie"},
            fetched_at=now,
            body=body,
        )

    def _busy_error(self, question: "_Question", response: httpx2.Response) -> SourceBusy:
        wait = requested_wait(response.headers)
        if wait:
            remember_wait(question.manners, self._locks, wait)
        when = "it does not say for how long" if wait is None else _when(wait)
        return SourceBusy(f"{question}: busy ({_status(response)}); {when}", wait)

    def _body(self, question: "_Question", response: httpx2.Response, deadline: float) -> bytes:
        pieces: list[bytes] = []
        size = 0
        for piece in response.iter_bytes():
            pieces.append(piece)
            size += len(piece)
            if size > question.max_bytes:
                raise SourceError(f"{question}: the answer is longer than {question.max_bytes} bytes")
            if time.monotonic() > deadline:
                raise SourceUnreachable(f"{question}: the answer took longer than {self._pace.total:g} s")
        return b"".join(pieces)


@dataclass(frozen=True)
class _Question:
    """A request to a source; as text it is source, host and path, for messages."""

    url: httpx2.URL
    source: str
    day: date | None
    accept: tuple[str, ...]
    max_bytes: int
    headers: Mapping[str, str]
    previous: Snapshot | None
    """The last answer, if we have one."""

    @property
    def host(self) -> str:
        return self.url.netloc.decode("ascii")

    @property
    def manners(self) -> str:
        """What keeps one pace together, as part of a file name: the host, or all of arXiv's."""
        return "arxiv.org" if self.host.endswith(".arxiv.org") else self.host.replace(":", "_")

    def __str__(self) -> str:
        return f"{self.source}: {self.host}{self.url.path}"


_BUSY = {406, 429, 503}


def _when(wait: float) -> str:
    moment = datetime.now(UTC) + timedelta(seconds=wait)
    return f"come back in {math.ceil(wait)} s, at {moment:%Y-%m-%d %H:%M:%S} UTC"


def _check(question: _Question, response: httpx2.Response, body: bytes) -> None:
    """Refuse what is not an answer to the question."""
    if response.status_code != 200:
        words = _page_words(body)
        kind = SourceUnreachable if response.status_code >= 500 else SourceError
        raise kind(f"{question}: {_status(response)}" + (f": {words}" if words else ""))
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in question.accept:
        actual = media_type or "something of no stated type"
        raise SourceError(f"{question}: {actual} came where {question.accept[0]} was expected: {_page_words(body)}")


def _status(response: httpx2.Response) -> str:
    return f"{response.status_code} {response.reason_phrase}".strip()


def _page_words(body: bytes) -> str:
    """What a page says to a reader, on one short line and without its tags."""
    text = re.sub(r"(?is)<(script|style)\b.*?</\1>|<[^>]*>", " ", body[:20_000].decode("utf-8", "replace"))
    text = normalise(html.unescape(text))
    return text if len(text) <= 160 else text[:157] + "..."


def _reason(error: Exception) -> str:
    match error:
        case httpx2.ConnectTimeout():
            return "no connection in time"
        case httpx2.TimeoutException():
            return "no answer in time"
        case httpx2.RemoteProtocolError():
            return f"the answer broke off ({error})"
    return normalise(str(error)) or type(error).__name__
