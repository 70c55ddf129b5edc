"""Backups and copies by command: what is in them, what is not, and what a fault looks like."""

import json
import os
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import pytest

from assay.cli.backup import _rotate
from assay.cli.schemas import schemas
from assay.cli.secrets import without_secrets
from tests.cli.conftest import Done, Run, environment_of
from tests.postgres import Server

SETTINGS = """\
# mine
languages = ["en", "ko"]
database = ""
smtp_password = "swordfish-1"  # of the post office
model_key = 'sk-swordfish-2'
zotero_key = ""

[chat]
team = "slack://swordfish-3"

[token]
"anna" = "swordfish-4"
"""


@pytest.fixture
def kept(assay: Run, home: Path) -> Path:
    """A home with an archive, stars, settings with secrets, a glossary and answers."""
    home.mkdir()
    (home / "config.toml").write_text(SETTINGS)
    (home / "glossary").mkdir()
    (home / "glossary/ko.toml").write_text('[terms]\n"attention" = "주의"\n', encoding="utf-8")
    (home / "answers/ab").mkdir(parents=True)
    (home / "answers/ab/1.json").write_text("{}")
    assert assay("star", "2502.18137").code == 0
    assert assay("note", "2502.18137", "Try it on the long prompts.").code == 0
    return home


def test_all_that_cannot_be_made_anew_is_saved_and_restored(assay: Run, kept: Path, tmp_path: Path) -> None:
    done = assay("backup", "b.zip")
    assert done.code == 0, done.err
    assert done.out.startswith("b.zip: 80 papers, things of 1 reader, 3 other files, ")
    assert "without chat.team, model_key, smtp_password, token.anna: `--secrets` takes them along" in done.out
    assert (tmp_path / "b.zip").stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert not [name for name in archive.namelist() if b"swordfish" in archive.read(name)]
        assert b'languages = ["en", "ko"]' in archive.read("config.toml")
    there = assay("restore", "b.zip", "--to", tmp_path / "new")
    assert there.code == 0, there.err
    assert "files: config.toml, 1 of glossary, 1 of answers" in there.out
    new = tmp_path / "new"
    assert (new / "glossary/ko.toml").read_bytes() == (kept / "glossary/ko.toml").read_bytes()
    for command in (("mine", "--json"), ("doctor", "--json"), ("search", "sparse attention", "--json")):
        here = json.loads(assay(*command).out)
        copied = json.loads(assay("--home", new, *command).out)
        if command[0] == "doctor":
            here["home"] = copied["home"]
        assert copied == here
    again = assay("restore", "b.zip", "--to", new)
    assert (again.code, again.out) == (2, "")
    assert again.err == "assay: TMP/new/assay.db is there already: restore into an empty home, nothing is overwritten\n"


def test_secrets_come_along_when_they_are_asked_for(assay: Run, kept: Path, tmp_path: Path) -> None:
    done = assay("backup", "b.zip", "--secrets")
    assert "without" not in done.out
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert archive.read("config.toml") == (kept / "config.toml").read_bytes()


@pytest.mark.parametrize(
    ("text", "left", "names"),
    [
        ('reader = "jo"\n', 'reader = "jo"\n', []),
        ('token.jo = "geheim-1"\nreader = "jo"\n', '# token.jo: left out of the backup\nreader = "jo"\n', ["token.jo"]),
        (
            'database = "postgresql://jo:geheim-1@host/papers"\n',
            'database = "postgresql://jo@host/papers"\n',
            ["database (its password)"],
        ),
        (
            'database = "postgresql://jo@host/papers?password=geheim-1&sslmode=require"\n',
            'database = "postgresql://jo@host/papers?sslmode=require"\n',
            ["database (its password)"],
        ),
        ('"model_key"="geheim-1"\n', "# model_key: left out of the backup\n", ["model_key"]),
    ],
)
def test_a_settings_file_loses_its_secrets_and_nothing_else(text: str, left: str, names: list[str]) -> None:
    assert without_secrets(text) == (left, names)


@pytest.mark.parametrize(
    "text",
    [
        'chat = { team = "geheim-1", reader = "x" }\nmodel_key = """\ngeheim-2"""\n',
        'contact = "geheim-1"\nmodel_key = "geheim-1"\n',
    ],
)
def test_secrets_that_cannot_be_told_apart_keep_the_whole_file_out(
    assay: Run, home: Path, tmp_path: Path, text: str
) -> None:
    with pytest.raises(ValueError, match="cannot be left out line by line"):
        without_secrets(text)
    home.mkdir()
    assert assay("doctor").code == 0
    (home / "config.toml").write_text(text)
    done = assay("backup", "b.zip")
    assert done.code == 0, done.err
    assert "config.toml: its secrets cannot be left out line by line, so that it is not in the backup" in done.err
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert "config.toml" not in archive.namelist()


