"""Manners towards a server: how long to wait, when to ask again, how fast to ask.

Sources of papers and model endpoints share these rules. `stamina` sends requests again, with a back-off that doubles.
"""

import math
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from logging import NullHandler, getLogger
from pathlib import Path
from typing import Any, TypeVar

import stamina
from filelock import FileLock

from assay.papers.files import write_whole

T = TypeVar("T")

LONGEST_WAIT = timedelta(days=366).total_seconds()
"""The longest wait that a server can ask for; a longer one is read as this."""


@dataclass(frozen=True)
class Backoff:
    """Seconds to wait before a request is sent again, where the server does not say how long."""

    first: float = 1
    """Before the first retry; it doubles with each."""
    longest: float = 60
    """The wait doubles up to this."""
    jitter: float = 1
    """Up to this much is added at random, so that many clients do not come back at once."""

    def wait(self, retries: int) -> float:
        """Seconds to wait after so many retries, without jitter."""
        return min(self.first * 2.0 ** min(retries, 99), self.longest)  # a larger power overflows


def retry(send: Callable[[], T], backoff: Backoff, decide: Callable[[Exception], bool | float]) -> T:
    """Send a request, and send it again as long as ``decide`` allows.

    Args:
        send: sends the request once.
        backoff: how long to wait where ``decide`` does not say.
        decide: says after each failure whether to send again: yes, no, or in so many seconds. See `allow_retry`.

    Returns:
        What ``send`` returns.
    """
    _mute_stamina()
    return stamina.RetryingCaller(**_settings(backoff))(decide, send)


async def retry_async(
    send: Callable[[], Awaitable[T]], backoff: Backoff, decide: Callable[[Exception], bool | float]
) -> T:
    """Do the same as `retry` for a coroutine function."""
    _mute_stamina()
    return await stamina.AsyncRetryingCaller(**_settings(backoff))(decide, send)


def allow_retry(
    error: Exception,
    report: Callable[[str], None],
    *,
    wait: float | None = None,
    since: float = 0.0,
    patience: float = math.inf,
) -> bool | float:
    """Decide whether to send a request again, and report it if so.

    Args:
        error: why the request failed; the report quotes it.
        report: is called with one line if the request is sent again.
        wait: seconds until then; ``None`` or 0 leaves it to the back-off.
        since: when patience began, by `time.monotonic`.
        patience: seconds from then on in which the request may still be sent.

    Returns:
        ``False`` for no, ``True`` for yes after the back-off, or the seconds to wait.
    """
    if time.monotonic() + (wait or 0) - since >= patience:
        return False
    report(f"{error}; asking again")
    return wait or True


def requested_wait(headers: Mapping[str, str]) -> float | None:
    """Read from an answer's headers how many seconds the server asks us to wait; ``None`` if it does not say.

    ``Retry-After`` counts first, as a number or a date, then the limits that are used up: ``RateLimit: "api";r=0;t=17``
    and ``x-ratelimit-reset``.
    """
    if (milliseconds := _read_seconds(headers.get("retry-after-ms", ""))) is not None:
        return milliseconds / 1000
    if retry_after := headers.get("retry-after", "").strip():
        return _read_longest(retry_after)
    waits = [
        min(float(reset[1]), LONGEST_WAIT)
        for limit in headers.get("ratelimit", "").split(",")
        if re.search(r";\s*r=0(?![0-9])", limit) and (reset := re.search(r";\s*t=([0-9]{1,9})", limit))
    ]
    for limit in ("", "-requests", "-tokens"):
        if headers.get(f"x-ratelimit-remaining{limit}", "").strip() == "0":
            reset_after = _read_seconds(headers.get(f"x-ratelimit-reset{limit}", ""))
            waits += [] if reset_after is None else [reset_after]
    return max(waits, default=None)


class Rate:
    """At most so many of something in a minute, spread evenly: each starts when the ones before have had their time.

    Args:
        per_minute: ``None`` for no limit.
    """

    def __init__(self, per_minute: float | None) -> None:
        self._seconds_each = 60 / per_minute if per_minute else 0.0
        self._free_at = 0.0

    def book(self, amount: float = 1) -> float:
        """Book the next free time for ``amount``; returns the seconds until then."""
        now = time.monotonic()
        start = max(now, self._free_at)
        self._free_at = start + amount * self._seconds_each
        return start - now

    def give_back(self, amount: float) -> None:
        """Correct a booking that was larger (or, with a negative amount, smaller) than needed, for those to come."""
        self._free_at -= amount * self._seconds_each


