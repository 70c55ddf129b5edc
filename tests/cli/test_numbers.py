"""Papers by the numbers of the list that was shown last: ``assay star 3``."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.cli.conftest import Run, environment_of
from tests.cli.fixtures import listing
from tests.cli.test_own import steady

DAY = "2099-12-02"
FIRST, SECOND, THIRD = (f"9912.9990{number}" for number in (1, 2, 3))


@pytest.fixture
def archive(assay: Run, tmp_path: Path) -> Run:
    """The command, with a day of three papers, and one of two."""
    (tmp_path / "day.json").write_text(listing(99901, 99902, 99903))
    (tmp_path / "next.json").write_text(listing(99904, 99905, listed_at="2099-12-03T07:30:00.000Z"))
    assert assay("import", "day.json", "next.json").code == 0
    return assay


def starred(assay: Run, *options: str) -> set[str]:
    return {paper["id"] for paper in json.loads(assay("mine", "--starred", "--json", *options).out)}


def test_a_reader_says_what_she_sees(archive: Run, snapshot: SnapshotAssertion) -> None:
    assert archive("digest", DAY, "--brief").code == 0
    commands = (
        ("star", "1", "3"),
        ("star", "3", "2502.18137"),
        ("unstar", "1..3"),
        ("read", "2-3"),
        ("hide", "2"),
        ("unhide", "2"),
        ("unread", "3"),
        ("tag", "3", "later", "-boring"),
        ("note", "3", "Try", "4", "of", "them."),
        ("note", "3"),
        ("add", "1"),
    )
    for number, command in enumerate(commands, 1):
        done = archive(*command)
        assert done.code == 0
        assert steady(done) == snapshot(name=f"{number:02} {' '.join(command)}")
    assert json.loads(archive("show", "2", "--json").out)["paper"]["id"] == SECOND
    assert archive("export", "2..3", "--format", "csv").out.count("https://arxiv.org/abs/") == 2


def test_the_numbers_are_those_of_the_list_that_was_shown_last(archive: Run) -> None:
    archive("digest", DAY)
    archive("digest", "2099-12-03")
    assert archive("star", "1").out == "starred: 1 of 2099-12-03, 9912.99904  Toy Paper 99904\n"
    archive("follow", "phrase", "Toy99903")
    archive("digest", DAY, "--for", "me")
    assert archive("star", "1").out == f"starred: 1 of {DAY} in your order, {THIRD}  Toy Paper 99903\n"
    archive("digest", "2099-W49")
    assert archive("unstar", "3").out.startswith("was not starred: 3 of 2099-W49, ")
    archive("digest", "2099-12", "--for", "me")
    assert archive("read", "1").out.startswith("read: 1 of 2099-12 in your order, ")


def test_what_is_left_out_leaves_a_gap(archive: Run) -> None:
    archive("hide", SECOND)
    assert " 2. " not in archive("digest", DAY, "--brief").out
    done = archive("star", "2")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        f"assay: there is no 2 in the list that was shown last, {DAY}: no paper in it has this number\n"
    )
    assert archive("star", "1..3").code == 0
    assert starred(archive) == {FIRST, THIRD}


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("star", "4"), f"there is no 4 in the list that was shown last, {DAY}: it ends at 3"),
        (("star", "1", "4"), f"there is no 4 in the list that was shown last, {DAY}: it ends at 3"),
        (("star", "3..1"), "3..1 ends before it begins: write 1..3"),
        (("tag", "1..2", "later"), "1..2 names 2 papers; write one"),
        (("note", "1..2", "later"), "1..2 names 2 papers; write one"),
        (("star", "12345"), "'12345' is neither an arXiv id, nor a link to a paper, nor a short name of the catalogue"),
    ],
)
def test_a_number_that_names_nothing_keeps_nothing(archive: Run, command: tuple[str, ...], why: str) -> None:
    archive("digest", DAY, "--brief")
    done = archive(*command)
    assert (done.code, done.out, done.err) == (2, "", f"assay: {why}\n")
    assert archive("mine", "--json").out == "[]\n"


def test_what_goes_to_a_program_shows_no_numbers(archive: Run, home: Path) -> None:
    archive("digest", DAY, "--json")
    archive("digest", DAY, "--format", "markdown", "--out", "day.md")
    archive("digest", "2099-12-04")  # an empty day
    done = archive("star", "1")
    assert done.code == 2
    assert done.err.startswith("assay: 1 is a number of a list, and none was shown to you yet: `assay digest`")
    assert not list(home.glob("readers*"))


def test_each_reader_has_her_own(archive: Run, home: Path) -> None:
    archive("digest", DAY)
    archive("digest", "2099-12-03", "--reader", "bo")
    assert not list(home.glob("readers*")), "who only looks keeps nothing on a shelf"
    assert archive("star", "2").out.startswith(f"starred: 2 of {DAY}, {SECOND}")
    assert archive("star", "2", "--reader", "bo").out.startswith("starred: 2 of 2099-12-03, 9912.99905")
    assert archive("star", "2", "--reader", "cy").code == 2
    assert (starred(archive), starred(archive, "--reader", "bo")) == ({SECOND}, {"9912.99905"})


def test_who_leaves_a_pager_early_has_seen_numbers(archive: Run, home: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "assay", "digest", DAY]
    with subprocess.Popen(command, env=environment_of(home, tmp_path), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
    assert process.returncode == 0
    assert archive("star", "3").code == 0
