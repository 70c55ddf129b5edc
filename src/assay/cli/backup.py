"""``assay backup`` and ``assay restore``: one file with everything that cannot be made anew, and back from it."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Json, Session, app, session
from assay.cli.places import Places, places_of, places_of_settings
from assay.papers.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.store.backup import Manifest

_DATED = re.compile(r"assay-\d{8}T\d{6}Z\.zip")


@app.command()
def backup(
    context: typer.Context,
    where: Annotated[Path, typer.Argument(help="A file, or a folder for files with the time in their names.")],
    keep: Annotated[
        int | None, typer.Option(min=1, help="In a folder: remove the oldest backups beyond so many.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Take none: read a backup, or the latest in a folder, byte for byte.")
    ] = False,
    secrets: Annotated[
        bool, typer.Option("--secrets", help="With passwords, keys and tokens from the settings file.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Save the archive, the readers' things and the settings as one file, while others read and write.

    It is the same file whether the archive is in SQLite or PostgreSQL; `assay restore` puts it into either. In it are
    what cannot be made anew: the archive, stars, notes and follows, answers of models that were paid for, settings
    without secrets, glossaries. It is checked before it gets its name; killed in between, it is not there.
    """
    from assay.store.backup import check_backup

    here = session(context)
    if check:
        file = _latest(where) if where.is_dir() else where
        manifest, removed = check_backup(file), []
    else:
        if keep is not None and where.suffix == ".zip":
            raise ValueError("--keep needs a folder of backups, not a file")
        is_folder = where.is_dir() or keep is not None or not where.suffix
        file = where / f"assay-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.zip" if is_folder else where
        manifest = _save(here, file, with_secrets=secrets)
        removed = _rotate(file, keep) if keep is not None else []
    if as_json:
        from assay.store.backup import BackupReport

        report = BackupReport(
            file=str(file), bytes=file.stat().st_size, manifest=manifest, removed=tuple(map(str, removed))
        )
        here.json(report.model_dump_json())
        return
    here.out.print(f"{file}: {_summary(manifest)}, {file.stat().st_size / 1e6:,.1f} MB", markup=False, soft_wrap=True)
    if check:
        by = f"Assay {manifest.written_by}, at {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC"
        here.out.print(f"whole, every byte as it was written by {by}", markup=False, soft_wrap=True)
    if manifest.left_out:
        why = "`--secrets` takes them along" if not check else "they were not asked for"
        here.out.print(f"without {', '.join(manifest.left_out)}: {why}", markup=False, soft_wrap=True)
    for old in removed:
        here.out.print(f"removed {old}", markup=False, soft_wrap=True)


