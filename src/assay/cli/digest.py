"""``assay digest``: shows the papers of a day, or writes them in one of several forms."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from assay.cli import Json, app, session
from assay.papers.models import Day, DayState

_TROUBLE = {DayState.BROKEN, DayState.PARTIAL, DayState.STALE_SOURCE, DayState.UNCOLLECTED}


class Form(StrEnum):
    """A form that a day can be written in."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    TABLE = "table"
    SECTIONS = "sections"
    JSON = "json"
    BIBTEX = "bibtex"


@app.command()
def digest(
    context: typer.Context,
    day: Annotated[str, typer.Argument(metavar="[DAY]", help="2025-02-26, today or yesterday.")] = "today",
    lang: Annotated[
        list[str] | None, typer.Option("--lang", "-l", help="Language to show; may be given again.")
    ] = None,
    form: Annotated[Form, typer.Option("--format", "-f", help="What to write.")] = Form.TERMINAL,
    brief: Annotated[bool, typer.Option("--brief", help="One line a paper.")] = False,
    full: Annotated[bool, typer.Option("--full", help="All parts of each summary.")] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write to a file, whole or not at all.")] = None,
    as_json: Json = False,
) -> None:
    """Show the papers of a day, summarised, each with what it claims.

    Exit code 1 says that the day is broken, partial or was never collected.
    """
    from assay.cli.settings import check_languages
    from assay.digest.day import read_day
    from assay.papers.files import write_whole
    from assay.publish import written
    from assay.publish.labels import label
    from assay.publish.terminal import print_day

    here = session(context)
    now = datetime.now(UTC)
    date = here.day(day)
    if brief and full:
        raise ValueError("--brief and --full exclude each other")
    languages = check_languages(lang or here.settings.languages)
    if as_json:
        form = Form.JSON
    # JSON has everything; the archives' formats and BibTeX have no place for checks.
    languages_to_check = {Form.JSON: None, Form.TABLE: (), Form.SECTIONS: (), Form.BIBTEX: ()}.get(form, languages)
    with here.store() as store:
        result = read_day(store, date, now=now, languages=languages_to_check)
        days = [key for key, count in store.days() if count]
    if form is Form.TERMINAL and out is None:
        print_day(here.out, result, languages, detail="brief" if brief else "full" if full else "normal")
        if not result.papers and days:
            here.out.print(label("latest_known", languages[0], date=max(days)), style="dim")
    else:
        if form is Form.TERMINAL:
            raise ValueError("--out goes with --format markdown, table, sections, json or bibtex")
        text = written(result, form.value, languages)
        if out is not None:
            write_whole(out, text)
        else:
            typer.echo(text, nl=False)
    raise typer.Exit(exit_code(result))


def exit_code(day: Day) -> int:
    """The exit code for a day: 1 if it is broken, partial, stale or was never collected, else 0."""
    return int(day.state in _TROUBLE)
