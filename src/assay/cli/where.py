"""``assay where``: the files that belong to a paper of the catalogue."""

from typing import Annotated

import typer

from assay.cli import Json, app, session


@app.command()
def where(
    context: typer.Context,
    paper: Annotated[str, typer.Argument(help="An arXiv id, any link to it, or a short name.")],
    as_json: Json = False,
) -> None:
    """Print which files belong to a paper, and which of them exist."""
    import json

    from assay.papers.catalogue import FOLDER, find

    entry = find(paper)
    if entry is None:
        raise ValueError(f"{paper!r} is not in the catalogue")
    here = session(context)
    package = FOLDER.parent
    root = package.parent.parent
    files = {
        "catalogue": FOLDER / str(entry.listing.day) / f"{entry.id}.toml",
        "method": package / "methods" / entry.room / f"{entry.name}.py",
        "trial": package / "trials" / entry.room / f"{entry.name}.py",
        "test": root / "tests" / "methods" / entry.room / f"test_{entry.name}.py",
    }
    if as_json:
        here.json(json.dumps({kind: {"path": str(path), "exists": path.exists()} for kind, path in files.items()}))
        return
    for kind, path in files.items():
        here.out.print(f"{kind:<10} {path}{'' if path.exists() else '  (not yet)'}", markup=False, soft_wrap=True)
