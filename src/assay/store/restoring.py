"""Restores backups into empty places: unpacked and checked first, and then put in place, the archive last.

Killed at any moment, nothing that looks whole is half; the same command goes on.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic import AwareDatetime
from sqlalchemy import inspect

from assay.papers.files import write_whole
from assay.papers.models import Noun
from assay.store.backup import MANIFEST, Manifest, Progress, alone, read_manifest, unpack_backup
from assay.store.contents import count_rows
from assay.store.copying import copy
from assay.store.database import as_url, open_engine, place_of, reading
from assay.store.engines import kind_of_url
from assay.store.holdings import Holding, is_stored
from assay.store.syncing import state

Where = str | Path


class RestoredDatabase(Noun):
    """A database that was restored."""

    holds: str
    where: str
    """A path, or an address without its password."""
    rows: dict[str, int]


class Restored(Noun):
    """What a backup was restored to."""

    taken_at: AwareDatetime
    written_by: str
    """The version of Assay that took the backup."""
    databases: tuple[RestoredDatabase, ...]
    files: tuple[str, ...] = ()
    """Other files, by their names in the backup."""
    kept: tuple[str, ...] = ()
    """Files of the backup that were there already, and were left alone."""
    left: tuple[str, ...] = ()
    """What the backup has and there was no place for."""


def restore_backup(
    file: Path,
    room: Path,
    holdings: Sequence[Holding],
    databases: Mapping[str, Where],
    place: Callable[[str], Path | None],
    progress: Progress = lambda *_: None,
) -> Restored:
    """Restore a backup. Nothing that is there is ever overwritten.

    Args:
        file: the backup.
        room: a folder in which it is unpacked at first.
        holdings: what databases may be in it.
        databases: where each goes, by what it holds; the others are left.
        place: where a file of the backup goes; ``None`` for nowhere.
        progress: is told how many of the databases and files are in their places.

    Raises:
        ValueError: if it is no whole backup, if a database holds something, or if something cannot be written.
    """
    manifest = read_manifest(file)
    by_name = {holding.name: holding for holding in holdings}
    for each in manifest.databases:
        if each.holds not in by_name or each.edition not in dict(by_name[each.holds].steps):
            raise ValueError(
                f"{file} was written by a newer Assay (its {each.holds} is of {each.edition}): update Assay"
            )
    wanted = [each for each in reversed(manifest.databases) if each.holds in databases]
    staged = room / ".assay-restored"
    is_going_on = (staged / MANIFEST).is_file()
    if is_going_on and read_staged(staged) != manifest:
        raise ValueError(f"{staged} is what is left of restoring another backup: finish that, or delete it")
    for each in reversed(wanted) if not is_going_on else ():
        _refuse_full(databases[each.holds], by_name[each.holds])
    kept: list[str] = []
    written: list[str] = []
    with alone(room, ".assay-restore", "another backup is being restored there") as folder:
        if not is_going_on:
            unpack_backup(file, folder, holdings)
            write_whole(folder / MANIFEST, manifest.model_dump_json())
            folder.rename(staged)
        total = len(manifest.files) + len(wanted)
        for done, saved in enumerate(manifest.files):
            progress(done, total)
            path = place(saved.name)
            if path is not None:
                (written if _put_file(staged / saved.name, path) else kept).append(saved.name)
        for done, database in enumerate(wanted, len(manifest.files)):
            progress(done, total)
            _put_database(staged / database.name, databases[database.holds], by_name[database.holds])
        staged.rename(folder)  # which is removed; in one step, so that it is all there until it is not
        progress(total, total)
    unplaced = [each.holds for each in manifest.databases if each.holds not in databases]
    unplaced += [each.name for each in manifest.files if place(each.name) is None]
    return Restored(
        taken_at=manifest.taken_at,
        written_by=manifest.written_by,
        databases=tuple(
            RestoredDatabase(
                holds=each.holds,
                where=_words(databases[each.holds]),
                rows={name: contents.rows for name, contents in each.tables.items()},
            )
            for each in reversed(wanted)
        ),
        files=tuple(written),
        kept=tuple(kept),
        left=tuple(unplaced),
    )


def read_staged(folder: Path) -> Manifest:
    """The manifest of a backup that was unpacked and not yet put in place."""
    return Manifest.model_validate_json((folder / MANIFEST).read_bytes())


def _refuse_full(where: Where, holding: Holding) -> None:
    """Refuse a database that holds something.

    Raises:
        ValueError: if it does.
    """
    if as_url(where).get_backend_name() == "sqlite":
        if Path(as_url(where).database or "").exists():
            raise ValueError(f"{_words(where)} is there already: restore into an empty home, nothing is overwritten")
        return
    if not is_stored(where, holding):
        return
    engine = open_engine(where, holding.part)
    try:
        with reading(engine) as connection:
            is_copy = inspect(connection).has_table(state.name)
            if not is_copy and any(count_rows(connection, holding.tables).values()):
                raise ValueError(f"{place_of(engine)} holds something already: restore into an empty database")
    finally:
        engine.dispose()


def _put_file(staged: Path, path: Path) -> bool:
    """Put a file in its place, if that was not done before. Returns whether it is there; another one stays."""
    if not staged.exists():
        return True
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    staged.chmod(0o600)
    try:
        staged.rename(path)
    except OSError:  # on another disk
        write_whole(path, staged.read_bytes())
        path.chmod(0o600)
    return True


def _put_database(staged: Path, where: Where, holding: Holding) -> None:
    """Put a database in its place, if that was not done before."""
    if not staged.exists():
        return
    url = as_url(where)
    path = Path(url.database or "")
    if url.get_backend_name() == "sqlite" and path.parent.resolve() == staged.parent.parent.resolve():
        if path.exists():
            raise ValueError(f"{path} has come to be there meanwhile: nothing is overwritten")
        staged.rename(path)
        return
    copy(staged, where, holding)
    staged.unlink()


def _words(where: Where) -> str:
    url = as_url(where)
    return kind_of_url(url).place(url)
