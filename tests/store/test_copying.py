"""Archives move between databases: exactly, on from where they were interrupted, and never half."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from tests.postgres import Server
from tests.store.lakes import PAPERS, SEARCHES, SEEN, SPEED, fill

from assay.papers.models import Paper
from assay.store import open_store
from assay.store.contents import Contents, read_contents
from assay.store.copying import SourceBusyError, copy
from assay.store.database import open_engine, reading
from assay.store.holdings import ARCHIVE, describe

ROOT = Path(__file__).parents[2]


def contents(where: str | Path) -> dict[str, Contents]:
    engine = open_engine(where)
    try:
        with reading(engine) as connection:
            return read_contents(connection, ARCHIVE.tables)
    finally:
        engine.dispose()


def archive(where: str | Path, *, more: int = 0) -> str:
    with open_store(where) as store:
        fill(store, more=more)
    return str(where)


def found(where: str | Path) -> list[list[str]]:
    with open_store(where) as store:
        return [[hit.id for hit in store.search(query)] for query in SEARCHES]


class At:
    """Does something once, when so many rows were dealt with; a ``progress`` of `copy`."""

    def __init__(self, rows: int, act: Callable[[], object]) -> None:
        self._rows, self._act = rows, act
        self.is_done = False

    def __call__(self, done: int, total: int) -> None:
        if done >= self._rows and not self.is_done:
            self.is_done = True
            self._act()


Make = Callable[[], str]


@pytest.fixture(params=["sqlite", "postgresql"])
def make(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes new places of one kind with nothing in them; a test that asks for it runs on each."""
    if request.param == "sqlite":
        return lambda: str(tmp_path_factory.mktemp("copy") / "new.db")
    server: Server = request.getfixturevalue("postgres")
    return lambda: server.url(server.new_database())


@pytest.fixture
def server_database(postgres: Server) -> str:
    """A new database on a server, with nothing in it."""
    return postgres.url(postgres.new_database())


def test_an_archive_is_the_same_on_both_kinds_of_database_and_back(tmp_path: Path, server_database: str) -> None:
    source = archive(tmp_path / "assay.db", more=600)
    there = copy(source, server_database, ARCHIVE)
    assert there.tables["papers"].rows == there.tables["papers"].written == 603
    assert {name for name, table in there.tables.items() if not table.rows} == set()
    assert (there.passes, there.searches > 30, there.resumed) == (1, True, False)
    back = copy(server_database, tmp_path / "back.db", ARCHIVE)
    assert contents(source) == contents(server_database) == contents(tmp_path / "back.db")
    assert {name: table.hash for name, table in there.tables.items()} == {
        name: table.hash for name, table in back.tables.items()
    }
    assert found(source) == found(server_database) == found(tmp_path / "back.db")


def test_what_is_stored_afterwards_gets_numbers_of_its_own(tmp_path: Path, make: Make) -> None:
    source, target = archive(tmp_path / "source.db"), make()
    copy(source, target, ARCHIVE)
    for where in (source, target):
        with open_store(where) as store:
            store.add(source="huggingface", papers=[Paper(id="9912.00003", title="A Third")])
            store.keep_fulltext("9912.00003", version=1, form="html", record="{}", fetched_at=SEEN)
            store.add(source="arxiv", papers=[PAPERS[1].model_copy(update={"version": 2, "title": "Herons Again"})])
    assert contents(source) == contents(target)


def test_what_changes_meanwhile_comes_along(tmp_path: Path, make: Make) -> None:
    source, target = make(), tmp_path / "copy.db"
    archive(source, more=600)

    def change() -> None:
        with open_store(source) as store:
            store.add(source="arxiv", papers=[PAPERS[1].model_copy(update={"version": 2, "title": "Egrets Instead"})])
            store.add(source="huggingface", papers=[Paper(id="9912.00099", title="A Latecomer of Swans")])
            store.add(source="digest", claims={"9912.00001": [SPEED.model_copy(update={"key": "throughput"})]})
            store.keep_fulltext("9912.00002", version=1, form="html", record='{"new": 1}', fetched_at=SEEN)

    copied = copy(source, target, ARCHIVE, progress=At(1_000, change))
    assert copied.passes == 2
    assert contents(source) == contents(target)
    with open_store(target) as store:
        assert [hit.id for hit in store.search("egrets")] == ["9912.00002"]
        assert [hit.id for hit in store.search("swans")] == ["9912.00099"]
        assert [line.claim.key for line in store.ledger() if line.paper == "9912.00001"] == ["throughput"]


