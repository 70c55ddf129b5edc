"""``assay start``, at a real terminal and without one: what it asks, what it keeps, what it shows."""

import json
import os
import pty
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

from assay.cli.schemas import schemas
from tests.cli.conftest import Done, Run, environment_of
from tests.cli.fixtures import listing

DAY = "2099-12-02"
INTERRUPT = "Ctrl-C"
END_OF_INPUT = "\x04"
"""What Ctrl-D types."""
BIBTEX = """@misc{toy, title={Toy Paper 99902}, author={Example, Ada}, year=2099}
@misc{nobody, author={Nobody}}
"""
Talk = Callable[..., Done]


@pytest.fixture
def archive(assay: Run, tmp_path: Path) -> Run:
    """The command, with a day of twelve papers and a library of a work and a half."""
    (tmp_path / "day.json").write_text(listing(*range(99901, 99913), votes=20))
    (tmp_path / "works.bib").write_text(BIBTEX)
    (tmp_path / "notes.txt").write_text("Remember the milk.")
    assert assay("import", "day.json").code == 0
    return assay


@pytest.fixture
def talk(home: Path, tmp_path: Path) -> Talk:
    """``talk("start", answers=["toys"])``: the command at a terminal, where each answer is typed when it is asked."""

    def run(*arguments: str, answers: Sequence[str], **variables: str) -> Done:
        ours, terminal = pty.openpty()
        command = [sys.executable, "-m", "assay", *arguments]
        environment = environment_of(home, tmp_path) | variables
        with subprocess.Popen(
            command, env=environment, cwd=tmp_path, stdin=terminal, stdout=terminal, stderr=terminal
        ) as process:
            os.close(terminal)
            shown, rest = b"", [*answers]
            while piece := _read(ours):
                shown += piece
                if rest and shown.endswith(b": "):
                    answer = rest.pop(0)
                    if answer == INTERRUPT:
                        process.send_signal(signal.SIGINT)
                        answer = "\n"  # it may not wait for a line yet, and hears of a signal when it has one
                    os.write(ours, answer.encode())
        os.close(ours)
        assert not rest, shown.decode()
        text = shown.decode().replace("\r\n", "\n").replace(str(tmp_path), "TMP")
        return Done(process.returncode, text.replace(str(datetime.now(UTC).date()), "TODAY"), "")

    return run


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end is closed
        return b""


def follows(assay: Run) -> list[tuple[str, float]]:
    return [(each["text"], each["weight"]) for each in json.loads(assay("follow", "--json").out)["phrases"]]


def test_it_asks_and_shows_a_day(archive: Run, talk: Talk, home: Path, snapshot: SnapshotAssertion) -> None:
    answers = ["\n", "Toy99903, Toy99911\n", "no.bib\n", "works.bib\n"]
    done = talk("start", answers=answers, ASSAY_TIMEZONE="UTC")
    assert repr(done) == snapshot
    assert done.code == 1, "an entry of the library has no title"
    assert follows(archive) == [("Toy99903", 1), ("Toy99911", 1)]
    assert not (home / "config.toml").exists(), "the language is the one that was set"
    # Its numbers are those of the list, and what it showed is seen.
    assert archive("star", "1").out.startswith(f"starred: 1 of {DAY} in your order, 9912.999")
    assert archive("star", "11").err.endswith(": it ends at 10\n")


def test_it_speaks_korean(archive: Run, talk: Talk, home: Path, snapshot: SnapshotAssertion) -> None:
    done = talk("start", answers=["korean\n", "ko\n", "Toy99903\n", "\n"], ASSAY_TIMEZONE="UTC")
    assert repr(done) == snapshot
    assert done.code == 0
    assert tomllib.loads((home / "config.toml").read_text()) == {"languages": ["ko"]}
    assert "2099-12-02의 논문" in archive("digest", DAY, "--brief").out


def test_who_answers_nothing_sees_the_day_by_votes(archive: Run, talk: Talk, home: Path) -> None:
    done = talk("start", answers=["\n", "\n", END_OF_INPUT])
    assert done.code == 0
    assert "Nothing is known of your interests yet" in done.out
    assert "1. Toy Paper 99901" in done.out
    assert not list(home.glob("readers*"))


def test_interrupted_it_keeps_nothing(archive: Run, talk: Talk, home: Path) -> None:
    done = talk("start", answers=["ko\n", "Toy99903\n", INTERRUPT])
    assert done.code == 130
    assert "Traceback" not in done.out
    assert not list(home.glob("readers*"))
    assert not (home / "config.toml").exists()


