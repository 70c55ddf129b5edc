"""``assay store``: where the archive is and what is in it, and how it moves to another database."""

from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Json, Session, app, session
from assay.papers.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.cli.places import Places
    from assay.store.copying import Copied, CopyReport

store = typer.Typer(
    help="Where the archive and the readers' things are, and how they move between SQLite and PostgreSQL.",
    no_args_is_help=True,
)
app.add_typer(store, name="store")


@store.command("info")
def info(context: typer.Context, as_json: Json = False) -> None:
    """Show where the archive, the readers' things and the vectors are, their size, edition and rows.

    `assay doctor` shows the sources they came from. An archive of an older edition is shown as it is.
    """
    import json

    from assay.cli.places import places_of_settings
    from assay.store.holdings import describe

    here = session(context)
    parts = [describe(where, holding) for holding, where in places_of_settings(here.settings).stored()]
    if as_json:
        here.json(json.dumps([part.model_dump() for part in parts], ensure_ascii=False))
        return
    for part in parts:
        facts = f"{part.engine}, edition {part.edition}, {megabytes(part.bytes)}"
        here.out.print(f"{part.holds}: {part.where}, {facts}", markup=False, soft_wrap=True)
        rows = ", ".join(f"{name} {count:,}" for name, count in sorted(part.rows.items()) if count)
        here.out.print(f"  {rows or 'nothing in it'}", markup=False, soft_wrap=True)


@store.command("copy")
def copy(
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="A home folder, an SQLite file, or a URL such as postgresql://…")
    ],
    target: Annotated[str, typer.Argument(metavar="TO", help="The same; empty, or not there yet.")],
    as_json: Json = False,
) -> None:
    """Copy an archive to another database: SQLite or PostgreSQL, either way, with the readers' things and vectors.

    Interrupt it as you like: the same command goes on where it was, and until it is done nothing else opens TO. What
    changes in FROM meanwhile is brought over too. At the end all rows are read again, and counts, hashes and searches
    of both are compared. FROM is not changed, unless it is of an older edition: then it is first brought up to date. A
    TO that holds something else is refused.
    """
    from assay.cli.places import places_of

    here = session(context)
    report = _copy(here, places_of(source), places_of(target), source)
    if as_json:
        here.json(report.model_dump_json())
    else:
        show_copies(here, report.copies)
    for name in report.left:
        here.say(f"{name} stay where they are: a single file has no place for them; give a home folder")


def _copy(here: Session, source: "Places", target: "Places", named: str) -> "CopyReport":
    from assay.cli.progress import bar
    from assay.store.copying import CopyReport
    from assay.store.copying import copy as copy_holding
    from assay.store.holdings import ARCHIVE, is_stored

    if not is_stored(source.archive, ARCHIVE):
        raise ValueError(f"no archive at {named}")
    targets = {holding.name: where for holding, where in target.known()}
    copies, left = [], []
    for holding, where in source.stored():
        if holding.name not in targets:
            left.append(f"{holding.name} of {named}")
            continue
        with bar(here, holding.name) as progress:
            copies.append(copy_holding(where, targets[holding.name], holding, progress=progress))
        if copies[-1].upgraded_from:
            here.say(f"{copies[-1].source} was of edition {copies[-1].upgraded_from}, and was brought up to date first")
    return CopyReport(copies=tuple(copies), left=tuple(left))


def show_copies(here: Session, copies: "Sequence[Copied]") -> None:
    """Show what was copied, table by table."""
    from rich.table import Table

    for copied in copies:
        written = sum(table.written for table in copied.tables.values())
        rows = sum(table.rows for table in copied.tables.values())
        what = "written" if not copied.resumed else "written now, the others before"
        how = f"{counted(rows, 'row')} equal in both, {written:,} {what}"
        here.out.print(f"{copied.holds}: {copied.source} -> {copied.target}: {how}", markup=False, soft_wrap=True)
        table = Table(box=None, padding=(0, 2, 0, 2), show_header=False)
        table.add_column()
        table.add_column(justify="right")
        table.add_column()
        for name, each in copied.tables.items():
            if each.rows:
                table.add_row(name, f"{each.rows:,}", each.hash[:16])
        here.out.print(table)
        searches = f", and {copied.searches:,} searches found the same papers" if copied.searches else ""
        here.out.print(f"  as it was at {copied.as_of:%Y-%m-%d %H:%M:%S} UTC{searches}", markup=False, soft_wrap=True)


def megabytes(size: int) -> str:
    """A size for people."""
    return f"{size / 1e6:,.1f} MB"
