"""``assay collect``: reads the live sources for one or more days and stores what they list."""

import json
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Json, Session, app, session
from assay.cli.backfill import Backfill, finish_of, is_last_of_month, months_of
from assay.cli.cluster import On, cluster_at
from assay.cli.log import Log, logged
from assay.papers.models import Attempt, Outcome
from assay.papers.text import counted

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from assay.cli.settings import Settings
    from assay.digest.collect import LiveSource
    from assay.digest.refresh import RefreshReport
    from assay.sources.client import Client
    from assay.store import Store


@app.command()
def collect(
    context: typer.Context,
    days: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DAY]...", help="2025-02-26, today, yesterday, or a span FIRST..LAST; default today."),
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option("--source", "-s", help="huggingface, arxiv or arxiv-news; may be given again."),
    ] = None,
    category: Annotated[
        list[str] | None,
        typer.Option("--category", "-c", help="arXiv category to list, such as cs.LG; may be given again."),
    ] = None,
    backfill: Annotated[
        str | None,
        typer.Option(
            metavar="FIRST..LAST", help="All days of months, such as 2024-01..2025-06, not read to their end."
        ),
    ] = None,
    on: On = None,
    replay: Annotated[
        bool, typer.Option("--replay", help="Read the days again from their stored raw pages, with no network.")
    ] = False,
    enrich: Annotated[
        bool | None,
        typer.Option(help="Ask arXiv for versions and dates of the papers listed, and for new versions of young ones."),
    ] = None,
    log: Log = None,
    as_json: Json = False,
) -> None:
    """Read the day's listings from the live sources and store what they list.

    Collect as often as you like: nothing is doubled, and papers that were added since are found. When a source
    breaks off, all that arrived is stored, and the same command completes it. A day of arXiv's is an announcement: the
    list that appears in the evening before, New York time. The news feeds hold only the newest one.

    --backfill asks for the days of whole months that have not been read to their end, and extracts the claims of a
    month at once: with --on as tasks of a cluster. Pages are fetched here, by one process, at their source's pace.
    """
    from assay.papers.categories import check_categories

    here = session(context)
    with logged(here, log):
        sources = source or list(here.settings.sources)
        for name in sources:
            if name not in _LIVE:
                raise ValueError(f"no live source is called {name!r} (there are: {', '.join(_LIVE)})")
        if category and not any(name.startswith("arxiv") for name in sources):
            raise ValueError("--category is for the sources arxiv and arxiv-news: add --source arxiv")
        categories = check_categories(category or here.settings.arxiv_categories)
        if backfill is not None and (days or replay):
            raise ValueError("--backfill names the days itself, and reads them live: leave out DAY and --replay")
        if on is not None and backfill is None:
            raise ValueError("--on is for the claims of many papers: give it with --backfill")
        dates = _spans(here, days or ["today"]) if backfill is None else months_of(backfill, here.settings.now().date())
        with cluster_at(here, on) as cluster:
            run = _collect(
                here,
                dates,
                sources,
                categories=categories,
                replay=replay,
                enrich=here.settings.enrich if enrich is None else enrich,
                backfill=Backfill(cluster) if backfill is not None else None,
            )
        _report(here, run, as_json=as_json)


def _report(here: Session, run: "_Run", *, as_json: bool) -> None:
    """Tell what a run came to; exit code 1 if something of it is missing."""
    if as_json:
        here.json(json.dumps([attempt.model_dump(mode="json") for attempt in run.attempts], ensure_ascii=False))
    if here.is_logged or not as_json:
        for attempt in run.attempts:
            facts = attempt.model_dump(mode="json", include={"source", "day", "outcome", "papers"})
            here.tell(_line(attempt), "collected", **facts, why=attempt.message)
        _print_changes(here, run.refreshed)
    for name, unasked in run.unasked.items():
        if unasked:
            here.say(f"{name} wants to be left alone, so it was not asked for {_count(unasked)}")
    if run.known:
        here.say(f"{counted(run.known, 'listing')} left out: read to the end before")
    is_incomplete = any(attempt.outcome in {Outcome.FAILED, Outcome.PARTIAL} for attempt in run.attempts)
    if is_incomplete or run.is_missing_days:
        raise typer.Exit(1)


