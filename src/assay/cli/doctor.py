"""``assay doctor``: shows the state of the installation and of every source."""

import json
from typing import Annotated

import typer

from assay.cli import Json, app, session
from assay.papers.models import Outcome, utc
from assay.papers.text import counted


@app.command()
def doctor(
    context: typer.Context,
    as_json: Json = False,
    lag: Annotated[int, typer.Option(min=0, help="Days a source may be behind before it counts as trouble.")] = 4,
) -> None:
    """Show the state of the installation and of every source: last success, lag, drift of its format.

    Exit code 1 says that a source's last attempt failed or that its format drifts.
    """
    import sqlite3
    from datetime import UTC, datetime

    from assay import __version__
    from assay.cli.settings import settings_file
    from assay.digest.refresh import PATIENCE, first_young_day
    from assay.store.database import place_of

    here = session(context)
    settings = here.settings
    with here.store() as store:
        health = store.health()
        counts = store.counts()
        now = datetime.now(UTC)
        today = now.date()
        due = len(store.papers_to_refresh(first_young_day(today), asked_before=now - PATIENCE))
    live = set(settings.sources)
    rows = []
    for source in health:
        behind = source.lag(today) if source.name in live else None
        problems = []
        if source.last_outcome in {Outcome.FAILED, Outcome.PARTIAL}:
            problems.append(source.last_message or f"its last attempt {source.last_outcome.value}")
        if behind is not None and behind > lag:
            problems.append(f"{counted(behind, 'day')} behind")
        fields = {**source.unknown_fields, **source.vanished_fields}
        if fields:
            problems.append(f"its format drifts: {', '.join(sorted(fields))}")
        rows.append((source, behind, problems))
    if as_json:
        here.json(
            json.dumps(
                {
                    "version": __version__,
                    "home": str(settings.home),
                    "sqlite": sqlite3.sqlite_version,
                    "counts": counts,
                    "due_for_refresh": due,
                    "sources": [
                        {
                            "source": source.name,
                            "last_success": source.last_success.isoformat() if source.last_success else None,
                            "latest_day": str(source.latest_day) if source.latest_day else None,
                            "lag_days": behind,
                            "unknown_fields": source.unknown_fields,
                            "vanished_fields": source.vanished_fields,
                            "problems": problems,
                        }
                        for source, behind, problems in rows
                    ],
                }
            )
        )
    else:
        archive = f"archive at {place_of(settings.database)}, " if settings.database else ""
        where = f"{archive}data in {settings.home}, settings in {settings_file(here.home)}"
        here.out.print(f"assay {__version__}, {where}, SQLite {sqlite3.sqlite_version}", markup=False, soft_wrap=True)
        here.out.print(", ".join(f"{what}: {count:,}" for what, count in counts.items()))
        if due:
            here.out.print(f"young papers that arXiv was not asked about for a day: {due}; `assay refresh` asks")
        for source, behind, problems in rows:
            success = f"last success {utc(source.last_success)}" if source.last_success else "never read live"
            latest = f"latest day {source.latest_day}" if source.latest_day else "no papers"
            late = f", {counted(behind, 'day')} behind" if behind is not None else ""
            here.out.print(f"{source.name}: {success}, {latest}{late}", soft_wrap=True)
            for problem in problems:
                here.out.print(f"  ! {problem}", style="yellow", markup=False, soft_wrap=True)
        for name in sorted(live - {source.name for source, _, _ in rows}):
            here.out.print(f"{name}: not read yet; `assay collect` reads it")
    if any(problems for _, _, problems in rows):
        raise typer.Exit(1)
