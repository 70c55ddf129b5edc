"""Collects a day from its live sources, page by page, so that no page is lost when the next one fails."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from assay.digest.ledger import bring_up_to_date
from assay.papers.models import Attempt, Outcome, Paper, Snapshot
from assay.papers.text import counted
from assay.sources import arxiv, arxiv_news
from assay.sources.client import Client, SourceBusy
from assay.sources.reading import Reading
from assay.store import Store


@dataclass(frozen=True)
class LiveSource:
    """A source of listings: ``pages`` fetches the pages of a day, ``read`` parses one of them.

    ``read`` takes a page, the day, and the place in the listing of the page's first paper. ``silence`` says in words
    why the source lists nothing on a day, and an empty text where it may: it is then not asked.
    """

    name: str
    pages: Callable[[date], Iterator[Snapshot]]
    read: Callable[[Snapshot, date, int], Reading]
    silence: Callable[[date], str] = lambda _: ""


class SourceClosed(Exception):  # noqa: N818 - it says what is the matter
    """A source asks to be left alone for longer than we wait, so that no more of its days are asked for.

    ``attempt`` is what became of the day that met it.
    """

    def __init__(self, attempt: Attempt) -> None:
        super().__init__(attempt.message)
        self.attempt = attempt


Finish = Callable[[Store], object]
"""What is done with a store once papers arrived in it."""


def collect(store: Store, source: LiveSource, day: date, *, finish: Finish = bring_up_to_date) -> Attempt:
    """Read one source for one day and store the papers that it lists. Returns the attempt, which is stored as well.

    A page is stored, raw bytes and papers together, only once it has been parsed: an error page never becomes
    data. When a page fails, or the reader presses Ctrl-C, the pages before it stay, the attempt says what happened,
    and the next call completes the day.

    Args:
        store: where everything goes.
        source: what is read.
        day: the listing day.
        finish: done at the end; the claims of what arrived are extracted unless it is told otherwise.

    Raises:
        SourceClosed: if the source asks to be left alone. All that arrived before is stored then, too.
    """
    run = _Run(store, source, day, datetime.now(UTC))
    if silence := source.silence(day):
        return run.finish_silent(silence)
    try:
        for page in source.pages(day):
            run.take(page)
    except SourceBusy as error:
        attempt = run.finish_busy(_words(error, source))
        finish(store)
        raise SourceClosed(attempt) from error
    except ValueError as error:
        attempt = run.finish(_words(error, source))
    except KeyboardInterrupt:
        run.finish("interrupted")
        raise
    else:
        attempt = run.finish()
    finish(store)
    return attempt


def _words(error: ValueError, source: LiveSource) -> str:
    return str(error).removeprefix(f"{source.name}: ")


def is_complete(store: Store, source: str, day: date) -> bool:
    """Whether the last attempt that read a source for a day read it to its end."""
    outcomes = [each.outcome for each in store.attempts(day) if each.source == source]
    last = next((outcome for outcome in reversed(outcomes) if outcome is not Outcome.BUSY), None)
    return last in {Outcome.OK, Outcome.EMPTY}


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
        attempt = run.finish(_words(error, source))
    else:
        attempt = run.finish()
    bring_up_to_date(store)
    return attempt


def enrich(store: Store, client: Client, day: date, *, base_url: str, finish: Finish = bring_up_to_date) -> str:
    """Ask arXiv's API for versions, categories and dates of papers that it has not described yet.

    Those are papers of the day, and known papers that the day's news feed says were replaced: it does not say whether
    that is a new version or a withdrawal.

    Returns what went wrong, in words, or an empty text: a failure of arXiv must never hold up a day.
    """
    papers = store.papers({sighting.paper for sighting in store.sightings(day)})
    # Only the API says when a version appeared.
    incomplete = {key for key, paper in papers.items() if paper.updated is None}
    news = (arxiv_news.read_news(page.body, day=day) for page in store.snapshots(arxiv_news.SOURCE, day))
    replaced = {paper.id for reading in news for paper in reading.papers} - papers.keys()
    incomplete |= store.papers(replaced).keys()
    problem = ""
    try:
        for page in arxiv.by_ids(client, sorted(incomplete), base_url=base_url):
            store.add(source="arxiv", snapshot=page, papers=arxiv.read_feed(page.body).papers)
    except ValueError as error:
        problem = f"from {day} on, arXiv was not asked for everything: {error}"
    finish(store)
    return problem


class _Run:
    """An attempt in progress: it stores each page and counts what the pages hold."""

    def __init__(self, store: Store, source: LiveSource, day: date, at: datetime | None = None) -> None:
        self.store = store
        self.source = source
        self.day = day
        self.papers = 0
        self.at = at
        self.kinds: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()
        self.vanished: Counter[str] = Counter()
        self.refusals: list[str] = []

    def take(self, page: Snapshot) -> None:
        reading = self.source.read(page, self.day, self.papers + len(self.refusals) + 1)
        if reading.refused and not reading.papers:
            raise ValueError(f"no entry of the page can be read; {reading.refused[0].why}")
        self.store.add(
            source=self.source.name,
            snapshot=page,
            papers=self._papers_to_keep(reading),
            sightings=reading.sightings,
            summaries=reading.summaries,
        )
        self.at = page.fetched_at or reading.seen_at or self.at
        self.papers += len(reading.sightings)
        self.refusals += [refusal.why for refusal in reading.refused]
        self.kinds.update(reading.kinds)
        self.unknown.update(reading.unknown_fields)
        self.vanished.update(reading.vanished_fields)

    def _papers_to_keep(self, reading: Reading) -> list[Paper]:
        """The papers that the page lists. Of those that it only says were replaced, the ones that we know."""
        listed = {sighting.paper for sighting in reading.sightings}
        known = self.store.papers(paper.id for paper in reading.papers if paper.id not in listed)
        return [paper for paper in reading.papers if paper.id in listed or paper.id in known]

    def finish(self, message: str = "") -> Attempt:
        if message:
            return self._store(Outcome.PARTIAL if self.papers else Outcome.FAILED, message)
        if self.refusals:
            message = f"not read: {counted(len(self.refusals), 'entry')}: {self.refusals[0]}"
            return self._store(Outcome.PARTIAL, message)
        return self._store(Outcome.OK if self.papers else Outcome.EMPTY)

    def finish_silent(self, reason: str) -> Attempt:
        """The source was not asked, since it lists nothing on such a day."""
        self.at = None
        return self._store(Outcome.EMPTY, reason)

    def finish_busy(self, message: str) -> Attempt:
        """The source sent us away: a day that was read completely before is none the worse for it."""
        return (
            self._store(Outcome.BUSY, message)
            if is_complete(self.store, self.source.name, self.day)
            else self.finish(message)
        )

    def _store(self, outcome: Outcome, message: str = "") -> Attempt:
        attempt = Attempt(
            source=self.source.name,
            day=self.day,
            at=self.at,
            outcome=outcome,
            message=message,
            papers=self.papers,
            kinds=dict(self.kinds),
            unknown_fields=dict(self.unknown),
            vanished_fields=dict(self.vanished),
        )
        self.store.add(source=self.source.name, attempt=attempt)
        return attempt


def check_span(first: date, last: date) -> None:
    """Make sure that a span of days has its ends in order.

    Raises:
        ValueError: if ``last`` is before ``first``.
    """
    if last < first:
        raise ValueError(f"the first day is after the last: {first} to {last}")


def days_between(first: date, last: date) -> Sequence[date]:
    """Every day from ``first`` to ``last``, both included.

    Raises:
        ValueError: if ``last`` is before ``first``.
    """
    check_span(first, last)
    return [date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)]
