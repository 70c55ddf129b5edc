"""``assay collect``: reads the live sources for one or more days and stores what they list."""

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Json, Session, app, session
from assay.papers.models import Attempt, Outcome

if TYPE_CHECKING:
    from assay.cli.settings import Settings
    from assay.digest.collect import LiveSource
    from assay.sources.client import Client


@app.command()
def collect(
    context: typer.Context,
    days: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DAY]...", help="2025-02-26, today, yesterday, or a span FIRST..LAST; default today."),
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option("--source", "-s", help="huggingface or arxiv; may be given again.")
    ] = None,
    replay: Annotated[
        bool, typer.Option("--replay", help="Read the days again from their stored raw pages, with no network.")
    ] = False,
    enrich: Annotated[
        bool | None, typer.Option(help="Ask arXiv for versions, categories and dates of the papers listed.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read the day's listings from the live sources and store what they list.

    Collect as often as you like: nothing is doubled, and papers that were added since are found. When a source
    breaks off, all that arrived is stored, and the same command completes it.
    """
    here = session(context)
    dates = _spans(days or ["today"], datetime.now(UTC).date())
    attempts = _collect(
        here,
        dates,
        source or list(here.settings.sources),
        replay=replay,
        enrich=here.settings.enrich if enrich is None else enrich,
    )
    if as_json:
        here.json(json.dumps([attempt.model_dump(mode="json") for attempt in attempts], ensure_ascii=False))
    else:
        for attempt in attempts:
            here.out.print(_line(attempt), markup=False, soft_wrap=True)
    if any(attempt.outcome in {Outcome.FAILED, Outcome.PARTIAL} for attempt in attempts):
        raise typer.Exit(1)


def _spans(texts: list[str], today: date) -> list[date]:
    from assay.cli.settings import parse_day
    from assay.digest.collect import days_between

    dates: list[date] = []
    for text in texts:
        first, dots, last = text.partition("..")
        start = parse_day(first, today)
        dates += days_between(start, parse_day(last, today)) if dots else [start]
    return list(dict.fromkeys(dates))


def _collect(here: Session, days: list[date], names: list[str], *, replay: bool, enrich: bool) -> list[Attempt]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from assay.digest import collect as live
    from assay.sources.client import Client

    settings = here.settings
    for name in names:
        if name not in _LIVE:
            raise ValueError(f"no live source is called {name!r} (there are: {', '.join(_LIVE)})")
    attempts: list[Attempt] = []
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with (
        here.store() as store,
        Progress(*columns, console=here.err, transient=True) as progress,
        Client(
            pace=settings.pace(),
            contact=settings.contact,
            locks=settings.locks,
            cached=store.last_snapshot,
            report=lambda text: progress.console.print(text, style="dim", markup=False, soft_wrap=True),
        ) as client,
    ):
        bar = progress.add_task("collect", total=len(days) * len(names))
        for day in days:
            for name in names:
                source = _LIVE[name](client, settings)
                progress.update(bar, description=f"{name} {day}")
                collect_day = live.replay if replay else live.collect
                attempts.append(collect_day(store, source, day))
                progress.advance(bar)
            was_reached = any(a.day == day and a.outcome is not Outcome.FAILED for a in attempts)
            if was_reached and enrich and not replay:
                note = live.enrich(store, client, day, base_url=settings.arxiv_url)
                if note:
                    here.err.print(note, style="dim", markup=False)
    return attempts


def _huggingface(client: "Client", settings: "Settings") -> "LiveSource":
    from assay.digest.collect import LiveSource
    from assay.sources import huggingface

    token = settings.huggingface_token.get_secret_value() if settings.huggingface_token else None
    return LiveSource(
        name="huggingface",
        pages=lambda day: huggingface.pages(client, day, base_url=settings.huggingface_url, token=token),
        read=lambda page, day, first: huggingface.read_listing(
            page.body, day, snapshot=page.sha256, seen_at=page.fetched_at, first_rank=first
        ),
    )


def _arxiv(client: "Client", settings: "Settings") -> "LiveSource":
    from assay.digest.collect import LiveSource
    from assay.sources import arxiv

    return LiveSource(
        name="arxiv",
        pages=lambda day: arxiv.by_category(client, settings.arxiv_categories, day, base_url=settings.arxiv_url),
        read=lambda page, day, first: arxiv.read_feed(
            page.body, day=day, snapshot=page.sha256, seen_at=page.fetched_at, first_rank=first
        ),
    )


_LIVE = {"huggingface": _huggingface, "arxiv": _arxiv}


def _line(attempt: Attempt) -> str:
    drift = sum(attempt.unknown_fields.values()) + sum(attempt.vanished_fields.values())
    words = f"{attempt.day} {attempt.source}: {attempt.outcome.value}, {attempt.papers} papers"
    if drift:
        fields = [*attempt.unknown_fields, *attempt.vanished_fields]
        words += f"; its format drifts: {', '.join(fields[:5])}"
    return words + (f"; {attempt.message}" if attempt.message else "")
