"""What came of something that was to be sent, whichever way, and how patiently it is tried again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from assay.sources.politeness import Backoff, allow_retry, retry

T = TypeVar("T")


class Outcome(StrEnum):
    """What came of something that was to be sent."""

    SENT = "sent"
    SENT_BEFORE = "sent before"
    REFUSED = "refused"
    """It did not arrive, and the same would be refused again."""
    FAILED = "failed"
    """It did not arrive, and may do so another time."""
    UNSURE = "unsure"
    """It may have arrived or not, or another process is sending it at this moment."""


class NotTakenError(Exception):
    """What was sent did not arrive. The message is one line without secrets.

    Attributes:
        is_passing: whether the same may go well a little later.
    """

    def __init__(self, why: str, *, is_passing: bool = False) -> None:
        super().__init__(why)
        self.is_passing = is_passing


class UnsureError(Exception):
    """What was sent may have arrived or not, and nobody can know."""


@dataclass(frozen=True)
class Patience:
    """How long somebody who is busy or away is tried again."""

    seconds: float
    """In all."""
    backoff: Backoff
    report: Callable[[str], None]
    """Called with one line whenever something is tried again."""

    def retry(self, send: Callable[[], T]) -> T:
        """Send, and send again as long as it was not taken for a passing reason, and patience lasts."""
        began = time.monotonic()

        def decide(error: Exception) -> bool | float:
            if not isinstance(error, NotTakenError) or not error.is_passing:
                return False
            return allow_retry(error, self.report, since=began, patience=self.seconds)

        return retry(send, self.backoff, decide)