def test_a_source_that_is_written_to_all_the_while_is_finished_when_it_rests(tmp_path: Path) -> None:
    source, target = archive(tmp_path / "assay.db"), tmp_path / "copy.db"
    numbers = count(1)

    def add(_done: int, _total: int) -> None:
        with open_store(source) as store:
            store.add(source="arxiv", papers=[Paper(id=f"9909.{next(numbers):05d}", title="One More")])

    with pytest.raises(SourceBusyError, match=r"assay\.db was written to all the while: stop what writes there"):
        copy(source, target, ARCHIVE, progress=add)
    with pytest.raises(ValueError, match=r"copy\.db is an unfinished copy: run the command that began it again"):
        open_store(target)
    assert copy(source, target, ARCHIVE).resumed
    assert contents(source) == contents(target)


def test_a_copy_may_be_of_one_moment(tmp_path: Path) -> None:
    """As a backup is: what comes later is not in it."""
    source, target = archive(tmp_path / "assay.db"), tmp_path / "copy.db"
    before = contents(source)

    def add() -> None:
        with open_store(source) as store:
            store.add(source="arxiv", papers=[Paper(id="9909.00001", title="One More")])

    copied = copy(source, target, ARCHIVE, is_moving=False, progress=At(1, add))
    assert copied.passes == 1
    assert contents(target) == before != contents(source)


def test_a_target_that_holds_something_else_is_refused(tmp_path: Path, make: Make) -> None:
    source, target = archive(tmp_path / "assay.db"), make()
    with open_store(target) as store:
        store.add(source="arxiv", papers=[Paper(id="9912.00001", title="Toy Attention over Long Lakes")])
    before = contents(target)
    with pytest.raises(ValueError, match="holds something else already, 1 row of papers for one: give an empty"):
        copy(source, target, ARCHIVE)
    assert contents(target) == before


def test_a_target_that_is_the_same_already_is_left_as_it_is(tmp_path: Path, make: Make) -> None:
    source, target = make(), tmp_path / "copy.db"
    archive(source)
    copy(source, target, ARCHIVE)
    again = copy(source, target, ARCHIVE)
    assert sum(table.written for table in again.tables.values()) == 0
    with pytest.raises(ValueError, match="cannot be copied onto itself"):
        copy(source, source, ARCHIVE)


def test_an_unfinished_copy_of_another_archive_is_refused(tmp_path: Path) -> None:
    source, target = archive(tmp_path / "assay.db"), tmp_path / "copy.db"
    with pytest.raises(KeyboardInterrupt):
        copy(source, target, ARCHIVE, progress=At(1, interrupt))
    other = archive(tmp_path / "other.db")
    with pytest.raises(ValueError, match=r"copy\.db is an unfinished copy of something else"):
        copy(other, target, ARCHIVE)
    copy(source, target, ARCHIVE)
    assert contents(source) == contents(target)


def test_what_is_there_is_not_written_again(tmp_path: Path, make: Make) -> None:
    source, target = archive(tmp_path / "source.db", more=600), make()
    with pytest.raises(KeyboardInterrupt):
        copy(source, target, ARCHIVE, progress=At(1_500, interrupt))
    copied = copy(source, target, ARCHIVE)
    rows = sum(table.rows for table in copied.tables.values())
    assert copied.resumed
    assert 0 < sum(table.written for table in copied.tables.values()) <= rows - 1_000
    assert contents(source) == contents(target)
    assert found(source) == found(target)


def test_what_was_removed_from_the_source_since_leaves_the_copy(tmp_path: Path) -> None:
    """An interrupted copy goes on with an archive that lost rows meanwhile, also rows that others refer to."""
    source, target = archive(tmp_path / "assay.db", more=3), tmp_path / "copy.db"
    with pytest.raises(KeyboardInterrupt):
        copy(source, target, ARCHIVE, progress=At(60, interrupt))
    connection = sqlite3.connect(source)
    with connection:
        for table in ("sightings", "revisions"):
            connection.execute(f"DELETE FROM {table} WHERE paper = '9910.00002'")
        connection.execute("DELETE FROM papers WHERE id = '9910.00002'")
        connection.execute("DELETE FROM search WHERE rowid = 209910000002")
    connection.close()
    copy(source, target, ARCHIVE)
    assert contents(source) == contents(target)
    with open_store(target) as store:
        assert store.search("reed2") == []
        assert [hit.id for hit in store.search("reed3")] == ["9910.00003"]


