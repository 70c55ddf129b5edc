"""Backups: whole or not at all, the same from every kind of database, checked byte by byte, and back."""

import json
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.postgres import Server
from tests.store.lakes import PAPERS, SEARCHES, fill

from assay.papers.models import Paper
from assay.store import open_store
from assay.store.backup import MANIFEST, Manifest, Origin, check_backup, unpack_backup, write_backup
from assay.store.copying import copy
from assay.store.holdings import ARCHIVE
from assay.store.restoring import Restored, restore_backup

SAVER = Path(__file__).parent / "saver.py"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    file = tmp_path / "from/assay.db"
    file.parent.mkdir()
    with open_store(file) as store:
        fill(store)
    return file


def save(archive: str | Path, out: Path, **files: bytes) -> Manifest:
    return write_backup(out, [Origin(ARCHIVE, archive)], dict(files))


def restore(file: Path, home: Path, where: str | Path | None = None) -> Restored:
    place = {"archive": where or home / "assay.db"}
    return restore_backup(file, home, [ARCHIVE], place, lambda name: home / name)


def searched(where: str | Path) -> list[list[str]]:
    with open_store(where) as store:
        return [[hit.id for hit in store.search(query)] for query in SEARCHES]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_backup_holds_the_same_whatever_the_archive_is_in(archive: Path, tmp_path: Path, postgres: Server) -> None:
    server = postgres.url(postgres.new_database())
    copy(archive, server, ARCHIVE)
    first, second = save(archive, tmp_path / "0.zip"), save(server, tmp_path / "1.zip")
    assert first.databases[0].tables == second.databases[0].tables
    assert min(contents.rows for contents in first.databases[0].tables.values()) > 0
    for number in (0, 1):
        for kind, where in (("file", None), ("server", postgres.url(postgres.new_database()))):
            home = tmp_path / f"{kind}-{number}"
            restored = restore(tmp_path / f"{number}.zip", home, where)
            assert restored.databases[0].rows["papers"] == 3
            assert searched(where or home / "assay.db") == searched(archive)
            assert names(home) == ([] if where else ["assay.db"])


def test_a_backup_is_of_one_moment_while_others_write(archive: Path, tmp_path: Path) -> None:
    def write(_done: int, _total: int) -> None:
        with open_store(archive) as store:
            store.add(source="arxiv", papers=[Paper(id="9909.00001", title="One More")])

    with open_store(archive):  # a reader is there all the while
        manifest = write_backup(tmp_path / "b.zip", [Origin(ARCHIVE, archive)], {}, progress=write)
    assert check_backup(tmp_path / "b.zip") == manifest
    assert manifest.databases[0].tables["papers"].rows == 4  # it came before the first look


def test_files_come_along_and_are_restored(archive: Path, tmp_path: Path) -> None:
    save(archive, tmp_path / "b.zip", **{"watch.json": b"{}", "answers/x/1.json": "답".encode()})
    home = tmp_path / "home"
    home.mkdir()
    (home / "watch.json").write_text("mine")
    restored = restore(tmp_path / "b.zip", home)
    assert (restored.files, restored.kept) == (("answers/x/1.json",), ("watch.json",))
    assert (home / "watch.json").read_text() == "mine"
    assert (home / "answers/x/1.json").read_text(encoding="utf-8") == "답"


def test_nothing_is_overwritten(archive: Path, tmp_path: Path, postgres: Server) -> None:
    save(archive, tmp_path / "b.zip")
    before = archive.read_bytes()
    with pytest.raises(ValueError, match=r"assay\.db is there already: restore into an empty home"):
        restore(tmp_path / "b.zip", archive.parent)
    assert archive.read_bytes() == before
    server = postgres.url(postgres.new_database())
    with open_store(server) as store:
        store.add(source="arxiv", papers=[PAPERS[0]])
    with pytest.raises(ValueError, match="holds something already: restore into an empty database"):
        restore(tmp_path / "b.zip", tmp_path / "home", server)
    assert not (tmp_path / "home").exists()
    with pytest.raises(ValueError, match=r"assay\.db is there already and is no backup: give another name"):
        save(archive, archive)
    assert archive.read_bytes() == before
    save(archive, tmp_path / "b.zip")  # an older backup may be replaced


