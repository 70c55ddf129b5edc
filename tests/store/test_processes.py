"""The store under real processes: killed, side by side, and read while written."""

import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import text

from assay.papers.models import Paper
from assay.store import Store, open_store
from assay.store.database import open_engine, reading

WRITER = Path(__file__).parent / "writer.py"
PAPERS = 5  # in a batch of the writer
Process = subprocess.Popen[str]
Start = Callable[..., Process]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts writers that wait for `go`, and leaves none behind: asked for after their database, it ends before it."""
    processes = []

    def start(database: str, *batches: int) -> Process:
        command = [sys.executable, str(WRITER), database, *map(str, batches)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def go(process: Process, standstill: int | None = None) -> None:
    """Let it store, as far as its statement of this number if one is given."""
    assert process.stdin is not None
    process.stdin.write(f"{standstill or 'go'}\n")
    process.stdin.flush()


def reports(process: Process) -> Iterator[list[int]]:
    """The numbers on each line, as they come, until it stands still or ends. A line that was not ended is none."""
    assert process.stdout is not None
    for line in process.stdout:
        if line == "still\n" or not line.endswith("\n"):
            return
        yield [int(word) for word in line.split()]


def end(process: Process) -> list[list[int]]:
    """The reports that it had still to print, until it ended."""
    lines = list(reports(process))
    process.wait()
    return lines


def batch_sizes(store: Store, number: int) -> tuple[int, int, int, int, int]:
    """How much of a batch is stored: papers, sightings, summaries, pages, and papers that a search finds."""
    ids = [f"9901.{number * PAPERS + place:05d}" for place in range(PAPERS)]
    day = date(2099, 1, 1) + timedelta(days=number)
    return (
        len(store.papers(ids)),
        len(store.sightings(day)),
        sum(map(len, store.summaries(ids).values())),
        len(store.snapshots("huggingface", day)),
        len(store.search(f'"unique{number}"')),
    )


def assert_sound(database: str) -> None:
    if "://" in database:
        assert_indexed(database)
        return
    connection = sqlite3.connect(database)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.execute("INSERT INTO search (search) VALUES ('integrity-check')")
    finally:
        connection.close()


def assert_indexed(database: str) -> None:
    """Every paper is in the index, and nothing else is."""
    engine = open_engine(database)
    with reading(engine) as connection:
        numbers = [connection.scalars(text(f"SELECT number FROM {table}")).all() for table in ("papers", "search")]
    engine.dispose()
    assert sorted(numbers[0]) == sorted(numbers[1])


def assert_whole(database: str, done: list[list[int]], batches_done: int) -> None:
    """Each reported batch is stored, the one in progress is stored whole or not at all, and none comes after it."""
    with open_store(database) as store:
        for line in done:
            assert batch_sizes(store, line[0]) == (5, 5, 5, 1, 5)
        assert batch_sizes(store, batches_done) in {(5, 5, 5, 1, 5), (0, 0, 0, 0, 0)}
        assert batch_sizes(store, batches_done + 1) == (0, 0, 0, 0, 0)


@pytest.mark.slow
def test_a_killed_process_loses_nothing_that_it_reported(start: Start, new_database: str) -> None:
    """Killed at a standstill before a statement, from the first of a new database on; and killed while it runs."""
    database = new_database
    chance = random.Random(9)
    batches_done = 0
    standstills = [*sorted(chance.sample(range(1, 80), 6)), *chance.sample(range(1, 60), 12)]
    if "://" in database:
        del standstills[1::2]  # the server holds no file that a killed process could leave half written
    for kill, statement in enumerate([*standstills, *[None] * 8]):
        process = start(database, batches_done)
        go(process, statement)
        done = list(islice(reports(process), None if statement else kill % 4 + 1))
        assert process.poll() is None
        process.kill()
        done += end(process)
        batches_done = max([batches_done, *(line[0] + 1 for line in done)])
        assert_whole(database, done, batches_done)
    assert batches_done > 8
    assert_sound(database)

    last = batches_done + 10
    process = start(database, 0, last)
    go(process)
    assert len(end(process)) == last
    with open_store(database) as store:
        assert store.counts()["papers"] == last * PAPERS
        assert store.counts()["sightings"] == last * PAPERS
        assert all(batch_sizes(store, number) == (5, 5, 5, 1, 5) for number in range(last))
    assert_sound(database)


@pytest.mark.parametrize("writers", [2, 4])
def test_processes_that_add_the_same_neither_lose_nor_double(start: Start, new_database: str, writers: int) -> None:
    """From the first moment on: one of them makes the tables too."""
    batches = 25
    processes = [start(new_database, 0, batches) for _ in range(writers)]
    for process in processes:
        go(process)
    lines = [end(process) for process in processes]
    assert [len(counts) for counts in lines] == [batches] * writers
    for number in range(batches):
        # One of them was first with each paper, and the others were told so.
        assert [sum(counts[number][column] for counts in lines) for column in (1, 2, 3)] == [PAPERS] * 3
    with open_store(new_database) as store:
        assert all(batch_sizes(store, number) == (5, 5, 5, 1, 5) for number in range(batches))
        assert store.counts()["snapshots"] == batches
    assert_sound(new_database)


def test_a_reader_sees_whole_batches_while_another_writes(database: str, start: Start) -> None:
    with open_store(database) as store:
        process = start(database, 0)
        go(process)
        totals = []
        for number, *_ in islice(reports(process), 60):
            counts = store.counts()
            assert counts["papers"] == counts["sightings"] == counts["summaries"] == PAPERS * counts["snapshots"]
            assert counts["papers"] >= PAPERS * (number + 1)
            totals.append(counts["papers"])
            assert len(store.search("unique0")) == PAPERS
        assert len(totals) == 60
        assert totals == sorted(totals)


def test_a_database_that_stays_locked_is_reported_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.store.engines.sqlite._PATIENCE", 0.05)
    paper = Paper(id="9912.99901", title="Synthetic")
    with open_store(tmp_path / "assay.db") as store:
        other = sqlite3.connect(tmp_path / "assay.db")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ValueError, match=r"cannot write to .*assay\.db: database is locked"):
            store.add(source="arxiv", papers=[paper])
        assert store.papers([paper.id]) == {}
        other.close()
        assert store.add(source="arxiv", papers=[paper]).papers == 1