def _print_changes(here: Session, report: "RefreshReport | None") -> None:
    """The papers that have a new version at arXiv, or were withdrawn, since they were last asked for."""
    from assay.papers.escape import terminal_prose as safe

    for change in sorted(report.changes, key=lambda each: each.paper) if report else ():
        versions = (
            f"v{change.version}" if change.version_before is None else f"v{change.version_before} → v{change.version}"
        )
        if change.version != change.version_before or "withdrawn" in change.changed:
            news = ", withdrawn" if change.withdrawn else ""
            here.tell(f"{change.paper} {versions}{news}: {safe(change.title)}", "new version", paper=change.paper)
    if report and report.errata:
        count = len(report.errata)
        here.tell(
            f"{counted(count, 'claim')} changed with new versions: `assay errata` shows which", "errata", claims=count
        )


def _spans(here: Session, texts: list[str]) -> list[date]:
    from assay.digest.collect import days_between

    dates: list[date] = []
    for text in texts:
        first, dots, last = text.partition("..")
        start = here.day(first)
        dates += days_between(start, here.day(last)) if dots else [start]
    return list(dict.fromkeys(dates))


@dataclass
class _Run:
    """What a run over some days and sources came to."""

    attempts: list[Attempt] = field(default_factory=list)
    unasked: dict[str, list[date]] = field(default_factory=dict)
    """By each source that sent us away, the days that it was not asked for after that."""
    is_missing_days: bool = False
    """Whether one of those had not been read before."""
    refreshed: "RefreshReport | None" = None

    known: int = 0
    """How many listings, of a source for a day, were not read since they had been before."""

    def read(self, store: "Store", source: "LiveSource", day: date, *, replay: bool, backfill: Backfill | None) -> None:
        """Read a source for a day, unless it sent us away before, or is known and only missing days are wanted."""
        from assay.digest import collect as live

        if backfill and not backfill.wants(store, source, day):
            self.known += 1
            return

        if source.name in self.unasked:
            self.unasked[source.name].append(day)
            self.is_missing_days |= not live.is_complete(store, source.name, day)
            return
        try:
            attempt = (
                live.replay(store, source, day) if replay else live.collect(store, source, day, **finish_of(backfill))
            )
        except live.SourceClosed as closed:
            self.unasked[source.name] = []
            attempt = closed.attempt
        self.attempts.append(attempt)

    def has_reached(self, day: date) -> bool:
        """Whether a source answered for the day."""
        return any(attempt.day == day and attempt.outcome is not Outcome.FAILED for attempt in self.attempts)


def _show(progress: "Progress", task: "TaskID", done: int, total: int) -> None:
    progress.update(task, completed=done, total=total, visible=done < total)


