"""Collects a day from its live sources, page by page, so that no page is lost when the next one fails."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from assay.digest.ledger import bring_up_to_date
from assay.papers.models import Attempt, Outcome, Snapshot
from assay.sources import arxiv
from assay.sources.client import Client
from assay.sources.reading import Reading
from assay.store import Store


@dataclass(frozen=True)
class LiveSource:
    """A source of listings: ``pages`` fetches the pages of a day, ``read`` parses one of them.

    ``read`` takes a page, the day, and the place in the listing of the page's first paper.
    """

    name: str
    pages: Callable[[date], Iterator[Snapshot]]
    read: Callable[[Snapshot, date, int], Reading]


def collect(store: Store, source: LiveSource, day: date) -> Attempt:
    """Read one source for one day and store the papers that it lists. Returns the attempt, which is stored as well.

    A page is stored, raw bytes and papers together, only once it has been parsed: an error page never becomes
    data. When a page fails, or the reader presses Ctrl-C, the pages before it stay, the attempt says what happened,
    and the next call completes the day. The claims of what arrived are extracted at the end.
    """
    run = _Run(store, source, day, datetime.now(UTC))
    try:
        for page in source.pages(day):
            run.take(page)
    except ValueError as error:
        attempt = run.finish(str(error).removeprefix(f"{source.name}: "))
    except KeyboardInterrupt:
        run.finish("interrupted")
        raise
    else:
        attempt = run.finish()
    bring_up_to_date(store)
    return attempt


def replay(store: Store, source: LiveSource, day: date) -> Attempt:
    """Read a day again from its stored raw pages, with no network.

    Whatever the code reads differently today, such as a new field, is stored as well.

    Raises:
        ValueError: if no page of that day is stored.
    """
    pages = store.snapshots(source.name, day)
    if not pages:
        raise ValueError(f"nothing to replay: no raw page of {source.name} is stored for {day}")
    run = _Run(store, source, day)
    try:
        for page in pages:
            run.take(page)
    except ValueError as error:
        attempt = run.finish(str(error).removeprefix(f"{source.name}: "))
    else:
        attempt = run.finish()
    bring_up_to_date(store)
    return attempt


def enrich(store: Store, client: Client, day: date, *, base_url: str) -> str:
    """Ask arXiv for versions, categories and dates of a day's papers that lack them.

    Returns what went wrong, in words, or an empty text: a failure of arXiv must never hold up a day.
    """
    papers = store.papers({sighting.paper for sighting in store.sightings(day)})
    incomplete = sorted(key for key, paper in papers.items() if paper.version is None)
    problem = ""
    try:
        for page in arxiv.by_ids(client, incomplete, base_url=base_url):
            store.add(source="arxiv", snapshot=page, papers=arxiv.read_feed(page.body).papers)
    except ValueError as error:
        problem = f"arXiv was not asked for everything: {error}"
    bring_up_to_date(store)
    return problem


class _Run:
    """An attempt in progress: it stores each page and counts what the pages hold."""

    def __init__(self, store: Store, source: LiveSource, day: date, at: datetime | None = None) -> None:
        self.store = store
        self.source = source
        self.day = day
        self.papers = 0
        self.at = at
        self.unknown: dict[str, int] = {}
        self.vanished: dict[str, int] = {}
        self.refusals: list[str] = []

    def take(self, page: Snapshot) -> None:
        reading = self.source.read(page, self.day, self.papers + len(self.refusals) + 1)
        if reading.refused and not reading.sightings:
            raise ValueError(f"no entry of the page can be read; {reading.refused[0].why}")
        self.store.add(
            source=self.source.name,
            snapshot=page,
            papers=reading.papers,
            sightings=reading.sightings,
            summaries=reading.summaries,
        )
        self.at = page.fetched_at or reading.seen_at or self.at
        self.papers += len(reading.sightings)
        self.refusals += [refusal.why for refusal in reading.refused]
        for total, counts in ((self.unknown, reading.unknown_fields), (self.vanished, reading.vanished_fields)):
            for field, count in counts.items():
                total[field] = total.get(field, 0) + count

    def finish(self, message: str = "") -> Attempt:
        if message:
            outcome = Outcome.PARTIAL if self.papers else Outcome.FAILED
        elif self.refusals:
            outcome = Outcome.PARTIAL
            message = f"{len(self.refusals)} entries could not be read: {self.refusals[0]}"
        else:
            outcome = Outcome.OK if self.papers else Outcome.EMPTY
        attempt = Attempt(
            source=self.source.name,
            day=self.day,
            at=self.at,
            outcome=outcome,
            message=message,
            papers=self.papers,
            unknown_fields=self.unknown,
            vanished_fields=self.vanished,
        )
        self.store.add(source=self.source.name, attempt=attempt)
        return attempt


def days_between(first: date, last: date) -> Sequence[date]:
    """Every day from ``first`` to ``last``, both included.

    Raises:
        ValueError: if ``last`` is before ``first``.
    """
    if last < first:
        raise ValueError(f"the first day is after the last: {first} to {last}")
    return [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]
