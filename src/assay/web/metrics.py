"""What a server tells a monitoring system, as Prometheus text: how it is asked, and how its archive and its runs stand.

No label names a reader, a paper or what was looked for: that is nobody's business, and would be without end.
"""

import platform
from collections import Counter as Tally
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import ClassVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from assay import __version__
from assay.papers.models import Outcome
from assay.reader.schedule import read_progress
from assay.reader.shelf import reader_names
from assay.web.desk import Desk
from assay.web.kept import Kept
from assay.web.runs import RunState

_OLDEST = 15.0
"""Seconds for which the archive is not counted again: to count a large one takes a while."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """The counters of one server, and what is read from its desk whenever somebody asks."""

    def __init__(self, desk: Desk) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "assay_requests", "Requests answered.", ["route", "method", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "assay_request_seconds",
            "Seconds from a request to the first byte of its answer.",
            ["route"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
            registry=self._registry,
        )
        self.in_flight = Gauge("assay_requests_in_flight", "Requests being answered now.", registry=self._registry)
        ProcessCollector(registry=self._registry)
        self._registry.register(_OfDesk(desk))

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answer that begins now.

        Args:
            route: the template that its address fits, such as ``/api/runs/{key}``.
            method: of the request.
            status: of the answer.
            seconds: since it was asked for.
        """
        known = method if method in _METHODS else "other"
        self._requests.labels(route, known, status).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """All of it, in the format that Prometheus reads."""
        return generate_latest(self._registry)


class _OfDesk(Collector):
    """What the desk knows, read when it is asked for."""

    _TABLES: ClassVar = {"papers": "Papers", "claims": "Claims", "attempts": "Attempts to read a source for a day"}

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._of_archive: Kept[list[Metric]] = Kept(1, oldest=_OLDEST)

    def collect(self) -> Iterator[Metric]:
        """Every figure; of an archive that cannot be read, that it cannot."""
        build = {"version": __version__, "python": platform.python_version()}
        yield InfoMetricFamily("assay_build", "Which Assay this is, on which Python.", build)
        for what in ("searches", "checks"):
            counted = CounterMetricFamily(f"assay_{what}", f"{what.capitalize()} that were asked for.")
            counted.add_metric([], self._desk.asked[what])
            yield counted
        states = Tally(run.progress.state for run in self._desk.runs.all())
        yield _gauges(
            "runs", "The latest 200 runs of trials.", "state", {each.value: states[each] for each in RunState}
        )
        yield from self._watch()
        try:
            archive = self._of_archive.get("all", None, lambda: list(self._archive()))
        except (ValueError, OSError):
            yield _gauge("archive_up", "Whether the archive can be read.", 0)
            return
        yield _gauge("archive_up", "Whether the archive can be read.", 1)
        yield from archive

    def _archive(self) -> Iterator[Metric]:
        counts = self._desk.store.counts()
        for table, words in self._TABLES.items():
            yield _gauge(table, f"{words} in the archive.", counts[table])
        yield _gauge("readers", "Readers of whom something is kept.", len(reader_names(self._desk.readers_database)))
        latest = max((day for day, count in self._desk.days() if count), default=None)
        yield from _of_day("latest_day", "The latest day with papers", latest)
        sources = self._desk.store.health()
        yield _gauges(
            "source_last_success_timestamp_seconds",
            "When a source was last read.",
            "source",
            {each.name: each.last_success.timestamp() for each in sources if each.last_success},
        )
        bad = {Outcome.FAILED, Outcome.PARTIAL}
        yield _gauges(
            "source_failing",
            "Whether a source refused or broke off when it was last asked.",
            "source",
            {each.name: each.last_outcome in bad for each in sources if each.last_attempt},
        )

    def _watch(self) -> Iterator[Metric]:
        """What `assay watch` has done, where one works for the same home."""
        try:
            progress = read_progress(self._desk.home / "watch.json")
        except (ValueError, OSError):
            return
        if progress is not None:
            yield from _of_day("watch_day", "The day that assay watch last did something for", progress.day)
            yield _gauge("watch_steps_done", "Steps that went well for that day.", len(progress.done))
            yield _gauge("watch_tries", "How often those steps were tried.", progress.tries)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"assay_{name}", words, value)


def _gauges(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    """A gauge for each value of a label."""
    family = GaugeMetricFamily(f"assay_{name}", words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _of_day(name: str, words: str, day: date | None) -> Iterator[Metric]:
    """A day as the moment at which it began, and as how many days ago that was; nothing where there is none."""
    if day is not None:
        began = datetime.combine(day, time(), UTC)
        yield _gauge(f"{name}_timestamp_seconds", f"{words}.", began.timestamp())
        yield _gauge(f"{name}_age_days", f"{words}, in days before today.", (Desk.now() - began).days)