def test_a_folder_keeps_the_latest(assay: Run, kept: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    for name in ("assay-20991201T000000Z.zip", "assay-19991201T000000Z.zip", "assay-1999.zip", "notes.txt"):
        (folder / name).write_text("another's")
    done = assay("backup", folder, "--keep", "2")
    assert done.code == 0, done.err
    assert done.out.endswith("removed TMP/backups/assay-19991201T000000Z.zip\n")
    assert len(list(folder.iterdir())) == 4
    newest = folder / "assay-20991202T000000Z.zip"
    newest.touch()
    assert len(_rotate(newest, 1)) == 2
    assert sorted(path.name for path in folder.iterdir()) == ["assay-1999.zip", newest.name, "notes.txt"]


def test_what_is_printed_as_json_has_its_schema(assay: Run, kept: Path, tmp_path: Path) -> None:
    for name, command in (
        ("backup", ("backup", "b.zip", "--json")),
        ("backup", ("backup", "b.zip", "--check", "--json")),
        ("restore", ("restore", "b.zip", "--to", "there", "--json")),
        ("store-info", ("store", "info", "--json")),
        ("store-copy", ("store", "copy", str(kept), "copy", "--json")),
    ):
        done = assay(*command)
        assert done.code == 0, done.err
        jsonschema.validate(json.loads(done.out), json.loads(schemas()[f"{name}.json"]))


def test_a_home_moves_to_a_server_and_back(assay: Run, kept: Path, tmp_path: Path, postgres: Server) -> None:
    url = postgres.url(postgres.new_database())
    there = assay("store", "copy", kept, url)
    assert there.code == 0, there.err
    assert "searches found the same papers" in there.out
    marked = assay("mine", "--json")
    starred = assay("mine", "--json", ASSAY_DATABASE=url)
    assert json.loads(starred.out) == json.loads(marked.out) != []
    saved = assay("backup", "server.zip", ASSAY_DATABASE=url)
    assert "80 papers, things of 1 reader" in saved.out
    back = json.loads(assay("store", "copy", url, "back", "--json").out)
    forth = json.loads(assay("store", "copy", kept, "back", "--json").out)  # which is there already
    assert [copied["tables"]["papers"]["hash"] for copied in back["copies"][:1]] == [
        copied["tables"]["papers"]["hash"] for copied in forth["copies"][:1]
    ]
    assert {table["written"] for copied in forth["copies"] for table in copied["tables"].values()} == {0}
    file = assay("store", "copy", kept, "only.db")
    assert f"readers of {kept} stay where they are: a single file has no place for them" in file.err.replace(
        "TMP", str(tmp_path)
    )


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("store", "copy", "nowhere", "there"), "no archive at nowhere"),
        (("store", "copy", "nowhere.db", "there.db"), "no archive at nowhere.db"),
        (("store", "copy", "mysql://a:b@c/d", "there.db"), "cannot store in 'mysql'; known are: sqlite, postgresql"),
        (("backup", "b.zip"), "there is no archive to save in TMP/home yet"),
        (("backup", "b.zip", "--keep", "3"), "--keep needs a folder of backups, not a file"),
        (("backup", "b.zip", "--check"), "no backup at b.zip"),
        (("backup", ".", "--check"), "no backup in ."),
        (("restore", "b.zip"), "no backup at b.zip"),
        (("store", "info"), "no archive at TMP/home/assay.db"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_mistake_gets_one_line(assay: Run, home: Path, command: tuple[str, ...], told: str) -> None:
    done = assay(*command)
    assert (done.code, done.out, done.err) == (2, "", f"assay: {told}\n")
    assert not home.exists()


@pytest.mark.parametrize(
    "command", [("backup", "full.zip"), ("store", "copy", "home", "there"), ("restore", "b.zip", "--to", "there")]
)
def test_a_full_disk_leaves_nothing_that_looks_whole(
    assay: Run, kept: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """In a process that may write no file beyond 300 kB."""
    assert assay("backup", "b.zip").code == 0
    done = _with_little_room(kept, tmp_path, *command)
    assert done.code == 2
    assert done.out == ""
    assert done.err.startswith("assay: cannot ")
    assert done.err.count("\n") == 1
    assert not (tmp_path / "full.zip").exists()
    if (tmp_path / "there/assay.db").exists():
        refused = assay("--home", tmp_path / "there", "search", "attention")
        assert (refused.code, "is an unfinished copy" in refused.err) == (2, True)
    again = assay(*command)
    assert again.code == 0, again.err


def _with_little_room(home: Path, folder: Path, *command: str) -> Done:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    done = subprocess.run(
        [sys.executable, "-m", "assay", *command],
        check=False,
        cwd=folder,
        env=environment_of(home, folder) | {"PYTHONPATH": os.pathsep.join(sys.path)},
        preexec_fn=limit,
        capture_output=True,
        text=True,
    )
    return Done(done.returncode, done.stdout, done.stderr)
