"""Backups: one zip file with databases as they were at one moment, other files, and a manifest with hashes of all.

The databases in it are SQLite files, whatever engine they come from, so that they can be restored into any. A backup is
written beside its place and checked before it gets its name: a file of that name is whole.
"""

import os
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO, Literal, NamedTuple

from filelock import FileLock, Timeout
from pydantic import AwareDatetime, ValidationError

from assay import __version__
from assay.papers.models import Noun
from assay.store.contents import Contents, read_contents
from assay.store.copying import copy
from assay.store.database import open_engine, place_of, reading
from assay.store.holdings import Holding, open_existing
from assay.store.migrations import migrate

MANIFEST = "manifest.json"
_CHUNK = 1 << 20

Progress = Callable[[int, int], None]
"""Takes how much is done, of how much."""


class SavedFile(Noun):
    """A file in a backup."""

    name: str
    bytes: int
    sha256: str


class SavedDatabase(SavedFile):
    """A database in a backup, an SQLite file."""

    holds: str
    """``archive``, ``readers`` or ``vectors``."""
    edition: str
    """The last step that its tables went through."""
    tables: dict[str, Contents]


class Manifest(Noun):
    """What is in a backup."""

    assay: Literal["backup"] = "backup"
    version: Literal[1] = 1
    written_by: str
    """The version of Assay."""
    taken_at: AwareDatetime
    databases: tuple[SavedDatabase, ...]
    files: tuple[SavedFile, ...] = ()
    left_out: tuple[str, ...] = ()
    """Settings that are secrets, and were not asked for."""


class BackupReport(Noun):
    """A backup that was taken or checked."""

    file: str
    bytes: int
    manifest: Manifest
    removed: tuple[str, ...] = ()
    """Older backups that were removed."""


class Origin(NamedTuple):
    """A database to be saved."""

    holding: Holding
    where: str | Path


def write_backup(
    out: Path,
    databases: Sequence[Origin],
    files: Mapping[str, Path | bytes],
    *,
    left_out: Sequence[str] = (),
    progress: Progress = lambda *_: None,
) -> Manifest:
    """Write a backup, whole or not at all. Others may write to the databases meanwhile.

    Args:
        out: the zip file; an older backup of that name is replaced.
        databases: what to save; they are not changed. In the backup they are of today's edition.
        files: other files by their names in the backup.
        left_out: names of settings that are missing from it on purpose.
        progress: is told how many of the databases and files are done.

    Raises:
        ValueError: if a database cannot be read, the file cannot be written, or what stands there is no backup.
    """
    if out.exists() and not (out.is_file() and _is_backup(out)):
        raise ValueError(f"{out} is there already and is no backup: give another name")
    with alone(out.parent, ".assay-backup", "another backup is being written there") as folder:
        folder.mkdir(0o700)
        saved = []
        total = 2 * len(databases) + len(files)
        for done, origin in enumerate(databases):
            progress(done, total)
            saved.append(_save(origin, folder / f"{origin.holding.name}.db"))
        entries: dict[str, Path | bytes] = {each.name: folder / each.name for each in saved}
        entries |= files
        whole = folder / "backup.zip"
        with zipfile.ZipFile(whole, "x", zipfile.ZIP_DEFLATED) as archive:
            written = []
            for done, (name, content) in enumerate(entries.items(), len(saved)):
                progress(done, total)
                written.append(_add(archive, name, content))
            manifest = Manifest(
                written_by=__version__,
                taken_at=datetime.now(UTC),
                databases=tuple(saved),
                files=tuple(written[len(saved) :]),
                left_out=tuple(left_out),
            )
            archive.writestr(MANIFEST, manifest.model_dump_json(indent=2) + "\n")
        with whole.open("rb") as file:
            os.fsync(file.fileno())
        check_backup(whole)
        whole.chmod(0o600)
        whole.replace(out)
    progress(total, total)
    return manifest


def check_backup(file: Path) -> Manifest:
    """Read a backup through and hold every byte against its manifest. Returns the manifest.

    Raises:
        ValueError: if it is no backup, is damaged, or was written by a newer Assay.
    """
    with _opened(file) as archive:
        manifest = _manifest(archive, file)
        saved = {each.name: each for each in (*manifest.databases, *manifest.files)}
        if extra := set(archive.namelist()) - {*saved, MANIFEST}:
            raise ValueError(f"{file} is damaged: {min(extra)} is in it, and not in its manifest")
        for each in saved.values():
            _extract(archive, each, None, file)
    return manifest


def read_manifest(file: Path) -> Manifest:
    """What a backup says is in it; nothing else is read.

    Raises:
        ValueError: as in `check_backup`.
    """
    with _opened(file) as archive:
        return _manifest(archive, file)


