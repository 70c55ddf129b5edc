"""``assay export``: writes many papers at once for other programs."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import Field

from assay.cli import Json, Reader, Session, app, session
from assay.papers.models import Noun
from assay.papers.text import counted

if TYPE_CHECKING:
    from datetime import date

    from assay.papers.models import Dossier
    from assay.publish.exports import VaultReport
    from assay.reader.mine import Wanted
    from assay.store import Store


class Form(StrEnum):
    """A form that papers can be exported in."""

    BIBTEX = "bibtex"
    RIS = "ris"
    CSL_JSON = "csl-json"
    OBSIDIAN = "obsidian"
    CSV = "csv"
    JSONL = "jsonl"


class ExportReport(Noun):
    """What an export came to."""

    papers: int
    written: int
    """Files that are new or changed."""
    unchanged: int
    left_alone: dict[str, str] = Field(default_factory=dict)
    """By file of a vault, why it was not renewed: nothing that a reader wrote is ever overwritten."""


@app.command()
def export(
    context: typer.Context,
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[WHAT]...",
            help="2025-02-26, today, a span FIRST..LAST, 2025-W09, 2025-02, arXiv ids, links to them, short names, "
            "numbers of the list that you were shown last.",
        ),
    ] = None,
    form: Annotated[Form, typer.Option("--format", "-f", help="What to write.")] = Form.BIBTEX,
    query: Annotated[str | None, typer.Option(help="Papers that match, as in `assay search`.")] = None,
    own: Annotated[bool, typer.Option("--mine", help="Your own list, as in `assay mine`.")] = False,
    starred: Annotated[bool, typer.Option("--starred", help="Of your own list only what you starred.")] = False,
    tags: Annotated[
        list[str] | None,
        typer.Option("--tag", help="Of your own list only what has this tag; again, with all of them."),
    ] = None,
    lang: Annotated[
        list[str] | None, typer.Option("--lang", "-l", help="Language of summaries; a vault takes several.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="A file, written whole or not at all; for obsidian, the vault or a folder of it."
        ),
    ] = None,
    _reader: Reader = None,
    as_json: Json = False,
) -> None:
    """Export papers for a reference manager, a spreadsheet, a program or a vault of notes.

    A paper goes by the same key in all forms. In a vault, each paper and each day has a note; what you write into a
    note below its line stays yours when you export again. With --json, what was written is reported so.
    """
    from assay.cli.settings import check_languages
    from assay.papers.files import write_whole
    from assay.publish.exports import export as write_export
    from assay.reader.mine import Wanted

    here = session(context)
    languages = check_languages(lang or here.settings.languages)
    if out is None and (form is Form.OBSIDIAN or as_json):
        raise ValueError("name the folder with --out" if form is Form.OBSIDIAN else "--json goes with --out")
    if len(lang or ()) > 1 and form is not Form.OBSIDIAN:
        raise ValueError(f"--lang is given once with --format {form.value}; a vault takes several")
    own = own or starred or bool(tags)
    if not (what or query is not None or own):
        raise ValueError("export what? Name days, spans or papers, or give --query or --mine")
    wanted = Wanted(starred=starred, tags=tuple(tags or ())) if own else None
    with here.store() as store:
        ids = _ids(here, store, what or [], query=query, wanted=wanted)
        papers = _read(here, store, ids)
        if form is Form.OBSIDIAN and out is not None:
            report = ExportReport(**asdict(_write_vault(here, store, papers, out, languages)))
        else:
            text = write_export(papers, form.value, languages[0])
            if out is None:
                typer.echo(text, nl=False)
                return
            changed = write_whole(out, text)
            report = ExportReport(papers=len(papers), written=int(changed), unchanged=int(not changed))
    _say(here, report, out, as_json=as_json)
    if report.left_alone:
        raise typer.Exit(1)


def _ids(here: Session, store: "Store", what: list[str], *, query: str | None, wanted: "Wanted | None") -> list[str]:
    """The papers that are named in any of the ways, each once; those of the reader's own list that are wanted."""
    from assay.cli.choosing import found_papers, named_papers
    from assay.reader.mine import my_list

    ids = named_papers(here, store, what)
    if query is not None:
        ids += found_papers(here, store, query)
    if wanted is not None:
        with here.known_shelf() as shelf:
            ids += [paper.id for paper in my_list(shelf, store, wanted)] if shelf else []
    return list(dict.fromkeys(ids))


def _read(here: Session, store: "Store", ids: list[str]) -> "list[Dossier]":
    from assay.cli.choosing import read_dossiers

    papers = read_dossiers(here, store, ids)
    if not papers:
        raise ValueError("no papers to export")
    return papers


def _write_vault(
    here: Session, store: "Store", papers: "list[Dossier]", folder: Path, languages: tuple[str, ...]
) -> "VaultReport":
    from assay.cli.choosing import measurements_shown, order_of
    from assay.publish.exports import notes_in, write_vault

    days: list[date] = sorted({day for paper in papers for day in paper.days})
    return write_vault(
        folder,
        papers,
        others=store.papers(notes_in(folder)),
        listings={day: order_of(store, day) for day in days},
        measurements=measurements_shown(here),
        languages=languages,
    )


def _say(here: Session, report: ExportReport, out: Path | None, *, as_json: bool) -> None:
    if as_json:
        here.json(report.model_dump_json())
        return
    files = f"{counted(report.written, 'file')} written"
    if report.unchanged:
        files += f", {report.unchanged:,} unchanged"
    here.out.print(f"{out}: {counted(report.papers, 'paper')}, {files}", markup=False, soft_wrap=True)
    for path, why in report.left_alone.items():
        here.say(f"left alone: {path}: {why}")
