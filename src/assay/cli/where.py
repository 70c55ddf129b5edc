"""``assay where``: prints the files that belong to a paper of the catalogue."""

from pathlib import Path
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

    from assay.papers.catalogue import FOLDER, entry_of

    entry = entry_of(paper)
    here = session(context)
    package = FOLDER.parent
    root = package.parent.parent
    in_checkout = (root / "pyproject.toml").is_file() and (root / "tests").is_dir()
    files = {
        "catalogue": FOLDER / str(entry.listing.day) / f"{entry.id}.toml",
        "method": module(package / "methods" / entry.room, entry.name),
        "trial": module(package / "trials" / entry.room, entry.name),
        "results": package / "results",
        "test": root / "tests" / "methods" / entry.room / f"test_{entry.name}.py",
        "trial's test": root / "tests" / "trials" / entry.room / f"test_{entry.name}.py",
        "page": root / "docs" / "methods" / f"{entry.name}.md",
    }
    results = sorted(files.pop("results").glob(f"*/{entry.id}.json"))
    files |= {f"result {number}": path for number, path in enumerate(results, 1)}
    only_in_checkout = () if in_checkout else ("test", "trial's test", "page")
    if as_json:
        rows = {
            kind: {"path": None if kind in only_in_checkout else str(path), "exists": path.exists()}
            for kind, path in files.items()
        }
        here.json(json.dumps(rows))
        return
    for kind, path in files.items():
        words = f"{path}{'' if path.exists() else '  (not yet)'}"
        if kind in only_in_checkout:
            words = "in a checkout only: an installed package holds neither tests nor pages"
        here.out.print(f"{kind:<13} {words}", markup=False, soft_wrap=True)


def module(folder: Path, name: str) -> Path:
    """The path of a module of this name, whether it exists or not; for a package, its folder."""
    return folder / name if (folder / name / "__init__.py").is_file() else folder / f"{name}.py"
