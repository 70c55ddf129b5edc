"""``assay check``: checks the figures and names of summaries against their papers."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Json, app, session

if TYPE_CHECKING:
    from assay.claims.report import CheckReport
    from assay.cli import Session


@app.command()
def check(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE|FOLDER]...", help="Digests, or folders of them.")
    ] = None,
    date: Annotated[str | None, typer.Option(help="A stored day instead: 2025-02-26, today or yesterday.")] = None,
    source: Annotated[
        str | None,
        typer.Option(help="All stored summaries of a source instead: digest-table, catalogue, a model's name."),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(help="Recordings with abstracts that the store does not have; nothing is imported."),
    ] = None,
    lang: Annotated[str | None, typer.Option("--lang", "-l", help="Check summaries in this language only.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every summary, with each figure that is not supported.")
    ] = False,
    trouble: Annotated[bool, typer.Option("--trouble", help="Only what is wrong, without totals.")] = False,
    as_json: Json = False,
) -> None:
    """Check the figures and names of summaries against their papers: digest files, a stored day, or a whole source.

    Each figure is supported by title, abstract or stored full text, contradicted by it, or unsupported. A report is
    no failure: exit code 0, whatever it says; 1 where pieces of a file could not be read.
    """
    from assay.cli.settings import check_languages
    from assay.publish.check_report import print_report

    here = session(context)
    choices = [bool(paths), date is not None, source is not None]
    if not any(choices):
        raise ValueError(
            "nothing to check: name a digest or a folder, or give --date 2025-02-26 or --source digest-table"
        )
    if sum(choices) > 1:
        raise ValueError("give files, --date or --source, one of them")
    if everything and trouble:
        raise ValueError("--all and --trouble exclude each other")
    language = check_languages([lang])[0] if lang else None
    report = _report(here, paths or [], date, source, against or [], language)
    if as_json:
        here.json(report.model_dump_json())
    else:
        print_report(here.out, report, detail="all" if everything else "trouble" if trouble else "normal")
        for refusal in report.refused:
            place = f"{refusal.file}:{refusal.line}" if refusal.line else refusal.file
            here.err.print(f"refused: {place}: {refusal.why}", markup=False, style="yellow")
    if report.refused:
        raise typer.Exit(1)


def _report(
    here: "Session",
    paths: list[Path],
    date: str | None,
    source: str | None,
    against: list[Path],
    language: str | None,
) -> "CheckReport":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from assay.cli.settings import parse_day
    from assay.digest.checking import check_day, check_files, check_source, read_papers
    from assay.sources.recordings import find_files

    files = find_files(paths)
    papers = read_papers(find_files(against))
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    quiet = not here.err.is_terminal
    with here.store() as store, Progress(*columns, console=here.err, transient=True, disable=quiet) as progress:
        bar = progress.add_task("check", total=len(files) or None)
        if source is not None:
            return check_source(
                store,
                source,
                against=papers,
                language=language,
                begin=lambda days: progress.update(bar, total=days),
                done=lambda: progress.advance(bar),
            )
        if date is not None:
            day = parse_day(date, datetime.now(UTC).date())
            return check_day(store, day, against=papers, language=language)
        return check_files(store, files, against=papers, language=language, done=lambda _: progress.advance(bar))