def test_a_target_that_vanishes_is_missed(tmp_path: Path) -> None:
    source, target = archive(tmp_path / "assay.db"), tmp_path / "copy.db"
    with pytest.raises(ValueError, match=r"copy\.db"):
        copy(source, target, ARCHIVE, progress=At(1, target.unlink))


def test_a_lost_connection_ends_a_copy_in_words_and_the_next_goes_on(
    tmp_path: Path, postgres: Server, server_database: str
) -> None:
    """Lost between two batches, it is made anew; lost within one, the command ends."""
    source = archive(tmp_path / "assay.db", more=600)
    name = server_database.partition("@/")[2].partition("?")[0]

    def cut() -> None:
        postgres.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    between = At(700, cut)

    def progress(done: int, total: int) -> None:
        between(done, total)
        if done > 0.75 * total:  # the copy is being read again
            cut()

    with pytest.raises(ValueError, match=f"cannot read postgresql://assay@/{name}") as told:
        copy(source, server_database, ARCHIVE, progress=progress)
    assert between.is_done
    assert "\n" not in str(told.value)
    with pytest.raises(ValueError, match="is an unfinished copy"):
        open_store(server_database)
    assert copy(source, server_database, ARCHIVE).resumed
    assert contents(source) == contents(server_database)


def test_a_damaged_source_is_not_copied(tmp_path: Path) -> None:
    whole = Path(archive(tmp_path / "assay.db", more=600))
    size = whole.stat().st_size
    for part in (0.3, 0.6, 0.9):
        source, target = tmp_path / f"{part}.db", tmp_path / f"copy-{part}.db"
        source.write_bytes(whole.read_bytes()[: int(part * size)])
        with pytest.raises(ValueError, match="database disk image is malformed"):
            copy(source, target, ARCHIVE)
        if target.exists():
            with pytest.raises(ValueError, match="is an unfinished copy"):
                open_store(target)
    (tmp_path / "notes.txt").write_text("no database " * 100)
    for nothing, told in (("none.db", "no archive at"), ("notes.txt", "file is not a database")):
        with pytest.raises(ValueError, match=told):
            copy(tmp_path / nothing, tmp_path / "other.db", ARCHIVE)
    assert not (tmp_path / "none.db").exists()


@pytest.mark.slow
def test_a_copy_that_is_killed_is_never_taken_for_a_whole_one(tmp_path: Path) -> None:
    """Killed before one of its statements, from the first on."""
    source, target = archive(tmp_path / "assay.db", more=20), tmp_path / "copy.db"
    for statement in (1, 30, 60, 90):
        command = [sys.executable, "-m", "tests.store.copier", source, str(target), str(statement)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "still\n"
        process.kill()
        process.communicate()
        assert_not_half(target)
    copied = copy(source, target, ARCHIVE)
    assert copied.resumed
    assert contents(source) == contents(target)
    assert found(source) == found(target)


def assert_not_half(target: Path) -> None:
    """A target is refused, or empty because the copy was not begun."""
    if not target.exists():
        return
    refusal = ""
    try:
        with open_store(target) as store:
            assert sum(store.counts().values()) == 0
    except ValueError as error:
        refusal = str(error)
    assert not refusal or "is an unfinished copy" in refusal


def test_a_copy_says_where_it_is_without_a_password(tmp_path: Path, postgres: Server) -> None:
    source = archive(tmp_path / "assay.db")
    name = postgres.new_database()
    url = f"postgresql://assay:secret@/{name}?host={postgres.folder}"
    assert "secret" not in copy(source, url, ARCHIVE).model_dump_json()
    stored = describe(url, ARCHIVE)
    assert stored.engine.startswith("PostgreSQL ")
    assert (stored.edition, stored.rows["papers"]) == (ARCHIVE.edition, 3)
    assert stored.bytes > 100_000
    assert "secret" not in stored.model_dump_json()


def interrupt() -> None:
    raise KeyboardInterrupt
