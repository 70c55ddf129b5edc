"""``assay library``: the works of a reader's library, from files of reference managers or from Zotero."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Json, Reader, Session, app, session
from assay.papers.models import Noun, Refusal
from assay.papers.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay.reader.library import Works

library = typer.Typer(help="The works of your library: papers like them come first for you.", no_args_is_help=True)
app.add_typer(library, name="library")


class LibraryReport(Noun):
    """What an import of a library came to."""

    new: int
    """Works that were not in the library."""
    known: int
    """Works read that were there already, or that stood twice in what was read."""
    refused: tuple[Refusal, ...] = ()
    """Entries that could not be read, and why."""


@library.command("import")
def import_library(
    context: typer.Context,
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|zotero|zotero.org...",
            help="Files in BibTeX, CSL-JSON or RIS; zotero: the program on this machine; zotero.org: its web library.",
        ),
    ],
    _reader: Reader = None,
    as_json: Json = False,
) -> None:
    """Add works to your library, each once: the same arXiv id, DOI or title is the same work.

    Zotero's program must run, and allow it: Settings, Advanced, "Allow other applications on this computer to
    communicate with Zotero". Its web library needs a key, in the setting zotero_key or in ASSAY_ZOTERO_KEY.

    Exit code 1 says that an entry could not be read; the others are added.
    """
    here = session(context)
    works = [works for source in sources for works in read_works(here, source)]
    read = [each for every in works for each in every.references]
    with here.shelf() as shelf:
        new = shelf.merge_library(read)
        size = len(shelf.references())
    refused = tuple(refusal for every in works for refusal in every.refused)
    report = LibraryReport(new=new, known=len(read) - new, refused=refused)
    if as_json:
        here.json(report.model_dump_json())
    else:
        here.out.print(f"{counted(new, 'new work')}, {report.known:,} known; {counted(size, 'work')} in the library")
        for each in refused:
            here.say(f"refused: {each.file}{f':{each.line}' if each.line else ''}: {each.why}")
    if refused:
        raise typer.Exit(1)


@library.command("list")
def list_library(context: typer.Context, _reader: Reader = None, as_json: Json = False) -> None:
    """List the works of your library, each with the key that `assay library remove` takes."""
    from assay.papers.escape import terminal_prose as safe

    here = session(context)
    with here.known_shelf() as shelf:
        works = shelf.references() if shelf is not None else ()
    if as_json:
        here.json(json.dumps([work.model_dump(mode="json") for work in works], ensure_ascii=False))
        return
    for work in works:
        people = f"{work.authors[0]}{' et al.' if len(work.authors) > 1 else ''}" if work.authors else ""
        facts = ", ".join(filter(None, [people, str(work.year or "")]))
        here.out.print(f"{safe(work.key)}  {safe(work.title)}{f' ({safe(facts)})' if facts else ''}", markup=False)
    if not works:
        here.say("your library is empty: `assay library import FILE` fills it")


@library.command()
def remove(
    context: typer.Context,
    keys: Annotated[list[str] | None, typer.Argument(help="Keys, as `assay library list` shows them.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Empty the library.")] = False,
    _reader: Reader = None,
) -> None:
    """Remove works from your library."""
    here = session(context)
    if everything == bool(keys):
        raise ValueError("name the keys of works to remove, or --all")
    with here.shelf() as shelf:
        known = {work.key for work in shelf.references()}
        unknown = [key for key in keys or () if key not in known]
        if unknown:
            raise ValueError(f"no work in the library has the key {unknown[0]!r} (`assay library list` shows them)")
        count = shelf.remove_references(known if everything else keys or ())
    here.out.print(f"removed {counted(count, 'work')}")


def read_works(here: Session, source: str) -> "Iterator[Works]":
    """The works of a source: a file or a folder of them, ``zotero`` or ``zotero.org``.

    Raises:
        ValueError: if a file holds no library, or Zotero cannot be asked.
    """
    from assay.reader.library import read_library
    from assay.sources.recordings import find_files, read_text

    settings = here.settings
    if not Path(source).exists() and source == "zotero":
        yield _read_zotero(here, settings.zotero_url, "")
    elif not Path(source).exists() and source == "zotero.org":
        if settings.zotero_key is None:
            raise ValueError("zotero.org needs a key: put it into the setting zotero_key, or into ASSAY_ZOTERO_KEY")
        yield _read_zotero(here, settings.zotero_web_url, settings.zotero_key.get_secret_value())
    else:
        for file in find_files([Path(source)]):
            try:
                yield read_library(read_text(file), file=str(file))
            except ValueError as error:
                raise ValueError(f"{file}: {str(error).removeprefix(f'{file}: ')}") from error


def _read_zotero(here: Session, url: str, key: str) -> "Works":
    from assay.cli.progress import bar
    from assay.reader.library import Works
    from assay.reader.zotero import zotero_reference
    from assay.sources import zotero
    from assay.sources.client import Client

    settings = here.settings
    references, refused = [], []
    with (
        bar(here, "zotero") as progress,
        Client(pace=settings.pace(), contact=settings.contact, locks=settings.locks, report=here.say) as client,
    ):
        for item in zotero.items(client, base_url=url, key=key, patience=settings.patience, progress=progress):
            try:
                references.append(zotero_reference(item))
            except ValueError as error:
                refused.append(Refusal(file="zotero", why=f"{item.get('key') or 'a work'}: {error}"))
    return Works(tuple(references), tuple(refused))