def test_options_say_it_without_a_terminal(archive: Run) -> None:
    archive("follow", "phrase", "toy99903", "--weight", "2")
    options = ["--phrase", "Toy99903", "--phrase", "Toy99904", "--library", "works.bib"]
    first = archive("start", *options)
    assert first.code == 1
    assert first.err.endswith("refused: works.bib:2: it has no title\n")
    assert "In your library: 1 work, 1 new" in first.out
    assert follows(archive) == [("toy99903", 2), ("Toy99904", 1)]
    exported = json.loads(archive("reader", "export").out)
    again = archive("start", *options)
    assert "In your library: 1 work, 0 new" in again.out
    parts = {"phrases", "library", "follows"}
    assert {part: json.loads(archive("reader", "export").out).get(part) for part in parts} == {
        part: exported.get(part) for part in parts
    }


def test_json_has_its_schema(archive: Run) -> None:
    done = archive("start", "--phrase", "Toy99903", "--json")
    report = json.loads(done.out)
    jsonschema.Draft202012Validator(json.loads(schemas()["start.json"])).validate(report)
    assert (report["phrases"], report["works"], report["refused"]) == (1, 0, [])
    assert [paper["id"] for paper in report["day"]["papers"]][:2] == ["9912.99903", "9912.99901"]
    assert len(report["day"]["papers"]) == 12
    assert json.loads(archive("start", "--phrase", "toy99903", "--json").out)["phrases"] == 0


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ([], "what do you want to read about? Say it with --phrase"),
        (["--json"], "what do you want to read about? Say it with --phrase"),
        (["--lang", "ko"], "what do you want to read about? Say it with --phrase"),
        (["--phrase", "!?"], "there is no word in '!?'"),
        (["--phrase", " "], "there is nothing in it"),
        (["--phrase", "toys", "--library", "no.bib"], "no.bib: no such file or folder"),
        (["--phrase", "toys", "--library", "notes.txt"], "notes.txt: neither BibTeX nor CSL-JSON nor RIS"),
        (["--phrase", "toys", "--lang", "korean"], "not a language code: 'korean'"),
    ],
)
def test_a_mistake_keeps_nothing(archive: Run, home: Path, options: list[str], why: str) -> None:
    done = archive("start", *options)
    assert (done.code, done.out) == (2, "")
    assert why in done.err
    assert done.err.count("\n") == 1
    assert not list(home.glob("readers*"))
    assert not (home / "config.toml").exists()


def test_settings_keep_all_that_stands_in_them(archive: Run, home: Path) -> None:
    file = home / "config.toml"
    file.write_text('# mine\ntimezone = "UTC"\n[chat]\nteam = "json://127.0.0.1"\n')
    file.chmod(0o600)
    done = archive("start", "--phrase", "toys", "--lang", "ko", "--lang", "en")
    assert "앞으로는 ko, en (TMP/home/config.toml)" in done.err
    assert file.read_text().endswith('# mine\ntimezone = "UTC"\n[chat]\nteam = "json://127.0.0.1"\n')
    assert tomllib.loads(file.read_text())["languages"] == ["ko", "en"]
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_text()
    stays = archive("start", "--phrase", "toys", "--lang", "en")
    assert "Only this time: TMP/home/config.toml says ko, en, and stays." in stays.err
    assert "Papers of 2099-12-02" in stays.out
    assert file.read_text() == before


def test_a_variable_says_more_than_the_file(archive: Run, home: Path) -> None:
    done = archive("start", "--phrase", "toys", "--lang", "ko", ASSAY_LANGUAGES="en")
    assert "이번에만 적용됩니다. ASSAY_LANGUAGES에 en" in done.err
    assert "2099-12-02의 논문" in done.out
    assert not (home / "config.toml").exists()


def test_today_is_shown_where_it_lists_papers(assay: Run, tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    (tmp_path / "day.json").write_text(listing(99901, listed_at=f"{today}T00:00:00.000Z"))
    assert assay("import", "day.json", "--date", str(today)).code == 0
    done = assay("start", "--phrase", "toys", ASSAY_TIMEZONE="UTC")
    if datetime.now(UTC).date() == today:  # else midnight came in between
        assert f"Papers of {today}" in done.out
        assert "Nothing is listed here for today" not in done.err
