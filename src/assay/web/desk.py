"""Desk: all that the app and agents ask of this machine. It knows the archive, the readers' shelves and the results."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from threading import Lock

from assay.digest.day import read_day, read_dossier
from assay.digest.period import list_day
from assay.papers.measurement import Measurement
from assay.papers.models import Day, Dossier
from assay.reader.shelf import Shelf, open_shelf
from assay.store import Store
from assay.web.kept import Kept
from assay.web.runs import Runs


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
    html: Kept[str] = field(default_factory=lambda: Kept(2_000))
    """Pages that are the same for every reader."""
    _days: Kept[Day] = field(default_factory=lambda: Kept(100))
    _lists: Kept[Day] = field(default_factory=lambda: Kept(2_000))
    _dossiers: Kept[Dossier | None] = field(default_factory=lambda: Kept(500))
    _measurements: Kept[Mapping[str, list[Measurement]]] = field(default_factory=lambda: Kept(1))
    _shelves: dict[str, Shelf] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

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

    @cached_property
    def runs(self) -> Runs:
        """The trials that were started here."""
        return Runs(self.home / "runs")

    def shelf(self, reader: str) -> Shelf:
        """A reader's shelf; it stays open as long as the desk.

        Raises:
            ValueError: if the name cannot be a reader's.
        """
        with self._lock:
            if reader not in self._shelves:
                self._shelves[reader] = open_shelf(self.home / "readers.db", reader)
            return self._shelves[reader]

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
