"""``assay import``: imports recordings and digest archives."""

from pathlib import Path
from typing import Annotated

import typer

from assay.cli import Json, app, session
from assay.papers.text import counted


@app.command("import")
def import_(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.", show_default=False)],
    date: Annotated[
        str | None,
        typer.Option(
            help="Listing day of recordings that do not state it in their name or content, and of arXiv feeds."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Import recordings and digests; the content of a file tells its kind.

    It reads Hugging Face daily-papers JSON, answers of arXiv's API, arXiv's news feeds (RSS 2.0 and Atom), digests in
    the table and the sections format, and Assay's own JSON. Importing a file twice changes nothing. Exit code 1 says
    that pieces were refused; they are listed.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from assay.digest.ingest import import_files
    from assay.sources.recordings import find_files

    here = session(context)
    day = here.day(date) if date else None
    files = find_files(paths)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    progress = Progress(*columns, console=here.err, transient=True, disable=not here.err.is_terminal)
    with here.store() as store, progress:
        bar = progress.add_task("import", total=len(files))
        report = import_files(store, files, day=day, done=lambda _: progress.advance(bar))
    if as_json:
        here.json(report.model_dump_json())
    else:
        here.out.print(
            f"{counted(report.files, 'file')}; new: {counted(report.papers, 'paper')}, "
            f"{counted(report.sightings, 'sighting')}, {counted(report.summaries, 'summary')}"
        )
        for remark in report.remarks:
            here.say(remark)
        for refusal in report.refused:
            place = f"{refusal.file}:{refusal.line}" if refusal.line else refusal.file
            here.err.print(f"refused: {place}: {refusal.why}", markup=False, style="yellow")
    if report.refused:
        raise typer.Exit(1)
