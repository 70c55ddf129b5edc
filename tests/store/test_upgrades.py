"""Databases as older versions of Assay made them: everything is still there, is found, and can be saved and moved."""

import sqlite3
from pathlib import Path

import pytest
from tests.store.lakes import ACCURACY, DAY, PAPERS, SEARCHES, SPEED, SUMMARY, fill

from assay.reader.holdings import READERS, VECTORS
from assay.reader.shelf import open_shelf, reader_names
from assay.reader.vectors import open_vectors
from assay.store import Store, open_store
from assay.store.backup import Origin, unpack_backup, write_backup
from assay.store.copying import copy
from assay.store.holdings import ARCHIVE, describe

ARCHIVES = Path(__file__).parent / "archives"
EDITIONS = sorted(path.stem for path in ARCHIVES.glob("0*.sql"))
TODAY = {name for name, _ in ARCHIVE.steps}


def old(edition: str, folder: Path) -> Path:
    """A database of an older edition."""
    file = folder / f"{edition}.db"
    connection = sqlite3.connect(file)
    connection.executescript((ARCHIVES / f"{edition}.sql").read_text(encoding="utf-8"))
    connection.commit()
    connection.close()
    return file


def read(store: Store) -> dict[str, object]:
    """All that readers get to see of it."""
    ids = [paper.id for paper in PAPERS]
    return {
        "papers": store.papers(ids),
        "days": store.days(),
        "sightings": store.sightings(DAY),
        "summaries": store.summaries(ids),
        "claims": store.claims(ids),
        "attempts": store.attempts(DAY),
        "snapshots": store.snapshots("huggingface", DAY),
        "health": store.health(),
        "searches": [[hit.id for hit in store.search(query)] for query in SEARCHES],
    }


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """The same archive made by today's Assay."""
    with open_store(tmp_path_factory.mktemp("today") / "assay.db") as store:
        fill(store)
        return read(store)


def test_an_archive_is_kept_of_every_edition_that_changed_tables() -> None:
    assert EDITIONS[0] == "0002-search"
    assert set(EDITIONS) < TODAY


@pytest.mark.parametrize("edition", EDITIONS)
def test_an_old_archive_reads_as_if_it_had_been_made_today(
    edition: str, tmp_path: Path, today: dict[str, object]
) -> None:
    with open_store(old(edition, tmp_path)) as store:
        found = read(store)
    expected = dict(today)
    if edition < "0004":  # nothing was extracted from texts then
        assert found.pop("claims") == {"9912.00001": (SPEED,)}
        assert expected.pop("claims") == {"9912.00001": (SPEED,), "9912.00002": (ACCURACY,)}
    assert found == expected


@pytest.mark.parametrize("edition", EDITIONS[1:])
def test_old_measurements_are_read_in_the_form_of_today(edition: str, tmp_path: Path) -> None:
    with open_store(old(edition, tmp_path)) as store:
        (measured,) = store.measurements()
        assert store.keep([measured]) == []
    assert measured.comparison is not None
    assert (measured.trial, measured.machine.name, measured.comparison.ratio, measured.differs) == (
        "assay.trials.attention.toy_attention:speed",
        "toy-cpu-2",
        4.0,
        ("8K tokens",),
    )


@pytest.mark.parametrize("edition", EDITIONS)
def test_an_old_archive_is_saved_without_being_changed_and_restored(edition: str, tmp_path: Path) -> None:
    file = old(edition, tmp_path)
    rows = describe(file, ARCHIVE).rows
    manifest = write_backup(tmp_path / "backup.zip", [Origin(ARCHIVE, file)], {})
    assert manifest.databases[0].edition == ARCHIVE.edition
    after = describe(file, ARCHIVE)
    assert (after.edition, after.rows) == (edition, rows)
    unpack_backup(tmp_path / "backup.zip", tmp_path / "there", [ARCHIVE])
    with open_store(tmp_path / "there/archive.db") as restored, open_store(file) as upgraded:
        assert read(restored) == read(upgraded)


def test_an_old_archive_is_brought_up_to_date_before_it_is_copied(tmp_path: Path) -> None:
    file = old("0002-search", tmp_path)
    copied = copy(file, tmp_path / "copy.db", ARCHIVE)
    assert (copied.upgraded_from, copied.edition) == ("0002-search", ARCHIVE.edition)
    with open_store(tmp_path / "copy.db") as target, open_store(file) as source:
        assert read(target) == read(source)
        assert list(target.summaries(["9912.00001"])["9912.00001"]) == [SUMMARY]


def test_old_things_of_readers_are_still_there(tmp_path: Path) -> None:
    file = old("readers-0001-reader", tmp_path)
    assert reader_names(file) == ["Søren", "me"]
    with open_shelf(file, "Søren") as shelf:
        kept = shelf.export()
    assert [mark.paper for mark in kept.stars] == ["9911.00007", "9912.00001"]
    assert [(note.paper, note.text) for note in kept.notes] == [("9912.00001", "Ask 민지 about the herons.")]
    parts = ("stars", "read", "tags", "notes", "follows", "phrases", "library", "seen", "sent")
    assert [len(getattr(kept, name)) for name in parts] == [2, 1, 1, 1, 1, 1, 1, 2, 1]
    copied = copy(file, tmp_path / "copy.db", READERS)
    assert copied.tables["deliveries"].rows == 1
    with open_shelf(tmp_path / "copy.db", "Søren") as shelf:
        assert shelf.export().model_copy(update={"exported_at": kept.exported_at}) == kept


def test_old_vectors_are_still_there(tmp_path: Path) -> None:
    file = old("vectors-0001-vectors", tmp_path)
    copy(file, tmp_path / "copy.db", VECTORS)
    for each in (file, tmp_path / "copy.db"):
        with open_vectors(each) as vectors:
            assert vectors.find("toy", [f"{2:064x}"])[f"{2:064x}"].tolist() == [0, 2, 4, 6, 8, 10, 12, 14]


@pytest.mark.parametrize(
    ("name", "opens"),
    [("0002-search", open_store), ("readers-0001-reader", open_shelf), ("vectors-0001-vectors", open_vectors)],
)
def test_what_a_newer_assay_wrote_is_refused(name: str, opens: object, tmp_path: Path) -> None:
    file = old(name, tmp_path)
    connection = sqlite3.connect(file)
    with connection:
        connection.execute("INSERT INTO migrations VALUES ('0099-wonders', '2199-01-01T00:00:00.000000+00:00')")
    connection.close()
    assert callable(opens)
    with pytest.raises(ValueError, match=r"was written by a newer Assay \(it has 0099-wonders\): update Assay"):
        opens(file)
