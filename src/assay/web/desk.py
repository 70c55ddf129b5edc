"""Desk: all that the app and agents ask of this machine. It knows the archive, the readers' shelves and the results."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from assay.claims.errata import Errata
from assay.digest.day import read_day, read_dossier
from assay.digest.ledger import read_errata
from assay.digest.period import list_day
from assay.papers.measurement import Measurement
from assay.papers.models import Day, Dossier, Paper
from assay.reader.interests import Interests
from assay.reader.nearness import Nearness
from assay.reader.ordering import order_day, papers_before
from assay.reader.ranking import Ranked
from assay.reader.shelf import Shelf, open_shelf
from assay.sources.client import Client
from assay.store import ClaimQuery, LedgerLine, Store
from assay.store.database import beside
from assay.web.kept import Kept
from assay.web.runs import Runs
from assay.writing.terms import read_glossary


@dataclass
class Desk:
    """One archive with its readers. Any number of threads may ask it at the same time."""

    store: Store
    home: Path
    """Where the readers' own things, runs and caches are."""
    database: str = ""
    """Where the archive is, for processes of its own."""
    measured: Callable[[], Sequence[Measurement]] = tuple
    """Reads what trials found, here and elsewhere."""
    languages: Sequence[str] = ("en", "ko")
    """Of the pages; the first is at the root."""
    glossary: Path | None = None
    """A folder with the reader's own glossaries."""
    near: Nearness | None = None
    """Finds papers for phrases whose words none has, where the reader chose a model for that."""
    connect: Callable[[], Client] | None = None
    """Makes what asks arXiv, at its pace; ``None`` where nobody is to be asked."""
    arxiv_url: str = "https://export.arxiv.org"
    is_closing: bool = False
    """Whether the server is about to end: nobody is kept waiting for news any more."""
    asked: Counter[str] = field(default_factory=Counter)
    """How many searches and checks were asked for."""
    html: Kept[str] = field(default_factory=lambda: Kept(2_000))
    """Pages that are the same for every reader."""
    own_html: Kept[str] = field(default_factory=lambda: Kept(500))
    """Pages that are one reader's own."""
    examples: Kept[list[tuple[str, list[Any]]]] = field(default_factory=lambda: Kept(4, oldest=math.inf))
    """What may be asked of the ledger, by language."""
    pictures: Kept[str] = field(default_factory=lambda: Kept(200))
    """Curves of measurements, as SVG."""
    _ledgers: Kept[list[LedgerLine]] = field(default_factory=lambda: Kept(20))
    _errata: Kept[Errata] = field(default_factory=lambda: Kept(1))
    _days: Kept[Day] = field(default_factory=lambda: Kept(100))
    _lists: Kept[Day] = field(default_factory=lambda: Kept(2_000))
    _dossiers: Kept[Dossier | None] = field(default_factory=lambda: Kept(500))
    _counts: Kept[list[tuple[date, int]]] = field(default_factory=lambda: Kept(1))
    _interests: Kept[Interests] = field(default_factory=lambda: Kept(100))
    _orders: Kept[list[Ranked]] = field(default_factory=lambda: Kept(500, oldest=math.inf))
    _backgrounds: Kept[list[Paper]] = field(default_factory=lambda: Kept(4))
    _measurements: Kept[Mapping[str, list[Measurement]]] = field(default_factory=lambda: Kept(1))
    _shelves: dict[str, Shelf] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def count(self, what: str) -> None:
        """Count that something was asked for."""
        with self._lock:
            self.asked[what] += 1

    def days(self) -> list[tuple[date, int]]:
        """Every day that is known, the earliest first, with how many papers it lists."""
        return self._counts.get("all", self.store.revision(), self.store.days)

    def day(self, day: date) -> Day:
        """A day with its summaries, their figures checked."""
        return self._days.get(
            day,
            self.store.revision(),
            lambda: read_day(self.store, day, now=self.now(), languages=tuple(self.languages)),
        )

    def list_day(self, day: date) -> Day:
        """The papers of a day, without summaries and claims."""
        return self._lists.get(day, self.store.revision(), lambda: list_day(self.store, day, now=self.now()))

    def dossier(self, paper: str) -> Dossier | None:
        """All that is known of a paper, by its arXiv id; ``None`` if it is not in the archive."""
        return self._dossiers.get(paper, self.store.revision(), lambda: read_dossier(self.store, paper))

    def ledger(self, query: ClaimQuery, limit: int) -> list[LedgerLine]:
        """The claims that meet every condition, those of the papers listed last first."""
        return self._ledgers.get((query, limit), self.store.revision(), lambda: self.store.ledger(query, limit))

    def errata(self) -> Errata:
        """What papers claim otherwise than they did, and where sources disagree."""
        return self._errata.get("all", self.store.revision(), lambda: read_errata(self.store))

    @cached_property
    def runs(self) -> Runs:
        """The trials that were started here."""
        return Runs(self.home / "runs", self.database)

    @property
    def readers_database(self) -> str | Path:
        """Where the readers' own things are: beside the archive on a server, else in the home folder."""
        return beside(self.database, self.home / "readers.db")

    def shelf(self, reader: str) -> Shelf:
        """A reader's shelf; it stays open as long as the desk.

        Raises:
            ValueError: if the name cannot be a reader's.
        """
        with self._lock:
            if reader not in self._shelves:
                self._shelves[reader] = open_shelf(self.readers_database, reader)
            return self._shelves[reader]

    def order(self, reader: str, day: Day) -> list[Ranked]:
        """The papers of a day in a reader's own order, found once for all that it depends on."""
        shelf = self.shelf(reader)
        interests = self._interests.get(
            reader, (self.store.revision(), shelf.revision()), lambda: shelf.interests(self.store)
        )
        before = [each for each in self.days() if each[0] < day.date]
        return self._orders.get(
            (reader, day.date),
            (day, interests, before, self.near and self.near.vectors.revision()),
            lambda: order_day(
                day,
                shelf,
                self.store,
                glossary=read_glossary("ko", self.glossary),
                near=self.near,
                background=self._papers_before,
            ),
        )

    def _papers_before(self, day: date) -> list[Paper]:
        return self._backgrounds.get(day, self.store.revision(), lambda: papers_before(self.store, day))

    def measurements(self) -> Mapping[str, list[Measurement]]:
        """What trials found, by paper, without quick runs."""
        return self._measurements.get("all", self.store.revision(), self._read_measurements)

    def _read_measurements(self) -> Mapping[str, list[Measurement]]:
        by_paper: dict[str, list[Measurement]] = {}
        for each in self.measured():
            if not each.quick:
                by_paper.setdefault(each.paper, []).append(each)
        return by_paper

    @staticmethod
    def now() -> datetime:
        """The moment that decides which days are over."""
        return datetime.now(UTC)

    def close(self) -> None:
        """Close every shelf; the store is its owner's to close."""
        with self._lock:
            for shelf in self._shelves.values():
                shelf.close()
            self._shelves.clear()