@pytest.mark.parametrize("place", [60, 0.3, 0.6, -30])
def test_a_changed_or_shortened_backup_is_noticed(archive: Path, tmp_path: Path, place: float) -> None:
    file = tmp_path / "b.zip"
    save(archive, file, note=b"a note " * 1000)
    data = bytearray(file.read_bytes())
    at = int(place if isinstance(place, int) else place * len(data)) % len(data)
    (tmp_path / "short.zip").write_bytes(data[:at])
    data[at] ^= 0x55
    (tmp_path / "changed.zip").write_bytes(data)
    for name in ("short.zip", "changed.zip"):
        for act in (check_backup, lambda bad: restore(bad, tmp_path / "home")):
            with pytest.raises(ValueError, match=f"{name} is (no whole backup|damaged|no backup)"):
                act(tmp_path / name)
    assert not (tmp_path / "home/assay.db").exists()
    assert check_backup(file).files[0].name == "note"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"version": 2}, "a newer Assay may have written it"),
        ({"files": [{"name": "../x", "bytes": 1, "sha256": "0"}]}, "is damaged: '../x' is no name of a file in it"),
        ({"databases": []}, "archive.db is in it, and not in its manifest"),
    ],
)
def test_a_manifest_is_not_trusted(archive: Path, tmp_path: Path, change: dict[str, object], told: str) -> None:
    save(archive, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as old, zipfile.ZipFile(tmp_path / "new.zip", "w") as new:
        manifest = json.loads(old.read(MANIFEST)) | change
        new.writestr("archive.db", old.read("archive.db"))
        new.writestr(MANIFEST, json.dumps(manifest))
    with pytest.raises(ValueError, match=told):
        check_backup(tmp_path / "new.zip")


def test_a_backup_of_a_newer_edition_is_refused(archive: Path, tmp_path: Path) -> None:
    manifest = save(archive, tmp_path / "b.zip")
    newer = manifest.databases[0].model_copy(update={"edition": "0099-wonders"})
    with zipfile.ZipFile(tmp_path / "b.zip") as old, zipfile.ZipFile(tmp_path / "new.zip", "w") as new:
        new.writestr("archive.db", old.read("archive.db"))
        new.writestr(MANIFEST, manifest.model_copy(update={"databases": (newer,)}).model_dump_json())
    with pytest.raises(ValueError, match=r"new\.zip was written by a newer Assay \(its archive is of 0099-wonders\)"):
        restore(tmp_path / "new.zip", tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no zip")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("a", "b")
    for name, told in (
        ("none.zip", "no backup at"),
        ("notes.txt", "is no whole backup: File is not a zip file"),
        ("other.zip", "is no backup: it has no manifest.json"),
    ):
        with pytest.raises(ValueError, match=told):
            check_backup(tmp_path / name)


def test_a_damaged_archive_is_not_saved(archive: Path, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    for part in (0.3, 0.6, 0.9):
        archive.write_bytes(whole[: int(part * len(whole))])
        with pytest.raises(ValueError, match="database disk image is malformed"):
            save(archive, tmp_path / "to/b.zip")
    assert names(tmp_path / "to") == []


@pytest.mark.slow
@pytest.mark.parametrize("what", ["save", "restore"])
def test_killed_at_any_step_nothing_half_is_taken_for_whole(archive: Path, tmp_path: Path, what: str) -> None:
    """Killed before it makes, writes, renames or removes a file, at some of these; then it is done again."""
    folder, home = tmp_path / "to", tmp_path / "home"
    if what == "restore":
        save(archive, folder / "b.zip", note=b"a note")
    step = 1
    while True:
        command = [sys.executable, str(SAVER), what, str(archive), str(folder / "b.zip"), str(home), str(step)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout is not None
        line = process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        told = process.communicate()[1]
        if line == "done\n":
            break
        if "is there already" in told:  # the one before was killed when all was in its place
            assert what == "restore"
            break
        assert line == "still\n", told
        if what == "save":
            if (folder / "b.zip").exists():
                check_backup(folder / "b.zip")
        elif (home / "assay.db").exists():
            assert searched(home / "assay.db") == searched(archive)
        step += 4
    assert step > 12
    if what == "restore":
        assert [name for name in names(home) if not name.startswith(".assay-restore")] == ["assay.db", "note"]
        assert not (home / ".assay-restored").exists()
    else:
        assert names(folder) == ["b.zip"]
        assert check_backup(folder / "b.zip").databases[0].tables["papers"].rows == 3


def test_two_backups_into_one_folder_wait_for_nothing(archive: Path, tmp_path: Path) -> None:
    """The second is refused in words."""
    told: list[str] = []

    def again(_done: int, _total: int) -> None:
        if not told:
            with pytest.raises(ValueError, match="another backup is being written there") as error:
                save(archive, tmp_path / "to/c.zip")
            told.append(str(error.value))

    write_backup(tmp_path / "to/b.zip", [Origin(ARCHIVE, archive)], {}, progress=again)
    assert told
    assert names(tmp_path / "to") == ["b.zip"]


def test_unpacking_needs_an_empty_folder(archive: Path, tmp_path: Path) -> None:
    save(archive, tmp_path / "b.zip")
    unpack_backup(tmp_path / "b.zip", tmp_path / "there", [ARCHIVE])
    with pytest.raises(ValueError, match=r"cannot write to .*there: File exists"):
        unpack_backup(tmp_path / "b.zip", tmp_path / "there", [ARCHIVE])
