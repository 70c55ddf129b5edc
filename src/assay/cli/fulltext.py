"""``assay fulltext``: fetches and stores the full text of papers, for checks and for summaries."""

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Json, Session, app, session
from assay.papers.models import Line, Noun, PaperId
from assay.papers.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay.fulltext import FullText
    from assay.papers.models import Paper
    from assay.sources.client import Client
    from assay.store import Store


class FulltextReport(Noun):
    """The result for one paper."""

    paper: PaperId
    form: str = ""
    """``html``, ``latex`` or ``pdf``; empty if there was none."""
    sections: int = 0
    tables: int = 0
    suspicions: tuple[Line, ...] = ()
    """Text that its readers cannot see, and sentences that instruct a model."""
    notes: tuple[Line, ...] = ()
    """What could not be had or read."""


@app.command()
def fulltext(
    context: typer.Context,
    papers: Annotated[
        list[str] | None, typer.Argument(metavar="[PAPER]...", help="An arXiv id, a link or a short name.")
    ] = None,
    day: Annotated[
        str | None,
        typer.Option("--date", "-d", help="All papers of a stored day instead: 2025-02-26, today or yesterday."),
    ] = None,
    file: Annotated[Path | None, typer.Option(help="Read the one paper from this file, offline.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Fetch again the texts that are here already.")] = False,
    as_json: Json = False,
) -> None:
    """Fetch full texts from arXiv (HTML, else LaTeX source, else PDF) and store them for checks and summaries.

    Each is read in a process of its own with limits on time and memory, stored for this machine alone, and never
    published. Each is stored as soon as it is read; interrupted, the same command goes on. Exit code 1 says that
    one could not be had.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from assay.digest.ledger import bring_up_to_date

    here = session(context)
    if bool(papers) == (day is not None):
        raise ValueError("name papers, or give --date; one of them")
    if file is not None and len(papers or []) != 1:
        raise ValueError("--file goes with one paper")
    if file is not None and not file.is_file():
        raise ValueError(f"{file}: no such file")
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    results: list[FulltextReport] = []
    with here.store() as store, Progress(*columns, console=here.err, transient=True) as progress:
        queue = _papers_to_read(here, store, papers or [], day, again=again or file is not None)
        bar = progress.add_task("full text", total=len(queue))
        with _client(here) as client:
            for paper in queue:
                progress.update(bar, description=paper.id)
                results.append(_from_file(store, paper, file) if file else _fetch(here, store, client, paper))
                progress.advance(bar)
        bring_up_to_date(store)
    if as_json:
        here.json(json.dumps([result.model_dump(mode="json") for result in results], ensure_ascii=False))
    elif not queue:
        here.out.print("every full text is here already; --again fetches anew")
    else:
        here.out.print("\n".join(map(_line, results)), markup=False, soft_wrap=True)
    if any(not result.form for result in results):
        raise typer.Exit(1)


def _papers_to_read(here: Session, store: "Store", papers: list[str], day: str | None, *, again: bool) -> "list[Paper]":
    from assay.cli.show import id_of

    if day is not None:
        date = here.day(day)
        ids = list(dict.fromkeys(sighting.paper for sighting in store.sightings(date)))
        if not ids:
            raise ValueError(f"{date} has no papers here; `assay collect {date}` brings them in")
    else:
        ids = list(dict.fromkeys(map(id_of, papers)))
    records = store.papers(ids)
    if missing := [key for key in ids if key not in records]:
        raise ValueError(f"not stored: {', '.join(missing)}; `assay collect` or `assay import` brings papers in")
    texts = store.fulltexts(ids)
    # A text of an unknown version may be of any; one of an earlier version than the paper's is out of date.
    return [
        paper
        for key, paper in records.items()
        if again or key not in texts or (texts[key].version and texts[key].version < (paper.version or 0))
    ]


@contextmanager
def _client(here: Session) -> "Iterator[Client]":
    from assay.sources.client import Client

    settings = here.settings
    with Client(
        pace=settings.pace(),
        contact=settings.contact,
        locks=settings.locks,
        report=lambda text: here.err.print(text, style="dim", markup=False, soft_wrap=True),
    ) as client:
        yield client


def _fetch(here: Session, store: "Store", client: "Client", paper: "Paper") -> FulltextReport:
    from assay.fulltext import fetch
    from assay.sources.client import SourceError

    try:
        result = fetch(client, paper.id, paper.version, base_url=here.settings.arxiv_pages_url)
    except SourceError as error:
        return FulltextReport(paper=paper.id, notes=(str(error),))
    return _store_text(store, result.text) if result.text else FulltextReport(paper=paper.id, notes=result.reasons)


def _from_file(store: "Store", paper: "Paper", file: Path) -> FulltextReport:
    text = read_text_of(file, paper.id, paper.version)
    return store_text(store, text, file)


def read_text_of(file: Path, paper: str, version: int | None) -> "FullText":
    """Read the full text of a paper from a file.

    Raises:
        ValueError: if it cannot be read.
    """
    from assay.fulltext import form_of, read

    data = file.read_bytes()
    try:
        return read(data, form_of(data), paper=paper, version=version)
    except ValueError as error:
        raise ValueError(f"{file}: {error}; nothing was stored") from error


def store_text(store: "Store", text: "FullText", file: Path) -> FulltextReport:
    """Store a full text that was read from a file, for a paper that is stored.

    Raises:
        ValueError: if there is no text in it, or next to none where a whole text is stored.
    """
    _refuse_less(store, text, file)
    return _store_text(store, text)


def _refuse_less(store: "Store", text: "FullText", file: Path) -> None:
    """Raise ``ValueError`` for a file without a text, and for one with next to none where a whole text is stored."""
    from assay.fulltext import LEAST_TEXT

    if not text.length:
        raise ValueError(f"{file}: there is no text in it but a title; nothing was stored")
    stored = store.fulltexts([text.paper]).get(text.paper)
    if stored is None or text.length >= LEAST_TEXT:
        return
    length = type(text).model_validate_json(stored.record).length
    if length >= LEAST_TEXT:
        raise ValueError(
            f"{file}: it has {text.length} characters, and the stored text of {text.paper} has {length}; "
            "the stored one is kept"
        )


def _store_text(store: "Store", text: "FullText") -> FulltextReport:
    store.keep_fulltext(
        text.paper,
        version=text.version or 0,
        form=text.form,
        record=text.model_dump_json(),
        fetched_at=datetime.now(UTC),
    )
    return FulltextReport(
        paper=text.paper,
        form=text.form,
        sections=len(text.sections),
        tables=len(text.tables),
        suspicions=tuple(f"{suspicion.kind}: {suspicion.text}" for suspicion in text.suspicions),
        notes=text.notes,
    )


def _line(result: FulltextReport) -> str:
    if not result.form:
        return f"{result.paper}: no full text: {'; '.join(result.notes)}"
    words = f"{result.paper}: {result.form}, {counted(result.sections, 'section')}, {counted(result.tables, 'table')}"
    lines = [
        words,
        *(f"! {suspicion}" for suspicion in result.suspicions),
        *map("- {}".format, _shortened(result.notes)),
    ]
    return "\n  ".join(lines)


def _shortened(notes: "tuple[str, ...]") -> list[str]:
    """The first notes, and how many more there are."""
    more = len(notes) - _MOST_NOTES
    return [*notes[:_MOST_NOTES], *([f"and {counted(more, 'more note')}; --json has them all"] if more > 0 else [])]


_MOST_NOTES = 4
