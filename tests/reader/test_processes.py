"""The shelf under real processes: two that write at once, and some that are killed."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from assay.reader.deliveries import AlreadySentError, BeingSentError, PerhapsSentError
from assay.reader.records import DeliveryState, Mark
from assay.reader.shelf import Shelf, open_shelf

KEEPER = Path(__file__).parent / "keeper.py"
Process = subprocess.Popen[str]
Start = Callable[..., Process]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts keepers, and leaves none behind."""
    processes = []

    def start(*arguments: object) -> Process:
        command = [sys.executable, str(KEEPER), *map(str, arguments)]
        processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def said(process: Process) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go(process: Process) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def kill(process: Process) -> list[str]:
    """Kill it. Returns what it had said and nobody had heard yet; a line that was not ended is none."""
    process.kill()
    assert process.stdout is not None
    lines = [line.strip() for line in process.stdout if line.endswith("\n")]
    process.wait()
    return lines


def deliver(shelf: Shelf, *, again: bool = False) -> str:
    """Deliver what the keeper delivers, and return the message id."""
    with shelf.deliver("mail", "ada@example.org", "2099-12-02", ["en"], again=again) as sending:
        sending.begin()
        sending.confirm()
        return sending.message_id


@pytest.mark.parametrize("readers", [["ada", "ada"], ["ada", "bo"]], ids=["one reader", "two readers"])
def test_of_two_that_write_at_once_nothing_is_lost(database: str, start: Start, readers: list[str]) -> None:
    many = 40
    processes = [
        start("star", database, reader, first, first + many)
        for reader, first in zip(readers, (0, many // 2), strict=True)
    ]
    assert [said(process) for process in processes] == ["ready", "ready"]
    for process in processes:
        go(process)
    for process in processes:
        output, _ = process.communicate()
        assert (len(output.split()), process.returncode) == (many, 0)
    papers: set[str] = set()
    for reader in set(readers):
        with open_shelf(database, reader) as shelf:
            marks = shelf.marks()
            assert set(shelf.marked(Mark.STARRED)) <= marks.keys()
            papers |= {
                paper
                for paper in shelf.marked(Mark.STARRED)
                if marks[paper].tags == ("everybody's", f"tag {int(paper[-5:])}")
            }
            assert len(marks["9901.00000"].notes) == many * readers.count(reader)
    assert papers == {f"9901.{number:05d}" for number in range(many + many // 2)}


def test_a_killed_process_loses_nothing_that_it_said(database: str, start: Start) -> None:
    done = 0
    for lines in (1, 4, 9):
        process = start("star", database, "me", done)
        assert said(process) == "ready"
        go(process)
        assert process.stdout is not None
        heard = [int(line) for line in [*islice(process.stdout, lines), *kill(process)]]
        assert heard == list(range(done, done + len(heard)))
        with open_shelf(database) as shelf:
            marks = shelf.marks()
            for number in heard:
                paper = marks[f"9901.{number:05d}"]
                assert paper.starred
                assert paper.tags == ("everybody's", f"tag {number}")
                assert f"note {number} of {done}" in {note.text for note in marks["9901.00000"].notes}
        done = heard[-1] + 1
    if "://" in database:
        return
    connection = sqlite3.connect(database)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


@pytest.mark.parametrize("step", ["claimed", "begun", "sent"])
def test_while_one_process_sends_no_other_does(database: str, start: Start, step: str) -> None:
    process = start("deliver", database, step)
    assert said(process) == step
    with open_shelf(database) as shelf:
        for again in (False, True):
            with pytest.raises(BeingSentError, match=r"2099-12-02 \(en\) by mail to ada@example.org: another process"):
                deliver(shelf, again=again)
        with shelf.deliver("mail", "bo@example.org", "2099-12-02", ["en"]) as other:
            other.confirm()


def test_killed_before_it_left_it_is_sent_by_the_next(database: str, start: Start) -> None:
    process = start("deliver", database, "claimed")
    assert said(process) == "claimed"
    kill(process)
    with open_shelf(database) as shelf:
        assert shelf.deliveries() == []
        deliver(shelf)
        (sent,) = shelf.deliveries()
        assert sent.state is DeliveryState.SENT


def test_killed_while_it_left_it_is_sent_again_only_when_told_to(database: str, start: Start) -> None:
    process = start("deliver", database, "begun")
    assert said(process) == "begun"
    kill(process)
    with open_shelf(database) as shelf:
        (leaving,) = shelf.deliveries()
        for _ in range(2):
            with pytest.raises(PerhapsSentError, match=r"broke off at .* may have arrived") as caught:
                deliver(shelf)
        assert caught.value.delivery == leaving
        assert deliver(shelf, again=True) == leaving.message_id  # so that the mailbox can tell
        with pytest.raises(AlreadySentError):
            deliver(shelf)


def test_killed_after_it_was_sent_it_is_not_sent_again(database: str, start: Start) -> None:
    process = start("deliver", database, "sent")
    assert said(process) == "sent"
    kill(process)
    with open_shelf(database) as shelf:
        (sent,) = shelf.deliveries()
        with pytest.raises(AlreadySentError, match="already sent at"):
            deliver(shelf)
        assert deliver(shelf, again=True) != sent.message_id  # a mailbox would drop a second one of the same id
