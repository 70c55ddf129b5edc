"""``assay collect --backfill``: the days of many months, of which only what is missing is read."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.cluster import Cluster
    from assay.digest.collect import Finish, LiveSource
    from assay.store import Store

_MONTHS = re.compile(r"(\d{4})-(0[1-9]|1[0-2])\.\.(\d{4})-(0[1-9]|1[0-2])")


def months_of(text: str, today: date) -> list[date]:
    """All days of a span of months, ``2024-01..2025-06``, up to today.

    Raises:
        ValueError: It is no such span, or it has not begun.
    """
    from assay.digest.collect import days_between

    match = _MONTHS.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"--backfill is {text!r}: write months, such as 2024-01..2025-06")
    first, last = date(int(match[1]), int(match[2]), 1), date(int(match[3]), int(match[4]), 28)
    while not is_last_of_month(last):
        last += timedelta(days=1)
    if first > today:
        raise ValueError(f"--backfill begins in {first:%Y-%m}, which is yet to come")
    return list(days_between(first, min(last, today)))


def is_last_of_month(day: date) -> bool:
    """Whether the next day is in another month."""
    return (day + timedelta(days=1)).day == 1


@dataclass(frozen=True)
class Backfill:
    """How the days of many months are read: what was read to its end is left out, claims are extracted at the end."""

    cluster: "Cluster | None" = None
    """Where claims are extracted; here, if there is none."""

    def wants(self, store: "Store", source: "LiveSource", day: date) -> bool:
        """Whether a source has not been read to the end for a day yet."""
        from assay.digest.collect import is_complete

        return not is_complete(store, source.name, day)

    def extract(self, store: "Store", progress: "Callable[[int, int], None]") -> None:
        """Extract the claims of all that arrived; ``progress`` is called with how many papers are done, of how many."""
        from assay.digest.extracting import extract_here, extract_on
        from assay.digest.ledger import bring_up_to_date

        bring_up_to_date(store, progress, extract_on(self.cluster) if self.cluster else extract_here)


class _Finish(TypedDict, total=False):
    finish: "Finish"


def finish_of(backfill: Backfill | None) -> _Finish:
    """What is done after each listing of a day: in a backfill nothing, since `Backfill.extract` does it for many."""
    return {"finish": lambda _: None} if backfill else {}