@contextmanager
def hold_turn(name: str, folder: Path, *, interval: float, timeout: float) -> Iterator[None]:
    """Hold a host for this process alone, and not before ``interval`` seconds after its last turn ended.

    All processes of a machine that use the same folder keep this pace together.

    Args:
        name: of the host, as part of a file name.
        folder: where the lock and the time of the last turn are kept.
        interval: least seconds between two turns.
        timeout: most seconds to wait for another process that holds the host.

    Raises:
        filelock.Timeout: if another process held the host for longer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    last = folder / f"{name}.last"
    with FileLock(folder / f"{name}.lock", timeout=timeout):
        time.sleep(_remaining(last, interval))
        try:
            yield
        finally:
            last.write_text(str(time.time()), encoding="ascii")


def remember_wait(name: str, folder: Path, seconds: float) -> None:
    """Keep for all processes of this machine that a host wants to be left alone for so many seconds, a day at most."""
    folder.mkdir(parents=True, exist_ok=True)
    until = time.time() + min(seconds, _LONGEST_MEMORY)
    write_whole(folder / f"{name}.until", str(until))


def remembered_wait(name: str, folder: Path) -> float:
    """Seconds for which a host still wants to be left alone, as `remember_wait` was told; 0 for none."""
    try:
        wait = float((folder / f"{name}.until").read_text(encoding="ascii")) - time.time()
    except (FileNotFoundError, ValueError):
        return 0
    return wait if 0 < wait <= _LONGEST_MEMORY else 0  # a longer one comes from a clock that was set back


_LONGEST_MEMORY = timedelta(days=1).total_seconds()


def _remaining(last: Path, interval: float) -> float:
    """Seconds until the interval is over since the last turn; a clock that was set back costs one at most."""
    try:
        since = time.time() - float(last.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return 0
    return min(max(interval - since, 0), interval)


_DURATION = re.compile(r"(?:([0-9.]+)h)?(?:([0-9.]+)m(?!s))?(?:([0-9.]+)s)?(?:([0-9.]+)ms)?")
_ISO_DAY = re.compile(r"[0-9]{4}-")


def _read_longest(text: str) -> float | None:
    """A wait, or the longest of several: a header that was sent twice arrives as one, as ``60, 3600``."""
    wait = _read_seconds(text)
    if wait is not None or "," not in text:
        return wait
    return max((each for each in map(_read_seconds, text.split(",")) if each is not None), default=None)


def _read_seconds(text: str) -> float | None:
    """``17``, ``6m0s``, ``120ms``, a moment as a number of (milli)seconds since 1970, a date of HTTP or of ISO 8601."""
    text = text.strip()
    try:
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
            number = float(text)
            number = number / 1000 if number > 1e11 else number
            wait = number - time.time() if number > 1e9 else number
        elif text and (match := _DURATION.fullmatch(text)):
            wait = sum(float(part or 0) * each for part, each in zip(match.groups(), (3600, 60, 1, 0.001), strict=True))
        else:
            moment = datetime.fromisoformat(text) if _ISO_DAY.match(text) else parsedate_to_datetime(text)
            wait = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except ValueError:
        return None
    return min(max(wait, 0), LONGEST_WAIT)


def _settings(backoff: Backoff) -> dict[str, Any]:
    """A back-off as `stamina` takes it; when to give up is for ``decide`` alone to say."""
    return {
        "attempts": None,
        "timeout": None,
        "wait_initial": backoff.first,
        "wait_max": backoff.longest,
        "wait_jitter": backoff.jitter,
    }


def _mute_stamina() -> None:
    """Keep the log line that stamina writes for each retry off a reader's terminal, who reads ours instead.

    The line still reaches whoever has set up logging.
    """
    logger = getLogger("stamina")
    if not logger.handlers:
        logger.addHandler(NullHandler())