@app.command()
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A backup.")],
    to: Annotated[
        str | None, typer.Option(help="Another home folder, an SQLite file or a database URL, instead of this home.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Put a backup into an empty home, or an archive into an empty database. Nothing is ever overwritten.

    The archive goes where the setting `database` says, else into the home folder. Settings and glossaries that are
    there already stay. A backup of an older Assay is brought up to date on the way.
    """
    from assay.cli.progress import bar
    from assay.reader.holdings import READERS
    from assay.store.holdings import ARCHIVE
    from assay.store.restoring import restore_backup

    here = session(context)
    places, room, place = _targets(here, to)
    databases = {holding.name: where for holding, where in places.known()}
    with bar(here, "restore") as progress:
        restored = restore_backup(file, room, [ARCHIVE, READERS], databases, place, progress)
    if as_json:
        here.json(restored.model_dump_json())
        return
    for each in restored.databases:
        rows = ", ".join(f"{count:,} {name}" for name, count in each.rows.items() if count)
        here.out.print(f"{each.holds}: {each.where}: {rows or 'nothing in it'}", markup=False, soft_wrap=True)
    if restored.files:
        here.out.print(f"files: {_names(restored.files)}", markup=False, soft_wrap=True)
    if restored.kept:
        here.out.print(f"there already, and left alone: {_names(restored.kept)}", markup=False, soft_wrap=True)
    if restored.left:
        here.say(f"not restored, for want of a place: {_names(restored.left)}; `--to` a home folder takes all")


def _save(here: Session, file: Path, *, with_secrets: bool) -> "Manifest":
    from assay.cli.progress import bar
    from assay.reader.holdings import VECTORS
    from assay.store.backup import Origin, write_backup
    from assay.store.holdings import ARCHIVE, is_stored

    places = places_of_settings(here.settings)
    if not is_stored(places.archive, ARCHIVE):
        raise ValueError(f"there is no archive to save in {here.settings.home} yet")
    # Vectors can be made anew by `assay embed`.
    databases = [Origin(holding, where) for holding, where in places.stored() if holding is not VECTORS]
    files, left_out = _files(here, with_secrets=with_secrets)
    with bar(here, "backup") as progress:
        return write_backup(file, databases, files, left_out=left_out, progress=progress)


def _files(here: Session, *, with_secrets: bool) -> tuple[dict[str, Path | bytes], list[str]]:
    """The files that go into a backup, by their names there, and the secrets that were left out of them."""
    from assay.cli.secrets import without_secrets
    from assay.cli.settings import settings_file

    settings = here.settings
    files: dict[str, Path | bytes] = {}
    left_out: list[str] = []
    file = settings_file(here.home)
    if file.is_file():
        text = file.read_text(encoding="utf-8-sig")
        try:
            text, left_out = (text, []) if with_secrets else without_secrets(text)
            files["config.toml"] = text.encode()
        except ValueError as error:
            here.say(f"{file}: {error}, so that it is not in the backup; `--secrets` takes it along as it is")
            left_out = ["all of config.toml"]
    files |= {f"glossary/{path.name}": path for path in sorted(settings.glossary.glob("*.toml"))}
    if (settings.home / "watch.json").is_file():
        files["watch.json"] = settings.home / "watch.json"
    answers = settings.home / "answers"
    names = (path.relative_to(settings.home) for path in sorted(answers.rglob("*")) if path.is_file())
    files |= {name.as_posix(): settings.home / name for name in names if not name.name.startswith(".")}
    return files, left_out


def _targets(here: Session, to: str | None) -> "tuple[Places, Path, Callable[[str], Path | None]]":
    """Where databases go, where there is room to unpack, and where each file goes."""
    from assay.cli.settings import settings_file

    if to is None:
        settings = here.settings
        places, room, config, glossary = (
            places_of_settings(settings),
            settings.home,
            settings_file(here.home),
            settings.glossary,
        )
    else:
        places = places_of(to)
        if not places.is_home:
            file = Path(places.archive) if "://" not in str(places.archive) else None
            return places, file.parent if file else here.settings.home, lambda _name: None
        room = Path(to).expanduser()
        config, glossary = room / "config.toml", room / "glossary"

    def place(name: str) -> Path | None:
        first, _, rest = name.partition("/")
        if first == "glossary":
            return glossary / rest
        return config if name == "config.toml" else room / name

    return places, room, place


def _latest(folder: Path) -> Path:
    backups = _backups(folder)
    if not backups:
        raise ValueError(f"no backup in {folder}")
    return backups[-1]


def _backups(folder: Path) -> list[Path]:
    """The backups in a folder that have their time in the name, the oldest first."""
    return sorted(path for path in folder.iterdir() if _DATED.fullmatch(path.name))


def _rotate(newest: Path, keep: int) -> list[Path]:
    """Remove the oldest backups of a folder beyond so many; the newest stays in any case."""
    old = [path for path in _backups(newest.parent) if path != newest]
    removed = old[: max(0, len(old) + 1 - keep)]
    for path in removed:
        path.unlink()
    return removed


def _summary(manifest: "Manifest") -> str:
    pieces = []
    for database in manifest.databases:
        if database.holds == "archive":
            pieces.append(counted(database.tables["papers"].rows, "paper"))
        else:
            pieces.append(f"things of {counted(database.tables['readers'].rows, 'reader')}")
    if manifest.files:
        pieces.append(counted(len(manifest.files), "other file"))
    return ", ".join(pieces)


def _names(names: tuple[str, ...]) -> str:
    """Names in a line; of a folder with many, their number."""
    folders = [name.partition("/")[0] for name in names if "/" in name]
    many = {folder: folders.count(folder) for folder in dict.fromkeys(folders)}
    return ", ".join([name for name in names if "/" not in name] + [f"{n} of {folder}" for folder, n in many.items()])