def _collect(
    here: Session,
    days: list[date],
    names: list[str],
    *,
    categories: tuple[str, ...],
    replay: bool,
    enrich: bool,
    backfill: Backfill | None,
) -> _Run:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from assay.digest.collect import enrich as describe_papers
    from assay.digest.refresh import refresh_young
    from assay.sources.client import Client

    settings = here.settings
    run = _Run()
    began = settings.now()
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with (
        here.store() as store,
        Progress(*columns, console=here.err, transient=True, disable=here.is_logged) as progress,
        Client(
            pace=settings.pace(),
            contact=settings.contact,
            locks=settings.locks,
            cached=store.last_snapshot,
            report=lambda text: (
                here.tell(text, "waiting", why=text)
                if here.is_logged
                else progress.console.print(text, style="dim", markup=False, soft_wrap=True)
            ),
        ) as client,
    ):
        bar = progress.add_task("collect", total=len(days) * len(names))
        claims = progress.add_task("extract claims", visible=False)
        sources = [_LIVE[name](client, settings, categories) for name in dict.fromkeys(names)]
        problem = ""
        for day in days:
            for source in sources:
                progress.update(bar, description=f"{source.name} {day}")
                run.read(store, source, day, replay=replay, backfill=backfill)
                progress.advance(bar)
            if enrich and not replay and not problem and run.has_reached(day):
                problem = describe_papers(store, client, day, base_url=settings.arxiv_url, **finish_of(backfill))
            if backfill and (day == days[-1] or is_last_of_month(day)):
                backfill.extract(store, lambda done, total: _show(progress, claims, done, total))
        if enrich and not replay and not problem and not backfill:
            progress.update(bar, description="new versions")
            reached = [day for day in days if run.has_reached(day)]
            run.refreshed = refresh_young(store, client, reached, base_url=settings.arxiv_url, since=began)
            problem = run.refreshed.problem
    if problem:
        here.say(problem)
    return run


def _huggingface(client: "Client", settings: "Settings", _: tuple[str, ...]) -> "LiveSource":
    from assay.digest.collect import LiveSource
    from assay.sources import huggingface

    token = settings.huggingface_token.get_secret_value() if settings.huggingface_token else None
    return LiveSource(
        name=huggingface.SOURCE,
        pages=lambda day: huggingface.pages(client, day, base_url=settings.huggingface_url, token=token),
        read=lambda page, day, first: huggingface.read_listing(
            page.body, day, snapshot=page.sha256, seen_at=page.fetched_at, first_rank=first
        ),
    )


def _arxiv(client: "Client", settings: "Settings", categories: tuple[str, ...]) -> "LiveSource":
    from assay.digest.collect import LiveSource
    from assay.papers.announcements import why_silent
    from assay.sources import arxiv

    return LiveSource(
        name=arxiv.SOURCE,
        pages=lambda day: arxiv.by_category(client, categories, day, base_url=settings.arxiv_url),
        read=lambda page, day, first: arxiv.read_feed(
            page.body,
            day=day,
            snapshot=page.sha256,
            seen_at=page.fetched_at,
            first_rank=first,
            categories=categories,
        ),
        silence=why_silent,
    )


def _arxiv_news(client: "Client", settings: "Settings", categories: tuple[str, ...]) -> "LiveSource":
    from assay.digest.collect import LiveSource
    from assay.papers.announcements import why_silent
    from assay.sources import arxiv_news

    return LiveSource(
        name=arxiv_news.SOURCE,
        pages=lambda day: arxiv_news.pages(client, categories, day, base_url=settings.arxiv_news_url),
        read=lambda page, day, first: arxiv_news.read_news(
            page.body, day=day, snapshot=page.sha256, seen_at=page.fetched_at, first_rank=first
        ),
        silence=why_silent,
    )


_LIVE = {"huggingface": _huggingface, "arxiv": _arxiv, "arxiv-news": _arxiv_news}


def _line(attempt: Attempt) -> str:
    drift = sum(attempt.unknown_fields.values()) + sum(attempt.vanished_fields.values())
    words = f"{attempt.day} {attempt.source}: {attempt.outcome.value}, {counted(attempt.papers, 'paper')}"
    if attempt.outcome is Outcome.BUSY:
        words = f"{attempt.day} {attempt.source}: stands as it was read before"
    if attempt.kinds:
        words += f" ({', '.join(f'{count} {kind}' for kind, count in attempt.kinds.items())})"
    if drift:
        fields = [*attempt.unknown_fields, *attempt.vanished_fields]
        words += f"; its format drifts: {', '.join(fields[:5])}"
    return words + (f"; {attempt.message}" if attempt.message else "")


def _count(days: list[date]) -> str:
    return str(days[0]) if len(days) == 1 else f"{len(days)} more days, {min(days)} to {max(days)}"