def unpack_backup(file: Path, folder: Path, holdings: Sequence[Holding]) -> Manifest:
    """Unpack a backup into a new folder, each byte checked, its databases brought up to date.

    Raises:
        ValueError: as in `check_backup`, or if there is no room.
    """
    with _opened(file) as archive, _in_words(folder):
        manifest = _manifest(archive, file)
        folder.mkdir(0o700)
        for each in (*manifest.databases, *manifest.files):
            path = folder / each.name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as out:
                _extract(archive, each, out, file)
                out.flush()
                os.fsync(out.fileno())
        by_name = {holding.name: holding for holding in holdings}
        for database in manifest.databases:
            _bring_up_to_date(folder / database.name, by_name[database.holds], database)
    return manifest


@contextmanager
def alone(folder: Path, name: str, why: str) -> Iterator[Path]:
    """Keep other processes out, and give a place for a hidden folder; what a killed one left there is removed.

    Raises:
        ValueError: if another process has it, or it cannot be written.
    """
    with _in_words(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"{name}.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise ValueError(f"{folder}: {why}") from None
        place = folder / name
        try:
            shutil.rmtree(place, ignore_errors=True)
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)
            lock.release()
            Path(lock.lock_file).unlink(missing_ok=True)


@contextmanager
def _in_words(folder: Path) -> Iterator[None]:
    """Say where it was that a file could not be written."""
    try:
        yield
    except OSError as error:
        raise ValueError(f"cannot write to {error.filename or folder}: {error.strerror or error}") from error


def _save(origin: Origin, file: Path) -> SavedDatabase:
    """Save a database as an SQLite file."""
    holding = origin.holding
    found = open_existing(origin.where, holding, bring_up_to_date=False)
    try:
        if found.engine.dialect.name == "sqlite":
            connection = found.engine.raw_connection()
            try:
                connection.cursor().execute("VACUUM INTO ?", (str(file),))
            except sqlite3.DatabaseError as error:
                raise ValueError(f"cannot save {place_of(found.engine)}: {error}") from error
            finally:
                connection.close()
        else:
            copy(origin.where, file, holding, is_moving=False)
    finally:
        found.engine.dispose()
    engine = open_engine(file)
    try:
        migrate(engine, holding.steps)  # the copy, not the origin
        with reading(engine) as read:
            tables = read_contents(read, holding.tables)
    finally:
        engine.dispose()
    with file.open("rb") as content:
        size, digest = _measure(content)
    return SavedDatabase(
        name=file.name, bytes=size, sha256=digest, holds=holding.name, edition=holding.edition, tables=tables
    )


def _add(archive: zipfile.ZipFile, name: str, content: Path | bytes) -> SavedFile:
    if isinstance(content, Path) and content.suffix == ".db":
        archive.write(content, name)
        with content.open("rb") as file:
            size, digest = _measure(file)
        return SavedFile(name=name, bytes=size, sha256=digest)
    if isinstance(content, Path):
        content = content.read_bytes()  # a small file, which others may write anew
    archive.writestr(name, content)
    return SavedFile(name=name, bytes=len(content), sha256=sha256(content).hexdigest())


def _measure(file: IO[bytes]) -> tuple[int, str]:
    digest, size = sha256(), 0
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return size, digest.hexdigest()


def _is_backup(file: Path) -> bool:
    try:
        read_manifest(file)
    except ValueError:
        return False
    return True


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    if not file.is_file():
        raise ValueError(f"no backup at {file}")
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError) as error:
        raise ValueError(f"{file} is no whole backup: {' '.join(str(error).split())}") from error


def _manifest(archive: zipfile.ZipFile, file: Path) -> Manifest:
    if MANIFEST not in archive.namelist():
        raise ValueError(f"{file} is no backup: it has no {MANIFEST}")
    try:
        manifest = Manifest.model_validate_json(archive.read(MANIFEST))
    except ValidationError as error:
        raise ValueError(f"{file}: its {MANIFEST} cannot be read; a newer Assay may have written it") from error
    for each in (*manifest.databases, *manifest.files):
        parts = PurePosixPath(each.name).parts
        if not parts or ".." in parts or parts[0] == "/" or "\\" in each.name or ":" in each.name:
            raise ValueError(f"{file} is damaged: {each.name!r} is no name of a file in it")
    return manifest


def _extract(archive: zipfile.ZipFile, saved: SavedFile, out: IO[bytes] | None, file: Path) -> None:
    """Read a file of a backup through, and write it where that is wanted."""
    digest, size = sha256(), 0
    with archive.open(saved.name) as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            if out is not None:
                out.write(chunk)
    if (size, digest.hexdigest()) != (saved.bytes, saved.sha256):
        raise ValueError(f"{file} is damaged: {saved.name} is not what its manifest says")


def _bring_up_to_date(path: Path, holding: Holding, saved: SavedDatabase) -> None:
    found = open_existing(path, holding)
    try:
        with reading(found.engine) as connection:
            if found.edition == holding.edition and read_contents(connection, holding.tables) != saved.tables:
                raise ValueError(f"{saved.name} does not hold what the manifest says")
    finally:
        found.engine.dispose()
