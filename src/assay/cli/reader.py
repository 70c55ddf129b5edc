"""``assay reader``: who keeps things here, and all that is kept of a reader as one file."""

import json
from pathlib import Path
from typing import Annotated

import typer

from assay.cli import Json, Reader, app, session
from assay.papers.text import counted

reader = typer.Typer(
    help="Carry your stars, notes and follows to another machine, or out of a browser.", no_args_is_help=True
)
app.add_typer(reader, name="reader")


@reader.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """List the readers who keep things here."""
    from assay.reader.shelf import reader_names

    here = session(context)
    names = reader_names(here.settings.readers_database)
    if as_json:
        here.json(json.dumps(names, ensure_ascii=False))
    else:
        here.out.print("\n".join(names) or "Nobody keeps anything here yet.", markup=False)


@reader.command("export")
def export(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write to a file, whole or not at all.")] = None,
    _reader: Reader = None,
) -> None:
    """Write everything that is kept of you as one JSON; `assay reader import` reads it again, on any machine."""
    from assay.reader.transfer import EMPTY

    here = session(context)
    with here.known_shelf() as shelf:
        export = shelf.export() if shelf else EMPTY
    text = export.model_dump_json(indent=2, exclude_defaults=True)
    if out is None:
        here.json(text)
    else:
        words = [counted(len(getattr(export, part)), name) for part, name in _NAMES.items() if getattr(export, part)]
        here.write(out, f"{text}\n", ", ".join(words) or "nothing is kept of you yet")


@reader.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="What `assay reader export` or the site in a browser wrote.")],
    _reader: Reader = None,
    as_json: Json = False,
) -> None:
    """Add what an export has and you have not. Nothing of yours is lost, and importing twice changes nothing."""
    from assay.reader.transfer import read_export
    from assay.sources.recordings import read_text

    here = session(context)
    text = read_text(file)
    try:
        export = read_export(text)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error
    with here.shelf() as shelf:
        new = shelf.merge(export)
    if as_json:
        here.json(json.dumps(new))
        return
    words = [counted(count, _NAMES[part]) for part, count in new.items()]
    here.out.print(f"new: {', '.join(words)}" if words else "nothing in it is new", markup=False)


_NAMES = {
    "stars": "star",
    "read": "read paper",
    "hidden": "hidden paper",
    "added": "added paper",
    "tags": "tag",
    "notes": "note",
    "follows": "follow",
    "phrases": "phrase",
    "library": "work",
    "seen": "seen paper",
    "sent": "delivery",
}
